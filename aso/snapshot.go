package aso

import (
	"context"
	"encoding/binary"
	"errors"
)

// ErrSwapped is returned by Snapshot when SWAPDB ran meanwhile: the chunks show databases before and after it, and are of no use.
var ErrSwapped = errors.New("databases were swapped during the snapshot")

// Snapshot passes everything in ks to put, slot by slot, each with the journal position that it shows. Clients go on meanwhile: a slot is
// locked only while it is copied. put keeps chunk no longer than the call.
func (ks *Keyspace) Snapshot(ctx context.Context, put func(seq uint64, chunk []byte) error) error {
	ks.Metrics.Changes.Store(0)
	swaps := ks.swaps.Load()
	var buf []byte
	for slot := range Slots {
		if err := ctx.Err(); err != nil {
			return err
		}
		seq, chunk := ks.captureSlot(slot, buf[:0])
		if chunk == nil {
			continue
		}
		buf = chunk
		if err := put(seq, chunk); err != nil {
			return err
		}
	}
	if ks.swaps.Load() != swaps {
		return ErrSwapped
	}
	return put(0, ks.captureCode())
}

// captureCode returns the effects that load all handlers which objects may have, and make the aliases and rules.
func (ks *Keyspace) captureCode() []byte {
	var one Locks
	one.add(0) // who changes code or rules holds all locks, so nothing of a unit that may yet be taken back is seen
	tx := ks.Begin(&one)
	defer tx.Commit()
	log := effectLog{buf: binary.AppendUvarint(nil, Slots)}
	for _, c := range ks.Codes() {
		if !c.builtin.Load() {
			log.code(c)
		}
	}
	for _, a := range ks.Aliases() {
		log.alias(a, false)
	}
	ks.Rules(func(r *Rule) bool {
		log.rule(r.ID, r)
		return true
	})
	return log.buf
}

// captureSlot returns the effects that make the objects of a slot, appended to buf, or nil if it has none.
func (ks *Keyspace) captureSlot(slot int, buf []byte) (seq uint64, chunk []byte) {
	var locks Locks
	part := partitionOf(uint16(slot))
	locks.add(part)
	tx := ks.Begin(&locks)
	defer tx.Commit()
	p := &ks.parts[part]
	log := effectLog{on: true, buf: binary.AppendUvarint(buf, uint64(slot))}
	empty := true
	for db, d := range p.dbs {
		if d == nil {
			continue
		}
		tx.Select(db)
		d.slots[slot%slotsPerPartition].each(func(r ref) bool {
			empty = false
			tx.capture(&log, entry{p: p, d: d, r: r}, ks.arena.record(r))
			return true
		})
	}
	if p.captureDead(&log, uint16(slot)) {
		empty = false
	}
	if empty && p.lastSeq == 0 {
		return 0, nil
	}
	return p.lastSeq, log.buf
}

// capture appends the effects that make the object in rec.
func (tx *Tx) capture(log *effectLog, e entry, rec record) {
	img := rec.image()
	log.forget() // every object is named: it occurs once
	log.object(tx.db, img.key)
	if img.kind == KindString {
		s, _, _ := tx.stringOf(&e, rec)
		log.op(opString)
		log.op(img.encoding)
		log.int(img.deadline)
		log.bytes(s)
	} else {
		log.op(opPacked)
		log.op(byte(img.kind))
		log.op(img.encoding)
		log.int(img.deadline)
		log.bytes(tx.encodeValue(nil, &e, rec))
	}
	if img.active != nil {
		log.op(opActive)
		log.bytes(img.active)
	}
}
