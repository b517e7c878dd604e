package command

import (
	"math"
	"math/rand/v2"
	"strconv"
	"testing"

	"comet/aso/randtest"
)

// TestDecimalsAreThoseOfC compares with package strconv, which rounds what a number is exactly, like C.
func TestDecimalsAreThoseOfC(t *testing.T) {
	rng := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	numbers := []float64{
		0, 1, 0.5, 0.03125, 0.00005, 0.00015, 0.000244140625, 0.0006103515625, 12345.00005, 0.99995, 9.99999999, 166274.1516, 20015114.3, 1 << 42, 1<<42 + 0.25,
		1 << 52, 1e300, math.SmallestNonzeroFloat64, math.MaxFloat64, 1.0 / 3,
	}
	for range 20000 {
		numbers = append(numbers, math.Ldexp(rng.Float64(), rng.IntN(140)-70), math.Ldexp(float64(rng.IntN(1<<40)), -rng.IntN(30)), float64(rng.IntN(1e9))/1e5)
	}
	for _, f := range numbers {
		for _, f := range []float64{f, -f} {
			for digits := 1; digits <= 6; digits++ {
				want := "x" + strconv.FormatFloat(f, 'f', digits, 64)
				if got := string(appendDecimals([]byte("x"), f, digits)); got != want {
					t.Fatalf("%v with %d digits: %s, want %s", f, digits, got, want)
				}
			}
		}
	}
}

func BenchmarkDecimals(b *testing.B) {
	var buf [32]byte
	for b.Loop() {
		appendDecimals(buf[:0], 1234567.8912345, 4)
	}
}
