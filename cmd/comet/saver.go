package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"comet/aso"
	"comet/persist"
	"comet/resp/command"
)

const (
	// triggerEvery is how often save points and the growth of the journal are looked at.
	triggerEvery = 200 * time.Millisecond
	// retryAfter is how long nothing triggers a snapshot after one has failed.
	retryAfter = 5 * time.Second
	// tries is how often a snapshot is begun because SWAPDB ran during the one before, or a unit overtook it.
	tries = 5
)

// saver makes the snapshots, one at a time, in one goroutine. It is the command.Persistence of the server.
type saver struct {
	ks      *aso.Keyspace
	disk    *disk
	config  *command.Config
	log     *slog.Logger
	loaded  time.Duration // what load took
	records int           // that load has read
	keys    int64         // that it found
	writes  writeGate     // set by run
	outage  outage        // for run only
	wake    chan struct{} // something is to do
	calls   chan func()   // to be called while no snapshot is being made
	journal atomic.Bool   // the store gets the units
	ended   chan struct{} // closed when run returns

	mu struct {
		sync.Mutex
		kinds    [2]command.SaveStatus
		lastSave time.Time
		lastTry  time.Time
		failed   bool         // the last try
		waiting  []chan error // clients in SAVE
	}
}

func newSaver(ks *aso.Keyspace, disk *disk, config *command.Config, log *slog.Logger) *saver {
	s := &saver{
		ks: ks, disk: disk, config: config, log: log,
		wake: make(chan struct{}, 1), calls: make(chan func()), ended: make(chan struct{}),
	}
	s.journal.Store(config.AppendOnly.Load())
	s.mu.lastSave = time.Now()
	for kind := range s.mu.kinds {
		s.mu.kinds[kind].Took = -1
	}
	return s
}

// Save makes a snapshot and waits for it.
func (s *saver) Save() error {
	done := make(chan error, 1)
	s.mu.Lock()
	if _, err := s.beginLocked(command.SaveSnapshot, true); err != nil {
		s.mu.Unlock()
		return err
	}
	s.mu.waiting = append(s.mu.waiting, done)
	s.mu.Unlock()
	select {
	case err := <-done:
		return err
	case <-s.ended:
		return context.Canceled
	}
}

// Begin starts a snapshot, or lets it follow the running one.
func (s *saver) Begin(kind command.SaveKind, schedule bool) (scheduled bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.beginLocked(kind, schedule)
}

func (s *saver) beginLocked(kind command.SaveKind, schedule bool) (scheduled bool, err error) {
	this, other := &s.mu.kinds[kind], &s.mu.kinds[1-kind]
	switch {
	case this.Running || this.Scheduled:
		return false, command.ErrSaving
	case other.Running && !schedule:
		return false, command.ErrSavingOther
	case other.Running:
		this.Scheduled = true
		return true, nil
	}
	this.Running, this.Began = true, time.Now()
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return false, nil
}

// between calls fn while no snapshot is being made.
func (s *saver) between(fn func() error) error {
	done := make(chan error, 1)
	select {
	case s.calls <- func() { done <- fn() }:
		return <-done
	case <-s.ended:
		return context.Canceled
	}
}

