package value

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"comet/aso/randtest"
)

func TestListBehavesLikeASlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lim := smallLimits(t)
		var l List
		var loaded loader
		var model []string
		place := func(t *rapid.T) int { return rapid.IntRange(-1, len(model)).Draw(t, "i") }
		inside := func(i int) bool { return i >= 0 && i < len(model) }
		t.Repeat(map[string]func(*rapid.T){
			"push front": func(t *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(t, "n") {
					v := text().Draw(t, "v")
					l.PushFront(lim, v)
					model = slices.Insert(model, 0, string(v))
				}
			},
			"push back": func(t *rapid.T) {
				for range rapid.IntRange(1, 5).Draw(t, "n") {
					v := text().Draw(t, "v")
					l.PushBack(lim, v)
					model = append(model, string(v))
				}
			},
			"pop": func(t *rapid.T) {
				pop, i := l.PopFront, 0
				if rapid.Bool().Draw(t, "back") {
					pop, i = l.PopBack, len(model)-1
				}
				v, ok := pop()
				if ok != (len(model) > 0) || ok && string(v) != model[i] {
					t.Fatalf("pop = %q, %v", v, ok)
				}
				if ok {
					model = slices.Delete(model, i, i+1)
				}
			},
			"index": func(t *rapid.T) {
				i := place(t)
				if v, ok := l.Index(i); ok != inside(i) || ok && string(v) != model[i] {
					t.Fatalf("Index(%d) = %q, %v", i, v, ok)
				}
			},
			"set": func(t *rapid.T) {
				i, v := place(t), text().Draw(t, "v")
				if l.Set(lim, i, v) != inside(i) {
					t.Fatalf("Set(%d) = %v", i, !inside(i))
				}
				if inside(i) {
					model[i] = string(v)
				}
			},
			"insert": func(t *rapid.T) {
				i, v := place(t), text().Draw(t, "v")
				if l.Insert(lim, i, v) != (i >= 0) {
					t.Fatalf("Insert(%d) = %v", i, i < 0)
				}
				if i >= 0 {
					model = slices.Insert(model, i, string(v))
				}
			},
			"remove": func(t *rapid.T) {
				i, n := place(t), rapid.IntRange(-1, 10).Draw(t, "n")
				want := 0
				if inside(i) {
					want = max(min(n, len(model)-i), 0)
					model = slices.Delete(model, i, i+want)
				}
				if got := l.Remove(i, n); got != want {
					t.Fatalf("Remove(%d, %d) = %d, want %d", i, n, got, want)
				}
			},
			"trim": func(t *rapid.T) {
				start := rapid.IntRange(-2, 3).Draw(t, "start")
				stop := len(model) - rapid.IntRange(-2, 3).Draw(t, "off")
				l.Trim(start, stop)
				from := min(max(start, 0), len(model))
				model = slices.Clone(model[from:max(min(stop, len(model)), from)])
			},
			"reload": func(t *rapid.T) {
				if large := l.Large(); large != nil {
					l.LoadLarge(large.Clone())
				} else {
					l.Load(loaded.next(t, l.Packed()))
				}
			},
			"encode": func(t *rapid.T) {
				if err := l.Decode(l.Encode(nil), lim); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				loaded.next(t, loaded.bytes)
				checkList(t, &l, model, place(t))
			},
		})
	})
}

// TestLargeListKeepsOrderAcrossNodes changes a list of thousands of elements at
// random places.
func TestLargeListKeepsOrderAcrossNodes(t *testing.T) {
	seed := randtest.Seed(t)
	rng := rand.New(rand.NewPCG(seed, 1))
	lim := DefaultLimits()
	var l List
	var model []string
	for phase, odds := range []int{80, 50, 20, 75, 10} {
		for range 3000 {
			v := fmt.Sprintf("%0*d", 1+rng.IntN(100*(1+phase)), rng.IntN(1000))
			i := rng.IntN(len(model) + 1)
			switch grow := rng.IntN(100) < odds; {
			case rng.IntN(4) == 0 && grow:
				l.PushFront(&lim, []byte(v))
				model = slices.Insert(model, 0, v)
			case rng.IntN(4) == 0 && !grow && len(model) > 0:
				l.PopBack()
				model = model[:len(model)-1]
			case grow && rng.IntN(2) == 0, i == len(model):
				l.Insert(&lim, i, []byte(v))
				model = slices.Insert(model, i, v)
			case grow:
				l.Set(&lim, i, []byte(v))
				model[i] = v
			default:
				n := min(1+rng.IntN(4), len(model)-i)
				l.Remove(i, n)
				model = slices.Delete(model, i, i+n)
			}
		}
		checkList(t, &l, model, rng.IntN(len(model)+1))
		checkList(t, &l, model, 0)
	}
}

func checkList(t interface{ Fatalf(string, ...any) }, l *List, model []string, from int) {
	if l.Len() != len(model) {
		t.Fatalf("Len = %d, want %d", l.Len(), len(model))
	}
	var up, down []string
	l.Ascend(from, func(v []byte) bool { up = append(up, string(v)); return true })
	l.Descend(from, func(v []byte) bool { down = append(down, string(v)); return true })
	if from < 0 || from >= len(model) {
		if len(up)+len(down) > 0 {
			t.Fatalf("elements from %d of %d", from, len(model))
		}
		return
	}
	want := slices.Clone(model[:from+1])
	slices.Reverse(want)
	if !slices.Equal(up, model[from:]) || !slices.Equal(down, want) {
		t.Fatalf("from %d: %q and %q of %q", from, up, down, model)
	}
	if large := l.Large(); large != nil {
		held := 0
		for _, d := range large.active() {
			held += len(d.buf)
			if d.n == 0 {
				t.Fatalf("an empty node")
			}
		}
		if held != large.held {
			t.Fatalf("held %d, want %d", large.held, held)
		}
	}
}
