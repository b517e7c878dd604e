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
	base     uint64 // last unit before the journal that the snapshot starts
	covered  uint64 // highest unit any chunk may contain
	buf      []byte // headerSize bytes of room, then count chunks
	count    uint32
	chunks   uint64
	unsynced int64
}

// Put adds a chunk: all of some part of the data, captured while seq was the newest unit. The chunk is copied. Chunks of up
// to 64 KiB are best: they are written together, and none takes the disk for long.
func (w *SnapshotWriter) Put(seq uint64, chunk []byte) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	if seq < w.base {
		return fmt.Errorf("chunk of unit %d was captured before the snapshot began at %d", seq, w.base)
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
// of capture or the end of ctx leaves the older files in place.
func (s *Store) Snapshot(ctx context.Context, capture func(*SnapshotWriter) error) (err error) {
	if !s.snap.TryLock() {
		return ErrSnapshotRunning
	}
	defer s.snap.Unlock()
	if err := s.j.err(); err != nil {
		return err
	}
	begin := s.noteSnapshotBegin()
	defer func() { s.noteSnapshotEnd(begin, err) }()
	base, err := s.beginGeneration()
	if err != nil {
		return fmt.Errorf("rotate journal: %w", err)
	}
	if err := s.writeSnapshot(ctx, base, capture); err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
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

func (s *Store) writeSnapshot(ctx context.Context, base uint64, capture func(*SnapshotWriter) error) error {
	generation := s.generation()
	path := snapshotPath(s.dir, generation)
	temp := path + tmpSuffix
	id, err := writeFile(s.fs, temp, fileInfo{generation: generation}, base)
	if err != nil {
		return err
	}
	size, err := s.fillSnapshot(ctx, temp, id, base, capture)
	if err == nil {
		err = s.publish(temp, path)
	}
	if err != nil {
		if rerr := s.fs.Remove(whyCleanup, temp); !errors.Is(rerr, os.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
		return err
	}
	s.retire(generation, size)
	return nil
}

// fillSnapshot leaves a complete, durable file, and the journal durable up to the highest unit in it.
func (s *Store) fillSnapshot(ctx context.Context, path string, id, base uint64, capture func(*SnapshotWriter) error) (size int64, err error) {
	file, err := openFile(s.fs, whySyncSnapshot, path, id)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, file.close()) }()
	w := &SnapshotWriter{ctx: ctx, file: file, base: base, covered: base}
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
	if err := s.j.makeDurable(w.covered); err != nil {
		return 0, err
	}
	return file.size.Load(), nil
}

func (s *Store) publish(temp, path string) error {
	if err := s.fs.Rename(whyPublish, temp, path); err != nil {
		return err
	}
	return s.fs.SyncDir(whyPublish, s.dir)
}
