package persist

import (
	"errors"
	"fmt"
)

var (
	// ErrStopped is wrapped by what Commit and Err return after a write or fsync of the journal failed, until a Snapshot succeeds. The units that were
	// not acknowledged by then are uncertain: that Snapshot keeps them, a restart before it may lose them.
	ErrStopped = errors.New("journal stopped until a snapshot can be written")
	// ErrClosed is returned by calls on a store that Close has ended.
	ErrClosed = errors.New("store is closed")
	// ErrNotLoaded is returned by calls that need Load to have succeeded.
	ErrNotLoaded = errors.New("store is not loaded")
	// ErrSnapshotRunning is returned by Snapshot while another one runs.
	ErrSnapshotRunning = errors.New("a snapshot is already in progress")
)

// DamageError says that a file cannot be what the store wrote, and where. Load returns it instead of starting with less
// than was acknowledged.
type DamageError struct {
	File   string // path
	Offset int64  // bytes from the start of the file to the first bad record
	Reason string
	Advice string // what the operator can do
}

func (e *DamageError) Error() string {
	return fmt.Sprintf("%q is damaged at offset %d: %s; %s", e.File, e.Offset, e.Reason, e.Advice)
}

const (
	adviceRestore = "restore the data directory from a backup"
	adviceRepair  = "restore a backup, or copy the directory and start once with the repair option, which drops everything from there on"
	adviceUpgrade = "start the version that wrote it, or a newer one"
	adviceOld     = "start the version that wrote it, or begin anew in an empty directory"
)
