package aso

import (
	"testing"

	"comet/aso/value"
)

// While a log is applied nothing dies of its deadline, neither when it is looked up nor when it is due; afterwards it does.
func TestNothingDiesOfAgeWhileALogIsApplied(t *testing.T) {
	now := int64(1000)
	ks := New(Options{Limits: value.DefaultLimits(), Now: func() int64 { return now }})
	ks.SetAgeless(true)
	alive := func() (exists bool, keys int) {
		tx := ks.Begin(allLocks())
		defer tx.Commit()
		tx.Start(0)
		exists = tx.Exists([]byte("k"))
		tx.Keys(func([]byte, Kind) { keys++ })
		return exists, keys
	}
	tx := ks.Begin(allLocks())
	tx.Start(0)
	_ = tx.SetString([]byte("k"), []byte("v"), 500)
	_ = tx.SetString([]byte("l"), []byte("v"), 2000)
	tx.Commit()
	now = 3000
	if err := ks.RunDue(); err != nil {
		t.Fatal(err)
	}
	if exists, keys := alive(); !exists || keys != 2 {
		t.Errorf("%v, %d keys, want 2", exists, keys)
	}
	ks.SetAgeless(false)
	if exists, keys := alive(); exists || keys != 0 {
		t.Errorf("%v, %d keys, want none", exists, keys)
	}
	if err := ks.RunDue(); err != nil || ks.Metrics.Expired.Load() != 2 {
		t.Errorf("%v, %d have expired, want 2", err, ks.Metrics.Expired.Load())
	}
}
