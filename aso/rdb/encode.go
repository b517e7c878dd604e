package rdb

import (
	"encoding/binary"
	"math"
	"strconv"
)

// Encoder appends values in the form in which Redis 7.0 writes them.
type Encoder struct {
	Buf []byte

	work []byte // a listpack that is being made
}

// Payload lets write append a value, and makes a Payload of it.
func (e *Encoder) Payload(write func(e *Encoder)) Payload {
	start := len(e.Buf)
	write(e)
	e.Buf = seal(e.Buf, start, Version)
	return e.Buf[start:]
}

func (e *Encoder) typed(t Type) { e.Buf = append(e.Buf, byte(t)) }

func (e *Encoder) length(n uint64) {
	switch {
	case n < 1<<6:
		e.Buf = append(e.Buf, byte(n))
	case n < 1<<14:
		e.Buf = append(e.Buf, length14<<6|byte(n>>8), byte(n))
	case n <= math.MaxUint32:
		e.Buf = binary.BigEndian.AppendUint32(append(e.Buf, length32), uint32(n))
	default:
		e.Buf = binary.BigEndian.AppendUint64(append(e.Buf, length64), n)
	}
}

// bytes appends a string: a short integer as such, and a longer one compressed if that helps.
func (e *Encoder) bytes(s []byte) {
	const longestInt, leastCompressed = 11, 21
	if len(s) <= longestInt {
		if v, ok := integerOf(s); ok && e.integer(v) {
			return
		}
	}
	if len(s) >= leastCompressed {
		if packed, ok := compress(nil, s); ok {
			e.Buf = append(e.Buf, lengthSpecial<<6|stringLZF)
			e.length(uint64(len(packed)))
			e.length(uint64(len(s)))
			e.Buf = append(e.Buf, packed...)
			return
		}
	}
	e.length(uint64(len(s)))
	e.Buf = append(e.Buf, s...)
}

// integerOf returns the integer that s is the shortest text of.
func integerOf(s []byte) (v int64, ok bool) {
	if len(s) == 0 || len(s) > 20 {
		return 0, false
	}
	v, err := strconv.ParseInt(string(s), 10, 64)
	if err != nil {
		return 0, false
	}
	var text [20]byte
	return v, string(strconv.AppendInt(text[:0], v, 10)) == string(s)
}

// integer appends a string that is an integer of at most 32 bits.
func (e *Encoder) integer(v int64) bool {
	const head = lengthSpecial << 6
	switch {
	case v == int64(int8(v)): // the form stringInt8 is 0
		e.Buf = append(e.Buf, head, byte(v))
	case v == int64(int16(v)):
		e.Buf = append(e.Buf, head|stringInt16, byte(v), byte(v>>8))
	case v == int64(int32(v)):
		e.Buf = binary.LittleEndian.AppendUint32(append(e.Buf, head|stringInt32), uint32(v))
	default:
		return false
	}
	return true
}

// String appends a string.
func (e *Encoder) String(s []byte) {
	e.typed(typeString)
	e.bytes(s)
}

// Hash appends a hash of n fields that each passes on; small says that Redis keeps one like it in a listpack.
func (e *Encoder) Hash(n int, small bool, each func(put func(field, value []byte))) {
	if small {
		e.typed(typeHashPack)
		e.packed(func(add func(s []byte)) {
			each(func(field, value []byte) { add(field); add(value) })
		})
		return
	}
	e.typed(typeHash)
	e.length(uint64(n))
	each(func(field, value []byte) { e.bytes(field); e.bytes(value) })
}

// ZSet is Hash for a sorted set.
func (e *Encoder) ZSet(n int, small bool, each func(put func(member []byte, score float64))) {
	if small {
		e.typed(typeZSetPack)
		var text [32]byte
		e.packed(func(add func(s []byte)) {
			each(func(member []byte, score float64) { add(member); add(appendScore(text[:0], score)) })
		})
		return
	}
	e.typed(typeZSet)
	e.length(uint64(n))
	each(func(member []byte, score float64) {
		e.bytes(member)
		e.Buf = binary.LittleEndian.AppendUint64(e.Buf, math.Float64bits(score))
	})
}

