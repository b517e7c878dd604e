package value

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"comet/aso/randtest"
)

// TestScanPassesWhatStays changes the dict between the calls of a scan so that
// its table grows and shrinks; what is there all along must be passed.
func TestScanPassesWhatStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := newDict(0)
		keep := map[string]bool{}
		for i := range rapid.IntRange(0, 300).Draw(t, "keep") {
			k := fmt.Sprint("keep", i)
			keep[k] = true
			d.set([]byte(k), nil)
		}
		extra := 0
		for cursor, first := uint64(0), true; first || cursor != 0; first = false {
			cursor = d.scan(cursor, rapid.IntRange(0, 20).Draw(t, "count"), func(k, _ []byte) { delete(keep, string(k)) })
			for want := rapid.SampledFrom([]int{0, 10, 500, 3000}).Draw(t, "extra"); extra < want; extra++ {
				d.set(fmt.Append(nil, extra), nil)
			}
			for want := rapid.IntRange(0, 3000).Draw(t, "left"); extra > want; extra-- {
				d.delete(fmt.Append(nil, extra-1))
			}
		}
		if len(keep) > 0 {
			t.Fatalf("not passed: %v", keep)
		}
	})
}

func TestScanEndsAndPassesEachOnceWhenNothingChanges(t *testing.T) {
	for _, n := range []int{0, 1, 14, 15, 1000, 5000} {
		d := newDict(0)
		for i := range n {
			d.set(fmt.Append(nil, i), nil)
		}
		seen := map[string]int{}
		calls := 0
		for cursor, first := uint64(0), true; first || cursor != 0; first = false {
			cursor = d.scan(cursor, 10, func(k, _ []byte) { seen[string(k)]++ })
			calls++
		}
		for k, times := range seen {
			if times != 1 {
				t.Fatalf("%q passed %d times", k, times)
			}
		}
		if len(seen) != n || calls > n+1 {
			t.Fatalf("%d of %d passed in %d calls", len(seen), n, calls)
		}
	}
}

func TestDictGivesMemoryBack(t *testing.T) {
	d := newDict(anySize)
	value := make([]byte, 3000)
	live := 0
	check := func(when string) {
		t.Helper()
		if most := 3*live + 4*blockSize; d.blocks.held > most {
			t.Fatalf("%s: %d bytes held for %d live ones", when, d.blocks.held, live)
		}
	}
	for round := range 40 { // growing values, so each is written anew
		live = 0
		for k := range 400 {
			n := 10 + (round*70+k*7)%2900
			d.set(fmt.Append(nil, k), value[:n])
			live += n
		}
		check("overwritten")
	}
	for range 300 { // values in blocks of their own
		for k := range 4 {
			d.set(fmt.Append(nil, "big", k), make([]byte, 20000+rand.IntN(50000)))
		}
	}
	if n := len(d.blocks.list); n > 2000 {
		t.Fatalf("%d blocks", n)
	}
	for k := range 4 {
		d.delete(fmt.Append(nil, "big", k))
	}
	check("big ones deleted")
	for k := range 400 {
		d.delete(fmt.Append(nil, k))
	}
	live = 0
	check("all deleted")
	if d.n != 0 || len(d.table.slots) > minSlots {
		t.Fatalf("%d keys in %d slots", d.n, len(d.table.slots))
	}
}

// TestCompactionKeepsAllEntries deletes most of many entries at random.
func TestCompactionKeepsAllEntries(t *testing.T) {
	seed := randtest.Seed(t)
	rng := rand.New(rand.NewPCG(seed, 1))
	d := newDict(anySize)
	model := map[string]string{}
	for range 200000 {
		k := fmt.Sprint(rng.IntN(5000))
		switch rng.IntN(3) {
		case 0:
			delete(model, k)
			d.delete([]byte(k))
		default:
			v := fmt.Sprintf("%0*d", 1+rng.IntN(80), rng.IntN(9))
			model[k] = v
			d.set([]byte(k), []byte(v))
		}
	}
	for k, v := range model {
		if got, ok := d.get([]byte(k)); !ok || string(got) != v {
			t.Fatalf("%q = %q, %v; want %q", k, got, ok, v)
		}
	}
	if d.n != len(model) {
		t.Fatalf("%d keys, want %d", d.n, len(model))
	}
}

func TestRandomReachesAllAlike(t *testing.T) {
	const keys, draws = 100, 100000
	rng := rand.New(rand.NewPCG(7, 7))
	d := newDict(0)
	for i := range keys {
		d.set(fmt.Append(nil, i), nil)
	}
	times := map[string]int{}
	for range draws {
		k, _ := d.random(rng)
		times[string(k)]++
	}
	for i := range keys {
		if n := times[fmt.Sprint(i)]; n < draws/keys*8/10 || n > draws/keys*12/10 {
			t.Errorf("%d was drawn %d times of %d", i, n, draws)
		}
	}
}
