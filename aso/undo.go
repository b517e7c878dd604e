package aso

import (
	"bytes"
	"maps"
	"slices"
	"sync/atomic"
)

// undoLog remembers how to take back the changes of a unit. It is off for units that cannot fail half-way: plain commands check
// before they change anything.
type undoLog struct {
	on      bool
	steps   []undoStep   // in the order of the changes
	changed []changedKey // of all steps, and of large values changed in place
	memory  []byte       // of their keys and records
	marked  int          // steps that there were at the last Mark
}

const maxUndoMemory = 64 << 10 // that is kept for the next unit

// changedKey is an object that was changed.
type changedKey struct {
	db  int
	key []byte
}

func (k changedKey) is(db int, key []byte) bool { return k.db == db && bytes.Equal(k.key, key) }

// undoStep takes back one change of an object: run does it or, if that is nil, saved is its record before that.
type undoStep struct {
	changedKey
	saved savedRecord
	large any // inside of which the change is; nil for any other one
	grew  int // bytes that handlers are charged for what the change put inside
	run   func(large any)
}

// savedRecord is a record as it was, with the value that it named. There was none if rec is nil.
type savedRecord struct {
	rec   record
	large any
}

func (s *undoStep) takeBack(tx *Tx) error {
	if s.run == nil {
		return tx.restore(s.changedKey, &s.saved)
	}
	s.run(s.large)
	return nil
}

// noDB is the database of changes that are of no object.
const noDB = -1

// replace makes next what p points to; a rollback takes it back. The Tx holds all locks.
func replace[T any](tx *Tx, p *atomic.Pointer[T], next *T) {
	before := p.Load()
	p.Store(next)
	tx.undo.add(noDB, nil, func() { p.Store(before) })
}

// withEntry returns a copy of set in which v is what name stands for; nil is nothing.
func withEntry[S ~map[string]*V, V any](set S, name string, v *V) *S {
	next := S{}
	maps.Copy(next, set)
	delete(next, name)
	if v != nil {
		next[name] = v
	}
	return &next
}

func (u *undoLog) reset() {
	u.on = false
	clear(u.steps)
	u.steps, u.changed, u.memory, u.marked = u.steps[:0], u.changed[:0], u.memory[:0], 0
	if cap(u.memory) > maxUndoMemory {
		u.memory = nil
	}
}

// save remembers the record of key as it is before a change. Of changes of one object, one after the other, the first is enough: nothing can be
// rolled back to a point between them.
func (u *undoLog) save(tx *Tx, e *entry, key []byte) {
	if !u.on {
		return
	}
	if n := len(u.steps); n > u.marked && u.steps[n-1].run == nil && u.steps[n-1].is(tx.db, key) {
		return
	}
	saved := tx.saved(e)
	if saved.rec != nil {
		saved.rec = u.keep(saved.rec)
	}
	u.push(&undoStep{changedKey: changedKey{tx.db, u.keep(key)}, saved: saved})
}

// keep returns a copy of b that stands until the unit ends.
func (u *undoLog) keep(b []byte) []byte {
	from := len(u.memory)
	u.memory = append(u.memory, b...)
	return slices.Clip(u.memory[from:])
}

// saved returns the record of e, which aliases the keyspace.
func (tx *Tx) saved(e *entry) (s savedRecord) {
	if e.r != 0 {
		s.rec = tx.record(e)
		if s.rec.has(isLarge) {
			s.large = e.p.large.get(s.rec.handle())
		}
	}
	return s
}

func (u *undoLog) push(s *undoStep) {
	u.steps = append(u.steps, *s)
	u.changed = append(u.changed, s.changedKey)
}

// add remembers how to take back a change of key that no value shows.
func (u *undoLog) add(db int, key []byte, run func()) {
	if u.on {
		u.push(&undoStep{changedKey: changedKey{db, u.keep(key)}, run: func(any) { run() }})
	}
}

// addInside remembers how to take back a change inside the large value of key. run does it in large, or in a copy that is as large was after
// the change; grew is what handlers are charged at most for what the change put there.
func (u *undoLog) addInside(db int, key []byte, large any, grew int, run func(large any)) {
	if u.on {
		u.push(&undoStep{changedKey{db, u.keep(key)}, savedRecord{}, large, grew, run})
	}
}

