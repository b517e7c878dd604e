package aso

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"comet/aso/randtest"
)

// sharedRecorder is a journal in memory for many goroutines.
type sharedRecorder struct {
	mu sync.Mutex
	recorder
}

func (r *sharedRecorder) Append(unit []byte) uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.recorder.Append(unit)
}

func (r *sharedRecorder) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.units)
}

// crowd is many goroutines that use one keyspace.
type crowd struct {
	t     *testing.T
	ks    *Keyspace
	log   sharedRecorder
	now   atomic.Int64
	seed  uint64
	quiet atomic.Bool // whole databases are left alone
}

func newCrowd(t *testing.T) *crowd {
	c := &crowd{t: t, seed: randtest.Seed(t)}
	c.now.Store(1_000_000)
	c.ks = New(Options{Databases: 2, Limits: tinyLimits(), Now: c.now.Load, Committer: &c.log})
	c.ks.hold = 100 // a snapshot takes several pieces of a slot
	return c
}

// each runs n goroutines to their end.
func (c *crowd) each(n int, run func(m *member)) {
	var wg sync.WaitGroup
	for i := range n {
		m := &member{crowd: c, id: i, rnd: rand.New(rand.NewPCG(c.seed, uint64(i)))}
		wg.Go(func() { run(m) })
	}
	wg.Wait()
}

// member is one goroutine of a crowd.
type member struct {
	*crowd
	id      int
	rnd     *rand.Rand
	blocked []*blockedPop
	watches []*Watch
}

func (m *member) key() []byte {
	return fmt.Appendf(nil, "k%d", m.rnd.IntN(40))
}

// text is a string of a length on both sides of each limit.
func (m *member) text() []byte {
	return slices.Repeat([]byte{byte('a' + m.id)}, []int{1, 8, 40, 101, 300}[m.rnd.IntN(5)])
}

// unit runs fn as a unit that holds the locks of keys, or all.
func (m *member) unit(keys [][]byte, fn func(tx *Tx) error) {
	locks := allLocks()
	if keys != nil {
		locks = &Locks{}
		for _, key := range keys {
			locks.Add(key)
		}
	}
	tx := m.ks.Begin(locks)
	tx.Start(m.rnd.IntN(2))
	if err := fn(tx); err != nil && !errors.Is(err, ErrWrongType) && !errors.Is(err, ErrNoSuchKey) {
		m.t.Error(err)
	}
	if err := tx.End(); err != nil {
		m.t.Error(err)
	}
	m.wait(tx.Commit())
}

func (m *member) wait(gate uint64) {
	if err := m.ks.Wait(gate); err != nil {
		m.t.Error(err)
	}
}

// change runs a random change of one or two objects.
func (m *member) change() {
	key, other := m.key(), m.key()
	m.unit([][]byte{key, other}, func(tx *Tx) error {
		switch m.rnd.IntN(16) {
		case 0:
			return tx.SetString(key, m.text(), 0)
		case 1:
			return tx.SetString(key, m.text(), m.now.Load()+int64(m.rnd.IntN(30)))
		case 2:
			_, err := tx.Splice(key, m.rnd.IntN(200), m.text())
			return err
		case 3:
			tx.Delete(key)
			return nil
		case 4:
			return tx.SetDeadline(key, m.now.Load()+1+int64(m.rnd.IntN(30)))
		case 5:
			if string(key) == string(other) {
				return nil
			}
			return tx.Rename(key, m.rnd.IntN(2), other)
		case 6:
			if string(key) == string(other) {
				return nil
			}
			return tx.Copy(key, tx.DB(), other)
		case 7, 8:
			h, err := tx.Hash(key)
			if err == nil {
				h.Set(fmt.Appendf(nil, "f%d", m.rnd.IntN(8)), m.text())
				h.Delete(fmt.Appendf(nil, "f%d", m.rnd.IntN(8)))
			}
			return err
		case 9:
			s, err := tx.Set(key)
			if err == nil {
				s.Add(m.text())
			}
			return err
		case 10:
			z, err := tx.ZSet(key)
			if err == nil {
				z.Set(m.text(), float64(m.rnd.IntN(5)))
			}
			return err
		case 11:
			return m.move(tx, key, other)
		case 12:
			_, err := tx.SetTimer(key, Timer{Name: "t", At: m.now.Load() + int64(m.rnd.IntN(30)), Every: int64(m.rnd.IntN(20))}, TimerAlways)
			return err
		case 13:
			_, err := tx.CancelTimer(key, "t")
			return err
		default:
			l, err := tx.List(key)
			if err == nil {
				l.PushBack(m.text())
			}
			return err
		}
	})
}

// move takes an element from one list to another.
func (m *member) move(tx *Tx, from, to []byte) error {
	v, err := popFront(tx, from)
	if v == nil || err != nil {
		return err
	}
	l, err := tx.List(to)
	if err != nil {
		l, _ = tx.List(from)
	}
	l.PushBack(v)
	return nil
}

