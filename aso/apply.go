package aso

import (
	"bytes"
	"fmt"
)

// Loader fills an empty keyspace from a snapshot and a journal, before it serves anyone: all chunks first, then all units in order.
type Loader struct {
	ks     *Keyspace
	tx     *Tx
	master *Master // that was there before Empty, or nil
}

// NewLoader begins the loading of ks. It holds all locks until Close.
func (ks *Keyspace) NewLoader() *Loader {
	l := &Loader{ks: ks, tx: ks.BeginAll()}
	l.tx.replay = true
	for i := range ks.parts {
		ks.parts[i].slotSeqs = make([]uint64, slotsPerPartition)
	}
	return l
}

// Close ends the loading.
func (l *Loader) Close() {
	for i := range l.ks.parts {
		l.ks.parts[i].slotSeqs = nil
		l.ks.parts[i].updateDue()
		l.ks.parts[i].updateMail()
	}
	if l.master != nil {
		l.ks.master.set(*l.master)
	}
	l.tx.replay = false
	l.tx.changes = 0
	l.tx.Commit()
	l.ks.wakeExpirer()
}

// Chunk applies a chunk of Snapshot. The last one of a slot shows it as of the journal position seq.
func (l *Loader) Chunk(seq uint64, chunk []byte) error {
	d := &decoder{buf: chunk}
	slot := d.uint()
	if slot > Slots || d.err != nil {
		return errCorrupt
	}
	if err := l.tx.apply(d, 0, int(slot)); err != nil {
		return fmt.Errorf("slot %d: %w", slot, err)
	}
	if slot < Slots {
		l.ks.parts[partitionOf(uint16(slot))].slotSeqs[slot%slotsPerPartition] = seq
	}
	return nil
}

// Unit applies a unit of the journal, except for slots whose chunk covers it.
func (l *Loader) Unit(seq uint64, unit []byte) error {
	if err := l.tx.apply(&decoder{buf: unit}, seq, allSlots); err != nil {
		return fmt.Errorf("unit %d: %w", seq, err)
	}
	return nil
}

// Where an effect of no single object takes place that is not of the chunk of one slot.
const (
	allSlots = -1
	noSlot   = -2 // it is only read
)

// apply makes the effects in d take place, except those of slots that a snapshot shows as of seq or later; seq 0 applies all. Those of no
// single object concern slot.
func (tx *Tx) apply(d *decoder, seq uint64, slot int) error {
	var key []byte
	covered := false
	for len(d.buf) > 0 {
		op := d.byte()
		if !changesItems(op) { // what follows is about an object as a whole, or another one
			if err := tx.EndCommand(); err != nil {
				return err
			}
		}
		switch op {
		case opKey:
			tx.Select(d.database(tx.ks))
			key = d.bytes()
			slot := Slot(key)
			covered = seq != 0 && tx.ks.parts[partitionOf(slot)].slotSeqs[slot%slotsPerPartition] >= seq
		default:
			wide, err := tx.applyWide(op, d, seq, slot)
			if !wide {
				err = tx.applyTo(key, op, d, covered)
			}
			if err != nil {
				return err
			}
		}
		if d.err != nil {
			return d.err
		}
	}
	return tx.EndCommand()
}

// changesItems reports whether op changes items of the collection that the effect before was about, which may stay open.
func changesItems(op byte) bool {
	return opHashSet <= op && op <= opListRemove || opStreamAdd <= op && op <= opStreamAck
}

// changesObject reports whether op changes the value, the deadline or the section of an object.
func changesObject(op byte) bool { return op <= opListRemove || opStreamAdd <= op && op <= opStreamAck }

// applyWide makes an effect of no single object take place in slot; wide is false if op is another one, of which it reads nothing.
func (tx *Tx) applyWide(op byte, d *decoder, seq uint64, slot int) (wide bool, err error) {
	skip := slot == noSlot
	switch op {
	case opFlush:
		tx.applyFlush(d.database(tx.ks), d, seq, slot)
	case opSwap:
		a, b := d.database(tx.ks), d.database(tx.ks)
		if !skip && d.err == nil {
			tx.swapSlots(a, b, seq)
		}
	case opCode:
		err = tx.applyCode(d, skip)
	case opRule:
		err = tx.applyRule(d, skip)
	case opAlias:
		err = tx.applyAlias(d, skip)
	case opDrop:
		err = tx.applyDrop(d, skip)
	case opSecret:
		err = tx.applySecret(d, skip)
	case opSecretEnd:
		err = tx.applySecretEnd(d, skip)
	case opGrant:
		err = tx.applyGrant(d, skip)
	case opLimit:
		err = tx.applyLimit(d, skip)
	case opScript:
		err = tx.applyScript(d, skip)
	case opFunctions:
		err = tx.applyLibrary(d, skip)
	case opFeed:
		err = tx.applyFeed(d, skip)
	case opMaster:
		err = tx.applyMaster(d, skip)
	case opAdvance:
		err = tx.applyAdvance(d, skip)
	default:
		return false, nil
	}
	return true, err
}

