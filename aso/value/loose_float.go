package value

import (
	"bytes"
	"errors"
	"strconv"
)

// CString returns b up to its first zero byte: what functions of C take for the whole of a text.
func CString(b []byte) []byte {
	if before, _, ok := bytes.Cut(b, []byte{0}); ok {
		return before
	}
	return b
}

// ParseLooseFloat reads a double as Redis reads the bounds of ranges of scores,
// which is what strtod makes of a C string: beyond ParseFloat it takes leading
// space, the empty text as 0, values that overflow or underflow, and whatever
// follows a zero byte.
func ParseLooseFloat(b []byte) (float64, bool) {
	if v, ok := ParseFloat(b); ok {
		return v, true
	}
	b = CString(b)
	if len(b) == 0 {
		return 0, true
	}
	b = bytes.TrimLeft(b, " \t\n\v\f\r")
	hex, ok := scanFloat(b)
	if !ok {
		return 0, false
	}
	text := string(b)
	if hex && !bytes.ContainsAny(b, "pP") {
		text += "p0"
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil || errors.Is(err, strconv.ErrRange)
}

// ParseCFloat is ParseLooseFloat without values that overflow or underflow: what
// strtod reads without an error from a C string, to its end.
func ParseCFloat(b []byte) (float64, bool) {
	b = CString(b)
	if len(b) == 0 {
		return 0, true
	}
	return ParseFloat(bytes.TrimLeft(b, " \t\n\v\f\r"))
}
