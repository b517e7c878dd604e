package main

import (
	"context"

	"comet/persist"
)

// keep takes the data directory, if that was not done yet.
func (s *saver) keep() error {
	if s.disk.store.Load() != nil {
		return nil
	}
	return s.between(func() error {
		_, err := s.disk.begun()
		return err
	})
}

// setJournal lets the store get the units from now on, or not.
func (s *saver) setJournal(on bool) error {
	if on == s.journal.Load() {
		return nil
	}
	return s.between(func() error {
		if on {
			return s.startJournal()
		}
		s.stopJournal()
		return nil
	})
}

// startJournal begins a journal with a snapshot. Nobody writes before that is on the disk: what came in between would be missing in the journal, and
// a start after a crash would read it as following what was there when the journal was stopped.
func (s *saver) startJournal() error {
	ctx := context.Background()
	store, err := s.disk.begun()
	if err != nil {
		return err
	}
	err = s.ks.StartJournal(ctx, store, func(copyTo func(put func(seq uint64, chunk []byte) error) error) error {
		return store.Snapshot(ctx, func(w *persist.SnapshotWriter) error {
			return copyTo(func(seq uint64, chunk []byte) error { return w.Put(max(seq, w.Base()), chunk) })
		})
	})
	if err != nil {
		return err
	}
	s.journal.Store(true)
	s.ks.Metrics.Changes.Store(0)
	s.log.Info("journal begun")
	return nil
}

// stopJournal ends the journal with all that was acknowledged.
func (s *saver) stopJournal() {
	s.ks.StopJournal()
	s.journal.Store(false)
	store := s.disk.store.Load()
	if err := store.Commit(store.Stats().Newest); err != nil {
		s.log.Warn("the journal has stopped before", "error", err)
	}
	s.log.Info("journal stopped: a start loads what was there, or what a later snapshot has")
}
