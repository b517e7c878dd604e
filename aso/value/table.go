package value

// A slot of a table is 0 when empty, otherwise 29 bits of the key's hash above
// a 35-bit reference to the entry. The hash's low bits are the home bucket.
const (
	refBits = 35
	refMask = 1<<refBits - 1
)

// table is open addressing with linear probing in Robin Hood order: within a
// run, slots are sorted by home. Deletions shift the rest of the run back.
type table struct {
	slots []uint64
	mask  uint64 // len(slots)-1
	n     int    // slots in use
}

func newTable(size int) table {
	return table{slots: make([]uint64, size), mask: uint64(size - 1)}
}

// distance is how far from its home bucket a slot's word lies at i.
func (t *table) distance(i, word uint64) uint64 { return (i - word>>refBits) & t.mask }

// place puts a word that is not in the table into its run.
func (t *table) place(word uint64) {
	t.n++
	i := word >> refBits & t.mask
	for dist := uint64(0); t.slots[i] != 0 && t.distance(i, t.slots[i]) >= dist; dist++ {
		i = (i + 1) & t.mask
	}
	for word != 0 {
		word, t.slots[i] = t.slots[i], word
		i = (i + 1) & t.mask
	}
}

// vacate empties a slot and shifts the rest of its run back.
func (t *table) vacate(i uint64) {
	t.n--
	for {
		next := (i + 1) & t.mask
		w := t.slots[next]
		if w == 0 || t.distance(next, w) == 0 {
			t.slots[i] = 0
			return
		}
		t.slots[i] = w
		i = next
	}
}

// locate returns the slot of a word.
func (t *table) locate(word uint64) (*uint64, bool) {
	if t.n == 0 {
		return nil, false
	}
	i := word >> refBits & t.mask
	for dist := uint64(0); ; dist++ {
		w := t.slots[i]
		if w == word {
			return &t.slots[i], true
		}
		if w == 0 || t.distance(i, w) < dist {
			return nil, false
		}
		i = (i + 1) & t.mask
	}
}

// afterGap returns the slot behind an empty one.
func (t *table) afterGap() uint64 {
	for i, w := range t.slots {
		if w == 0 {
			return uint64(i) + 1
		}
	}
	return 0 // only of no slots: a table is never full
}

// bucket calls fn for the entries' references whose home is a bucket.
func (t *table) bucket(home uint64, fn func(ref uint64)) {
	if t.n == 0 {
		return
	}
	i := home
	for dist := uint64(0); dist <= t.mask; dist++ {
		w := t.slots[i]
		if w == 0 || t.distance(i, w) < dist {
			return
		}
		if w>>refBits&t.mask == home {
			fn(w & refMask)
		}
		i = (i + 1) & t.mask
	}
}
