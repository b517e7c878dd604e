package sandbox

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"comet/aso/lua"
)

var structFunctions = functions{"pack": structPackFn, "unpack": structUnpackFn, "size": structSizeFn}

const maxStructInt = 32

// structFormat reads a format of the Lua struct library.
type structFormat struct {
	L      *lua.State
	f      string
	i      int
	big    bool
	align  int
	native int
}

func newStructFormat(L *lua.State, f string) *structFormat {
	of(L).read(len(f))
	return &structFormat{L: L, f: f, align: 1, native: 8}
}

// number reads digits, or returns def.
func (s *structFormat) number(def int) int {
	if s.i >= len(s.f) || !isDigit(s.f[s.i]) {
		return def
	}
	n := 0
	for s.i < len(s.f) && isDigit(s.f[s.i]) {
		n = n*10 + int(s.f[s.i]-'0')
		if n > math.MaxInt32 {
			s.L.RaiseError("integral size overflow")
		}
		s.i++
	}
	return n
}

// next returns the next option and its size; c is 0 at the end. Options that only
// change the state are handled here.
func (s *structFormat) next() (c byte, size int) {
	for s.i < len(s.f) {
		of(s.L).work(1)
		c = s.f[s.i]
		s.i++
		switch c {
		case ' ':
		case '>':
			s.big = true
		case '<':
			s.big = false
		case '!':
			s.align = s.number(s.native)
			if s.align == 0 || s.align&(s.align-1) != 0 {
				s.L.RaiseError("alignment %d is not a power of 2", s.align)
			}
		default:
			return c, s.size(c)
		}
	}
	return 0, 0
}

func (s *structFormat) size(c byte) int {
	switch c {
	case 'b', 'B', 'x':
		return 1
	case 'h', 'H':
		return 2
	case 'l', 'L', 'T', 'd':
		return 8
	case 'f':
		return 4
	case 'c':
		return s.number(1)
	case 'i', 'I':
		n := s.number(4)
		if n > maxStructInt {
			s.L.RaiseError("integral size %d is larger than limit of %d", n, maxStructInt)
		}
		return n
	}
	return 0
}

func (s *structFormat) invalid(c byte) {
	argError(s.L, 1, fmt.Sprintf("invalid format option '%s'", []byte{c}))
}

// padding returns the bytes that align an option at offset.
func (s *structFormat) padding(c byte, size, offset int) int {
	if size == 0 || c == 'c' || c == 'x' {
		return 0
	}
	a := min(size, s.align)
	if a <= 1 {
		return 0
	}
	return (a - offset&(a-1)) & (a - 1)
}

