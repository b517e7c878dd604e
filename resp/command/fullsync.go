package command

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"comet/aso"
	"comet/aso/rdb"
)

// syncCommands serve a dump over the connection, as redis-cli --rdb asks for it. There is no stream of commands behind it.
var syncCommands = family{
	"replconf": {run: replconf, access: accessNone},
	"psync":    {run: psync, access: accessNone},
	"sync":     {special: fullSync},
}

const (
	errNoStream      = aso.Error("ERR this server has no replicas: SYNC sends a dump, as redis-cli --rdb asks for, and no commands behind it")
	errNoMasterLink  = aso.Error("NOMASTERLINK Can't SYNC while not connected with my master")
	errFilterMissing = aso.Error("ERR Missing rdb-filter-only values")
)

// dumpWish is what a client wants of a dump, by REPLCONF.
type dumpWish struct {
	replica     bool // it is a server that wants the commands behind the dump, too
	mark        bool // the dump may end with a mark, instead of beginning with its length
	noKeys      bool
	noFunctions bool
}

// psync refuses: who asks wants to follow.
func psync(c *Call) error {
	if c.Server.ks.Follows() && c.Server.link().State != LinkUp {
		return errNoMasterLink
	}
	if _, err := c.Int(2); err != nil {
		return err
	}
	return errNoStream
}

// replconf notes what the client says of itself.
func replconf(c *Call) error {
	if len(c.Args)%2 == 0 {
		return errSyntax
	}
	for i := 1; i < len(c.Args); i += 2 {
		if c.Is(i, "ACK") || c.Is(i, "GETACK") {
			return nil // without a reply, as in Redis
		}
		if err := c.replconfOption(i); err != nil {
			return err
		}
	}
	c.OK()
	return nil
}

func (c *Call) replconfOption(i int) error {
	const longestAddress = 255
	wish := &c.Session.dump
	switch {
	case c.Is(i, "LISTENING-PORT"):
		if _, err := c.Int(i + 1); err != nil {
			return err
		}
		wish.replica = true
	case c.Is(i, "IP-ADDRESS"):
		if n := len(c.Arg(i + 1)); n > longestAddress {
			return aso.Error(fmt.Sprintf("ERR REPLCONF ip-address provided by replica instance is too long: %d bytes", n))
		}
	case c.Is(i, "CAPA"):
		wish.mark = wish.mark || c.Is(i+1, "EOF")
	case c.Is(i, "RDB-ONLY"):
		_, err := c.IntIn(i+1, 0, 1, "")
		return err
	case c.Is(i, "RDB-FILTER-ONLY"):
		return c.filterDump(i + 1)
	default:
		return aso.Error(fmt.Sprintf("ERR Unrecognized REPLCONF option: %s", clip(c.Arg(i), maxQuoted)))
	}
	return nil
}

// filterDump leaves everything out of the dump but what argument i names.
func (c *Call) filterDump(i int) error {
	wish := &c.Session.dump
	names, err := splitConfigLine(string(c.Arg(i)))
	if err != nil {
		return errFilterMissing
	}
	wish.noKeys, wish.noFunctions = true, true
	for _, name := range names {
		if !equalFold([]byte(name), "FUNCTIONS") {
			return aso.Error("ERR Unsupported rdb-filter-only option: " + name)
		}
		wish.noFunctions = false
	}
	return nil
}

// dumpPatience is how long a client may take nothing of a dump.
const dumpPatience = time.Minute

// fullSync sends all keys and libraries as they were at one moment, in the format of Redis 7.0, and ends the connection.
func fullSync(b *batch, c *Call) {
	if b.ses.dump.replica {
		b.s.fail(c, errNoStream)
		return
	}
	b.settleBefore()
	if b.flush() != nil {
		b.ses.closing = true
		return
	}
	out := &dumpOutput{ses: b.ses, alive: time.Now(), late: time.AfterFunc(dumpPatience, b.ses.Conn.Kill)}
	defer out.late.Stop()
	switch err := b.s.sendDump(out); {
	case err == nil:
	case out.begun:
		slog.Warn("dump not sent", "client", b.ses.remote(), "error", err)
		b.ses.Conn.Kill()
		b.ses.closing = true
		return
	case errors.Is(err, aso.ErrUnsynced):
		b.s.fail(c, errNoMasterLink)
		return
	default:
		slog.Warn("dump not sent", "client", b.ses.remote(), "error", err)
		b.s.fail(c, aso.Error("ERR the dump could not be made: "+err.Error()))
	}
	b.ses.closing = true
	b.ses.Conn.CloseAfterReply()
}

