package persist

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// fsyncEvery is how long everysec leaves written units off the disk.
	fsyncEvery = time.Second
	// slowFsync is how long writers go on beside a running fsync of everysec, as in Redis.
	slowFsync = 2 * time.Second
)

// fsyncState is what the journal knows of its fsyncs.
type fsyncState struct {
	mu      sync.Mutex   // held during an fsync: one at a time, and journal.file stays
	started atomic.Int64 // when the running one began, in unix nanoseconds; 0: none runs
	delays  atomic.Uint64

	report struct {
		sync.Mutex
		at      time.Time
		latency time.Duration
		err     error
	}
}

// syncFile makes what is written by now durable. An error stops the journal: after a failed fsync nobody knows what is on
// the disk, and a second one may succeed although pages were dropped.
func (j *journal) syncFile() error {
	j.fsync.mu.Lock()
	defer j.fsync.mu.Unlock()
	if s := j.stopped.Load(); s != nil {
		return s.err
	}
	upTo := j.written.Load()
	begin := j.now()
	j.fsync.started.Store(begin.UnixNano())
	err := j.file.Load().sync.Sync()
	j.fsync.started.Store(0)
	j.noteFsync(begin, err)
	if err != nil {
		return j.stop(err)
	}
	j.synced.Store(upTo)
	return nil
}

func (j *journal) noteFsync(begin time.Time, err error) {
	r := &j.fsync.report
	r.Lock()
	defer r.Unlock()
	r.at = j.now()
	r.latency = r.at.Sub(begin)
	r.err = err
}

// awaitSlowFsync holds a writer back while an fsync of everysec has been running for too long.
func (j *journal) awaitSlowFsync() {
	started := j.fsync.started.Load()
	if started == 0 || Policy(j.policy.Load()) != EverySec || j.now().UnixNano()-started < int64(slowFsync) {
		return
	}
	j.fsync.delays.Add(1)
	j.fsync.mu.Lock() // until it ends
	defer j.fsync.mu.Unlock()
}

// run writes what nobody committed and fsyncs once in j.every, until ctx ends.
func (j *journal) run(ctx context.Context) {
	t := time.NewTicker(j.every)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			j.tick()
		}
	}
}

func (j *journal) tick() {
	if j.commit(j.newest()) != nil {
		return // sticky: every Commit reports it
	}
	if Policy(j.policy.Load()) != No && j.synced.Load() < j.written.Load() {
		_ = j.syncFile() // sticky
	}
}

// makeDurable returns when every unit up to seq is on the disk, whatever the policy.
func (j *journal) makeDurable(seq uint64) error {
	if err := j.commit(seq); err != nil {
		return err
	}
	if j.synced.Load() >= seq {
		return nil
	}
	return j.syncFile()
}

// rotate seals the file and continues in next. It returns the last unit of the old file, and that file to be closed. The old
// file is on the disk before next gets its first unit, so that a power loss cannot leave a gap; most of it is fsynced before
// writers are held up. After an error next must stay where it is: the seal that announces it may have been written.
func (j *journal) rotate(next *dbFile) (last uint64, old *dbFile, err error) {
	if err := j.syncFile(); err != nil {
		return 0, nil, err
	}
	j.takeTurn()
	err = j.usableLocked()
	j.mu.Unlock()
	if err == nil {
		last, old, err = j.swap(next)
	}
	j.mu.Lock()
	j.endTurnLocked()
	return last, old, err
}

// swap needs the turn.
func (j *journal) swap(next *dbFile) (last uint64, old *dbFile, err error) {
	if s := j.stopped.Load(); s != nil {
		return 0, nil, s.err
	}
	last = j.written.Load()
	if err := j.file.Load().appendMark(kindSealed, last); err != nil {
		return 0, nil, j.stop(err)
	}
	if err := j.syncFile(); err != nil {
		return 0, nil, err
	}
	j.fsync.mu.Lock()
	defer j.fsync.mu.Unlock()
	return last, j.file.Swap(next), nil
}

// close writes the rest, marks the end, makes it durable and releases the file.
func (j *journal) close() error {
	j.takeTurn()
	if j.mu.state != journalOpen {
		j.mu.state = journalClosed
		j.endTurnLocked()
		return nil
	}
	j.mu.state = journalClosed
	err := j.writePendingLocked(j.mu.turn)
	j.mu.Unlock()
	if err == nil {
		err = j.file.Load().appendMark(kindClosed, j.written.Load())
	}
	if err == nil {
		err = j.syncFile()
	}
	if cerr := j.file.Load().close(); err == nil {
		err = cerr
	}
	j.mu.Lock()
	j.endTurnLocked()
	return err
}