func (s *structFormat) order() binary.ByteOrder {
	if s.big {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// putInt appends the low size bytes of n.
func (s *structFormat) putInt(out []byte, n uint64, size int) []byte {
	start := len(out)
	for range size {
		out = append(out, byte(n))
		n >>= 8
	}
	if s.big {
		reverse(out[start:])
	}
	return out
}

func reverse(b []byte) {
	for i, j := 0, len(b)-1; i < j; i, j = i+1, j-1 {
		b[i], b[j] = b[j], b[i]
	}
}

func (s *structFormat) getInt(b string, signed bool) float64 {
	var n uint64
	size := len(b)
	for i := range min(size, 8) {
		k := i
		if s.big {
			k = size - 1 - i
		}
		n |= uint64(b[k]) << (8 * i)
	}
	if signed {
		shift := 64 - 8*min(size, 8)
		return float64(int64(n<<shift) >> shift)
	}
	return float64(n)
}

func structPackFn(L *lua.State) int {
	s := newStructFormat(L, argString(L, 1))
	w := of(L)
	var out []byte
	arg := 2
	L.Push(lua.Nil) // in Redis too, behind the arguments, so the first that is missing is nil
	for c, size := s.next(); c != 0; c, size = s.next() {
		pad := s.padding(c, size, len(out))
		room := size
		if c == 'c' {
			text, _ := asText(L.Get(arg)) // it must be as long
			room = min(size, len(text))
		}
		w.Charge(2 * (pad + room + 8))
		out = append(out, make([]byte, pad)...)
		out = s.pack(out, c, size, arg)
		if c != 'x' {
			arg++
		}
	}
	return pushString(L, string(out))
}

func (s *structFormat) pack(out []byte, c byte, size, arg int) []byte {
	switch c {
	case 'x':
		return append(out, 0)
	case 'b', 'B', 'h', 'H', 'l', 'L', 'T', 'i', 'I':
		return s.putInt(out, structInt(argNumber(s.L, arg)), size)
	case 'f':
		return s.putInt(out, uint64(math.Float32bits(float32(argNumber(s.L, arg)))), 4)
	case 'd':
		return s.putInt(out, math.Float64bits(argNumber(s.L, arg)), 8)
	}
	if c != 's' && c != 'c' {
		s.invalid(c)
	}
	text := argString(s.L, arg)
	if c == 's' {
		of(s.L).Charge(2 * len(text))
		return append(append(out, text...), 0)
	}
	if size == 0 {
		size = len(text)
		of(s.L).Charge(2 * size)
	}
	if len(text) < size {
		argError(s.L, arg+1, "string too short")
	}
	return append(out, text[:size]...)
}

// structInt converts as the C library does, signed or unsigned by the sign.
func structInt(f float64) uint64 {
	if f < 0 {
		return uint64(toInt(f))
	}
	return toUint(f)
}

func structUnpackFn(L *lua.State) int {
	s := newStructFormat(L, argString(L, 1))
	data := argString(L, 2)
	pos := optPosition(L, 3, 1) - 1
	if pos == -1 {
		argError(L, 3, "offset must be 1 or greater")
	}
	var out []lua.Value
	for c, size := s.next(); c != 0; c, size = s.next() {
		if pos >= 0 { // else it is beyond all, as it has no sign in C
			pos += s.padding(c, size, pos)
		}
		if pos < 0 || size > len(data) || pos > len(data)-size {
			argError(L, 2, "data string too short")
		}
		var v lua.Value
		v, size = s.unpack(data, pos, c, size, &out)
		pos += size
		if c != 'x' {
			of(L).Charge(32)
			out = append(out, v)
		}
		if len(out) > of(L).class.results/2 {
			L.RaiseError("too many results to unpack")
		}
	}
	return push(L, append(out, lua.Number(float64(pos+1)))...)
}

// unpack reads one option and returns its value and its real size.
func (s *structFormat) unpack(data string, pos int, c byte, size int, out *[]lua.Value) (lua.Value, int) {
	switch c {
	case 'x':
		return lua.Nil, size
	case 'b', 'h', 'l', 'i':
		return lua.Number(s.getInt(data[pos:pos+size], true)), size
	case 'B', 'H', 'L', 'T', 'I':
		return lua.Number(s.getInt(data[pos:pos+size], false)), size
	case 'f':
		bits := s.order().Uint32([]byte(data[pos : pos+4]))
		return lua.Number(float64(math.Float32frombits(bits))), size
	case 'd':
		bits := s.order().Uint64([]byte(data[pos : pos+8]))
		return lua.Number(math.Float64frombits(bits)), size
	case 's':
		n := strings.IndexByte(data[pos:], 0)
		if n < 0 {
			s.L.RaiseError("unfinished string in data")
		}
		return s.text(data, pos, n), n + 1
	}
	if c != 'c' {
		s.invalid(c)
	}
	if size == 0 { // c0: the number before is the length
		size = s.length(out)
		if size > len(data)-pos {
			argError(s.L, 2, "data string too short")
		}
	}
	return s.text(data, pos, size), size
}

func (s *structFormat) length(out *[]lua.Value) int {
	last := len(*out) - 1
	if last < 0 {
		s.L.RaiseError("format 'c0' needs a previous size")
	}
	n, ok := (*out)[last].Number()
	if !ok || n < 0 {
		s.L.RaiseError("format 'c0' needs a previous size")
	}
	*out = (*out)[:last]
	return clampInt(n)
}

func (s *structFormat) text(data string, pos, n int) lua.Value {
	of(s.L).Charge(n + 16)
	return lua.String(strings.Clone(data[pos : pos+n]))
}

func structSizeFn(L *lua.State) int {
	s := newStructFormat(L, argString(L, 1))
	total := 0
	for c, size := s.next(); c != 0; c, size = s.next() {
		if c == 's' {
			argError(L, 1, "option 's' has no fixed size")
		} else if c == 'c' && size == 0 {
			argError(L, 1, "option 'c0' has no fixed size")
		} else if !isLetter(c) && !isDigit(c) {
			s.invalid(c)
		}
		total += s.padding(c, size, total) + size
	}
	return pushNumber(L, float64(total))
}
