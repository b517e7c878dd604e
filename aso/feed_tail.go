package aso

import (
	"cmp"
	"slices"
)

// feedEntry is on its way to the stream of a feed. It waits in the tail of the feed's database in the partition of the changed key, and is an
// effect on that key, in the unit of the change. It is immutable.
type feedEntry struct {
	id    uint64 // of its event
	feed  string
	key   string // that it tells of
	slot  uint16
	pairs []byte // fields and values in turn, encoded
}

func (e *feedEntry) compare(other *feedEntry) int { return cmp.Compare(e.id, other.id) }

func (e *feedEntry) size() int64 {
	const fixed = 150
	return fixed + int64(len(e.feed)+len(e.key)+len(e.pairs))
}

func (e *feedEntry) encode() []byte {
	var log effectLog
	log.uint(e.id)
	log.text(e.feed)
	log.buf = append(log.buf, e.pairs...)
	return log.buf
}

func decodeEntry(key, encoded []byte) (*feedEntry, error) {
	d := &decoder{buf: slices.Clone(encoded)}
	e := &feedEntry{id: d.uint(), feed: string(d.bytes()), key: string(key), slot: Slot(key), pairs: d.buf}
	if d.err != nil {
		return nil, d.err
	}
	_, err := e.fields()
	return e, err
}

// fields returns the fields and values of the entry in turn.
func (e *feedEntry) fields() ([][]byte, error) {
	d := &decoder{buf: e.pairs}
	pairs := d.strings(d.index())
	if d.err != nil || len(d.buf) > 0 || len(pairs) == 0 || len(pairs)%2 != 0 {
		return nil, errCorrupt
	}
	return pairs, nil
}

// addEntry lets an entry for f on a change of key wait. The database of the feed is selected.
func (tx *Tx) addEntry(f *Feed, key string, pairs feedFields) {
	e := &feedEntry{id: tx.ks.eventID(tx.now), feed: f.Name, key: key, slot: Slot([]byte(key))}
	pairs.add("id", eventText(e.id))
	var log effectLog
	log.uint(uint64(len(pairs)))
	for _, b := range pairs {
		log.bytes(b)
	}
	e.pairs = log.buf
	tx.effect([]byte(key), opFeedEntry, e.encode())
	tx.putEntry(e)
}

// putEntry adds e to the tail of the selected database, if it is not there: a snapshot may tell of it twice.
func (tx *Tx) putEntry(e *feedEntry) {
	part := partitionOf(e.slot)
	d := tx.ks.parts[part].database(tx.db, tx.ks.arena)
	if _, ok := d.tail.find(e); ok {
		return
	}
	d.tail.add(e)
	tx.countEntry(part, e, 1)
}

// dropEntries removes entries of d, the part of the selected database in a partition.
func (tx *Tx) dropEntries(part int, d *database, entries []*feedEntry) {
	for _, e := range entries {
		d.tail.remove(e)
		tx.countEntry(part, e, -1)
	}
	db := tx.db
	tx.undo.add(noDB, nil, func() {
		tx.inDB(db, func() {
			for _, e := range entries {
				tx.putEntry(e)
			}
		})
	})
}

func (tx *Tx) countEntry(part int, e *feedEntry, n int64) {
	tx.changed.add(part)
	tx.changes++
	tx.tailed = true
	tx.ks.parts[part].tailed.Add(n)
	tx.ks.tailed.Add(n)
	tx.ks.tailBytes.Add(n * e.size())
}

// endEntries removes entries, the first ones of d, which is the part of the selected database in a partition. The effect on a slot names the
// last of them there.
func (tx *Tx) endEntries(part int, d *database, entries []*feedEntry) {
	var seen uint64 // slots of the partition
	for _, e := range slices.Backward(entries) {
		if l, slot := &tx.effects, uint64(1)<<(e.slot%slotsPerPartition); l.on && seen&slot == 0 {
			seen |= slot
			l.object(tx.db, []byte(e.key))
			l.op(opFeedMoved)
			l.uint(e.id)
		}
	}
	tx.dropEntries(part, d, entries)
}

// entriesOf returns the entries of a slot through id.
func (d *database) entriesOf(slot uint16, id uint64) (entries []*feedEntry) {
	d.tail.from(0, func(e *feedEntry) bool {
		if e.slot == slot && e.id <= id {
			entries = append(entries, e)
		}
		return e.id <= id
	})
	return entries
}

// flushTail forgets the entries of a slot of d, which is the part of the selected database in a partition.
func (tx *Tx) flushTail(part int, d *database, slot uint16) {
	if d.tail.len() > 0 {
		tx.dropEntries(part, d, d.entriesOf(slot, ^uint64(0)))
	}
}

// applyTail makes an effect on the entries that wait take place, or only reads it if it is covered.
func (tx *Tx) applyTail(key []byte, op byte, d *decoder, covered bool) error {
	if op == opFeedMoved {
		id, slot := d.uint(), Slot(key)
		if part := partitionOf(slot); !covered && d.err == nil {
			if db := tx.ks.parts[part].dbs[tx.db]; db != nil {
				tx.dropEntries(part, db, db.entriesOf(slot, id))
			}
		}
		return nil
	}
	encoded := d.bytes()
	if covered || d.err != nil {
		return nil
	}
	e, err := decodeEntry(key, encoded)
	if err != nil {
		return err
	}
	tx.ks.passEvent(e.id)
	tx.putEntry(e)
	return nil
}

// copyTail copies the entries of the slot that wait in the next database. All effects on them are followed: they are absolute.
func (c *capture) copyTail(p *partition) {
	const step = 8 // the cost of an entry of another slot
	c.room -= step
	if d := p.dbs[c.tailDB]; d != nil && d.tail.len() > 0 {
		end := d.tail.from(d.tail.search(&feedEntry{id: c.tailAt}), func(e *feedEntry) bool {
			if c.room <= 0 {
				return false
			}
			c.room -= step
			if int(e.slot) == c.slot {
				c.log.object(c.tailDB, []byte(e.key))
				c.log.op(opFeedEntry)
				c.log.bytes(e.encode())
				c.room -= len(e.pairs) + recordCost
			}
			c.tailAt = e.id + 1
			return true
		})
		if !end {
			return
		}
	}
	c.tailDB, c.tailAt = c.tailDB+1, 0
}
