package sandbox

import (
	"math"
	"strings"

	"comet/aso/lua"
)

var stringFunctions = functions{
	"byte": byteFn, "char": charFn, "find": findFn, "format": formatFn, "gmatch": gmatchFn,
	"gfind": gmatchFn, "gsub": gsubFn, "len": lenFn, "lower": lowerFn, "match": matchFn,
	"rep": repFn, "reverse": reverseFn, "sub": subFn, "upper": upperFn,
}

// position turns a Lua position, negative from the end, into a 1-based one, or 0 before the beginning.
func position(i, n int) int {
	if i < 0 {
		i = max(i+n+1, 0)
	}
	return i
}

// span clips the positions i..j to a string of n bytes, as a half-open range.
func span(i, j, n int) (int, int) {
	i, j = max(position(i, n), 1), min(position(j, n), n)
	if i > j {
		return 0, 0
	}
	return i - 1, j
}

func byteFn(L *lua.State) int {
	s := argString(L, 1)
	i := optPosition(L, 2, 1)
	from, to := span(i, optPosition(L, 3, position(i, len(s))), len(s))
	if to-from > of(L).class.results {
		L.RaiseError("stack overflow (string slice too long)")
	}
	of(L).work((to - from) >> 3)
	for k := from; k < to; k++ {
		L.Push(lua.Number(float64(s[k])))
	}
	return to - from
}

func charFn(L *lua.State) int {
	n := L.GetTop()
	of(L).work(n >> 3)
	buf := make([]byte, n)
	for i := range buf {
		c := argInt(L, i+1)
		if c < 0 || c > 255 {
			argError(L, i+1, "invalid value")
		}
		buf[i] = byte(c)
	}
	return pushString(L, string(buf))
}

func lenFn(L *lua.State) int { return pushNumber(L, float64(len(argString(L, 1)))) }

func subFn(L *lua.State) int {
	s := argString(L, 1)
	from, to := span(argPosition(L, 2), optPosition(L, 3, -1), len(s))
	if to-from == len(s) {
		return push(L, lua.String(s))
	}
	of(L).Charge(to - from + 16)
	return push(L, lua.String(strings.Clone(s[from:to])))
}

func lowerFn(L *lua.State) int {
	return mapBytes1(L, func(c byte) byte {
		if c >= 'A' && c <= 'Z' {
			return c + 32
		}
		return c
	})
}

func upperFn(L *lua.State) int {
	return mapBytes1(L, func(c byte) byte {
		if c >= 'a' && c <= 'z' {
			return c - 32
		}
		return c
	})
}

// mapBytes1 maps each byte of argument 1.
func mapBytes1(L *lua.State, fn func(byte) byte) int {
	s := argString(L, 1)
	of(L).Charge(2*len(s) + 16)
	of(L).read(4 * len(s))
	out := make([]byte, len(s))
	for i := range out {
		out[i] = fn(s[i])
	}
	return push(L, lua.String(string(out)))
}

func reverseFn(L *lua.State) int {
	s := argString(L, 1)
	of(L).Charge(2*len(s) + 16)
	of(L).read(4 * len(s))
	out := make([]byte, len(s))
	for i := range out {
		out[i] = s[len(s)-1-i]
	}
	return push(L, lua.String(string(out)))
}

func repFn(L *lua.State) int {
	s, n := argString(L, 1), argInt(L, 2)
	if n <= 0 || s == "" {
		return push(L, lua.String(""))
	}
	if len(s)*n > math.MaxInt32 {
		of(L).Charge(math.MaxInt32)
	}
	of(L).Charge(len(s)*n + 16)
	return push(L, lua.String(strings.Repeat(s, n)))
}

const patternSpecials = "^$*+?.([%-"

func findFn(L *lua.State) int { return search(L, "find") }

func matchFn(L *lua.State) int { return search(L, "match") }

// search is string.find and string.match.
func search(L *lua.State, name string) int {
	s, pat := argString(L, 1), argString(L, 2)
	init := position(optPosition(L, 3, 1), len(s)) - 1
	init = min(max(init, 0), len(s))
	if name == "find" && (L.Get(4).True() || !strings.ContainsAny(beforeNUL(pat), patternSpecials)) {
		return findPlain(L, s, pat, init)
	}
	m, p := newMatcher(L, s, pat)
	defer m.done()
	start, end := m.next(init, p)
	if start < 0 {
		return push(L, lua.Nil)
	}
	if name == "match" {
		return m.pushCaptures(start, end, true)
	}
	push(L, lua.Number(float64(start+1)), lua.Number(float64(end)))
	return 2 + m.pushCaptures(start, end, false)
}

