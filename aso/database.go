package aso

import (
	"math/rand/v2"
	"unsafe"
)

// Size returns the number of keys of the selected database in the partitions the Tx holds.
func (tx *Tx) Size() (n int) {
	tx.eachDatabase(tx.db, func(d *database) { n += d.count })
	return n
}

// eachDatabase calls fn for the part of database db in each partition the Tx holds.
func (tx *Tx) eachDatabase(db int, fn func(d *database)) {
	tx.locks.each(func(part int) {
		if d := tx.ks.parts[part].dbs[db]; d != nil {
			fn(d)
		}
	})
}

// Keys calls fn for each key of the selected database that has a value and has not expired. fn must not change anything.
func (tx *Tx) Keys(fn func(key []byte, kind Kind)) {
	tx.eachDatabase(tx.db, func(d *database) {
		for i := range d.slots {
			d.slots[i].each(func(r ref) bool {
				tx.visit(tx.ks.arena.record(r), fn)
				return true
			})
		}
	})
}

func (tx *Tx) visit(rec record, fn func(key []byte, kind Kind)) {
	if rec.kind() != KindNone && !tx.Over(rec.deadline()) {
		fn(rec.key(), rec.kind())
	}
}

// Random returns a random key of the selected database, nil if it is empty. Where all have expired that a master has yet to delete, it is one of
// those, as in Redis. The Tx holds all locks.
func (tx *Tx) Random() []byte {
	const tries = 100 // of keys that turn out to be expired; Redis gives up after as many
	for range tries {
		rec := tx.randomRecord()
		if rec == nil {
			return nil
		}
		if !tx.Over(rec.deadline()) {
			return rec.key()
		}
	}
	var found []byte
	tx.Keys(func(key []byte, _ Kind) { found = key })
	if rec := tx.randomRecord(); found == nil && rec != nil && tx.ks.Follows() {
		return rec.key()
	}
	return found
}

// randomRecord picks a partition and a slot by their number of objects, and an object in it.
func (tx *Tx) randomRecord() record {
	n := tx.Size()
	if n == 0 {
		return nil
	}
	pick := rand.IntN(n)
	var rec record
	tx.eachDatabase(tx.db, func(d *database) {
		if rec == nil && pick < d.count {
			rec = tx.randomIn(d)
		}
		pick -= d.count
	})
	return rec
}

func (tx *Tx) randomIn(d *database) record {
	for {
		total := 0
		for i := range d.slots {
			total += d.slots[i].count
		}
		pick := rand.IntN(total)
		for i := range d.slots {
			if t := &d.slots[i]; pick < t.count {
				if rec := tx.ks.arena.record(t.random()); rec.kind() != KindNone {
					return rec
				}
				break
			}
			pick -= d.slots[i].count
		}
	}
}

// Stats returns the number of keys of each database.
func (ks *Keyspace) Stats() []Stat {
	sums := make([]Stat, ks.databases)
	for part := range ks.parts {
		var locks Locks
		locks.add(part)
		tx := ks.Begin(&locks)
		tx.addStats(sums)
		tx.Commit()
	}
	return means(sums)
}

// Stats returns the number of keys of each database in the partitions the Tx holds.
func (tx *Tx) Stats() []Stat {
	sums := make([]Stat, tx.ks.databases)
	tx.addStats(sums)
	return means(sums)
}

// addStats adds the partitions the Tx holds to sums, whose TTL is a sum.
func (tx *Tx) addStats(sums []Stat) {
	for db := range sums {
		tx.eachDatabase(db, func(d *database) {
			sums[db].Keys += d.count
			sums[db].Expires += d.expires
			for i := range d.slots {
				sums[db].Tables += int64(cap(d.slots[i].places)) * placeSize
			}
			sums[db].Heaps += int64(cap(d.due.entries)+cap(d.timers.entries)) * int64(unsafe.Sizeof(dueEntry{}))
			for _, e := range d.due.entries {
				sums[db].TTL += max(e.at-tx.now, 0)
			}
			for _, e := range d.timers.entries {
				sums[db].TTL += max(tx.ks.arena.record(e.r).deadline()-tx.now, 0)
			}
		})
	}
}

func means(sums []Stat) []Stat {
	for db := range sums {
		if n := sums[db].Expires; n > 0 {
			sums[db].TTL /= int64(n)
		} else {
			sums[db].TTL = 0
		}
	}
	return sums
}

