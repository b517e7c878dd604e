package aso

import (
	"sync/atomic"

	"comet/aso/sandbox"
)

// Waiter is a blocked client: it waits until one of its keys has what it wants. It is served by the goroutine that put it there, in the
// order in which waiters of a key blocked, before any other client can take it.
type Waiter struct {
	// Serve tries the client's command on key, which changed. It runs as a unit of the Tx and reports whether the client is done.
	Serve func(tx *Tx, key []byte) bool
	// Answer makes the reply of a client that waits for an event or an answer, instead of Serve: of its name, empty for an answer, and what
	// came with it.
	Answer func(event string, v sandbox.Value)
	// Gone tells that Serve wants to know also when the key has no value any more.
	Gone bool
	// Client is whose unit Serve is, as for SetClient.
	Client uint64
	// Locks are the partitions of all keys that Serve may touch.
	Locks Locks

	keys  []dbKey
	event string // that is awaited of the key
	call  string // whose answer is awaited: the reply_to
	state atomic.Int32
	done  chan struct{}
	gate  uint64 // journal position of what Serve did; set before done is closed
}

const (
	waiting int32 = iota
	served
	ended
)

// waitQueue holds the waiters of a key, the longest waiting first.
type waitQueue struct{ waiters []*Waiter }

// Block lets w wait for keys of the selected database. The Tx holds their locks.
func (tx *Tx) Block(w *Waiter, keys [][]byte) {
	w.done = make(chan struct{})
	for _, key := range keys {
		k := dbKey{tx.db, string(key)}
		w.keys = append(w.keys, k)
		p := &tx.ks.parts[partitionOf(Slot(key))]
		if p.blocked == nil {
			p.blocked = map[dbKey]*waitQueue{}
		}
		q := p.blocked[k]
		if q == nil {
			q = &waitQueue{}
			p.blocked[k] = q
		}
		q.waiters = append(q.waiters, w)
	}
}

// Done is closed when w was served.
func (w *Waiter) Done() <-chan struct{} { return w.done }

// Gate returns the journal position to wait for before the reply of w leaves. It is valid once Done is closed.
func (w *Waiter) Gate() uint64 { return w.gate }

// Unblock stops the waiting of w, and reports false if it was served before. It takes locks.
func (ks *Keyspace) Unblock(w *Waiter) bool {
	var locks Locks
	for _, k := range w.keys {
		locks.Add([]byte(k.key))
	}
	tx := ks.Begin(&locks) // with all locks held nobody is serving w
	defer tx.Commit()
	return tx.unblock(w)
}

func (tx *Tx) unblock(w *Waiter) bool {
	for _, k := range w.keys {
		p := &tx.ks.parts[partitionOf(Slot([]byte(k.key)))]
		p.forget(k, w)
		tx.forgetAwait(p, k, w)
	}
	if w.call != "" {
		tx.ks.callers.take(w.call)
	}
	return w.state.CompareAndSwap(waiting, ended)
}

// Interrupt stops the waiting of w and closes Done, and reports false if it was served or stopped before. It takes locks.
func (ks *Keyspace) Interrupt(w *Waiter) bool {
	if !ks.Unblock(w) {
		return false
	}
	close(w.done)
	return true
}

// Served reports whether w was served. It is final once the waiting has ended.
func (w *Waiter) Served() bool { return w.state.Load() == served }

func (p *partition) forget(k dbKey, w *Waiter) {
	q := p.blocked[k]
	if q == nil {
		return
	}
	for i, other := range q.waiters {
		if other == w {
			q.waiters = append(q.waiters[:i:i], q.waiters[i+1:]...)
			break
		}
	}
	if len(q.waiters) == 0 {
		delete(p.blocked, k)
	}
}

// serveBlocked serves the clients that wait for keys which the unit changed, and for keys which serving them changes.
func (tx *Tx) serveBlocked() {
	if len(tx.ready) == 0 || tx.serving {
		return
	}
	tx.serving = true
	defer func() { tx.serving = false }()
	for len(tx.ready) > 0 {
		k := tx.ready[0]
		tx.ready = tx.ready[1:]
		tx.serveKey(k)
	}
}

func (tx *Tx) serveKey(k dbKey) {
	p := &tx.ks.parts[partitionOf(Slot([]byte(k.key)))]
	q := p.blocked[k]
	if q == nil {
		return
	}
	selected := tx.db
	defer tx.Select(selected)
	for _, w := range append([]*Waiter(nil), q.waiters...) {
		tx.Select(k.db)
		if w.state.Load() != waiting || !w.Gone && !tx.Exists([]byte(k.key)) {
			continue
		}
		if !tx.widen(&w.Locks) {
			tx.deferred = append(tx.deferred, deferredServe{w.Locks, k})
			return
		}
		if tx.serve(w, k) {
			p.forget(k, w)
		}
	}
}

// serve runs the command of w as a unit.
func (tx *Tx) serve(w *Waiter, k dbKey) bool {
	if !w.state.CompareAndSwap(waiting, served) {
		return false
	}
	done, client := false, tx.client
	tx.client = w.Client
	defer func() { // also if Serve panics
		tx.client = client
		if !done {
			w.state.Store(waiting)
		}
	}()
	tx.Start(k.db)
	ok := w.Serve(tx, []byte(k.key))
	if err := tx.End(); err != nil || !ok {
		return false
	}
	done = true
	tx.woken = append(tx.woken, w)
	return true
}

// widen takes the locks that are missing from locks if that needs no waiting.
func (tx *Tx) widen(locks *Locks) bool {
	ok := true
	locks.each(func(p int) {
		if !ok || tx.locks.has(p) {
			return
		}
		if ok = tx.ks.parts[p].mu.TryLock(); ok {
			tx.locks.add(p)
		}
	})
	tx.effects.on = tx.ks.wantsEffects() // a snapshot may have begun to copy one of them
	return ok
}

// deferredServe is a key whose first waiter needs locks that were taken.
type deferredServe struct {
	locks Locks
	key   dbKey
}

// serveDeferred serves waiters that a Tx could not, after it has unlocked. It returns what Commit does.
func (ks *Keyspace) serveDeferred(d deferredServe) (gate uint64) {
	tx := ks.Begin(&d.locks)
	tx.serveKey(d.key)
	tx.serveBlocked()
	return tx.Commit()
}
