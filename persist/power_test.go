package persist

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
)

// lossyFS keeps account of what a power loss would leave: bytes up to the last Sync of each file, names up to the last
// SyncDir.
type lossyFS struct {
	osFS
	dir, grave string // grave holds a second name for every file, so that removed ones can come back

	mu     sync.Mutex
	synced map[uint64]int64    // by inode
	states []map[string]uint64 // the directory at the last SyncDir and after each change since then
}

func newLossyFS(dir, grave string) *lossyFS {
	fs := &lossyFS{dir: dir, grave: grave, synced: map[uint64]int64{}}
	fs.states = []map[string]uint64{fs.list()}
	for name, inode := range fs.states[0] {
		info, err := os.Stat(filepath.Join(dir, name))
		if err == nil {
			fs.synced[inode] = info.Size()
		}
	}
	return fs
}

func (fs *lossyFS) list() map[string]uint64 {
	m := map[string]uint64{}
	entries, err := os.ReadDir(fs.dir)
	if err != nil {
		return m
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || e.Name() == lockName {
			continue
		}
		inode := info.Sys().(*syscall.Stat_t).Ino
		m[e.Name()] = inode
		_ = os.Link(filepath.Join(fs.dir, e.Name()), fs.body(inode)) // exists mostly
	}
	return m
}

func (fs *lossyFS) body(inode uint64) string { return filepath.Join(fs.grave, fmt.Sprint(inode)) }

// changed runs a change of the directory.
func (fs *lossyFS) changed(change func() error) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	err := change()
	fs.states = append(fs.states, fs.list())
	return err
}

func (fs *lossyFS) OpenFile(why, path string, flag int, perm os.FileMode) (f File, err error) {
	if flag&os.O_CREATE == 0 {
		f, err = fs.osFS.OpenFile(why, path, flag, perm)
	} else {
		_ = fs.changed(func() error { _ = os.Remove(path); f, err = fs.osFS.OpenFile(why, path, flag, perm); return err })
	}
	if err != nil {
		return nil, err
	}
	info, err := f.(osFile).Stat()
	return &lossyFile{osFile: f.(osFile), fs: fs, inode: info.Sys().(*syscall.Stat_t).Ino}, err
}

func (fs *lossyFS) Rename(_, from, to string) error {
	return fs.changed(func() error { return os.Rename(from, to) })
}

func (fs *lossyFS) Remove(_, path string) error {
	return fs.changed(func() error { return os.Remove(path) })
}

func (fs *lossyFS) SyncDir(string, string) error {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.states = []map[string]uint64{fs.list()}
	return nil
}

type lossyFile struct {
	osFile
	fs    *lossyFS
	inode uint64
}

func (f *lossyFile) Sync() error {
	size, err := f.Size()
	if err != nil {
		return err
	}
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	f.fs.synced[f.inode] = max(f.fs.synced[f.inode], size)
	return nil
}

func (f *lossyFile) Truncate(size int64) error {
	f.fs.mu.Lock()
	defer f.fs.mu.Unlock()
	f.fs.synced[f.inode] = min(f.fs.synced[f.inode], size)
	return f.osFile.Truncate(size)
}

// loss is what the disk may hold after a power loss now: some state of the directory since the last SyncDir, and of each
// file what was synced, some of what was written after it, and noise.
func (fs *lossyFS) loss(rng *rand.Rand) (image, error) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	img := image{}
	for name, inode := range fs.states[rng.IntN(len(fs.states))] {
		b, err := os.ReadFile(fs.body(inode))
		if err != nil {
			return nil, err
		}
		synced := int(fs.synced[inode])
		kept := synced + rng.IntN(len(b)-synced+1)
		b = b[:kept]
		if rng.IntN(2) == 0 {
			noise := rng.IntN(2) * 255
			for i := synced + rng.IntN(kept-synced+1); i < kept; i++ {
				b[i] = byte(rng.IntN(256) & noise)
			}
		}
		img[name] = b
	}
	return img, nil
}

func TestPowerLossKeepsWhatThePolicyPromises(t *testing.T) {
	rng := seeded(t)
	for _, policy := range []Policy{Always, EverySec, No} {
		t.Run(policy.String(), func(t *testing.T) {
			dir, grave := fastDir(t), fastDir(t)
			dir = filepath.Join(dir, "d")
			image{}.write(t, dir)
			var durable uint64
			for round := range 150 {
				img, promised := loseInTheMiddle(t, dir, grave, policy, rng)
				image{}.write(t, grave)
				img.write(t, dir)
				c, err := readModel(t, dir)
				if err != nil {
					t.Fatalf("round %d: %v; files %v", round, err, names(t, dir))
				}
				last, err := checkModel(c)
				if err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
				if durable = max(durable, promised); last < durable {
					t.Fatalf("round %d: unit %d was durable, the last one is %d", round, durable, last)
				}
			}
		})
	}
}

// readModel loads without leaving a trace, so that the next round starts with the torn files themselves.
func readModel(t *testing.T, dir string) (contents, error) {
	t.Helper()
	copied := filepath.Join(fastDir(t), "d")
	readImage(t, dir).write(t, copied)
	return readAll(copied, Options{Logger: quiet()})
}

// loseInTheMiddle works on the directory and takes the image of a power loss at some moment of it; promised is the last unit
// that was durable by then.
func loseInTheMiddle(t *testing.T, dir, grave string, policy Policy, rng *rand.Rand) (img image, promised uint64) {
	t.Helper()
	fs := newLossyFS(dir, grave)
	s := openLoaded(t, dir, Options{Policy: policy, FS: fs, Logger: quiet()})
	until := s.j.newest() + uint64(rng.IntN(300)) // less than what is written below
	var order sync.Mutex
	var acked atomic.Uint64
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for range 200 {
				select {
				case <-stop:
					return
				default:
				}
				order.Lock()
				seq := s.Append(modelUnit(s.j.newest() + 1))
				order.Unlock()
				if err := s.Commit(seq); err != nil {
					t.Error(err)
					return
				}
				for old := acked.Load(); old < seq && !acked.CompareAndSwap(old, seq); old = acked.Load() {
				}
			}
		})
	}
	if rng.IntN(3) > 0 {
		wg.Go(func() {
			for range 2 {
				err := s.Snapshot(context.Background(), func(w *SnapshotWriter) error { return putModel(s, w, 5) })
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for acked.Load() < until {
		if err := s.Commit(s.j.newest()); err != nil {
			t.Fatal(err)
		}
		if rng.IntN(50) == 0 {
			s.j.tick()
		}
	}
	promised = s.j.synced.Load()
	if policy == Always {
		promised = max(promised, acked.Load())
	}
	img, err := fs.loss(rng)
	if err != nil {
		t.Fatal(err)
	}
	close(stop)
	wg.Wait()
	closeStore(t, s)
	return maps.Clone(img), promised
}
