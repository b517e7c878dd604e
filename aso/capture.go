package aso

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"time"

	"comet/aso/value"
)

const (
	// captureHold is what the copying for a snapshot may cost under one hold of a partition's lock, in bytes of sequential copying.
	captureHold = 256 << 10
	// recordCost is what finding a record adds to the cost of copying it: about two cache misses.
	recordCost = 64
)

// capture is the copying of a slot for a snapshot: pieces of bounded size, each copied under a hold of the partition's lock. Clients change
// the slot between two holds. What has been passed on so far always makes the passed objects as they are now, because capture follows
// their changes; objects not passed yet are copied later, as they are then. So when the last piece is passed on, all of them together
// make the slot as of that moment. An object is passed when it is complete; the large value at work is followed as far as it was copied.
//
// The objects come in the order of their databases, then of their hashes with the bits reversed, which no change of a table alters.
type capture struct {
	slot int
	part int
	db   int    // all objects of the databases before it are passed
	from uint64 // and of db those whose hash, bits reversed, is less

	objects int        // that it has come to
	large   []dbKey    // but these large values are not; the first one is at work
	begun   bool       // something of it has been copied
	walk    value.Walk // how far, unless it is a string
	head    int        // bytes of a string that were copied from its beginning
	tail    int        // where the bytes at its end start that were copied

	mailDB int     // the mail of the databases before it is copied; it comes when no object is left
	mailAt uint64  // and of it the messages with lower IDs
	ticket *ticket // the last ticket copied; nil for none

	tailDB int    // the entries for feeds of the databases before it are copied; they come after the mail
	tailAt uint64 // and of it those with lower IDs

	dead    uint64 // number of the last dead letter copied; they come last
	allDead bool   // they were

	log    effectLog // the next piece
	piece  []byte    // the one that is passed on now; its memory is used again
	missed int       // what the effects since the last hold add to what is still to be copied, as cost
	failed error     // the effects of a unit could not be read
	room   int       // what this hold may still cost
	rested time.Time // when others have last had the processor
}

// begin makes c the copying of slot.
func (c *capture) begin(slot int) {
	*c = capture{slot: slot, part: partitionOf(uint16(slot)), log: c.log, piece: c.piece, large: c.large[:0], rested: c.rested}
	c.renew(c.log.buf)
}

// renew begins a piece in buf.
func (c *capture) renew(buf []byte) {
	c.log = effectLog{on: true, buf: binary.AppendUvarint(buf[:0], uint64(c.slot)), key: c.log.key}
}

// turn takes the piece that was copied out of the log.
func (c *capture) turn() {
	piece := c.log.buf
	c.renew(c.piece)
	c.piece = piece
}

// pass passes the piece on. One without anything is passed on only if it says that units of the journal left the slot empty.
func (c *capture) pass(seq uint64, put func(seq uint64, chunk []byte) error) error {
	const keep = 4 << 20
	empty := len(c.piece) == len(binary.AppendUvarint(nil, uint64(c.slot)))
	if empty && seq == 0 {
		return nil
	}
	err := put(seq, c.piece)
	if cap(c.piece) > keep {
		c.piece = nil
	}
	return err
}

// copyPiece copies what one hold allows, and reports whether that was the last. Clients who add more between two holds than a hold copies
// make the next one longer, so that it ends in any case.
func (c *capture) copyPiece(tx *Tx, hold int) (last bool) {
	c.room = max(hold, 2*c.missed)
	c.missed = 0
	p := &tx.ks.parts[c.part]
	for c.room > 0 && !c.allDead {
		switch {
		case len(c.large) > 0:
			c.copyLarge(tx)
		case c.db < len(p.dbs):
			c.copyHome(tx, p)
		case c.mailDB < len(p.dbs):
			c.copyMail(p, tx.now)
		case c.tailDB < len(p.dbs):
			c.copyTail(p)
		default:
			c.copyDead(p)
		}
	}
	c.log.forget()
	return c.allDead
}

