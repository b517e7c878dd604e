package value

import (
	"bytes"
	"hash/maphash"
	"math/rand/v2"
	"slices"
)

const (
	minSlots = 16
	anySize  = -1
)

// dict is the hash index of the large types. Its entries hold no Go pointers.
// When its table is resized, the old one is drained by later changes, some
// slots each, so no change takes long; until then a key may be in either.
type dict struct {
	seed   maphash.Seed
	table  table  // takes new keys
	old    table  // being drained, or empty
	drain  uint64 // next slot of old to drain
	n      int
	blocks blocks
	fixed  int // bytes of every value, or anySize

	// moved is told when compaction moves an entry; both copies can be read
	// during the call. May be nil.
	moved func(from, to uint64)
}

func newDict(fixed int) dict { return dict{seed: maphash.MakeSeed(), fixed: fixed} }

func (d *dict) hash(key []byte) uint64 { return maphash.Bytes(d.seed, key) >> refBits }

// find returns the table and slot of a key.
func (d *dict) find(key []byte) (t *table, i, hash uint64, ok bool) {
	hash = d.hash(key)
	if i, ok = d.findIn(&d.table, key, hash); ok || d.old.n == 0 {
		return &d.table, i, hash, ok
	}
	i, ok = d.findIn(&d.old, key, hash)
	return &d.old, i, hash, ok
}

func (d *dict) findIn(t *table, key []byte, hash uint64) (uint64, bool) {
	if t.n == 0 {
		return 0, false
	}
	i := hash & t.mask
	for dist := uint64(0); ; dist++ {
		w := t.slots[i]
		if w == 0 || t.distance(i, w) < dist {
			return 0, false
		}
		if w>>refBits == hash && bytes.Equal(d.key(w&refMask), key) {
			return i, true
		}
		i = (i + 1) & t.mask
	}
}

// get returns a key's value.
func (d *dict) get(key []byte) (value []byte, ok bool) {
	ref, ok := d.ref(key)
	if !ok {
		return nil, false
	}
	_, value, _ = d.entry(ref)
	return value, true
}

// ref returns the reference of a key's entry.
func (d *dict) ref(key []byte) (uint64, bool) {
	t, i, _, ok := d.find(key)
	if !ok {
		return 0, false
	}
	return t.slots[i] & refMask, true
}

// set gives a key a value, in place when that fits.
func (d *dict) set(key, value []byte) (created bool) {
	t, i, hash, ok := d.find(key)
	if ok {
		d.replace(&t.slots[i], key, value)
		return false
	}
	if (d.n+1)*8 > len(d.table.slots)*7 {
		d.resize(max(2*len(d.table.slots), minSlots))
	}
	d.table.place(hash<<refBits | d.store(key, value))
	d.n++
	d.tidy()
	return true
}

func (d *dict) replace(word *uint64, key, value []byte) {
	ref := *word & refMask
	if d.overwrite(ref, value) {
		return
	}
	_, _, size := d.entry(ref)
	*word = *word&^refMask | d.store(key, value)
	d.blocks.release(ref, size)
	d.tidy()
}

// delete removes a key.
func (d *dict) delete(key []byte) bool {
	t, i, _, ok := d.find(key)
	if !ok {
		return false
	}
	ref := t.slots[i] & refMask
	t.vacate(i)
	d.n--
	_, _, size := d.entry(ref)
	d.blocks.release(ref, size)
	d.tidy()
	if n := len(d.table.slots); n > minSlots && d.n*8 < n {
		d.resize(max(n/4, minSlots))
	}
	return true
}

// tidy does a piece of the work that is due: it drains slots of the old table
// and compacts the blocks that are worth it.
func (d *dict) tidy() {
	const drainSlots = 64
	if d.old.slots != nil {
		d.drainOld(drainSlots)
	}
	for i := d.blocks.nextSparse(); i != 0; i = d.blocks.nextSparse() {
		d.compact(i)
	}
}

// resize starts the move to a table of n slots, a power of two. A small table
// is moved at once.
func (d *dict) resize(n int) {
	const atOnce = 1024
	d.drainOld(len(d.old.slots))
	d.old, d.table = d.table, newTable(n)
	d.drain = d.old.afterGap()
	if len(d.old.slots) <= atOnce {
		d.drainOld(len(d.old.slots))
	}
}

// drainOld moves the words of about n slots from the old table to the new one.
// It starts and stops behind an empty slot, so what is left are whole runs.
func (d *dict) drainOld(n int) {
	for i := d.drain; d.old.n > 0; i++ {
		w := &d.old.slots[i&d.old.mask]
		if *w != 0 {
			d.table.place(*w)
			*w = 0
			d.old.n--
		} else if n <= 0 {
			d.drain = i + 1
			return
		}
		n--
	}
	d.old = table{}
}

// reserve prepares an empty dict for n keys.
func (d *dict) reserve(n int) {
	size := minSlots
	for n*8 > size*7 {
		size *= 2
	}
	d.table = newTable(size)
}

// each calls fn for every key until it returns false.
func (d *dict) each(fn func(key, value []byte) bool) {
	for _, slots := range [2][]uint64{d.table.slots, d.old.slots} {
		for _, w := range slots {
			if w == 0 {
				continue
			}
			if key, value, _ := d.entry(w & refMask); !fn(key, value) {
				return
			}
		}
	}
}

// random returns an entry, each with the same probability.
func (d *dict) random(rng *rand.Rand) (key, value []byte) {
	if d.n == 0 {
		return nil, nil
	}
	slots, old := len(d.table.slots), len(d.old.slots)
	for {
		w, i := uint64(0), rng.IntN(slots+old)
		if i < slots {
			w = d.table.slots[i]
		} else {
			w = d.old.slots[i-slots]
		}
		if w != 0 {
			key, value, _ = d.entry(w & refMask)
			return key, value
		}
	}
}

// memUsage is the memory held in bytes.
func (d *dict) memUsage() int {
	const blockHeader, self = 32, 240
	return self + 8*(len(d.table.slots)+len(d.old.slots)) + d.blocks.held + blockHeader*len(d.blocks.list)
}

func (d *dict) clone() dict {
	c := *d
	c.table.slots = slices.Clone(d.table.slots)
	c.old.slots = slices.Clone(d.old.slots)
	c.blocks = d.blocks.clone()
	c.moved = nil
	return c
}
