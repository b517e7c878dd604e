package command

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	"comet/aso/randtest"
)

// TestPartialSortAgainstAnAdversary lets the order of items be made up while the sort asks for it, so that each pivot is a bad one (McIlroy,
// A Killer Adversary for Quicksort, 1999).
func TestPartialSortAgainstAnAdversary(t *testing.T) {
	const n, gas = 20000, 1 << 30
	ranks := make([]int, n)
	items := make([]int, n)
	for i := range items {
		items[i], ranks[i] = i, gas
	}
	solid, candidate, asked := 0, 0, 0
	partialSort(items, func(a, b *int) int {
		asked++
		if ranks[*a] == gas && ranks[*b] == gas {
			frozen := *b
			if *a == candidate {
				frozen = *a
			}
			ranks[frozen] = solid
			solid++
		}
		if ranks[*a] == gas {
			candidate = *a
		} else if ranks[*b] == gas {
			candidate = *b
		}
		return cmp.Compare(ranks[*a], ranks[*b])
	}, n-2, n-1)
	if asked > 100*n {
		t.Errorf("%d items were compared %d times", n, asked)
	}
	if !slices.IsSortedFunc(items[n-2:], func(a, b int) int { return cmp.Compare(ranks[a], ranks[b]) }) {
		t.Errorf("the last items are not in order")
	}
}

// TestPartialSortIsSortOfAPart compares the part that is asked for with a whole sort.
func TestPartialSortIsSortOfAPart(t *testing.T) {
	seed := randtest.Seed(t)
	r := rand.New(rand.NewPCG(seed, 0))
	for range 2000 {
		items := make([]int, r.IntN(200))
		for i := range items {
			items[i] = r.IntN(1 + r.IntN(100))
		}
		want := slices.Sorted(slices.Values(items))
		first := r.IntN(len(items) + 1)
		last := first + r.IntN(20)
		partialSort(items, func(a, b *int) int { return cmp.Compare(*a, *b) }, first, last)
		if end := min(last+1, len(items)); !slices.Equal(items[first:end], want[first:end]) {
			t.Fatalf("seed %d: from %d to %d: %v, want %v", seed, first, last, items[first:end], want[first:end])
		}
	}
}