func (tx *Tx) applyFlush(db int, d *decoder, seq uint64, slot int) {
	switch {
	case slot == noSlot || d.err != nil:
	case slot == allSlots || slot >= Slots:
		tx.flushSlots(db, seq)
	default:
		tx.flushOne(db, slot)
	}
}

// applyTo makes one effect on the object key take place, or only reads it if it is covered.
func (tx *Tx) applyTo(key []byte, op byte, d *decoder, covered bool) error {
	switch op {
	case opString:
		encoding, deadline, s := d.byte(), d.int(), d.bytes()
		if deadline < 0 || encoding > encInt {
			return errCorrupt
		}
		if covered || d.err != nil {
			return nil
		}
		return tx.setString(key, s, deadline, encoding)
	case opPacked:
		return tx.applyPacked(key, d, covered)
	case opDelete:
		if !covered {
			tx.applyDelete(key)
		}
	case opMove:
		return tx.applyMove(key, d, covered)
	case opDeadline:
		if at := d.int(); at < 0 {
			return errCorrupt
		} else if !covered && d.err == nil {
			return tx.SetDeadline(key, at)
		}
	case opActive:
		if active := d.bytes(); !covered && d.err == nil {
			return tx.applyActive(key, active)
		}
	case opDead:
		return tx.applyDead(key, d, covered)
	case opDeadGone:
		tx.applyDeadGone(key, d, covered)
	case opSplice:
		if offset, s := d.index(), d.bytes(); !covered && d.err == nil {
			_, err := tx.Splice(key, offset, s)
			return err
		}
	case opExtend:
		if kind, part := Kind(d.byte()), d.bytes(); !covered && d.err == nil {
			return tx.applyExtend(key, kind, part)
		}
	case opHashSet, opHashDel:
		return tx.applyHash(key, op, d, covered)
	case opSetAdd, opSetRem:
		return tx.applySet(key, op, d, covered)
	case opZSetPut, opZSetRem:
		return tx.applyZSet(key, op, d, covered)
	case opPushFront, opPushBack, opListSet, opListInsert, opListRemove:
		return tx.applyList(key, op, d, covered)
	case opStreamAdd, opStreamDel, opStreamTrim, opStreamMeta, opGroupSet, opGroupDel, opMemberSet, opMemberDel, opDeliver, opStreamAck:
		return tx.applyStream(key, op, d, covered)
	case opMessage, opMessageEnd, opTicket, opTicketEnd:
		return tx.applyMail(key, op, d, covered)
	case opFeedEntry, opFeedMoved:
		return tx.applyTail(key, op, d, covered)
	default:
		return errCorrupt
	}
	return nil
}

func (tx *Tx) applyDelete(key []byte) {
	if e := tx.find(key); e.r != 0 {
		tx.drop(&e, key)
	}
}

// applyMove moves the object at key. A snapshot covers where it was and where it went, or neither: see effectMove.
func (tx *Tx) applyMove(key []byte, d *decoder, covered bool) error {
	db, dst := d.uint(), d.bytes()
	if covered || d.err != nil {
		return nil
	}
	if err := tx.ks.checkDatabase(db); err != nil {
		return err
	}
	if int(db) == tx.db && string(dst) == string(key) || !tx.Exists(key) {
		return errCorrupt
	}
	return tx.Rename(key, int(db), dst)
}

func (tx *Tx) applyPacked(key []byte, d *decoder, covered bool) error {
	img := image{key: key, clock: tx.newClock()}
	img.kind, img.encoding, img.deadline = Kind(d.byte()), d.byte(), d.int()
	encoded := d.bytes()
	if img.deadline < 0 || img.encoding > encInt || img.kind > KindStream {
		return errCorrupt
	}
	if d.err != nil || covered {
		return nil
	}
	e := tx.find(key)
	if img.kind != KindNone {
		var err error
		if img.value, img.large, err = tx.decodeValue(&e, img.kind, encoded); err != nil {
			return err
		}
	}
	return tx.put(&e, &img)
}

