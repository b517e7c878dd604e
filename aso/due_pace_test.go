package aso

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestBacklogIsHandledOldestFirst(t *testing.T) {
	for _, c := range []struct{ first, now, want int64 }{
		{1000, 1000, 1000}, {1000, 2000, 2000}, {1000, 2001, 1125}, {0, 8000, 1000},
	} {
		if got := horizon(c.first, c.now); got != c.want {
			t.Errorf("first due at %d, now %d: up to %d, want %d", c.first, c.now, got, c.want)
		}
	}
}

func TestPacerRestsUnlessTheBacklogGrows(t *testing.T) {
	var p pacer
	const ms = time.Millisecond
	for i, c := range []struct {
		now, late int64
		want      time.Duration
	}{
		{0, 1000, 0},                 // no backlog
		{1, 60_000, 10 * ms},         // half of the time
		{900, 60_800, 10 * ms},       // too early to tell
		{1001, 59_000, 10 * ms},      // it shrinks
		{2001, 59_000, 66 * ms / 10}, // it does not
		{3001, 70_000, 42 * ms / 10},
		{4001, 70_000, 25 * ms / 10},
		{5001, 70_000, 11 * ms / 10},
		{6001, 70_000, 0},
		{7001, 80_000, 0},
		{8001, 900, 0}, // done
		{8002, 2000, 10 * ms},
	} {
		if got := p.rest(10*ms, c.now, c.late); got.Round(ms/10) != c.want && got.Truncate(ms/10) != c.want {
			t.Errorf("step %d: rests %s, want %s", i, got, c.want)
		}
	}
}

func TestHoldEndsWithItsUnits(t *testing.T) {
	h := newHold()
	n := 0
	for ; h.more(); n++ {
		h.did(false)
	}
	h = hold{holdUnits, time.Now().Add(time.Hour)} // the time is not over
	runs := 0
	for ; h.more(); runs++ {
		h.did(true)
	}
	h = hold{holdUnits, time.Now().Add(-time.Hour)}
	h.did(true)
	if n != 128 || runs != 16 || h.more() {
		t.Errorf("%d objects, %d runs, after the time is over: %v", n, runs, h.more())
	}
}

// clientInBetween is a committer that lets a client in whenever the journal is waited for, and counts firings between that.
type clientInBetween struct {
	ks    *Keyspace
	seq   uint64
	units [][]byte
	seen  int
}

// Append keeps a unit.
func (c *clientInBetween) Append(unit []byte) uint64 {
	c.seq++
	c.units = append(c.units, bytes.Clone(unit))
	return c.seq
}

func (*clientInBetween) Kept(uint64) bool { return false }

// Commit is where the loop holds no lock.
func (c *clientInBetween) Commit(uint64) error {
	var locks Locks
	locks.Add([]byte("{t}"))
	tx := c.ks.Begin(&locks)
	c.seen++
	tx.Commit()
	return nil
}

// TestClientsComeInBetweenOverdueTimers lets ten thousand timers of one slot be overdue: each hold of the lock fires only a few, and a
// client that waits for the lock gets it in between.
func TestClientsComeInBetweenOverdueTimers(t *testing.T) {
	now, c := int64(1000), &clientInBetween{}
	ks := New(Options{Now: func() int64 { return now }, Committer: c})
	c.ks = ks
	var locks Locks
	locks.Add([]byte("{t}"))
	tx := ks.Begin(&locks)
	const timers = 10_000
	for i := range timers {
		timer := NewTimer("t")
		timer.At = 2000 + int64(i%1000)
		_, err := tx.SetTimer(fmt.Appendf(nil, "{t}%d", i), timer, TimerAlways)
		if err != nil {
			t.Fatal(err)
		}
	}
	tx.Commit()
	c.units = nil
	now = 3600_000
	if err := ks.RunDue(); err != nil {
		t.Fatal(err)
	}
	if n := ks.Metrics.Fired.Load(); n != timers || c.seen < timers/16 {
		t.Errorf("%d fired, a client came in between %d times", n, c.seen)
	}
	for _, unit := range c.units {
		if n := bytes.Count(unit, []byte("{t}")); n > 16 {
			t.Fatalf("%d firings under one hold", n)
		}
	}
}

// TestLoopNoticesAJumpOfTheClock lets the wall clock jump while the loop sleeps until a timer that is an hour away.
func TestLoopNoticesAJumpOfTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var jump atomic.Int64
		ks := New(Options{Now: func() int64 { return time.Now().UnixMilli() + jump.Load() }})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- ks.Run(ctx) }()
		var locks Locks
		locks.Add([]byte("k"))
		tx := ks.Begin(&locks)
		timer := NewTimer("t")
		timer.At = tx.now + time.Hour.Milliseconds()
		if _, err := tx.SetTimer([]byte("k"), timer, TimerAlways); err != nil {
			t.Fatal(err)
		}
		tx.Commit()
		synctest.Wait()
		jump.Store(time.Hour.Milliseconds())
		<-time.After(time.Second)
		synctest.Wait()
		if n := ks.Metrics.Fired.Load(); n != 1 {
			t.Errorf("%d timers fired", n)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
