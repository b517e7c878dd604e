package persist

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"
)

// TestAnyHistoryIsKept runs arbitrary histories of appends, commits, snapshots, restarts and kills against the promise: a
// consistent prefix with everything acknowledged.
func TestAnyHistoryIsKept(t *testing.T) {
	root := fastDir(t)
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		h := &history{rt: rt, t: t, dir: filepath.Join(root, "d")}
		image{}.write(t, h.dir)
		h.open()
		rt.Repeat(map[string]func(*rapid.T){
			"append":   func(*rapid.T) { h.newest = h.s.Append(modelUnit(h.newest + 1)) },
			"commit":   h.commit,
			"snapshot": h.snapshot,
			"policy":   func(rt *rapid.T) { h.s.SetPolicy(rapid.SampledFrom([]Policy{EverySec, Always, No}).Draw(rt, "policy")) },
			"tick":     func(*rapid.T) { h.s.j.tick(); h.acked = h.newest },
			"restart":  func(*rapid.T) { h.close(); h.open() },
			"kill":     func(*rapid.T) { h.kill() },
		})
		h.close()
	})
	t.Logf("%d histories", runs)
}

type history struct {
	rt            *rapid.T
	t             *testing.T
	dir           string
	s             *Store
	newest, acked uint64
}

func (h *history) open() {
	s, err := Open(h.dir, Options{Logger: quiet()})
	if err != nil {
		h.rt.Fatal(err)
	}
	c, err := load(s)
	if err != nil {
		h.rt.Fatal(errors.Join(err, s.Close()))
	}
	last, err := checkModel(c)
	if err != nil || last < h.acked || last > h.newest {
		h.rt.Fatalf("last unit %d, acknowledged %d of %d: %v", last, h.acked, h.newest, err)
	}
	h.s, h.newest, h.acked = s, last, last
}

func (h *history) close() {
	if err := h.s.Close(); err != nil {
		h.rt.Fatal(err)
	}
	h.acked = h.newest
}

// kill goes on with the files as they are now.
func (h *history) kill() {
	img := readImage(h.t, h.dir)
	acked := h.acked
	h.close()
	h.acked = acked
	img.write(h.t, h.dir)
	h.open()
}

func (h *history) commit(rt *rapid.T) {
	seq := rapid.Uint64Range(0, h.newest).Draw(rt, "seq")
	if err := h.s.Commit(seq); err != nil {
		rt.Fatal(err)
	}
	h.acked = max(h.acked, seq)
}

func (h *history) snapshot(rt *rapid.T) {
	fails := rapid.Bool().Draw(rt, "fails")
	boom := errors.New("boom")
	err := h.s.Snapshot(context.Background(), func(w *SnapshotWriter) error {
		for range rapid.IntRange(0, 2).Draw(rt, "units") {
			h.newest = h.s.Append(modelUnit(h.newest + 1))
		}
		if err := putModel(h.s, w, rapid.IntRange(1, 3).Draw(rt, "chunks")); err != nil {
			return err
		}
		if fails {
			return boom
		}
		return nil
	})
	if fails != errors.Is(err, boom) || !fails && err != nil {
		rt.Fatal(err)
	}
	if !fails {
		h.acked = h.newest
	}
}
