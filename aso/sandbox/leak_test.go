package sandbox

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// failing are handlers that end in an error, with much left behind.
var failing = []string{
	`error("x")`,
	`local a, b, c = "secret", {}, function() end error({ a, b, c })`,
	`self.state.left = "secret" self.state.t = { 1, 2 } error("x")`,
	`self.state.f = tostring self.state.t = { n = { 1, x = 2 } }`, // cannot be encoded
	`self.state.big = ("x"):rep(70000)`,
	`local user = ev.user local key = self.key error(ev.args)`,
	`local function f(n) local a, b = "secret", n return f(n + 1) + a end f(1)`,
	`local function f(...) return f("secret", ...) end f()`,
	`table.sort({ 3, 1, 2, 9, 8 }, function(a, b) error("secret") end)`,
	`("secret"):gsub(".", function(c) error(c) end)`,
	`setmetatable({}, { __index = function(t, k) error(k) end }).secret()`,
	`local t = setmetatable({}, { __add = function(a, b) return ("secret") .. nil end }) return t + t`,
	`pcall(pcall, pcall, function() error(setmetatable({}, {})) end) error({ err = "x" })`,
	`xpcall(function() error("a") end, function(e) error("b") end) error("c")`,
	`local function f(n) if n == 0 then error("secret") end pcall(f, n - 1) error("deep") end f(9)`,
	`for i = 1, 100 do tostring({}) end error("x")`,
	`cjson.decode_max_depth(2) cjson.encode_sparse_array(true) cjson.encode({ { { error } } })`,
	`math.randomseed(7) rand() error("x")`,
	`self:call("X", "secret", { 1, 2 }) self:call("X", function() end)`,
	`cmsgpack.unpack("\220\1\0secret")`,
	`while true do local t = { "secret" } end`,
	`local t = {} while true do t[#t + 1] = {} end`,
	`local s = "secret" while true do s = s .. s end`,
	`while true do pcall(function() local a = "secret" while true do a = a .. "x" end end) end`,
	`local f f = function() f() end f()`,
	`return function() end`,
	`return { { {}, function() end } }`,
	`local t = {} t.t = t return t`,
	`string.rep()`,
	`return nothing_here()`,
	`return ev.nothing.x`,
}

// looking sees as much as a handler can.
const looking = `
local seen = {}
local function see(v) seen[#seen + 1] = tostring(v) end
local function unset() local a, b, c, d, e, f, g, h, i, j, k, l see(a) see(b) see(l) if a then return a end local m, n see(m) see(n) end
unset()
local function args(...) local a, b, c, d = ... see(a) see(b) see(select("#", ...)) return ... end
see((args())) see((args(1)))
see({}) see(see) see({})
for _, name in ipairs({ "user", "args", "key", "left", "nothing" }) do see(rawget(ev, name)) see(rawget(self, name)) see(ev[name]) end
see(rawget(self, "state")) see(next(self.state)) see(#self.state)
local keyed = {} for i = 1, 20 do keyed[{}] = i keyed[function() end] = -i end for _, v in pairs(keyed) do see(v) end
local ok, e = pcall(cjson.decode, ("["):rep(20) .. ("]"):rep(20)) see(ok) see(e)
see(pcall(cjson.encode, { [100] = 1 }))
see(rand()) see(math.random(1000)) see(uuid())
local depth = 0
local function down() depth = depth + 1 down() end
see(pcall(down)) see(depth)
local function deep(n) local ok, e = pcall(deep, n + 1) if not ok then see(n) see(e) end end
deep(1)
see(collectgarbage("count"))
self.state.n = #seen
return table.concat(seen, " ")`

func TestNothingOfAFailedRunIsLeft(t *testing.T) {
	look := mustCompile(t, looking)
	event := map[string]Value{"user": StringValue("bob"), "args": ArrayValue(StringValue("a"))}
	run := func(pool *Pool, p *Program) string {
		out, err := pool.Run(&Run{Program: p, Handler: OnMessage, Host: &testHost{event: event}, Seed: 3, Limits: Limits{Instructions: 20_000}})
		return fmt.Sprintf("%+v %v", *out, err)
	}
	want := run(NewPool(1), look)
	pool := NewPool(1)
	for _, body := range failing {
		_, err := pool.Run(&Run{Program: mustCompile(t, body), Handler: OnMessage, Host: &testHost{event: event, self: event}, Limits: Limits{Instructions: 20_000}})
		if err == nil {
			t.Fatalf("%s does not fail", body)
		}
		if pool.Idle() != 1 {
			t.Fatalf("the interpreter of %s was dropped: %v", body, err)
		}
		if got := run(pool, look); got != want {
			t.Errorf("behind %s (%v)\ngot  %s\nwant %s", body, err, got, want)
		}
	}
}

func TestInterpreterOfAnInternalErrorIsDropped(t *testing.T) {
	pool := NewPool(1)
	_, err := pool.Run(&Run{Program: mustCompile(t, `pcall(self.delete, self)`), Handler: OnMessage, Host: &panickyHost{}})
	var script *ScriptError
	if !errors.As(err, &script) || script.Cause == nil || pool.Idle() != 0 {
		t.Errorf("%v, %d idle", err, pool.Idle())
	}
}

