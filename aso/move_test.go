package aso

import (
	"bytes"
	"context"
	"fmt"
	"testing"
)

// A large value that is moved is not written again, unless a snapshot is being made; what it took the place of is gone, and all that belongs to it
// goes along.
func TestAMoveIsWrittenByItsNames(t *testing.T) {
	log := &recorder{}
	opt := Options{Limits: tinyLimits(), Now: func() int64 { return 1000 }, Committer: log}
	ks := New(opt)
	unit := func(ks *Keyspace, fn func(tx *Tx)) {
		tx := ks.Begin(allLocks())
		tx.Start(0)
		fn(tx)
		noError(t, tx.End())
		tx.Commit()
	}
	unit(ks, func(tx *Tx) {
		l, err := tx.List([]byte("a"))
		noError(t, err)
		for i := range 1000 {
			l.PushBack(fmt.Append(nil, "element ", i))
		}
		noError(t, tx.EndCommand())
		noError(t, tx.SetDeadline([]byte("a"), 50_000))
		_, err = tx.SetTimer([]byte("a"), Timer{Name: "t", At: 9000}, TimerAlways)
		noError(t, err)
		_, err = tx.SetTimer([]byte("z"), Timer{Name: "gone", At: 9000}, TimerAlways)
		noError(t, err)
		noError(t, tx.SetString([]byte("b"), bytes.Repeat([]byte("x"), 500), 0))
	})
	moves := func(tx *Tx) {
		noError(t, tx.Rename([]byte("a"), 0, []byte("b")))
		noError(t, tx.Rename([]byte("b"), 1, []byte("b")))
		tx.Select(1)
		noError(t, tx.Rename([]byte("b"), 0, []byte("z")))
		l, err := tx.List([]byte("z"))
		tx.Select(0)
		noError(t, err)
		if l.Exists() {
			t.Error("the value is in two places")
		}
		if l, err = tx.List([]byte("z")); err != nil || l.Len() != 1000 {
			t.Errorf("%d elements, %v", l.Len(), err)
		}
		l.PushFront([]byte("new"))
		noError(t, tx.EndCommand())
		noError(t, tx.Rename([]byte("z"), 0, []byte("a")))
	}
	unit(ks, moves)
	if n := len(log.units[1]); n > 100 {
		t.Errorf("%d bytes of effects", n)
	}
	opt.Committer = nil
	loaded := loadOf(t, opt, nil, log.units, 0)
	unit(loaded, func(tx *Tx) {
		want := ks.Begin(allLocks())
		defer want.Commit()
		if d := stateOf(tx).diff(stateOf(want)); d != "" {
			t.Error(d)
		}
		if got, want := sectionText(tx, "a"), sectionText(want, "a"); got != want || got == "" {
			t.Errorf("section %q, want %q", got, want)
		}
	})
	noError(t, consistent(loaded))

	noError(t, ks.Snapshot(context.Background(), func(uint64, []byte) error {
		if len(log.units) == 2 {
			unit(ks, func(tx *Tx) { noError(t, tx.Rename([]byte("a"), 0, []byte("c"))) })
		}
		return nil
	}))
	if n := len(log.units[2]); n < 10_000 {
		t.Errorf("%d bytes of effects during a snapshot", n)
	}
}
