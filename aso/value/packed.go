package value

import (
	"encoding/binary"
	"slices"
)

// A packed hash, set of strings, sorted set or list starts with the number of
// its entries as a little-endian uint16. The empty value has no bytes at all.
const countSize = 2

// packed is the packed form under a cursor: borrowed until the first change.
type packed struct {
	b     []byte
	buf   []byte // owned memory, reused from value to value
	owned bool   // b is buf
}

func (p *packed) load(b []byte) { p.b, p.owned = b, false }

func (p *packed) bytes() []byte {
	if p.b == nil {
		return []byte{}
	}
	return p.b
}

// edit makes b writable.
func (p *packed) edit() {
	if !p.owned {
		p.buf = append(p.buf[:0], p.b...)
		p.b, p.owned = p.buf, true
	}
}

// clear makes the value empty.
func (p *packed) clear() { p.b, p.owned = nil, false }

// splice replaces del bytes at at by ins bytes, which are for the caller to fill.
func (p *packed) splice(at, del, ins int) {
	p.edit()
	old := len(p.b)
	n := old - del + ins
	if n > cap(p.b) {
		p.b = slices.Grow(p.b, n-old)
	}
	p.b = p.b[:max(n, old)]
	copy(p.b[at+ins:n], p.b[at+del:old])
	p.b = p.b[:n]
	p.buf = p.b
}

// count is the number of entries.
func (p *packed) count() int { return packedCount(p.b) }

func packedCount(b []byte) int {
	if len(b) < countSize {
		return 0
	}
	return int(binary.LittleEndian.Uint16(b))
}

// addCount changes the number of entries; at zero the value loses its bytes.
func (p *packed) addCount(delta int) {
	n := p.count() + delta
	if n == 0 {
		p.clear()
		return
	}
	binary.LittleEndian.PutUint16(p.b, uint16(n))
}

// start gives an empty value its count.
func (p *packed) start() {
	p.edit()
	if len(p.b) == 0 {
		p.splice(0, 0, countSize)
		binary.LittleEndian.PutUint16(p.b, 0)
	}
}

// uvarint reads a length at at from trusted bytes.
func uvarint(b []byte, at int) (n, next int) {
	if c := b[at]; c < 0x80 {
		return int(c), at + 1
	}
	v, size := binary.Uvarint(b[at:])
	return int(v), at + size
}

func uvarintLen(n int) int {
	size := 1
	for ; n >= 0x80; n >>= 7 {
		size++
	}
	return size
}

// putUvarint writes a length and returns its size.
func putUvarint(b []byte, n int) int {
	if n < 0x80 {
		b[0] = byte(n)
		return 1
	}
	return binary.PutUvarint(b, uint64(n))
}

// chunkLen is the size of a string with its length in front.
func chunkLen(s []byte) int { return uvarintLen(len(s)) + len(s) }

// chunk reads a string with its length in front from trusted bytes.
func chunk(b []byte, at int) (s []byte, next int) {
	n, at := uvarint(b, at)
	return b[at : at+n : at+n], at + n
}

// putChunk writes a string with its length in front and returns the size.
func putChunk(b, s []byte) int {
	at := putUvarint(b, len(s))
	return at + copy(b[at:], s)
}

func appendChunk(dst, s []byte) []byte {
	return append(binary.AppendUvarint(dst, uint64(len(s))), s...)
}