// popFront takes the first element of a list, nil if there is none.
func popFront(tx *Tx, key []byte) ([]byte, error) {
	l, err := tx.List(key)
	if err != nil || l.Len() == 0 {
		return nil, err
	}
	v, _ := l.Index(0)
	v = slices.Clone(v)
	l.RemoveAt(0, 1)
	return v, nil
}

// blockedPop is a client that waits for an element, and moves it to the list to, if that is set.
type blockedPop struct {
	Waiter
	keys [][]byte
	to   []byte
	got  []byte // set by whoever serves it
}

// block takes the first element of a list, or waits for it. It returns nil if there is no need to wait.
func (m *member) block(db int, keys [][]byte, to []byte) *blockedPop {
	w := &blockedPop{keys: keys, to: to}
	for _, key := range keys {
		w.Locks.Add(key)
	}
	if to != nil {
		w.Locks.Add(to)
	}
	w.Serve = w.try
	tx := m.ks.Begin(&w.Locks)
	tx.Start(db)
	if !slices.ContainsFunc(keys, func(key []byte) bool { return w.try(tx, key) }) {
		tx.Block(&w.Waiter, keys)
	}
	if err := tx.End(); err != nil {
		m.t.Error(err)
	}
	m.wait(tx.Commit())
	return w
}

func (w *blockedPop) try(tx *Tx, key []byte) bool {
	if w.to != nil {
		if _, err := tx.List(w.to); err != nil {
			return false
		}
	}
	v, err := popFront(tx, key)
	if err != nil || v == nil {
		return false
	}
	w.got = v
	if w.to != nil {
		to, _ := tx.List(w.to)
		to.PushBack(v)
	}
	return tx.EndCommand() == nil
}

// endWait stops the waiting of w and returns what it got.
func (m *member) endWait(w *blockedPop) []byte {
	if w.Done() == nil {
		return w.got // it did not have to wait
	}
	if m.rnd.IntN(2) == 0 {
		m.ks.Unblock(&w.Waiter)
	} else {
		var locks Locks
		for _, key := range w.keys {
			locks.Add(key)
		}
		tx := m.ks.Begin(&locks)
		tx.Interrupt(&w.Waiter)
		tx.Commit()
		<-w.Done()
	}
	if !w.Served() {
		return nil
	}
	<-w.Done()
	m.wait(w.Gate())
	return w.got
}

func (m *member) startWatch() {
	w, keys := &Watch{}, [][]byte{m.key(), m.key()}
	m.unit(keys, func(tx *Tx) error {
		tx.Watch(w, keys[0])
		tx.Watch(w, keys[1])
		return nil
	})
	m.watches = append(m.watches, w)
}

func (m *member) endWatch() {
	w := m.watches[0]
	m.watches = m.watches[1:]
	var locks Locks
	w.Locks(&locks)
	tx := m.ks.Begin(&locks)
	tx.Broken(w)
	tx.Unwatch(w)
	m.wait(tx.Commit())
}

// whole runs something that concerns all keys.
func (m *member) whole() {
	switch n := m.rnd.IntN(6); {
	case n < 2 && !m.quiet.Load():
		m.unit(nil, func(tx *Tx) error {
			if n == 0 {
				tx.FlushDB()
			} else {
				tx.SwapDB(0, 1)
			}
			return nil
		})
	case n == 2:
		m.ks.Stats()
	case n == 3:
		m.unit(nil, func(tx *Tx) error { tx.Random(); return nil })
	default:
		for cursor := uint64(0); ; {
			next, gate := m.ks.Scan(m.rnd.IntN(2), cursor, 10, func([]byte, Kind) {})
			m.wait(gate)
			if cursor = next; cursor == 0 {
				return
			}
		}
	}
}

// step does one of all that clients and the expirer do.
func (m *member) step() {
	switch n := m.rnd.IntN(100); {
	case n < 2:
		m.whole()
	case n < 5:
		m.now.Add(1)
		if err := m.ks.RunDue(); err != nil {
			m.t.Error(err)
		}
	case n < 12:
		var to []byte
		if m.rnd.IntN(2) == 0 {
			to = m.key()
		}
		m.blocked = append(m.blocked, m.block(m.rnd.IntN(2), [][]byte{m.key(), m.key()}, to))
	case n < 16:
		m.startWatch()
	case n < 22 && len(m.watches) > 0:
		m.endWatch()
	case n < 28 && len(m.blocked) > 0:
		m.endWait(m.blocked[0])
		m.blocked = m.blocked[1:]
	default:
		m.change()
	}
}

func (m *member) leave() {
	for _, w := range m.blocked {
		m.endWait(w)
	}
	for len(m.watches) > 0 {
		m.endWatch()
	}
}

