package aso

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/bits"
	"slices"
	"sync"
	"time"

	"comet/aso/sandbox"
)

// ErrUnsynced is returned by Export while the objects are being replaced by those of a master: they are those of no moment.
var ErrUnsynced = errors.New("the objects of the master are not here yet")

// Copies says which of the objects that Export has passed on are as they were at its end.
type Copies struct {
	passed  uint64           // so far
	again   map[dbKey]uint64 // of objects that were passed on again, or have gone: the number of the last time
	flushed map[int]uint64   // of databases that were emptied: how many objects were passed on before
	// Libraries are the libraries of functions.
	Libraries LibraryTable
}

// Holds reports whether the nth object that was passed on, counted from 1, is as it was at the end.
func (c *Copies) Holds(n uint64, db int, key []byte) bool {
	if n <= c.flushed[db] {
		return false
	}
	last, ok := c.again[dbKey{db, string(key)}]
	return !ok || last == n
}

// export is an Export under way.
type export struct {
	ks     *Keyspace
	swaps  int64
	copies Copies
	piece  []Dumped // copied under a lock, and not passed on yet
	put    func(d *Dumped) error
	rested time.Time

	mu struct {
		sync.Mutex                    // a leaf, taken under partition locks
		part       int                // objects of later partitions have not been looked at
		changed    map[dbKey]struct{} // since they were passed on
		emptied    map[int]struct{}   // databases, since what was passed on
		failed     error
	}
}

const (
	// exportRounds is how often what has changed meanwhile is passed on again while clients go on; more are of no use if they change large values faster.
	exportRounds = 5
	// exportRest is how few objects may be left to be passed on under all locks.
	exportRest = 64
)

// Export passes all objects that have a value to put. Clients go on meanwhile: an object that they change is passed on again, and the last ones while all locks are
// held, which are few unless clients change large values faster than they are copied. What Copies.Holds of the passed objects is a state that the keyspace had at
// one moment. An object is copied under the lock of its partition as by Tx.Dump; put is called without locks. Export returns ErrSwapped
// if SWAPDB ran meanwhile, and ErrUnsynced.
func (ks *Keyspace) Export(ctx context.Context, put func(d *Dumped) error) (*Copies, error) {
	ks.capturing.Add(1)
	defer ks.capturing.Add(-1)
	e := &export{ks: ks, put: put, rested: time.Now()}
	e.copies = Copies{again: map[dbKey]uint64{}, flushed: map[int]uint64{}}
	e.mu.part, e.mu.changed, e.mu.emptied = -1, map[dbKey]struct{}{}, map[int]struct{}{}
	tx := ks.BeginAll() // from now on all units have effects, and e sees them
	e.swaps = ks.swaps.Load()
	ks.exports = append(ks.exports, e)
	tx.Commit()
	err := e.run(ctx)
	tx = ks.BeginAll()
	if err == nil {
		err = e.finish(tx)
	}
	ks.exports = slices.DeleteFunc(ks.exports, func(other *export) bool { return other == e })
	tx.Commit()
	if err == nil {
		err = e.pass()
	}
	if err != nil {
		return nil, err
	}
	return &e.copies, nil
}

// isUnsynced reports whether the objects are to be replaced by those of a master.
func (ks *Keyspace) isUnsynced() bool {
	phase := ks.Phase()
	return phase == Unsynced || phase == Loading
}

// run passes on everything, and then what has changed meanwhile, until little is left.
func (e *export) run(ctx context.Context) error {
	if e.ks.isUnsynced() {
		return ErrUnsynced // it will be at the end, too, or all has changed
	}
	for part := range e.ks.parts {
		for db := range e.ks.databases {
			for slot := range slotsPerPartition {
				if err := e.slot(ctx, part, db, slot); err != nil {
					return err
				}
			}
		}
	}
	for range exportRounds {
		changed := e.takeChanged()
		for _, k := range changed {
			if err := e.again(ctx, k); err != nil {
				return err
			}
		}
		if len(changed) <= exportRest {
			break
		}
	}
	return nil
}

