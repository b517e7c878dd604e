package persist

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"
)

const (
	// snapshotRecord is how many bytes of chunks are collected for one write.
	snapshotRecord = 64 << 10
	// snapshotSyncEvery bounds the dirty bytes of a growing snapshot, so that the fsyncs of the journal do not queue behind
	// them.
	snapshotSyncEvery = 4 << 20
)

// snapshotState is the past and present of snapshots; its mutex is held while one runs.
type snapshotState struct {
	sync.Mutex
	report struct {
		sync.Mutex
		running  bool
		at       time.Time
		duration time.Duration
		err      error
	}
}

// SnapshotWriter takes the chunks of one snapshot. It is for one goroutine, inside the Snapshot callback.
type SnapshotWriter struct {
	ctx      context.Context
	file     *dbFile
	plan     snapshotPlan
	covered  uint64 // highest unit any chunk may contain
	buf      []byte // headerSize bytes of room, then count chunks
	count    uint32
	chunks   uint64
	unsynced int64
}

// Base returns the number of the last unit before the journal that the snapshot begins. What did not change since shows it.
func (w *SnapshotWriter) Base() uint64 { return w.plan.base }

// Put adds a chunk: all of some part of the data, captured while seq was the newest unit. The chunk is copied. Chunks of up
// to 64 KiB are best: they are written together, and none takes the disk for long.
func (w *SnapshotWriter) Put(seq uint64, chunk []byte) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	switch {
	case seq < w.plan.base:
		return fmt.Errorf("chunk of unit %d was captured before the snapshot began at %d", seq, w.plan.base)
	case seq > w.plan.base && w.plan.fixed:
		return ErrOvertaken
	}
	w.covered = max(w.covered, seq)
	w.buf = appendChunk(w.buf, seq, chunk)
	w.count++
	w.chunks++
	if len(w.buf) < snapshotRecord {
		return nil
	}
	return w.flush()
}

func (w *SnapshotWriter) flush() error {
	if w.count == 0 {
		return nil
	}
	seal(w.buf, kindChunks, w.file.id, 0, w.count)
	n := int64(len(w.buf))
	free, err := w.file.append(w.buf)
	if err != nil {
		return err
	}
	if free == nil || cap(free) > keepBuffer {
		free = make([]byte, headerSize, snapshotRecord+snapshotRecord/4)
	}
	w.buf, w.count = free[:headerSize], 0
	if w.unsynced += n; w.unsynced < snapshotSyncEvery {
		return nil
	}
	w.unsynced = 0
	return w.file.sync.Sync()
}

// finish writes the rest and the end, and makes the file durable.
func (w *SnapshotWriter) finish() error {
	if err := w.flush(); err != nil {
		return err
	}
	end := appendChunkCount(make([]byte, headerSize), w.chunks)
	seal(end, kindEnd, w.file.id, w.covered, 0)
	if _, err := w.file.append(end); err != nil {
		return err
	}
	return w.file.sync.Sync()
}

func appendChunkCount(body []byte, n uint64) []byte { return binary.LittleEndian.AppendUint64(body, n) }

func parseChunkCount(body []byte) (uint64, error) {
	if len(body) != 8 {
		return 0, errBody
	}
	return binary.LittleEndian.Uint64(body), nil
}

// Snapshot replaces the past: it begins a new journal, lets capture put every part of the data, makes the result durable and
// only then removes the older files. Units go on meanwhile. Whatever happens, a start finds all acknowledged units. An error
// of capture or the end of ctx leaves the older files in place. A store that has stopped takes units again when Snapshot returns nil; chunks may then show no unit that
// is appended while capture runs, else the error is ErrOvertaken.
func (s *Store) Snapshot(ctx context.Context, capture func(*SnapshotWriter) error) (err error) {
	if !s.snap.TryLock() {
		return ErrSnapshotRunning
	}
	defer s.snap.Unlock()
	err = s.j.err()
	stopped := errors.Is(err, ErrStopped)
	if err != nil && !stopped {
		return err
	}
	begin := s.noteSnapshotBegin()
	defer func() { s.noteSnapshotEnd(begin, err) }()
	if stopped {
		if err := s.renew(ctx, capture); err != nil {
			return fmt.Errorf("replace the stopped journal: %w", err)
		}
		return nil
	}
	return s.replacePast(ctx, capture)
}

