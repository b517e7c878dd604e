package sandbox

import (
	"bytes"
	"strconv"

	lua "github.com/yuin/gopher-lua"
)

// replyReader makes Lua values of a reply in RESP, as Redis scripts see it. The reply was made by the server, so it is well formed.
type replyReader struct {
	w *worker
	L *lua.LState
	b []byte
}

// line returns the next line without its end.
func (r *replyReader) line() []byte {
	line, rest, _ := bytes.Cut(r.b, []byte("\r\n"))
	r.b = rest
	return line
}

func (r *replyReader) value() lua.LValue {
	r.w.work(1)
	line := r.line()
	if len(line) == 0 {
		return lua.LNil
	}
	text := line[1:]
	switch line[0] {
	case ':':
		n, _ := strconv.ParseInt(string(text), 10, 64)
		return lua.LNumber(n)
	case '$':
		return r.bulk(length(text))
	case '*':
		return r.array(length(text))
	case '+':
		return r.w.shape(r.L, "ok", lua.LString(text))
	case '-':
		return r.w.countedError(r.L, string(text))
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
func (r *replyReader) resp3(kind byte, text []byte) lua.LValue {
	switch kind {
	case '_':
		return lua.LNil
	case '#':
		return lua.LBool(text[0] == 't')
	case ',':
		f, _ := strconv.ParseFloat(string(text), 64)
		return r.w.shape(r.L, "double", lua.LNumber(f))
	case '(':
		return r.w.shape(r.L, "big_number", lua.LString(text))
	case '=':
		return r.verbatim(length(text))
	case '%':
		return r.w.shape(r.L, "map", r.pairs(length(text), false))
	case '~':
		return r.w.shape(r.L, "set", r.pairs(length(text), true))
	}
	return lua.LNil
}

func (r *replyReader) bulk(n int) lua.LValue {
	if n < 0 {
		return lua.LFalse
	}
	s := lua.LString(r.b[:n])
	r.b = r.b[n+2:]
	return s
}

func (r *replyReader) array(n int) lua.LValue {
	if n < 0 {
		return lua.LFalse
	}
	t := r.w.newTable(r.L, n, 0)
	for i := 1; i <= n; i++ {
		if v := r.value(); v != lua.LNil {
			r.w.setNumber(r.L, t, lua.LNumber(i), v)
		}
	}
	return t
}

// pairs makes a table of n pairs, or of n members that are true.
func (r *replyReader) pairs(n int, members bool) lua.LValue {
	t := r.w.newTable(r.L, 0, n)
	for range n {
		key := r.value()
		var v lua.LValue = lua.LTrue
		if !members {
			v = r.value()
		}
		if key != lua.LNil {
			r.w.rawSet(r.L, t, key, v)
		}
	}
	return t
}

func (r *replyReader) verbatim(n int) lua.LValue {
	t := r.w.newTable(r.L, 0, 2)
	t.RawSetString("format", lua.LString(r.b[:3]))
	t.RawSetString("string", lua.LString(r.b[4:n]))
	r.b = r.b[n+2:]
	return r.w.shape(r.L, "verbatim_string", t)
}
