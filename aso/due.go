package aso

// dueHeap orders the objects of a database in a partition that have a deadline or timers by the first of these: a 4-ary heap, whose
// entries know their record and whose records know their entry, so that any change costs O(log n). Guarded by the partition's lock.
type dueHeap struct {
	arena   *arena
	entries []dueEntry
}

type dueEntry struct {
	at int64 // Unix milliseconds
	r  ref
}

// next returns the earliest time, or 0.
func (h *dueHeap) next() int64 {
	if len(h.entries) == 0 {
		return 0
	}
	return h.entries[0].at
}

func (h *dueHeap) push(at int64, r ref) {
	h.entries = append(h.entries, dueEntry{at, r})
	h.up(len(h.entries) - 1)
}

// moved lets entry i name the record's new place.
func (h *dueHeap) moved(i uint32, r ref) {
	h.entries[i].r = r
	h.arena.record(r).setHeapIndex(i)
}

// set changes the time of entry i.
func (h *dueHeap) set(i uint32, at int64) {
	earlier := at < h.entries[i].at
	h.entries[i].at = at
	if earlier {
		h.up(int(i))
	} else {
		h.down(int(i))
	}
}

func (h *dueHeap) remove(i uint32) {
	last := len(h.entries) - 1
	moved := h.entries[last]
	h.entries = h.entries[:last]
	if int(i) == last {
		return
	}
	h.entries[i].r = moved.r
	h.set(i, moved.at)
}

func (h *dueHeap) up(i int) {
	e := h.entries[i]
	for i > 0 {
		parent := (i - 1) / 4
		if h.entries[parent].at <= e.at {
			break
		}
		h.place(i, h.entries[parent])
		i = parent
	}
	h.place(i, e)
}

func (h *dueHeap) down(i int) {
	e := h.entries[i]
	for {
		first := 4*i + 1
		if first >= len(h.entries) {
			break
		}
		least := first
		for c := first + 1; c < min(first+4, len(h.entries)); c++ {
			if h.entries[c].at < h.entries[least].at {
				least = c
			}
		}
		if h.entries[least].at >= e.at {
			break
		}
		h.place(i, h.entries[least])
		i = least
	}
	h.place(i, e)
}

func (h *dueHeap) place(i int, e dueEntry) {
	h.entries[i] = e
	h.arena.record(e.r).setHeapIndex(uint32(i))
}