// Mark is a point in a unit that it can be rolled back to.
type Mark struct {
	undo, changed, memory, effects, sections, events, messages, ready, codes, sent, answers, told int
	changes                                                                                       int64
	wasOn                                                                                         bool
}

// Mark begins a part of a unit that may be rolled back.
func (tx *Tx) Mark() Mark {
	m := Mark{
		len(tx.undo.steps), len(tx.undo.changed), len(tx.undo.memory), len(tx.effects.buf), tx.sections, len(tx.events), len(tx.messages), len(tx.ready), len(tx.codes),
		len(tx.sent), len(tx.answers), len(tx.fed.told), tx.Changes(), tx.undo.on,
	}
	tx.undo.on, tx.undo.marked = true, len(tx.undo.steps)
	tx.effects.forget() // for dropEffects
	return m
}

// Release ends the part that began with m; it stays.
func (tx *Tx) Release(m Mark) { tx.undo.on = m.wasOn }

// Rollback takes back everything since m, and ends the part. Collections the caller holds are not valid any more.
func (tx *Tx) Rollback(m Mark) error {
	tx.undo.on = false
	tx.open = tx.open[:0]
	tx.pools.reset()
	steps := tx.undo.steps[m.undo:]
	var first error
	for i := range slices.Backward(steps) {
		if err := steps[i].takeBack(tx); err != nil && first == nil {
			first = err
		}
	}
	clear(steps)
	tx.undo.steps, tx.undo.changed, tx.undo.memory = tx.undo.steps[:m.undo], tx.undo.changed[:m.changed], tx.undo.memory[:m.memory]
	tx.undo.on = m.wasOn
	tx.effects.truncate(m.effects)
	tx.sections = m.sections
	tx.SetChanges(m.changes)
	tx.events, tx.messages, tx.ready = tx.events[:m.events], tx.messages[:m.messages], tx.ready[:m.ready]
	tx.codes, tx.sent, tx.answers, tx.fed.told = tx.codes[:m.codes], tx.sent[:m.sent], tx.answers[:m.answers], tx.fed.told[:m.told]
	return first
}

// HasEffectsSince reports whether anything that the journal keeps was changed since m.
func (tx *Tx) HasEffectsSince(m Mark) bool { return len(tx.effects.buf) > m.effects }

// Changed reports whether the object at key was changed since m.
func (tx *Tx) Changed(m Mark, key []byte) bool {
	for _, k := range tx.undo.changed[m.changed:] {
		if k.is(tx.db, key) {
			return true
		}
	}
	return false
}

// ChangedOther reports whether another object than the one at key was changed since m.
func (tx *Tx) ChangedOther(m Mark, key []byte) bool {
	for _, k := range tx.undo.changed[m.changed:] {
		if k.db != noDB && !k.is(tx.db, key) {
			return true
		}
	}
	return false
}

// Revert takes back what happened to the object at key alone since m, as if it had not happened. No collection may be open.
// It must not have been renamed: the value would be in two places.
func (tx *Tx) Revert(m Mark, key []byte) error {
	tx.undo.on = false
	steps := tx.undo.steps[m.undo:]
	for i := range slices.Backward(steps) {
		if !steps[i].is(tx.db, key) {
			continue
		}
		if err := steps[i].takeBack(tx); err != nil {
			return err
		}
	}
	steps = slices.DeleteFunc(steps, func(s undoStep) bool { return s.is(tx.db, key) })
	tx.undo.steps = tx.undo.steps[:m.undo+len(steps)]
	changed := slices.DeleteFunc(tx.undo.changed[m.changed:], func(c changedKey) bool { return c.is(tx.db, key) })
	tx.undo.changed = tx.undo.changed[:m.changed+len(changed)]
	tx.feedForget(m, key)
	tx.undo.on = true
	return tx.dropEffects(m, dbKey{tx.db, string(key)})
}

