package aso

import (
	"cmp"
	"container/heap"
	"slices"

	"comet/aso/value"
)

// DueTimer is a timer and the object that has it.
type DueTimer struct {
	Key string
	Timer
}

// NextTimers returns the timers of the selected database that fire next, at most count, the first one first, of objects whose key matches
// pattern. It looks at the partitions the Tx holds.
func (tx *Tx) NextTimers(pattern []byte, count int) []DueTimer {
	n := nextTimers{count: count, pattern: pattern}
	tx.eachDatabase(tx.db, n.add)
	return n.found
}

// NextTimers is Tx.NextTimers of database db outside a Tx: it locks one partition after the other. gate is the position to pass to Wait
// before they leave.
func (ks *Keyspace) NextTimers(db int, pattern []byte, count int) (found []DueTimer, gate uint64) {
	n := nextTimers{count: count, pattern: pattern}
	for part := range ks.parts {
		if ks.parts[part].due.Load() == 0 {
			continue
		}
		var locks Locks
		locks.add(part)
		tx := ks.Begin(&locks)
		tx.eachDatabase(db, n.add)
		gate = max(gate, tx.Commit())
	}
	return n.found, gate
}

// nextTimers collects the first timers of several heaps.
type nextTimers struct {
	count   int
	pattern []byte
	found   []DueTimer // the first count seen, in order
}

// add looks at the objects with timers of d, from the one that is due first on, no further than it must.
func (n *nextTimers) add(d *database) {
	d.timers.ascending(func(e dueEntry) bool {
		if n.count == 0 || len(n.found) == n.count && e.at > n.found[n.count-1].At {
			return false
		}
		return n.addObject(d.timers.arena.record(e.r))
	})
}

// addObject adds the timers of an object, and reports whether they could be read.
func (n *nextTimers) addObject(rec record) bool {
	key := rec.key()
	if !value.Match(n.pattern, key, false) {
		return true
	}
	var s section
	if err := s.decode(rec.active()); err != nil {
		return false
	}
	for i := range s.timers {
		n.insert(key, &s.timers[i])
	}
	return true
}

func (n *nextTimers) insert(key []byte, t *Timer) {
	due := DueTimer{string(key), *t}
	due.Data = nil // it aliases the record
	i, _ := slices.BinarySearchFunc(n.found, &due, func(a DueTimer, b *DueTimer) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Name, b.Name))
	})
	n.found = slices.Insert(n.found, i, due)
	n.found = n.found[:min(len(n.found), n.count)]
}

// ascending calls fn for the entries from the earliest on, until fn returns false. It costs O(log n) each: only those below an entry that
// was seen can come next.
func (h *dueHeap) ascending(fn func(e dueEntry) bool) {
	if len(h.entries) == 0 {
		return
	}
	next := frontier{h: h, indexes: []int{0}}
	for len(next.indexes) > 0 {
		i := heap.Pop(&next).(int)
		if !fn(h.entries[i]) {
			return
		}
		for c := 4*i + 1; c < min(4*i+5, len(h.entries)); c++ {
			heap.Push(&next, c)
		}
	}
}

// frontier is a heap of indexes into a due heap.
type frontier struct {
	h       *dueHeap
	indexes []int
}

func (f *frontier) Len() int { return len(f.indexes) }
func (f *frontier) Less(i, j int) bool {
	return f.h.entries[f.indexes[i]].at < f.h.entries[f.indexes[j]].at
}
func (f *frontier) Swap(i, j int) { f.indexes[i], f.indexes[j] = f.indexes[j], f.indexes[i] }
func (f *frontier) Push(i any)    { f.indexes = append(f.indexes, i.(int)) }

// Pop removes the last index, as heap.Interface wants.
func (f *frontier) Pop() any {
	last := len(f.indexes) - 1
	i := f.indexes[last]
	f.indexes = f.indexes[:last]
	return i
}