// slot passes on the objects of a slot, in pieces.
func (e *export) slot(ctx context.Context, part, db, slot int) error {
	for from, more := uint64(0), true; more; {
		if err := ctx.Err(); err != nil {
			return err
		}
		err := e.under(part, func(tx *Tx) {
			p := &e.ks.parts[part]
			if p.dbs[db] == nil || p.dbs[db].slots[slot].count == 0 {
				more = false
				return
			}
			tx.Select(db)
			for room := e.ks.hold; room > 0 && more; {
				var size int
				from, size = e.home(tx, part, &p.dbs[db].slots[slot], from)
				room -= size
				more = from != 0
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// home copies the objects of a home of a table: of those whose hash, bits reversed, is from or more. It returns from for the next home, 0 at the end, and how much
// that cost.
func (e *export) home(tx *Tx, part int, t *table, from uint64) (next uint64, cost int) {
	cost = 8 // of an empty home
	cursor := bits.Reverse64(from)
	shrunk := cursor >= uint64(len(t.places)) // the home holds also some that were passed on when it was several
	after := t.scanHome(e.ks.arena, cursor, func(r ref) {
		if shrunk && bits.Reverse64(hashKey(recordKey(e.ks.arena, r))) < from {
			return
		}
		cost += e.copy(tx, &entry{p: &e.ks.parts[part], d: e.ks.parts[part].dbs[tx.db], r: r, part: part})
	})
	return bits.Reverse64(after), cost
}

// under calls copy under the lock of a partition, and then passes on what that copied.
func (e *export) under(part int, copyPiece func(tx *Tx)) error {
	var locks Locks
	locks.add(part)
	tx := e.ks.Begin(&locks)
	swapped := e.ks.swaps.Load() != e.swaps
	if !swapped {
		e.reach(part)
		copyPiece(tx)
	}
	tx.Commit()
	if swapped {
		return ErrSwapped
	}
	if time.Since(e.rested) > sandbox.RestAfter {
		sandbox.Rest()
		e.rested = time.Now()
	}
	return e.pass()
}

// reach notes that objects of part are looked at.
func (e *export) reach(part int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.mu.part = max(e.mu.part, part)
	e.noteEmptiedLocked()
}

// noteEmptiedLocked lets nothing hold that was copied of databases that were emptied since.
func (e *export) noteEmptiedLocked() {
	for db := range e.mu.emptied {
		e.copies.flushed[db] = e.copies.passed
	}
	clear(e.mu.emptied)
}

// copy copies an object that has a value, and returns what that cost.
func (e *export) copy(tx *Tx, at *entry) (cost int) {
	rec := tx.record(at)
	deadline := rec.deadline()
	if rec.kind() == KindNone || tx.Over(deadline) {
		return recordCost
	}
	d := Dumped{DB: tx.db, Key: slices.Clone(rec.key()), Deadline: deadline, Payload: tx.dump(at, rec), Active: rec.has(hasActive)}
	e.piece = append(e.piece, d)
	e.copies.passed++
	return len(d.Payload) + len(d.Key) + recordCost
}

// pass passes on what was copied.
func (e *export) pass() error {
	for i := range e.piece {
		if err := e.put(&e.piece[i]); err != nil {
			return err
		}
	}
	clear(e.piece)
	e.piece = e.piece[:0]
	return nil
}

func (e *export) takeChanged() []dbKey {
	e.mu.Lock()
	defer e.mu.Unlock()
	changed := slices.Collect(maps.Keys(e.mu.changed))
	clear(e.mu.changed)
	return changed
}

// again passes on an object that has changed.
func (e *export) again(ctx context.Context, k dbKey) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return e.under(partitionOf(Slot([]byte(k.key))), func(tx *Tx) { e.copyAgain(tx, k) })
}

func (e *export) copyAgain(tx *Tx, k dbKey) {
	tx.Select(k.db)
	if at := tx.find([]byte(k.key)); at.r != 0 {
		before := e.copies.passed
		if e.copy(tx, &at); e.copies.passed != before {
			e.copies.again[k] = e.copies.passed
			return
		}
	}
	e.copies.again[k] = 0 // it is gone
}

// finish copies what is left to be copied, and the libraries. tx holds all locks.
func (e *export) finish(tx *Tx) error {
	switch {
	case e.ks.swaps.Load() != e.swaps:
		return ErrSwapped
	case e.ks.isUnsynced():
		return ErrUnsynced
	}
	e.reach(partitions)
	for _, k := range e.takeChanged() {
		e.copyAgain(tx, k)
	}
	e.copies.Libraries = *e.ks.Libraries()
	return e.mu.failed
}

// follow notes what a unit changes.
func (e *export) follow(tx *Tx, unit []byte) {
	d := &decoder{buf: unit}
	var key []byte
	db := 0
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(d.buf) > 0 && e.mu.failed == nil {
		op := d.byte()
		if op == opKey {
			db, key = d.database(tx.ks), d.bytes()
			e.noteLocked(dbKey{db, string(key)})
		} else if op == opFlush {
			e.mu.emptied[d.database(tx.ks)] = struct{}{}
		} else if wide, err := tx.applyWide(op, d, 0, noSlot); wide || err != nil {
			e.mu.failed = err // a swap ends the export
		} else {
			e.mu.failed = tx.applyTo(key, op, d, true)
		}
		if d.err != nil {
			e.mu.failed = d.err
		}
	}
	if e.mu.failed != nil {
		e.mu.failed = fmt.Errorf("follow the journal: %w", e.mu.failed)
	}
}

func (e *export) noteLocked(k dbKey) {
	if partitionOf(Slot([]byte(k.key))) <= e.mu.part {
		e.mu.changed[k] = struct{}{}
	}
}
