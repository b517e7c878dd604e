package aso

import (
	"bytes"
	"context"
)

// PartialError says that a keyspace has a part of what it should have, because loading it failed half-way.
type PartialError struct{ Err error }

func (e *PartialError) Error() string { return "half loaded: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *PartialError) Unwrap() error { return e.Err }

// Reload copies all that is in ks as for a snapshot, empties ks, and loads the copy. No unit runs meanwhile, and nothing of it goes to the journal,
// because nothing changes. An error that is no *PartialError leaves everything as it was.
func (ks *Keyspace) Reload(ctx context.Context) error {
	type piece struct {
		seq   uint64
		chunk []byte
	}
	var copied []piece
	l := ks.NewLoader()
	defer l.Close()
	err := l.tx.snapshot(ctx, func(seq uint64, chunk []byte) error {
		copied = append(copied, piece{seq, bytes.Clone(chunk)})
		return nil
	})
	if err != nil {
		return err
	}
	l.Empty()
	for _, p := range copied {
		if err := l.Chunk(p.seq, p.chunk); err != nil {
			return &PartialError{err}
		}
	}
	return nil
}

// Empty removes all that a Loader can load, also of a keyspace that serves clients; what their journal has is loaded afterwards. Watches are broken,
// and a snapshot that is being made begins anew. Whom ks follows, and how far, stays.
func (l *Loader) Empty() {
	for db := range l.ks.databases {
		l.tx.flushSlots(db, 0)
	}
	l.ks.freeAll()
	l.emptyCommon()
	master := l.ks.master.get()
	l.master = &master
	l.ks.swaps.Add(1)
}

// emptyCommon removes what belongs to no object, but for the handlers that come with the program.
func (l *Loader) emptyCommon() {
	ks := l.ks
	shipped := &codeTable{byID: map[CodeID]*Code{}, aliases: map[AliasID]*Alias{}}
	for _, c := range ks.Codes() {
		if c.shipped {
			c.builtin.Store(true)
			shipped = shipped.with(c)
		}
	}
	ks.code.Store(shipped)
	ks.rules.Store(nil)
	ks.budgets.Store(nil)
	ks.grants.Store(nil)
	ks.feeds.Store(nil)
	l.tx.DropScripts()
	l.tx.DropLibraries()
	for name := range ks.secretSet().byName {
		l.tx.replaceSecret(name, nil)
	}
}

// snapshot passes everything to put, as Snapshot does, at one moment. The Tx holds all locks.
func (tx *Tx) snapshot(ctx context.Context, put func(seq uint64, chunk []byte) error) error {
	c := &capture{}
	for slot := range Slots {
		c.begin(slot)
		p := &tx.ks.parts[c.part]
		for last := false; !last; {
			if err := ctx.Err(); err != nil {
				return err
			}
			last = c.copyPiece(tx, tx.ks.hold)
			c.turn()
			if err := c.pass(p.lastSeq, put); err != nil {
				return err
			}
		}
	}
	return put(tx.captureCommon())
}
