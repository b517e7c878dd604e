package aso

import (
	"testing"
	"time"

	"comet/aso/sandbox"
)

// busy is a handler that asks whether others can work, and then burns all that it may.
const busy = `#!lua name=busy
function onMessage(self, ev) self:call("ASK") while true do end end
function onTimer(self, ev) self:call("ASK") while true do end end
function onGet(self, ev) self:call("ASK") while true do end end`

// A run that burns its budget, of a command, a timer or a message, holds the lock of its object's partition: while it runs, others take those of all other
// partitions at once. A message that waits in another slot has that one's, too.
func TestBusyRunHoldsOnePartition(t *testing.T) {
	now := int64(1000)
	ks := New(Options{Now: func() int64 { return now }})
	key, far := []byte("k"), []byte("far")
	asked := 0
	ks.SetExecutor(func(*Tx, []byte, [][]byte) (sandbox.Value, error) {
		asked++
		var others Locks
		for p := range partitions {
			if p != partitionOf(Slot(key)) && p != partitionOf(Slot(far)) {
				others.add(p)
			}
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			ks.Begin(&others).Commit()
		}()
		select {
		case <-done:
		case <-time.After(time.Minute): // it would wait for ever
			t.Error("the run holds locks of others")
		}
		return sandbox.Value{}, nil
	})
	with := func(fn func(tx *Tx)) {
		tx := ks.Begin(allLocks())
		tx.Start(0)
		fn(tx)
		must(t, tx.End())
		tx.Commit()
	}
	with(func(tx *Tx) {
		_, err := tx.LoadCode([]byte(busy), "user")
		must(t, err)
		target, err := ks.Target("busy")
		must(t, err)
		must(t, tx.SetString(key, []byte("v"), 0))
		_, err = tx.Attach(key, Attachment{Target: target}, nil)
		must(t, err)
	})

	var own Locks
	own.Add(key)
	tx := ks.Begin(&own)
	tx.Start(0)
	if _, err := tx.RunHandler(key, &Event{Handler: sandbox.OnGet}); err == nil {
		t.Error("a run without end ended")
	}
	tx.Commit()

	with(func(tx *Tx) {
		_, err := tx.SetTimer(key, Timer{Name: "t", At: now + 10, Due: now + 10}, TimerAlways)
		must(t, err)
		_, _, err = tx.Send(Message{From: string(far), To: string(key), Name: "m", Payload: []byte{0}, Due: now, Hops: 1})
		must(t, err)
	})
	now += 20
	must(t, ks.RunDue())
	if asked != 3 {
		t.Errorf("%d runs", asked)
	}
}
