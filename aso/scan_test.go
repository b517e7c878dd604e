package aso

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

// scanFunc is either form of Scan on database 0.
type scanFunc func(cursor uint64, count int, fn func(key []byte, kind Kind)) (next uint64)

func scanForms(w *world) map[string]scanFunc {
	return map[string]scanFunc{
		"keyspace": func(cursor uint64, count int, fn func([]byte, Kind)) uint64 {
			next, _ := w.ks.Scan(0, cursor, count, fn)
			return next
		},
		"transaction": func(cursor uint64, count int, fn func([]byte, Kind)) uint64 {
			tx := w.begin()
			defer tx.Commit()
			return tx.Scan(cursor, count, fn)
		},
	}
}

func (w *world) fill(prefix string, from, to int) {
	tx := w.begin()
	defer tx.Commit()
	for i := from; i < to; i++ {
		_ = tx.SetString(fmt.Append(nil, prefix, i), []byte("v"), 0)
	}
	for i := to; i < from; i++ {
		tx.Delete(fmt.Append(nil, prefix, i))
	}
	_ = tx.End()
}

func TestScanSeesWhatStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(nil)
		defer w.fill("{crowd}", 1000, 0)
		stay := rapid.IntRange(0, 200).Draw(t, "stay")
		w.fill("stays", 0, stay)
		w.fill("{crowd}stays", 0, stay)
		count := rapid.SampledFrom([]int{1, 10, 100, 1 << 62}).Draw(t, "count")
		form := rapid.SampledFrom([]string{"keyspace", "transaction"}).Draw(t, "form")
		scan := scanForms(w)[form]
		seen, crowd, calls := map[string]bool{}, 0, 0
		for cursor := uint64(0); ; calls++ {
			n := 0
			cursor = scan(cursor, count, func(key []byte, _ Kind) { seen[string(key)] = true; n++ })
			if cursor == 0 {
				break
			}
			if n > count+100 || calls > 100_000 {
				t.Fatalf("%d keys in a call, %d calls", n, calls)
			}
			if calls%10 == 0 {
				size := rapid.IntRange(0, 500).Draw(t, "crowd")
				w.fill("{crowd}", crowd, size)
				crowd = size
			}
		}
		for i := range stay {
			for _, prefix := range []string{"stays", "{crowd}stays"} {
				if key := fmt.Sprint(prefix, i); !seen[key] {
					t.Fatalf("%q not seen", key)
				}
			}
		}
	})
}

func TestScanTakesAnyCursor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(nil)
		w.fill("k", 0, 100)
		cursor := rapid.Uint64().Draw(t, "cursor")
		for name, scan := range scanForms(w) {
			next := cursor
			for range 100_000 {
				if next = scan(next, 10, func([]byte, Kind) {}); next == 0 {
					break
				}
			}
			if next != 0 {
				t.Fatalf("%s: the scan from %d does not end", name, cursor)
			}
		}
	})
}
