package value

import (
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestDecimalsAreAddedAsLongDoubles compares with what a mantissa of 64 bits makes of the same texts.
func TestDecimalsAreAddedAsLongDoubles(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	draw := func() string {
		s := fmt.Sprint(r.IntN([]int{1, 3, 33, 99}[r.IntN(4)]))
		if n := r.IntN(18); n > 0 {
			s += "." + strings.Repeat("0", n/2) + fmt.Sprintf("%0*d", n-n/2, r.Int64N(1e9))[:n-n/2]
		}
		return strings.Repeat("-", r.IntN(2)) + s
	}
	wide := func(s string) LongDouble {
		f, _, err := new(big.Float).SetPrec(longDoubleBits).Parse(s, 10)
		if err != nil {
			t.Fatal(err)
		}
		return LongDouble{f: f}
	}
	small := 0
	for range 30_000 {
		a, b := draw(), draw()
		x, okX := ParseLongDouble([]byte(a))
		y, okY := ParseLongDouble([]byte(b))
		sum, ok := x.Add(y)
		want, _ := wide(a).Add(wide(b))
		if got, want := string(sum.Append(nil)), string(want.Append(nil)); !okX || !okY || !ok || got != want {
			t.Fatalf("%s + %s = %s, want %s", a, b, got, want)
		}
		if sum.f == nil {
			small++
		}
	}
	if small < 6_000 {
		t.Errorf("only %d sums of decimals", small)
	}
}

// TestOtherNumbersAreNoDecimals has what ParseLongDouble has to judge.
func TestOtherNumbersAreNoDecimals(t *testing.T) {
	for _, s := range []string{"", "-", ".", ".5", "5.", "-.5", "+1", " 1", "1 ", "1e1", "0x1", "1.2.3", "32", "100", "1.000000000000000001", "--1", "1.-5", "1.+5", "inf", "nan", "1_0"} {
		if n, ok := parseDecimal([]byte(s)); ok {
			t.Errorf("%q is read as %d", s, n)
		}
	}
}
