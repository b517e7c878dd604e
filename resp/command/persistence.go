package command

import (
	"errors"
	"log/slog"
	"time"

	"comet/aso"
	journal "comet/persist" // persist is a command
)

// Persistence keeps the keyspace on disk. A server without one keeps nothing.
type Persistence interface {
	// Save makes a snapshot and waits for it. The error is ErrSaving while another one is being made.
	Save() error
	// Begin starts a snapshot and does not wait for it. While one of the same kind is being made the error is ErrSaving; while one of
	// the other kind is, it is ErrSavingOther or, if schedule, the snapshot follows later. It takes no locks that units hold.
	Begin(kind SaveKind, schedule bool) (scheduled bool, err error)
	// Reload empties the keyspace and loads what is on the disk: the same, if there is a journal. It takes all locks. An error that is no *aso.PartialError leaves
	// everything as it was.
	Reload() error
	// Status is a moment of all that INFO shows.
	Status() PersistenceStatus
}

// SaveKind is why a snapshot is made. On disk they are the same: a snapshot replaces the journal before it.
type SaveKind uint8

// The kinds of snapshots.
const (
	SaveSnapshot SaveKind = iota // as Redis' RDB file
	SaveRewrite                  // as the rewrite of Redis' AOF
)

// Errors of Persistence.
var (
	ErrSaving      = errors.New("a snapshot is being made")
	ErrSavingOther = errors.New("a snapshot of the other kind is being made")
)

// PersistenceStatus is what INFO persistence shows.
type PersistenceStatus struct {
	Kept      bool          // there is a data directory; without one, Save and Begin make it
	Journal   bool          // appendonly
	Changes   int64         // since the last snapshot began
	LastSave  time.Time     // end of the last successful snapshot, or of the loading
	Loaded    time.Duration // what the loading at the start took
	Snapshots [2]SaveStatus // by SaveKind
	Keys      int64         // that the loading found
	Store     journal.Stats
}

// SaveStatus is what is known of the snapshots of one kind.
type SaveStatus struct {
	Running, Scheduled bool
	Began              time.Time     // of the running one
	Count              int64         // successful ones since the start
	Err                error         // of the last one
	Failures           int64         // since the last successful one
	Took               time.Duration // the last one; negative: none yet
}

// Persistence returns the status for INFO; all zero for a server that keeps nothing.
func (s *Server) persistenceStatus() (st PersistenceStatus) {
	if s.persistence != nil {
		return s.persistence.Status()
	}
	st.LastSave, st.Changes = s.started, s.ks.Metrics.Changes.Load()
	for kind := range st.Snapshots {
		st.Snapshots[kind].Took = -1
	}
	return st
}

// StopWrites refuses all commands that write, and what changes by itself, until ResumeWrites, because it could not be kept. It logs the first cause.
func (s *Server) StopWrites(cause error) {
	if !s.writesStopped.CompareAndSwap(nil, &cause) {
		return
	}
	s.ks.Freeze(true)
	slog.Error("writes are refused, what is due waits, reads go on", "error", cause)
}

// ResumeWrites ends what StopWrites began, when the journal is well again. After a reload that failed half-way only a restart helps.
func (s *Server) ResumeWrites() {
	cause := s.writesStopped.Load()
	if cause == nil || errors.As(*cause, new(*aso.PartialError)) || !s.writesStopped.CompareAndSwap(cause, nil) {
		return
	}
	s.ks.Freeze(false)
	slog.Info("writes are accepted again: all that is in memory is on the disk")
}

// WritesStopped returns why commands that write are refused, nil if they are not.
func (s *Server) WritesStopped() error {
	if cause := s.writesStopped.Load(); cause != nil {
		return *cause
	}
	return nil
}

// NoteSave tells that a snapshot was made, or not.
func (s *Server) NoteSave(err error) { s.saveFailed.Store(err != nil) }

// keepsWrites reports that nothing is known that would keep writes from the disk.
func (s *Server) keepsWrites() bool { return s.writesStopped.Load() == nil && !s.saveFailed.Load() }

// whyNoWrites returns why commands that write are refused now; nil: they are not.
func (s *Server) whyNoWrites() error {
	cause := s.WritesStopped()
	switch {
	case s.saveFailed.Load() && s.config.StopOnSaveError.Load() && len(s.config.Save.Load()) > 0:
		return errSaveFailed
	case cause != nil:
		return aso.Error(journalError(cause))
	}
	return nil
}

var persistenceCommands = family{
	"save":         {run: save, access: accessAlone},
	"bgsave":       {run: bgsave, access: accessNone},
	"bgrewriteaof": {run: bgrewriteaof, access: accessNone},
	"lastsave":     {run: lastsave, access: accessNone},
	"shutdown":     {run: shutdown, access: accessAlone},
}

const (
	errSaving       = aso.Error("ERR Background save already in progress")
	errRewriting    = aso.Error("ERR Background append only file rewriting already in progress")
	errOtherSaving  = aso.Error("ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.")
	errSaveFailed   = aso.Error("MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails (stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.")
	errNotPersisted = aso.Error("ERR persistence is off: start with appendonly yes, or with save points")
)

// save makes a snapshot and replies when it is on disk.
func save(c *Call) error {
	if c.Server.persistence == nil {
		return errNotPersisted
	}
	if err := c.Server.persistence.Save(); err != nil {
		return saveError(err)
	}
	c.OK()
	return nil
}

// saveError is what a client is told when a snapshot failed.
func saveError(err error) error {
	if errors.Is(err, ErrSaving) {
		return errSaving
	}
	return aso.Error("ERR " + err.Error())
}

// bgsave starts a snapshot.
func bgsave(c *Call) error {
	if len(c.Args) > 2 || len(c.Args) == 2 && !c.Is(1, "SCHEDULE") {
		return errSyntax
	}
	if c.Server.persistence == nil {
		return errNotPersisted
	}
	scheduled, err := c.Server.persistence.Begin(SaveSnapshot, len(c.Args) == 2)
	switch {
	case errors.Is(err, ErrSaving):
		return errSaving
	case errors.Is(err, ErrSavingOther):
		return errOtherSaving
	case err != nil:
		return aso.Error("ERR " + err.Error())
	case scheduled:
		c.Reply.Status("Background saving scheduled")
	default:
		c.Reply.Status("Background saving started")
	}
	return nil
}

// bgrewriteaof starts a snapshot, which makes the journal short.
func bgrewriteaof(c *Call) error {
	if c.Server.persistence == nil {
		return errNotPersisted
	}
	scheduled, err := c.Server.persistence.Begin(SaveRewrite, true)
	switch {
	case errors.Is(err, ErrSaving):
		return errRewriting
	case err != nil:
		return aso.Error("ERR " + err.Error())
	case scheduled:
		c.Reply.Status("Background append only file rewriting scheduled")
	default:
		c.Reply.Status("Background append only file rewriting started")
	}
	return nil
}

// lastsave replies with the time of the last successful snapshot.
func lastsave(c *Call) error {
	c.Reply.Int(c.Server.persistenceStatus().LastSave.Unix())
	return nil
}
