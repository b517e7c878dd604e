package aso

import (
	"fmt"
	"strings"
	"testing"
)

// kept is a Committer that keeps the last unit.
type kept struct{ unit []byte }

func (k *kept) Append(unit []byte) uint64 {
	k.unit = append(k.unit[:0], unit...)
	return 1
}

func (*kept) Kept(uint64) bool { return false }

func (*kept) Commit(uint64) error { return nil }

func TestEffectsOfAUnitAreReadable(t *testing.T) {
	var journal kept
	ks := New(Options{Committer: &journal, Now: func() int64 { return 1000 }})
	tx := ks.BeginAll()
	tx.Start(1)
	noError(t, tx.SetString([]byte("s"), []byte("v"), 5000))
	h, err := tx.Hash([]byte("h"))
	noError(t, err)
	h.Set([]byte("f"), []byte("1"))
	noError(t, tx.EndCommand())
	z, err := tx.ZSet([]byte("z"))
	noError(t, err)
	z.Set([]byte("m"), 1.5)
	noError(t, tx.EndCommand())
	tx.Delete([]byte("s"))
	noError(t, tx.End())
	tx.Commit()
	effects, err := ReadEffects(journal.unit)
	noError(t, err)
	var got []string
	for _, e := range effects {
		got = append(got, fmt.Sprintf("%d %s %s %v", e.DB, e.Key, e.Op, e.Fields))
	}
	want := "1 s string [{deadline 5000} {value v}]; 1 h hash set [{field f} {value 1}]; 1 z zset put [{member m} {score 1.5}]; 1 s delete []"
	if text := strings.Join(got, "; "); text != want {
		t.Errorf("got  %s\nwant %s", text, want)
	}
	for i := range journal.unit {
		_, _ = ReadEffects(journal.unit[:i]) // nothing but an error
	}
}

func noError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
