package command

import (
	"errors"
	"fmt"
	"net"

	"comet/aso"
	"comet/resp/wire"
)

// Master is the session of the server that this one follows. What it sends takes place as it is: no handlers run, no limit of memory and no user's
// rights apply, and an error means that the two servers differ.
type Master struct {
	server *Server
	ses    *Session
	reply  wire.Reply
	link   masterLink
}

// masterLink is what a session of a master has beside those of clients.
type masterLink struct {
	epoch   uint64  // the decision to follow that it works for
	ends    []int64 // the offsets in the history of the ends of the commands of a batch
	next    int     // the first command of it that has not run
	applied int64   // offset of the end of the last command that has taken place; those that wait for their EXEC have not
	err     error   // why a command has not
}

// ErrSuperseded is returned by Apply when another server is followed by now, or none.
var ErrSuperseded = errors.New("another server is followed now, or none")

// ErrOutage is wrapped by the error of Apply when what comes cannot be kept now, but on another link when that is over.
var ErrOutage = errors.New("what the master sends cannot be kept")

// errNotForReplicas ends a master that sends what no Redis sends to its replicas.
var errNotForReplicas = errors.New("not a command that a master sends")

// NewMaster returns the session of a master that goes on from a point of its history. conn is told when the session is killed.
func (s *Server) NewMaster(conn Conn, epoch uint64, from aso.Master) *Master {
	m := &Master{server: s, link: masterLink{epoch: epoch, applied: from.Offset}}
	m.ses = s.newSession(conn, &m.reply)
	m.ses.account.Store(s.accounts.ofMasters())
	m.ses.authenticated, m.ses.raw, m.ses.db, m.ses.link = true, true, from.DB, &m.link
	s.clients.add(m.ses)
	return m
}

// ofMasters returns a user who may do anything, and whom nobody can become.
func (a *accounts) ofMasters() *account {
	acct := &account{name: "(superuser)"}
	acct.rights.Store(a.grammar().DefaultUser())
	return acct
}

// Apply runs commands, which end at these offsets of the history, and waits until what they did is as durable as the configuration promises. After an
// error, which names the command, the servers differ, unless it is ErrSuperseded or wraps ErrOutage.
func (m *Master) Apply(commands [][][]byte, ends []int64) error {
	m.reply.Acquire()
	defer m.reply.Release()
	for len(commands) > 0 {
		m.link.ends, m.link.next = ends, 0
		n := m.server.Batch(m.ses, commands)
		m.reply.Reset()
		switch {
		case m.link.err != nil:
			return m.link.err
		case m.ses.closing:
			return net.ErrClosed
		}
		commands, ends = commands[n:], ends[n:]
	}
	return nil
}

// Applied returns the offset up to which the history has been applied, and the database that it has selected.
func (m *Master) Applied() (offset int64, db int) { return m.link.applied, m.ses.db }

// Close ends the session.
func (m *Master) Close() { m.server.Close(m.ses) }

// fail notes why a command of the master did not take place. No other one does then.
func (s *Server) failMaster(ses *Session, args [][]byte, err error) {
	s.Stats.MasterErrors.Add(1)
	if ses.link.err == nil {
		ses.link.err = fmt.Errorf("command %q: %w", clip(args[0], maxQuoted), err)
	}
	ses.closing = true
}

// checkMaster returns why the master may not send r.
func (b *batch) checkMaster(r *request) error {
	switch {
	case r.err != nil:
		return r.err
	case !r.cmd.comesFromMasters():
		return errNotForReplicas
	}
	if cause := b.s.WritesStopped(); cause != nil && b.isOrQueued(r, (*request).writes) {
		return fmt.Errorf("%w: %w", ErrOutage, cause)
	}
	return nil
}

// comesFromMasters reports whether Redis sends the command to its replicas: a server that is no Redis gets no other rights here.
func (cmd *Command) comesFromMasters() bool {
	switch cmd.Name {
	case "select", "ping", "multi", "exec", "discard", "script|load", "script|flush":
		return true
	}
	return cmd.recorded && (cmd.has(flagWrite|flagReplicates) || cmd.script)
}

// noteApplied notes that the running command of the master has taken place.
func (b *batch) noteApplied() {
	link := b.ses.link
	if b.ses.multi != nil || link.err != nil {
		return
	}
	link.applied = link.ends[link.next]
	if b.tx != nil {
		b.tx.Advance(link.applied, b.ses.db)
	}
}
