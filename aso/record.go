package aso

import (
	"encoding/binary"
)

// Kind is the type of an object's value.
type Kind uint8

// The kinds of values, named as the TYPE command names them. An object of KindNone has handlers, state or timers, but no value: it
// does not exist for data commands.
const (
	KindNone Kind = iota
	KindString
	KindList
	KindSet
	KindZSet
	KindHash
	KindStream
)

var kindNames = [...]string{"none", "string", "list", "set", "zset", "hash", "stream"}

// String returns the name that TYPE replies.
func (k Kind) String() string { return kindNames[k] }

// A record is the one block of bytes that holds a key and all that belongs to it:
//
//	class 1, kind|encoding 1, flags 1, clock 3, slack 2     headerSize bytes
//	deadline 8 (0 if only timers are due), heap index 4     if hasDue
//	length of the key (uvarint), key
//	length of the active section (uvarint), active section  if hasActive
//	the value: its bytes, or a 4-byte handle if isLarge     the rest
//
// slack counts the unused bytes at the end of the block. Numbers are little endian.
type record []byte

const (
	headerSize  = 8
	slackOffset = 6 // native byte order: a record is never read by another machine
	dueSize     = 12
	handleSize  = 4

	hasDue    = 1 << 0
	hasActive = 1 << 1
	isLarge   = 1 << 2
)

// String encodings, the upper half of the record's second byte.
const (
	encRaw uint8 = iota // any string that APPEND or SETRANGE touched, or longer than 44 bytes
	encEmbstr
	encInt
)

func (r record) class() uint8    { return r[0] }
func (r record) kind() Kind      { return Kind(r[1] & 15) }
func (r record) encoding() uint8 { return r[1] >> 4 }
func (r record) has(flag byte) bool {
	return r[2]&flag != 0
}
func (r record) clock() uint32 { return uint32(r[3]) | uint32(r[4])<<8 | uint32(r[5])<<16 }
func (r record) setClock(c uint32) {
	r[3], r[4], r[5] = byte(c), byte(c>>8), byte(c>>16)
}

// deadline returns the time the object expires at, in Unix milliseconds, or 0.
func (r record) deadline() int64 {
	if !r.has(hasDue) {
		return 0
	}
	return int64(binary.LittleEndian.Uint64(r[headerSize:]))
}

func (r record) heapIndex() uint32 { return binary.LittleEndian.Uint32(r[headerSize+8:]) }
func (r record) setHeapIndex(i uint32) {
	binary.LittleEndian.PutUint32(r[headerSize+8:], i)
}

func (r record) setDeadline(at int64) {
	binary.LittleEndian.PutUint64(r[headerSize:], uint64(at))
}

func (r record) keyOffset() int {
	if r.has(hasDue) {
		return headerSize + dueSize
	}
	return headerSize
}

func (r record) key() []byte {
	key, _ := prefixed(r, r.keyOffset())
	return key
}

// active returns the active section, or nil.
func (r record) active() []byte {
	if !r.has(hasActive) {
		return nil
	}
	_, end := prefixed(r, r.keyOffset())
	active, _ := prefixed(r, end)
	return active
}

func (r record) valueOffset() int {
	_, end := prefixed(r, r.keyOffset())
	if r.has(hasActive) {
		_, end = prefixed(r, end)
	}
	return end
}

// value returns the bytes of a packed value, or of the handle of a large one.
func (r record) value() []byte { return r[r.valueOffset():] }

func (r record) handle() uint32 { return handleOf(r.value()) }

func handleOf(value []byte) uint32 { return binary.LittleEndian.Uint32(value) }

// prefixed returns the length-prefixed bytes at offset, and where they end.
func prefixed(r []byte, offset int) (content []byte, end int) {
	n := uint64(r[offset])
	start := offset + 1
	if n >= 0x80 {
		var width int
		n, width = binary.Uvarint(r[offset:])
		start = offset + width
	}
	end = start + int(n)
	return r[start:end:end], end
}

// image is what a record is made of. Its slices may alias another record.
type image struct {
	kind     Kind
	encoding uint8
	large    bool
	clock    uint32
	deadline int64
	key      []byte
	active   []byte
	value    []byte
}

// image returns the parts of r; they alias it.
func (r record) image() image {
	key, end := prefixed(r, r.keyOffset())
	img := image{kind: r.kind(), encoding: r.encoding(), large: r.has(isLarge), clock: r.clock(), deadline: r.deadline(), key: key}
	if r.has(hasActive) {
		img.active, end = prefixed(r, end)
	}
	img.value = r[end:]
	return img
}

// timed reports whether the object has timers.
func (r record) timed() bool { return nextTimer(r.active()) != 0 }

// timed reports whether the object has timers.
func (img *image) timed() bool { return nextTimer(img.active) != 0 }

// due returns the earlier of the deadline and the first timer, or 0.
func (img *image) due() int64 {
	timer := nextTimer(img.active)
	if img.deadline == 0 || timer != 0 && timer < img.deadline {
		return timer
	}
	return img.deadline
}

func (img *image) size() int {
	n := headerSize + uvarintSize(len(img.key)) + len(img.key) + len(img.value)
	if img.due() != 0 {
		n += dueSize
	}
	if img.active != nil {
		n += uvarintSize(len(img.active)) + len(img.active)
	}
	return n
}

// write fills block with the record of img. No part of img may alias block.
func (img *image) write(block []byte, class uint8) {
	var flags byte
	block[0] = class
	block[1] = byte(img.kind) | img.encoding<<4
	n := headerSize
	if img.due() != 0 {
		flags |= hasDue
		binary.LittleEndian.PutUint64(block[n:], uint64(img.deadline))
		n += dueSize
	}
	n += putPrefixed(block[n:], img.key)
	if img.active != nil {
		flags |= hasActive
		n += putPrefixed(block[n:], img.active)
	}
	if img.large {
		flags |= isLarge
	}
	block[2] = flags
	record(block).setClock(img.clock)
	n += copy(block[n:], img.value)
	setSlack(block, n)
}

// setSlack notes that only the first used bytes of block are in use. Blocks of hugeClass may have more slack than the header can say;
// the arena knows no other size for them, so they are allocated exactly.
func setSlack(block []byte, used int) {
	binary.NativeEndian.PutUint16(block[slackOffset:], uint16(len(block)-used))
}

func putPrefixed(dst, content []byte) int {
	n := binary.PutUvarint(dst, uint64(len(content)))
	return n + copy(dst[n:], content)
}

func uvarintSize(n int) int {
	size := 1
	for ; n >= 0x80; n >>= 7 {
		size++
	}
	return size
}

// Kinds returns the kinds of values.
func Kinds() []Kind {
	all := make([]Kind, 0, len(kindNames)-1)
	for kind := KindNone + 1; int(kind) < len(kindNames); kind++ {
		all = append(all, kind)
	}
	return all
}
