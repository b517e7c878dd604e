package aso

import "math"

const slotBits = 14

// scanner is where a scan of a database stands. A cursor holds the slot in its lower slotBits and the place in the slot's table above.
type scanner struct {
	slot, place  uint64
	keys, places int // how many more to visit; places keeps a scan of few keys in large tables from taking long
	fn           func(key []byte, kind Kind)
}

func newScanner(cursor uint64, count int, fn func(key []byte, kind Kind)) scanner {
	const placesPerKey = 10 // as in Redis
	count = min(count, math.MaxInt/placesPerKey)
	return scanner{slot: cursor & (Slots - 1), place: cursor >> slotBits, keys: count, places: placesPerKey * count, fn: fn}
}

// more reports whether the scan is to go on.
func (s *scanner) more() bool { return s.slot < Slots && s.keys > 0 && s.places > 0 }

// cursor returns where the next scan goes on, 0 at the end.
func (s *scanner) cursor() uint64 {
	if s.slot >= Slots {
		return 0
	}
	return s.place<<slotBits | s.slot
}

// Scan calls fn for some keys of the selected database, from cursor on, and returns the next cursor, 0 at the end. It goes on until
// it has passed about count keys or ten times as many places. A key that is there from the start of a scan to its end is seen at
// least once. The Tx holds all locks; fn must not change anything.
func (tx *Tx) Scan(cursor uint64, count int, fn func(key []byte, kind Kind)) (next uint64) {
	s := newScanner(cursor, count, fn)
	for s.more() {
		tx.scanPartition(&s)
	}
	return s.cursor()
}

// Scan is Tx.Scan of database db outside a Tx: it locks one partition after the other. gate is the position to pass to Wait before
// what fn saw leaves. fn must not take locks.
func (ks *Keyspace) Scan(db int, cursor uint64, count int, fn func(key []byte, kind Kind)) (next, gate uint64) {
	s := newScanner(cursor, count, fn)
	for s.more() {
		var locks Locks
		locks.add(partitionOf(uint16(s.slot)))
		tx := ks.Begin(&locks)
		tx.Select(db)
		tx.scanPartition(&s)
		gate = max(gate, tx.Commit())
	}
	return s.cursor(), gate
}

// scanPartition goes on with s in the partition of its slot, which is locked.
func (tx *Tx) scanPartition(s *scanner) {
	part := partitionOf(uint16(s.slot))
	d := tx.ks.parts[part].dbs[tx.db]
	if d == nil || d.count == 0 {
		s.slot, s.place = uint64(part+1)*slotsPerPartition, 0
		return
	}
	for s.more() && partitionOf(uint16(s.slot)) == part {
		t := &d.slots[s.slot%slotsPerPartition]
		if t.count > 0 {
			s.places--
			s.place = t.scanHome(tx.ks.arena, s.place, func(r ref) {
				s.keys--
				tx.visit(tx.ks.arena.record(r), s.fn)
			})
		} else {
			s.place = 0 // an empty slot costs next to nothing
		}
		if s.place == 0 {
			s.slot++
		}
	}
}
