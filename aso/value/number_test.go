package value

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"comet/aso/randtest"
)

func TestParseIntTakesOnlyWhatAppendIntWrites(t *testing.T) {
	for _, s := range []string{"0", "1", "-1", "10", "9223372036854775807", "-9223372036854775808", "-10"} {
		v, ok := ParseInt([]byte(s))
		if !ok || string(AppendInt(nil, v)) != s {
			t.Errorf("ParseInt(%q) = %d, %v", s, v, ok)
		}
	}
	for _, s := range []string{
		"", "-", "+1", "00", "01", "-0", "-01", " 1", "1 ", "1.0", "1e3", "a", "9223372036854775808", "-9223372036854775809",
		"18446744073709551616", "18446744073709551617", "99999999999999999999", "-99999999999999999999", "0x10", "1\x00",
	} {
		if v, ok := ParseInt([]byte(s)); ok {
			t.Errorf("ParseInt(%q) = %d", s, v)
		}
	}
}

func FuzzParseInt(f *testing.F) {
	f.Add("-9223372036854775808")
	f.Fuzz(func(t *testing.T, s string) {
		want, err := strconv.ParseInt(s, 10, 64)
		isInt := err == nil && strconv.FormatInt(want, 10) == s
		if v, ok := ParseInt([]byte(s)); ok != isInt || ok && v != want {
			t.Errorf("ParseInt(%q) = %d, %v", s, v, ok)
		}
	})
}

// numberTexts are texts at the edges of what strtod takes, and random ones.
func numberTexts(rng *rand.Rand) []string {
	texts := []string{
		"", " ", "0", "-0", "+0", "1", "-1", "+1", "+-1", "1.", ".5", ".", "-.5", "1e5", "1E+5", "1e-5", "1e", "1e+", "e5", "1.5e3x",
		"inf", "-inf", "+inf", "Inf", "INFINITY", "infin", "-infinity", "infinityx", "nan", "NaN", "-nan", "nan(1)", "nan()",
		"0x", "0x1", "0X1F", "-0x10", "0x1.8", "0x1.8p3", "0x.8", "0x.", "0xp1", "0x1p", "0x1p-1080", "0x1p1024", "0x1P+2", "0x1.8P", "0x0p5",
		"1_000", "0x_1", "0b1", "0o7", "010", "1p5", "1,5", " 1", "1 ", "\t1", "1\n", "1\x00", "\x001",
		"1e308", "1e309", "-1e309", "1e400", "1e-320", "1e-323", "1e-324", "2e-324", "3e-324", "1e-400", "0e-400", "0e999999999", "0x0p-99999",
		"3.0e3", "5.0e3", "0.1", "0.2", "10.5", "0.30000000000000004", "1e17", "1e16", "123456789012345678", "12345678901234567890",
		"9007199254740993", "0.000001", "0.0001", "0.00001", "1e21", "1e20", "99999999999999999", "1e-7", "17179869184", "3.14159265358979",
		strings.Repeat("9", 300), strings.Repeat("9", 310), "0." + strings.Repeat("0", 400) + "1", strings.Repeat("0", 500) + "1",
	}
	for range 300 {
		switch rng.IntN(4) {
		case 0:
			texts = append(texts, fmt.Sprint(math.Float64frombits(rng.Uint64())))
		case 1:
			texts = append(texts, fmt.Sprintf("%.*f", rng.IntN(20), rng.NormFloat64()*1000))
		case 2:
			texts = append(texts, fmt.Sprintf("%x", rng.NormFloat64()))
		default:
			b := make([]byte, 1+rng.IntN(6))
			for i := range b {
				b[i] = "0123456789+-.eEinfxXpP "[rng.IntN(23)]
			}
			texts = append(texts, string(b))
		}
	}
	return texts
}

func TestDoublesAreReadAndPrintedAsByRedis(t *testing.T) {
	r := startRedis(t)
	seed := randtest.Seed(t)
	r.do("config", "set", "zset-max-listpack-entries", 0) // keeps -0
	for _, s := range numberTexts(rand.New(rand.NewPCG(seed, 1))) {
		added := r.do("zadd", "z", s, "m")
		v, ok := ParseFloat([]byte(s))
		if ok == failed(added) {
			t.Errorf("ParseFloat(%q) = %v, %v; Redis replied %q", s, v, ok, added)
			continue
		}
		if !ok {
			continue
		}
		if got, want := string(AppendFloat(nil, v)), r.do("zscore", "z", "m")[0]; got != want {
			t.Errorf("%q is printed as %q, by Redis as %q", s, got, want)
		}
		r.do("del", "z")
	}
}

