package aso

import "math/bits"

// Locks is a set of partitions.
type Locks [partitions / 64]uint64

// Add adds the partition of key.
func (l *Locks) Add(key []byte) { l.add(partitionOf(Slot(key))) }

func (l *Locks) add(p int) { l[p/64] |= 1 << (p % 64) }

func (l *Locks) has(p int) bool { return l[p/64]&(1<<(p%64)) != 0 }

// AddAll adds every partition.
func (l *Locks) AddAll() {
	for i := range l {
		l[i] = ^uint64(0)
	}
}

// Contains reports whether every partition of other is in l.
func (l *Locks) Contains(other *Locks) bool {
	for i := range l {
		if other[i]&^l[i] != 0 {
			return false
		}
	}
	return true
}

// AddLocks adds every partition of other.
func (l *Locks) AddLocks(other *Locks) {
	for i := range l {
		l[i] |= other[i]
	}
}

// each calls fn for each partition of l, in ascending order.
func (l *Locks) each(fn func(p int)) {
	for i, word := range l {
		for ; word != 0; word &= word - 1 {
			fn(i*64 + bits.TrailingZeros64(word))
		}
	}
}
