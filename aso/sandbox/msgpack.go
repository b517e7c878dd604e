package sandbox

import (
	"encoding/binary"
	"math"
	"strings"

	"comet/aso/lua"
)

var msgpackFunctions = functions{
	"pack": msgpackPackFn, "unpack": msgpackUnpackFn,
	"unpack_one": msgpackUnpackOneFn, "unpack_limit": msgpackUnpackLimitFn,
}

// msgpackNesting is where Redis' packer writes nil instead of a table.
const msgpackNesting = 16

func msgpackPackFn(L *lua.State) int {
	if L.GetTop() == 0 {
		argError(L, 0, "MessagePack pack needs input.")
	}
	w := of(L)
	out := w.buf[:0]
	for i := 1; i <= L.GetTop(); i++ {
		out = w.pack(out, L.Get(i), 0)
	}
	text := string(out)
	w.keep(out)
	return pushString(L, text)
}

func (w *worker) pack(out []byte, v lua.Value, depth int) []byte {
	w.work(1)
	w.Charge(9)
	switch v.Kind() {
	case lua.KindBool:
		if v.True() {
			return append(out, 0xc3)
		}
		return append(out, 0xc2)
	case lua.KindNumber:
		f, _ := v.Number()
		return packNumber(out, f)
	case lua.KindString:
		text, _ := v.Text()
		w.Charge(len(text))
		return append(packHead(out, len(text), 0xa0, 31, 0xd9), text...)
	case lua.KindTable:
		if depth < msgpackNesting {
			return w.packTable(out, v.Table(), depth+1)
		}
	}
	return append(out, 0xc0)
}

func packNumber(out []byte, f float64) []byte {
	if n, whole := wholeInt(f); whole {
		return packInt(out, n)
	}
	if g := float32(f); float64(g) == f {
		return binary.BigEndian.AppendUint32(append(out, 0xca), math.Float32bits(g))
	}
	return binary.BigEndian.AppendUint64(append(out, 0xcb), math.Float64bits(f))
}

func wholeInt(f float64) (int64, bool) {
	if f != math.Trunc(f) || f < -1<<63 || f >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}

func packInt(out []byte, n int64) []byte {
	switch {
	case n >= 0 && n < 128, n < 0 && n >= -32:
		return append(out, byte(n))
	case n >= 0 && n <= math.MaxUint8:
		return append(out, 0xcc, byte(n))
	case n >= 0 && n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(out, 0xcd), uint16(n))
	case n >= 0 && n <= math.MaxUint32:
		return binary.BigEndian.AppendUint32(append(out, 0xce), uint32(n))
	case n >= 0:
		return binary.BigEndian.AppendUint64(append(out, 0xcf), uint64(n))
	case n >= math.MinInt8:
		return append(out, 0xd0, byte(n))
	case n >= math.MinInt16:
		return binary.BigEndian.AppendUint16(append(out, 0xd1), uint16(n))
	case n >= math.MinInt32:
		return binary.BigEndian.AppendUint32(append(out, 0xd2), uint32(n))
	default:
		return binary.BigEndian.AppendUint64(append(out, 0xd3), uint64(n))
	}
}

// packHead appends the head of a string, array or map: in one byte up to small,
// else a length of 8 (if code8 is not 0), 16 or 32 bits.
func packHead(out []byte, n int, fix byte, small int, code8 byte) []byte {
	code16 := code8 + 1
	switch fix {
	case 0x90:
		code16 = 0xdc
	case 0x80:
		code16 = 0xde
	}
	switch {
	case n <= small:
		return append(out, fix|byte(n))
	case n <= math.MaxUint8 && code8 != 0:
		return append(out, code8, byte(n))
	case n <= math.MaxUint16:
		return binary.BigEndian.AppendUint16(append(out, code16), uint16(n))
	default:
		return binary.BigEndian.AppendUint32(append(out, code16+1), uint32(n))
	}
}

// packTable writes an array if the keys are exactly 1..n or none, else a map.
func (w *worker) packTable(out []byte, t *lua.Table, depth int) []byte {
	n, isArray := w.packSize(t)
	if isArray {
		out = packHead(out, n, 0x90, 15, 0)
		for i := 1; i <= n; i++ {
			out = w.pack(out, t.GetInt(i), depth)
		}
		return out
	}
	out = packHead(out, n, 0x80, 15, 0)
	for k, v, _ := t.Next(lua.Nil); !k.IsNil(); k, v, _ = t.Next(k) {
		out = w.pack(out, k, depth)
		out = w.pack(out, v, depth)
	}
	return out
}

// packSize returns the number of pairs, and whether their keys are 1..n.
func (w *worker) packSize(t *lua.Table) (n int, isArray bool) {
	largest, whole := 0.0, true
	for k, _, _ := t.Next(lua.Nil); !k.IsNil(); k, _, _ = t.Next(k) {
		w.work(1)
		f, ok := k.Number()
		whole = whole && ok && f > 0 && f == math.Trunc(f)
		largest = max(largest, f)
		n++
	}
	return n, whole && largest == float64(n)
}

