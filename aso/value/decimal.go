package value

import (
	"bytes"
	"math/big"
	"strconv"
)

// Decimal fractions below 32 with at most 17 digits behind the point need no long double: what that is off by, 2^-60 for each of two numbers and their
// sum, is less than half of the last digit that is shown. They are integers in units of 1e-17.
const (
	decimalDigits = 17
	decimalUnit   = 100_000_000_000_000_000
	decimalMax    = 32 * decimalUnit
)

func isDecimal(n int64) bool { return -decimalMax < n && n < decimalMax }

// parseDecimal reads such a number, with a digit or two before a point and some behind it, or without both. Others it leaves to ParseLongDouble.
func parseDecimal(b []byte) (n int64, ok bool) {
	digits := bytes.TrimPrefix(b, []byte("-"))
	whole, fraction, point := bytes.Cut(digits, []byte("."))
	if len(whole) == 0 || len(whole) > 2 || len(fraction) > decimalDigits || point && len(fraction) == 0 {
		return 0, false
	}
	if n, ok = appendDigits(0, whole); !ok || n > decimalMax/decimalUnit {
		return 0, false
	}
	if n, ok = appendDigits(n, fraction); !ok {
		return 0, false
	}
	for range decimalDigits - len(fraction) {
		n *= 10
	}
	if len(digits) < len(b) {
		n = -n
	}
	return n, isDecimal(n)
}

// appendDigits returns the number whose digits are those of n and digits.
func appendDigits(n int64, digits []byte) (int64, bool) {
	for _, c := range digits {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// appendDecimal appends n as LongDouble.Append does.
func appendDecimal(dst []byte, n int64) []byte {
	if n < 0 {
		dst, n = append(dst, '-'), -n
	}
	dst = strconv.AppendInt(dst, n/decimalUnit, 10)
	fraction := n % decimalUnit
	if fraction == 0 {
		return dst
	}
	at := len(dst)
	dst = strconv.AppendInt(dst, decimalUnit+fraction, 10) // its first digit is 1
	dst[at] = '.'
	return bytes.TrimRight(dst, "0")
}

// float returns the number as a long double.
func (x LongDouble) float() *big.Float {
	if x.f != nil {
		return x.f
	}
	return new(big.Float).SetPrec(longDoubleBits).Quo(new(big.Float).SetInt64(x.small), new(big.Float).SetInt64(decimalUnit))
}
