package command

import (
	"math"
	"math/bits"
	"strconv"

	"comet/aso/value"
)

// appendDecimals appends f with a number of digits after the point, at least 1 and at most 6, as C prints it.
func appendDecimals(dst []byte, f float64, digits int) []byte {
	if f-f != 0 {
		return value.AppendFloat(dst, f)
	}
	scaled, ok := scale(f, tenTo[digits])
	if !ok {
		return strconv.AppendFloat(dst, f, 'f', digits, 64)
	}
	if math.Signbit(f) {
		dst = append(dst, '-')
	}
	dst = strconv.AppendUint(dst, scaled/tenTo[digits], 10)
	point := len(dst)
	dst = strconv.AppendUint(dst, tenTo[digits]+scaled%tenTo[digits], 10) // its first digit keeps the zeros behind it
	dst[point] = '.'
	return dst
}

// sameDecimals reports whether appendDecimals is known to append the same for both of two numbers of the same sign, and so for those between them.
func sameDecimals(a, b float64, digits int) bool {
	x, okX := scale(a, tenTo[digits])
	y, okY := scale(b, tenTo[digits])
	return okX && okY && x == y
}

var tenTo = [...]uint64{1, 10, 100, 1000, 1e4, 1e5, 1e6}

// scale returns |f| times a factor of at most 1e6, rounded to the nearest integer, to the even one of two. ok is false for numbers that are seldom a
// distance on this planet: from 2^42 on, and below 2^-11 except 0.
func scale(f float64, factor uint64) (n uint64, ok bool) {
	const mantissa, bias = 52, 1075
	if f == 0 {
		return 0, true
	}
	b := math.Float64bits(f)
	shift := bias - int(b>>mantissa&0x7ff) // f is an integer of 53 bits, shifted right by so much
	if shift <= 10 || shift >= 64 {
		return 0, false
	}
	hi, lo := bits.Mul64(b&(1<<mantissa-1)|1<<mantissa, factor)
	n, rest, half := hi<<(64-shift)|lo>>shift, lo&(1<<shift-1), uint64(1)<<(shift-1)
	if rest > half || rest == half && n&1 == 1 {
		n++
	}
	return n, true
}