// appendScore appends a score in the shortest form that is exact, as C writes numbers.
func appendScore(dst []byte, f float64) []byte {
	switch {
	case math.IsInf(f, 1):
		return append(dst, "inf"...)
	case math.IsInf(f, -1):
		return append(dst, "-inf"...)
	case f == math.Trunc(f) && math.Abs(f) < 1<<53 && (f != 0 || !math.Signbit(f)):
		return strconv.AppendInt(dst, int64(f), 10)
	}
	return strconv.AppendFloat(dst, f, 'g', 17, 64)
}

// Set appends a set of n members.
func (e *Encoder) Set(n int, each func(put func(member []byte))) {
	e.typed(typeSet)
	e.length(uint64(n))
	each(e.bytes)
}

// Ints appends a set of integers, in ascending order, that Redis keeps as such.
func (e *Encoder) Ints(members []int64) {
	e.typed(typeSetInts)
	size := 2
	for _, v := range members {
		switch {
		case v != int64(int32(v)):
			size = 8
		case v != int64(int16(v)):
			size = max(size, 4)
		}
	}
	block := binary.LittleEndian.AppendUint32(e.work[:0], uint32(size))
	block = binary.LittleEndian.AppendUint32(block, uint32(len(members)))
	for _, v := range members {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], uint64(v))
		block = append(block, b[:size]...)
	}
	e.work = block
	e.bytes(block)
}

// nodeSize is the size that a node of a list has at most, unless it is one long element.
const nodeSize = 8 << 10

// List appends a list.
func (e *Encoder) List(each func(put func(element []byte))) {
	e.typed(typeListPacks)
	var nodes [][]byte
	node := newPack(nil)
	each(func(element []byte) {
		if len(node)+len(element) > nodeSize && len(node) > packHead+1 {
			nodes = append(nodes, node)
			node = newPack(nil)
		}
		node = addPack(node, element)
	})
	nodes = append(nodes, node)
	e.length(uint64(len(nodes)))
	for _, node := range nodes {
		e.length(nodePacked)
		e.bytes(endPack(node))
	}
}

// packed appends a listpack of the strings that fill adds.
func (e *Encoder) packed(fill func(add func(s []byte))) {
	pack := newPack(e.work)
	fill(func(s []byte) { pack = addPack(pack, s) })
	e.work = endPack(pack)
	e.bytes(e.work)
}

// packHead is the length of what begins a listpack.
const packHead = 6

func newPack(buf []byte) []byte { return append(buf[:0], make([]byte, packHead)...) }

// endPack completes a listpack.
func endPack(b []byte) []byte {
	b = append(b, 0xff)
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	return b
}

// addPack appends an element and counts it; 65535 stands for more than fit the count.
func addPack(b, s []byte) []byte {
	start := len(b)
	if v, ok := integerOf(s); ok {
		b = packInteger(b, v)
	} else {
		b = packString(b, s)
	}
	size := len(b) - start
	shift := 0
	for limit := 127; size > limit && shift < 28; limit = min(limit<<7|127, 1<<28-1) {
		shift += 7
	}
	for mark := byte(0); shift >= 0; shift -= 7 {
		b = append(b, mark|byte(size>>shift)&0x7f)
		mark = 0x80
	}
	if n := binary.LittleEndian.Uint16(b[4:]); n < math.MaxUint16 {
		binary.LittleEndian.PutUint16(b[4:], n+1)
	}
	return b
}

func packString(b, s []byte) []byte {
	switch n := len(s); {
	case n < 1<<6:
		b = append(b, 0x80|byte(n))
	case n < 1<<12:
		b = append(b, 0xe0|byte(n>>8), byte(n))
	default:
		b = binary.LittleEndian.AppendUint32(append(b, 0xf0), uint32(n))
	}
	return append(b, s...)
}

func packInteger(b []byte, v int64) []byte {
	switch {
	case 0 <= v && v < 1<<7:
		return append(b, byte(v))
	case -1<<12 <= v && v < 1<<12:
		return append(b, 0xc0|byte(v>>8)&0x1f, byte(v))
	case v == int64(int16(v)):
		return append(b, 0xf1, byte(v), byte(v>>8))
	case -1<<23 <= v && v < 1<<23:
		return append(b, 0xf2, byte(v), byte(v>>8), byte(v>>16))
	case v == int64(int32(v)):
		return binary.LittleEndian.AppendUint32(append(b, 0xf3), uint32(v))
	}
	return binary.LittleEndian.AppendUint64(append(b, 0xf4), uint64(v))
}
