package persist

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// stopStore lets a store stop by an fsync that fails; the disk is well again afterwards. It returns the last unit, whose Commit failed.
func stopStore(t *testing.T, s *Store, fs *faultFS) (last uint64) {
	t.Helper()
	fs.set("sync " + whySyncJournal)
	last = s.Append(modelUnit(s.j.newest() + 1))
	if err := s.j.makeDurable(last); !errors.Is(err, ErrStopped) {
		t.Fatalf("commit: %v", err)
	}
	fs.set("")
	return last
}

// one puts the whole model into one chunk.
func one(w *SnapshotWriter) error { return w.Put(w.Base(), fmt.Appendf(nil, "0 %d ", w.Base())) }

// addModel appends and commits n units of the model.
func addModel(t *testing.T, s *Store, n int) (last uint64) {
	t.Helper()
	for range n {
		last = s.Append(modelUnit(s.j.newest() + 1))
		if err := s.Commit(last); err != nil {
			t.Fatal(err)
		}
	}
	return last
}

// loadedImage is what a start finds in an image, and its last unit.
func loadedImage(t *testing.T, img image) (contents, uint64) {
	t.Helper()
	dir := filepath.Join(fastDir(t), "d")
	img.write(t, dir)
	c, err := readAll(dir, Options{Logger: quiet()})
	if err != nil {
		t.Fatalf("%v; files %v", err, names(t, dir))
	}
	last, err := checkModel(c)
	if err != nil {
		t.Fatal(err)
	}
	return c, last
}

func TestASnapshotEndsTheStop(t *testing.T) {
	for _, policy := range []Policy{Always, EverySec, No} {
		t.Run(policy.String(), func(t *testing.T) {
			dir, fs := fastDir(t), &faultFS{}
			s := openLoaded(t, dir, Options{Policy: policy, FS: fs, Logger: quiet()})
			for round := range 3 { // a journal may fail again
				addModel(t, s, 5)
				uncertain := stopStore(t, s, fs)
				s.Append([]byte("goes nowhere"))
				if err := s.Snapshot(context.Background(), one); err != nil {
					t.Fatal(err)
				}
				if err := errors.Join(s.Err(), s.Commit(uncertain+1)); err != nil {
					t.Fatalf("what the snapshot has: %v", err)
				}
				last := addModel(t, s, 4)
				if st := s.Stats(); st.FsyncErr != nil || st.SnapshotErr != nil || st.Written != last || st.Generation != uint64(round+2) {
					t.Fatalf("stats %+v", st)
				}
				c, got := loadedImage(t, readImage(t, dir))
				if got != last || len(c.chunks) != 1 || c.chunks[0].seq != uncertain+1 {
					t.Fatalf("last unit %d, want %d; chunks %v", got, last, c.chunks)
				}
				if got, want := len(names(t, dir)), 3; got != want { // lock, journal, snapshot
					t.Fatalf("files %v", names(t, dir))
				}
			}
			closeStore(t, s)
		})
	}
}

// Whatever fails while a stopped journal is replaced: a start finds what it would have found before, nothing unfinished takes room, and another try succeeds.
func TestAFailedReplacementLeavesTheOldFiles(t *testing.T) {
	broken := errors.New("capture")
	for _, what := range []string{
		"open create", "write create", "sync create", "rename create", "syncdir create", "open sync journal",
		"open sync snapshot", "sync sync snapshot", "rename publish", "syncdir publish", "capture", "overtaken",
	} {
		t.Run(what, func(t *testing.T) {
			dir, fs := fastDir(t), &faultFS{}
			s := openLoaded(t, dir, Options{Policy: Always, FS: fs, Logger: quiet()})
			acked := addModel(t, s, 5)
			stopStore(t, s, fs)
			for range 3 {
				fs.set(what)
				err := s.Snapshot(context.Background(), func(w *SnapshotWriter) error {
					switch what {
					case "capture":
						return errors.Join(one(w), broken)
					case "overtaken":
						return w.Put(s.Append([]byte("lost")), []byte("0"))
					}
					return one(w)
				})
				if !errors.Is(err, errInjected) && !errors.Is(err, broken) && !errors.Is(err, ErrOvertaken) || !errors.Is(s.Err(), ErrStopped) {
					t.Fatalf("snapshot: %v", err)
				}
				if st := s.Stats(); st.PendingBytes != 0 || st.SnapshotErr == nil {
					t.Fatalf("stats %+v", st)
				}
				fs.set("")
				for _, name := range names(t, dir) {
					if strings.HasSuffix(name, tmpSuffix) || strings.HasPrefix(name, snapshotPrefix) {
						t.Fatalf("file %q is left", name)
					}
				}
				c, last := loadedImage(t, readImage(t, dir))
				if last < acked || len(c.chunks) > 0 {
					t.Fatalf("last unit %d, %d were acknowledged; chunks %v", last, acked, c.chunks)
				}
			}
			if err := s.Snapshot(context.Background(), one); err != nil {
				t.Fatal(err)
			}
			last := addModel(t, s, 2)
			if _, got := loadedImage(t, readImage(t, dir)); got != last {
				t.Fatalf("last unit %d, want %d", got, last)
			}
			closeStore(t, s)
		})
	}
}

