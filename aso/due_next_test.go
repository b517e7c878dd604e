package aso

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestNextTimersAreTheFirst compares with a list of all timers.
func TestNextTimersAreTheFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ks := New(Options{Now: func() int64 { return 1000 }})
		tx := ks.BeginAll()
		var all []DueTimer
		for i := range rapid.IntRange(0, 60).Draw(t, "objects") {
			key := fmt.Sprint("k", i)
			if rapid.Bool().Draw(t, "deadline") {
				must(t, tx.SetString([]byte(key), []byte("v"), int64(rapid.IntRange(1001, 1100).Draw(t, "at"))))
			}
			for n := range rapid.IntRange(0, 3).Draw(t, "timers") {
				timer := NewTimer(fmt.Sprint("t", n))
				timer.At = int64(rapid.IntRange(1001, 1100).Draw(t, "at"))
				_, err := tx.SetTimer([]byte(key), timer, TimerAlways)
				must(t, err)
				all = append(all, DueTimer{key, timer})
			}
		}
		slices.SortStableFunc(all, func(a, b DueTimer) int {
			return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Name, b.Name))
		})
		count := rapid.IntRange(0, 20).Draw(t, "count")
		got := tx.NextTimers([]byte("*"), count)
		tx.Commit()
		apart, _ := ks.NextTimers(0, []byte("*"), count)
		if len(got) != min(count, len(all)) || len(apart) != len(got) {
			t.Fatalf("%d and %d timers of %d, want %d", len(got), len(apart), len(all), count)
		}
		for i := range got {
			for _, d := range []*DueTimer{&got[i], &apart[i]} {
				if d.At != all[i].At || d.Key != all[i].Key || d.Name != all[i].Name {
					t.Fatalf("timer %d is %s %s at %d, want %s %s at %d", i, d.Key, d.Name, d.At, all[i].Key, all[i].Name, all[i].At)
				}
			}
		}
	})
}
