package aso

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
)

// larder is a keyspace whose objects give way.
type larder struct {
	*crowd
	rnd *rand.Rand
}

func newLarder(t *testing.T, e Eviction) *larder {
	c := newCrowd(t)
	c.ks.SetEviction(e)
	return &larder{c, rand.New(rand.NewPCG(c.seed, 0))}
}

func (l *larder) do(db int, fn func(tx *Tx) error) {
	l.t.Helper()
	tx := l.ks.Begin(allLocks())
	tx.Start(db)
	if err := fn(tx); err != nil {
		l.t.Fatal(err)
	}
	if err := tx.End(); err != nil {
		l.t.Fatal(err)
	}
	tx.Commit()
}

func (l *larder) set(key string, size int, deadline int64) {
	l.do(0, func(tx *Tx) error { return tx.SetString([]byte(key), make([]byte, size), deadline) })
}

// read uses key and reports whether it is there.
func (l *larder) read(key string) (ok bool) {
	l.do(0, func(tx *Tx) error {
		_, ok, _ = tx.String([]byte(key))
		return nil
	})
	return ok
}

func (l *larder) keys() (keys []string) {
	l.do(0, func(tx *Tx) error {
		tx.Keys(func(key []byte, _ Kind) { keys = append(keys, string(key)) })
		return nil
	})
	slices.Sort(keys)
	return keys
}

// evictAll lets the objects give way one by one, and returns their keys in that order.
func (l *larder) evictAll(e Eviction) (order []string) {
	l.t.Helper()
	for before := l.keys(); ; {
		e.Max = l.ks.MemoryUsed() - 1
		if e.Max <= 0 {
			return order
		}
		l.ks.SetEviction(e)
		l.ks.MakeRoom(0, 0, nil)
		after := l.keys()
		if len(before)-len(after) != 1 {
			return order
		}
		order = append(order, slices.DeleteFunc(before, func(k string) bool { return slices.Contains(after, k) })...)
		before = after
	}
}

func TestOrderOfEviction(t *testing.T) {
	const hour = 3600 * 1000
	fill := func(l *larder) {
		for i, uses := range []int{3, 1, 4, 0, 1} {
			key := fmt.Sprint("k", i)
			deadline := int64(0)
			if i < 3 {
				deadline = l.now.Load() + int64(10-i)*hour
			}
			l.set(key, 10, deadline)
			for range uses {
				l.read(key)
			}
			l.now.Add(2000)
		}
		l.read("k1")
		l.now.Add(2000)
		l.do(0, func(tx *Tx) error { // none of these is a use
			key := []byte("k0")
			tx.Exists(key)
			tx.Kind(key)
			tx.Deadline(key)
			tx.Object(key)
			return nil
		})
	}
	for _, c := range []struct {
		rules Eviction
		want  string
	}{
		{Eviction{Order: EvictIdle}, "[k0 k2 k3 k4 k1]"},
		{Eviction{Order: EvictIdle, Volatile: true}, "[k0 k2 k1]"},
		{Eviction{Order: EvictRare}, "[k3 k4 k1 k0 k2]"},
		{Eviction{Order: EvictRare, Volatile: true}, "[k1 k0 k2]"},
		{Eviction{Order: EvictSoon, Volatile: true}, "[k2 k1 k0]"},
	} {
		c.rules.Samples = 16 // all of them
		l := newLarder(t, c.rules)
		fill(l)
		got := l.evictAll(c.rules)
		if fmt.Sprint(got) != c.want {
			t.Errorf("%+v: %v, want %s", c.rules, got, c.want)
		}
	}
}

func TestRandomEvictionTakesAll(t *testing.T) {
	for _, volatile := range []bool{false, true} {
		l := newLarder(t, Eviction{})
		for i := range 40 {
			l.set(fmt.Sprint("k", i), 10, int64(i%2)*(l.now.Load()+1000))
		}
		want := 40
		if volatile {
			want = 20
		}
		if got := l.evictAll(Eviction{Order: EvictRandom, Volatile: volatile}); len(got) != want {
			t.Errorf("volatile %v: %d objects went, want %d", volatile, len(got), want)
		}
	}
}

// Whatever is written, memory is below the limit before each write, unless nothing is left that may go; the journal makes the same keyspace.
func TestEvictionKeepsMemoryBelowTheLimit(t *testing.T) {
	for order := EvictNone; order <= EvictRandom; order++ {
		for _, volatile := range []bool{false, true} {
			l := newLarder(t, Eviction{Max: 6000, Order: order, Volatile: volatile, Samples: 1 + rand.IntN(8), LogFactor: 1, Decay: 1})
			for range 3000 {
				l.write()
				l.now.Add(int64(l.rnd.IntN(3000)))
				room := int64(l.rnd.IntN(2) * 500)
				_, ok := l.ks.MakeRoom(room, 0, nil)
				if used := l.ks.MemoryUsed(); ok != (used <= 6000) {
					t.Fatalf("order %d, volatile %v: enough is %v with %d bytes", order, volatile, ok, used)
				}
				if !ok {
					if n := l.evictable(order, volatile); n > 0 {
						t.Fatalf("order %d, volatile %v: short of memory with %d objects that may go", order, volatile, n)
					}
					l.do(l.rnd.IntN(2), func(tx *Tx) error {
						if order == EvictNone || l.rnd.IntN(20) == 0 {
							tx.FlushDB()
						} else if key := tx.Random(); key != nil {
							return tx.SetDeadline(slices.Clone(key), l.now.Load()+5000)
						}
						return nil
					})
				}
			}
			want := l.stateNow(l.ks)
			if d := l.stateNow(l.load(nil, 0)).diff(want); d != "" {
				t.Fatalf("order %d, volatile %v: %s", order, volatile, d)
			}
			if order != EvictNone && l.ks.Metrics.Evicted.Load() == 0 {
				t.Errorf("order %d, volatile %v: nothing was evicted", order, volatile)
			}
		}
	}
}

