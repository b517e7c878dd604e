package persist

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// faultFS fails the calls that fail names, by operation and reason.
type faultFS struct {
	osFS
	fail atomic.Pointer[string] // "operation reason"
	slow chan struct{}          // a Sync of the journal waits for it when not nil
}

var errInjected = errors.New("injected")

func (fs *faultFS) check(op, why string) error {
	if f := fs.fail.Load(); f != nil && *f == op+" "+why {
		return errInjected
	}
	return nil
}

func (fs *faultFS) set(what string) { fs.fail.Store(&what) }

func (fs *faultFS) OpenFile(why, path string, flag int, perm os.FileMode) (File, error) {
	if err := fs.check("open", why); err != nil {
		return nil, err
	}
	f, err := fs.osFS.OpenFile(why, path, flag, perm)
	if err != nil {
		return nil, err
	}
	return faultFile{f, fs, why}, nil
}

func (fs *faultFS) ReadDir(why, dir string) ([]os.DirEntry, error) {
	if err := fs.check("readdir", why); err != nil {
		return nil, err
	}
	return fs.osFS.ReadDir(why, dir)
}

func (fs *faultFS) Rename(why, from, to string) error {
	if err := fs.check("rename", why); err != nil {
		return err
	}
	return fs.osFS.Rename(why, from, to)
}

func (fs *faultFS) Remove(why, path string) error {
	if err := fs.check("remove", why); err != nil {
		return err
	}
	return fs.osFS.Remove(why, path)
}

func (fs *faultFS) SyncDir(why, dir string) error {
	if err := fs.check("syncdir", why); err != nil {
		return err
	}
	return fs.osFS.SyncDir(why, dir)
}

type faultFile struct {
	File
	fs  *faultFS
	why string
}

func (f faultFile) ReadAt(p []byte, off int64) (int, error) {
	if err := f.fs.check("read", f.why); err != nil {
		return 0, err
	}
	return f.File.ReadAt(p, off)
}

func (f faultFile) WriteAt(p []byte, off int64) (int, error) {
	if err := f.fs.check("write", f.why); err != nil {
		return 0, err
	}
	return f.File.WriteAt(p, off)
}

func (f faultFile) Sync() error {
	if f.fs.slow != nil && f.why == whySyncJournal {
		<-f.fs.slow
	}
	if err := f.fs.check("sync", f.why); err != nil {
		return err
	}
	return f.File.Sync()
}

func TestAFailedFsyncStopsTheJournal(t *testing.T) {
	for _, policy := range []Policy{Always, EverySec} {
		t.Run(policy.String(), func(t *testing.T) {
			dir, fs := fastDir(t), &faultFS{}
			s := openLoaded(t, dir, Options{Policy: policy, FS: fs, Logger: quiet()})
			addUnits(t, s, 3)
			s.j.tick()
			fs.set("sync " + whySyncJournal)
			err := s.Commit(s.Append([]byte("u4")))
			if policy == EverySec {
				if err != nil {
					t.Fatal(err)
				}
				s.j.tick()
				err = s.Commit(s.Append([]byte("u5")))
			}
			fs.set("")
			for range 2 { // and stays stopped, although the disk is well again
				if !errors.Is(err, ErrStopped) || !errors.Is(err, errInjected) || strings.Contains(err.Error(), "\n") {
					t.Fatalf("commit: %v", err)
				}
				err = s.Commit(s.Append([]byte("lost")))
			}
			if st := s.Stats(); st.FsyncErr == nil || st.PendingBytes != 0 || !errors.Is(s.Err(), ErrStopped) {
				t.Fatalf("stats %+v", st)
			}
			if err := s.Commit(3); err != nil {
				t.Fatalf("a durable unit: %v", err)
			}
			if err := s.Close(); !errors.Is(err, ErrStopped) {
				t.Fatalf("close: %v", err)
			}
			wantPrefix(t, mustReadAll(t, dir, Options{}).units, 1, 3)
		})
	}
}