// copyHome copies the objects of the next home in the slot's table, except large values that exceed the room of the hold.
func (c *capture) copyHome(tx *Tx, p *partition) {
	const step = 8 // the cost of an empty home
	c.room -= step
	d := p.dbs[c.db]
	if d == nil || d.slots[c.slot%slotsPerPartition].count == 0 {
		c.db, c.from = c.db+1, 0
		return
	}
	t := &d.slots[c.slot%slotsPerPartition]
	tx.Select(c.db)
	cursor := bits.Reverse64(c.from)
	shrunk := cursor >= uint64(len(t.places)) // the home holds also some that were passed when it was several
	next := t.scanHome(tx.ks.arena, cursor, func(r ref) {
		if !shrunk || bits.Reverse64(hashKey(recordKey(tx.ks.arena, r))) >= c.from {
			c.copyObject(tx, entry{p: p, d: d, r: r, part: c.part})
		}
	})
	if c.from = bits.Reverse64(next); next == 0 {
		c.db++
	}
}

func (c *capture) copyObject(tx *Tx, e entry) {
	c.objects++
	rec := tx.record(&e)
	if rec.has(isLarge) && int(e.p.large.values[rec.handle()].size) > c.room {
		c.large = append(c.large, dbKey{tx.db, string(rec.key())})
		c.room -= recordCost
		return
	}
	c.copyWhole(tx, e, rec)
}

func (c *capture) copyWhole(tx *Tx, e entry, rec record) {
	before := len(c.log.buf)
	tx.capture(&c.log, e, rec)
	c.room -= len(c.log.buf) - before + recordCost
}

// divisible is a large value that can be copied in parts. Its effects, but for those of lists, may be applied again.
type divisible interface {
	AppendPart(dst []byte, w *value.Walk, limit int) (part []byte, cost int)
}

// copyLarge copies a part of the large value at work.
func (c *capture) copyLarge(tx *Tx) {
	k := c.large[0]
	tx.Select(k.db)
	e := tx.find([]byte(k.key))
	if e.r == 0 { // deleted since
		c.finish()
		return
	}
	rec := tx.record(&e)
	var content any
	if rec.has(isLarge) {
		content = e.p.large.get(rec.handle())
	}
	done := false
	switch content := content.(type) {
	case *largeString:
		c.log.object(k.db, rec.key())
		done = c.copyString(content.b, rec.encoding())
	case divisible:
		c.log.object(k.db, rec.key())
		done = c.copyItems(content, rec.kind())
	default: // it is small now, or cannot be divided
		c.copyWhole(tx, e, rec)
		c.finish()
		return
	}
	c.begun = true
	if done {
		c.copyRest(rec)
		c.finish()
	}
}

// copyString copies a part of s, after the first one from the end to the beginning, so that loading it takes room for all at once.
func (c *capture) copyString(s []byte, encoding byte) (done bool) {
	if !c.begun {
		c.head, c.tail = min(c.room, len(s)), len(s) // what is longer one day will be written by effects
		c.log.op(opString)
		c.log.op(encoding)
		c.log.int(0)
		c.log.bytes(s[:c.head])
		c.room -= c.head
	} else {
		from := max(c.tail-c.room, c.head)
		c.log.op(opSplice)
		c.log.uint(uint64(from))
		c.log.bytes(s[from:c.tail])
		c.room -= c.tail - from
		c.tail = from
	}
	return c.tail == c.head
}

func (c *capture) copyItems(content divisible, kind Kind) (done bool) {
	const width = 5 // of the length, which is not known yet
	c.log.op(opExtend)
	c.log.op(byte(kind))
	at := len(c.log.buf)
	c.log.buf = append(c.log.buf, make([]byte, width)...)
	var cost int
	c.log.buf, cost = content.AppendPart(c.log.buf, &c.walk, c.room)
	putWideUvarint(c.log.buf[at:at+width], len(c.log.buf)-at-width)
	c.room -= cost + recordCost
	return c.walk.Done
}

// putWideUvarint fills dst with n as a uvarint that is padded to the length of dst.
func putWideUvarint(dst []byte, n int) {
	for i := range dst {
		dst[i] = byte(n)&0x7f | 0x80
		n >>= 7
	}
	dst[len(dst)-1] &^= 0x80
}

// copyRest copies what the object in rec is besides its value.
func (c *capture) copyRest(rec record) {
	if at := rec.deadline(); at != 0 {
		c.log.op(opDeadline)
		c.log.int(at)
	}
	if active := rec.active(); active != nil {
		c.log.op(opActive)
		c.log.bytes(active)
		c.room -= len(active)
	}
}

// finish lets the large value at work be passed.
func (c *capture) finish() {
	c.restart()
	c.large = slices.Delete(c.large, 0, 1)
}

// restart lets nothing of the large value at work be copied.
func (c *capture) restart() { c.begun, c.walk = false, value.Walk{} }