func TestLongDoublesAreAddedAsByRedis(t *testing.T) {
	r := startRedis(t)
	seed := randtest.Seed(t)
	rng := rand.New(rand.NewPCG(seed, 1))
	texts := append(numberTexts(rng), "1e4000", "1e4932", "1.2e4932", "1e5000", "1e999999999", "1e-4940", "1e-4951", "1e-4960", "-1e-999999999",
		"0x1p16383", "0x1p16384", "0x1p-16445", "0x1p-16446", "0x1.8p-16446", "1e0000000000000000000002", "1e-17", "5e-18", "4e-18", "-5e-18")
	for i := range 2 * len(texts) {
		a, b := "0", texts[i%len(texts)]
		if i >= len(texts) {
			a, b = texts[rng.IntN(len(texts))], texts[rng.IntN(len(texts))]
		}
		r.do("set", "k", a)
		reply := r.do("incrbyfloat", "k", b)
		x, ok := ParseLongDouble([]byte(a))
		y, ok2 := ParseLongDouble([]byte(b))
		var sum LongDouble
		if ok = ok && ok2; ok {
			sum, ok = x.Add(y)
		}
		if ok == failed(reply) {
			t.Errorf("%q + %q: %v, Redis replied %.100q", a, b, ok, reply)
			continue
		}
		if !ok {
			continue
		}
		if got := string(sum.Append(nil)); got != reply[0] {
			t.Errorf("%q + %q = %.100q, for Redis %.100q", a, b, got, reply[0])
		}
	}
}

func TestLongDoubleSums(t *testing.T) {
	for _, c := range [][3]string{
		{"3.0e3", "5.0e3", "8000"},
		{"0.1", "0.2", "0.3"},
		{"10.5", "0.1", "10.6"},
		{"5.0e3", "200", "5200"},
		{"-0.5", "0.5", "0"},
		{"0", "-0", "0"},
		{"10", "-1.25", "8.75"},
		{"0x10", "1", "17"},
		{"100", "1e-17", "100.00000000000000001"},
	} {
		x, _ := ParseLongDouble([]byte(c[0]))
		y, _ := ParseLongDouble([]byte(c[1]))
		if sum, ok := x.Add(y); !ok || string(sum.Append(nil)) != c[2] {
			t.Errorf("%s + %s = %s, want %s", c[0], c[1], sum.Append(nil), c[2])
		}
	}
	inf, _ := ParseLongDouble([]byte("inf"))
	minus, _ := ParseLongDouble([]byte("-inf"))
	if _, ok := inf.Add(minus); ok {
		t.Error("inf - inf has a sum")
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range numberTexts(rand.New(rand.NewPCG(1, 1))) {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if v, ok := ParseFloat(b); ok {
			if again, ok := ParseFloat(AppendFloat(nil, v)); !ok || again != v {
				t.Errorf("%q is %v, then %v", b, v, again)
			}
		}
		if v, ok := ParseLongDouble(b); ok && !v.IsInf() {
			v.Append(nil)
		}
	})
}

func BenchmarkNumbers(b *testing.B) {
	b.Run("ParseInt", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ParseInt([]byte("1234567890"))
		}
	})
	b.Run("ParseFloat", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			ParseFloat([]byte("12345.678"))
		}
	})
	b.Run("AppendFloat", func(b *testing.B) {
		b.ReportAllocs()
		var buf [32]byte
		for b.Loop() {
			AppendFloat(buf[:0], 12345.678)
		}
	})
	b.Run("LongDouble", func(b *testing.B) {
		b.ReportAllocs()
		var buf [64]byte
		for b.Loop() {
			x, _ := ParseLongDouble([]byte("10.5"))
			y, _ := ParseLongDouble([]byte("0.1"))
			sum, _ := x.Add(y)
			sum.Append(buf[:0])
		}
	})
}
