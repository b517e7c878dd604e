package aso

import "math/bits"

// Locks is a set of partitions. Two are compared a few times for each command, so the loops over their four words are written out there.
type Locks [partitions / 64]uint64

var _ [4]uint64 = Locks{}

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
	return other[0]&^l[0]|other[1]&^l[1]|other[2]&^l[2]|other[3]&^l[3] == 0
}

// AddLocks adds every partition of other.
func (l *Locks) AddLocks(other *Locks) {
	l[0], l[1], l[2], l[3] = l[0]|other[0], l[1]|other[1], l[2]|other[2], l[3]|other[3]
}

// each calls fn for each partition of l, in ascending order.
func (l *Locks) each(fn func(p int)) {
	for i, word := range l {
		for ; word != 0; word &= word - 1 {
			fn(i*64 + bits.TrailingZeros64(word))
		}
	}
}
