package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// languageWriter writes small pieces of Lua whose outcome says much about the interpreter and its libraries.
type languageWriter struct{ *rand.Rand }

func (w languageWriter) pick(words ...string) string { return words[w.IntN(len(words))] }

// languagePrelude has S, which makes a string of values, and tables to work on. A table is shown in the order of next.
const languagePrelude = `local function S(n, ...)
  local out, depth = {}, 0
  local function one(v)
    local k = type(v)
    if k == 'string' then out[#out + 1] = '"' .. v .. '"' return end
    if k == 'number' then out[#out + 1] = string.format('%.17g', v) return end
    if v == string then out[#out + 1] = 'string' return end
    if k ~= 'table' then out[#out + 1] = k == 'boolean' and tostring(v) or k return end
    if depth > 3 then out[#out + 1] = '...' return end
    depth = depth + 1
    out[#out + 1] = '{#' .. #v .. ' '
    for i, x in next, v do one(i == 0 and 0 or i) out[#out + 1] = '=' one(x) out[#out + 1] = ',' end
    out[#out + 1] = '}'
    depth = depth - 1
  end
  for i = 1, n do one((select(i, ...))) out[#out + 1] = ' ' end
  return table.concat(out)
end
local function N(...) return S(select('#', ...), ...) end
local T, out = {3, 1, 2, x = 'y', n = {1, {2}}}, {}
local M = setmetatable({7}, {__index = function(t, k) return k end, __add = function(a, b) return 'add' end, __concat = function(a, b) return 'cat' end, __call = function(s, ...) return 'called', ... end,
  __eq = function() return true end, __lt = function() return true end, __unm = function() return 'unm' end, __tostring = function() return 'M!' end, __len = function() return 42 end})
local function P(...) out[#out + 1] = N(...) end
`

func (w languageWriter) number() string {
	return w.pick("0", "1", "2", "3", "-1", "-2", "7", "10", "16", "31", "32", "33", "64", "100", "255", "256", "0.5", "-0.5", "1.5", "2.5", "-2.5", "3.7", "1e15", "1e14", "123456789012345", "1e16", "2^31", "2^32", "2^31-1",
		"-2^31", "2^53", "2^63", "-2^63", "1e100", "1/0", "-1/0", "0/0", "0.1", "1/3", "5e-324", "0x10", "1e-5", "1e-4", "99999999999999", "1e308", "#T", "2^24", "-1e15")
}

func (w languageWriter) small() string {
	return w.pick("0", "1", "2", "3", "4", "5", "-1", "-2", "-3", "6", "1.5", "2.9", "-0.5", "'2'", "'0x3'", "10", "nil")
}

func (w languageWriter) text() string {
	return w.pick("'a'", "'abc'", "''", "'hello world'", "'10'", "' 10 '", "'0x1F'", "'1e2'", "'-7.5'", "'a,b,,c'", "'key = value'", "'f(a(b)c)d'", "'THE (quick) fox'", "'a\\0b'", "'\\255\\200x'", "'line\\nline2\\r\\n'",
		"'aXbYc123'", "'  trim  '", "'%d %s'", "'x.y*z+[w]'", "'inf'", "'nan'", "'1 2'", "'\\t5\\n'", "'z'", "'ZZ'", "'ff'", "'\"q\\\\'", "'äö'", "('ab'):rep(20)", "'1e400'", "'0x'", "'1.'", "'.5'")
}

var patternItems = []string{
	"a", "b", ".", "%a", "%d", "%s", "%w", "%S", "%W", "%p", "%c", "%l", "%u", "%x", "%z", "[abc]", "[^abc]", "[a-z]", "[%w_]", "[^%s]", "%%", "%.", "(", ")", "()", "(.)", "(%w+)", "(.-)", "%b()", "%f[%w]", "%f[^%w]", "%1", "%2", "[]]", "[^]]", "[a-]",
	"[%a-z]", "x", " ", ",", "-", "^", "$", "l", "o", "[", "%", "[%", "%b", "%f", "[a", "%bxx", "%g", "\\0", "[\\0-\\31]", "=", "%0", "[z-a]", "h", "e",
}

