package lua

import (
	"math"
	"strconv"
	"strings"
)

// AppendNumber writes a number as Lua 5.1 prints it, "%.14g".
func AppendNumber(b []byte, f float64) []byte {
	if n := int64(f); f == float64(n) && n > -1e14 && n < 1e14 && (n != 0 || !math.Signbit(f)) {
		return strconv.AppendInt(b, n, 10)
	}
	return AppendG(b, f, 14)
}

// AppendG writes C's "%.<digits>g".
func AppendG(b []byte, f float64, digits int) []byte {
	switch {
	case math.IsNaN(f):
		if math.Signbit(f) {
			return append(b, "-nan"...)
		}
		return append(b, "nan"...)
	case math.IsInf(f, 1):
		return append(b, "inf"...)
	case math.IsInf(f, -1):
		return append(b, "-inf"...)
	default:
		return strconv.AppendFloat(b, f, 'g', digits, 64)
	}
}

// NumberText is AppendNumber as a string.
func NumberText(f float64) string {
	var buf [32]byte
	return string(AppendNumber(buf[:0], f))
}

const spaces = " \t\n\v\f\r"

// ParseNumber reads a numeral as Lua 5.1 on a C99 library does: decimal, hex,
// hex float, inf and nan, with white space around it. As a string of C it ends at NUL.
func ParseNumber(s string) (float64, bool) {
	if n, ok := parseDigits(s); ok {
		return n, true
	}
	s, _, _ = strings.Cut(s, "\x00")
	s = strings.Trim(s, spaces)
	body, neg := s, false
	if body != "" && (body[0] == '-' || body[0] == '+') {
		neg = body[0] == '-'
		body = body[1:]
	}
	f, ok := parseUnsigned(body)
	if neg {
		f = -f
	}
	return f, ok
}

// parseDigits reads up to 15 digits, which a float64 holds exactly.
func parseDigits(s string) (float64, bool) {
	if len(s) == 0 || len(s) > 15 {
		return 0, false
	}
	n := int64(0)
	for i := range len(s) {
		d := s[i] - '0'
		if d > 9 {
			return 0, false
		}
		n = 10*n + int64(d)
	}
	return float64(n), true
}

func parseUnsigned(s string) (float64, bool) {
	if s == "" {
		return 0, false
	}
	if len(s) > 1 && s[0] == '0' && s[1]|0x20 == 'x' {
		return parseHex(s)
	}
	if c := s[0]; c != '.' && (c < '0' || c > '9') {
		return parseSpecial(s)
	}
	if strings.ContainsAny(s, "_xXpP") {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !isRange(err) {
		return 0, false
	}
	return f, true
}

func parseHex(s string) (float64, bool) {
	if strings.IndexByte(s, '_') >= 0 {
		return 0, false
	}
	if !strings.ContainsAny(s, "pP") {
		s += "p0"
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil && !isRange(err) {
		return 0, false
	}
	return f, true
}

func parseSpecial(s string) (float64, bool) {
	switch strings.ToLower(s) {
	case "inf", "infinity":
		return math.Inf(1), true
	case "nan":
		return math.Float64frombits(0x7ff8 << 48), true // the bits of the C library, which struct.pack shows
	}
	if payload, ok := strings.CutPrefix(strings.ToLower(s), "nan("); ok && strings.Trim(payload, "abcdefghijklmnopqrstuvwxyz0123456789_") == ")" {
		return math.Float64frombits(0x7ff8 << 48), true
	}
	return 0, false
}

func isRange(err error) bool {
	ne, ok := err.(*strconv.NumError)
	return ok && ne.Err == strconv.ErrRange
}