// Whatever fails in a snapshot: the acknowledged units are there after a restart, and the error is told.
func TestAFailedSnapshotLosesNothing(t *testing.T) {
	for _, what := range []string{
		"open create", "write create", "sync create", "rename create", "syncdir create", "open sync journal", "sync sync journal",
		"open sync snapshot", "sync sync snapshot", "rename publish", "syncdir publish", "remove cleanup",
	} {
		t.Run(what, func(t *testing.T) {
			dir, fs := fastDir(t), &faultFS{}
			s := openLoaded(t, dir, Options{FS: fs, Logger: quiet()})
			var last uint64
			for range 3 {
				last = s.Append(modelUnit(last + 1))
			}
			if err := s.Commit(last); err != nil {
				t.Fatal(err)
			}
			fs.set(what)
			err := s.Snapshot(context.Background(), func(w *SnapshotWriter) error { return putModel(s, w, 3) })
			if (err == nil) != (what == "remove cleanup") {
				t.Fatalf("snapshot: %v", err)
			}
			fs.set("")
			if s.Err() == nil {
				last = s.Append(modelUnit(last + 1))
				if err := s.Commit(last); err != nil {
					t.Fatal(err)
				}
			}
			crashed := filepath.Join(fastDir(t), "d")
			readImage(t, dir).write(t, crashed)
			if err := s.Close(); err != nil && !errors.Is(err, ErrStopped) {
				t.Fatal(err)
			}
			for _, dir := range []string{crashed, dir} {
				got, err := checkModel(mustReadAll(t, dir, Options{}))
				if err != nil || got != last {
					t.Fatalf("last unit %d, want %d; %v", got, last, err)
				}
			}
		})
	}
}

func TestAFailedLoadSaysSoAndCanBeRepeated(t *testing.T) {
	for _, what := range []string{
		"readdir load", "open load", "read load", "open recover", "sync recover", "syncdir recover", "open sync journal", "remove cleanup",
	} {
		t.Run(what, func(t *testing.T) {
			dir, fs := filepath.Join(fastDir(t), "d"), &faultFS{}
			img := closedImage(t)
			img.with(fileName(snapshotPrefix, 9)+tmpSuffix, []byte("half")).write(t, dir)
			fs.set(what)
			got, err := readAll(dir, Options{FS: fs, Logger: quiet()})
			if (err == nil) != (what == "remove cleanup") || err != nil && !errors.Is(err, errInjected) {
				t.Fatalf("%v, %v", got, err)
			}
			wantUnits(t, mustReadAll(t, dir, Options{}).units, 5, 12)
			if got := names(t, dir); len(got) != len(img)+1 {
				t.Fatalf("files %v", got)
			}
		})
	}
}

func TestWritersWaitForASlowFsyncAfterTwoSeconds(t *testing.T) {
	fs := &faultFS{}
	s := openLoaded(t, fastDir(t), Options{FS: fs, Logger: quiet()})
	addUnits(t, s, 1)
	var clock atomic.Int64
	clock.Store(time.Now().UnixNano())
	s.j.now = func() time.Time { return time.Unix(0, clock.Load()) }
	fs.slow = make(chan struct{})
	synced := make(chan struct{})
	go func() { s.j.tick(); close(synced) }()
	for !s.Stats().FsyncRunning {
		runtime.Gosched()
	}
	clock.Add(int64(slowFsync) - 1)
	addUnits(t, s, 1) // still goes on
	clock.Add(1)
	done := make(chan error)
	go func() { done <- s.Commit(s.Append([]byte("u3"))) }()
	for s.Stats().FsyncDelays == 0 {
		runtime.Gosched()
	}
	select {
	case err := <-done:
		t.Fatalf("commit did not wait: %v", err)
	default:
	}
	close(fs.slow)
	<-synced
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if st := s.Stats(); st.FsyncLatency != slowFsync {
		t.Fatalf("stats %+v", st)
	}
	closeStore(t, s)
}

func TestTickWritesAndSyncsWhatNobodyCommitted(t *testing.T) {
	s := openLoaded(t, fastDir(t), Options{Logger: quiet()})
	seq := s.Append([]byte("u1"))
	s.j.tick()
	if st := s.Stats(); st.Synced != seq || st.PendingBytes != 0 {
		t.Fatalf("stats %+v", st)
	}
	s.SetPolicy(No)
	addUnits(t, s, 1)
	s.j.tick()
	if st := s.Stats(); st.Synced != 1 || st.Written != 2 {
		t.Fatalf("stats %+v", st)
	}
	s.SetPolicy(Always) // what was only written is now synced by Commit
	if err := s.Commit(2); err != nil || s.Stats().Synced != 2 {
		t.Fatalf("%v, stats %+v", err, s.Stats())
	}
	closeStore(t, s)
}

func TestCommitWaitsWhenTooMuchIsPending(t *testing.T) {
	s := openLoaded(t, fastDir(t), Options{MaxPending: 1000, Logger: quiet()})
	addUnits(t, s, 1)
	s.Append(make([]byte, 2000))
	if err := s.Commit(1); err != nil || s.Stats().PendingBytes != 0 {
		t.Fatalf("%v, stats %+v", err, s.Stats())
	}
	closeStore(t, s)
}
