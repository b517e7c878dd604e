package sandbox

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// show makes one line of the results of an expression, or of its error without the place.
const show = `local function show(ok, ...)
  if not ok then return "error " .. tostring((...)):gsub("^[^ ]*:%d+: ", "") end
  local t = {}
  for i = 1, select("#", ...) do
    local v = select(i, ...)
    if type(v) == "string" then v = string.format("%q", v):gsub("\n", "n") end
    t[i] = tostring(v)
  end
  return table.concat(t, " ")
end
`

// TestLibrariesAgreeWithLua compares what the library makes of all kinds of arguments with the lua5.1 binary, if there is one.
func TestLibrariesAgreeWithLua(t *testing.T) { agreeWithLua(t, expressions()) }

// TestAssignmentsAgreeWithLua does it with what functions assign to their parameters and locals.
func TestAssignmentsAgreeWithLua(t *testing.T) { agreeWithLua(t, assignments()) }

// assignments returns functions that assign all kinds of expressions, and return what their variables are then.
func assignments() (out []string) {
	values := []string{
		"x .. 'b'", "'a' .. 'b' .. a", "x .. a .. (x .. b)", "tostring(x)", "(tostring(x))", "({x, 2})[1]", "#{x, x}", "{x}", "function() return x end", "(function() return a end)()",
		"((function(...) return ... end)(a, b))", "x and x .. 'c' or 'd'", "x and (tostring(a))", "nil or (tostring(b)) .. x", "not x", "-a", "a + b * 2", "('z'):rep(2)", "(('z'):rep(a))",
		"select(2, 1, x)", "(select(2, 1, x))", "type({})", "x == a .. ''", "#(x .. a)", "x", "nil", "false", "(x)",
	}
	const rest = " local function s(v) return (type(v) == 'table' or type(v) == 'function') and type(v) or tostring(v) end" +
		" return s(x), s(type(x) == 'table' and x[1]), s(type(x) == 'function' and x()), s(a), s(b) end)('p', 'q', 'r')"
	for _, parameters := range []string{"x", "y, x", "x, y", "x, ...", "y, z, x"} {
		head := "(function(" + parameters + ") local a, b = 5, 6 "
		for i, v := range values {
			other := values[(i+7)%len(values)]
			for _, body := range []string{
				"x = " + v, "x = " + v + " x = x", "x, a = " + v + ", x", "a, x = a, " + v, "if a then x = " + v + " end", "for i = 1, 2 do x = " + v + " end", "local function f() x = " + v + " end f()",
				"local function f(x) x = " + v + " return x end x = f(x)", "local function f(x) x = " + v + " a = x return x, a end x = (f(x))", "x, b = (" + v + "), b", "x = (" + v + ")", "x = ({f = " + v + "}).f",
				"x = " + v + " x = " + other, "local c = " + v + " x = c", "do local c, d = " + v + ", " + other + " x = d == nil and c or d end", "repeat x = " + v + " until true",
			} {
				out = append(out, head+body+rest)
			}
		}
	}
	return out
}

// TestLoopsAgreeWithLua compares loops that do without a call of their iterator, and those that cannot.
func TestLoopsAgreeWithLua(t *testing.T) {
	var exprs []string
	for _, loop := range []string{
		"for i, v, w in ipairs({1, 2, nil, 4}) do add(i, v, w) end",
		"for i in ipairs({1, 2}) do add(i) end",
		"for k, v in pairs({1, x = 2, [2.5] = 3}) do add(k, v) end",
		"for k in next, {a = 1} do add(k) end",
		"local t = {1, 2, 3} for k in pairs(t) do t[k] = nil end add(next(t))",
		"for i, v in ipairs({}), {5, 6, 7}, 1 do add(i, v) end",
		"for i, v in ipairs({}), {5, 6, 7}, '1' do add(i, v) end",
		"for i, v in ipairs({}), {5, 6, 7}, 0.5 do add(i, v) end",
		"add((pcall(function() for i in ipairs({}), {5}, 'x' do end end)))",
		"add((pcall(function() for i in ipairs({}), 'text', 0 do end end)))",
		"add((pcall(function() for k in next, {}, 'x' do end end)))",
		"add(pairs({}) == next)",
	} {
		exprs = append(exprs, "(function() local out = '' local function add(...) for i = 1, select('#', ...) do out = out .. tostring((select(i, ...))) .. ' ' end end "+loop+" return out end)()")
	}
	agreeWithLua(t, exprs)
}

