package persist

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
)

// reopenLimit is the largest journal that a start continues; after a larger one it begins the next generation, since buntdb
// would read the old one a second time.
const reopenLimit = 4 << 20

// finish makes durable what was read, opens the journal for writing and removes what is obsolete.
func (l *loading) finish() error {
	if err := l.checkCovered(); err != nil {
		return err
	}
	for i, js := range l.journals {
		if err := l.trim(js, i == len(l.journals)-1); err != nil {
			return fmt.Errorf("%q: %w", js.path, err)
		}
	}
	file, generation, err := l.openActive()
	if err != nil {
		return err
	}
	if err := l.sealOlder(generation); err != nil {
		return errors.Join(err, file.close())
	}
	if err := l.s.fs.SyncDir(whyRecover, l.s.dir); err != nil {
		return errors.Join(err, file.close())
	}
	l.start(file, generation)
	l.removeObsolete()
	return nil
}

// checkCovered: the journal was on the disk up to covered before the snapshot was published.
func (l *loading) checkCovered() error {
	if l.last >= l.covered {
		return nil
	}
	js := l.journals[len(l.journals)-1]
	if !l.s.opt.Repair {
		reason := fmt.Sprintf("the journal ends with unit %d and the snapshot may contain %d", l.last, l.covered)
		return &DamageError{File: js.path, Offset: js.good, Reason: reason, Advice: adviceRepair}
	}
	return nil
}

// trim cuts a bad end off and makes the file durable: after a kill its last records may not be on the disk, and from now on
// clients see them.
func (l *loading) trim(js *journalScan, newest bool) (err error) {
	if js.good == js.size && js.end == kindSealed && !newest {
		return nil
	}
	f, err := l.s.fs.OpenFile(whyRecover, js.path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if js.good < js.size {
		if err := f.Truncate(js.good); err != nil {
			return err
		}
		js.size = js.good
	}
	if newest && l.last < l.covered {
		l.last, js.last = l.covered, l.covered // numbers up to it are taken by the snapshot's chunks
		if err := js.addMark(f, kindJump, l.last); err != nil {
			return err
		}
	}
	return f.Sync()
}

// addMark writes a mark at the end of a file that buntdb does not have open.
func (js *journalScan) addMark(f File, k kind, seq uint64) error {
	rec := make([]byte, headerSize)
	seal(rec, k, js.id, seq, 0)
	n, err := f.WriteAt(appendFrame(nil, rec), js.size)
	js.size += int64(n)
	js.good = js.size
	js.end = k
	return err
}

// openActive opens the journal that takes the next units: the newest one when it is small, else a new one.
func (l *loading) openActive() (*dbFile, uint64, error) {
	if len(l.journals) == 0 {
		file, err := createJournal(l.s.fs, l.s.dir, 1)
		return file, 1, err
	}
	js := l.journals[len(l.journals)-1]
	if js.size <= reopenLimit && js.end != kindSealed {
		file, err := openFile(l.s.fs, whySyncJournal, js.path, js.id)
		return file, js.generation, err
	}
	file, err := createJournal(l.s.fs, l.s.dir, js.generation+1)
	return file, js.generation + 1, err
}

// sealOlder closes the journals before generation for ever; those after which units were written already are.
func (l *loading) sealOlder(generation uint64) error {
	for _, js := range l.journals {
		if js.generation == generation || js.end == kindSealed {
			continue
		}
		f, err := l.s.fs.OpenFile(whyRecover, js.path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		err = js.addMark(f, kindSealed, js.last)
		if err == nil {
			err = f.Sync()
		}
		if err = errors.Join(err, f.Close()); err != nil {
			return fmt.Errorf("seal %q: %w", js.path, err)
		}
	}
	return nil
}

func (l *loading) start(file *dbFile, generation uint64) {
	s := l.s
	s.files.Lock()
	s.files.generation, s.files.base = generation, l.last
	for _, js := range l.journals {
		if js.generation == generation {
			s.files.base = js.base
		} else {
			s.files.journals[js.generation] = js.size
		}
	}
	s.files.snapshot, s.files.snapshotSize = l.generation, l.snapshotSize
	s.files.baseSize = l.snapshotSize
	s.files.Unlock()
	s.j.start(file, l.last)
	ctx, cancel := context.WithCancel(context.Background())
	s.stop = cancel
	s.background.Go(func() { s.j.run(ctx) })
}

// removeObsolete deletes what a published snapshot replaced and what was never finished. A failure costs disk space only.
func (l *loading) removeObsolete() {
	names := slices.Clone(l.inv.temps)
	for _, g := range l.inv.snapshots {
		if g < l.generation {
			names = append(names, fileName(snapshotPrefix, g))
		}
	}
	for _, g := range l.inv.journals {
		if g < l.generation {
			names = append(names, fileName(journalPrefix, g))
		}
	}
	l.s.remove(names)
}

// remove deletes files of the data directory and logs what stays.
func (s *Store) remove(names []string) {
	for _, name := range names {
		if err := s.fs.Remove(whyCleanup, filepath.Join(s.dir, name)); err != nil {
			s.log.Warn("obsolete file stays", slog.String("file", name), slog.Any("error", err))
		}
	}
}
