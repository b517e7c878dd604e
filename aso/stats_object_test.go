package aso

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"comet/aso/randtest"
)

// What is remembered is always found, and what was once remembered is not let through the filter for long.
func TestObjectStatsFilter(t *testing.T) {
	seed := randtest.Seed(t)
	r := rand.New(rand.NewPCG(seed, seed))
	var o objectStats
	passed, unknown := 0, 0
	for n := range 20_000 {
		number := r.IntN(3000)
		key := []byte(strconv.Itoa(number))
		remembered := false
		for i := range o.list {
			remembered = remembered || o.list[i].Key == string(key)
		}
		switch may := o.mayHave(hashKey(key)); {
		case remembered && !may:
			t.Fatalf("run %d: the filter keeps back %s, which is remembered", n, key)
		case !remembered && n > 1000:
			unknown++
			if may {
				passed++
			}
		}
		if s, times := o.of(0, key, hashKey(key), n%50 == 0); s != nil {
			s.Runs++
			s.weight += 10 * times
		} else if remembered {
			t.Fatalf("run %d: %s is remembered, and not found", n, key)
		}
	}
	if passed*4 > unknown {
		t.Errorf("the filter lets %d of %d objects through that are not remembered", passed, unknown)
	}
}
