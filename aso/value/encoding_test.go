package value

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"comet/aso/randtest"
)

// TestEncodingsFollowRedis makes the same random changes here and there, around
// small limits.
func TestEncodingsFollowRedis(t *testing.T) {
	r := startRedis(t)
	seed := randtest.Seed(t)
	rng := rand.New(rand.NewPCG(seed, 1))
	lim := Limits{
		HashMaxListpackEntries: 5, HashMaxListpackValue: 8, SetMaxIntsetEntries: 5,
		ZSetMaxListpackEntries: 5, ZSetMaxListpackValue: 8, ListMaxListpackSize: -2, PackedMax: 16384,
	}
	for name, v := range map[string]int{
		"hash-max-listpack-entries": 5, "hash-max-listpack-value": 8, "set-max-intset-entries": 5,
		"zset-max-listpack-entries": 5, "zset-max-listpack-value": 8,
	} {
		r.do("config", "set", name, v)
	}
	element := func() []byte {
		switch rng.IntN(30) {
		case 0:
			return []byte(strings.Repeat("x", rng.IntN(12)))
		default:
			return fmt.Append(nil, rng.IntN(12))
		}
	}
	same := func(key, encoding string, length int) {
		t.Helper()
		if want := r.do("object", "encoding", key)[0]; length > 0 && encoding != want {
			t.Fatalf("%s is %s, for Redis %s", key, encoding, want)
		}
	}
	for range 300 {
		r.do("flushall")
		var h Hash
		var s Set
		var z ZSet
		for range 12 {
			a, b := element(), element()
			h.Set(&lim, a, b)
			r.do("hset", "h", a, b)
			s.Add(&lim, a)
			r.do("sadd", "s", a)
			z.Set(&lim, a, 1)
			r.do("zadd", "z", 1, a)
			if c := element(); s.Len() > 1 && s.Contains(c) {
				s.Remove(c)
				r.do("srem", "s", c)
			}
			same("h", h.Encoding(), h.Len())
			same("s", s.Encoding(), s.Len())
			same("z", z.Encoding(), z.Len())
		}
	}
}
