package command

import (
	"fmt"
	"log/slog"
	"math"
	"net"
	"time"

	"comet/aso"
	"comet/aso/value"
)

var debugCommands = family{
	"debug": {run: debugCommand, access: accessNone, locks: debugLocks, alone: reloads},
}

const (
	errNoDebug = aso.Error("ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it from a local connection, otherwise you need to set this option in the configuration file, and then restart the server.")
	maxSleep   = 1 << 31 // seconds

	errPackedThreshold = aso.Error("ERR argument must be a memory value bigger than 1 and smaller than 4gb")
)

// debugCommand runs a subcommand; the table of Redis knows none of them.
func debugCommand(c *Call) error {
	if !c.mayDebug() {
		return refusal{errNoDebug}
	}
	for _, sub := range debugSubcommands {
		if c.Is(1, sub.name) && len(c.Args)-2 >= sub.least && len(c.Args)-2 <= sub.most {
			return sub.run(c)
		}
	}
	return errSubcommandSyntax(c)
}

// debugSubcommands are the subcommands, with the numbers of arguments that they take.
var debugSubcommands = []struct {
	name        string
	least, most int
	run         func(c *Call) error
}{
	{"CHANGE-REPL-ID", 0, 0, debugChangeReplID},
	{"DIGEST", 0, 0, debugDigest},
	{"DIGEST-VALUE", 0, math.MaxInt, debugDigestValue},
	{"ERROR", 1, 1, debugError},
	{"HELP", 0, 0, debugHelp},
	{"LOADAOF", 0, 0, debugLoadAOF},
	{"LOG", 1, 1, debugLog},
	{"OBJECT", 1, 1, debugObject},
	{"POPULATE", 1, 3, debugPopulate},
	{"PROTOCOL", 1, 1, debugProtocol},
	{"QUICKLIST-PACKED-THRESHOLD", 1, 1, debugPackedThreshold},
	{"RELOAD", 0, math.MaxInt, debugReload},
	{"SET-ACTIVE-EXPIRE", 1, 1, debugSetActiveExpire},
	{"SLEEP", 1, 1, debugSleep},
}

// mayDebug reports whether enable-debug-command lets this client use DEBUG.
func (c *Call) mayDebug() bool {
	switch c.Server.config.EnableDebug.Load() {
	case "yes":
		return true
	case "local":
		tcp, ok := c.Session.Conn.RemoteAddr().(*net.TCPAddr)
		return !ok || tcp.IP.IsLoopback()
	}
	return false
}

// debugSleep lets this client wait. Others go on, unlike in Redis, but for those that need what a transaction holds in which it waits.
func debugSleep(c *Call) error {
	seconds, _ := value.ParseFloat(c.Arg(2)) // what is no number is 0, as in Redis
	if !(seconds > 0) {
		c.OK()
		return nil
	}
	d, slept := time.Duration(min(seconds, maxSleep)*float64(time.Second)), *c
	if c.Session.inExec {
		c.sleep(d)
		c.OK()
		return nil
	}
	slept.Args = cloneArgs(c.Args)
	c.Park(nil, d, func() {
		c.Server.noteTime(&slept, d)
		c.OK()
	})
	return nil
}

// sleep waits where the client cannot: what holds locks goes on holding them. The end of the server ends it.
func (c *Call) sleep(d time.Duration) {
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-over.C:
	case <-c.Server.ending.Done():
	}
}

// debugLocks adds the locks of the keys that the subcommand looks at.
func debugLocks(args [][]byte, l *aso.Locks) {
	switch {
	case len(args) < 2:
	case equalFold(args[1], "DIGEST"), equalFold(args[1], "POPULATE"):
		l.AddAll()
	case equalFold(args[1], "DIGEST-VALUE"), equalFold(args[1], "OBJECT"):
		for _, key := range args[2:] {
			l.Add(key)
		}
	}
}

// debugSetActiveExpire lets keys that have expired wait until somebody looks, or not.
func debugSetActiveExpire(c *Call) error {
	n, _ := value.ParseInt(c.Arg(2)) // what is no number is 0, as in Redis
	c.Server.ks.SetActiveExpiry(n != 0)
	c.OK()
	return nil
}

// debugPackedThreshold takes what Redis does. It says from which size on an element has a node of its own there, which no reply shows and lists here need not be told.
func debugPackedThreshold(c *Call) error {
	const most = 1<<32 - 1<<20
	if n, err := parseMemory(string(c.Arg(2))); err != nil || n > most {
		return errPackedThreshold
	}
	c.OK()
	return nil
}

// debugChangeReplID changes the identity of the data set that INFO replication shows.
func debugChangeReplID(c *Call) error {
	id := newRunID()
	c.Server.replID.Store(&id)
	c.OK()
	return nil
}

