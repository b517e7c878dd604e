package rdb

import (
	"encoding/binary"
	"strconv"
)

// packed walks through strings and integers in one block of bytes. After what is wrong there, bad is set, and everything is empty.
type packed struct {
	b    []byte // what is left
	bad  bool
	next func(p *packed) []byte // reads an element
	text [24]byte               // of an integer
}

func (p *packed) take(n int) []byte {
	if p.bad || n < 0 || n > len(p.b) {
		p.bad = true
		return nil
	}
	b := p.b[:n]
	p.b = p.b[n:]
	return b
}

func (p *packed) byte() byte {
	if b := p.take(1); !p.bad {
		return b[0]
	}
	return 0
}

// int reads a little endian integer of a number of bytes.
func (p *packed) int(size int) int64 {
	var v uint64
	for i, b := range p.take(size) {
		v |= uint64(b) << (8 * i)
	}
	shift := 64 - 8*size
	return int64(v<<shift) >> shift
}

// size reads an unsigned big endian length of 4 bytes, of what must be there.
func (p *packed) size(order binary.ByteOrder) int {
	if b := p.take(4); !p.bad {
		return int(order.Uint32(b))
	}
	return 0
}

func (p *packed) integer(v int64) []byte { return strconv.AppendInt(p.text[:0], v, 10) }

// more reports whether there is another element. Blocks end with a byte 255, and nothing behind it.
func (p *packed) more() bool {
	if p.bad || len(p.b) == 0 {
		p.bad = true
		return false
	}
	if p.b[0] != 0xff {
		return true
	}
	p.bad = len(p.b) > 1
	return false
}

// number reads an element that is an integer.
func (p *packed) number() int64 {
	v, err := strconv.ParseInt(string(p.next(p)), 10, 64)
	if err != nil {
		p.bad = true
	}
	return v
}

// ziplist begins a ziplist: its size, where its last element is, their number.
func ziplist(b []byte) *packed {
	p := &packed{b: b, next: nextZip}
	if p.size(binary.LittleEndian) != len(b) {
		p.bad = true
	}
	p.take(4 + 2)
	return p
}

// nextZip reads an element of a ziplist: the size of the one before, a head, and the string or integer.
func nextZip(p *packed) []byte {
	if p.byte() == 254 {
		p.take(4)
	}
	switch head := p.byte(); {
	case head>>6 == 0:
		return p.take(int(head & 0x3f))
	case head>>6 == 1:
		return p.take(int(head&0x3f)<<8 | int(p.byte()))
	case head == 0x80:
		return p.take(p.size(binary.BigEndian))
	case head == 0xc0:
		return p.integer(p.int(2))
	case head == 0xd0:
		return p.integer(p.int(4))
	case head == 0xe0:
		return p.integer(p.int(8))
	case head == 0xf0:
		return p.integer(p.int(3))
	case head == 0xfe:
		return p.integer(p.int(1))
	case 0xf1 <= head && head <= 0xfd:
		return p.integer(int64(head - 0xf1))
	}
	p.bad = true
	return nil
}

// listpack begins a listpack: its size, and the number of its elements.
func listpack(b []byte) *packed {
	p := &packed{b: b, next: nextPack}
	if p.size(binary.LittleEndian) != len(b) {
		p.bad = true
	}
	p.take(2)
	return p
}

// nextPack reads an element of a listpack: a head, the string or integer, and its size once more.
func nextPack(p *packed) []byte {
	all := len(p.b)
	item := p.packItem()
	size := all - len(p.b)
	back := 1
	for limit := 127; size > limit && back < 5; limit = min(limit<<7|127, 1<<28-1) {
		back++
	}
	p.take(back)
	return item
}

func (p *packed) packItem() []byte {
	switch head := p.byte(); {
	case head < 0x80:
		return p.integer(int64(head))
	case head>>6 == 2:
		return p.take(int(head & 0x3f))
	case head>>5 == 6:
		v := int64(head&0x1f)<<8 | int64(p.byte())
		return p.integer(v << (64 - 13) >> (64 - 13))
	case head>>4 == 0xe:
		return p.take(int(head&0x0f)<<8 | int(p.byte()))
	case head == 0xf0:
		return p.take(p.size(binary.LittleEndian))
	case head <= 0xf4:
		return p.integer(p.int([...]int{2, 3, 4, 8}[head-0xf1]))
	}
	p.bad = true
	return nil
}

// zipmap begins a zipmap: the number of its fields.
func zipmap(b []byte) *packed {
	p := &packed{b: b}
	p.take(1)
	return p
}

// zipmapField reads a field and its value, which unused bytes may follow.
func (p *packed) zipmapField() (field, value []byte) {
	field = p.take(p.zipmapLength())
	n := p.zipmapLength()
	unused := int(p.byte())
	value = p.take(n)
	p.take(unused)
	return field, value
}

func (p *packed) zipmapLength() int {
	n := int(p.byte())
	if n == 254 {
		n = p.size(binary.LittleEndian)
	}
	return n
}

// intset returns the integers of a set: the size of each, their number, and they.
func intset(b []byte, put func(v []byte) error) (ok bool, err error) {
	p := &packed{b: b}
	size, n := p.size(binary.LittleEndian), p.size(binary.LittleEndian)
	if p.bad || size != 2 && size != 4 && size != 8 || n*size != len(p.b) {
		return false, nil
	}
	for range n {
		if err := put(p.integer(p.int(size))); err != nil {
			return true, err
		}
	}
	return true, nil
}
