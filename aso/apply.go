package aso

import (
	"bytes"
	"fmt"
)

// Loader fills an empty keyspace from a snapshot and a journal, before it serves anyone: all chunks first, then all units in order.
type Loader struct {
	ks *Keyspace
	tx *Tx
}

// NewLoader begins the loading of ks. It holds all locks until Close.
func (ks *Keyspace) NewLoader() *Loader {
	var all Locks
	all.AddAll()
	l := &Loader{ks: ks, tx: ks.Begin(&all)}
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
	}
	l.tx.replay = false
	l.tx.changes = 0
	l.tx.Commit()
	l.ks.wakeExpirer()
}

// Chunk applies what Snapshot made of one slot at the journal position seq.
func (l *Loader) Chunk(seq uint64, chunk []byte) error {
	d := &decoder{buf: chunk}
	slot := d.uint()
	if slot > Slots || d.err != nil {
		return errCorrupt
	}
	if err := l.tx.apply(d, 0); err != nil {
		return fmt.Errorf("slot %d: %w", slot, err)
	}
	if slot < Slots {
		l.ks.parts[partitionOf(uint16(slot))].slotSeqs[slot%slotsPerPartition] = seq
	}
	return nil
}

// Unit applies a unit of the journal, except for slots whose chunk covers it.
func (l *Loader) Unit(seq uint64, unit []byte) error {
	if err := l.tx.apply(&decoder{buf: unit}, seq); err != nil {
		return fmt.Errorf("unit %d: %w", seq, err)
	}
	return nil
}

// apply makes the effects in d take place, except those of slots that a snapshot shows as of seq or later; seq 0 applies all.
func (tx *Tx) apply(d *decoder, seq uint64) error {
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
		case opFlush:
			tx.flushSlots(d.database(tx.ks), seq)
		case opSwap:
			tx.swapSlots(d.database(tx.ks), d.database(tx.ks), seq)
		case opCode:
			if err := tx.applyCode(d); err != nil {
				return err
			}
		case opRule:
			if err := tx.applyRule(d); err != nil {
				return err
			}
		case opAlias:
			if err := tx.applyAlias(d); err != nil {
				return err
			}
		case opDrop:
			if err := tx.applyDrop(d); err != nil {
				return err
			}
		default:
			if err := tx.applyTo(key, op, d, covered); err != nil {
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

func (tx *Tx) applyPacked(key []byte, d *decoder, covered bool) error {
	img := image{key: key, clock: clockOf(tx.now)}
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
