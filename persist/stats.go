package persist

import (
	"maps"
	"slices"
	"time"
)

// Stats is a moment of a store, for INFO and metrics.
type Stats struct {
	Generation    uint64 // of the journal that takes the units
	SnapshotBytes int64
	JournalBytes  int64 // of all journals that a start would read
	// BaseBytes is the size of all files right after the last snapshot, or of the snapshot found at the start: what
	// auto-aof-rewrite-percentage compares SnapshotBytes + JournalBytes with.
	BaseBytes    int64
	PendingBytes int64 // appended, not written

	Newest, Written, Synced uint64 // highest unit appended, in the file, on the disk

	FsyncAt      time.Time // end of the last one; zero: none yet
	FsyncLatency time.Duration
	FsyncErr     error
	FsyncRunning bool
	FsyncDelays  uint64 // how often writers waited for a slow fsync

	SnapshotRunning  bool
	SnapshotAt       time.Time // end of the last one; zero: none yet
	SnapshotDuration time.Duration
	SnapshotErr      error
}

// Stats reads counters only; it is cheap.
func (s *Store) Stats() Stats {
	st := Stats{PendingBytes: s.j.pendingBytes(), Newest: s.j.newest()}
	st.Written, st.Synced = s.j.written.Load(), s.j.synced.Load()
	s.fileStats(&st)
	s.fsyncStats(&st)
	r := &s.snap.report
	r.Lock()
	defer r.Unlock()
	st.SnapshotRunning, st.SnapshotAt, st.SnapshotDuration, st.SnapshotErr = r.running, r.at, r.duration, r.err
	return st
}

func (s *Store) fileStats(st *Stats) {
	s.files.Lock()
	defer s.files.Unlock()
	st.Generation, st.SnapshotBytes, st.BaseBytes = s.files.generation, s.files.snapshotSize, s.files.baseSize
	st.JournalBytes = s.journalBytesLocked()
}

// journalBytesLocked needs files locked.
func (s *Store) journalBytesLocked() int64 {
	n := s.j.fileSize()
	for _, size := range s.files.journals {
		n += size
	}
	return n
}

func (s *Store) fsyncStats(st *Stats) {
	f := &s.j.fsync
	st.FsyncRunning, st.FsyncDelays = f.started.Load() != 0, f.delays.Load()
	f.report.Lock()
	defer f.report.Unlock()
	st.FsyncAt, st.FsyncLatency, st.FsyncErr = f.report.at, f.report.latency, f.report.err
}

func (s *Store) generation() uint64 {
	s.files.Lock()
	defer s.files.Unlock()
	return s.files.generation
}

func (s *Store) noteSnapshotBegin() time.Time {
	r := &s.snap.report
	r.Lock()
	defer r.Unlock()
	r.running = true
	return s.now()
}

func (s *Store) noteSnapshotEnd(begin time.Time, err error) {
	r := &s.snap.report
	r.Lock()
	defer r.Unlock()
	r.running = false
	r.at = s.now()
	r.duration = r.at.Sub(begin)
	r.err = err
}

// retire forgets and removes the files that the snapshot of a generation replaced.
func (s *Store) retire(generation uint64, size int64) {
	s.files.Lock()
	journals := slices.Sorted(maps.Keys(s.files.journals))
	clear(s.files.journals)
	old := s.files.snapshot
	s.files.snapshot, s.files.snapshotSize = generation, size
	s.files.baseSize = size + s.journalBytesLocked()
	s.files.Unlock()
	var names []string
	if old != 0 && old != generation {
		names = append(names, fileName(snapshotPrefix, old))
	}
	for _, g := range journals {
		names = append(names, fileName(journalPrefix, g))
	}
	s.remove(names)
}
