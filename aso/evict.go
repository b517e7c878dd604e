package aso

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"comet/aso/sandbox"
)

// EvictionOrder says which objects give way first.
type EvictionOrder uint8

// The orders of eviction.
const (
	EvictNone   EvictionOrder = iota // none gives way
	EvictIdle                        // those used least recently
	EvictRare                        // those used least frequently
	EvictSoon                        // those that expire first
	EvictRandom                      // any
)

// Eviction says what happens when objects hold more memory than they may.
type Eviction struct {
	Max       int64 // bytes that objects may hold; 0 is no limit
	Order     EvictionOrder
	Volatile  bool          // only objects with a deadline give way
	Samples   int           // objects that are looked at for each that goes
	Time      time.Duration // that one call of MakeRoom takes; 0 is no limit
	LogFactor int64         // with EvictRare: the higher, the more uses it takes to be a frequently used object
	Decay     int64         // with EvictRare: minutes without use that count as one use less
}

// evictionRules are an Eviction in force.
type evictionRules struct {
	Eviction
	rates *frequencies // nil unless the order is EvictRare
}

// evictor lets objects give way. It holds the lock of one partition at a time and never waits for one with a Tx open, so it runs before a command
// takes its locks.
type evictor struct {
	rules   atomic.Pointer[evictionRules]
	starved atomic.Bool // nothing can be evicted until something changes

	mu      sync.Mutex // guards what follows; taken before partition locks
	obeyed  *evictionRules
	pool    evictionPool
	weights [partitions]int // objects of each partition that may go, when it was last looked at
	total   int             // sum of weights
	next    int             // partition whose weight is renewed next
}

// SetEviction says what happens when objects hold more memory than they may.
func (ks *Keyspace) SetEviction(e Eviction) {
	r := &evictionRules{Eviction: e}
	if e.Order == EvictRare {
		r.rates = &frequencies{e.LogFactor, e.Decay}
	}
	ks.evictor.rules.Store(r)
	ks.evictor.starved.Store(false)
	if ks.IsShort() {
		ks.wakeExpirer()
	}
}

// smallestObject is what no object is smaller than.
const smallestObject = 16

// IsShort reports whether objects hold more memory than they may, or may hold less than any object needs. Those of a master may hold what they hold there.
func (ks *Keyspace) IsShort() bool {
	limit := ks.evictor.rules.Load().Max
	return limit > 0 && (ks.MemoryUsed() > limit || limit < smallestObject) && !ks.Follows()
}

// noteChange tells that there may be something to evict. The locks of what changed are held.
func (v *evictor) noteChange() {
	if v.starved.Load() {
		v.starved.Store(false)
	}
}

// MakeRoom evicts objects if they hold more memory than they may, until another room bytes would fit, and returns the journal position of that. ok
// is false if nothing is left to be evicted; if only the time is over, the loop of deadlines goes on. The caller holds no partition. by is the client
// whose command needs the room, and hear is called, as by Tx.HearEnd, with what is published of the evictions.
func (ks *Keyspace) MakeRoom(room int64, by uint64, hear func(n Notice)) (gate uint64, ok bool) {
	_, gate, ok = ks.evict(room, by, hear)
	return gate, ok
}