// dumpOutput is the way of a dump to its client.
type dumpOutput struct {
	ses   *Session
	begun bool
	alive time.Time   // when something was sent last
	late  *time.Timer // closes the connection
}

func (o *dumpOutput) Write(p []byte) (int, error) {
	o.ses.Reply.Raw(p)
	if err := o.ses.Conn.Flush(); err != nil {
		return 0, err
	}
	o.alive = time.Now()
	o.late.Reset(dumpPatience)
	return len(p), nil
}

// wait tells the client now and then, while the dump is being made, that the server is there. It also finds out whether the client is.
func (o *dumpOutput) wait() error {
	if time.Since(o.alive) < time.Second {
		return nil
	}
	_, err := o.Write([]byte("\n"))
	return err
}

// sendDump copies the keyspace to a file first, so that a slow client keeps nothing waiting.
func (s *Server) sendDump(out *dumpOutput) error {
	dir := ""
	if s.persistenceStatus().Kept {
		dir = s.config.Dir.Load()
	}
	spool, err := rdb.NewSpool(dir)
	if err != nil {
		return err
	}
	defer spool.Close()
	copies, err := s.copyAll(spool, out)
	if err != nil {
		return err
	}
	d := &dumpOfCopies{spool: spool, copies: copies, wish: out.ses.dump, now: time.Now().Unix()}
	mark := newRunID()
	if d.wish.mark {
		out.begun = true
		_, err = fmt.Fprintf(out, "$EOF:%s\r\n", mark)
	} else {
		var size sizeCounter
		if err := d.write(&size); err != nil {
			return err
		}
		out.begun = true
		_, err = fmt.Fprintf(out, "$%d\r\n", size)
	}
	if err == nil {
		err = d.write(out)
	}
	if err == nil && d.wish.mark {
		_, err = io.WriteString(out, mark)
	}
	if err == nil {
		slog.Info("dump sent", "client", out.ses.remote(), "keys", d.keys)
		s.Stats.Dumps.Add(1)
	}
	return err
}

// copyAll copies all keys to spool. A swap of databases begins it again.
func (s *Server) copyAll(spool *rdb.Spool, out *dumpOutput) (copies *aso.Copies, err error) {
	const tries = 5
	for range tries {
		if err := spool.Reset(); err != nil {
			return nil, err
		}
		copies, err = s.ks.Export(s.ending, func(d *aso.Dumped) error {
			return errors.Join(spool.Add(d.DB, d.Key, d.Deadline, d.Payload), out.wait())
		})
		if !errors.Is(err, aso.ErrSwapped) {
			break
		}
	}
	return copies, err
}

// dumpOfCopies is a dump of those copies in a spool that hold.
type dumpOfCopies struct {
	spool  *rdb.Spool
	copies *aso.Copies
	wish   dumpWish
	now    int64
	keys   int
}

// write writes the dump, the same each time.
func (d *dumpOfCopies) write(dst io.Writer) error {
	w := rdb.NewDump(dst, d.now)
	d.keys = 0
	if !d.wish.noFunctions {
		for lib := range d.copies.Libraries.All() {
			w.Function(lib.Source)
		}
	}
	if !d.wish.noKeys {
		err := d.spool.Each(func(n uint64, db int, name []byte, deadline int64, p rdb.Payload) error {
			if !d.copies.Holds(n, db, name) {
				return nil
			}
			d.keys++
			return w.Key(db, name, deadline, p)
		})
		if err != nil {
			return err
		}
	}
	return w.Close()
}

// sizeCounter counts what is written to it.
type sizeCounter int64

func (c *sizeCounter) Write(p []byte) (int, error) {
	*c += sizeCounter(len(p))
	return len(p), nil
}
