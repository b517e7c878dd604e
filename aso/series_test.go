package aso

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

type number int

func (n number) compare(other number) int { return cmp.Compare(n, other) }

func TestSeriesBehavesAsASortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var s series[number]
		var model []number
		top := 0
		for range rapid.IntRange(0, 400).Draw(t, "steps") {
			n := number(rapid.IntRange(0, 100).Draw(t, "n"))
			if rapid.Bool().Draw(t, "at the end") {
				top++
				n = number(100 + top)
			}
			i, there := slices.BinarySearch(model, n)
			switch {
			case !there:
				model = slices.Insert(model, i, n)
				s.add(n)
			case rapid.Bool().Draw(t, "remove"):
				model = slices.Delete(model, i, i+1)
				s.remove(n)
			}
			if rapid.IntRange(0, 3).Draw(t, "shift") == 0 && len(model) > 0 {
				s.remove(model[0])
				model = model[1:]
			}
			if _, ok := s.find(n); ok != slices.Contains(model, n) {
				t.Fatalf("find %d: %v", n, ok)
			}
			var got, rest []number
			s.from(0, func(n number) bool { got = append(got, n); return true })
			s.from(s.search(n), func(n number) bool { rest = append(rest, n); return true })
			i, _ = slices.BinarySearch(model, n)
			if !slices.Equal(got, model) || !slices.Equal(rest, model[i:]) || s.len() != len(model) {
				t.Fatalf("holds %v, from %d on %v; want %v", got, n, rest, model)
			}
			if first, ok := s.first(); ok != (len(model) > 0) || ok && first != model[0] {
				t.Fatalf("first is %d", first)
			}
		}
	})
}
