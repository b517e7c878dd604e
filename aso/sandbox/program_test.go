package sandbox

import (
	"errors"
	"strings"
	"testing"
	"time"
)

const secret = `#!lua name=secret
-- a secret that unmodified clients can GET once (or n times)
params = { reads = { type = "int", default = 1, min = 1, max = 100 } }
local DAY = 24 * 60 * 60 * 1000
local PLANS = { free = 10, names = { "a", "b" } }
local function remaining(state) return (state.left or 0) - 1 end

function onPut(self, ev)
  self.state.left = self.params.reads
  if not ev.ttl then self:expire(DAY) end
end

function onUpdate(self, ev) return deny("a secret is written once") end

function onGet(self, ev)
  self.state.left = remaining(self.state)
  if self.state.left <= 0 then self:delete() end
  log("read by " .. ev.user .. " from " .. ev.addr)
end
`

func TestSecretHandlerWorksAsDocumented(t *testing.T) {
	p, err := Compile([]byte(secret), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Name() != "secret" || len(p.Version()) != 12 || !p.Has(OnPut) || !p.Has(OnGet) || p.Has(OnTimer) || string(p.Source()) != secret {
		t.Fatalf("program is %q %q", p.Name(), p.Version())
	}
	params, err := p.CheckParams(map[string]string{"reads": "2"})
	if err != nil {
		t.Fatal(err)
	}
	pool := NewPool(2)
	host := &testHost{event: map[string]Value{"user": StringValue("bob"), "addr": StringValue("::1")}}
	put, err := pool.Run(&Run{Program: p, Handler: OnPut, Host: host, Params: params})
	if err != nil || put.Verdict != None || !put.StateChanged {
		t.Fatalf("%+v %v", put, err)
	}
	first, err := pool.Run(&Run{Program: p, Handler: OnGet, Host: host, Params: params, State: put.State})
	if err != nil || !first.StateChanged {
		t.Fatalf("%+v %v", first, err)
	}
	if _, err := pool.Run(&Run{Program: p, Handler: OnGet, Host: host, Params: params, State: first.State}); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(host.calls, "; ")
	want := "expire 86400000; log read by bob from ::1; delete; log read by bob from ::1"
	if got != want {
		t.Errorf("effects %q, want %q", got, want)
	}
	deny, err := pool.Run(&Run{Program: p, Handler: OnUpdate, Host: host})
	if err != nil || deny.Verdict != Deny || deny.Text != "a secret is written once" || deny.StateChanged {
		t.Errorf("%+v %v", deny, err)
	}
}

func TestCompileErrorsNameTheLine(t *testing.T) {
	const head = "#!lua name=x\n"
	for _, c := range []struct {
		source string
		line   int
		msg    string
	}{
		{"", 1, "source must start"},
		{"function onGet() end", 1, "source must start"},
		{"#!lua name=\n", 1, "name must be"},
		{"#!lua name=a:b\n", 1, "name must be"},
		{"#!lua engine=x\n", 1, "unknown word"},
		{head, 0, "declares no handler"},
		{head + "function onFoo() end", 2, "is not a handler"},
		{head + "function helper() end", 2, "helpers must be local"},
		{head + "function t.onGet() end", 2, "only handlers"},
		{head + "x = 1", 2, "only handlers"},
		{head + "\nprint(1)", 3, "only handlers"},
		{head + "for i = 1, 2 do end", 2, "only handlers"},
		{head + "return 1", 2, "only handlers"},
		{head + "local x = f()", 2, "result of a call"},
		{head + "local x = { f() }", 2, "result of a call"},
		{head + "local n = 0\nfunction onGet() n = n + 1 end", 3, "constant"},
		{head + "local function f() end\nfunction onGet() f = 1 end", 3, "constant"},
		{head + "function onGet() n = 1 end", 2, "assignment to global"},
		{head + "function onGet() end\nfunction onGet() end", 3, "declared twice"},
		{head + "function onGet( end", 2, "near"},
		{head + "function onGet() goto x end", 2, "'=' expected near 'x'"},
		{head + "function onGet() local s = 'x end", 2, "unfinished string near '<eof>'"},
		{head + "function onGet() if x the end end", 2, "near"},
		{head + "params = 1\nfunction onGet() end", 2, "params must be"},
		{head + "params = { a = 1 }\nfunction onGet() end", 2, "params: want"},
		{head + "params = { a = { type = 'x' } }\nfunction onGet() end", 2, "unknown type"},
		{head + "params = { a = { type = 'int', default = 'x' } }\nfunction onGet() end", 2, "not an integer"},
		{head + "params = { a = { type = 'int', default = 5, max = 4 } }\nfunction onGet() end", 2, "more than 4"},
		{head + "params = { a = { typ = 'int' } }\nfunction onGet() end", 2, "unknown field"},
		{head + "local x = nil + 1\nfunction onGet() end", 2, "attempt to perform arithmetic on a nil value"},
	} {
		_, err := Compile([]byte(c.source), Limits{})
		var ce *CompileError
		if !errors.As(err, &ce) || ce.Line != c.line || !strings.Contains(ce.Msg, c.msg) {
			t.Errorf("%q: got %v, want line %d: %s", c.source, err, c.line, c.msg)
		}
	}
}

func TestOrdinaryCodeIsNotTooDeep(t *testing.T) {
	branches := "if ev.a == 1 then x = 1 " + strings.Repeat("elseif ev.a == 2 and (ev.b or not ev.c) then x = #{ 1, { 2 } } ", 20) + "else x = 3 end\n"
	calls := "local s = string.format('%d', 1):upper():lower() .. 'a' .. ev.x .. (x + 1) * 2 ^ -3\n"
	nested := strings.Repeat("if x then for i = 1, 2 do while x do ", 12) + "break" + strings.Repeat(" end end end", 12) + "\n"
	body := "local x\n" + strings.Repeat(branches, 12) + strings.Repeat("do "+calls+"end\n", 80) + nested
	if _, err := Compile(handlerSource(body), Limits{}); err != nil {
		t.Error(err)
	}
}

func TestParamsAreChecked(t *testing.T) {
	p, err := Compile([]byte(`#!lua name=p
params = {
  n = { type = "int", default = 1, min = 1, max = 100 },
  wait = { type = "duration", default = "10s", max = "1d" },
  name = { type = "string", max = 5 },
  on = { type = "bool", default = true },
  rate = { type = "number", default = 0.5 },
}
function onGet(self) return { self.params.n, self.params.wait, self.params.name, self.params.on, self.params.rate } end
`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []map[string]string{
		{},
		{"name": "toolong"},
		{"name": "x", "n": "0"},
		{"name": "x", "n": "101"},
		{"name": "x", "n": "1.5"},
		{"name": "x", "other": "1"},
		{"name": "x", "wait": "2d"},
		{"name": "x", "wait": "-1s"},
		{"name": "x", "on": "maybe"},
		{"name": "x", "rate": "nan"},
		{"name": "x", "rate": "x"},
	} {
		if _, err := p.CheckParams(bad); err == nil {
			t.Errorf("%v was accepted", bad)
		}
	}
	params, err := p.CheckParams(map[string]string{"name": "x", "n": "7", "wait": "2m", "on": "no"})
	if err != nil {
		t.Fatal(err)
	}
	out, err := NewPool(1).Run(&Run{Program: p, Handler: OnGet, Host: &testHost{}, Params: params})
	if err != nil {
		t.Fatal(err)
	}
	var text []string
	for _, v := range out.Value.Tab.Array {
		b, _ := v.AppendText(nil)
		text = append(text, string(b))
	}
	if got := strings.Join(text, " "); got != "7 120000 x 0 0.5" {
		t.Errorf("params are %s", got)
	}
	if len(p.Params()) != 5 || p.Params()[0].Name != "n" || p.Params()[0].Max.Num != 100 {
		t.Errorf("specs are %+v", p.Params())
	}
}

func TestConstantTablesAreReadOnly(t *testing.T) {
	p, err := Compile([]byte(`#!lua name=c
local T = { a = { 1, 2 }, f = function(x) return x * 2 end, g = string.upper }
local U, V = T, 7
function onGet(self)
  for _, f in ipairs { function() T.b = 1 end, function() T.a[3] = 1 end, function() rawset(U, "x", 1) end,
    function() setmetatable(T, {}) end, function() table.insert(T.a, 1) end, function() table.sort(T.a, function(x, y) return x > y end) end } do
    if pcall(f) then error("constant was changed") end
  end
  return T.f(T.a[2]) + V + #T.a .. T.g("x")
end
`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := NewPool(1).Run(&Run{Program: p, Handler: OnGet, Host: &testHost{}})
	if err != nil || out.Value.Str != "13X" {
		t.Errorf("%v %v", out.Value, err)
	}
}

func TestFuelIsExact(t *testing.T) {
	for _, body := range []string{
		`local n = 0 for i = 1, 500 do n = n + i end return n`,
		`for i = 1, 20 do pcall(error, "x" .. i) end`,
		`local t = {} for i = 1, 100 do t[#t + 1] = "k" .. i end return table.concat(t)`,
		`return string.gsub(string.rep("hello ", 50), "(%w+)", function(w) return w:upper() end)`,
		`local t = {} for i = 1, 50 do t[i] = (i * 37) % 51 end table.sort(t, function(a, b) return a > b end) return t`,
		`local t = setmetatable({}, { __index = function(t, k) return k end }) local n = 0 for i = 1, 50 do n = n + t[i] end return n`,
		`self.state.n = { 1, 2, x = "y" } return cjson.encode(self.state.n)`,
		`for i = 1, 30 do self:call("SET", i) log(ev.user) end`,
	} {
		p := mustCompile(t, body)
		host := &testHost{event: map[string]Value{"user": StringValue("bob")}}
		run := func(pool *Pool, n, mem int64) (*Outcome, error) {
			return pool.Run(&Run{Program: p, Handler: OnMessage, Host: host, Seed: 7, Limits: Limits{Instructions: n, Memory: mem, Time: time.Minute}})
		}
		pool := NewPool(1)
		first, err := run(pool, 0, 0)
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		for range 5 {
			if again, err := run(pool, 0, 0); err != nil || again.Fuel != first.Fuel || again.Peak != first.Peak {
				t.Errorf("%s: %d/%d then %d/%d, %v", body, first.Fuel, first.Peak, again.Fuel, again.Peak, err)
			}
		}
		if out, err := run(pool, first.Fuel, first.Peak); err != nil || out.Fuel != first.Fuel {
			t.Errorf("%s: does not run with the %d it needs: %v", body, first.Fuel, err)
		}
		wantLimit(t, LimitInstructions)(run(pool, first.Fuel-1, 0))
		if first.Peak > 0 {
			wantLimit(t, LimitMemory)(run(pool, 0, first.Peak-1))
		}
	}
}

func wantLimit(t *testing.T, which string) func(*Outcome, error) {
	t.Helper()
	return func(_ *Outcome, err error) {
		t.Helper()
		var limit *LimitError
		if !errors.As(err, &limit) || limit.Which != which {
			t.Errorf("want the limit %s, got %v", which, err)
		}
	}
}

func TestErrorsNameTheirLine(t *testing.T) {
	for _, c := range []struct {
		body string
		line int
		msg  string
	}{
		{"\nerror('m')", 4, "m"},
		{"local function f()\n error('m', 2)\nend\n\nf()", 7, "m"},
		{"local function f()\n error('m', 0)\nend\nf()", 0, "m"},
		{"\n\nlocal x = nil .. 'x'", 5, "attempt to concatenate a nil value"},
		{"local t\nt.x = 1", 4, "attempt to index local 't' (a nil value)"},
		{"local a, t\na, t.x = 1,\n2", 5, "attempt to index local 't' (a nil value)"},
		{"local t = {}\nt[nil] = 1", 4, "table index is nil"},
		{"local t = {}\nreturn t.x.y", 4, "attempt to index field 'x' (a nil value)"},
		{"redis.call('GET', 'x')", 3, "Script attempted to access nonexistent global variable 'redis'"},
		{"print(1)", 3, "Script attempted to access nonexistent global variable 'print'"},
		{"return redis and redis.call or error('none')", 3, "none"},
		{"self.state = {}", 3, "self is read-only: change its value with self:call or by returning one, and self.state field by field"},
		{"ev.x = 1", 3, "ev and self.params are read-only"},
		{"self.params.x = 1", 3, "ev and self.params are read-only"},
		{"return nothing", 3, "Script attempted to access nonexistent global variable 'nothing'"},
		{"string.rep()", 3, "bad argument #1 to 'rep' (string expected, got no value)"},
		{"local x = 1\n + {}", 4, "attempt to perform arithmetic on a table value"},
		{"error({ err = 'ERR x' })", 0, "ERR x"},
	} {
		_, err := runBody(t, c.body, Run{})
		var script *ScriptError
		if !errors.As(err, &script) || script.Line != c.line || script.Msg != c.msg {
			t.Errorf("%q: got %+v, want line %d %q", c.body, err, c.line, c.msg)
		}
	}
}

func TestClosuresShareTheirVariables(t *testing.T) {
	p, err := Compile([]byte(`#!lua name=shared
local base = 10
local function even(n) if n == 0 then return true end return odd_(n) end
local T = { inc = function(n) return n + base end, even = even }
function onGet(self) return T.inc(1) + T.inc(2) end
function onPut(self) return base + T.inc(0) end
`), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for h, want := range map[Handler]float64{OnGet: 23, OnPut: 20} {
		out, err := NewPool(1).Run(&Run{Program: p, Handler: h, Host: &testHost{}})
		if err != nil || out.Value.Num != want {
			t.Errorf("%s: %v %v", h, out.Value, err)
		}
	}
}