func (w languageWriter) pattern() string {
	var s strings.Builder
	s.WriteString(w.pick("", "", "", "^"))
	for range 1 + w.IntN(4) {
		s.WriteString(patternItems[w.IntN(len(patternItems))] + w.pick("", "", "", "*", "+", "-", "?"))
	}
	return "'" + s.String() + w.pick("", "", "", "$") + "'"
}

func (w languageWriter) format() string {
	var s strings.Builder
	for range 1 + w.IntN(2) {
		s.WriteString(w.pick("", "x", "%%") + "%" + w.pick("", "", "-", "+", " ", "#", "0", "-0", "+ ", "#0") + w.pick("", "", "1", "5", "12", "99", "100", "05") + w.pick("", "", ".", ".0", ".1", ".3", ".14", ".17", ".20", ".99", ".100") +
			w.pick("d", "i", "u", "c", "x", "X", "o", "e", "E", "f", "g", "G", "q", "s", "s", "d", "g", "p", "a", "n", "h", "ld", "F", "*d", ""))
	}
	return "'" + s.String() + "'"
}

func (w languageWriter) table(depth int) string {
	switch w.IntN(8) {
	case 0:
		return "T"
	case 1:
		return "M"
	}
	var items []string
	for range w.IntN(6) {
		v := w.value(depth - 1)
		switch w.IntN(6) {
		case 0:
			v = w.pick("a", "b", "c", "x", "ok", "err", "n", "double", "map", "format", "len") + " = " + v
		case 1:
			v = "[" + w.pick("1", "2", "3", "4", "5", "7", "8", "0", "-1", "1.5", "10", "'1'", "true", "2^20", "'k'") + "] = " + v
		case 2:
			v = "nil"
		}
		items = append(items, v)
	}
	if w.IntN(8) == 0 {
		items = append(items, w.pick("unpack(T)", "N(1)", "unpack({1, nil, 3}, 1, 3)", "(unpack(T))"))
	}
	return "{" + strings.Join(items, w.pick(", ", "; ")) + "}"
}

func (w languageWriter) function() string {
	return w.pick("function(a, b) return a < b end", "function(a, b) return a > b end", "function(...) return ... end", "function() end", "function(a) return a end", "function(...) return select('#', ...) end", "string.upper", "tostring", "type", "error",
		"function() error('in', 2) end", "function(a) return nil, a end", "function() error({1}) end", "function(a, b) return true end", "function() return {} end", "rawget", "N", "function() return false end")
}

func (w languageWriter) value(depth int) string {
	switch w.IntN(12) {
	case 0, 1, 2:
		return w.number()
	case 3, 4, 5:
		return w.text()
	case 6, 7:
		if depth > 0 {
			return w.table(depth)
		}
	case 8:
		return w.pick("nil", "true", "false")
	case 9:
		return w.pick("nil", "T.none", "T.x", "T.n", "T[1]", "M.foo", "cjson.null", "{KEYS[1]}", "ARGV[1]", "KEYS[1]", "ARGV[9]", "redis.sha1hex", "_VERSION", "math.pi", "coroutine.create(N)")
	case 10:
		if depth > 0 {
			return "(" + w.expr(depth-1) + ")"
		}
	}
	return w.pick("1", "'s'", "2", w.function())
}

func (w languageWriter) expr(depth int) string {
	a, b := w.value(depth), w.value(depth)
	switch w.IntN(10) {
	case 0, 1, 2:
		return a + " " + w.pick("+", "-", "*", "/", "%") + " " + b
	case 3:
		return a + " .. " + b + w.pick("", "", " .. "+w.text())
	case 4:
		return a + " " + w.pick("<", "<=", ">", ">=", "==", "~=") + " " + b
	case 5:
		return w.pick("- ", "#", "not ", "- - ") + a
	case 6:
		return a + " " + w.pick("and", "or") + " " + b
	case 7:
		return w.pick("T", "M", "T.n", "T.none", "('x')", "KEYS[1]") + w.pick("["+a+"]", ".foo", ".n[2]", ".a.b", ":upper()", ":foo("+a+")", "("+a+")", "[1][2]")
	}
	return w.call(depth)
}