func msgpackUnpackFn(L *lua.State) int { return msgpackUnpack(L, math.MaxInt, 0, false) }

func msgpackUnpackOneFn(L *lua.State) int {
	return msgpackUnpack(L, 1, optInt(L, 2, 0), true)
}

func msgpackUnpackLimitFn(L *lua.State) int {
	limit, offset := argInt(L, 2), optInt(L, 3, 0)
	if limit == 0 && offset == 0 {
		return msgpackUnpackFn(L)
	}
	return msgpackUnpack(L, limit, offset, true)
}

// msgpackUnpack pushes up to limit values from offset on. With resume it pushes
// first where to go on, -1 at the end.
func msgpackUnpack(L *lua.State, limit, offset int, resume bool) int {
	s := argString(L, 1)
	if limit < 0 || offset < 0 {
		L.RaiseError("Invalid request to unpack with offset of %d and limit of %d.", offset, len(s))
	}
	if offset > len(s) {
		L.RaiseError("Start offset %d greater than input length %d.", offset, len(s))
	}
	d := &msgpackDecoder{L: L, w: of(L), s: s, i: offset}
	var out []lua.Value
	if resume {
		out = append(out, lua.Nil)
	}
	for n := 0; d.i < len(s) && n < limit; n++ {
		if n >= of(L).class.results/2 {
			d.tooMany()
		}
		out = append(out, d.value(0))
	}
	if resume {
		out[0] = lua.Number(-1)
		if d.i < len(s) {
			out[0] = lua.Number(float64(d.i))
		}
	}
	return push(L, out...)
}

type msgpackDecoder struct {
	L *lua.State
	w *worker
	s string
	i int
}

// tooMany says what Redis says where its stack is at an end, also in nested maps.
func (d *msgpackDecoder) tooMany() {
	d.L.RaiseError("stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)")
}

// take returns the next n bytes.
func (d *msgpackDecoder) take(n int) string {
	if n > len(d.s)-d.i {
		d.L.RaiseError("Missing bytes in input.")
	}
	b := d.s[d.i : d.i+n]
	d.i += n
	return b
}

func (d *msgpackDecoder) uint(size int) uint64 {
	var n uint64
	for _, c := range []byte(d.take(size)) {
		n = n<<8 | uint64(c)
	}
	return n
}

func (d *msgpackDecoder) value(depth int) lua.Value {
	d.w.work(1)
	d.w.Charge(16)
	c := d.take(1)[0]
	switch {
	case c < 0x80:
		return lua.Number(float64(c))
	case c >= 0xe0:
		return lua.Number(float64(int8(c)))
	case c < 0x90:
		return d.table(int(c&15), depth, true)
	case c < 0xa0:
		return d.table(int(c&15), depth, false)
	case c < 0xc0:
		return d.text(int(c & 31))
	}
	return d.coded(c, depth)
}

func (d *msgpackDecoder) coded(c byte, depth int) lua.Value {
	switch c {
	case 0xc0:
		return lua.Nil
	case 0xc2, 0xc3:
		return lua.Bool(c == 0xc3)
	case 0xca:
		return lua.Number(float64(math.Float32frombits(uint32(d.uint(4)))))
	case 0xcb:
		return lua.Number(math.Float64frombits(d.uint(8)))
	case 0xcc, 0xcd, 0xce, 0xcf:
		return lua.Number(float64(int64(d.uint(1 << (c - 0xcc))))) // Redis' Lua has no unsigned integers
	case 0xd0:
		return lua.Number(float64(int8(d.uint(1))))
	case 0xd1:
		return lua.Number(float64(int16(d.uint(2))))
	case 0xd2:
		return lua.Number(float64(int32(d.uint(4))))
	case 0xd3:
		return lua.Number(float64(int64(d.uint(8))))
	case 0xd9, 0xda, 0xdb:
		return d.text(int(d.uint(1 << (c - 0xd9))))
	case 0xdc, 0xdd:
		return d.table(int(d.uint(2<<(c-0xdc))), depth, false)
	case 0xde, 0xdf:
		return d.table(int(d.uint(2<<(c-0xde))), depth, true)
	}
	d.L.RaiseError("Bad data format in input.")
	return lua.Nil
}

func (d *msgpackDecoder) text(n int) lua.Value {
	b := d.take(n)
	d.w.Charge(n + 16)
	return lua.String(strings.Clone(b))
}

// table reads n items or pairs. A head may claim any number: nothing is sized by it.
func (d *msgpackDecoder) table(n, depth int, pairs bool) lua.Value {
	if depth++; depth > d.w.class.unpackDepth {
		if pairs {
			d.tooMany()
		}
		d.L.RaiseError("stack overflow (in function mp_decode_to_lua_array)")
	}
	if n > len(d.s)-d.i {
		d.L.RaiseError("Missing bytes in input.")
	}
	t := d.L.NewTable(0, 0)
	for i := 1; i <= n; i++ {
		key := lua.Number(float64(i))
		if pairs {
			key = d.value(depth)
		}
		d.L.RawSet(t, key, d.value(depth))
	}
	return t.Value()
}
