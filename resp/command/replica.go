package command

import (
	"errors"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"comet/aso"
)

// What clients of a replica are told, in the words of Redis.
const (
	errReadOnly   = aso.Error("READONLY You can't write against a read only replica.")
	errMasterDown = aso.Error("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.")
	errLoading    = aso.Error("LOADING Redis is loading the dataset in memory")
)

// Follower holds the link to the master that the keyspace names.
type Follower interface {
	// Changed tells that the keyspace has another master now, or none. It is called under locks, so it must not wait.
	Changed()
	// Link describes the link.
	Link() Link
}

// LinkState is how far a link to a master is, in the words of ROLE.
type LinkState string

// The states of a link.
const (
	LinkWaiting    LinkState = "connect" // for its next try, or for an operator
	LinkConnecting LinkState = "connecting"
	LinkHandshake  LinkState = "handshake"
	LinkSync       LinkState = "sync" // all data come from the master, or are being loaded
	LinkUp         LinkState = "connected"
)

// Link describes the link to a master.
type Link struct {
	State    LinkState
	Offset   int64     // in bytes of the master's history, what has been applied
	Received int64     // the same, what has come
	LastIO   time.Time // when something came last
	Down     time.Time // since when the link is down; zero if it was never up
	Sync     Transfer  // while State is LinkSync
	Failure  string    // why the data are not followed any more; empty if they are, or will be by itself
	Full     int64     // transfers of all data since the server started
	Partial  int64     // how often the link went on where it was broken
}

// Transfer is how far the transfer of all data is, in bytes. Size is -1 if the master did not tell it.
type Transfer struct {
	Size, Read int64
	LastIO     time.Time
}

// SetFollower says what holds the link to a master, and decides whom to follow: the one of the configuration, else the one of the data. A server that
// was told to follow nobody any more, and whose configuration still names the master, does not go back to it: that would cost what was written since.
// It is called before the server starts.
func (s *Server) SetFollower(f Follower) {
	s.follower = f
	m, _ := s.ks.Master()
	last := []string{m.Host, strconv.Itoa(m.Port)}
	wanted := s.config.ReplicaOf.Load()
	switch {
	case m.Phase == aso.Alone && len(wanted) == 0:
	case m.Phase == aso.Alone && slices.Equal(wanted, last):
		slog.Warn("replicaof is not obeyed: this server was told to follow nobody any more; remove it, or give REPLICAOF again", "replicaof", strings.Join(wanted, " "))
		s.config.ReplicaOf.set([]string(nil))
	case len(wanted) == 0 || slices.Equal(wanted, last):
		s.config.ReplicaOf.set(last)
	default:
		s.followConfigured(wanted)
	}
}

func (s *Server) followConfigured(wanted []string) {
	port, _ := strconv.Atoi(wanted[1]) // it was checked when it was read
	tx := s.ks.BeginAll()
	tx.Start(0)
	tx.Follow(wanted[0], port)
	_ = s.ks.Wait(tx.Commit()) // an error stays, and stops what comes
}

// Keyspace returns the keyspace of s.
func (s *Server) Keyspace() *aso.Keyspace { return s.ks }

// link describes the link to the master.
func (s *Server) link() Link {
	if s.follower == nil {
		return Link{State: LinkWaiting}
	}
	return s.follower.Link()
}

// mayWrite returns why the running command may not write: clients of a replica may not, and neither may a master that is not followed any more. Who is
// followed does not change while the Tx of c holds any lock.
func (c *Call) mayWrite() error {
	link := c.Session.link
	writes := link == nil && c.Cmd.writes(c.Args) && c.Server.ks.Follows()
	switch {
	case c.Tx == nil:
		return nil
	case link != nil && !c.Tx.Serves(link.epoch):
		return ErrSuperseded
	case writes && c.Server.isReadOnly(c.Cmd) && !c.Tx.IsDryRun():
		return errReadOnly
	}
	c.Tx.SetLocal(writes)
	return nil
}

// isReadOnly reports whether clients may not run a command that writes. On a replica they may if the configuration says so, and only commands of Redis:
// handlers and what belongs to them rest.
func (s *Server) isReadOnly(cmd *Command) bool {
	return s.ks.Follows() && (s.config.ReplicaReadOnly.Load() || !cmd.recorded)
}

// toleratesError reports whether a command of the master may fail because clients have written, too. It is then left out, as in Redis.
func (s *Server) toleratesError(err error) bool {
	var told aso.Error
	return !s.config.ReplicaReadOnly.Load() && errors.As(err, &told)
}

// checkPhase returns why a client may not run a command on a replica in a phase.
func (b *batch) checkPhase(r *request, phase aso.Phase) error {
	switch {
	case b.lacks(r, flagStale) && b.s.isStale():
		return errMasterDown
	case phase == aso.Loading && b.lacks(r, flagLoading):
		return errLoading
	}
	return nil
}

// lacks reports whether r, or if it is EXEC any command that it would run, has not one of some flags.
func (b *batch) lacks(r *request, f flags) bool {
	if t := b.ses.multi; r.cmd.Name == "exec" && t != nil {
		return slices.ContainsFunc(t.queued, func(q request) bool { return !q.cmd.has(f) })
	}
	return !r.cmd.has(f)
}

// isStale reports whether the data may not be shown because there is no link to the master.
func (s *Server) isStale() bool {
	return !s.config.ServeStale.Load() && s.ks.Follows() && s.link().State != LinkUp
}

// checkReplica returns why the script may not run on a replica.
func (r *scriptRun) checkReplica() error {
	s := r.c.Server
	switch {
	case r.ses.link != nil || !s.ks.Follows():
		return nil
	case r.flags&scriptChecked != 0 && r.flags&scriptNoWrites == 0 && s.config.ReplicaReadOnly.Load():
		return errReadOnly
	case r.flags&scriptAllowStale == 0 && s.isStale():
		return errMasterDown
	}
	return nil
}