// evict is MakeRoom. It also returns how many objects it evicted.
func (ks *Keyspace) evict(room int64, by uint64, hear func(n Notice)) (n int, gate uint64, ok bool) {
	const unwatched = 16 // objects evicted between two looks at the time
	v, began := &ks.evictor, time.Now()
	switch r := v.rules.Load(); {
	case !ks.IsShort(), ks.isStill():
		return 0, 0, true
	case r.Order == EvictNone || v.starved.Load():
		return 0, 0, false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	r := ks.obeyRules()
	if r.Order == EvictNone {
		return 0, 0, false
	}
	defer ks.tellDuration(EvictionCycle, began)
	for limit := r.Max; limit > 0 && ks.MemoryUsed() > limit; limit = max(r.Max-room, 1) {
		u := ks.evictNext(r, by, hear)
		if !u.gone {
			break
		}
		gate = max(gate, u.gate)
		if n++; r.Time > 0 && (n%unwatched == 0 || u.active) && time.Since(began) > r.Time {
			ks.wakeExpirer()
			return n, gate, true
		}
	}
	return n, gate, !ks.IsShort()
}

// obeyRules returns the rules in force, and forgets what was found by others.
func (ks *Keyspace) obeyRules() *evictionRules {
	v := &ks.evictor
	r := v.rules.Load()
	if r != v.obeyed {
		v.obeyed, v.pool.count = r, 0
		ks.weighAll(r)
	}
	return r
}

// evictionUnit is the unit in which an object gave way.
type evictionUnit struct {
	gone   bool
	active bool // its handlers may have run
	gate   uint64
}

// evictNext evicts the next object, if there is any.
func (ks *Keyspace) evictNext(r *evictionRules, by uint64, hear func(n Notice)) evictionUnit {
	const (
		patience = 16 // candidates that were used since they were found, before any will do
		attempts = 64 // samples in which there was nothing, before all partitions are looked at
	)
	v := &ks.evictor
	for stale, empty := 0, 0; ; {
		ks.sample(r)
		if c := v.pool.take(); c != nil {
			if u := ks.evictCandidate(r, c, stale < patience, by, hear); u.gone {
				return u
			}
			stale++
			continue
		}
		if empty++; v.total > 0 && empty%attempts != 0 {
			continue
		}
		v.starved.Store(true) // before the look, so that a change after it is noticed
		if ks.weighAll(r); v.total == 0 {
			return evictionUnit{}
		}
		v.starved.Store(false)
	}
}

// evictCandidate evicts the object of c, if it is there and, where that is asked for, as good a candidate as it was when it was found.
func (ks *Keyspace) evictCandidate(r *evictionRules, c *candidate, asGood bool, by uint64, hear func(n Notice)) (u evictionUnit) {
	var locks Locks
	locks.add(c.part)
	tx := ks.Begin(&locks)
	tx.SetClient(by)
	tx.Start(c.db)
	if e := tx.find(c.key); e.r != 0 {
		rec := tx.record(&e)
		if u.gone = (!r.Volatile || rec.deadline() != 0) && (!asGood || r.score(rec, tx.now) >= c.score); u.gone {
			u.active = tx.IsActive(c.key)
			began := time.Now()
			tx.SetCause(causeEviction)
			tx.evict(slices.Clone(c.key), &e)
			ks.tellDuration(EvictOne, began)
		}
	}
	_ = tx.End()
	if hear != nil {
		tx.HearEnd(hear)
	}
	u.gate = tx.Commit()
	return u
}

// evict lets the object at key and e die; one whose deadline has passed expires.
func (tx *Tx) evict(key []byte, e *entry) {
	if tx.Over(tx.record(e).deadline()) {
		tx.expire(key)
		return
	}
	if tx.ks.MayAct() && tx.Handlers(key).Has(sandbox.OnEvict) {
		tx.announceEviction(key)
	}
	if gone := tx.find(key); gone.r != 0 { // else its handler has deleted it
		tx.removeUncounted(&gone, key)
	}
	if tx.feeding() {
		tx.feedTell(FeedEvict, key, "", nil)
	}
	tx.ks.Metrics.Evicted.Add(1)
	tx.Notify(NotifyEvicted, "evicted", key)
}

// announceEviction runs the onEvict handlers of the object at key. They cannot keep it.
func (tx *Tx) announceEviction(key []byte) {
	m := tx.Mark()
	ev := Event{Handler: sandbox.OnEvict, ID: tx.eventID()}
	if _, err := tx.RunHandler(key, &ev); err != nil {
		tx.takeBackDeath(m, key, ev, err)
		return
	}
	tx.Release(m)
}