// RevertValue is Revert of the value and the deadline alone: the state and the timers that handlers left stay.
func (tx *Tx) RevertValue(m Mark, key []byte) error {
	active, there := tx.sectionOf(key)
	if err := tx.Revert(m, key); err != nil || !there {
		return err
	}
	return tx.restoreSection(key, active)
}

// TakeBack takes back everything since m, and begins the part anew, but for the state and the timers that the handlers of keys left, and
// the messages sent. It returns the mark of what is left to the part; Rollback to m still takes back all.
func (tx *Tx) TakeBack(m Mark, keys ...[]byte) (Mark, error) {
	actives := make([][]byte, len(keys))
	gone := make([]bool, len(keys))
	for i, key := range keys {
		var there bool
		actives[i], there = tx.sectionOf(key)
		gone[i] = !there
	}
	messages, sent, answers := slices.Clone(tx.messages[m.messages:]), slices.Clone(tx.sent[m.sent:]), slices.Clone(tx.answers[m.answers:])
	told := slices.DeleteFunc(slices.Clone(tx.events[m.events:]), func(e event) bool { return e.class != emitted })
	if err := tx.Rollback(m); err != nil {
		return m, err
	}
	tx.undo.on = true
	tx.messages = append(tx.messages, messages...)
	tx.sendAgain(sent)
	tx.answers, tx.events = append(tx.answers, answers...), append(tx.events, told...)
	for i, key := range keys {
		if gone[i] {
			tx.Delete(key) // by its handler
		} else if err := tx.restoreSection(key, actives[i]); err != nil {
			return m, err
		}
	}
	return tx.Mark(), nil
}

// sectionOf returns a copy of the active section of the object at key.
func (tx *Tx) sectionOf(key []byte) (active []byte, ok bool) {
	e := tx.find(key)
	if e.r == 0 {
		return nil, false
	}
	active = tx.record(&e).active()
	return slices.Clone(active), active != nil
}

// restoreSection makes active the section of the object at key.
func (tx *Tx) restoreSection(key, active []byte) error {
	e := tx.find(key)
	if e.r != 0 && sameActive(tx.record(&e), active) {
		return nil
	}
	tx.effectActive(key, active)
	return tx.setActive(&e, key, active)
}

// dropEffects drops the effects on the object k since m. Those on its messages and dead letters stay.
func (tx *Tx) dropEffects(m Mark, k dbKey) error {
	l := &tx.effects
	d := decoder{buf: l.buf[m.effects:]}
	var kept, name, key []byte
	dropped := false
	for len(d.buf) > 0 && d.err == nil {
		unread := d.buf
		op := d.byte()
		if op == opKey {
			db := d.database(tx.ks)
			key = d.bytes()
			dropped = k == dbKey{db, string(key)}
			name = unread[:len(unread)-len(d.buf)]
			continue
		}
		wide, err := tx.applyWide(op, &d, 0, noSlot)
		if !wide {
			err = tx.applyTo(key, op, &d, true)
		}
		if err != nil {
			return err
		}
		if dropped && changesObject(op) {
			continue
		}
		if !wide {
			kept, name = append(kept, name...), nil
		}
		kept = append(kept, unread[:len(unread)-len(d.buf)]...)
	}
	l.truncate(m.effects)
	l.buf = append(l.buf, kept...)
	return d.err
}

// restore makes saved the record of a key again.
func (tx *Tx) restore(k changedKey, saved *savedRecord) error {
	selected := tx.db
	defer tx.Select(selected)
	tx.Select(k.db)
	e := tx.find(k.key)
	tx.feedBefore(&e, k.key) // what was not noted before is so now: the change was none of the value
	if e.r != 0 {
		tx.drop(&e, k.key)
	}
	if saved.rec == nil {
		return nil
	}
	img := saved.rec.image()
	if img.large {
		img.value = handleBytes(e.p.large.add(saved.large, memUsage(saved.large)))
	}
	return tx.put(&e, &img)
}

// Silence drops the notifications about key since m: what they tell of was taken back.
func (tx *Tx) Silence(m Mark, key []byte) {
	told := slices.DeleteFunc(tx.events[m.events:], func(e event) bool { return e.class != emitted && e.db == tx.db && e.key == string(key) })
	tx.events = tx.events[:m.events+len(told)]
}