// libraryCalls are functions and the kinds of their arguments.
var libraryCalls = []string{
	"string.find spks", "string.match spk", "string.gsub sprk", "string.gmatch sp", "string.format Fvvv", "string.format Fnn", "string.format Fss", "string.rep sk", "string.sub skk", "string.byte skk", "string.char nnn", "string.len s", "string.lower s", "string.upper s", "string.reverse s",
	"table.concat tskk", "table.insert tv", "table.insert tkv", "table.remove tk", "table.sort tf", "table.sort t", "table.maxn t", "table.getn t", "table.foreach tf", "table.foreachi tf", "unpack tkk", "select kvvv", "next tv", "pairs t", "ipairs t", "rawget tv", "rawset Avv", "rawequal vv", "rawset tkv",
	"type v", "tostring n", "tonumber s", "tonumber sk", "tonumber nk", "tonumber v", "assert vv", "error vk", "pcall fv", "pcall vv", "xpcall ff", "setmetatable Av", "getmetatable t", "math.floor n", "math.ceil n", "math.abs n", "math.max nnn", "math.min nnn", "math.fmod nn", "math.modf n", "math.frexp n", "math.ldexp nk",
	"math.sqrt n", "cjson.encode v", "cjson.encode t", "cjson.decode j", "cmsgpack.pack vv", "cmsgpack.pack tt", "cmsgpack.unpack m", "struct.pack gnnn", "struct.pack gsn", "struct.unpack gmk", "struct.size g", "bit.band nn", "bit.bor nn", "bit.bxor nn", "bit.lshift nn", "bit.rshift nn", "bit.arshift nn", "bit.rol nn",
	"bit.ror nn", "bit.tohex nk", "bit.tobit n", "bit.bnot n", "bit.bswap n", "redis.sha1hex v", "redis.error_reply s", "redis.status_reply s", "redis.error_reply v", "coroutine.wrap f", "coroutine.status v", "loadstring l", "redis.setresp k", "cjson.decode s", "cmsgpack.unpack s", "tostring v",
}

func (w languageWriter) argument(kind byte, depth int) string {
	switch kind {
	case 's':
		return w.text()
	case 'n':
		return w.number()
	case 'k':
		return w.small()
	case 'p':
		return w.pattern()
	case 'F':
		return w.format()
	case 't':
		return w.table(depth)
	case 'A':
		return "{}"
	case 'f':
		return w.function()
	case 'r':
		return w.pick("'<%0>'", "'%1'", "'%2'", "'%'", "'%%'", "'%x'", "{a = 'A', b = false, [1] = 'one'}", w.function(), "''", "'x'", "5", "M", "true")
	case 'j':
		return "[==[" + w.pick(`[1,2,[3,{"a":null}]]`, `{"b":1,"a":{"z":[],"y":{}},"c":null}`, `[1.5,1e3,-0,1e400]`, `"\u00e9\ud83d\ude00"`, `[1,]`, `{"a"}`, `{"k1":1,"k2":2,"k3":3,"k4":4,"k5":5}`, `[01]`, `["a","b"`, `nul`, ` [ true , false ] `, "[]", "{}", `"\x"`) + "]==]"
	case 'm':
		return w.pick("cmsgpack.pack("+w.value(depth)+")", w.text(), "'\\130\\161a\\1\\161b\\2'", "'\\1\\2\\3\\4\\5\\6\\7\\8\\9\\10\\0\\12'", "'\\217\\3abc'", "'\\202\\1\\2'", "cmsgpack.pack(1, 2, 'x')", "'\\203\\0\\0\\0\\0\\0\\0\\240\\63'")
	case 'g':
		return "'" + w.pick("", "<", ">", "!", "=", "!4") + w.pick("b", "B", "h", "H", "l", "L", "i", "I", "i3", "f", "d", "s", "c0", "c2", "x", "z", "I9") + w.pick("", "b", "h", "i4", "d", "s", " l", "x", "!") + "'"
	case 'l':
		return w.pick("'return 1, 2'", "'x = 1'", "'local a = 1 return a .. nil'", "'error(1)'", "'return ...'", "'error(\"e\")'", "''", "'return T'")
	}
	return w.value(depth)
}