// FlushDB removes all objects of the selected database but the streams of feeds, and returns how many had a value. The Tx holds all locks.
func (tx *Tx) FlushDB() (n int, err error) {
	n = tx.Size()
	kept := tx.beforeFlush()
	tx.flushSlots(tx.db, 0)
	if l := &tx.effects; l.on && !tx.replay {
		l.op(opFlush)
		l.uint(uint64(tx.db))
		l.forget()
	}
	return n, tx.afterFlush(kept, n)
}

// flushSlots removes the objects of database db, except in slots that a snapshot shows as of seq or later. What can be taken away as a whole
// is only taken away: Commit frees it.
func (tx *Tx) flushSlots(db int, seq uint64) {
	selected := tx.db
	tx.Select(db)
	defer tx.Select(selected)
	for part := range tx.ks.parts {
		p := &tx.ks.parts[part]
		tx.flushDead(part, db, func(slot int) bool { return seq == 0 || p.slotSeqs[slot%slotsPerPartition] < seq })
		d := p.dbs[db]
		if d == nil {
			continue
		}
		tx.breakAllWatches(p, db, -1)
		tx.signalBlocked(p, db)
		if seq == 0 && !tx.undo.on {
			for i := range d.slots {
				tx.flushTail(part, d, uint16(part*slotsPerPartition+i))
			}
			tx.discard(p, part, db)
			continue
		}
		for i := range d.slots {
			if seq == 0 || p.slotSeqs[i] < seq {
				tx.flushSlot(p, d, part, &d.slots[i])
				tx.flushMail(p, d, part, i)
				tx.flushTail(part, d, uint16(part*slotsPerPartition+i))
			}
		}
		p.updateDue()
		p.updateMail()
	}
	tx.flushed = true
}

// flushOne removes the objects and dead letters of database db in slot.
func (tx *Tx) flushOne(db, slot int) {
	part := partitionOf(uint16(slot))
	p := &tx.ks.parts[part]
	tx.flushDead(part, db, func(other int) bool { return other == slot })
	if d := p.dbs[db]; d != nil {
		tx.Select(db)
		tx.signalBlocked(p, db)
		tx.flushSlot(p, d, part, &d.slots[slot%slotsPerPartition])
		tx.flushMail(p, d, part, slot%slotsPerPartition)
		tx.flushTail(part, d, uint16(slot))
	}
}

func (tx *Tx) flushSlot(p *partition, d *database, part int, t *table) {
	for i, place := range t.places {
		if place == 0 {
			continue
		}
		e := entry{p: p, d: d, t: t, i: i, r: t.ref(i), part: part}
		rec := tx.record(&e)
		tx.undo.save(tx, &e, rec.key())
		tx.release(&e, rec)
	}
	*t = table{}
}

// SwapDB lets the databases a and b change places. The Tx holds all locks.
func (tx *Tx) SwapDB(a, b int) {
	tx.swapSlots(a, b, 0)
	if l := &tx.effects; l.on && !tx.replay {
		l.op(opSwap)
		l.uint(uint64(a))
		l.uint(uint64(b))
		l.forget()
	}
	tx.changes++
}

func (tx *Tx) swapSlots(a, b int, seq uint64) {
	tx.found.valid = false
	for part := range tx.ks.parts {
		p := &tx.ks.parts[part]
		tx.breakAllWatches(p, a, b)
		tx.breakAllWatches(p, b, a)
		tx.changed.add(part)
		if seq == 0 || p.slotSeqs[0] < seq { // a snapshot shows all slots before a swap or all after it
			p.dbs[a], p.dbs[b] = p.dbs[b], p.dbs[a]
			p.swapDead(a, b)
		}
	}
	tx.ks.swaps.Add(1)
	tx.signalSwapped(a)
	tx.signalSwapped(b)
}

// signalSwapped lets clients blocked on keys of database db try again.
func (tx *Tx) signalSwapped(db int) {
	for part := range tx.ks.parts {
		tx.signalBlocked(&tx.ks.parts[part], db)
	}
}

// signalBlocked lets clients blocked on keys of database db in p try again.
func (tx *Tx) signalBlocked(p *partition, db int) {
	for k := range p.blocked {
		if k.db == db {
			tx.ready = append(tx.ready, k)
		}
	}
}
