package sandbox

import (
	"math"
	"slices"

	"comet/aso/lua"
)

var jsonFunctions = functions{
	"encode": jsonEncodeFn, "decode": jsonDecodeFn,
	"encode_sparse_array": jsonSparseFn, "encode_max_depth": jsonEncodeDepthFn,
	"decode_max_depth": jsonDecodeDepthFn, "encode_number_precision": jsonPrecisionFn,
	"encode_keep_buffer": jsonKeepBufferFn, "encode_invalid_numbers": jsonEncodeInvalidFn,
	"decode_invalid_numbers": jsonDecodeInvalidFn,
}

// jsonNull stands for null inside tables.
var jsonNull = (&lua.UserData{}).Value()

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
func jsonSettings(L *lua.State, n int) *jsonOptions {
	if L.GetTop() > n {
		argError(L, n+1, "found too many arguments")
	}
	return of(L).jsonOptions()
}

func jsonSparseFn(L *lua.State) int {
	o := jsonSettings(L, 3)
	o.sparseConvert = jsonSwitch(L, o.sparseConvert)
	o.sparseRatio = jsonInt(L, 2, o.sparseRatio, 0, math.MaxInt32)
	o.sparseSafe = jsonInt(L, 3, o.sparseSafe, 0, math.MaxInt32)
	return push(L, lua.Bool(o.sparseConvert), lua.Number(float64(o.sparseRatio)), lua.Number(float64(o.sparseSafe)))
}

// jsonInt reads an optional setting.
func jsonInt(L *lua.State, i, now, low, high int) int {
	n := optInt(L, i, now)
	if n < low || n > high {
		argError(L, 1, "expected integer between "+lua.NumberText(float64(low))+" and "+lua.NumberText(float64(high)))
	}
	return n
}

// jsonOption reads the first argument, a boolean or the name of an option, if it is given.
func jsonOption(L *lua.State, now string, options ...string) string {
	switch v := L.Get(1); v.Kind() {
	case lua.KindNil:
		return now
	case lua.KindBool:
		if v.True() {
			return "on"
		}
		return "off"
	}
	name := argString(L, 1)
	if !slices.Contains(options, name) {
		argError(L, 1, "invalid option '"+clip(name, 64)+"'")
	}
	return name
}

// jsonSwitch is jsonOption for what is on or off.
func jsonSwitch(L *lua.State, now bool) bool {
	if L.Get(1).IsNil() {
		return now
	}
	return jsonOption(L, "", "off", "on") == "on"
}

func jsonEncodeDepthFn(L *lua.State) int {
	o := jsonSettings(L, 1)
	o.encodeDepth = jsonInt(L, 1, o.encodeDepth, 1, math.MaxInt32)
	return pushNumber(L, float64(o.encodeDepth))
}

func jsonDecodeDepthFn(L *lua.State) int {
	o := jsonSettings(L, 1)
	o.decodeDepth = jsonInt(L, 1, o.decodeDepth, 1, math.MaxInt32)
	return pushNumber(L, float64(o.decodeDepth))
}

func jsonPrecisionFn(L *lua.State) int {
	o := jsonSettings(L, 1)
	o.precision = jsonInt(L, 1, o.precision, 1, 14)
	return pushNumber(L, float64(o.precision))
}

func jsonKeepBufferFn(L *lua.State) int {
	o := jsonSettings(L, 1)
	o.keepBuffer = jsonSwitch(L, o.keepBuffer)
	return pushBool(L, o.keepBuffer)
}

func jsonEncodeInvalidFn(L *lua.State) int {
	o := jsonSettings(L, 1)
	o.encodeInvalid = jsonOption(L, o.encodeInvalid, "off", "on", "null")
	if o.encodeInvalid == "null" {
		return push(L, lua.String("null"))
	}
	return pushBool(L, o.encodeInvalid == "on")
}

func jsonDecodeInvalidFn(L *lua.State) int {
	o := jsonSettings(L, 1)
	o.decodeInvalid = jsonSwitch(L, o.decodeInvalid)
	return pushBool(L, o.decodeInvalid)
}

// jsonEncoder writes as lua-cjson does.
type jsonEncoder struct {
	L   *lua.State
	w   *worker
	o   *jsonOptions
	out []byte
}

func jsonEncodeFn(L *lua.State) int {
	if L.GetTop() != 1 {
		argError(L, 1, "expected 1 argument")
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
	e.w.Charge(n)
	e.w.work(1)
}

func (e *jsonEncoder) value(v lua.Value, depth int) {
	switch v.Kind() {
	case lua.KindNil:
		e.raw("null")
	case lua.KindBool:
		e.raw(plainText(v))
	case lua.KindNumber:
		f, _ := v.Number()
		e.number(f)
	case lua.KindString:
		text, _ := v.Text()
		e.string(text)
	case lua.KindTable:
		e.table(v.Table(), depth+1)
	default:
		if !lua.Equal(v, jsonNull) {
			e.L.RaiseError("Cannot serialise %s: type not supported", v.TypeName())
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
	if math.IsNaN(f) {
		f = math.Abs(f)
	}
	e.out = lua.AppendG(e.out, f, e.o.precision)
}

const hexDigits = "0123456789abcdef"

func (e *jsonEncoder) string(s string) {
	e.room(len(s) + 2)
	e.w.read(4 * len(s))
	e.out = append(e.out, '"')
	for i := range len(s) {
		c := s[i]
		if short := jsonEscape(c); short != 0 {
			e.w.Charge(1)
			e.out = append(e.out, '\\', short)
		} else if c < 0x20 || c == 0x7f {
			e.w.Charge(5)
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

func (e *jsonEncoder) table(t *lua.Table, depth int) {
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
func (e *jsonEncoder) arrayLength(t *lua.Table) int {
	largest, items := 0, 0
	for k, _, _ := t.Next(lua.Nil); !k.IsNil(); k, _, _ = t.Next(k) {
		e.w.work(1)
		f, ok := k.Number()
		if !ok || f < 1 || f > math.MaxInt32 || f != math.Floor(f) {
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

func (e *jsonEncoder) array(t *lua.Table, n, depth int) {
	e.raw("[")
	for i := 1; i <= n; i++ {
		if i > 1 {
			e.raw(",")
		}
		e.value(t.GetInt(i), depth)
	}
	e.raw("]")
}

func (e *jsonEncoder) object(t *lua.Table, depth int) {
	e.raw("{")
	first := true
	for k, v, _ := t.Next(lua.Nil); !k.IsNil(); k, v, _ = t.Next(k) {
		if !first {
			e.raw(",")
		}
		first = false
		if f, ok := k.Number(); ok {
			e.raw(`"`)
			e.number(f)
			e.raw(`":`)
		} else if text, ok := k.Text(); ok {
			e.string(text)
			e.raw(":")
		} else {
			e.L.RaiseError("Cannot serialise %s: table key must be a number or string", k.TypeName())
		}
		e.value(v, depth)
	}
	e.raw("}")
}