// applyExtend adds the items of a part to the large value at key, which comes to be with the first part.
func (tx *Tx) applyExtend(key []byte, kind Kind, part []byte) error {
	if kind <= KindString || kind > KindStream {
		return errCorrupt
	}
	c, ok := newCollection(kind).(extensible)
	if !ok {
		return errCorrupt
	}
	e := tx.find(key)
	img := image{kind: kind, key: key, clock: tx.newClock(), large: true}
	if e.r != 0 {
		rec := tx.record(&e)
		if rec.kind() != kind || !rec.has(isLarge) {
			return errCorrupt
		}
		tx.loadInto(c, &e, rec)
		err := c.Extend(part)
		e.p.large.resize(rec.handle(), c.MemUsage())
		return err
	}
	if err := c.Extend(part); err != nil {
		return err
	}
	img.value = handleBytes(e.p.large.add(largeOf(c), c.MemUsage()))
	return tx.put(&e, &img)
}

// extensible is a collection that is loaded in parts.
type extensible interface {
	content
	Extend(part []byte) error
}

// decodeValue returns what a record holds of an encoded value: its packed form, or the handle of a large one.
func (tx *Tx) decodeValue(e *entry, kind Kind, encoded []byte) (stored []byte, large bool, err error) {
	limits := tx.ks.limits.Load()
	switch kind {
	case KindString:
		if len(encoded) <= limits.PackedMax {
			return encoded, false, nil
		}
		content := &largeString{bytes.Clone(encoded)}
		return handleBytes(e.p.large.add(content, memUsage(content))), true, nil
	case KindHash, KindSet, KindZSet, KindList, KindStream:
		c := newCollection(kind)
		if err := c.Decode(encoded, limits); err != nil {
			return nil, false, err
		}
		if packed := c.Packed(); packed != nil {
			return packed, false, nil
		}
		return handleBytes(e.p.large.add(largeOf(c), c.MemUsage())), true, nil
	default:
		return nil, false, errCorrupt
	}
}

func (tx *Tx) applyHash(key []byte, op byte, d *decoder, covered bool) error {
	field := d.bytes()
	var v []byte
	if op == opHashSet {
		v = d.bytes()
	}
	if covered || d.err != nil {
		return nil
	}
	h, err := tx.Hash(key)
	if err != nil {
		return err
	}
	if op == opHashSet {
		h.Set(field, v)
	} else {
		h.Delete(field)
	}
	return nil
}

func (tx *Tx) applySet(key []byte, op byte, d *decoder, covered bool) error {
	member := d.bytes()
	if covered || d.err != nil {
		return nil
	}
	s, err := tx.Set(key)
	if err != nil {
		return err
	}
	if op == opSetAdd {
		s.Add(member)
	} else {
		s.Remove(member)
	}
	return nil
}

func (tx *Tx) applyZSet(key []byte, op byte, d *decoder, covered bool) error {
	member, score := d.bytes(), 0.0
	if op == opZSetPut {
		score = d.float()
	}
	if covered || d.err != nil {
		return nil
	}
	z, err := tx.ZSet(key)
	if err != nil {
		return err
	}
	if op == opZSetPut {
		z.Set(member, score)
	} else {
		z.Delete(member)
	}
	return nil
}

func (tx *Tx) applyList(key []byte, op byte, d *decoder, covered bool) error {
	var index, count int
	var v []byte
	if op == opListSet || op == opListInsert || op == opListRemove {
		index = d.index()
	}
	if op == opListRemove {
		count = d.index()
	} else {
		v = d.bytes()
	}
	if covered || d.err != nil {
		return nil
	}
	l, err := tx.List(key)
	if err != nil {
		return err
	}
	switch {
	case op == opPushFront:
		l.PushFront(v)
	case op == opPushBack:
		l.PushBack(v)
	case op == opListInsert && index <= l.Len():
		l.InsertAt(index, v)
	case op == opListSet && index < l.Len():
		l.SetIndex(index, v)
	case op == opListRemove && index+count <= l.Len():
		l.RemoveAt(index, count)
	default:
		return errCorrupt
	}
	return nil
}
