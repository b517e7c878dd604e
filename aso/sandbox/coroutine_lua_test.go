package sandbox

import (
	"os/exec"
	"regexp"
	"testing"
	"time"
)

// textReplier takes a reply that is a string.
type textReplier struct {
	shapeReplier
	text string
}

func (r *textReplier) BulkString(s string) { r.text = s }

// errorPlace is where an error came from.
var errorPlace = regexp.MustCompile(`[^ "]*:\d+: `)

// TestCoroutinesAgreeWithLua compares what coroutines do with the lua5.1 binary, if there is one.
func TestCoroutinesAgreeWithLua(t *testing.T) {
	lua51, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not installed")
	}
	exprs := make([]string, len(coroutineBodies))
	for i, body := range coroutineBodies {
		exprs[i] = "(function() " + body + " end)()"
	}
	want := askLua(t, lua51, exprs)
	pool := NewScriptPool(1)
	for i, expr := range exprs {
		script, err := CompileScript(show + "return show(pcall(function() return " + expr + " end))")
		if err != nil {
			t.Errorf("%s: %v", expr, err)
			continue
		}
		var reply textReplier
		limits := Limits{Instructions: 1e7, Memory: 64 << 20, Time: 10 * time.Second}
		if err := pool.RunScript(&ScriptRun{Script: script, Host: &cannedHost{}, Limits: limits, Reply: &reply}); err != nil {
			t.Errorf("%s: %v", expr, err)
		} else if errorPlace.ReplaceAllString(reply.text, "@") != errorPlace.ReplaceAllString(want[i], "@") {
			t.Errorf("%s\n  got  %s\n  want %s", expr, reply.text, want[i])
		}
	}
}

var coroutineBodies = []string{
	"local co = coroutine.create(function(...) local a = coroutine.yield(select('#', ...), ...) local b, c = coroutine.yield(a) return b, c, 'end' end) local t = {} for i = 1, 5 do t[#t + 1] = show(coroutine.resume(co, i, i + 1)) t[#t + 1] = coroutine.status(co) end return unpack(t)",
	"local t = {} for a, b in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i, i * 2) end end) do t[#t + 1] = a + b end return unpack(t)",
	"local function walk(n) if n > 0 then walk(n - 1) coroutine.yield(n) walk(n - 1) end end local t = {} for n in coroutine.wrap(function() walk(4) end) do t[#t + 1] = n end return unpack(t)",
	"local co = coroutine.create(function() error('x', 0) end) return show(coroutine.resume(co)), coroutine.status(co), show(coroutine.resume(co))",
	"local co = coroutine.create(function() local x = nil + 1 end) return coroutine.resume(co)", "local co = coroutine.create(function() error({}) end) return select('#', coroutine.resume(co))",
	"local co co = coroutine.create(function() return coroutine.status(co), coroutine.running() == co, coroutine.resume(co) end) return coroutine.resume(co)",
	"local a, b a = coroutine.create(function() return coroutine.resume(b) end) b = coroutine.create(function() return coroutine.status(a), coroutine.resume(a) end) return coroutine.resume(a)",
	"return tostring(coroutine.running())", "return coroutine.resume(coroutine.create(function() return pcall(coroutine.yield, 1) end))", "return coroutine.resume(coroutine.create(function() return pcall(function() coroutine.yield(1) end) end))",
	"return coroutine.resume(coroutine.create(function() table.sort({1, 2, 3}, function(a, b) coroutine.yield(1) end) end))", "return coroutine.resume(coroutine.create(function() return setmetatable({}, {__index = function() coroutine.yield(1) end}).x end))",
	"return coroutine.resume(coroutine.create(function() string.gsub('x', 'x', coroutine.yield) end))", "return coroutine.resume(coroutine.create(function() for x in coroutine.yield, 1, 2 do return x end end))",
	"local co = coroutine.create(function() for x in coroutine.yield, 1, 2 do return x end return 'none' end) return show(coroutine.resume(co)), show(coroutine.resume(co, 7)), coroutine.status(co)",
	"local co = coroutine.create(function() return coroutine.yield(1) end) return show(coroutine.resume(co)), show(coroutine.resume(co, 7, 8))", "local co = coroutine.create(function(...) return (coroutine.yield(...)) end) coroutine.resume(co) return coroutine.resume(co, 1, 2, 3)",
	"local co = coroutine.create(function() local a, b, c = coroutine.yield() return a, b, c end) coroutine.resume(co) return coroutine.resume(co, 1)", "local co = coroutine.create(function() return {coroutine.yield()} end) coroutine.resume(co) return #select(2, coroutine.resume(co, 1, nil, 3))",
	"local co = coroutine.create(function() return 'a' .. coroutine.yield() .. coroutine.yield() end) coroutine.resume(co) coroutine.resume(co, 'b') return coroutine.resume(co, 'c')",
	"local f = coroutine.wrap(function() coroutine.yield(1) end) f() f() f()", "local f = coroutine.wrap(function() error('x') end) f()", "local f = coroutine.wrap(function() error({5}) end) return select(2, pcall(f))[1]",
	"local co = coroutine.wrap(function() return pcall(function() local inner = coroutine.wrap(function() coroutine.yield(1) error('in', 0) end) inner() inner() end) end) return co()",
	"local n = 0 local co = coroutine.wrap(function() while true do n = n + 1 coroutine.yield(n) end end) for i = 1, 100 do co() end return n", "local x = 1 local co = coroutine.wrap(function() x = x + 1 coroutine.yield() x = x * 10 end) co() x = x + 5 co() return x",
	"local co = coroutine.wrap(function(...) local t = {...} coroutine.yield(#t) return select('#', ...), ... end) return co(1, nil, 3, nil), co()", "return coroutine.wrap(function() return unpack({}, 1, 200) end)() == nil",
	"local function gen(n) return coroutine.wrap(function() for i = 2, n do coroutine.yield(i) end end) end local function filter(p, g) return coroutine.wrap(function() while true do local n = g() if n == nil then return end if n % p ~= 0 then coroutine.yield(n) end end end) end" +
		" local g, t = gen(60), {} while true do local p = g() if not p then break end t[#t + 1] = p g = filter(p, g) end return table.concat(t, ' ')",
	"return select('#', coroutine.resume(coroutine.create(function() end)))", "return coroutine.create(string.rep)", "return coroutine.wrap()", "return coroutine.status(5)", "return coroutine.resume(nil)", "coroutine.yield(1)",
	"local co = coroutine.create(function() return coroutine.resume(coroutine.create(function() coroutine.yield('inner') end)) end) return coroutine.resume(co)",
	"local a = coroutine.wrap(function() local b = coroutine.wrap(function() coroutine.yield(1) coroutine.yield(2) end) coroutine.yield(b()) coroutine.yield(b()) end) return a(), a()",
	"local function deep(n) if n == 0 then coroutine.yield('deep') return 0 end return 1 + deep(n - 1) end local co = coroutine.create(function() return deep(50) end) return show(coroutine.resume(co)), show(coroutine.resume(co))",
	"local co = coroutine.create(function() local function t(n) if n == 0 then return coroutine.yield('tail') end return t(n - 1) end return t(500) end) return show(coroutine.resume(co)), show(coroutine.resume(co, 'back'))",
	"local t = setmetatable({}, {__call = function(self, a) return coroutine.yield(a) end}) local co = coroutine.create(function() return t(5) end) return show(coroutine.resume(co)), show(coroutine.resume(co, 6))",
	"return xpcall(function() coroutine.yield() end, function(e) return e end)", "local co = coroutine.wrap(function() return xpcall(error, function() return coroutine.running() ~= nil end) end) return co()",
}
