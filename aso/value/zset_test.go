package value

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"comet/aso/randtest"
)

type scored struct {
	score  float64
	member string
}

func compareScored(a, b scored) int {
	return cmp.Or(cmp.Compare(a.score, b.score), cmp.Compare(a.member, b.member))
}

// zsetModel is a sorted slice.
type zsetModel []scored

func (m *zsetModel) index(member string) int {
	return slices.IndexFunc(*m, func(s scored) bool { return s.member == member })
}

func (m *zsetModel) set(member string, score float64) (created bool) {
	i := m.index(member)
	if i >= 0 {
		*m = slices.Delete(*m, i, i+1)
	}
	it := scored{score, member}
	at, _ := slices.BinarySearchFunc(*m, it, compareScored)
	*m = slices.Insert(*m, at, it)
	return i < 0
}

func (m *zsetModel) delete(member string) bool {
	i := m.index(member)
	if i >= 0 {
		*m = slices.Delete(*m, i, i+1)
	}
	return i >= 0
}

func score() *rapid.Generator[float64] {
	return rapid.Custom(func(t *rapid.T) float64 {
		if rapid.IntRange(0, 4).Draw(t, "kind") > 0 {
			return float64(rapid.IntRange(-5, 5).Draw(t, "small"))
		}
		return rapid.SampledFrom([]float64{math.Inf(1), math.Inf(-1), math.Copysign(0, -1), 0.1, 1e300, 5e-324}).Draw(t, "special")
	})
}

func checkZSet(t interface{ Fatalf(string, ...any) }, z *ZSet, model zsetModel, from int) {
	if z.Len() != len(model) {
		t.Fatalf("Len = %d, want %d", z.Len(), len(model))
	}
	var up, down []scored
	z.Ascend(from, func(m []byte, s float64) bool { up = append(up, scored{s, string(m)}); return true })
	z.Descend(from, func(m []byte, s float64) bool { down = append(down, scored{s, string(m)}); return true })
	if from < 0 || from >= len(model) {
		if len(up)+len(down) > 0 {
			t.Fatalf("members from rank %d of %d", from, len(model))
		}
		return
	}
	if !slices.Equal(up, model[from:]) {
		t.Fatalf("ascending from %d: %v, want %v", from, up, model[from:])
	}
	want := slices.Clone(model[:from+1])
	slices.Reverse(want)
	if !slices.Equal(down, want) {
		t.Fatalf("descending from %d: %v, want %v", from, down, want)
	}
}

func TestZSetBehavesLikeASortedSlice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lim, rng := smallLimits(t), newRand(t)
		var z ZSet
		var loaded loader
		var model zsetModel
		table := false
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				m, s := text().Draw(t, "m"), score().Draw(t, "s")
				if created := z.Set(lim, m, s); created != model.set(string(m), s) {
					t.Fatalf("Set(%q) = %v", m, created)
				} else if created {
					table = table || len(m) > lim.ZSetMaxListpackValue || len(model) > lim.ZSetMaxListpackEntries
				}
			},
			"delete": func(t *rapid.T) {
				m := text().Draw(t, "m")
				if ok := z.Delete(m); ok != model.delete(string(m)) {
					t.Fatalf("Delete(%q) = %v", m, ok)
				}
			},
			"look": func(t *rapid.T) {
				m := text().Draw(t, "m")
				want := model.index(string(m))
				rank, ok := z.Rank(m)
				s, ok2 := z.Score(m)
				if ok != (want >= 0) || ok2 != ok || ok && (rank != want || s != model[want].score) {
					t.Fatalf("Rank(%q) = %d, %v; Score = %v, %v; want %d", m, rank, ok, s, ok2, want)
				}
			},
			"seek": func(t *rapid.T) {
				x, m := score().Draw(t, "x"), text().Draw(t, "m")
				below, upto, lexBelow, lexUpto := 0, 0, 0, 0
				same := true
				for _, s := range model {
					if s.score < x {
						below++
					}
					if s.score <= x {
						upto++
					}
					if s.member < string(m) {
						lexBelow++
					}
					if s.member <= string(m) {
						lexUpto++
					}
					same = same && s.score == model[0].score
				}
				if a, b := z.SeekScore(x, false), z.SeekScore(x, true); a != below || b != upto {
					t.Fatalf("SeekScore(%v) = %d, %d; want %d, %d", x, a, b, below, upto)
				}
				if a, b := z.SeekLex(m, false), z.SeekLex(m, true); same && (a != lexBelow || b != lexUpto) {
					t.Fatalf("SeekLex(%q) = %d, %d; want %d, %d", m, a, b, lexBelow, lexUpto)
				}
			},
			"random": func(t *rapid.T) {
				m, s := z.Random(rng)
				if i := model.index(string(m)); len(model) > 0 && (i < 0 || model[i].score != s) {
					t.Fatalf("Random = %q, %v", m, s)
				}
			},
			"reload": func(t *rapid.T) {
				if large := z.Large(); large != nil {
					z.LoadLarge(large.Clone())
				} else {
					z.Load(loaded.next(t, z.Packed()))
				}
			},
			"encode": func(t *rapid.T) {
				if err := z.Decode(z.Encode(nil), lim); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				loaded.next(t, loaded.bytes)
				if want := map[bool]string{false: "listpack", true: "skiplist"}[table]; len(model) > 0 && z.Encoding() != want {
					t.Fatalf("Encoding = %s, want %s", z.Encoding(), want)
				}
				checkZSet(t, &z, model, rapid.IntRange(-1, len(model)).Draw(t, "from"))
			},
		})
	})
}

