package aso

import (
	"hash/maphash"
	"math/bits"
	"math/rand/v2"
)

// table finds the records of one database in one slot: open addressing with linear probing, a power of two of places. A place is 0 when
// empty, else the record's ref in the lower refBits and a tag, the low bits of the key's hash, above. The home of a key is its hash
// modulo the size; every key stands between its home and the next empty place.
type table struct {
	places []uint64
	count  int
}

const (
	tagBits   = 64 - refBits
	refMask   = 1<<refBits - 1
	minPlaces = 4
	placeSize = 8 // bytes
)

var hashSeed = maphash.MakeSeed()

func hashKey(key []byte) uint64 { return maphash.Bytes(hashSeed, key) }

func place(r ref, hash uint64) uint64 { return uint64(r) | hash<<refBits }

// find returns the index of the key's place, or -1.
func (t *table) find(a *arena, key []byte, hash uint64) int {
	if t.count == 0 {
		return -1
	}
	mask := uint64(len(t.places) - 1)
	tag := hash << refBits
	for i := hash & mask; ; i = (i + 1) & mask {
		p := t.places[i]
		if p == 0 {
			return -1
		}
		if p&^refMask == tag && keyEquals(a, ref(p&refMask), key) {
			return int(i)
		}
	}
}

// insert adds the record r, whose key is not in the table, and returns the index of its place.
func (t *table) insert(a *arena, r ref, hash uint64) int {
	if t.count >= len(t.places)-len(t.places)/4 {
		t.resize(a, max(minPlaces, 2*len(t.places)))
	}
	t.count++
	return t.put(place(r, hash), hash)
}

func (t *table) put(p, hash uint64) int {
	mask := uint64(len(t.places) - 1)
	i := hash & mask
	for t.places[i] != 0 {
		i = (i + 1) & mask
	}
	t.places[i] = p
	return int(i)
}

// setRef lets the place i name another record of the same key.
func (t *table) setRef(i int, r ref) { t.places[i] = t.places[i]&^refMask | uint64(r) }

// ref returns the record at place i.
func (t *table) ref(i int) ref { return ref(t.places[i] & refMask) }

// remove empties place i and moves later keys of the run back over it, so that probing needs no tombstones.
func (t *table) remove(a *arena, i int) {
	mask := uint64(len(t.places) - 1)
	hole := uint64(i)
	for next := (hole + 1) & mask; t.places[next] != 0; next = (next + 1) & mask {
		home := t.home(a, t.places[next])
		if (next-home)&mask >= (next-hole)&mask {
			t.places[hole] = t.places[next]
			hole = next
		}
	}
	t.places[hole] = 0
	t.count--
	if len(t.places) > minPlaces && t.count < len(t.places)/8 {
		t.resize(a, len(t.places)/2)
	}
}

// home returns the place where the probe for p starts.
func (t *table) home(a *arena, p uint64) uint64 {
	mask := uint64(len(t.places) - 1)
	if mask < 1<<tagBits {
		return p >> refBits & mask
	}
	return hashKey(recordKey(a, ref(p&refMask))) & mask
}

func (t *table) resize(a *arena, size int) {
	old := t.places
	t.places = make([]uint64, size)
	for _, p := range old {
		if p != 0 {
			t.put(p, t.home(a, p))
		}
	}
}

// each calls fn for each record until it returns false. fn must not change the table.
func (t *table) each(fn func(r ref) bool) bool {
	for _, p := range t.places {
		if p != 0 && !fn(ref(p&refMask)) {
			return false
		}
	}
	return true
}

// scanHome calls fn for each record whose home is the place at cursor, and returns the next cursor, 0 at the end. The cursor counts in
// reverse binary order, so that a key present during a whole scan is seen also if the table grows or shrinks meanwhile.
func (t *table) scanHome(a *arena, cursor uint64, fn func(r ref)) uint64 {
	if len(t.places) == 0 {
		return 0
	}
	mask := uint64(len(t.places) - 1)
	home := cursor & mask
	for i := home; t.places[i] != 0; i = (i + 1) & mask {
		if t.home(a, t.places[i]) == home {
			fn(ref(t.places[i] & refMask))
		}
	}
	cursor |= ^mask
	return bits.Reverse64(bits.Reverse64(cursor) + 1)
}

// random returns a record of a table that is not empty.
func (t *table) random() ref {
	for {
		if p := t.places[rand.IntN(len(t.places))]; p != 0 {
			return ref(p & refMask)
		}
	}
}

func keyEquals(a *arena, r ref, key []byte) bool {
	return string(recordKey(a, r)) == string(key)
}
