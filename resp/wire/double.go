package wire

import (
	"bytes"
	"math"
	"strconv"

	"github.com/tidwall/redcon"
)

// Double appends a floating-point number: a bulk string in RESP2.
func (r *Reply) Double(f float64) {
	if r.resp3 {
		r.buf = append(r.buf, ',')
		r.buf = AppendDouble(r.buf, f)
		r.buf = append(r.buf, '\r', '\n')
		return
	}
	var text [32]byte
	r.buf = redcon.AppendBulk(r.buf, AppendDouble(text[:0], f))
}

// AppendDouble appends f as Redis 7.0 writes it, which is C's "%.17g": 0.1 is
// 0.10000000000000001.
func AppendDouble(b []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(b, "inf"...)
	case math.IsInf(f, -1):
		return append(b, "-inf"...)
	case math.IsNaN(f) && math.Signbit(f):
		return append(b, "-nan"...)
	case math.IsNaN(f):
		return append(b, "nan"...)
	}
	// Whole numbers below 2^53 have no exponent; -0 keeps its sign.
	if n := int64(f); float64(n) == f && n > -1<<53 && n < 1<<53 && (n != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(b, n, 10)
	}
	return strconv.AppendFloat(b, f, 'g', 17, 64)
}

// Decimal appends a finite number without an exponent, with at most 17 digits after the point: a bulk string in RESP2.
func (r *Reply) Decimal(f float64) {
	var text [64]byte
	digits := strconv.AppendFloat(text[:0], f, 'f', 17, 64)
	digits = bytes.TrimSuffix(bytes.TrimRight(digits, "0"), []byte("."))
	if r.resp3 {
		r.buf = append(r.buf, ',')
		r.buf = append(r.buf, digits...)
		r.buf = append(r.buf, '\r', '\n')
		return
	}
	r.buf = redcon.AppendBulk(r.buf, digits)
}