// TestLargeZSetKeepsOrderThroughSplitsMergesAndCompaction works on thousands of
// members, in phases that grow, churn and shrink.
func TestLargeZSetKeepsOrderThroughSplitsMergesAndCompaction(t *testing.T) {
	seed := randtest.Seed(t)
	rng := rand.New(rand.NewPCG(seed, 1))
	lim := DefaultLimits()
	for _, members := range []func() string{
		func() string { return fmt.Sprint(rng.IntN(20000)) },
		func() string { return fmt.Sprintf("%0*d", 10+rng.IntN(3), rng.IntN(7000)) },
	} {
		var z ZSet
		scores := map[string]float64{}
		for phase, odds := range []int{90, 50, 10, 70, 5} {
			for range 12000 {
				m := members()
				if rng.IntN(100) < odds {
					s := float64(rng.IntN(1 + phase*500))
					z.Set(&lim, []byte(m), s)
					scores[m] = s
				} else {
					z.Delete([]byte(m))
					delete(scores, m)
				}
			}
			var model zsetModel
			for m, s := range scores {
				model = append(model, scored{s, m})
			}
			slices.SortFunc(model, compareScored)
			checkZSet(t, &z, model, rng.IntN(len(model)))
			old := z.Large()
			z.LoadLarge(old.Clone()) // and what happens to the old one must not matter
			for _, m := range model {
				old.delete([]byte(m.member))
			}
			for range 50 {
				i := rng.IntN(len(model))
				if rank, ok := z.Rank([]byte(model[i].member)); !ok || rank != i {
					t.Fatalf("Rank(%q) = %d, %v; want %d", model[i].member, rank, ok, i)
				}
				m, s, ok := z.At(i)
				if !ok || (scored{s, string(m)}) != model[i] {
					t.Fatalf("At(%d) = %q, %v", i, m, s)
				}
			}
		}
		for m := range scores {
			z.Delete([]byte(m))
		}
		checkZSet(t, &z, nil, 0)
		if l := z.Large(); l.tree.leaves != 1 || l.tree.inner != 0 || l.dict.blocks.held > 2*blockSize {
			t.Fatalf("when empty: %d leaves, %d inner nodes, %d bytes", l.tree.leaves, l.tree.inner, l.dict.blocks.held)
		}
	}
}

func TestZSetTreatsMinusZeroAsRedisDoes(t *testing.T) {
	lim := DefaultLimits()
	for _, entries := range []int{128, 0} {
		lim.ZSetMaxListpackEntries = entries
		var z ZSet
		z.Set(&lim, []byte("m"), math.Copysign(0, -1))
		if s, _ := z.Score([]byte("m")); math.Signbit(s) != (entries == 0) {
			t.Errorf("with %s the score is %v", z.Encoding(), s)
		}
	}
}
