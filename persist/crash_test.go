package persist

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
)

const (
	childEnv    = "PERSIST_TEST_CHILD"
	childDirEnv = "PERSIST_TEST_DIR"
)

// children are what the test binary does when it is started again as another process.
var children = map[string]func(dir string) error{
	"always":   func(dir string) error { return writeForEver(dir, Always) },
	"everysec": func(dir string) error { return writeForEver(dir, EverySec) },
	"no":       func(dir string) error { return writeForEver(dir, No) },
}

// writeForEver appends units from several goroutines, takes snapshots all the time, and prints each number after it has been
// committed, until it is killed.
func writeForEver(dir string, policy Policy) error {
	s, err := Open(dir, Options{Policy: policy, Logger: quiet()})
	if err != nil {
		return err
	}
	if err := s.Load(nothing, nothing); err != nil {
		return err
	}
	var order sync.Mutex // makes a unit's content its number
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for n := 1; ; n++ {
				order.Lock()
				seq := s.Append(modelUnit(s.j.newest() + 1))
				order.Unlock()
				if err := s.Commit(seq); err != nil {
					fmt.Println("error", err)
					return
				}
				fmt.Println(seq)
			}
		})
	}
	wg.Go(func() {
		for {
			if err := s.Snapshot(context.Background(), func(w *SnapshotWriter) error { return putModel(s, w, 20) }); err != nil {
				fmt.Println("error", err)
				return
			}
		}
	})
	wg.Wait()
	return s.Close()
}

// modelUnit is what unit seq holds in tests that check contents: its number and bytes of a length that follows from it.
func modelUnit(seq uint64) []byte {
	return fmt.Appendf(nil, "%d:%s", seq, strings.Repeat("x", int(seq*2654435761%3000)))
}

// putModel writes a snapshot of n chunks, each of which says which unit it was captured at.
func putModel(s *Store, w *SnapshotWriter, n int) error {
	for i := range n {
		seq := s.j.newest()
		if err := w.Put(seq, fmt.Appendf(nil, "%d %d %s", i, seq, strings.Repeat("c", int(seq%5000)))); err != nil {
			return err
		}
	}
	return nil
}

// checkModel checks that c is a consistent prefix of the model, and returns its last unit.
func checkModel(c contents) (last uint64, err error) {
	base := ^uint64(0)
	for i, chunk := range c.chunks {
		if !strings.HasPrefix(chunk.data, fmt.Sprintf("%d %d ", i, chunk.seq)) {
			return 0, fmt.Errorf("chunk %d of unit %d is wrong", i, chunk.seq)
		}
		base = min(base, chunk.seq)
		last = max(last, chunk.seq)
	}
	if len(c.chunks) == 0 {
		base = 0
	}
	for i, u := range c.units {
		if i == 0 && u.seq > base+1 {
			return 0, fmt.Errorf("first unit is %d, the oldest chunk of unit %d", u.seq, base)
		}
		if i > 0 && u.seq != c.units[i-1].seq+1 {
			return 0, fmt.Errorf("unit %d follows %d", u.seq, c.units[i-1].seq)
		}
		if u.data != string(modelUnit(u.seq)) {
			return 0, fmt.Errorf("unit %d is wrong", u.seq)
		}
	}
	if n := len(c.units); n > 0 {
		if end := c.units[n-1].seq; end < last {
			return 0, fmt.Errorf("units end at %d, a chunk has %d", end, last)
		}
		last = c.units[n-1].seq
	}
	return last, nil
}

func TestKillLosesNothingAcknowledged(t *testing.T) {
	rng := seeded(t)
	for _, policy := range []Policy{Always, EverySec, No} {
		t.Run(policy.String(), func(t *testing.T) {
			dir := t.TempDir()
			for range 8 {
				acked := runAndKill(t, dir, policy, 1+rng.IntN(3000))
				s, err := Open(dir, Options{Logger: quiet()})
				if err != nil {
					t.Fatal(err)
				}
				c, err := load(s)
				if err != nil {
					t.Fatal(err)
				}
				last, err := checkModel(c)
				if err != nil {
					t.Fatal(err)
				}
				if last < acked {
					t.Fatalf("unit %d was acknowledged, the last one is %d", acked, last)
				}
				closeStore(t, s)
			}
		})
	}
}

// runAndKill starts a child, kills it after n acknowledgements and returns the highest.
func runAndKill(t *testing.T, dir string, policy Policy, n int) (acked uint64) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+policy.String(), childDirEnv+"="+dir)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		seq, err := strconv.ParseUint(lines.Text(), 10, 64)
		if err != nil {
			t.Error(lines.Text())
			break
		}
		acked = max(acked, seq)
		if n--; n == 0 {
			break
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() { // what it had printed before it died was acknowledged as well
		if seq, err := strconv.ParseUint(lines.Text(), 10, 64); err == nil && len(lines.Text()) == len(strconv.FormatUint(acked, 10)) {
			acked = max(acked, seq)
		}
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) {
		t.Fatalf("child ended by itself: %v", err)
	}
	return acked
}