// A directory that is gone, or another one in its place, is not written to.
func TestAStoppedJournalIsReplacedInItsOwnDirectoryOnly(t *testing.T) {
	dir, fs := filepath.Join(fastDir(t), "d"), &faultFS{}
	s := openLoaded(t, dir, Options{FS: fs, Logger: quiet()})
	addModel(t, s, 3)
	stopStore(t, s, fs)
	away := dir + ".away"
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	if err := s.Snapshot(context.Background(), one); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("snapshot: %v", err)
	}
	image{}.write(t, dir)
	other := openLoaded(t, dir, Options{Logger: quiet()})
	closeStore(t, other)
	before := names(t, dir)
	if err := s.Snapshot(context.Background(), one); err == nil || !slices.Equal(names(t, dir), before) {
		t.Fatalf("snapshot: %v, files %v", err, names(t, dir))
	}
	if err := errors.Join(os.RemoveAll(dir), os.Rename(away, dir), s.Snapshot(context.Background(), one)); err != nil {
		t.Fatal(err)
	}
	last := addModel(t, s, 1)
	closeStore(t, s)
	if _, got := loadedImage(t, readImage(t, dir)); got != last {
		t.Fatalf("last unit %d, want %d", got, last)
	}
}

// Units that are appended while a stopped journal is replaced, and that no chunk shows, are in the new journal.
func TestUnitsAppendedWhileAStoppedJournalIsReplaced(t *testing.T) {
	dir, fs := fastDir(t), &faultFS{}
	s := openLoaded(t, dir, Options{Policy: Always, FS: fs, Logger: quiet()})
	addModel(t, s, 3)
	base := stopStore(t, s, fs)
	err := s.Snapshot(context.Background(), func(w *SnapshotWriter) error {
		if err := one(w); err != nil {
			return err
		}
		for range 2 {
			if err := s.Commit(s.Append(modelUnit(s.j.newest() + 1))); !errors.Is(err, ErrStopped) {
				return fmt.Errorf("commit: %w", err)
			}
		}
		s.j.tick() // writes nothing
		if n := s.Stats().PendingBytes; n == 0 {
			return errors.New("the units are gone")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, last := loadedImage(t, readImage(t, dir)); last != base {
		t.Fatalf("last unit %d", last)
	}
	if err := s.Commit(base + 2); err != nil {
		t.Fatal(err)
	}
	c, last := loadedImage(t, readImage(t, dir))
	if last != base+2 || len(c.units) != 2 {
		t.Fatalf("last unit %d, units %v", last, c.units)
	}
	closeStore(t, s)
}

// stepFS calls step before and after each change of the disk, and fails fsyncs of journals while it is told so.
type stepFS struct {
	*lossyFS
	step    func()
	failing atomic.Bool
}

func (fs *stepFS) around(change func() error) error {
	fs.step()
	defer fs.step()
	return change()
}

func (fs *stepFS) OpenFile(why, path string, flag int, perm os.FileMode) (f File, err error) {
	err = fs.around(func() error { f, err = fs.lossyFS.OpenFile(why, path, flag, perm); return err })
	if err != nil {
		return nil, err
	}
	return &stepFile{File: f, fs: fs, why: why}, nil
}

func (fs *stepFS) Rename(why, from, to string) error {
	return fs.around(func() error { return fs.lossyFS.Rename(why, from, to) })
}

func (fs *stepFS) Remove(why, path string) error {
	return fs.around(func() error { return fs.lossyFS.Remove(why, path) })
}

func (fs *stepFS) SyncDir(why, dir string) error {
	return fs.around(func() error { return fs.lossyFS.SyncDir(why, dir) })
}

type stepFile struct {
	File
	fs  *stepFS
	why string
}

func (f *stepFile) Sync() error {
	if f.why == whySyncJournal && f.fs.failing.Load() {
		return errInjected
	}
	return f.fs.around(f.File.Sync)
}

func (f *stepFile) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.fs.around(func() error { n, err = f.File.WriteAt(p, off); return err })
	return n, err
}

// A kill or a loss of power at any moment of the replacement leaves what was there before, or the new generation.
func TestACrashWhileAStoppedJournalIsReplaced(t *testing.T) {
	rng := seeded(t)
	for round := range 4 {
		dir, grave := fastDir(t), fastDir(t)
		s := openLoaded(t, dir, Options{Policy: Always, Logger: quiet()})
		addModel(t, s, 3)
		if round%2 == 1 { // with an older snapshot
			if err := s.Snapshot(context.Background(), one); err != nil {
				t.Fatal(err)
			}
			addModel(t, s, 2)
		}
		closeStore(t, s)
		fs := &stepFS{lossyFS: newLossyFS(dir, grave), step: func() {}}
		s = openLoaded(t, dir, Options{Policy: Always, FS: fs, Logger: quiet()})
		acked := addModel(t, s, 4)
		fs.failing.Store(true)
		base := s.Append(modelUnit(acked + 1))
		if err := s.Commit(base); !errors.Is(err, ErrStopped) {
			t.Fatal(err)
		}
		fs.failing.Store(false)
		seen := map[bool]int{}
		check := func(img image) {
			c, last := loadedImage(t, img)
			renewed := len(c.chunks) == 1 && c.chunks[0].seq == base
			seen[renewed]++
			if renewed && last < base || !renewed && (last < acked || last > base) {
				t.Fatalf("last unit %d, %d were acknowledged; chunks %v", last, acked, c.chunks)
			}
		}
		fs.step = func() {
			check(readImage(t, dir))
			for range 3 {
				img, err := fs.loss(rng)
				if err != nil {
					t.Fatal(err)
				}
				check(img)
			}
		}
		if err := s.Snapshot(context.Background(), one); err != nil {
			t.Fatal(err)
		}
		if acked = addModel(t, s, 2); seen[false] == 0 || seen[true] == 0 {
			t.Fatalf("seen %v", seen)
		}
		fs.step = func() {}
		if img, err := fs.loss(rng); err != nil {
			t.Fatal(err)
		} else if _, last := loadedImage(t, img); last != acked {
			t.Fatalf("last unit %d, want %d", last, acked)
		}
		closeStore(t, s)
	}
}

// The journal fails again and again beside writers: what was acknowledged is never lost.
func TestAcknowledgedUnitsSurviveAnyNumberOfStops(t *testing.T) {
	for _, policy := range []Policy{Always, EverySec} {
		t.Run(policy.String(), func(t *testing.T) { stopOften(t, policy) })
	}
}

func stopOften(t *testing.T, policy Policy) {
	rng := seeded(t)
	dir, grave := fastDir(t), fastDir(t)
	fs := &stepFS{lossyFS: newLossyFS(dir, grave), step: func() {}}
	s := openLoaded(t, dir, Options{Policy: policy, FS: fs, Logger: quiet()})
	var acked atomic.Uint64
	var order sync.Mutex
	var wg sync.WaitGroup
	done := make(chan struct{})
	for range 3 {
		wg.Go(func() { writeThroughStops(s, &order, &acked, done) })
	}
	for range 15 {
		for before := acked.Load(); acked.Load() < before+uint64(rng.IntN(100)); {
			runtime.Gosched()
		}
		fs.failing.Store(true)
		for s.Err() == nil {
			_ = s.j.syncFile() // the error is that of Err
		}
		fs.failing.Store(false)
		promised := acked.Load()
		checkLoss(t, fs, rng, policy, promised, readImage(t, dir))
		for {
			err := s.Snapshot(context.Background(), func(w *SnapshotWriter) error { return putModel(s, w, 3) })
			if err == nil {
				break
			}
			if !errors.Is(err, ErrOvertaken) {
				t.Fatal(err)
			}
		}
		promised = acked.Load()
		checkLoss(t, fs, rng, policy, promised, readImage(t, dir))
	}
	close(done)
	wg.Wait()
	closeStore(t, s)
}

// checkLoss checks what a start finds after a kill, and under Always after a loss of power.
func checkLoss(t *testing.T, fs *stepFS, rng *rand.Rand, policy Policy, promised uint64, killed image) {
	t.Helper()
	images := []image{killed}
	if policy == Always {
		img, err := fs.loss(rng)
		if err != nil {
			t.Fatal(err)
		}
		images = append(images, img)
	}
	for _, img := range images {
		if _, last := loadedImage(t, img); last < promised {
			t.Fatalf("last unit %d, %d were acknowledged", last, promised)
		}
	}
}

// writeThroughStops writes units of the model, and none while the store is stopped.
func writeThroughStops(s *Store, order *sync.Mutex, acked *atomic.Uint64, done chan struct{}) {
	for {
		select {
		case <-done:
			return
		default:
		}
		if s.Err() != nil {
			runtime.Gosched()
			continue
		}
		order.Lock()
		seq := s.Append(modelUnit(s.j.newest() + 1))
		order.Unlock()
		if s.Commit(seq) == nil {
			for old := acked.Load(); old < seq && !acked.CompareAndSwap(old, seq); old = acked.Load() {
			}
		}
	}
}
