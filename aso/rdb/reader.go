package rdb

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"strconv"
)

// reader reads the elements of the format. After an error all it returns is zero.
type reader struct {
	src   *bufio.Reader
	off   int64 // of the next byte
	at    int64 // where the element read last begins
	crc   uint64
	err   error
	small [16]byte
	text  []byte   // of the string read last
	kept  *Payload // what is read is appended to it, if it is set
}

// fail notes that what was read last is wrong.
func (r *reader) fail(reason string) {
	if r.err == nil {
		r.err = &FormatError{r.at, reason}
	}
}

// full reads the bytes that p has room for.
func (r *reader) full(p []byte) []byte {
	if r.err != nil {
		clear(p)
		return p
	}
	n, err := io.ReadFull(r.src, p)
	r.off += int64(n)
	r.crc = checksum(r.crc, p[:n])
	if r.kept != nil {
		*r.kept = append(*r.kept, p[:n]...)
	}
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		r.at = r.off
		r.fail("unexpected end")
	case err != nil:
		r.err = err
	}
	if err != nil {
		clear(p)
	}
	return p
}

func (r *reader) byte() byte {
	r.at = r.off
	return r.full(r.small[:1])[0]
}

func (r *reader) uint32() uint32 {
	r.at = r.off
	return binary.LittleEndian.Uint32(r.full(r.small[:4]))
}

func (r *reader) uint64() uint64 {
	r.at = r.off
	return binary.LittleEndian.Uint64(r.full(r.small[:8]))
}

// rawID reads an ID of 16 bytes, big endian.
func (r *reader) rawID() ID {
	r.at = r.off
	return idOf(r.full(r.small[:16]))
}

func idOf(b []byte) ID { return ID{binary.BigEndian.Uint64(b), binary.BigEndian.Uint64(b[8:])} }

// The upper two bits of the first byte of a length, and whole first bytes.
const (
	length6       = 0
	length14      = 1
	lengthSpecial = 3
	length32      = 0x80
	length64      = 0x81
)

// Strings in a special form.
const (
	stringInt8 = iota
	stringInt16
	stringInt32
	stringLZF
)

// lengthOr reads a length, or the number of a special form of a string.
func (r *reader) lengthOr() (n uint64, special bool) {
	b := r.byte()
	start := r.at
	defer func() { r.at = start }()
	switch {
	case b>>6 == length6:
		return uint64(b & 0x3f), false
	case b>>6 == length14:
		return uint64(b&0x3f)<<8 | uint64(r.byte()), false
	case b>>6 == lengthSpecial:
		return uint64(b & 0x3f), true
	case b == length32:
		return uint64(binary.BigEndian.Uint32(r.full(r.small[:4]))), false
	case b == length64:
		return binary.BigEndian.Uint64(r.full(r.small[:8])), false
	}
	r.fail("unknown form of length")
	return 0, false
}

func (r *reader) length() uint64 {
	n, special := r.lengthOr()
	if special {
		r.fail("a length, not a special form, must stand here")
		return 0
	}
	return n
}

// string reads a string, which is valid until the next one is read.
func (r *reader) string() []byte {
	n, special := r.lengthOr()
	start := r.at
	switch {
	case !special:
		r.text = r.bytes(r.text[:0], n)
	case n == stringInt8:
		r.text = strconv.AppendInt(r.text[:0], int64(int8(r.byte())), 10)
	case n == stringInt16:
		r.text = strconv.AppendInt(r.text[:0], int64(int16(binary.LittleEndian.Uint16(r.full(r.small[:2])))), 10)
	case n == stringInt32:
		r.text = strconv.AppendInt(r.text[:0], int64(int32(r.uint32())), 10)
	case n == stringLZF:
		r.decompressed(start)
	default:
		r.fail("unknown form of string")
	}
	r.at = start
	return r.text
}

func (r *reader) decompressed(start int64) {
	packed, n := r.length(), r.length()
	src := r.bytes(nil, packed)
	r.at = start
	if r.err != nil {
		return
	}
	var err error
	if r.text, err = decompress(src, n); err != nil {
		r.fail(err.Error())
	}
}

// firstRead is how much room is made for a string before any of it has come.
const firstRead = 64 << 10

// bytes appends the next n bytes to dst, whose room grows as they come.
func (r *reader) bytes(dst []byte, n uint64) []byte {
	for piece := uint64(firstRead); n > 0 && r.err == nil; piece *= 2 {
		now := int(min(n, piece))
		dst = append(dst, make([]byte, now)...)
		r.full(dst[len(dst)-now:])
		n -= uint64(now)
	}
	return dst
}

// textScore reads a score in decimal digits.
func (r *reader) textScore() float64 {
	switch n := r.byte(); n {
	case 253:
		r.fail("a score that is not a number")
		return 0
	case 254:
		return math.Inf(1)
	case 255:
		return math.Inf(-1)
	default:
		at := r.at
		r.text = r.bytes(r.text[:0], uint64(n))
		r.at = at
		return r.score(r.text)
	}
}

func (r *reader) binaryScore() float64 {
	f := math.Float64frombits(r.uint64())
	if math.IsNaN(f) {
		r.fail("a score that is not a number")
	}
	return f
}

// score returns the number that a text is.
func (r *reader) score(text []byte) float64 {
	f, err := strconv.ParseFloat(string(text), 64)
	if r.err == nil && (err != nil && !errors.Is(err, strconv.ErrRange) || math.IsNaN(f)) {
		r.fail("a score that is not a number")
	}
	return f
}