func (w languageWriter) call(depth int) string {
	name, kinds, _ := strings.Cut(libraryCalls[w.IntN(len(libraryCalls))], " ")
	var args []string
	for i := range len(kinds) {
		a := w.argument(kinds[i], depth)
		small := kinds[i] == 'k' // a great number here may take much time or memory
		switch w.IntN(16) {
		case 0:
			if !small {
				a = w.value(depth)
			}
		case 1:
			if name == "pcall" && i == 0 {
				break // a real server reads beyond its stack
			}
			return name + "(" + strings.Join(args, ", ") + ")"
		case 2:
			a = w.pick("nil", "{}", "'x'", "true")
		}
		args = append(args, a)
	}
	return name + "(" + strings.Join(args, ", ") + ")"
}

func (w languageWriter) command(depth int) string {
	words := w.pick("'GET', KEYS[1]", "'GET', 'list'", "'LRANGE', 'list', 0, -1", "'HGETALL', 'hash'", "'SMEMBERS', 'set'", "'ZRANGE', 'zset', 0, -1, 'WITHSCORES'", "'ZSCORE', 'zset', 'a'", "'ZSCORE', 'zset', 'none'", "'GET', 'none'", "'HMGET', 'hash', 'f', 'none'",
		"'XRANGE', 'stream', '-', '+'", "'INCRBYFLOAT', 'w', "+w.number(), "'SET', 'w', "+w.number(), "'SET', 'w', "+w.value(depth), "'GET', 'w'", "'APPEND', 'w', "+w.value(depth), "'ECHO', "+w.value(depth), "'TYPE', 'list'", "'GEOPOS', 'geo', 'p', 'q'",
		"'EXISTS', 'none', 'list'", "'ZADD', 'w', "+w.number()+", "+w.text(), "'SISMEMBER', 'set', 1", "'INCR', 'list'", "'NOPE'", "'GET'", "'OBJECT', 'HELP', 1", "'SET', 'w', 1, 'NX', 'XX'", "'EVAL', 'return 1', 0", "'ZPOPMIN', 'none'", "'SRANDMEMBER', 'none'",
		"'DEBUG', 'PROTOCOL', '"+w.pick("string", "integer", "double", "null", "array", "set", "map", "attrib", "push", "verbatim", "true", "false", "bignum")+"'", w.value(depth), w.value(depth)+", "+w.value(depth), "unpack({'LPUSH', 'w', 1, 2, 3})", "", "'LPOS', 'list', 'b', 'RANK', 0")
	return w.pick("", "", "", "redis.setresp(3) ", "redis.setresp(2) ") + "return " + w.pick("redis.call", "redis.pcall", "redis.pcall") + "(" + words + ")"
}

