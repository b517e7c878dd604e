package sandbox

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"comet/aso/lua"
)

// jsonDecoder reads as lua-cjson does.
type jsonDecoder struct {
	L *lua.State
	w *worker
	o *jsonOptions
	s string
	i int
}

func jsonDecodeFn(L *lua.State) int {
	if L.GetTop() != 1 {
		argError(L, 1, "expected 1 argument")
	}
	w := of(L)
	d := &jsonDecoder{L: L, w: w, o: w.jsonOptions(), s: argString(L, 1)}
	w.read(4 * len(d.s))
	if len(d.s) > 1 && (d.s[0] == 0 || d.s[1] == 0) {
		L.RaiseError("JSON parser does not support UTF-16 or UTF-32")
	}
	v := d.value(0)
	d.space()
	if d.i < len(d.s) {
		d.fail("the end")
	}
	return push(L, v)
}

func (d *jsonDecoder) fail(want string) {
	d.failAt(want, d.found())
}

// failAt raises the error for what stands at the current byte.
func (d *jsonDecoder) failAt(want, found string) {
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

func (d *jsonDecoder) value(depth int) lua.Value {
	d.w.work(1)
	switch c := d.next(); {
	case c == '{':
		return d.object(d.enter(depth))
	case c == '[':
		return d.array(d.enter(depth))
	case c == '"':
		return d.text("value")
	case d.word("true"):
		return lua.True
	case d.word("false"):
		return lua.False
	case d.word("null"):
		return jsonNull
	}
	return d.number()
}

func (d *jsonDecoder) enter(depth int) int {
	d.i++
	if depth++; depth > min(d.o.decodeDepth, d.w.class.depth) {
		d.L.RaiseError("Found too many nested data structures (%d) at character %d", depth, d.i)
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

func (d *jsonDecoder) array(depth int) lua.Value {
	t := d.L.NewTable(0, 0)
	if d.next() == ']' {
		d.i++
		return t.Value()
	}
	for n := 1; ; n++ {
		d.L.RawSet(t, lua.Number(float64(n)), d.value(depth))
		switch d.next() {
		case ',':
			d.i++
		case ']':
			d.i++
			return t.Value()
		default:
			d.fail("comma or array end")
		}
	}
}

func (d *jsonDecoder) object(depth int) lua.Value {
	t := d.L.NewTable(0, 0)
	if d.next() == '}' {
		d.i++
		return t.Value()
	}
	for {
		if d.next() != '"' {
			d.fail("object key string")
		}
		key := d.text("object key string")
		if d.next() != ':' {
			d.fail("colon")
		}
		d.i++
		d.L.RawSet(t, key, d.value(depth))
		switch d.next() {
		case ',':
			d.i++
		case '}':
			d.i++
			return t.Value()
		default:
			d.fail("comma or object end")
		}
	}
}

// text reads a string, where want is expected; the quote is the current byte.
func (d *jsonDecoder) text(want string) lua.Value {
	d.i++
	start := d.i
	for d.i < len(d.s) && d.s[d.i] != '"' && d.s[d.i] != '\\' && d.s[d.i] != 0 {
		d.i++
	}
	if d.i < len(d.s) && d.s[d.i] == '"' {
		d.i++
		d.w.Charge(d.i - start + 16)
		return lua.String(strings.Clone(d.s[start : d.i-1]))
	}
	out := append([]byte(nil), d.s[start:d.i]...)
	for d.i < len(d.s) && d.s[d.i] != '"' {
		switch c := d.s[d.i]; {
		case c == 0: // where cjson takes its text to end
			d.failAt(want, "unexpected end of string")
		case c == '\\':
			out = d.escape(out, want)
		default:
			out = append(out, c)
			d.i++
		}
	}
	if d.i >= len(d.s) {
		d.failAt(want, "unexpected end of string")
	}
	d.i++
	d.w.Charge(2*len(out) + 16)
	return lua.String(string(out))
}

// escapes are the letters behind a backslash.
var escapes = map[byte]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

func (d *jsonDecoder) escape(out []byte, want string) []byte {
	if d.i+1 < len(d.s) && d.s[d.i+1] == 'u' {
		r, ok := d.unicode(d.i)
		if !ok {
			d.failAt(want, "invalid unicode escape code")
		}
		return utf8.AppendRune(out, r)
	}
	if d.i+1 >= len(d.s) || escapes[d.s[d.i+1]] == 0 {
		d.failAt(want, "invalid escape code")
	}
	d.i += 2
	return append(out, escapes[d.s[d.i-1]])
}

// unicode reads an escape, of two for a surrogate pair.
func (d *jsonDecoder) unicode(at int) (r rune, ok bool) {
	size := 6
	r, ok = d.hex4(at)
	if ok && utf16.IsSurrogate(r) {
		low, lowOK := d.hex4(at + 6)
		r = utf16.DecodeRune(r, low)
		ok, size = lowOK && r != utf8.RuneError, 12
	}
	if ok {
		d.i += size
	}
	return r, ok
}

// hex4 reads the escape that stands at a byte.
func (d *jsonDecoder) hex4(at int) (rune, bool) {
	if len(d.s)-at < 6 || d.s[at:at+2] != `\u` {
		return 0, false
	}
	n, err := strconv.ParseUint(d.s[at+2:at+6], 16, 16)
	return rune(n), err == nil
}

// number reads what C's strtod reads.
func (d *jsonDecoder) number() lua.Value {
	rest := d.s[d.i:]
	begins, odd := rest != "" && (rest[0] == '-' || isDigit(rest[0])), isOdd(rest)
	switch {
	case begins && odd && !d.o.decodeInvalid:
		d.failAt("value", "invalid number")
	case !begins && !(odd && d.o.decodeInvalid):
		d.fail("value")
	}
	n := numeralLength(rest)
	if n == 0 {
		d.failAt("value", "invalid number")
	}
	f, _ := lua.ParseNumber(rest[:n])
	d.i += n
	return lua.Number(f)
}

// isOdd reports whether text begins with a number that the JSON standard does not have.
func isOdd(text string) bool {
	if strings.HasPrefix(text, "+") {
		return true
	}
	text = strings.TrimPrefix(text, "-")
	if strings.HasPrefix(text, "0") {
		return len(text) > 1 && (isDigit(text[1]) || text[1]|0x20 == 'x')
	}
	return hasWord(text, "inf") || hasWord(text, "nan")
}

// hasWord reports whether text begins with a word of lower case letters, in any case.
func hasWord(text, word string) bool {
	return len(text) >= len(word) && strings.EqualFold(text[:len(word)], word)
}

// numeralLength returns the length of the number that text begins with, 0 if there is none.
func numeralLength(text string) int {
	sign := 0
	if text != "" && (text[0] == '-' || text[0] == '+') {
		sign = 1
	}
	body := text[sign:]
	for _, word := range []string{"infinity", "inf", "nan"} {
		if hasWord(body, word) {
			return sign + len(word)
		}
	}
	if len(body) > 2 && body[0] == '0' && body[1]|0x20 == 'x' {
		if n := digitsLength(body[2:], 'p', isHexDigit); n > 0 {
			return sign + 2 + n
		}
	}
	n := digitsLength(body, 'e', isDigit)
	if n == 0 {
		return 0
	}
	return sign + n
}

// digitsLength returns the length of digits with a point among them and an exponent behind.
func digitsLength(text string, exponent byte, isDigitOf func(byte) bool) int {
	n, digits := 0, 0
	for point := false; n < len(text) && (isDigitOf(text[n]) || text[n] == '.' && !point); n++ {
		if text[n] == '.' {
			point = true
		} else {
			digits++
		}
	}
	if digits == 0 {
		return 0
	}
	if n == len(text) || text[n]|0x20 != exponent {
		return n
	}
	i := n + 1
	if i < len(text) && (text[i] == '-' || text[i] == '+') {
		i++
	}
	start := i
	for i < len(text) && isDigit(text[i]) {
		i++
	}
	if i == start {
		return n
	}
	return i
}

func isHexDigit(c byte) bool { return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }

// found names the token at the current byte.
func (d *jsonDecoder) found() string {
	if d.i >= len(d.s) {
		return "T_END"
	}
	rest := d.s[d.i:]
	switch c := rest[0]; {
	case c == '{':
		return "T_OBJ_BEGIN"
	case c == '}':
		return "T_OBJ_END"
	case c == '[':
		return "T_ARR_BEGIN"
	case c == ']':
		return "T_ARR_END"
	case c == '"':
		return "T_STRING"
	case c == ',':
		return "T_COMMA"
	case c == ':':
		return "T_COLON"
	case isDigit(c) || c == '-':
		return "T_NUMBER"
	case strings.HasPrefix(rest, "true") || strings.HasPrefix(rest, "false"):
		return "T_BOOLEAN"
	case strings.HasPrefix(rest, "null"):
		return "T_NULL"
	}
	return "invalid token"
}
