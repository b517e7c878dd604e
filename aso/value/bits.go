package value

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// CountBits returns the number of bits of b that are set, from bit from to bit to, exclusively. Bit 0 is the highest one of the first byte, as in
// all bit operations of Redis.
func CountBits(b []byte, from, to int) (n int) {
	if from >= to {
		return 0
	}
	first, last := from/8, (to-1)/8
	head, tail := byte(0xff)>>(from%8), byte(0xff)<<(7-(to-1)%8)
	if first == last {
		return bits.OnesCount8(b[first] & head & tail)
	}
	return bits.OnesCount8(b[first]&head) + countBytes(b[first+1:last]) + bits.OnesCount8(b[last]&tail)
}

func countBytes(b []byte) (n int) {
	for ; len(b) >= 32; b = b[32:] {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(b)) + bits.OnesCount64(binary.LittleEndian.Uint64(b[8:])) +
			bits.OnesCount64(binary.LittleEndian.Uint64(b[16:])) + bits.OnesCount64(binary.LittleEndian.Uint64(b[24:]))
	}
	for ; len(b) >= 8; b = b[8:] {
		n += bits.OnesCount64(binary.LittleEndian.Uint64(b))
	}
	for _, c := range b {
		n += bits.OnesCount8(c)
	}
	return n
}

// FindBit returns the first bit of b, from bit from to bit to, exclusively, that is set or, if set is false, that is not; -1 if there is none.
func FindBit(b []byte, from, to int, set bool) int {
	if from >= to {
		return -1
	}
	var flip byte
	if !set {
		flip = 0xff
	}
	at := from / 8
	c := (b[at] ^ flip) & (0xff >> (from % 8))
	if c == 0 {
		end := (to + 7) / 8
		at = at + 1 + skipBytes(b[at+1:end], flip)
		if at == end {
			return -1
		}
		c = b[at] ^ flip
	}
	if found := at*8 + bits.LeadingZeros8(c); found < to {
		return found
	}
	return -1
}

// The longest runs of equal bytes that skipBytes takes at once: comparing memory is faster than a loop over words.
var (
	zeros [4096]byte
	ones  = [4096]byte(bytes.Repeat([]byte{0xff}, len(zeros)))
)

// skipBytes returns how many bytes at the start of b equal c, which is 0 or 0xff.
func skipBytes(b []byte, c byte) (n int) {
	run := zeros[:]
	if c != 0 {
		run = ones[:]
	}
	for len(b)-n >= len(run) && bytes.Equal(b[n:n+len(run)], run) {
		n += len(run)
	}
	for len(b)-n >= 8 && bytes.Equal(b[n:n+8], run[:8]) {
		n += 8
	}
	for n < len(b) && b[n] == c {
		n++
	}
	return n
}

// Bitfield returns the integer of width bits, at most 64, from bit offset on; bits after the end of b are 0.
func Bitfield(b []byte, offset, width int, signed bool) int64 {
	high, low := bitWindow(b, offset/8)
	field := shiftLeft(high, low, offset%8)
	if signed {
		return int64(field) >> (64 - width)
	}
	return int64(field >> (64 - width))
}

// SetBitfield writes the lowest width bits of v, at most 64, from bit offset on. All of them are within b.
func SetBitfield(b []byte, offset, width int, v int64) {
	for i := width - 1; i >= 0; i-- {
		at := offset + width - 1 - i
		mask := byte(0x80) >> (at % 8)
		if v>>i&1 != 0 {
			b[at/8] |= mask
		} else {
			b[at/8] &^= mask
		}
	}
}

// bitWindow returns the 9 bytes of b from byte at on: 8, and the one after them.
func bitWindow(b []byte, at int) (high uint64, low byte) {
	var buf [9]byte
	if at < len(b) {
		copy(buf[:], b[at:])
	}
	return binary.BigEndian.Uint64(buf[:]), buf[8]
}

// shiftLeft returns the upper 64 bits of high and low, 72 bits together, shifted left by n, which is less than 8.
func shiftLeft(high uint64, low byte, n int) uint64 {
	return high<<n | uint64(low)>>(8-n)
}