func findPlain(L *lua.State, s, pat string, init int) int {
	of(L).read(len(s) - init + len(pat))
	i := strings.Index(s[init:], pat)
	if i < 0 {
		return push(L, lua.Nil)
	}
	return push(L, lua.Number(float64(init+i+1)), lua.Number(float64(init+i+len(pat))))
}

// gmatchFn returns an iterator that searches as it is asked.
func gmatchFn(L *lua.State) int {
	s, pat := argString(L, 1), argString(L, 2)
	of(L).Charge(256)
	pos := 0
	return push(L, lua.NewFunction(func(L *lua.State) int {
		if pos > len(s) {
			return push(L, lua.Nil)
		}
		m, _ := newMatcher(L, s, pat)
		defer m.done()
		start, end := m.next(pos, 0)
		if start < 0 {
			pos = len(s) + 1
			return push(L, lua.Nil)
		}
		pos = end
		if end == start {
			pos++
		}
		return m.pushCaptures(start, end, true)
	}).Value())
}

func gsubFn(L *lua.State) int {
	s, pat := argString(L, 1), argString(L, 2)
	limit, replacement := optInt(L, 4, len(s)+1), L.Get(3)
	switch replacement.Kind() {
	case lua.KindString, lua.KindNumber, lua.KindTable, lua.KindFunction:
	default:
		argError(L, 3, "string/function/table expected")
	}
	m, p := newMatcher(L, s, pat)
	defer m.done()
	var out []byte
	pos, count := 0, 0
	for count < limit {
		m.level, m.depth = 0, 0
		end := m.match(pos, p)
		if end >= 0 {
			count++
			m.w.work(2)
			out = m.replace(out, replacement, pos, end)
		}
		if end > pos {
			pos = end
		} else if pos < len(s) {
			out = m.append(out, s[pos:pos+1])
			pos++
		} else {
			break
		}
		if p > 0 {
			break
		}
	}
	m.settle()
	if pos < len(s) {
		out = m.append(out, s[pos:])
	}
	pushString(L, string(out))
	return 1 + pushNumber(L, float64(count))
}

// append charges what a growing buffer costs.
func (m *matcher) append(out []byte, s string) []byte {
	if len(out)+len(s) > cap(out) {
		grown := make([]byte, len(out), m.grow(len(out)+len(s)))
		copy(grown, out)
		out = grown
	}
	return append(out, s...)
}

func (m *matcher) grow(need int) int {
	size := max(need*3/2, 64)
	m.w.Charge(size)
	return size
}

// replace appends the replacement of one match.
func (m *matcher) replace(out []byte, by lua.Value, start, end int) []byte {
	var v lua.Value
	switch by.Kind() {
	case lua.KindTable:
		v = m.L.Index(by, m.captureValue(0, start, end))
	case lua.KindFunction:
		m.L.Push(by)
		m.L.Call(m.pushCaptures(start, end, true), 1)
		v = m.L.Get(-1)
		m.L.Pop(1)
	default:
		template, _ := asText(by)
		return m.template(out, template, start, end)
	}
	if text, ok := asText(v); ok {
		return m.append(out, text)
	}
	if v.True() {
		m.fail("invalid replacement value (a " + v.TypeName() + ")")
	}
	return m.append(out, m.src[start:end])
}

// template appends a replacement string, in which %0 to %9 are captures.
func (m *matcher) template(out []byte, t string, start, end int) []byte {
	m.step(len(t)/16 + 1)
	for i := 0; i < len(t); i++ {
		j := strings.IndexByte(t[i:], '%')
		if j < 0 {
			return m.append(out, t[i:])
		}
		out = m.append(out, t[i:i+j])
		i += j + 1
		m.step(1)
		switch {
		case i >= len(t):
			return m.append(out, "\x00") // as Lua 5.1 reads the string's terminator
		case !isDigit(t[i]):
			out = m.append(out, t[i:i+1])
		case t[i] == '0':
			out = m.append(out, m.src[start:end])
		default:
			text, _ := asText(m.captureValue(int(t[i]-'1'), start, end))
			out = m.append(out, text)
		}
	}
	return out
}
