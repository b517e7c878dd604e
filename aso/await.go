package aso

import (
	"slices"

	"comet/aso/sandbox"
)

// Events of an object that clients may wait for, besides those that its handlers name.
const (
	EventPut     = "put"
	EventUpdate  = "update"
	EventDelete  = "delete"
	EventExpire  = "expire"
	EventTimer   = "timer"
	EventMessage = "message"
)

// emitted is the class of an event that clients wait for and nobody is notified of.
const emitted uint32 = 1 << 31

// awaited is a key that clients wait for events of.
type awaited struct {
	existed bool // it had a value when the last unit ended
	waiters []*Waiter
}

// Await lets w wait for an event of key in the selected database, until w.Answer is told of it. The Tx holds its lock.
func (tx *Tx) Await(w *Waiter, key []byte, event string) {
	k := dbKey{tx.db, string(key)}
	w.done, w.keys, w.event = make(chan struct{}), []dbKey{k}, event
	p := &tx.ks.parts[partitionOf(Slot(key))]
	if p.awaited == nil {
		p.awaited = map[dbKey]*awaited{}
	}
	if p.awaited[k] == nil {
		p.awaited[k] = &awaited{existed: tx.Exists(key)}
	}
	p.awaited[k].waiters = append(p.awaited[k].waiters, w)
	tx.ks.awaiting.Add(1)
}

// Emit tells the clients that wait for an event of key when the unit is durable. It costs nothing where none does.
func (tx *Tx) Emit(name string, key []byte, payload sandbox.Value) {
	if tx.replay || tx.ks.awaiting.Load() == 0 {
		return
	}
	tx.events = append(tx.events, event{class: emitted, name: name, db: tx.db, key: string(key), payload: payload})
}

// Awaiting returns how many clients wait for events of objects.
func (ks *Keyspace) Awaiting() int64 { return ks.awaiting.Load() }

func (tx *Tx) isAwaited(k dbKey) bool {
	p := &tx.ks.parts[partitionOf(Slot([]byte(k.key)))]
	return len(p.awaited) > 0 && p.awaited[k] != nil
}

// tellChange tells the clients that wait for it whether the object k, which is awaited, came to be, changed or is gone in the unit.
func (tx *Tx) tellChange(k dbKey) {
	p := &tx.ks.parts[partitionOf(Slot([]byte(k.key)))]
	a := p.awaited[k]
	exists := tx.presence(p, k.db, k.key) != absent
	name := EventUpdate
	switch {
	case !a.existed && !exists:
		return
	case !a.existed:
		name = EventPut
	case !exists:
		name = EventDelete
	}
	a.existed = exists
	if name != EventDelete || !tx.expired(k) {
		tx.tell(k, name, sandbox.Value{})
	}
}

// expired reports whether the object k died by its deadline in the unit.
func (tx *Tx) expired(k dbKey) bool {
	return slices.ContainsFunc(tx.events, func(e event) bool {
		return e.class == emitted && e.name == EventExpire && e.db == k.db && e.key == k.key
	})
}

// tell answers the clients that wait for the event of k.
func (tx *Tx) tell(k dbKey, name string, payload sandbox.Value) {
	p := &tx.ks.parts[partitionOf(Slot([]byte(k.key)))]
	if a := p.awaited[k]; a != nil {
		tx.letGo(p, k, func(w *Waiter) bool { return w.event == name && tx.answer(w, name, payload) })
	}
}

// letGo takes those that done says off the waiters for events of k.
func (tx *Tx) letGo(p *partition, k dbKey, done func(w *Waiter) bool) {
	a := p.awaited[k]
	n := len(a.waiters)
	a.waiters = slices.DeleteFunc(a.waiters, done)
	tx.ks.awaiting.Add(int64(len(a.waiters) - n))
	if len(a.waiters) == 0 {
		delete(p.awaited, k)
	}
}

// answer gives w the answer that it waits for, and reports whether it did.
func (tx *Tx) answer(w *Waiter, name string, v sandbox.Value) bool {
	if !w.state.CompareAndSwap(waiting, served) {
		return false
	}
	w.Answer(name, v)
	tx.woken = append(tx.woken, w)
	return true
}

// forgetAwait takes w off those that wait for events of k.
func (tx *Tx) forgetAwait(p *partition, k dbKey, w *Waiter) {
	if p.awaited[k] != nil {
		tx.letGo(p, k, func(other *Waiter) bool { return other == w })
	}
}

// touchAwaited notes that every awaited key of database db in p may have changed.
func (tx *Tx) touchAwaited(p *partition, db int) {
	for k := range p.awaited {
		if k.db == db {
			tx.events = append(tx.events, event{db: db, key: k.key})
		}
	}
}
