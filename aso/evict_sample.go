package aso

import (
	"math"
	"math/rand/v2"
)

// score says how much an object is a candidate.
func (r *evictionRules) score(rec record, now int64) uint64 {
	switch r.Order {
	case EvictIdle:
		return uint64(idleSeconds(rec.clock(), now))
	case EvictRare:
		return uint64(maxCount - r.rates.count(rec.clock(), now))
	case EvictSoon:
		return math.MaxUint64 - uint64(rec.deadline())
	}
	return 0
}

// weighAll looks at all partitions.
func (ks *Keyspace) weighAll(r *evictionRules) {
	for i := range ks.parts {
		p := &ks.parts[i]
		p.mu.Lock()
		ks.weigh(i, r)
		p.mu.Unlock()
	}
}

// weigh counts the objects of partition i that may give way. Its lock is held.
func (ks *Keyspace) weigh(i int, r *evictionRules) (n int) {
	v := &ks.evictor
	for _, d := range ks.parts[i].dbs {
		n += d.evictable(r)
	}
	if !r.Volatile {
		n -= ks.feedStreams(i)
	}
	v.total += n - v.weights[i]
	v.weights[i] = n
	return n
}

// evictable counts the objects of d that may give way.
func (d *database) evictable(r *evictionRules) (n int) {
	switch {
	case d == nil:
	case r.Volatile:
		n = d.expires
	default:
		for i := range d.slots {
			n += d.slots[i].count
		}
	}
	return n
}

// sample puts some objects into the pool, if there are any: all, if they are no more than a sample.
func (ks *Keyspace) sample(r *evictionRules) {
	v := &ks.evictor
	v.next = (v.next + 1) % partitions
	ks.visit(v.next, r, 0)
	left := max(r.Samples, 1)
	if r.Order == EvictRandom {
		left, v.pool.count = 1, 0
	}
	if v.total <= left {
		for i := range ks.parts {
			if v.weights[i] > 0 {
				ks.visit(i, r, v.weights[i])
			}
		}
		return
	}
	for tries := 2 * left; left > 0 && tries > 0 && v.total > 0; tries-- {
		left -= ks.visit(v.choose(), r, left)
	}
}

// choose returns a partition at random, by weight. The total is not 0.
func (v *evictor) choose() int {
	pick := rand.IntN(v.total)
	for i, weight := range v.weights {
		if pick < weight {
			return i
		}
		pick -= weight
	}
	return 0
}

// visit puts up to n objects of partition i into the pool, and returns how many it has looked at.
func (ks *Keyspace) visit(i int, r *evictionRules, n int) int {
	p := &ks.parts[i]
	p.mu.Lock()
	defer p.mu.Unlock()
	weight := ks.weigh(i, r)
	if weight == 0 || n == 0 {
		return 0
	}
	s := sampling{ks: ks, rules: r, part: i, now: ks.now()}
	if n >= weight {
		for db, d := range p.dbs {
			s.all(db, d)
		}
		return s.seen
	}
	pick := rand.IntN(weight)
	for db, d := range p.dbs {
		count := d.evictable(r)
		if pick < count {
			s.some(db, d, pick, n)
			break
		}
		pick -= count
	}
	return s.seen
}

// sampling is a look at some objects of a partition, whose lock is held.
type sampling struct {
	ks    *Keyspace
	rules *evictionRules
	part  int
	now   int64
	seen  int
}

// look puts the object r of database db into the pool, if it may give way.
func (s *sampling) look(db int, r ref) {
	rec := s.ks.arena.record(r)
	if s.rules.Volatile && rec.deadline() == 0 || s.ks.isFeedOf(db, rec.key()) {
		return
	}
	s.seen++
	s.ks.evictor.pool.add(candidate{score: s.rules.score(rec, s.now), part: s.part, db: db, key: rec.key()})
}

// all looks at all objects of database db, which is d.
func (s *sampling) all(db int, d *database) {
	if d == nil {
		return
	}
	if s.rules.Volatile {
		d.eachDue(func(r ref) { s.look(db, r) })
		return
	}
	for i := range d.slots {
		d.slots[i].each(func(r ref) bool {
			s.look(db, r)
			return true
		})
	}
}

// some looks at up to n objects of database db, which is d: from a place that pick, a random number below the count of all, chooses.
func (s *sampling) some(db int, d *database, pick, n int) {
	if s.rules.Volatile {
		s.someDue(db, d, n)
		return
	}
	for i := range d.slots {
		t := &d.slots[i]
		if pick >= t.count {
			pick -= t.count
			continue
		}
		start := rand.IntN(len(t.places))
		for j := 0; j < len(t.places) && s.seen < n; j++ {
			if at := (start + j) & (len(t.places) - 1); t.places[at] != 0 {
				s.look(db, t.ref(at))
			}
		}
		return
	}
}

// someDue looks at up to n objects of d that have a deadline.
func (s *sampling) someDue(db int, d *database, n int) {
	deaths, timers := d.due.entries, d.timers.entries
	at := func(i int) ref {
		if i < len(deaths) {
			return deaths[i].r
		}
		return timers[i-len(deaths)].r
	}
	count := len(deaths) + len(timers)
	if s.rules.Order == EvictSoon {
		s.look(db, at(0))
	}
	for tries := 2 * n; s.seen < n && tries > 0; tries-- {
		s.look(db, at(rand.IntN(count)))
	}
	if s.seen == 0 { // most objects have timers and no deadline
		for start, j := rand.IntN(count), 0; s.seen == 0; j++ {
			s.look(db, at((start+j)%count))
		}
	}
}

// eachDue calls fn for each object of d that has a deadline or timers.
func (d *database) eachDue(fn func(r ref)) {
	for _, h := range [...]*dueHeap{&d.due, &d.timers} {
		for _, e := range h.entries {
			fn(e.r)
		}
	}
}