// place is where an error happens: a name of a variable of each kind.
func (w languageWriter) place() string {
	return w.pick("local a %s a.b = 1", "local a = {} %s a.b.c = 1", "local a = {} %s return a.b.c.d", "local a = {} %s a.b()", "local a = {} %s a:b()", "local a = {} return a.b .. 'x'", "return T.none + 1", "return 1 + T.none", "local a = 'x' %s return a + 1", "none()", "none.x = 1",
		"none = 1", "return none", "local a return #a", "local a return -a", "local a = {} return a < 1", "local a = {} return a < a", "local a local function f() %s return a.b end return f()", "local a return (function() a() end)()", "('x')()", "(nil)()", "return ({}).x.y", "return T['no' .. 'ne'].y",
		"for i = 1, 'x' do end", "for i = {}, 1 do end", "for i = 1, 2, 'y' do end", "for k in 5 do end", "for k in pairs(nil) do end", "return string.rep()", "return ('x'):rep()", "return ('x'):bad()", "return ('x').y.z", "return math.floor({})", "T[nil] = 1", "T[0/0] = 1", "local a = 5 a.b.c = 1",
		"return T.x.y.z", "return T.n.q.r", "local s = string %s return s.none('x')", "return T.n[1].x.y", "return {} .. {}", "return 1 .. nil", "return T.x .. T.n", "return 2 ^ {}", "return {} % 2", "return nil > 1", "return 'a' < 1", "return {} <= {}", "return true < false", "return print < print", "local t <const> = 1",
		"error()", "error(nil)", "error('e', 0)", "error('e', 1)", "error('e', 2)", "error('e', 3)", "error({err = 'E x'})", "error({1})", "error(5)", "error(true)", "assert(false)", "assert(nil, 'm')", "assert(false, {1})", "return setmetatable({}, {__index = function(t, k) error(k, 2) end}).x",
		"setmetatable({}, {__newindex = function(t, k) error(k) end}).x = 1", "setmetatable({}, {__call = 5})()", "setmetatable(setmetatable({}, {__metatable = 1}), {})", "return getmetatable('').__index.len('x')", "rawset(_G, 'x', 1)", "_G.x = 1", "string.x = 1", "redis = nil", "KEYS[1] = 2 return KEYS", "math.pi = 3")
}

