package sandbox

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

var jsonFunctions = functions{
	"encode": jsonEncodeFn, "decode": jsonDecodeFn,
	"encode_sparse_array": jsonSparseFn, "encode_max_depth": jsonEncodeDepthFn,
	"decode_max_depth": jsonDecodeDepthFn, "encode_number_precision": jsonPrecisionFn,
	"encode_keep_buffer": jsonKeepBufferFn, "encode_invalid_numbers": jsonEncodeInvalidFn,
	"decode_invalid_numbers": jsonDecodeInvalidFn,
}

// jsonNull stands for null inside tables.
var jsonNull = &lua.LUserData{Metatable: lua.LNil}

// jsonOptions are cjson's settings; they last for one run. The zero value means
// the defaults.
type jsonOptions struct {
	set           bool
	sparseConvert bool
	sparseRatio   int
	sparseSafe    int
	encodeDepth   int
	decodeDepth   int
	precision     int
	encodeInvalid string // "off", "on" or "null"
	decodeInvalid bool
	keepBuffer    bool
}

func (w *worker) jsonOptions() *jsonOptions {
	o := &w.env.json
	if !o.set {
		*o = jsonOptions{
			set: true, sparseRatio: 2, sparseSafe: 10, encodeDepth: 1000, decodeDepth: 1000,
			precision: 14, encodeInvalid: "off", decodeInvalid: true, keepBuffer: true,
		}
	}
	return o
}

// jsonSettings returns the settings to a function that takes at most n arguments.
func jsonSettings(L *lua.LState, n int) *jsonOptions {
	if L.GetTop() > n {
		argError(L, n+1, "cjson", "found too many arguments")
	}
	return of(L).jsonOptions()
}

func jsonSparseFn(L *lua.LState) int {
	o := jsonSettings(L, 3)
	if L.Get(1) != lua.LNil {
		o.sparseConvert = lua.LVAsBool(L.Get(1))
	}
	o.sparseRatio = jsonInt(L, 2, o.sparseRatio, 0, math.MaxInt32)
	o.sparseSafe = jsonInt(L, 3, o.sparseSafe, 0, math.MaxInt32)
	return push(L, lua.LBool(o.sparseConvert), lua.LNumber(o.sparseRatio), lua.LNumber(o.sparseSafe))
}

// jsonInt reads an optional setting.
func jsonInt(L *lua.LState, i, now, low, high int) int {
	n := optInt(L, i, "cjson", now)
	if n < low || n > high {
		argError(L, i, "cjson", "expected integer between "+numberText(float64(low))+" and "+numberText(float64(high)))
	}
	return n
}

func jsonEncodeDepthFn(L *lua.LState) int {
	o := jsonSettings(L, 1)
	o.encodeDepth = jsonInt(L, 1, o.encodeDepth, 1, math.MaxInt32)
	return pushNumber(L, float64(o.encodeDepth))
}

func jsonDecodeDepthFn(L *lua.LState) int {
	o := jsonSettings(L, 1)
	o.decodeDepth = jsonInt(L, 1, o.decodeDepth, 1, math.MaxInt32)
	return pushNumber(L, float64(o.decodeDepth))
}

func jsonPrecisionFn(L *lua.LState) int {
	o := jsonSettings(L, 1)
	o.precision = jsonInt(L, 1, o.precision, 1, 14)
	return pushNumber(L, float64(o.precision))
}

func jsonKeepBufferFn(L *lua.LState) int {
	o := jsonSettings(L, 1)
	if L.Get(1) != lua.LNil {
		o.keepBuffer = lua.LVAsBool(L.Get(1))
	}
	return pushBool(L, o.keepBuffer)
}

func jsonEncodeInvalidFn(L *lua.LState) int {
	o := jsonSettings(L, 1)
	switch v := L.Get(1).(type) {
	case lua.LBool:
		o.encodeInvalid = "off"
		if v {
			o.encodeInvalid = "on"
		}
	case lua.LString:
		if v != "off" && v != "on" && v != "null" {
			argError(L, 1, "encode_invalid_numbers", "invalid option '"+clip(string(v), 64)+"'")
		}
		o.encodeInvalid = string(v)
	}
	if o.encodeInvalid == "null" {
		return push(L, lua.LString("null"))
	}
	return pushBool(L, o.encodeInvalid == "on")
}

func jsonDecodeInvalidFn(L *lua.LState) int {
	o := jsonSettings(L, 1)
	if L.Get(1) != lua.LNil {
		o.decodeInvalid = lua.LVAsBool(L.Get(1))
	}
	return pushBool(L, o.decodeInvalid)
}

