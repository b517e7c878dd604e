package main

import (
	"time"

	"comet/aso"
)

// progressEvery is how often a long loading says how far it is.
const progressEvery = 5 * time.Second

// load fills the keyspace from the disk. Afterwards the store takes units.
func (s *saver) load() error {
	began := time.Now()
	err := s.read(began)
	s.loaded = time.Since(began)
	for _, db := range s.ks.Stats() {
		s.keys += int64(db.Keys)
	}
	return err
}

// read applies the files, and tells now and then how far it is.
func (s *saver) read(began time.Time) error {
	told := began
	loader := s.ks.NewLoader()
	defer loader.Close()
	progress := func(err error) error {
		if s.records++; s.records%1024 == 0 && time.Since(told) > progressEvery {
			told = time.Now()
			s.log.Info("loading", "records", s.records, "took", told.Sub(began).Round(time.Second))
		}
		return err
	}
	return s.disk.store.Load().Load(
		func(seq uint64, chunk []byte) error { return progress(loader.Chunk(seq, chunk)) },
		func(seq uint64, unit []byte) error { return progress(loader.Unit(seq, unit)) },
	)
}

// Reload empties the keyspace and loads what is on the disk.
func (s *saver) Reload() error { return s.between(s.reload) }

func (s *saver) reload() error {
	loader := s.ks.NewLoader()
	defer loader.Close()
	emptied := false
	empty := func() {
		loader.Empty()
		emptied = true
	}
	err := s.disk.store.Load().Reread(empty, loader.Chunk, loader.Unit)
	if err != nil && emptied {
		return &aso.PartialError{Err: err}
	}
	return err
}
