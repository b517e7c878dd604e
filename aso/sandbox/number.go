package sandbox

import (
	"math"
	"strconv"

	"comet/aso/lua"
)

// appendArgument writes a number as Redis passes it to a command: an integer if
// it is one, else "%.17g".
func appendArgument(b []byte, f float64) []byte {
	if n := int64(f); f == float64(n) && f >= -1<<63 && f < 1<<63 {
		return strconv.AppendInt(b, n, 10)
	}
	return lua.AppendG(b, f, 17)
}

// numeral charges for reading a numeral; an odd one is copied into an error.
func (m *meter) numeral(s string) {
	m.read(len(s))
	if len(s) > 32 {
		m.Charge(2 * len(s))
	}
}

// toInt converts as C does on the machines Redis runs on: toward zero, and the
// smallest integer for what does not fit.
func toInt(f float64) int64 {
	if f != f || f < -1<<63 || f >= 1<<63 {
		return math.MinInt64
	}
	return int64(f)
}

// toUint converts as C does to an unsigned long on the same machines.
func toUint(f float64) uint64 {
	if f >= 1<<63 {
		return uint64(toInt(f-1<<63)) ^ 1<<63
	}
	return uint64(toInt(f))
}

// clampInt converts a position or count: NaN is 0, and what does not fit is the
// nearest integer that leaves room for arithmetic.
func clampInt(f float64) int {
	const most = 1 << 53
	switch {
	case f != f:
		return 0
	case f > most:
		return most
	case f < -most:
		return -most
	default:
		return int(f)
	}
}

const spaces = " \t\n\v\f\r"

func isDigit(c byte) bool { return c >= '0' && c <= '9' }