// debugError replies with an error of the client's choice.
func debugError(c *Call) error {
	c.Reply.Error(string(c.Arg(2))) // which is no failure
	return nil
}

// debugLog writes a message to the log.
func debugLog(c *Call) error {
	slog.Warn("DEBUG LOG", "message", string(c.Arg(2)))
	c.OK()
	return nil
}

// debugPopulate makes strings named prefix:0 and so on, with values of a length that is filled up with zeros. What is there stays.
func debugPopulate(c *Call) error {
	count, err := c.IntIn(2, 0, math.MaxInt64, errNotPositive)
	if err != nil {
		return err
	}
	prefix, size := "key", int64(0)
	if len(c.Args) > 3 {
		prefix = string(c.Arg(3))
	}
	if len(c.Args) > 4 {
		if size, err = c.IntIn(4, 0, c.Server.config.ProtoMaxBulkLen.Load(), errNotPositive); err != nil {
			return err
		}
	}
	for i := range count {
		key, v := fmt.Appendf(nil, "%s:%d", prefix, i), fmt.Appendf(nil, "value:%d", i)
		if size > 0 {
			v = append(v, make([]byte, max(size-int64(len(v)), 0))...)[:size]
		}
		if c.Tx.Kind(key) != aso.KindNone {
			continue
		}
		if err := c.Tx.SetString(key, v, 0); err != nil {
			return err
		}
	}
	c.OK()
	return nil
}

// debugObject replies with what is known of the object at a key. It has no address.
func debugObject(c *Call) error {
	o, ok := c.Tx.Object(c.Arg(2))
	if !ok {
		return aso.ErrNoSuchKey
	}
	c.Reply.Status(fmt.Sprintf("Value at:0x0 refcount:1 encoding:%s serializedlength:%d lru:%d lru_seconds_idle:%d",
		o.Encoding, c.serializedLength(&o), (c.Tx.Now()/1000-o.Idle)&(1<<24-1), o.Idle))
	return nil
}

// serializedLength returns the bytes that the value takes on disk: of a string as in an RDB file of Redis without compression, otherwise
// about what it takes in memory.
func (c *Call) serializedLength(o *aso.Object) int {
	if o.Kind != aso.KindString {
		return o.Memory
	}
	s, _, _ := c.Tx.String(c.Arg(2))
	n, isInt := value.ParseInt(s)
	switch {
	case isInt && n == int64(int8(n)):
		return 2
	case isInt && n == int64(int16(n)):
		return 3
	case isInt && n == int64(int32(n)):
		return 5
	case len(s) < 1<<6:
		return 1 + len(s)
	case len(s) < 1<<14:
		return 2 + len(s)
	}
	return 5 + len(s)
}

// debugHelp lists the subcommands, with what they do here.
func debugHelp(c *Call) error {
	return c.help("DEBUG",
		"CHANGE-REPL-ID",
		"    Change the replication IDs of the instance.",
		"DIGEST",
		"    Output a hex signature representing the current DB content.",
		"DIGEST-VALUE <key> [<key> ...]",
		"    Output a hex signature of the values of all the specified keys.",
		"ERROR <string>",
		"    Return a Redis protocol error with <string> as message. Useful for clients",
		"    unit tests to simulate Redis errors.",
		"LOADAOF",
		"    Flush the keyspace and load the snapshot and the journal back in memory.",
		"LOG <message>",
		"    Write <message> to the server log.",
		"OBJECT <key>",
		"    Show low level info about `key` and associated value.",
		"POPULATE <count> [<prefix>] [<size>]",
		"    Create <count> string keys named key:<num>. If <prefix> is specified then",
		"    it is used instead of the 'key' prefix.",
		"PROTOCOL <type>",
		"    Reply with a test value of the specified type. <type> can be: string,",
		"    integer, double, bignum, null, array, set, map, attrib, push, verbatim,",
		"    true, false.",
		"QUICKLIST-PACKED-THRESHOLD <size>",
		"    Accepted without an effect: lists need no such limit.",
		"RELOAD [option ...]",
		"    Save the snapshot to disk, if there is persistence, and reload everything back",
		"    to memory. Valid <option> values: MERGE, NOFLUSH, which change nothing together,",
		"    and NOSAVE, which loads what is on the disk.",
		"SET-ACTIVE-EXPIRE <0|1>",
		"    Setting it to 0 disables expiring keys in background when they are not",
		"    accessed (otherwise the Redis behavior). Setting it to 1 reenables back the",
		"    default.",
		"SLEEP <seconds>",
		"    Let this client wait for <seconds>. Decimals allowed.")
}