// stateNow returns all that ks holds, after a check that it holds together and that nobody waits or watches any more.
func (c *crowd) stateNow(ks *Keyspace) state {
	tx := ks.Begin(allLocks())
	defer tx.Commit()
	if err := consistent(ks); err != nil {
		c.t.Error(err)
	}
	for i := range ks.parts {
		if p := &ks.parts[i]; len(p.blocked) > 0 || len(p.watched) > 0 {
			c.t.Errorf("partition %d: waiters %v, watches %v left", i, p.blocked, p.watched)
		}
	}
	return stateOf(tx)
}

// load returns a keyspace made of a snapshot and the units after the first ones.
func (c *crowd) load(chunks []chunk, first int) *Keyspace {
	ks := New(Options{Databases: 2, Limits: tinyLimits(), Now: c.now.Load})
	l := ks.NewLoader()
	defer l.Close()
	for _, part := range chunks {
		if err := l.Chunk(part.seq, part.data); err != nil {
			c.t.Error(err)
		}
	}
	for i, unit := range c.log.units[first:] {
		if err := l.Unit(uint64(first+i+1), unit); err != nil {
			c.t.Error(err)
		}
	}
	return ks
}

// snapshot returns a snapshot and the number of units before it began; nil if databases were swapped meanwhile.
func (c *crowd) snapshot() (chunks []chunk, first int) {
	first = c.log.len()
	err := c.ks.Snapshot(context.Background(), func(seq uint64, data []byte) error {
		chunks = append(chunks, chunk{seq, slices.Clone(data)})
		return nil
	})
	switch {
	case errors.Is(err, ErrSwapped):
		return nil, 0
	case err != nil:
		c.t.Error(err)
	}
	return chunks, first
}

