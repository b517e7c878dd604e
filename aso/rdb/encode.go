package rdb

import (
	"encoding/binary"
	"math"
	"strconv"

	"comet/aso/value"
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
		if v, ok := value.ParseInt(s); ok && e.integer(v) {
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
	node, elements := value.NewListpack(nil), 0
	each(func(element []byte) {
		if len(node)+len(element) > nodeSize && elements > 0 {
			nodes = append(nodes, node)
			node, elements = value.NewListpack(nil), 0
		}
		node = value.AppendListpack(node, element)
		elements++
	})
	nodes = append(nodes, node)
	e.length(uint64(len(nodes)))
	for _, node := range nodes {
		e.length(nodePacked)
		e.bytes(node)
	}
}

// packed appends a listpack of the strings that fill adds.
func (e *Encoder) packed(fill func(add func(s []byte))) {
	e.work = value.NewListpack(e.work)
	fill(func(s []byte) { e.work = value.AppendListpack(e.work, s) })
	e.bytes(e.work)
}
