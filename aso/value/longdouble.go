package value

import (
	"bytes"
	"math"
	"math/big"
)

const maxFloat = math.MaxFloat64

// LongDouble is a number with the 64-bit mantissa of x86's long double, in
// which Redis computes INCRBYFLOAT and HINCRBYFLOAT.
type LongDouble struct {
	f     *big.Float
	small int64 // the number in units of 1e-17, if f is nil; see decimal.go
}

const (
	longDoubleBits   = 64
	longDoubleMaxExp = 16384    // values are below 1<<16384
	longDoubleMinExp = -16445   // values up to half of 1<<-16445 become 0
	longDoubleText   = 5 * 1024 // Redis takes no longer texts
)

// ParseLongDouble reads a number as Redis does with strtold; see [ParseFloat].
// Infinities are numbers.
func ParseLongDouble(b []byte) (LongDouble, bool) {
	if n, ok := parseDecimal(b); ok {
		return LongDouble{small: n}, true
	}
	hex, ok := scanFloat(b)
	if !ok || len(b) >= longDoubleText {
		return LongDouble{}, false
	}
	if v, ok := ParseFloat(b); ok && (v == 0 || math.IsInf(v, 0)) {
		return LongDouble{f: big.NewFloat(v).SetPrec(longDoubleBits)}, true
	}
	base := 10
	if hex {
		base = 0
	} else if bytes.ContainsAny(b, "pPxXbBoO") { // big.Float's, not strtold's
		return LongDouble{}, false
	}
	if exponentTooLong(b, hex) {
		return LongDouble{}, false
	}
	f := new(big.Float).SetPrec(longDoubleBits)
	if _, _, err := f.Parse(string(b), base); err != nil || !inLongDouble(f) {
		return LongDouble{}, false
	}
	return LongDouble{f: f}, true
}

// inLongDouble reports whether strtold would not say ERANGE of a number that
// is not written as zero.
func inLongDouble(f *big.Float) bool {
	exp := f.MantExp(nil) // f is below 1<<exp and at least half of that
	return f.Sign() != 0 && exp <= longDoubleMaxExp &&
		(exp > longDoubleMinExp || exp == longDoubleMinExp && f.MinPrec() > 1)
}

// exponentTooLong keeps exponents that math/big would compute for minutes from
// it: with so many digits the number is out of range or its text too long.
func exponentTooLong(b []byte, hex bool) bool {
	const digits = 5
	mark := "eE"
	if hex {
		mark = "pP"
	}
	i := bytes.LastIndexAny(b, mark)
	if i < 0 {
		return false
	}
	exp := bytes.TrimLeft(b[i+1:], "+-")
	return len(bytes.TrimLeft(exp, "0")) > digits
}

// IsInf reports whether the number is infinite, which HINCRBYFLOAT refuses.
func (x LongDouble) IsInf() bool { return x.f != nil && x.f.IsInf() }

// Add returns x + y; false when that is infinite or not a number.
func (x LongDouble) Add(y LongDouble) (sum LongDouble, ok bool) {
	if x.IsInf() || y.IsInf() {
		return LongDouble{}, false
	}
	if n := x.small + y.small; x.f == nil && y.f == nil && isDecimal(n) {
		return LongDouble{small: n}, true
	}
	f := new(big.Float).SetPrec(longDoubleBits).Add(x.float(), y.float())
	if f.MantExp(nil) > longDoubleMaxExp {
		return LongDouble{}, false
	}
	return LongDouble{f: f}, true
}

// Append appends a finite number as Redis stores it: 17 digits behind the point,
// less the zeros at the end, never with an exponent.
func (x LongDouble) Append(dst []byte) []byte {
	if x.f == nil {
		return appendDecimal(dst, x.small)
	}
	start := len(dst)
	dst = x.f.Append(dst, 'f', 17)
	dst = bytes.TrimRight(dst, "0") // there is a point in front of them
	dst = bytes.TrimSuffix(dst, []byte("."))
	if string(dst[start:]) == "-0" {
		return append(dst[:start], '0')
	}
	return dst
}
