package aso

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// tableModel is a table and what it should hold.
type tableModel struct {
	arena *arena
	t     table
	refs  map[string]ref
}

func newTableModel() *tableModel { return &tableModel{arena: newArena(), refs: map[string]ref{}} }

// add puts a new record of key into the table; a key that is there gets it instead of its old one.
func (m *tableModel) add(t *rapid.T, key string) {
	img := image{kind: KindString, key: []byte(key)}
	r, class, err := m.arena.alloc(img.size())
	must(t, err)
	img.write(m.arena.bytes(r, classSizes[class]), class)
	hash := hashKey(img.key)
	i := m.t.find(m.arena, img.key, hash)
	if old, had := m.refs[key]; had != (i >= 0) || had && m.t.ref(i) != old {
		t.Fatalf("key %q found at %d, in the model: %v", key, i, had)
	}
	if i >= 0 {
		m.t.setRef(i, r)
	} else if i = m.t.insert(m.arena, r, hash); m.t.ref(i) != r {
		t.Fatalf("insert returned place %d, which is another's", i)
	}
	m.refs[key] = r
}

func (m *tableModel) remove(t *rapid.T, key string) {
	i := m.t.find(m.arena, []byte(key), hashKey([]byte(key)))
	if _, had := m.refs[key]; had != (i >= 0) {
		t.Fatalf("key %q found at %d, in the model: %v", key, i, had)
	}
	if i < 0 {
		return
	}
	r := m.t.ref(i)
	m.arena.freeBlock(r, m.arena.record(r).class()) // as drop does: the table reads no block of what it removes
	m.t.remove(m.arena, i)
	delete(m.refs, key)
}

func (m *tableModel) check(t *rapid.T) {
	seen := map[string]ref{}
	m.t.each(func(r ref) bool { seen[string(recordKey(m.arena, r))] = r; return true })
	if len(seen) != len(m.refs) || m.t.count != len(m.refs) {
		t.Fatalf("%d keys, counted %d, want %d", len(seen), m.t.count, len(m.refs))
	}
	for key, r := range m.refs {
		if i := m.t.find(m.arena, []byte(key), hashKey([]byte(key))); i < 0 || m.t.ref(i) != r || seen[key] != r {
			t.Fatalf("key %q found at %d", key, i)
		}
	}
	if n := len(m.t.places); n > minPlaces && m.t.count < n/16 {
		t.Fatalf("%d places for %d keys", n, m.t.count)
	}
}

func TestTableFindsWhatItHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newTableModel()
		defer m.close()
		key := rapid.Custom(func(t *rapid.T) string { return fmt.Sprint("key", rapid.IntRange(0, 300).Draw(t, "key")) })
		for range rapid.IntRange(1, 10).Draw(t, "phases") {
			run := m.add
			if rapid.Bool().Draw(t, "remove") {
				run = m.remove
			}
			for _, k := range rapid.SliceOfN(key, 1, 200).Draw(t, "keys") {
				run(t, k)
			}
			m.check(t)
		}
	})
}

func (m *tableModel) close() {
	for _, r := range m.refs {
		m.arena.freeBlock(r, m.arena.record(r).class())
	}
	m.arena.reset()
}

// A key that stays from the start of a scan to its end is seen, however the table grows and shrinks meanwhile.
func TestTableScanSeesWhatStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newTableModel()
		defer m.close()
		stay := rapid.IntRange(0, 100).Draw(t, "stay")
		for i := range stay {
			m.add(t, fmt.Sprint("stays", i))
		}
		crowd := 0
		seen := map[string]bool{}
		steps := 0
		for cursor := uint64(0); ; steps++ {
			cursor = m.t.scanHome(m.arena, cursor, func(r ref) { seen[string(recordKey(m.arena, r))] = true })
			if cursor == 0 {
				break
			}
			if steps > 10_000 {
				t.Fatal("the scan does not end")
			}
			if rapid.IntRange(0, 9).Draw(t, "change") > 0 {
				continue
			}
			size := rapid.IntRange(0, 600).Draw(t, "crowd")
			for ; crowd < size; crowd++ {
				m.add(t, fmt.Sprint("crowd", crowd))
			}
			for ; crowd > size; crowd-- {
				m.remove(t, fmt.Sprint("crowd", crowd-1))
			}
		}
		for i := range stay {
			if key := fmt.Sprint("stays", i); !seen[key] {
				t.Fatalf("%q not seen in %d steps", key, steps)
			}
		}
	})
}

func TestTableScanSeesEachKeyOnceIfNothingChanges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newTableModel()
		defer m.close()
		var want, got []string
		for i := range rapid.IntRange(0, 300).Draw(t, "keys") {
			want = append(want, fmt.Sprint("k", i))
			m.add(t, want[i])
		}
		for cursor := uint64(0); ; {
			cursor = m.t.scanHome(m.arena, cursor, func(r ref) { got = append(got, string(recordKey(m.arena, r))) })
			if cursor == 0 {
				break
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Fatalf("saw %d keys, want %d", len(got), len(want))
		}
	})
}

func TestTableRandomReachesEveryKey(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newTableModel()
		defer m.close()
		n := rapid.IntRange(1, 40).Draw(t, "keys")
		for i := range n {
			m.add(t, fmt.Sprint("k", i))
		}
		seen := map[ref]bool{}
		for range 2000 {
			seen[m.t.random()] = true
		}
		if len(seen) != n {
			t.Fatalf("%d of %d keys", len(seen), n)
		}
	})
}