// write changes one object at random.
func (l *larder) write() {
	key := fmt.Appendf(nil, "k%d", l.rnd.IntN(200))
	l.do(l.rnd.IntN(2), func(tx *Tx) error {
		deadline := int64(l.rnd.IntN(2)) * (l.now.Load() + int64(1+l.rnd.IntN(100_000)))
		switch l.rnd.IntN(6) {
		case 0:
			h, err := tx.Hash(key)
			if err == nil {
				h.Set(fmt.Appendf(nil, "f%d", l.rnd.IntN(20)), make([]byte, l.rnd.IntN(60)))
			}
			return ignoreType(err)
		case 1:
			_, _, err := tx.String(key)
			return ignoreType(err)
		case 2:
			tx.Delete(key)
			return nil
		}
		return tx.SetString(key, make([]byte, l.rnd.IntN(300)), deadline)
	})
}

func ignoreType(err error) error {
	if err == ErrWrongType {
		return nil
	}
	return err
}

// evictable counts what may go.
func (l *larder) evictable(order EvictionOrder, volatile bool) (n int) {
	if order == EvictNone {
		return 0
	}
	for db := range 2 {
		l.do(db, func(tx *Tx) error {
			tx.Keys(func(key []byte, _ Kind) {
				if at, _ := tx.Deadline(key); at != 0 || !volatile {
					n++
				}
			})
			return nil
		})
	}
	return n
}

// Evictions by several goroutines, commands, snapshots and the loop of deadlines leave one history.
func TestEvictionBesideOthersLeavesOneHistory(t *testing.T) {
	const members, steps = 6, 1500
	c := newCrowd(t)
	ctx, cancel := context.WithCancel(t.Context())
	var loop sync.WaitGroup
	loop.Go(func() {
		if err := c.ks.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	c.each(members, func(m *member) {
		for i := range steps {
			if m.id == 0 && i%100 == 0 {
				c.ks.SetEviction(Eviction{
					Max: 500 + int64(m.rnd.IntN(3000)), Order: EvictionOrder(m.rnd.IntN(5)), Volatile: m.rnd.IntN(2) == 0, Samples: 1 + m.rnd.IntN(10), LogFactor: 10,
				})
			}
			if gate, _ := c.ks.MakeRoom(int64(m.rnd.IntN(200)), 0, nil); gate > 0 {
				m.wait(gate)
			}
			m.step()
		}
		m.leave()
	})
	cancel()
	loop.Wait()
	if c.ks.Metrics.Evicted.Load() == 0 {
		t.Error("nothing was evicted")
	}
	want := c.stateNow(c.ks)
	if d := c.stateNow(c.load(nil, 0)).diff(want); d != "" {
		t.Errorf("the journal makes another keyspace:\n%s", d)
	}
}

func TestCountOfUses(t *testing.T) {
	const minute = 60_000
	f := frequencies{logFactor: 10, decay: 1}
	now := int64(1_000_000 * minute)
	clock := minutesOf(now)<<countBits | newCount
	for range 1_000_000 {
		clock = f.used(clock, now)
	}
	if got := f.count(clock, now); got < 240 { // the table in redis.conf: a million hits with factor 10 make 255
		t.Errorf("a million uses count %d", got)
	}
	high := int64(f.count(clock, now))
	for _, c := range []struct{ minutes, decay, want int64 }{
		{0, 1, high}, {1, 1, high - 1}, {100, 1, high - 100}, {300, 1, 0}, {100, 10, high - 10}, {100, 0, high}, {1<<16 - 1, 1, 0},
	} {
		if got := (&frequencies{10, c.decay}).count(clock, now+c.minutes*minute); int64(got) != c.want {
			t.Errorf("after %d minutes with decay %d: %d, want %d", c.minutes, c.decay, got, c.want)
		}
	}
}

func TestPoolKeepsTheBest(t *testing.T) {
	var p evictionPool
	var scores []uint64
	for i := range 500 {
		score := rand.Uint64N(100)
		scores = append(scores, score)
		key := fmt.Appendf(nil, "key %d of %d", i, score)
		p.add(candidate{score: score, part: i, key: key})
		p.add(candidate{score: score, part: i, key: key})
		clear(key)
	}
	slices.Sort(scores)
	slices.Reverse(scores)
	for i := range poolSize {
		c := p.take()
		if c == nil || c.score != scores[i] || string(c.key) != fmt.Sprintf("key %d of %d", c.part, c.score) {
			t.Fatalf("%d: %+v, want score %d", i, c, scores[i])
		}
	}
	if c := p.take(); c != nil {
		t.Errorf("%+v is left", c)
	}
}
