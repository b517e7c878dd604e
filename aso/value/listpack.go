package value

import "encoding/binary"

// A listpack is the sequence of strings and integers that Redis packs the
// nodes of a stream in, byte for byte, so that a node is full here when it is
// full there: total size (uint32), number of elements (uint16), the elements,
// and lpEnd. An element is a head with an integer or the length of a string,
// the string, and the size of all that once more, to be read from behind.
const (
	lpHead = 6
	lpEnd  = 0xff

	lpString32 = 0xf0 // with these heads a number of that many bits follows, little endian
	lpInt16    = 0xf1
	lpInt24    = 0xf2
	lpInt32    = 0xf3
	lpInt64    = 0xf4
)

// NewListpack returns a listpack without elements, in the memory of buf if that is enough.
func NewListpack(buf []byte) []byte {
	b := binary.LittleEndian.AppendUint32(buf[:0], lpHead+1)
	return append(b, 0, 0, lpEnd)
}

// AppendListpack appends a string, as an integer if it is the text of one.
func AppendListpack(b, s []byte) []byte {
	if v, ok := ParseInt(s); ok {
		return lpAppendInt(b, v)
	}
	start := len(b) - 1
	b = b[:start]
	switch n := len(s); {
	case n < 1<<6:
		b = append(b, 0x80|byte(n))
	case n < 1<<12:
		b = append(b, 0xe0|byte(n>>8), byte(n))
	default:
		b = append(b, lpString32)
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return lpClose(append(b, s...), start)
}

func lpAppendInt(b []byte, v int64) []byte {
	start := len(b) - 1
	return lpClose(lpIntHead(b[:start], v), start)
}

// lpIntHead appends the head of an integer element, which is all of it but its size.
func lpIntHead(b []byte, v int64) []byte {
	switch {
	case 0 <= v && v < 1<<7:
		return append(b, byte(v))
	case -1<<12 <= v && v < 1<<12:
		return append(b, 0xc0|byte(v>>8)&0x1f, byte(v))
	case -1<<15 <= v && v < 1<<15:
		return append(b, lpInt16, byte(v), byte(v>>8))
	case -1<<23 <= v && v < 1<<23:
		return append(b, lpInt24, byte(v), byte(v>>8), byte(v>>16))
	case -1<<31 <= v && v < 1<<31:
		return binary.LittleEndian.AppendUint32(append(b, lpInt32), uint32(v))
	}
	return binary.LittleEndian.AppendUint64(append(b, lpInt64), uint64(v))
}

// lpClose ends the element that starts at start, and the listpack.
func lpClose(b []byte, start int) []byte {
	b = append(lpAppendSize(b, len(b)-start), lpEnd)
	lpSetHead(b, 1)
	return b
}

// lpSetHead notes the size of b and that it has more elements than before.
func lpSetHead(b []byte, more int) {
	const unknown = 1<<16 - 1
	binary.LittleEndian.PutUint32(b, uint32(len(b)))
	if n := int(binary.LittleEndian.Uint16(b[4:])); n != unknown {
		binary.LittleEndian.PutUint16(b[4:], uint16(min(n+more, unknown)))
	}
}

// lpSizeLen is the number of bytes in which the size n of an element is
// written; its limits are Redis', one below what the bytes could hold.
func lpSizeLen(n int) int {
	switch {
	case n <= 127:
		return 1
	case n < 16383:
		return 2
	case n < 2097151:
		return 3
	case n < 268435455:
		return 4
	}
	return 5
}

func lpAppendSize(b []byte, n int) []byte {
	var more byte // all bytes but the first are marked: the size is read backwards
	for shift := 7 * (lpSizeLen(n) - 1); shift >= 0; shift -= 7 {
		b = append(b, more|byte(n>>shift)&0x7f)
		more = 0x80
	}
	return b
}

// lpString returns where the string of the element at at starts and its
// length, or false if the element is an integer.
func lpString(b []byte, at int) (start, n int, ok bool) {
	switch c := b[at]; {
	case c>>6 == 2:
		return at + 1, int(c & 0x3f), true
	case c>>4 == 0xe:
		return at + 2, int(c&0x0f)<<8 | int(b[at+1]), true
	case c == lpString32:
		return at + 5, int(binary.LittleEndian.Uint32(b[at+1:])), true
	}
	return 0, 0, false
}

// lpInt reads the integer element at at.
func lpInt(b []byte, at int) (v int64, next int) {
	switch c := b[at]; {
	case c < 0x80:
		return int64(c), at + 2
	case c>>5 == 6:
		v := int64(c&0x1f)<<8 | int64(b[at+1])
		return v << (64 - 13) >> (64 - 13), at + 3
	case c == lpInt16:
		return int64(int16(binary.LittleEndian.Uint16(b[at+1:]))), at + 4
	case c == lpInt24:
		v := int64(b[at+1]) | int64(b[at+2])<<8 | int64(b[at+3])<<16
		return v << 40 >> 40, at + 5
	case c == lpInt32:
		return int64(int32(binary.LittleEndian.Uint32(b[at+1:]))), at + 6
	default:
		return int64(binary.LittleEndian.Uint64(b[at+1:])), at + 10
	}
}

// lpText reads the element at at as a string, which aliases b, or buf if it is an integer.
func lpText(b []byte, at int, buf *[intText]byte) (s []byte, next int) {
	if start, n, ok := lpString(b, at); ok {
		end := start + n
		return b[start:end:end], end + lpSizeLen(end-at)
	}
	v, next := lpInt(b, at)
	return AppendInt(buf[:0], v), next
}

// lpSkip returns where the element behind the one at at starts.
func lpSkip(b []byte, at int) int {
	if start, n, ok := lpString(b, at); ok {
		end := start + n
		return end + lpSizeLen(end-at)
	}
	_, next := lpInt(b, at)
	return next
}

// lpBefore returns where the element that ends at end starts.
func lpBefore(b []byte, end int) int {
	n, last := 0, end
	for shift := 0; ; shift += 7 {
		last--
		n |= int(b[last]&0x7f) << shift
		if b[last] < 0x80 {
			return last - n
		}
	}
}

// lpReplaceInt puts v into the place of the integer element at at.
func lpReplaceInt(b []byte, at int, v int64) []byte {
	var buf [12]byte
	element := lpIntHead(buf[:0], v)
	element = lpAppendSize(element, len(element))
	_, next := lpInt(b, at)
	if grow := len(element) - (next - at); grow != 0 {
		old := len(b)
		if grow > 0 {
			b = append(b, element[:grow]...)
		}
		copy(b[next+grow:old+grow], b[next:old])
		b = b[:old+grow]
		lpSetHead(b, 0)
	}
	copy(b[at:], element)
	return b
}