func (s *Store) replacePast(ctx context.Context, capture func(*SnapshotWriter) error) error {
	base, err := s.beginGeneration()
	if err != nil {
		return fmt.Errorf("rotate journal: %w", err)
	}
	p := snapshotPlan{generation: s.generation(), base: base}
	size, err := s.writeSnapshot(ctx, p, capture)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	s.retire(p.generation, size)
	return nil
}

// beginGeneration directs later units to a new journal, unless the present one is still empty, and returns the last unit
// before it. Snapshots alone call it, one at a time.
func (s *Store) beginGeneration() (base uint64, err error) {
	s.files.Lock()
	generation, base := s.files.generation, s.files.base
	s.files.Unlock()
	if s.j.newest() == base {
		return base, nil
	}
	next, err := createJournal(s.fs, s.dir, generation+1)
	if err != nil {
		return 0, err
	}
	base, old, err := s.j.rotate(next)
	if err != nil {
		return 0, errors.Join(err, next.close())
	}
	s.files.Lock()
	s.files.journals[generation] = old.size.Load()
	s.files.generation, s.files.base = generation+1, base
	s.files.Unlock()
	if err := old.close(); err != nil { // it is on the disk
		s.log.Warn("close of a finished journal failed", "error", err)
	}
	return base, nil
}

// snapshotPlan is what is known of a snapshot before it is written.
type snapshotPlan struct {
	generation uint64
	base       uint64 // last unit before the journal of that generation
	fixed      bool   // the journal takes no units before the snapshot is published, so no chunk may show any
}

// writeSnapshot leaves a published snapshot of size bytes, or nothing new.
func (s *Store) writeSnapshot(ctx context.Context, p snapshotPlan, capture func(*SnapshotWriter) error) (size int64, err error) {
	path := snapshotPath(s.dir, p.generation)
	temp := path + tmpSuffix
	size, err = s.fillSnapshot(ctx, temp, p, capture)
	if err == nil {
		err = s.publish(temp, path)
	}
	if err == nil {
		return size, nil
	}
	left := []string{temp}
	if p.fixed {
		left = append(left, path) // the first of its generation; nobody knows whether the name is on the disk
	}
	for _, name := range left {
		if rerr := s.fs.Remove(whyCleanup, name); !errors.Is(rerr, os.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}
	return 0, err
}

// fillSnapshot leaves a complete, durable file, and the journal durable up to the highest unit in it.
func (s *Store) fillSnapshot(ctx context.Context, path string, p snapshotPlan, capture func(*SnapshotWriter) error) (size int64, err error) {
	id, err := writeFile(s.fs, path, fileInfo{generation: p.generation}, p.base)
	if err != nil {
		return 0, err
	}
	file, err := openFile(s.fs, whySyncSnapshot, path, id)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.close()) }()
	w := &SnapshotWriter{ctx: ctx, file: file, plan: p, covered: p.base}
	w.buf = make([]byte, headerSize, snapshotRecord+snapshotRecord/4)
	if err := capture(w); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	if err := w.finish(); err != nil {
		return 0, err
	}
	if !p.fixed {
		if err := s.j.makeDurable(w.covered); err != nil {
			return 0, err
		}
	}
	return file.size.Load(), nil
}

func (s *Store) publish(temp, path string) error {
	if err := s.fs.Rename(whyPublish, temp, path); err != nil {
		return err
	}
	return s.fs.SyncDir(whyPublish, s.dir)
}
