package sandbox

import (
	"math"
	"math/bits"

	"comet/aso/lua"
)

var bitFunctions = functions{
	"tobit": bit1(func(a uint32) uint32 { return a }),
	"bnot":  bit1(func(a uint32) uint32 { return ^a }),
	"bswap": bit1(bits.ReverseBytes32),
	"band":  bitFold(func(a, b uint32) uint32 { return a & b }),
	"bor":   bitFold(func(a, b uint32) uint32 { return a | b }),
	"bxor":  bitFold(func(a, b uint32) uint32 { return a ^ b }),

	"lshift":  bitShift(func(a uint32, n uint) uint32 { return a << n }),
	"rshift":  bitShift(func(a uint32, n uint) uint32 { return a >> n }),
	"arshift": bitShift(func(a uint32, n uint) uint32 { return uint32(int32(a) >> n) }),
	"rol":     bitShift(func(a uint32, n uint) uint32 { return bits.RotateLeft32(a, int(n)) }),
	"ror":     bitShift(func(a uint32, n uint) uint32 { return bits.RotateLeft32(a, -int(n)) }),
	"tohex":   tohexFn,
}

// argBits converts as Redis' bit library does: adding 2^52+2^51 leaves the rounded
// integer in the low bits of the number. Beyond 2^51 that is no longer its value.
func argBits(L *lua.State, i int) uint32 {
	const magic = 1<<52 + 1<<51
	f := argNumber(L, i)
	if f != f {
		return 0
	}
	return uint32(math.Float64bits(f + magic))
}

func pushBits(L *lua.State, a uint32) int { return pushNumber(L, float64(int32(a))) }

func bit1(fn func(uint32) uint32) lua.GoFunction {
	return func(L *lua.State) int { return pushBits(L, fn(argBits(L, 1))) }
}

func bitFold(fn func(a, b uint32) uint32) lua.GoFunction {
	return func(L *lua.State) int {
		a := argBits(L, 1)
		of(L).work(L.GetTop() >> 3)
		for i := 2; i <= L.GetTop(); i++ {
			a = fn(a, argBits(L, i))
		}
		return pushBits(L, a)
	}
}

// bitShift takes the shift modulo 32.
func bitShift(fn func(a uint32, n uint) uint32) lua.GoFunction {
	return func(L *lua.State) int {
		return pushBits(L, fn(argBits(L, 1), uint(argBits(L, 2)&31)))
	}
}

func tohexFn(L *lua.State) int {
	a := argBits(L, 1)
	n := int32(8)
	if L.GetTop() > 1 {
		n = int32(argBits(L, 2))
	}
	digits := "0123456789abcdef"
	if n < 0 {
		n, digits = -max(n, -8), "0123456789ABCDEF"
	}
	n = min(n, 8)
	var out [8]byte
	for i := n - 1; i >= 0; i-- {
		out[i] = digits[a&15]
		a >>= 4
	}
	return pushString(L, string(out[:n]))
}