func (w languageWriter) program(depth int) string {
	nl := w.pick("", "", "\n", "\n\n")
	switch w.IntN(13) {
	case 0:
		return fmt.Sprintf("local t = {} for i = %s, %s, %s do t[#t + 1] = i if #t > 8 then break end end return t", w.pick("1", "0", "-1", "0.1", "'1'", "5"), w.pick("3", "1", "0.5", "'2'", "1/0", "-3"), w.pick("1", "0.1", "0.25", "-1", "-0.5", "'1'"))
	case 1, 2: // a table that grows, shrinks and has holes
		var s strings.Builder
		s.WriteString("local t = " + w.table(1) + " if t == T or t == M then t = {} end ")
		key := func() string {
			return w.pick("1", "2", "3", "4", "5", "6", "7", "8", "9", "16", "17", "'a'", "'b'", "'c'", "'dd'", "'x1'", "'x2'", "-1", "0", "1.5", "true", "false", "2^40", "100", "#t", "#t + 1")
		}
		for range 3 + w.IntN(10) {
			switch w.IntN(7) {
			case 0:
				fmt.Fprintf(&s, "t[%s] = nil ", key())
			case 1:
				fmt.Fprintf(&s, "table.insert(t, %s) ", w.number())
			case 2:
				fmt.Fprintf(&s, "table.remove(t%s) ", w.pick("", ", 1", ", 2"))
			case 3:
				fmt.Fprintf(&s, "for i = %s, %s do t[%s] = %s end ", w.pick("1", "5", "#t"), w.pick("4", "9", "20"), w.pick("i", "'k' .. i", "-i", "i * 2"), w.pick("i", "nil", "'v'"))
			case 4:
				fmt.Fprintf(&s, "for k, v in pairs(t) do if %s then t[k] = %s end end ", w.pick("type(k) == 'number'", "type(k) == 'string'", "v == 1", "true"), w.pick("nil", "v", "1"))
			default:
				fmt.Fprintf(&s, "t[%s] = %s ", key(), w.value(0))
			}
		}
		return s.String() + "return t, #t, table.maxn(t), next(t)"
	case 3:
		return fmt.Sprintf("return N(%s, %s, (%s))", w.expr(depth), w.call(depth), w.call(depth))
	case 4:
		return strings.ReplaceAll(w.place(), "%s", nl)
	case 5:
		return fmt.Sprintf("local r = {pcall(function(...) %s end, %s)}%s return #r, unpack(r, 1, 4)", strings.ReplaceAll(w.place(), "%s", nl), w.value(1), nl)
	case 6:
		return fmt.Sprintf("return xpcall(function() %s end, %s)", strings.ReplaceAll(w.place(), "%s", nl), w.pick("function(e) return e, 1 end", "tostring", "error", "function(e) error(e, 2) end", "5", "function(e) return {e} end", "function() end", "type", "debug", "N"))
	case 7:
		return fmt.Sprintf("local t = setmetatable(%s, {%s = %s}) return %s", w.pick("{}", "{1, 2}", "{a = 1}"), w.pick("__index", "__newindex", "__call", "__add", "__sub", "__mul", "__div", "__mod", "__unm", "__concat", "__eq", "__lt", "__le", "__tostring", "__len", "__metatable", "__mode"),
			w.pick(w.function(), w.table(1), "M", "T", w.value(0)), w.pick("t + 1", "1 + t", "t .. 'x'", "'x' .. t", "1 .. t", "t == {}", "t < t", "t < {}", "t <= t", "t > 1", "t(1, 2)", "t.zz", "t[1]", "tostring(t) == 1", "#t", "-t", "t % 2", "getmetatable(t)", "setmetatable(t, nil)", "(function() t.q = 1 return rawget(t, 'q') end)()", "t - t", "t:m()", "cjson.encode(t)"))
	case 8: // coroutines
		return fmt.Sprintf("local co = coroutine.%s(function(...) local a = coroutine.yield(%s) %s %s end) ", w.pick("create", "create", "create"), w.value(1), w.pick("", "a = {pcall(coroutine.yield, a)}", "pcall(function() coroutine.yield(1) end)", "for i = 1, 2 do coroutine.yield(i) end", "error('co')", "coroutine.wrap(function() error({}) end)()"), w.pick("return a, ...", strings.ReplaceAll(w.place(), "%s", nl), "return "+w.expr(1))) +
			"local r = {} for i = 1, 5 do r[i] = N(coroutine.resume(co, " + w.value(0) + ")) .. coroutine.status(co) end return r"
	case 9:
		return fmt.Sprintf("local f = {} for i = 1, 3 do local x = %s f[i] = function(v) x = v or x %s return x, i end end f[1](%s) return f[1](), f[2](), f[3]()", w.value(1), w.pick("", "i = i + 1", "x = {x}"), w.value(0))
	case 10:
		return w.command(depth)
	case 11:
		return w.recursion()
	}
	return "return " + w.expr(depth)
}

// recursion goes as deep as it can. How deep that is in Lua depends on what the real server has done before.
func (w languageWriter) recursion() string {
	body := w.pick("return 1 + d()", "return (d(...))", "local e = {pcall(d)} return unpack(e)", "return pcall(d, n)", "return tostring(setmetatable({}, {__tostring = d}))", "string.gsub('a', 'a', d)",
		"return setmetatable({}, {__index = d}).x", "return setmetatable({}, {__add = d}) + 1", "return setmetatable({}, {__concat = d}) .. n", "for x in d do end", "for k, v in pairs({1}) do d() end", "table.sort({2, 1}, d)", "table.foreach({1}, d)",
		"return coroutine.wrap(d)()", "return select(2, coroutine.resume(coroutine.create(d)))", "local t = setmetatable({}, {__lt = d}) return t < t", "return setmetatable({}, {__call = d})(n)", "if n < 500 then return 1 + d() end return n, ...", "return cjson.encode({d()})")
	return "local n = 0 local function d(...) n = n + 1 if n > 1e5 then error('end') end " + body + " end local r = {pcall(d, 'x')} return n > 10000 or n, unpack(r)"
}
