package command

import (
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"comet/aso/randtest"
)

// TestWeightsAreOrdered sorts numbers of all sizes and signs, some of them often.
func TestWeightsAreOrdered(t *testing.T) {
	seed := randtest.Seed(t)
	r := rand.New(rand.NewPCG(seed, 0))
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.SmallestNonzeroFloat64, 1, -1}
	for n := range 300 {
		s := sorter{sortElements: new(sortElements)}
		for i := range n {
			weight := math.Float64frombits(r.Uint64())
			if math.IsNaN(weight) || r.IntN(3) == 0 {
				weight = special[r.IntN(len(special))]
			}
			s.add(strconv.AppendInt(nil, r.Int64N(50), 10))
			s.items[i].weight = weight
		}
		s.desc = n%2 == 1
		s.orderByWeight()
		if s.desc {
			slices.Reverse(s.items)
		}
		for i := 1; i < n; i++ {
			a, b := s.items[i-1], s.items[i]
			if a.weight > b.weight || a.weight == b.weight && s.compareElements(a, b) > 0 {
				t.Fatalf("seed %d: %v %q before %v %q", seed, a.weight, s.element(a.at), b.weight, s.element(b.at))
			}
		}
	}
}
