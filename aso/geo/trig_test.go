package geo

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestFunctionsAreRoundedOnce compares with series of 200 bits.
func TestFunctionsAreRoundedOnce(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 20000 {
		x := rng.Float64() * math.Pi
		if rng.IntN(3) == 0 {
			x = math.Ldexp(x, -rng.IntN(60))
		}
		checkRounded(t, "sin", x, sin(x), series(x, 1))
		if x < math.Pi/2 {
			checkRounded(t, "cos", x, cos(x), series(x, 0))
		}
		x = min(x/math.Pi, 1)
		y := asin(x)
		slope, _ := series(y, 0).Float64()
		miss := new(big.Float).Sub(series(y, 1), big.NewFloat(x)) // of the sine
		if off, _ := miss.Float64(); math.Abs(off/slope) > 0.501*ulp(y) {
			t.Fatalf("asin(%v) = %v is %.3f units in the last place off", x, y, off/slope/ulp(y))
		}
	}
}

func ulp(x float64) float64 { return math.Nextafter(x, math.Inf(1)) - x }

func checkRounded(t *testing.T, name string, x, got float64, want *big.Float) {
	t.Helper()
	off, _ := new(big.Float).Sub(want, big.NewFloat(got)).Float64()
	if math.Abs(off) > 0.501*ulp(math.Abs(got)) {
		t.Fatalf("%s(%v) = %v is %.3f units in the last place off", name, x, got, off/ulp(got))
	}
}

// series is the series of the sine (first power 1) or cosine (0).
func series(x float64, first int) *big.Float {
	const precision, terms = 200, 60
	square := new(big.Float).SetPrec(precision).SetFloat64(x)
	square.Mul(square, square)
	sum, divisor := new(big.Float).SetPrec(precision), new(big.Float)
	term := new(big.Float).SetPrec(precision).SetInt64(1)
	if first == 1 {
		term.SetFloat64(x)
	}
	for n := first; n < terms; n += 2 {
		sum.Add(sum, term)
		term.Mul(term, square)
		term.Quo(term, divisor.SetInt64(-int64((n+1)*(n+2))))
	}
	return sum
}

func BenchmarkDistance(b *testing.B) {
	from, to := Point{13.361389, 38.115556}, Point{15.087269, 37.502669}
	for b.Loop() {
		Distance(from, to)
	}
}

func BenchmarkEstimate(b *testing.B) {
	from, to := Point{13.361389, 38.115556}, Point{15.087269, 37.502669}
	for b.Loop() {
		Estimate(from, to)
	}
}

func BenchmarkPosition(b *testing.B) {
	score := float64(Point{13.361389, 38.115556}.Score())
	for b.Loop() {
		Position(score)
	}
}
