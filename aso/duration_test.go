package aso

import (
	"slices"
	"testing"
	"time"
)

// TestDurationsAreTold lets objects expire, in a round and when they are looked for, and be evicted.
func TestDurationsAreTold(t *testing.T) {
	now := int64(1000)
	ks := New(Options{Now: func() int64 { return now }})
	var told []string
	ks.OnDuration(func(event string, took time.Duration) {
		if took < 0 {
			t.Errorf("%s took %s", event, took)
		}
		told = append(told, event)
	})
	set := func(key string, deadline int64) {
		tx := ks.Begin(allLocks())
		tx.Start(0)
		must(t, tx.SetString([]byte(key), make([]byte, 100), deadline))
		must(t, tx.End())
		tx.Commit()
	}
	expect := func(want ...string) {
		t.Helper()
		if !slices.Equal(told, want) {
			t.Errorf("%q, want %q", told, want)
		}
		told = nil
	}
	set("a", 2000)
	expect()
	now = 3000
	must(t, ks.RunDue())
	expect(ExpireCycle)

	set("b", 4000)
	now = 5000
	tx := ks.Begin(allLocks())
	tx.Start(0)
	if tx.Exists([]byte("b")) {
		t.Error("b is there")
	}
	must(t, tx.End())
	tx.Commit()
	expect(ExpireOne)

	set("c", 0)
	ks.SetEviction(Eviction{Max: 50, Order: EvictRandom, Samples: 5})
	if _, ok := ks.MakeRoom(0, 0, nil); !ok {
		t.Error("no room")
	}
	expect(EvictOne, EvictionCycle)
}
