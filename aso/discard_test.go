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
		if ks.parts[i].freeSome(ks.arena, 1) {
			t.Error("something is left to free")
		}
	}
}