// jsonEncoder writes as lua-cjson does.
type jsonEncoder struct {
	L   *lua.LState
	w   *worker
	o   *jsonOptions
	out []byte
}

func jsonEncodeFn(L *lua.LState) int {
	if L.GetTop() != 1 {
		argError(L, 1, "encode", "expected 1 argument")
	}
	w := of(L)
	e := &jsonEncoder{L: L, w: w, o: w.jsonOptions(), out: w.buf[:0]}
	e.value(L.Get(1), 0)
	text := string(e.out)
	w.keep(e.out)
	return pushString(L, text)
}

// room charges n bytes of the buffer.
func (e *jsonEncoder) room(n int) {
	e.w.alloc(n)
	e.w.work(1)
}

func (e *jsonEncoder) value(v lua.LValue, depth int) {
	switch v := v.(type) {
	case *lua.LNilType:
		e.raw("null")
	case lua.LBool:
		e.raw(v.String())
	case lua.LNumber:
		e.number(float64(v))
	case lua.LString:
		e.string(string(v))
	case *lua.LTable:
		e.table(v, depth+1)
	default:
		if v != jsonNull {
			e.L.RaiseError("Cannot serialise %s: type not supported", v.Type().String())
		}
		e.raw("null")
	}
}

func (e *jsonEncoder) raw(s string) {
	e.room(len(s))
	e.out = append(e.out, s...)
}

func (e *jsonEncoder) number(f float64) {
	e.room(24)
	if math.IsNaN(f) || math.IsInf(f, 0) {
		switch e.o.encodeInvalid {
		case "off":
			e.L.RaiseError("Cannot serialise number: must not be NaN or Inf")
		case "null":
			e.out = append(e.out, "null"...)
			return
		}
	}
	e.out = appendG(e.out, f, e.o.precision)
}

const hexDigits = "0123456789abcdef"

func (e *jsonEncoder) string(s string) {
	e.room(len(s) + 2)
	e.w.read(4 * len(s))
	e.out = append(e.out, '"')
	for i := range len(s) {
		c := s[i]
		if short := jsonEscape(c); short != 0 {
			e.w.alloc(1)
			e.out = append(e.out, '\\', short)
		} else if c < 0x20 || c == 0x7f {
			e.w.alloc(5)
			e.out = append(e.out, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
		} else {
			e.out = append(e.out, c)
		}
	}
	e.out = append(e.out, '"')
}

func jsonEscape(c byte) byte {
	switch c {
	case '"', '\\', '/':
		return c
	case '\b':
		return 'b'
	case '\t':
		return 't'
	case '\n':
		return 'n'
	case '\f':
		return 'f'
	case '\r':
		return 'r'
	}
	return 0
}

func (e *jsonEncoder) table(t *lua.LTable, depth int) {
	if depth > min(e.o.encodeDepth, e.w.class.depth) {
		e.L.RaiseError("Cannot serialise, excessive nesting (%d)", depth)
	}
	if n := e.arrayLength(t); n > 0 {
		e.array(t, n, depth)
		return
	}
	e.object(t, depth)
}

// arrayLength returns the largest key if all keys are positive integers, else -1.
func (e *jsonEncoder) arrayLength(t *lua.LTable) int {
	largest, items := 0, 0
	for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
		e.w.work(1)
		f, ok := k.(lua.LNumber)
		if !ok || f < 1 || f > math.MaxInt32 || f != lua.LNumber(math.Floor(float64(f))) {
			return -1
		}
		largest = max(largest, int(f))
		items++
	}
	if e.o.sparseRatio > 0 && largest > items*e.o.sparseRatio && largest > e.o.sparseSafe {
		if !e.o.sparseConvert {
			e.L.RaiseError("Cannot serialise table: excessively sparse array")
		}
		return -1
	}
	return largest
}

func (e *jsonEncoder) array(t *lua.LTable, n, depth int) {
	e.raw("[")
	for i := 1; i <= n; i++ {
		if i > 1 {
			e.raw(",")
		}
		e.value(rawGet(t, lua.LNumber(i)), depth)
	}
	e.raw("]")
}

func (e *jsonEncoder) object(t *lua.LTable, depth int) {
	e.raw("{")
	first := true
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		if !first {
			e.raw(",")
		}
		first = false
		switch k := k.(type) {
		case lua.LNumber:
			e.raw(`"`)
			e.number(float64(k))
			e.raw(`":`)
		case lua.LString:
			e.string(string(k))
			e.raw(":")
		default:
			e.L.RaiseError("Cannot serialise %s: table key must be a number or string", k.Type().String())
		}
		e.value(v, depth)
	}
	e.raw("}")
}
