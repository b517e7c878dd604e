package aso

import (
	"bytes"
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"comet/aso/sandbox"
	"comet/aso/value"
)

// At any place of a unit an object can be seen as it was at any mark of it, whatever has changed since, also while that is taken back and done again.
func TestAValueIsSeenAsItWas(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(&recorder{})
		w.ks.SetHandlerLimits(sandbox.Limits{Memory: 1 << 30})
		tx := w.begin()
		w.commands(t, tx)
		var marks []Mark
		var seen []map[dbKey]sandbox.Value
		for range rapid.IntRange(1, 4).Draw(t, "marks") {
			seen = append(seen, valuesOf(tx))
			marks = append(marks, tx.Mark())
			w.changes(t, tx)
		}
		for i, m := range marks {
			for k, want := range seen[i] {
				tx.Select(k.db)
				if got := comparable(tx.ValueBefore(m, []byte(k.key))); !reflect.DeepEqual(got, want) {
					t.Fatalf("mark %d, %v:\n got %+v\nwant %+v", i, k, got, want)
				}
			}
		}
		w.check(t, tx)
		must(t, tx.Rollback(marks[0]))
		for k, now := range valuesOf(tx) {
			if !reflect.DeepEqual(now, seen[0][k]) {
				t.Fatalf("%v: taken back to %+v", k, now)
			}
		}
		must(t, tx.End())
		tx.Commit()
	})
}

// changes runs commands, of which a part may be taken back, but none that moves an object.
func (w *world) changes(t *rapid.T, tx *Tx) {
	some := func() {
		for range rapid.IntRange(0, 5).Draw(t, "commands") {
			w.run(t, tx, rapid.SampledFrom(steps).Draw(t, "command"))
		}
	}
	some()
	model, m := w.model.clone(), tx.Mark()
	some()
	if rapid.Bool().Draw(t, "take back") {
		must(t, tx.Rollback(m))
		w.model = model
	} else {
		tx.Release(m)
	}
}

func valuesOf(tx *Tx) map[dbKey]sandbox.Value {
	all := map[dbKey]sandbox.Value{}
	for db := range 2 {
		tx.Select(db)
		for _, key := range []string{"a", "b", "c", "{a}d", "{a}e", ""} {
			all[dbKey{db, key}] = comparable(tx.Value([]byte(key)))
		}
	}
	return all
}

// comparable sorts the items of v: those of a hash and a set have no order.
func comparable(v sandbox.Value) sandbox.Value {
	if v.Kind == sandbox.Table {
		text := func(v *sandbox.Value) string { return fmt.Sprintf("%+v", *v) }
		slices.SortFunc(v.Tab.Fields, func(a, b sandbox.Field) int { return cmp.Compare(text(&a.Key), text(&b.Key)) })
		if len(v.Tab.Array) > 0 && v.Tab.Array[0].Kind == sandbox.String {
			slices.SortFunc(v.Tab.Array, func(a, b sandbox.Value) int { return cmp.Compare(a.Str, b.Str) })
		}
	}
	return v
}

// Of a value that a run cannot hold a part is made that it cannot hold either, and no copy; one that only became so large is made whole.
func TestAValueBeforeThatIsTooLargeIsNotCopied(t *testing.T) {
	const memory = 100_000
	ks := New(Options{Limits: value.DefaultLimits()})
	ks.SetHandlerLimits(sandbox.Limits{Memory: memory})
	tx := ks.Begin(allLocks())
	defer tx.Commit()
	item := func(i int) []byte { return fmt.Appendf(nil, "item-%08d", i) }
	fill := func(from, to int) {
		l, _ := tx.List([]byte("l"))
		h, _ := tx.Hash([]byte("h"))
		m, _ := tx.Set([]byte("m"))
		z, _ := tx.ZSet([]byte("z"))
		x, _ := tx.Stream([]byte("x"))
		for i := from; i < to; i++ {
			l.PushBack(item(i))
			h.Set(item(i), item(i))
			m.Add(item(i))
			z.Set(item(i), float64(i))
			x.Append(value.StreamID{Ms: uint64(i) + 1}, [][]byte{item(i), item(i)})
		}
		must(t, tx.EndCommand())
		_, err := tx.Splice([]byte("s"), from*20, bytes.Repeat([]byte("x"), (to-from)*20))
		must(t, err)
	}
	keys := [][]byte{[]byte("l"), []byte("h"), []byte("m"), []byte("z"), []byte("x"), []byte("s")}
	size := func(v sandbox.Value) int {
		if v.Kind == sandbox.Table {
			return len(v.Tab.Array) + len(v.Tab.Fields)
		}
		return len(v.Str) / 20
	}
	fill(0, 1000)
	m := tx.Mark()
	fill(1000, 10_000)
	for _, key := range keys {
		if n := size(tx.ValueBefore(m, key)); n != 1000 {
			t.Errorf("%s: %d items, want 1000", key, n)
		}
	}
	tx.Release(m)
	fill(10_000, 100_000)
	m = tx.Mark()
	fill(100_000, 100_001)
	for _, key := range keys {
		var v sandbox.Value
		allocs := testing.AllocsPerRun(1, func() { v = tx.ValueBefore(m, key) })
		if n := size(v); n < 1000 || n > memory/chargePerString {
			t.Errorf("%s: %d items of what cannot be held", key, n)
		}
		if allocs > 6*memory/chargePerString {
			t.Errorf("%s: %v allocations", key, allocs)
		}
	}
}
