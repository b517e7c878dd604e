package value

import (
	"encoding/binary"
	"sort"
)

// A packed set of integers is their width in bytes, then the integers in
// ascending order, little-endian. The width never shrinks.

func intWidth(v int64) int {
	switch {
	case v == int64(int16(v)):
		return 2
	case v == int64(int32(v)):
		return 4
	}
	return 8
}

func intsetLen(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	return (len(b) - 1) / int(b[0])
}

func intsetAt(b []byte, i int) int64 { return getInt(b[1:], i, int(b[0])) }

func getInt(b []byte, i, width int) int64 {
	switch width {
	case 2:
		return int64(int16(binary.LittleEndian.Uint16(b[2*i:])))
	case 4:
		return int64(int32(binary.LittleEndian.Uint32(b[4*i:])))
	}
	return int64(binary.LittleEndian.Uint64(b[8*i:]))
}

func putInt(b []byte, i, width int, v int64) {
	switch width {
	case 2:
		binary.LittleEndian.PutUint16(b[2*i:], uint16(v))
	case 4:
		binary.LittleEndian.PutUint32(b[4*i:], uint32(v))
	default:
		binary.LittleEndian.PutUint64(b[8*i:], uint64(v))
	}
}

// intsetFind returns the rank of an integer, or the one that it would have.
func intsetFind(b []byte, v int64) (rank int, ok bool) {
	n := intsetLen(b)
	rank = sort.Search(n, func(i int) bool { return intsetAt(b, i) >= v })
	return rank, rank < n && intsetAt(b, rank) == v
}

// intsetInsert inserts an integer that is no member at its rank.
func intsetInsert(p *packed, rank int, v int64) {
	p.edit()
	if len(p.b) == 0 {
		p.splice(0, 0, 1)
		p.b[0] = byte(intWidth(v))
	}
	if int(p.b[0]) < intWidth(v) {
		intsetWiden(p, intWidth(v))
	}
	width := int(p.b[0])
	p.splice(1+rank*width, 0, width)
	putInt(p.b[1:], rank, width, v)
}

// intsetWiden rewrites the integers, from the last, in a larger width.
func intsetWiden(p *packed, width int) {
	old, n := int(p.b[0]), intsetLen(p.b)
	p.splice(len(p.b), 0, n*(width-old))
	for i := n - 1; i >= 0; i-- {
		putInt(p.b[1:], i, width, getInt(p.b[1:], i, old))
	}
	p.b[0] = byte(width)
}

func intsetDelete(p *packed, rank int) {
	width := int(p.b[0])
	p.splice(1+rank*width, width, 0)
	if len(p.b) == 1 {
		p.clear()
	}
}

// intText is the length of the longest text of an integer.
const intText = len("-9223372036854775808")