// agreeWithLua compares the results of expressions with the lua5.1 binary, if there is one.
func agreeWithLua(t *testing.T, exprs []string) {
	t.Helper()
	lua51, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not installed")
	}
	want := askLua(t, lua51, exprs)
	pool := NewPool(1)
	for i, expr := range exprs {
		p, err := Compile(handlerSource(show+"return show(pcall(function() return "+expr+" end))"), Limits{})
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		out, err := pool.Run(&Run{Program: p, Handler: OnMessage, Host: &testHost{}})
		if err != nil {
			t.Errorf("%s: %v", expr, err)
		} else if signless(out.Value.Str) != signless(want[i]) {
			t.Errorf("%s\n  got  %s\n  want %s", expr, out.Value.Str, want[i])
		}
	}
	t.Logf("%d expressions", len(exprs))
}

// signless drops the sign of NaN, which depends on the processor.
func signless(s string) string { return strings.ReplaceAll(s, "-nan", "nan") }

func askLua(t *testing.T, lua51 string, exprs []string) []string {
	t.Helper()
	var script strings.Builder
	script.WriteString(show)
	for _, expr := range exprs {
		script.WriteString("print(show(pcall(function() return " + expr + " end)))\n")
	}
	path := filepath.Join(t.TempDir(), "exprs.lua")
	if err := os.WriteFile(path, []byte(script.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(lua51, path).CombinedOutput()
	if err != nil {
		t.Fatalf("lua5.1: %v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(exprs) {
		t.Fatalf("%d lines for %d expressions", len(lines), len(exprs))
	}
	return lines
}

var numbers = []string{
	"0", "-0", "1", "-1", "0.1", "1/3", "-1/3", "1e15", "1e14", "123456789012345", "1e16", "1e100", "-1e-5", "1e-4",
	"5e-324", "2^53", "2^63", "-2^63", "0/0", "1/0", "-1/0", "3.14159265358979", "100", "255.5", "1e300*1e10",
}

var numerals = []string{
	"10", " 10 ", "0x10", "-0x10", "1e2", "1E+2", "5e-7", ".5", "5.", ".", "", " ", "0x", "1e", "1e+", "--1", "1 2", "inf",
	"nan", "-inf", "Infinity", "0x1p4", "1_000", "0b1", "010", "\\t1\\n", "1e999", "99999999999999999999", "abc", "0xg", "+5", "+ 5",
}

var formats = []string{
	"%d", "%5d", "%-5d|", "%05d", "%+d", "% d", "%.3d", "%5.3d", "%05.3d", "%i", "%u", "%x", "%X", "%#x", "%#o", "%o",
	"%5.2x", "%e", "%E", "%.3e", "%f", "%.0f", "%#.0f", "%10.2f", "%-10.2f|", "%+.1f", "%g", "%G", "%.3g", "%#g", "%.0g",
	"%.14g", "%.17g", "%10g|", "%c", "%5c|", "%s", "%5s", "%-5s|", "%.2s", "%q", "%%", "%5%", "%", "%y", "%123d", "%.123d",
	"%--5d|", "%+5d", "%+05d", "%-05d|", "%x%x", "%+x", "% 5d", "%#d",
}

var patterns = [][2]string{
	{"hello world", "o"},
	{"hello world", "(%w+) (%w+)"},
	{"hello", "l+"},
	{"hello", "l*"},
	{"hello", "l-o"},
	{"hello", "^h"},
	{"hello", "^e"},
	{"hello", "o$"},
	{"hello", "()ll()"},
	{"[[x]]", "%[(%b[])%]"},
	{"THE (quick) fox", "%((%a+)%)"},
	{"THE (quick) fox", "%f[%a]%a+"},
	{"abcabc", "(abc)%1"},
	{"aXb", "%u"},
	{"a.b", "%."},
	{"a%b", "%%"},
	{"", ""},
	{"abc", ""},
	{"key = value", "^(%w+)%s*=%s*(%w+)$"},
	{"2024-01-02", "(%d+)-(%d+)-(%d+)"},
	{"x", "[^x]"},
	{"]", "[]]"},
	{"a-b", "[a-]+"},
	{"a]b", "[^]]"},
	{"\\0a", "%z"},
	{"abc", "[a-c]+"},
	{"abc", "[%a%d]+"},
	{"f(a(b)c)d", "%b()"},
	{"abc", "("},
	{"abc", ")"},
	{"abc", "%"},
	{"abc", "["},
	{"abc", "[a"},
	{"abc", "[%"},
	{"abc", "%f"},
	{"abc", "%b"},
	{"abc", "%1"},
	{"abc", "(a)%2"},
	{"aaa", "a?a?a?aaa"},
	{"aaab", "a-b"},
	{"x=1,y=2", "(%w)=(%w)"},
	{"  trim  ", "^%s*(.-)%s*$"},
	{"abc", ".-"},
	{"äö", "[\\195].?"},
	{"hello", "%l+"},
	{"a b", "%S+"},
	{"a,b,,c", "([^,]*)"},
	{"$^", "%$%^"},
	{"a$b", "a$b"},
	{"abc", "^"},
	{"abc", "$"},
	{"a\\nb", "."},
}

func expressions() []string {
	var out []string
	for _, n := range numbers {
		out = append(out, "tostring("+n+")", "("+n+").. ''", "math.floor("+n+")", "math.ceil("+n+")", "math.modf("+n+")",
			"math.fmod("+n+", 3)", "math.abs("+n+")", "#tostring("+n+")")
		for _, f := range formats {
			out = append(out, "string.format('"+f+"', "+n+")")
		}
	}
	for _, n := range numerals {
		out = append(out, "tonumber('"+n+"')", "tonumber('"+n+"', 16)", "tonumber('"+n+"', 10)", "tonumber('"+n+"', 2)", "tonumber('"+n+"', 36)")
	}
	for _, f := range formats {
		out = append(out, "string.format('"+f+"', 'text')", "string.format('"+f+"')", "string.format('"+f+"', '7')", "string.format('"+f+"', true)")
	}
	for _, p := range patterns {
		args := "'" + p[0] + "', '" + p[1] + "'"
		out = append(out, "string.find("+args+")", "string.match("+args+")", "string.find("+args+", 3)", "string.find("+args+", -2)",
			"string.find("+args+", 1, true)", "string.gsub("+args+", '<%0>')", "string.gsub("+args+", '%1', 2)", "string.gsub("+args+", '%%')",
			"string.gsub("+args+", function(...) return select('#', ...) end)", "string.gsub("+args+", {a = 'A', hello = false})",
			"(function() local t = {} for a, b in string.gmatch("+args+") do t[#t + 1] = tostring(a) .. '/' .. tostring(b) if #t > 20 then break end end return table.concat(t, ',') end)()")
	}
	return append(out, oddExpressions...)
}

var oddExpressions = []string{
	"(function() local f = string.rep f() end)()",
	"(function() local t = {r = string.rep} t.r() end)()",
	"(function() local t = {r = string.rep} t:r() end)()",
	"(function() local t = {r = string.rep} t.x.r() end)()",
	"(function() for k in string.rep do end end)()",
	"(function() for k in nil do end end)()",
	"(function() for i = 1, {} do end end)()",
	"(function() for i = 'x', 2 do end end)()",
	"(function() for i = 1, 2, {} do end end)()",
	"(function() local t = setmetatable({}, {__index = string.rep}) return t.x end)()",
	"(function() local t = setmetatable({}, {__add = string.rep}) return t + {} end)()",
	"(function() local t = {} t[nil] = 1 end)()",
	"(function() local t = {} t[0 / 0] = 1 end)()",
	"(function() local a a.b = 1 end)()",
	"(function() local a = {} a.b.c = 1 end)()",
	"(function() local a = {} a.b.c.d = 1 end)()",
	"(function() local a = {} a.b() end)()",
	"(function() local a = {} a:b() end)()",
	"(function() local a = {} a.b.c() end)()",
	"(function() local a return a + 1 end)()",
	"(function() local a = {} return a.x + 1 end)()",
	"(function() local a = {} return 1 + a.x end)()",
	"(function() return 1 + {} end)()",
	"(function() return 'x' + 1 end)()",
	"(function() local a = {} return a .. 'x' end)()",
	"(function() local a = {} return 'x' .. a.b end)()",
	"(function() local a = {} return -a end)()",
	"(function() local a return #a end)()",
	"(function() return #5 end)()",
	"(function() return {} < 1 end)()",
	"(function() return {} < {} end)()",
	"(function() return nil < 1 end)()",
	"(function() return 'x' < 1 end)()",
	"(function() local a = 5 return a.b.c end)()",
	"(function() local a return (function() return a.b end)() end)()",
	"(function() local a return (function() a() end)() end)()",
	"(function() local t = setmetatable({}, {__index = function(t, k) error(k, 2) end}) return t.x end)()",
	"(function() local t = setmetatable({}, {__newindex = 5}) t.x = 1 end)()",
	"(function() local t = setmetatable({}, {__call = 5}) t() end)()",
	"(function() local t = setmetatable({}, {__tostring = string.rep}) return tostring(t) end)()",
	"string.rep()", "('x'):rep()", "('x'):rep({})", "('x').rep()", "('%d'):format('x')", "('x'):bad()", "string.char(256)", "('x'):char(1)", "string.gsub('x', '(', '')", "string.gsub('x', 'x', string.rep)", "string.gsub('abc', '%w', {a = true})", "string.format('%------d', 1)", "math.floor({})", "math.ldexp(1)", "string.len()", "unpack({}, 1, 9000)", "unpack()", "select(0)", "select()", "select('x')", "rawequal(1)", "next()", "ipairs()", "pairs(nil)", "rawset({}, 1)", "rawset({}, nil, 1)", "setmetatable({})", "setmetatable({}, 1)", "setmetatable(1, {})", "table.setn({}, 1)", "table.foreach({})", "table.foreach({{}}, string.rep)", "table.sort({1, 2, 3, 'x'})", "table.getn(1)", "table.concat({1, {}, 3}, 5)", "collectgarbage('x')", "assert(false, {})", "assert()", "error('x', 1)", "error('x', 2)", "error('x', 50)", "error(setmetatable({}, {__tostring = function() return 'T' end}))", "math.random(1, 2, 3)", "tonumber('1', 99)", "tonumber(nil, 16)", "xpcall(error)", "(function(...) return string.rep(...) end)()", "string.rep(nil, 1)", "tostring(nil) + 1", "#tostring(5) .. nil",
	"('abc'):sub(2)", "('abc'):sub(-2)", "('abc'):sub(0)", "('abc'):sub(2, -2)", "('abc'):sub(4)", "('abc'):sub(-100, 100)", "('abc'):sub(3, 2)",
	"('abc'):byte()", "('abc'):byte(2)", "('abc'):byte(-1)", "('abc'):byte(1, -1)", "('abc'):byte(10)", "('abc'):byte(0)", "('abc'):byte(-5, 5)",
	"string.char()", "string.char(65, 66)", "string.char(256)", "string.char(-1)", "('ab'):rep(3)", "('ab'):rep(0)", "('ab'):rep(-1)",
	"('aBc'):upper()", "('aBc'):lower()", "('äB'):upper()", "('abc'):reverse()", "('abc'):len()", "#'a\\0b'", "('x'):rep(3.7)", "string.rep('x', '2')",
	"string.find('hello', '', 10)", "string.find('hello', '', 6)", "string.find('hello', 'l', -2)", "string.find('a+b', '+', 1, true)", "string.find('', '')",
	"table.concat({1, 2, 3})", "table.concat({1, 2, 3}, ', ')", "table.concat({1, 2, 3}, ', ', 2)", "table.concat({1, 2, 3}, ', ', 2, 3)", "table.concat({}, 'x')",
	"table.concat({1, {}, 3})", "table.concat({1, 2}, ',', 1, 3)", "table.concat({1.5, 'x', 2^53})", "table.concat({1, 2, 3}, ',', 3, 1)",
	"(function() local t = {1, 2, 3} table.insert(t, 4) return unpack(t) end)()", "(function() local t = {1, 2, 3} table.insert(t, 1, 0) return unpack(t) end)()",
	"(function() local t = {1, 2, 3} table.insert(t, 4, 9) return unpack(t) end)()", "(function() local t = {1, 2, 3} return table.remove(t), #t end)()",
	"(function() local t = {1, 2, 3} return table.remove(t, 1), unpack(t) end)()", "(function() local t = {} return table.remove(t) end)()",
	"(function() local t = {1, 2, 3} return table.remove(t, 0), #t end)()", "(function() local t = {1, 2, 3} return table.remove(t, 9), #t end)()",
	"(function() local t = {3, 1, 2} table.sort(t) return unpack(t) end)()", "(function() local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return unpack(t) end)()",
	"(function() local t = {'b', 'a', 'C'} table.sort(t) return unpack(t) end)()", "(function() local t = {1, 'a'} table.sort(t) end)()",
	"table.maxn({1, 2, nil, 4})", "table.maxn({})", "table.maxn({[10.5] = 1})", "table.getn({1, 2})", "table.insert({}, 1, 2, 3)", "table.insert({})",
	"unpack({1, 2, 3})", "unpack({1, 2, 3}, 2)", "unpack({1, 2, 3}, 2, 5)", "unpack({}, 1, 0)", "unpack({1}, -1, 1)", "select('#')", "select('#', nil, nil)",
	"select(2, 1, 2, 3)", "select(-1, 1, 2, 3)", "select(5, 1)", "select(0, 1)", "select(-5, 1)", "next({})", "next({1})", "next({1}, 1)", "rawequal('a', 'a')",
	"rawget({1}, 1)", "type(nil)", "type()", "tostring()", "tonumber()", "tonumber(nil)", "tonumber({})", "tonumber('10', 99)", "tonumber('z', 36)", "tonumber('-ff', 16)",
	"assert(1, 2, 3)", "assert(false)", "assert(nil, 'm')", "pcall(error, 'x')", "pcall(error, nil)", "pcall(error, {1}) == false", "select('#', pcall(error))",
	"xpcall(function() error('x', 0) end, function(e) return e .. '!' end)", "xpcall(function() return 1, 2 end, print)", "error('m', 0)",
	"math.max(1, 3, 2)", "math.min(1, 3, -2)", "math.max()", "math.pow(2, 10)", "math.sqrt(2)", "math.huge", "-math.huge", "math.pi", "math.log10(1000)", "math.log(8)",
	"math.exp(1)", "math.deg(math.pi)", "math.rad(180)", "math.frexp(10)", "math.ldexp(0.5, 4)", "math.modf(-3.7)", "math.fmod(-7, 3)", "math.sin(1)", "math.cos(1)", "math.atan2(1, 2)",
	"math.random(0)", "math.random(2, 1)", "math.random(5, 5)", "math.mod(7, 3)", "1 .. 2", "'a' .. 1.5", "1e15 .. ''", "'a' .. nil", "'a' .. {}", "2^31 .. ''", "-0 .. ''",
	"'10' + 5", "'0x10' + 0", "'1e1' * 1", "'abc' + 1", "10 == '10'", "'a' < 'b'", "'a' < 'B'", "'' < 'a'", "'a\\0b' < 'a\\0c'", "1 < 'x'", "{} < {}", "nil == false", "not nil",
	"#{1, 2, 3}", "#{}", "#'abc'", "7 % 3", "-7 % 3", "7 % -3", "5.5 % 2", "2 ^ 0.5", "1 / 0", "-1 / 0", "5 % 0 ~= 5 % 0", "1 and 2", "nil or 3", "false and 1", "1 == 1.0",
	"getmetatable('').__index == string", "setmetatable({}, nil) ~= nil", "setmetatable(1, {})", "getmetatable({})", "setmetatable({}, {__index = {x = 5}}).x", "setmetatable({}, {__index = function(t, k) return k .. '!' end}).foo",
	"setmetatable({}, {__call = function(self, a) return a end})(7)", "tostring(setmetatable({}, {__tostring = function() return 'T' end}))", "setmetatable({}, {__concat = function(a, b) return 'C' end}) .. 'x'",
	"'x' .. setmetatable({}, {__concat = function(a, b) return a end}) .. 'y'", "setmetatable({}, {__unm = function() return 'neg' end}) == nil", "-setmetatable({}, {__unm = function() return 'neg' end})",
	"setmetatable({}, {__eq = function() return true end}) == setmetatable({}, {})", "setmetatable({}, {__metatable = 'locked'}) ~= nil", "getmetatable(setmetatable({}, {__metatable = 'locked'}))", "setmetatable(setmetatable({}, {__metatable = 1}), {})",
	"(function(...) return select('#', ...) end)(nil, nil)", "(function(a, b, ...) return a, b, ... end)(1, 2, 3, 4)", "({n = 1}).n", "({[1] = 'a', 'b'})[1]", "(function() local t = {f = 1, [2] = 'x', 'y', ['z w'] = 3} return t.f, t[2], t[1], t['z w'] end)()",
	"(function() local s = 0 for i = 10, 1, -3 do s = s * 10 + i end return s end)()", "(function() local n = 0 for i = 1, 3 do if i == 2 then break end n = n + i end return n end)()", "(function() local i = 0 repeat local j = i i = i + 1 until j >= 3 return i end)()",
	"(function() local t = {} for k, v in pairs({10, 20, x = 30}) do t[#t + 1] = tostring(k) .. v end return table.concat(t, ' ') end)()", "(function() local t = {} for i, v in ipairs({1, 2, nil, 4}) do t[i] = v end return #t end)()",
	"(function() local t = {} table.foreach({1, 2}, function(k, v) t[#t + 1] = k .. v end) return table.concat(t, ',') end)()", "(function() local a, b, c = 1 return a, b, c end)()", "(function() local function f() return 1, 2, 3 end local t = {f(), f()} return #t end)()",
	"('%d'):format(3)", "('x'):rep(3):upper():lower():len()", "string.format('%s %s', 1, 2.5)", "string.format('%q', 'a\\nb\\0c\\r\"\\\\')", "string.format('%5.1f|%-8s|%03d', 3.14159, 'ab', 7)", "string.gsub('abc', 'b', '%')", "string.gsub('abc', '%w', '%%%0')",
	"(function() local log = {} local t = {5, 3, 8, 1, 9, 2, 7, 3} table.sort(t, function(a, b) log[#log + 1] = a .. b return a < b end) return table.concat(t, ','), table.concat(log, ' ') end)()",
	"(function() local t = {} for i = 1, 50 do t[i] = {i % 5, i} end table.sort(t, function(a, b) return a[1] < b[1] end) for i = 1, 50 do t[i] = t[i][2] end return table.concat(t, ',') end)()",
	"(function() local t = {} for i = 1, 99 do t[i] = (i * 37) % 101 end table.sort(t, function(a, b) return true end) return table.concat(t, ',') end)()",
	"(function() local t = {} for i = 1, 99 do t[i] = (i * 37) % 101 end table.sort(t, function(a, b) return a % 7 <= b % 7 end) return table.concat(t, ',') end)()",
	"(function() local t = {3, 1, 2} table.sort(t, function(a, b) t[1] = nil return a < b end) return tostring(t[1]), t[2], t[3] end)()", "table.sort({3, nil, 1})", "table.sort({1, 2}, 5)",
	"(function() local t = {1, 2, 3} table.insert(t, 0, 'x') return tostring(t[0]), tostring(t[1]), t[2], t[3], t[4] end)()", "(function() local t = {1, 2, 3} table.insert(t, -2, 'x') return tostring(t[-2]), tostring(t[0]), t[2], t[4] end)()",
	"(function() local t = {1, 2, 3} table.insert(t, 9, 'x') return #t, t[9] end)()", "(function() local t = {} for i = 10, 1, -1 do t[i] = i end return table.maxn(t), #t end)()",
	"xpcall(function() error('x', 0) end, function(e) return e, 2 end)", "xpcall(function() error('x', 0) end, function(e) end)", "xpcall(function() error('x', 0) end, 5)", "xpcall(function() error('x', 0) end, function(e) error(e .. 'y', 0) end)",
	"xpcall(error, function(e) return type(e) end)", "pcall(pcall, error, 'x')", "pcall(next, {}, 5)", "pcall(string.rep)", "pcall(error, 5, 1)", "error(5)", "select(2, pcall(error, {1}))[1]", "select('#x', 1)", "getmetatable(math)", "pcall()", "xpcall()",
	"(function() local t = {} for _, k in ipairs({'alpha', 'beta', 'gamma', 'delta', 'x', 'y', 'z', 'key1', 'key2', 'key3'}) do t[k] = 1 end local o = {} for k in pairs(t) do o[#o + 1] = k end return table.concat(o, ' ') end)()",
	"(function() local t = {a = 1, b = 2, 10, 20, [3.5] = 1, [-1] = 2, [100] = 3, c = 4, d = 5, [true] = 6} t.a = nil t.e = 7 local o = {} for k in pairs(t) do o[#o + 1] = tostring(k) end return table.concat(o, ' ') end)()",
	"(function() local t = {} for i = 1, 40 do t['k' .. i * 7 % 41] = i t[i * 3] = i if i % 3 == 0 then t['k' .. i] = nil end end local o = {} for k in pairs(t) do o[#o + 1] = tostring(k) end return #t, table.concat(o, ' ') end)()",
	"(function() local o = {} table.foreach({x = 1, y = 2, z = 3, w = 4, 5}, function(k) o[#o + 1] = tostring(k) end) return table.concat(o, ' ') end)()",
	"string.gsub('hello world', 'o', {o = 1})", "string.gsub('abc', '', '-')", "string.gsub('abc', 'b*', '-')", "string.gsub('abc', 'x*', '-', 2)", "string.gsub('abc', '^a', 'x')", "string.gsub('a', 'a', function() return {} end)", "string.gsub('abc', 'b', 'x', -1)",
}