// Status is what INFO shows.
func (s *saver) Status() command.PersistenceStatus {
	st := command.PersistenceStatus{
		Kept: s.disk.store.Load() != nil, Journal: s.journal.Load(), Changes: s.ks.Metrics.Changes.Load(), Loaded: s.loaded, Keys: s.keys, Store: s.disk.stats(),
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st.LastSave, st.Snapshots = s.mu.lastSave, s.mu.kinds
	return st
}

// run makes snapshots when they are asked for or due, until ctx ends. w is told when the journal stops, when it is well again, and how each snapshot that is not one of
// the journal's ended.
func (s *saver) run(ctx context.Context, w writeGate) {
	defer close(s.ended)
	s.writes = w
	var ticks <-chan time.Time // none while nothing is kept
	for {
		if ticks == nil && s.disk.store.Load() != nil {
			ticker := time.NewTicker(triggerEvery)
			defer ticker.Stop()
			ticks = ticker.C
		}
		select {
		case <-ctx.Done():
			return
		case <-s.wake:
		case call := <-s.calls:
			call()
		case <-ticks:
			if s.watchJournal() {
				s.trigger()
			}
		}
		s.work(ctx)
	}
}

// trigger begins a snapshot if a save point or the growth of the journal asks for one.
func (s *saver) trigger() {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if s.mu.failed && now.Sub(s.mu.lastTry) < retryAfter {
		return
	}
	var err error
	switch {
	case s.pointReachedLocked(now):
		_, err = s.beginLocked(command.SaveSnapshot, false)
	case s.journalGrown():
		_, err = s.beginLocked(command.SaveRewrite, false)
	}
	if err != nil {
		s.log.Debug("snapshot not begun", "reason", err) // one is being made already
	}
}

func (s *saver) pointReachedLocked(now time.Time) bool {
	changes := s.ks.Metrics.Changes.Load()
	for _, p := range s.config.Save.Load() {
		if changes > 0 && changes >= p.Changes && now.Sub(s.mu.lastSave) >= time.Duration(p.Seconds)*time.Second {
			return true
		}
	}
	return false
}

// journalGrown reports whether the files have grown by auto-aof-rewrite-percentage.
func (s *saver) journalGrown() bool {
	percent := s.config.RewritePercent.Load()
	if percent == 0 || !s.journal.Load() {
		return false
	}
	st := s.disk.stats()
	size, base := st.SnapshotBytes+st.JournalBytes, max(st.BaseBytes, 1)
	return size >= s.config.RewriteMinSize.Load() && size > base && (size-base)/base*100+(size-base)%base*100/base >= percent
}

// work makes the snapshots that were begun, and those that follow them.
func (s *saver) work(ctx context.Context) {
	for kind, ok := s.next(); ok; kind, ok = s.next() {
		began, inOutage := time.Now(), !s.outage.next.IsZero()
		err := s.snapshot(ctx)
		if err == nil {
			s.endOutage()
		} else if s.outage.failed(time.Now(), time.Since(began)) {
			s.log.Error("snapshot failed", "error", err)
		}
		if kind == command.SaveSnapshot || err == nil && inOutage {
			s.writes.NoteSave(err)
		}
		s.finish(kind, err)
	}
}

// next returns the kind of the snapshot to make now.
func (s *saver) next() (kind command.SaveKind, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for kind := range s.mu.kinds {
		if s.mu.kinds[kind].Running {
			return command.SaveKind(kind), true
		}
	}
	for kind := range s.mu.kinds {
		if k := &s.mu.kinds[kind]; k.Scheduled {
			k.Scheduled, k.Running, k.Began = false, true, time.Now()
			return command.SaveKind(kind), true
		}
	}
	return 0, false
}

func (s *saver) finish(kind command.SaveKind, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	k := &s.mu.kinds[kind]
	k.Running, k.Err, k.Took = false, err, now.Sub(k.Began)
	s.mu.lastTry, s.mu.failed = now, err != nil
	k.Failures++
	if err == nil {
		k.Count++
		k.Failures = 0
		s.mu.lastSave = now
		s.log.Info("snapshot made", "took", k.Took.Round(time.Millisecond))
	}
	if kind == command.SaveSnapshot {
		for _, done := range s.mu.waiting {
			done <- err
		}
		s.mu.waiting = nil
	}
}

// snapshot replaces the files by one snapshot and an empty journal.
func (s *saver) snapshot(ctx context.Context) error {
	if s.writes != nil {
		if err := s.writes.WritesStopped(); errors.As(err, new(*aso.PartialError)) {
			return fmt.Errorf("the files have more than memory: %w", err)
		}
	}
	store, err := s.disk.begun()
	if err != nil {
		return err
	}
	changes := s.ks.Metrics.Changes.Load()
	err = aso.ErrSwapped
	for try := 0; try < tries && (errors.Is(err, aso.ErrSwapped) || errors.Is(err, persist.ErrOvertaken)); try++ {
		err = store.Snapshot(ctx, func(w *persist.SnapshotWriter) error { return s.capture(ctx, w) })
	}
	if err != nil {
		s.ks.Metrics.Changes.Add(changes) // Keyspace.Snapshot has set it to 0
	}
	return err
}

// capture puts the keyspace into w. A slot that did not change since the journal began shows the moment when that was: every unit up to
// there that concerns it had been applied when it was locked.
func (s *saver) capture(ctx context.Context, w *persist.SnapshotWriter) error {
	return s.ks.Snapshot(ctx, func(seq uint64, chunk []byte) error { return w.Put(max(seq, w.Base()), chunk) })
}
