package value

import (
	"bytes"
	"strconv"
)

// ParseInt reads an integer as Redis does: the one text that AppendInt makes of
// it, so without plus sign, spaces, leading zeros or "-0".
func ParseInt(b []byte) (int64, bool) {
	if len(b) == 0 || len(b) > intText {
		return 0, false
	}
	digits := b
	negative := b[0] == '-'
	if negative {
		digits = b[1:]
	}
	if len(digits) == 1 && digits[0] == '0' {
		return 0, !negative
	}
	if len(digits) == 0 || digits[0] == '0' {
		return 0, false
	}
	var v uint64
	for _, c := range digits {
		c -= '0'
		if c > 9 || v > 1<<63/10 {
			return 0, false
		}
		if v = v*10 + uint64(c); v > 1<<63 {
			return 0, false
		}
	}
	if negative {
		return -int64(v), true
	}
	return int64(v), v < 1<<63
}

// AppendInt appends an integer in decimal.
func AppendInt(dst []byte, v int64) []byte { return strconv.AppendInt(dst, v, 10) }

// ParseFloat reads a double as Redis does with strtod: decimal or hexadecimal,
// with infinities, without NaN, surrounding space, and values that overflow or
// underflow to zero.
func ParseFloat(b []byte) (float64, bool) {
	if n, ok := ParseInt(b); ok {
		return float64(n), true
	}
	hex, ok := scanFloat(b)
	if !ok {
		return 0, false
	}
	text := string(b)
	if hex && !bytes.ContainsAny(b, "pP") {
		text += "p0" // optional for strtod only
	}
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v == 0 && !isZeroText(b) {
		return 0, false
	}
	return v, true
}

// scanFloat tells a hexadecimal number, and refuses what strconv takes beyond
// strtod: NaN and underscores.
func scanFloat(b []byte) (hex, ok bool) {
	digits := b
	if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		digits = b[1:]
	}
	if len(digits) == 0 || digits[0] == 'n' || digits[0] == 'N' || bytes.IndexByte(b, '_') >= 0 {
		return false, false
	}
	return len(digits) > 1 && digits[0] == '0' && digits[1]|0x20 == 'x', true
}

// isZeroText reports whether the mantissa of a valid number has only zeros.
func isZeroText(b []byte) bool {
	exponent := "eE"
	if hex, _ := scanFloat(b); hex {
		exponent = "pP"
	}
	if i := bytes.IndexAny(b, exponent); i >= 0 {
		b = b[:i]
	}
	return !bytes.ContainsAny(b, "123456789abcdefABCDEF")
}

// AppendFloat appends a double as Redis 7.0 prints one in a reply, which is
// "%.17g" of C.
func AppendFloat(dst []byte, v float64) []byte {
	switch {
	case v > maxFloat:
		return append(dst, "inf"...)
	case v < -maxFloat:
		return append(dst, "-inf"...)
	case v == float64(int64(v)) && v != 0 && v < 1e17 && v > -1e17:
		return AppendInt(dst, int64(v))
	}
	return strconv.AppendFloat(dst, v, 'g', 17, 64)
}
