package aso

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestRadixIsAMap compares the tree with a map, and checks that older trees stay as they were.
func TestRadixIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var tree, old *radix[int]
		model, oldModel := map[string]int{}, map[string]int{}
		for i := range rapid.IntRange(0, 60).Draw(t, "changes") {
			key := rapid.StringMatching("[ab]{0,5}").Draw(t, "key")
			if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
				tree = tree.without(key)
				delete(model, key)
			} else {
				tree = tree.with(key, i)
				model[key] = i
			}
			if rapid.IntRange(0, 9).Draw(t, "remember") == 0 {
				old, oldModel = tree, maps.Clone(model)
			}
		}
		checkRadix(t, tree, model)
		checkRadix(t, old, oldModel)
	})
}

func checkRadix(t *rapid.T, tree *radix[int], model map[string]int) {
	t.Helper()
	var got, want []int
	tree.each(func(v int) bool { got = append(got, v); return true })
	for _, key := range slices.Sorted(maps.Keys(model)) {
		want = append(want, model[key])
		if v, ok := tree.get(key); !ok || v != model[key] {
			t.Fatalf("%q is %d, %v", key, v, ok)
		}
		probe, found := []byte(key+"x"), false
		for n, rest := tree, probe; n != nil; n, rest = n.step(rest) {
			found = found || n.there && n.value == model[key] && len(rest) == 1
		}
		if !found {
			t.Fatalf("%q is not met on the way to %q", key, probe)
		}
	}
	if !slices.Equal(got, want) {
		t.Fatalf("each: %v, want %v", got, want)
	}
	if tree != nil && len(model) == 0 {
		t.Fatal("an empty tree is not nil")
	}
}
