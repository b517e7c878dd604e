package persist

import "fmt"

// Reread is Load of an open store: what it has on the disk, with all units that were appended before. Nothing may be appended meanwhile. begin is
// called when all files have been read once and found good, before the first chunk and unit. It changes no file.
func (s *Store) Reread(begin func(), chunk, unit func(seq uint64, data []byte) error) error {
	if !s.snap.TryLock() {
		return ErrSnapshotRunning
	}
	defer s.snap.Unlock()
	if err := s.Commit(s.j.newest()); err != nil {
		return err
	}
	ignore := func(uint64, []byte) error { return nil }
	if err := s.reread(ignore, ignore); err != nil {
		return err
	}
	begin()
	return s.reread(chunk, unit)
}

func (s *Store) reread(chunk, unit func(seq uint64, data []byte) error) error {
	inv, err := takeInventory(s.fs, s.dir)
	if err != nil {
		return err
	}
	strict := &Store{dir: s.dir, fs: s.fs, log: s.log, opt: Options{RefuseTorn: true}}
	l := &loading{s: strict, inv: inv}
	if err := l.choose(); err != nil {
		return err
	}
	if err := l.read(chunk, unit); err != nil {
		return err
	}
	if newest := s.j.newest(); l.last != newest {
		return fmt.Errorf("the files end with unit %d instead of %d", l.last, newest)
	}
	return nil
}
