package aso

import (
	"fmt"
	"testing"

	"comet/aso/value"
)

// A flush only takes away; the memory is freed after the locks were given back, some of it under each hold, and then given back as a whole.
func TestAFlushFreesAfterItsLocks(t *testing.T) {
	ks := New(Options{Databases: 2, Limits: value.DefaultLimits(), Committer: &recorder{}})
	fill := func(db int) {
		tx := ks.Begin(allLocks())
		tx.Start(db)
		for i := range 3000 {
			_ = tx.SetString(fmt.Appendf(nil, "key-%d", i), make([]byte, 10+i*10), int64(i%2)<<50)
		}
		tx.Commit()
	}
	fill(0)
	fill(1)
	full := ks.MemoryUsed()
	tx := ks.Begin(allLocks())
	if n, err := tx.FlushDB(); err != nil || n != 3000 || tx.Size() != 0 || !tx.Flushed() {
		t.Errorf("%d keys flushed, %d left", n, tx.Size())
	}
	if used := ks.MemoryUsed(); used != full {
		t.Errorf("%d bytes in use under the locks, want %d", used, full)
	}
	if err := consistent(ks); err != nil {
		t.Error(err)
	}
	tx.Commit()
	if used := ks.MemoryUsed(); used != full/2 {
		t.Errorf("%d bytes in use, want %d", used, full/2)
	}
	fill(0)
	for db := range 2 {
		tx = ks.Begin(allLocks())
		tx.Start(db)
		tx.FlushDB()
		tx.Commit()
	}
	if used, mapped := ks.MemoryUsed(), ks.MemoryMapped(); used != 0 || mapped != 0 {
		t.Errorf("%d bytes in use, %d mapped", used, mapped)
	}
	for i := range ks.parts {
		if ks.parts[i].freeSome(ks, 1) {
			t.Error("something is left to free")
		}
	}
}

// activeCrowd returns a keyspace whose database 0 has n active objects with state, a timer and a message to another each, and one without a value.
func activeCrowd(t *testing.T, log *recorder, n int) *Keyspace {
	t.Helper()
	ks := New(Options{Databases: 2, Limits: value.DefaultLimits(), Now: func() int64 { return commonClock }, Committer: log})
	tx := ks.Begin(allLocks())
	code, err := tx.LoadCode([]byte("#!lua name=crowd\nfunction onTimer() end"), "u")
	must(t, err)
	target, err := ks.Target(code.Name())
	must(t, err)
	for i := range n {
		key := fmt.Appendf(nil, "key-%d", i)
		if i > 0 {
			must(t, tx.SetString(key, make([]byte, 10+i*10), int64(i%2)<<50))
		}
		_, err = tx.Attach(key, Attachment{Target: target}, nil)
		must(t, err)
		_, err = tx.SetTimer(key, Timer{Name: "t", At: commonClock + 10, Due: commonClock + 10}, TimerAlways)
		must(t, err)
		_, _, err = tx.Send(Message{From: string(key), To: "key-0", Name: "m", Payload: []byte{0}, Due: commonClock + 10, Delayed: true, Hops: 1})
		must(t, err)
		must(t, tx.EndCommand())
	}
	must(t, tx.End())
	tx.Commit()
	return ks
}

// A flush of active objects does no work for each of them under its locks: none is freed there, and nothing of them is left to be seen.
func TestAFlushOfActiveObjectsFreesAfterItsLocks(t *testing.T) {
	const n = 2000
	log := &recorder{}
	ks := activeCrowd(t, log, n)
	full := ks.MemoryUsed()
	code := ks.Codes()[0]
	tx := ks.Begin(allLocks())
	if got, err := tx.FlushDB(); err != nil || got != n-1 {
		t.Errorf("%d keys flushed: %v", got, err)
	}
	if used := ks.MemoryUsed(); used != full {
		t.Errorf("%d of %d bytes were freed under the locks", full-used, full)
	}
	if ks.ActiveObjects() != 0 || ks.PendingMessages() != 0 || ks.FirstDue() != 0 || tx.Size() != 0 {
		t.Errorf("%d active objects, %d messages, due at %d", ks.ActiveObjects(), ks.PendingMessages(), ks.FirstDue())
	}
	left := 0
	for i := range ks.parts {
		for p, before := &ks.parts[i], ks.MemoryUsed(); p.freeSome(ks, 1); before = ks.MemoryUsed() {
			if left++; ks.MemoryUsed() == before {
				t.Fatal("a step freed nothing")
			}
		}
	}
	if users := ks.UsersOf([]*Code{code})[code.ID].Objects; users != 0 || left < n/2 {
		t.Errorf("%d users left after %d steps", users, left)
	}
	tx.Commit()
	if err := consistent(ks); err != nil || ks.MemoryUsed() != 0 {
		t.Errorf("%d bytes left: %v", ks.MemoryUsed(), err)
	}
	loaded := loadCommon(t, nil, log.units)
	if loaded.ActiveObjects() != 0 || loaded.PendingMessages() != 0 || loaded.FirstDue() != 0 || loaded.MemoryUsed() != 0 {
		t.Errorf("after a start: %d active objects, %d messages, due at %d, %d bytes", loaded.ActiveObjects(), loaded.PendingMessages(), loaded.FirstDue(), loaded.MemoryUsed())
	}
}

// What was flushed uses no version of a handler any more, also in the same unit.
func TestVersionsOfFlushedObjectsCanGo(t *testing.T) {
	ks := activeCrowd(t, &recorder{}, 100)
	tx := ks.Begin(allLocks())
	if _, err := tx.DropCode("crowd"); err == nil {
		t.Error("dropped while it is in use")
	}
	_, err := tx.FlushDB()
	must(t, err)
	if dropped, err := tx.DropCode("crowd"); dropped != 1 || err != nil {
		t.Errorf("%d versions dropped: %v", dropped, err)
	}
	must(t, tx.End())
	tx.Commit()
	if err := consistent(ks); err != nil {
		t.Error(err)
	}
}
