package lua

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"comet/aso/randtest"
)

func TestDigitsAreReadAsAnyNumeral(t *testing.T) {
	r := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	texts := []string{"", "0", "00", "007", "999999999999999", "9999999999999999", "-1", "1.", " 1", "1 ", "1e3", "0x10", "1_000", "/", ":"}
	for range 2000 {
		texts = append(texts, fmt.Sprint(r.Uint64()>>r.IntN(64)))
	}
	for _, s := range texts {
		got, ok := parseDigits(s)
		want, err := strconv.ParseUint(s, 10, 64)
		if fits := err == nil && len(s) <= 15; ok != fits || ok && got != float64(want) {
			t.Errorf("%q: %v, %v", s, got, ok)
		}
	}
}