// A Run that keeps its worker is the only one to have it, between its runs too, even if one fails; and gives it back.
func TestKeptWorker(t *testing.T) {
	pool := NewPool(2)
	same := mustCompile(t, `if ev.fail then error("x") end return tostring(self.state)`)
	kept := &Run{Program: same, Handler: OnMessage, Host: &testHost{}, Keeps: true}
	for i := range 3 {
		kept.Host = &testHost{event: map[string]Value{"fail": BoolValue(i == 1)}}
		_, err := pool.Run(kept)
		if (err != nil) != (i == 1) || pool.Idle() != 0 {
			t.Fatalf("run %d: %v, %d idle", i, err, pool.Idle())
		}
		if _, err := pool.Run(&Run{Program: same, Handler: OnMessage, Host: &testHost{}}); err != nil || pool.Idle() != 1 {
			t.Fatalf("another run: %v, %d idle", err, pool.Idle())
		}
		pool.take()
	}
	if pool.Release(kept); pool.Idle() != 1 || kept.worker != nil || kept.Program != nil {
		t.Errorf("%d idle, %+v is left", pool.Idle(), kept)
	}
	broken := &Run{Program: mustCompile(t, `pcall(self.delete, self)`), Handler: OnMessage, Host: &panickyHost{}, Keeps: true}
	if _, err := pool.Run(broken); err == nil || broken.worker != nil || pool.Idle() != 0 {
		t.Errorf("%v, %d idle, a broken interpreter is kept: %v", err, pool.Idle(), broken.worker != nil)
	}
}

// failingScripts end in an error, with much left behind.
var failingScripts = []string{
	`error("x")`,
	`redis.setresp(3) math.randomseed(9) redis.call("a") error({ err = "E x" })`,
	`local co = coroutine.create(function() local a = "secret" error(a) end) coroutine.resume(co) error(co)`,
	`coroutine.wrap(function() coroutine.wrap(function() error("secret") end)() end)()`,
	`coroutine.wrap(function() while true do local a = "secret" end end)()`,
	`local co co = coroutine.wrap(function() coroutine.yield(1) pcall(function() while true do end end) end) co() co()`,
	`local f f = function() return coroutine.wrap(f)() end f()`,
	`local function f(n) return f(n + 1) + 1 end f(1)`,
	`local function f(...) return f("secret", ...) end f()`,
	`return loadstring("local a = 'secret' error(a)")()`,
	`KEYS[1] = "secret" ARGV = nil error(KEYS)`,
	`cjson.decode_max_depth(2) error(print)`,
	`table.sort({ 3, 2, 1, 5, 4 }, function() error("x") end)`,
	`local t = {} while true do t[#t + 1] = {} end`,
	`for i = 1, 40 do tostring({}) end return unpack({}, 1, 8001)`,
}

const lookingScript = `
local seen = {}
local function see(v) seen[#seen + 1] = tostring(v) end
local function unset() local a, b, c, d, e, f, g, h see(a) see(b) see(h) if a then return a end local m, n see(m) see(n) end
unset()
see(coroutine.running()) see(coroutine.wrap(unset)())
local co = coroutine.create(function(...) unset() coroutine.yield(...) unset() error("x") end)
for i = 1, 3 do local ok, a, b = coroutine.resume(co, i) see(ok) see(a) see(b) see(coroutine.status(co)) end
see({}) see(see) see(co)
see(#KEYS) see(KEYS[1]) see(#ARGV)
local keyed = {} for i = 1, 20 do keyed[{}] = i keyed[function() end] = -i end for _, v in pairs(keyed) do see(v) end
see(pcall(cjson.decode, ("["):rep(20) .. ("]"):rep(20))) see(math.random(1000))
see(type(redis.call("a"))) see(redis.call("a") == false)
local depth = 0
local function down() depth = depth + 1 down() end
see(pcall(down)) see(depth)
local function deep(n) local ok, e = pcall(deep, n + 1) if not ok then see(n) see(e) end end
deep(1)
see(collectgarbage("count"))
return table.concat(seen, " ")`

func TestNothingOfAFailedScriptIsLeft(t *testing.T) {
	limits := Limits{Instructions: 300_000, Memory: 8 << 20, Time: time.Minute}
	run := func(pool *Pool, source string) (string, error) {
		script, err := CompileScript(source)
		if err != nil {
			t.Fatal(err)
		}
		var reply textReplier
		r := &ScriptRun{Script: script, Host: &cannedHost{}, Keys: [][]byte{[]byte("k")}, Limits: limits, Reply: &reply, Seed: 1}
		err = pool.RunScript(r)
		return fmt.Sprintf("%s, %d bytes, %v", reply.text, r.Used, err), err
	}
	want, err := run(NewScriptPool(1), lookingScript)
	if err != nil {
		t.Fatal(err)
	}
	pool := NewScriptPool(1)
	for _, source := range failingScripts {
		_, err := run(pool, source)
		if err == nil || pool.Idle() != 1 {
			t.Fatalf("%s: %v, %d idle", source, err, pool.Idle())
		}
		if got, _ := run(pool, lookingScript); got != want {
			t.Errorf("behind %s (%v)\ngot  %s\nwant %s", source, err, got, want)
		}
	}
}
