package aso

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"time"

	"comet/aso/sandbox"
)

// ErrSwapped is returned by Snapshot when SWAPDB ran meanwhile, or everything was loaded anew: the chunks show what was before and after it, and are
// of no use.
var ErrSwapped = errors.New("databases were swapped or reloaded during the snapshot")

// Snapshot passes everything in ks to put, slot by slot, in chunks. Those of a slot build on each other, and together they show it as of
// the journal position of the last one. Clients go on meanwhile: a lock is held only while a piece is copied, which is bounded unless one
// element is larger. put keeps chunk no longer than the call.
func (ks *Keyspace) Snapshot(ctx context.Context, put func(seq uint64, chunk []byte) error) error {
	ks.Metrics.Changes.Store(0)
	ks.capturing.Add(1)
	defer ks.capturing.Add(-1)
	defer ks.Metrics.Captured.Store(0)
	swaps := ks.swaps.Load()
	c := &capture{}
	for i := range ks.parts {
		if ks.parts[i].isNew() {
			continue
		}
		for slot := range slotsPerPartition {
			c.begin(i*slotsPerPartition + slot)
			if err := ks.captureSlot(ctx, c, swaps, put); err != nil {
				return err
			}
			ks.Metrics.Captured.Add(int64(c.objects))
		}
	}
	return put(ks.captureCode())
}

// captureSlot passes the pieces of c to put.
func (ks *Keyspace) captureSlot(ctx context.Context, c *capture, swaps int64, put func(seq uint64, chunk []byte) error) error {
	last := false
	defer func() {
		if !last {
			ks.abandon(c)
		}
	}()
	for !last {
		if err := ctx.Err(); err != nil {
			return err
		}
		var seq uint64
		var err error
		if seq, last, err = ks.capturePiece(c, swaps); err != nil {
			return err
		}
		if err := c.pass(seq, put); err != nil {
			return err
		}
		if time.Since(c.rested) > sandbox.RestAfter {
			sandbox.Rest()
			c.rested = time.Now()
		}
	}
	return nil
}

// capturePiece copies the next piece of c and returns the journal position that it shows. Meanwhile the log of c becomes that of the piece
// after it. It returns ErrSwapped if swaps is not the number of swaps so far any more: c knows nothing of the databases as they are now.
func (ks *Keyspace) capturePiece(c *capture, swaps int64) (seq uint64, last bool, err error) {
	var locks Locks
	locks.add(c.part)
	tx := ks.Begin(&locks)
	defer tx.Commit()
	if ks.swaps.Load() != swaps { // nobody swaps meanwhile: that takes all locks
		return 0, false, ErrSwapped
	}
	p := &ks.parts[c.part]
	last = c.copyPiece(tx, ks.hold)
	switch {
	case last:
		p.endCapture(c)
	case !slices.Contains(p.captures, c):
		p.captures = append(p.captures, c)
	}
	c.turn()
	if c.failed != nil {
		return 0, false, fmt.Errorf("slot %d: follow the journal: %w", c.slot, c.failed)
	}
	return p.lastSeq, last, nil
}

// abandon lets c follow no more changes.
func (ks *Keyspace) abandon(c *capture) {
	var locks Locks
	locks.add(c.part)
	tx := ks.Begin(&locks)
	defer tx.Commit()
	ks.parts[c.part].endCapture(c)
}

// captureCode returns the effects that load all handlers which objects may have, and make the aliases, rules and feeds, and the journal position
// that they show.
func (ks *Keyspace) captureCode() (seq uint64, chunk []byte) {
	var one Locks
	one.add(0) // who changes code or rules holds all locks, so nothing of a unit that may yet be taken back is seen
	tx := ks.Begin(&one)
	defer tx.Commit()
	return tx.captureCommon()
}

// captureCommon is captureCode for a Tx that holds a lock.
func (tx *Tx) captureCommon() (seq uint64, chunk []byte) {
	ks := tx.ks
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
	for _, s := range ks.Secrets() {
		log.secret(s)
	}
	for _, g := range ks.Grants() {
		log.grant(g, false)
	}
	for _, b := range ks.budgets.Load().sorted() {
		log.limit(&b.Limit)
	}
	ks.captureScripts(&log)
	ks.captureLibraries(&log)
	for _, f := range ks.Feeds() {
		log.feed(f.Name, f)
	}
	ks.captureMaster(&log)
	return max(ks.commonSeq.Load(), ks.master.seq.Load()), log.buf
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
