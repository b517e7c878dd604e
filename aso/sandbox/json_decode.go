package sandbox

import (
	"math"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	lua "github.com/yuin/gopher-lua"
)

// jsonDecoder reads as lua-cjson does.
type jsonDecoder struct {
	L *lua.LState
	w *worker
	o *jsonOptions
	s string
	i int
}

func jsonDecodeFn(L *lua.LState) int {
	if L.GetTop() != 1 {
		argError(L, 1, "decode", "expected 1 argument")
	}
	w := of(L)
	d := &jsonDecoder{L: L, w: w, o: w.jsonOptions(), s: argString(L, 1, "decode")}
	w.read(4 * len(d.s))
	v := d.value(0)
	d.space()
	if d.i < len(d.s) {
		d.fail("the end")
	}
	return push(L, v)
}

func (d *jsonDecoder) fail(want string) {
	found := "T_END"
	if d.i < len(d.s) {
		found = "invalid token"
	}
	d.L.RaiseError("Expected %s but found %s at character %d", want, found, d.i+1)
}

func (d *jsonDecoder) space() {
	for d.i < len(d.s) {
		switch d.s[d.i] {
		case ' ', '\t', '\n', '\r':
			d.i++
		default:
			return
		}
	}
}

// next skips white space and returns the next byte, 0 at the end.
func (d *jsonDecoder) next() byte {
	d.space()
	if d.i >= len(d.s) {
		return 0
	}
	return d.s[d.i]
}

func (d *jsonDecoder) value(depth int) lua.LValue {
	d.w.work(1)
	switch c := d.next(); {
	case c == '{':
		return d.object(d.enter(depth))
	case c == '[':
		return d.array(d.enter(depth))
	case c == '"':
		return d.text()
	case d.word("true"):
		return lua.LTrue
	case d.word("false"):
		return lua.LFalse
	case d.word("null"):
		return jsonNull
	}
	return d.number()
}

func (d *jsonDecoder) enter(depth int) int {
	d.i++
	if depth++; depth > min(d.o.decodeDepth, maxDepth) {
		d.L.RaiseError("Found too many nested data structures (%d)", depth)
	}
	return depth
}

func (d *jsonDecoder) word(w string) bool {
	if len(d.s)-d.i < len(w) || d.s[d.i:d.i+len(w)] != w {
		return false
	}
	d.i += len(w)
	return true
}

func (d *jsonDecoder) array(depth int) lua.LValue {
	t := d.w.newTable(d.L, 0, 0)
	if d.next() == ']' {
		d.i++
		return t
	}
	for n := 1; ; n++ {
		d.w.rawSet(d.L, t, lua.LNumber(n), d.value(depth))
		switch d.next() {
		case ',':
			d.i++
		case ']':
			d.i++
			return t
		default:
			d.fail("comma or array end")
		}
	}
}

func (d *jsonDecoder) object(depth int) lua.LValue {
	t := d.w.newTable(d.L, 0, 0)
	if d.next() == '}' {
		d.i++
		return t
	}
	for {
		if d.next() != '"' {
			d.fail("object key string")
		}
		key := d.text()
		if d.next() != ':' {
			d.fail("colon")
		}
		d.i++
		d.w.rawSet(d.L, t, key, d.value(depth))
		switch d.next() {
		case ',':
			d.i++
		case '}':
			d.i++
			return t
		default:
			d.fail("comma or object end")
		}
	}
}

// text reads a string; the quote is the current byte.
func (d *jsonDecoder) text() lua.LValue {
	d.i++
	start := d.i
	for d.i < len(d.s) && d.s[d.i] != '"' && d.s[d.i] != '\\' && d.s[d.i] >= 0x20 {
		d.i++
	}
	out := append([]byte(nil), d.s[start:d.i]...)
	for d.i < len(d.s) && d.s[d.i] != '"' {
		switch c := d.s[d.i]; {
		case c < 0x20:
			d.fail("value")
		case c == '\\':
			out = d.escape(out)
		default:
			out = append(out, c)
			d.i++
		}
	}
	if d.i >= len(d.s) {
		d.fail("string end")
	}
	d.i++
	d.w.alloc(2*len(out) + 16)
	return lua.LString(out)
}

func (d *jsonDecoder) escape(out []byte) []byte {
	d.i++
	if d.i >= len(d.s) {
		d.fail("escape")
	}
	c := d.s[d.i]
	d.i++
	switch c {
	case '"', '\\', '/':
		return append(out, c)
	case 'b':
		return append(out, '\b')
	case 'f':
		return append(out, '\f')
	case 'n':
		return append(out, '\n')
	case 'r':
		return append(out, '\r')
	case 't':
		return append(out, '\t')
	case 'u':
		return d.unicode(out)
	}
	d.fail("escape")
	return out
}

func (d *jsonDecoder) unicode(out []byte) []byte {
	r := d.hex4()
	if utf16.IsSurrogate(r) {
		if !d.word(`\u`) {
			d.fail("surrogate pair")
		}
		if r = utf16.DecodeRune(r, d.hex4()); r == utf8.RuneError {
			d.fail("surrogate pair")
		}
	}
	return utf8.AppendRune(out, r)
}

func (d *jsonDecoder) hex4() rune {
	if len(d.s)-d.i < 4 {
		d.fail("unicode escape")
	}
	n, err := strconv.ParseUint(d.s[d.i:d.i+4], 16, 16)
	if err != nil {
		d.fail("unicode escape")
	}
	d.i += 4
	return rune(n)
}

func (d *jsonDecoder) number() lua.LValue {
	start := d.i
	for d.i < len(d.s) && (isNameByte(d.s[d.i]) || d.s[d.i] == '.' || d.s[d.i] == '-' || d.s[d.i] == '+') {
		d.i++
	}
	f, ok := parseNumber(d.s[start:d.i])
	ok = ok && d.s[start] != '.'
	if ok && !d.o.decodeInvalid && !plainNumber(d.s[start:d.i], f) {
		ok = false
	}
	if !ok {
		d.i = start
		d.fail("value")
	}
	return lua.LNumber(f)
}

// plainNumber reports whether text is a number by the JSON standard.
func plainNumber(text string, f float64) bool {
	if math.IsNaN(f) || math.IsInf(f, 0) || len(text) == 0 || text[0] == '+' {
		return false
	}
	if text[0] == '-' {
		text = text[1:]
	}
	return !(len(text) > 1 && text[0] == '0' && (isDigit(text[1]) || text[1]|0x20 == 'x'))
}
