package aso

import (
	"math/bits"
	"slices"
)

// follow takes over those effects of a unit that change what has been copied.
func (c *capture) follow(tx *Tx, unit []byte) {
	d := &decoder{buf: unit}
	var k dbKey
	var key []byte
	here := false
	for len(d.buf) > 0 && c.failed == nil {
		unread := d.buf
		op := d.byte()
		if op == opKey {
			k.db, key = d.database(tx.ks), d.bytes()
			k.key, here = string(key), int(Slot(key)) == c.slot
			c.log.forget() // the same key twice in a row is two objects when the first one came to nothing
		} else if op == opFlush {
			c.followFlush(d.database(tx.ks))
		} else if wide, err := tx.applyWide(op, d, 0, noSlot); wide || err != nil {
			c.failed = err // a swap ends the snapshot; code, aliases and rules are copied at its end
		} else if c.failed = tx.applyTo(key, op, d, true); here {
			c.followObject(k, unread[:len(unread)-len(d.buf)])
		}
		if d.err != nil {
			c.failed = d.err
		}
	}
}

// followFlush takes over that database db was emptied.
func (c *capture) followFlush(db int) {
	c.log.op(opFlush)
	c.log.uint(uint64(db))
	c.log.forget()
	if c.begun && c.large[0].db == db {
		c.restart()
	}
}

func (c *capture) followObject(k dbKey, effect []byte) {
	switch {
	case effect[0] == opDead || effect[0] == opDeadGone:
		c.take(k, effect)
	case effect[0] >= opMessage && effect[0] <= opTicketEnd || effect[0] == opFeedEntry || effect[0] == opFeedMoved:
		c.take(k, effect)
		c.miss(effect)
	case c.begun && c.large[0] == k:
		c.followLarge(k, effect)
	case c.passed(k):
		c.take(k, effect)
	default:
		c.miss(effect)
	}
}

// miss counts an effect that makes more to be copied.
func (c *capture) miss(effect []byte) { c.missed += len(effect) + recordCost }

func (c *capture) take(k dbKey, effect []byte) {
	c.log.object(k.db, []byte(k.key))
	c.log.buf = append(c.log.buf, effect...)
}

// passed reports whether the object k, or its absence, is complete in what was copied.
func (c *capture) passed(k dbKey) bool {
	if slices.Contains(c.large, k) {
		return false
	}
	return k.db < c.db || k.db == c.db && bits.Reverse64(hashKey([]byte(k.key))) < c.from
}

// followLarge takes over an effect on the large value at work. When the value is gone or another one has taken its place, what is there now
// is copied from its beginning.
func (c *capture) followLarge(k dbKey, effect []byte) {
	switch op := effect[0]; {
	case op == opDelete || op == opString || op == opPacked:
		c.take(k, []byte{opDelete})
		c.restart()
		c.miss(effect)
	case op == opDeadline || op == opActive: // they are copied when the value is complete
	case op >= opPushFront && op <= opListRemove:
		c.followList(k, effect)
	case op >= opStreamAdd && op <= opStreamAck:
		c.followStream(k, effect)
	default: // of one item; it does no harm where the item is yet to be copied
		c.take(k, effect)
		c.miss(effect)
	}
}

// followList takes over an effect on the elements of the list at work that were copied. Others are copied as they will be then.
func (c *capture) followList(k dbKey, effect []byte) {
	copied := &c.walk.Index
	d := decoder{buf: effect[1:]}
	switch op := effect[0]; op {
	case opPushFront:
		if *copied > 0 {
			c.take(k, effect)
			*copied++
			return
		}
	case opListSet, opListInsert:
		if d.index() < *copied {
			c.take(k, effect)
			if op == opListInsert {
				*copied++
			}
			return
		}
	case opListRemove:
		if i, n := d.index(), d.index(); i < *copied {
			n = min(n, *copied-i)
			c.take(k, []byte{opListRemove})
			c.log.uint(uint64(i))
			c.log.uint(uint64(n))
			*copied -= n
			return
		}
	}
	c.miss(effect)
}

// followStream takes over an effect on what was copied of the stream at work. The rest is copied as it will be then.
func (c *capture) followStream(k dbKey, effect []byte) {
	w, d := &c.walk.Stream, decoder{buf: effect[1:]}
	taken := false
	switch op := effect[0]; op {
	case opStreamAdd:
		taken = w.HasEntries()
	case opStreamDel:
		taken = w.HasEntry(d.streamID())
	case opStreamTrim:
		taken = true
	case opStreamMeta: // parts have it, too
		if last := d.streamID(); !w.HasEntries() && w.HasEntry(last) { // entries to come may have the IDs of some that were copied
			c.take(k, []byte{opDelete})
			c.restart()
			break
		}
		taken = w.HasEntries()
	case opDeliver:
		taken = w.HasConsumers(string(d.bytes()))
	default:
		taken = w.HasGroup(string(d.bytes()))
	}
	if taken {
		c.take(k, effect)
	}
	c.miss(effect)
}
