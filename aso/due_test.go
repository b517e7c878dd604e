package aso

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// dueModel is a heap and the times it should hold.
type dueModel struct {
	heap dueHeap
	at   map[ref]int64
	refs []ref
}

func (m *dueModel) record(t *rapid.T) ref {
	img := image{kind: KindString, deadline: 1, key: []byte("key")}
	r, class, err := m.heap.arena.alloc(img.size())
	must(t, err)
	img.write(m.heap.arena.bytes(r, classSizes[class]), class)
	return r
}

func (m *dueModel) forget(i int) ref {
	r := m.refs[i]
	delete(m.at, r)
	m.refs = slices.Delete(m.refs, i, i+1)
	return r
}

func (m *dueModel) check(t *rapid.T) {
	if len(m.heap.entries) != len(m.at) {
		t.Fatalf("%d entries, want %d", len(m.heap.entries), len(m.at))
	}
	var first int64
	for r, at := range m.at {
		if e := m.heap.entries[m.heap.arena.record(r).heapIndex()]; e.r != r || e.at != at {
			t.Fatalf("entry of %x is %+v, want %d", r, e, at)
		}
		if first == 0 || at < first {
			first = at
		}
	}
	if got := m.heap.next(); got != first {
		t.Fatalf("next is %d, want %d", got, first)
	}
}

func TestDueHeapKnowsTheFirstAndEveryPlace(t *testing.T) {
	a := newArena()
	rapid.Check(t, func(t *rapid.T) {
		m := &dueModel{heap: dueHeap{arena: a}, at: map[ref]int64{}}
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			at := int64(rapid.IntRange(1, 50).Draw(t, "at"))
			op := rapid.IntRange(0, 6).Draw(t, "op")
			if len(m.refs) == 0 || op < 3 {
				r := m.record(t)
				m.heap.push(at, r)
				m.refs, m.at[r] = append(m.refs, r), at
				m.check(t)
				continue
			}
			i := rapid.IntRange(0, len(m.refs)-1).Draw(t, "which")
			index := a.record(m.refs[i]).heapIndex()
			switch op {
			case 3:
				m.heap.set(index, at)
				m.at[m.refs[i]] = at
			case 4:
				r := m.record(t)
				m.heap.moved(index, r)
				m.at[r] = m.at[m.refs[i]]
				a.freeBlock(m.forget(i), classFor(24))
				m.refs = append(m.refs, r)
			default:
				m.heap.remove(index)
				a.freeBlock(m.forget(i), classFor(24))
			}
			m.check(t)
		}
		for len(m.refs) > 0 {
			at := m.heap.next()
			r := m.heap.entries[0].r
			if m.at[r] != at {
				t.Fatalf("next is %d, its record is due at %d", at, m.at[r])
			}
			m.heap.remove(0)
			a.freeBlock(m.forget(slices.Index(m.refs, r)), classFor(24))
			m.check(t)
		}
	})
	if used := a.used.Load(); used != 0 {
		t.Errorf("%d bytes in use", used)
	}
	a.reset()
}
