package aso

import (
	"slices"
	"testing"
)

type recordingPublisher struct{ got []string }

func (p *recordingPublisher) Publish(channel, _ []byte, _ uint64) {
	p.got = append(p.got, string(channel))
}

func (p *recordingPublisher) Flush() { p.got = append(p.got, "flush") }

func TestDeliverKeepsTheOrderOfMessages(t *testing.T) {
	ks := New(Options{})
	p := &recordingPublisher{}
	ks.SetPublisher(p)
	var locks Locks
	locks.Add([]byte("k"))
	tx := ks.Begin(&locks)
	tx.Publish([]byte("one"), nil)
	tx.Deliver(func() { p.got = append(p.got, "two") })
	tx.Publish([]byte("three"), nil)
	gate := tx.Commit()
	if len(p.got) != 0 {
		t.Errorf("delivered before the unit is durable: %v", p.got)
	}
	if err := ks.Wait(gate); err != nil {
		t.Fatal(err)
	}
	if want := []string{"one", "two", "three", "flush"}; !slices.Equal(p.got, want) {
		t.Errorf("delivered %v, want %v", p.got, want)
	}
}

func TestInterruptEndsAWaitOnce(t *testing.T) {
	ks := New(Options{})
	w := &Waiter{}
	var locks Locks
	locks.Add([]byte("k"))
	tx := ks.Begin(&locks)
	tx.Block(w, [][]byte{[]byte("k")})
	if !tx.Interrupt(w) || tx.Interrupt(w) {
		t.Error("the wait did not end exactly once")
	}
	tx.Commit()
	<-w.Done()
	if w.Served() || ks.Unblock(w) {
		t.Error("an interrupted wait counts as served, or as waiting")
	}
}
