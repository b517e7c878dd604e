package sandbox

import (
	"bytes"
	"strconv"

	"comet/aso/lua"
)

// replyReader makes Lua values of a reply in RESP, as Redis scripts see it. The reply was made by the server, so it is well formed.
type replyReader struct {
	w *worker
	L *lua.State
	b []byte
}

// line returns the next line without its end.
func (r *replyReader) line() []byte {
	line, rest, _ := bytes.Cut(r.b, []byte("\r\n"))
	r.b = rest
	return line
}

func (r *replyReader) value() lua.Value {
	r.w.work(1)
	line := r.line()
	if len(line) == 0 {
		return lua.Nil
	}
	text := line[1:]
	switch line[0] {
	case ':':
		n, _ := strconv.ParseInt(string(text), 10, 64)
		return lua.Number(float64(n))
	case '$':
		return r.bulk(length(text))
	case '*':
		return r.array(length(text))
	case '+':
		return shape(r.L, "ok", lua.String(string(text)), false)
	case '-':
		return r.w.countedError(r.L, string(text)).Value()
	}
	return r.resp3(line[0], text)
}

func length(text []byte) int {
	n, err := strconv.Atoi(string(text))
	if err != nil {
		return -1
	}
	return n
}

// resp3 makes the value of a type that only RESP3 has.
func (r *replyReader) resp3(kind byte, text []byte) lua.Value {
	switch kind {
	case '_':
		return lua.Nil
	case '#':
		return lua.Bool(text[0] == 't')
	case ',':
		f, _ := strconv.ParseFloat(string(text), 64)
		return shape(r.L, "double", lua.Number(f), false)
	case '(':
		return shape(r.L, "big_number", lua.String(string(text)), false)
	case '=':
		return r.verbatim(length(text))
	case '%':
		return shape(r.L, "map", r.pairs(length(text), false), false)
	case '~':
		return shape(r.L, "set", r.pairs(length(text), true), false)
	}
	return lua.Nil
}

func (r *replyReader) bulk(n int) lua.Value {
	if n < 0 {
		return lua.False
	}
	s := string(r.b[:n])
	r.b = r.b[n+2:]
	return lua.String(s)
}

func (r *replyReader) array(n int) lua.Value {
	if n < 0 {
		return lua.False
	}
	t := r.L.NewTable(0, 0) // without room: Redis fills one that grows, which # and pairs tell
	for i := 1; i <= n; i++ {
		r.L.RawSet(t, lua.Number(float64(i)), r.value())
	}
	return t.Value()
}

// pairs makes a table of n pairs, or of n members that are true.
func (r *replyReader) pairs(n int, members bool) lua.Value {
	t := r.L.NewTable(0, 0)
	for range n {
		key, v := r.value(), lua.True
		if !members {
			v = r.value()
		}
		if !key.IsNil() {
			r.L.RawSet(t, key, v)
		}
	}
	return t.Value()
}

func (r *replyReader) verbatim(n int) lua.Value {
	t := r.L.NewTable(0, 0)
	r.L.RawSet(t, lua.String("string"), lua.String(string(r.b[4:n])))
	r.L.RawSet(t, lua.String("format"), lua.String(string(r.b[:3])))
	r.b = r.b[n+2:]
	return shape(r.L, "verbatim_string", t.Value(), false)
}
