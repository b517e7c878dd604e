package persist

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// ErrOvertaken is returned by Snapshot of a stopped store when units were appended that a chunk may contain: the new journal cannot have them before
// the snapshot is there, so the snapshot would be refused. Another try may succeed.
var ErrOvertaken = errors.New("units were appended while a stopped journal was replaced")

// renew replaces the files of a stopped store by a snapshot of all that is in memory and a journal without units. Nothing that is already on the disk is
// written again or trusted: after a failed write or fsync nobody knows what is there. Until the snapshot has its name the older files are
// as they were, and with them is at most a journal without units, which a start reads as their end.
func (s *Store) renew(ctx context.Context, capture func(*SnapshotWriter) error) (err error) {
	if err := s.findDir(); err != nil {
		return err
	}
	generation := s.generation() + 1
	next, err := createJournal(s.fs, s.dir, generation)
	if err != nil {
		return err
	}
	base, err := s.j.collect()
	if err != nil {
		return errors.Join(err, next.close())
	}
	size, err := s.writeSnapshot(ctx, snapshotPlan{generation: generation, base: base, fixed: true}, capture)
	if err != nil {
		s.j.discard()
		return errors.Join(err, next.close())
	}
	old := s.j.resume(next, base)
	s.files.Lock()
	s.files.journals[s.files.generation] = old.size.Load()
	s.files.generation, s.files.base = generation, base
	s.files.Unlock()
	s.retire(generation, size)
	_ = old.close() // it has failed before
	return nil
}

// findDir returns an error unless the directory is the one that Open took: what is written to another one, for example to that under a file system that is not
// mounted any more, would be missing when the right one is back.
func (s *Store) findDir() error {
	ours, err := s.lock.Stat()
	if err != nil {
		return err
	}
	there, err := os.Stat(filepath.Join(s.dir, lockName))
	if err != nil {
		return fmt.Errorf("look for the data directory: %w", err)
	}
	if !os.SameFile(ours, there) {
		return fmt.Errorf("%q is not the data directory that was opened: bring that back, or restart", s.dir)
	}
	return nil
}

// collect lets a stopped journal keep the units that are appended from now on, for the file that resume brings, and returns the last unit before them. Commit
// still fails.
func (j *journal) collect() (base uint64, err error) {
	j.takeTurn()
	defer j.endTurnLocked()
	if err := j.usableLocked(); err != nil {
		return 0, err
	}
	j.dropPendingLocked()
	j.mu.collecting = true
	return j.mu.last, nil
}

// discard ends what collect began without a new file.
func (j *journal) discard() {
	j.takeTurn()
	defer j.endTurnLocked()
	j.dropPendingLocked()
	j.mu.collecting = false
}

func (j *journal) dropPendingLocked() {
	j.mu.pending, j.mu.count = j.mu.pending[:headerSize], 0
	j.crowded.Store(false)
}

// resume ends the stop: the journal goes on in next, whose first unit is the one after base. All units up to base are on the disk in a snapshot. It returns the
// file that has failed.
func (j *journal) resume(next *dbFile, base uint64) (old *dbFile) {
	j.takeTurn()
	j.mu.Unlock()
	j.fsync.mu.Lock()
	old = j.file.Swap(next)
	j.written.Store(base)
	j.synced.Store(base)
	j.fsync.report.Lock()
	j.fsync.report.err = nil
	j.fsync.report.Unlock()
	j.stopped.Store(nil)
	j.fsync.mu.Unlock()
	j.mu.Lock()
	j.mu.collecting = false
	j.endTurnLocked()
	return old
}