// Whatever goroutines do at the same time, the keyspace holds together, the journal makes the same one, and so do a snapshot taken
// meanwhile and the journal since; nothing stays behind.
func TestManyGoroutinesLeaveOneHistory(t *testing.T) {
	const members, steps = 8, 4000
	c := newCrowd(t)
	ctx, cancel := context.WithCancel(t.Context())
	var expirer sync.WaitGroup
	expirer.Go(func() {
		if err := c.ks.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	var chunks []chunk
	var first int
	c.each(members, func(m *member) {
		for i := range steps {
			if m.id == 0 && i%500 == 499 && chunks == nil {
				c.quiet.Store(i > steps/2)
				if got, from := c.snapshot(); c.quiet.Load() {
					chunks, first = got, from
				}
			}
			m.step()
		}
		m.leave()
	})
	cancel()
	expirer.Wait()

	want := c.stateNow(c.ks)
	if d := c.stateNow(c.load(nil, 0)).diff(want); d != "" {
		t.Errorf("the journal makes another keyspace:\n%s", d)
	}
	if chunks == nil {
		t.Error("no snapshot")
	}
	if d := c.stateNow(c.load(chunks, first)).diff(want); d != "" {
		t.Errorf("the snapshot and the journal make another keyspace:\n%s", d)
	}
	tx := c.ks.Begin(allLocks())
	for db := range 2 {
		tx.Select(db)
		tx.FlushDB()
	}
	tx.Commit()
	c.stateNow(c.ks)
	if n := c.ks.MemoryUsed(); n != 0 {
		t.Errorf("%d bytes used by nothing", n)
	}
}

// Each element pushed is popped once or left, whoever waits, moves or goes away meanwhile.
func TestNoElementIsLostOrServedTwice(t *testing.T) {
	const members, steps, lists = 8, 4000, 5
	c := newCrowd(t)
	list := func(n int) []byte { return fmt.Appendf(nil, "list%d", n) }
	var pushed [members]int
	var popped [members][]string
	c.each(members, func(m *member) {
		take := func(v []byte, moved bool) {
			if v != nil && !moved {
				popped[m.id] = append(popped[m.id], string(v))
			}
		}
		for range steps {
			key, other := list(m.rnd.IntN(lists)), list(m.rnd.IntN(lists))
			switch n := m.rnd.IntN(10); {
			case n < 3:
				m.unit([][]byte{key}, func(tx *Tx) error {
					tx.Select(0)
					l, err := tx.List(key)
					for range 1 + m.rnd.IntN(2) {
						pushed[m.id]++
						l.PushBack(fmt.Appendf(nil, "%d-%d", m.id, pushed[m.id]))
					}
					return err
				})
			case n < 4:
				m.unit([][]byte{key, other}, func(tx *Tx) error { tx.Select(0); return m.move(tx, key, other) })
			case n < 6:
				m.blocked = append(m.blocked, m.block(0, [][]byte{key, other}, nil))
			case n < 8:
				m.blocked = append(m.blocked, m.block(0, [][]byte{key}, other))
			case len(m.blocked) > 0:
				take(m.endWait(m.blocked[0]), m.blocked[0].to != nil)
				m.blocked = m.blocked[1:]
			}
		}
		for _, w := range m.blocked {
			take(m.endWait(w), w.to != nil)
		}
	})
	total, seen := 0, map[string]int{}
	for i := range members {
		total += pushed[i]
		for _, v := range popped[i] {
			seen[v]++
		}
	}
	for _, o := range c.stateNow(c.ks) {
		for _, v := range o.Items {
			seen[v]++
		}
	}
	if len(seen) != total {
		t.Errorf("%d elements pushed, %d came out", total, len(seen))
	}
	for v, n := range seen {
		if n != 1 {
			t.Errorf("element %s came out %d times", v, n)
		}
	}
}

// A waiter whose other keys are locked by someone else is served when these are free, not forgotten.
func TestWaiterIsServedThoughItsOtherLockIsTaken(t *testing.T) {
	c := newCrowd(t)
	m := &member{crowd: c, rnd: rand.New(rand.NewPCG(c.seed, 0))}
	from, to := []byte("from"), []byte("to")
	w := m.block(0, [][]byte{from}, to)
	var locks Locks
	locks.Add(to)
	holder := c.ks.Begin(&locks)
	pushed := make(chan struct{})
	go func() {
		defer close(pushed)
		m.unit([][]byte{from}, func(tx *Tx) error {
			tx.Select(0)
			l, err := tx.List(from)
			l.PushBack([]byte("v"))
			return err
		})
	}()
	for c.log.len() == 0 { // the push is done, and its client not served: the other lock is taken
		select {
		case <-w.Done():
			t.Fatal("served without the lock of the destination")
		default:
		}
	}
	holder.Commit()
	<-w.Done()
	<-pushed
	if got := m.endWait(w); string(got) != "v" {
		t.Errorf("got %q", got)
	}
	if got := c.stateNow(c.ks)[dbKey{0, "to"}].Items; !slices.Equal(got, []string{"v"}) {
		t.Errorf("destination holds %q", got)
	}
}

// A panic while a waiter is served costs whoever serves it, not the waiter.
func TestWaiterGoesOnWaitingWhenServingPanics(t *testing.T) {
	c := newCrowd(t)
	m := &member{crowd: c, rnd: rand.New(rand.NewPCG(c.seed, 0))}
	key := []byte("list")
	w := m.block(0, [][]byte{key}, nil)
	push := func(v string) {
		tx := c.ks.Begin(&w.Locks)
		defer tx.Commit()
		defer func() { _ = recover() }()
		tx.Start(0)
		l, _ := tx.List(key)
		l.PushBack([]byte(v))
		_ = tx.End()
	}
	w.Serve = func(*Tx, []byte) bool { panic("on purpose") }
	push("first")
	if w.Served() {
		t.Fatal("counts as served")
	}
	m.unit([][]byte{key}, func(tx *Tx) error { tx.Select(0); tx.Delete(key); return nil })
	w.Serve = w.try
	push("second")
	<-w.Done()
	if got := m.endWait(w); string(got) != "second" {
		t.Errorf("got %q", got)
	}
	c.stateNow(c.ks)
}

// A command that panics leaves nothing in the Tx for the next one.
func TestNextTxIsFreeOfWhatAPanicLeft(t *testing.T) {
	ks := New(Options{Databases: 2})
	tx := ks.Begin(allLocks())
	tx.Start(0)
	l, _ := tx.List([]byte("list"))
	l.PushBack([]byte("v"))
	tx.Hide([]byte("k"))
	tx.Commit() // as after a panic: the unit has not ended
	if len(tx.open) > 0 || len(tx.hidden) > 0 {
		t.Errorf("left open: %d collections, hidden %q", len(tx.open), tx.hidden)
	}
}

// FLUSHDB and SWAPDB break the watches of keys that are there, before or after, and no others.
func TestWatchOfAMissingKeySurvivesFlushAndSwap(t *testing.T) {
	for _, here := range []bool{false, true} {
		for name, change := range map[string]func(tx *Tx){
			"flush": func(tx *Tx) { tx.FlushDB() },
			"swap":  func(tx *Tx) { tx.SwapDB(0, 1) },
		} {
			ks := New(Options{Databases: 2})
			tx := ks.Begin(allLocks())
			tx.Start(0)
			if here {
				_ = tx.SetString([]byte("k"), []byte("v"), 0)
			}
			var w Watch
			_ = tx.End()
			tx.Watch(&w, []byte("k"))
			change(tx)
			_ = tx.End()
			if got := tx.Broken(&w); got != here {
				t.Errorf("%s, key there %v: broken %v", name, here, got)
			}
			tx.Unwatch(&w)
			tx.Commit()
		}
	}
}
