package persist

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// Options of Open. The zero value is usable.
type Options struct {
	// Policy is what Commit promises; EverySec by default; SetPolicy changes it.
	Policy Policy
	// RefuseTorn makes Load fail on a half-written record at the end of the journal, as aof-load-truncated no. By default it
	// is cut off and logged: no policy had promised it, or the disk has lied.
	RefuseTorn bool
	// Repair makes Load cut the journal off at the first damage instead of failing. What follows is lost; for one start
	// after a copy of the directory has been made.
	Repair bool
	// MaxPending is how many bytes may be appended but not written before every Commit waits; 32 MiB by default.
	MaxPending int
	// Logger tells the operator about recovery and cleanup; slog.Default by default.
	Logger *slog.Logger
	// FS is the operating system; for tests.
	FS FS
}

// Store is one data directory, owned by this process.
type Store struct {
	dir  string
	opt  Options
	fs   FS
	log  *slog.Logger
	now  func() time.Time
	lock *os.File
	j    *journal

	stop       context.CancelFunc
	background sync.WaitGroup

	files filesState
	snap  snapshotState
}

// filesState is what the store knows of its files. Only Load and Snapshot change it.
type filesState struct {
	sync.Mutex
	loaded, closed bool
	generation     uint64           // of the journal that takes the units
	base           uint64           // last unit before that journal
	journals       map[uint64]int64 // sizes of the older journals that a start would read, by generation
	snapshot       uint64           // generation of the published snapshot; 0: none
	snapshotSize   int64
	baseSize       int64 // of all files when the snapshot was published
}

// Open takes the directory, which it creates when missing, and looks at nothing in it but the lock file. It fails when another process has it.
func Open(dir string, opt Options) (*Store, error) {
	if opt.MaxPending <= 0 {
		opt.MaxPending = defaultMaxPending
	}
	if opt.Logger == nil {
		opt.Logger = slog.Default()
	}
	if opt.FS == nil {
		opt.FS = osFS{}
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("make data directory: %w", err)
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Store{dir: dir, opt: opt, fs: opt.FS, log: opt.Logger, now: time.Now, lock: lock}
	s.j = newJournal(opt.Policy, opt.MaxPending, s.clock)
	s.files.journals = make(map[uint64]int64)
	return s, nil
}

func (s *Store) clock() time.Time { return s.now() }

// Append copies a unit into memory and returns its number: one more than the last. It never blocks on I/O and may be called
// under the locks that order units. A unit appended to a stopped or closed store goes nowhere; Commit says so.
func (s *Store) Append(unit []byte) uint64 { return s.j.append(unit) }

// Commit returns nil when all units up to seq are as durable as the policy promises. It does I/O or waits for somebody who
// does; call it without locks. Numbers that are durable already cost nothing, also on a stopped store.
func (s *Store) Commit(seq uint64) error { return s.j.commit(seq) }

// Kept reports whether Commit would return nil at once.
func (s *Store) Kept(seq uint64) bool { return s.j.keptNow(seq) }

// Err is nil while the store takes writes; else it says why not, as Commit would.
func (s *Store) Err() error { return s.j.err() }

// SetPolicy changes what later calls of Commit promise.
func (s *Store) SetPolicy(p Policy) { s.j.policy.Store(int32(p)) }

// Close writes and fsyncs what was appended, whatever the policy, and gives the directory back. A running Snapshot is
// waited for; end its context first to be quick.
func (s *Store) Close() error {
	s.snap.Lock()
	defer s.snap.Unlock()
	s.files.Lock()
	closed := s.files.closed
	s.files.closed = true
	s.files.Unlock()
	if closed {
		return ErrClosed
	}
	if s.stop != nil {
		s.stop()
		s.background.Wait()
	}
	return errors.Join(s.j.close(), s.lock.Close())
}
