package sandbox

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

const checkHead = "#!lua name=x\n"

// said returns what Check says but for notes, as "line:column severity text".
func said(source string) (out []string) {
	for _, f := range Check([]byte(source), Limits{}) {
		if f.Severity != SeverityNote {
			out = append(out, fmt.Sprintf("%d:%d %s %s", f.Line, f.Column, f.Severity, f.Text))
		}
	}
	return out
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		// globals
		{"function onGet(self, ev) return foo end", `2:33 warning unknown global "foo": reading it is an error`},
		{"function onGet(self, ev) return tostrin(1) end", `2:33 warning unknown global "tostrin": reading it is an error: did you mean tostring?`},
		{"function onGet(self, ev) local x = os.time() end", "2:36 warning handlers have no os: use now() or ev.now"},
		{"function onGet(self, ev) print(1) end", "2:26 warning handlers have no print: use log(text)"},
		{"function onGet(self, ev) if redis then redis.call('GET') end end", ""},
		{"function onPut(self) end\nfunction onGet(self, ev) return onPut(self) end", "3:33 warning onPut is no global: handlers share local functions"},
		// self, ev, params
		{"function onGet(self, ev) return self.valeu end", "2:38 warning self has no valeu: did you mean value?"},
		{"function onGet(self, ev)\n  self\n    :expier(1) end", "4:6 warning self has no method expier: did you mean expire?"},
		{"function onGet(self, ev) self.expire(1) end", "2:0 warning call it as self:expire(...)"},
		{"function onGet(self, ev) self.expire(self, 1) end", ""},
		{"function onGet(self, ev) self:call('SET', self.key, 1) end", "2:31 warning self:call names the key itself: leave out self.key"},
		{"function onGet(self, ev) self:call('SET', self.type) self:callkey(self.key, 'GET') end", ""},
		{"function onGet(self, ev) self.value = 1 end", "2:31 warning self is read-only: return the new value, or use self:call"},
		{"function onGet(self, ev) self.state = {} end", "2:31 warning self.state cannot be replaced: change its fields"},
		{"function onGet(self, ev) ev.x = 1 end", "2:29 warning ev is read-only"},
		{"function onGet(self, ev) return ev.nwe end", "2:36 warning ev has no nwe: did you mean new?"},
		{"function onGet(self, ev) return ev.new end", "2:36 warning ev.new is always nil in onGet"},
		{"function onPut(self, ev) return ev.new end", ""},
		{"function onGet(me, e) me:nope() return e.nope end", "2:26 warning self has no method nope; 2:42 warning ev has no nope"},
		{
			"local function f(o, e) return e.old or o.vlaue end\nfunction onGet(self, ev) return f(self, ev) end",
			"2:33 warning ev.old is always nil in onGet; 2:42 warning self has no vlaue: did you mean value?",
		},
		{"local function f(e) return e.old end\nfunction onGet(self, ev) return f(ev) end\nfunction onUpdate(self, ev) return f(ev) end", ""},
		{"local function f(self) return self.items end\nfunction onGet(self, ev) return f({ items = 1 }) end", ""},
		{"local f = function(e) return e.old end\nfunction onGet(self, ev) return f(ev) end", "2:32 warning ev.old is always nil in onGet"},
		{"local f = function(n) return n > 0 and f(n - 1) end\nfunction onGet(self, ev) return f(3) end", `2:40 warning unknown global "f": reading it is an error`},
		{"local function f(self) return self.items end\nfunction onGet(self, ev) return f(pcall(f, self)) end", ""},
		{"params = { a = { default = '' }, b = { default = '' } }\nfunction onGet(self) return self.params.a end", `2:34 warning parameter "b" is never read`},
		{"params = { a = { default = '' } }\nfunction onGet(self) local p = self.params return p.b .. p.a end", `3:53 warning parameter "b" is not declared`},
		{"params = { a = { default = '' } }\nfunction onGet(self) return self.params[self.key] end", ""},
		{"params = { a = { default = '' } }\nlocal function f(p) return p.a end\nfunction onGet(self) return f(self.params) end", ""},
		{
			"params = { rate = { default = '' } }\nfunction onGet(self) return self.params.rates .. self.params.rate end",
			`3:41 warning parameter "rates" is not declared: did you mean rate?`,
		},
		{"function onGet(self, ev) self:timer('t', { in_sm = 5, data = 'x' }) end", "2:0 warning a timer has no option in_sm: did you mean in_ms?"},
		{"function onGet(self, ev) self:timer('t', { every = 5, ['x' .. 'y'] = 1 }) self:timer('t', ev.payload) end", ""},
		// libraries
		{"function onGet(self) return string.frmat('x') end", "2:36 warning string has no frmat: did you mean format?"},
		{"function onGet(self) return ('x'):uper() end", "2:35 warning string has no uper: did you mean upper?"},
		{"function onGet(self) return cjson.encode({}) .. math.pi end", ""},
		{"function onGet(self) local string = self.state return string.frmat end", ""},
		// handlers
		{"function onGett(self) end\nfunction onGet() end", `2:0 error "onGett" is not a handler: did you mean onGet?`},
		{"local function onPut(self) end\nfunction onGet() end", "2:0 warning local onPut is no handler: leave out local"},
		{"function onGet(self, ev, x) end", "2:10 warning onGet gets self and ev, and nothing more"},
		// verdicts
		{"function onUpdate(self) return missing() end", "2:0 warning missing() means nothing in onUpdate"},
		{"function onGet(self) return self.key and keep() or deny('x') end", "2:0 warning keep() means nothing in onGet"},
		{"function onDelete(self) return 1 end", "2:0 warning onDelete ignores a returned value"},
		{"function onTimer(self) if self.key then return 'x' end end", "2:0 warning onTimer ignores a returned value"},
		{"function onDelete(self) return keep(100) end", "2:0 warning keep() takes a time in onExpire only"},
		{"function onExpire(self) return keep(100) end", ""},
		{"function onGet(self) deny('x') end", "2:0 warning deny() decides nothing unless it is returned"},
		{"function onDelete(self) local f = function() return 1 end return f() and nil end", ""},
		// loops
		{"function onGet(self) while true do log('x') end end", "2:0 warning this loop has no end"},
		{"function onGet(self) while true do if self.key then break end end end", ""},
		{"function onGet(self) while true do for i = 1, 2 do break end end end", "2:0 warning this loop has no end"},
		{"function onGet(self) while 1 do for i = 1, 2 do return end end end", ""},
		{"function onGet(self) repeat log('x') until false end", "2:0 warning this loop has no end"},
		{
			"local N = 10 ^ 9\nfunction onGet(self) for i = 1, N do log('x') end end",
			"3:0 warning this loop has 1000000000 rounds, and a run at most 100000 instructions; " +
				"3:0 warning onGet needs 4000000006 instructions, and a run has at most 100000",
		},
		{"function onGet(self) for i = 1, math.huge do log('x') end end", "2:0 warning this loop has no end"},
		{"function onGet(self) for i = 1, 1e9 do if self.state[i] then break end end end", ""},
		{"function onGet(self) for i = 1, 0, 0 do log('x') end end", "2:0 warning this loop has no end"},
		{"function onGet(self) for i = 1, 100 do log('x') end end", ""},
		{"function onGet(self) local x = true while x do log('x') end end", "2:0 warning nothing in this loop changes its condition"},
		{"function onGet(self) local x = 1 while x < 9 do x = x + 1 end end", ""},
		{"function onGet(self) local x = 1 local function f() x = nil end while x do f() end end", ""},
		{"function onGet(self) while self.state.x do self:delete() end end", ""},
		{
			"function onGet(self, ev) local s = '' for i = 1, 100 do s = s .. i end return s end",
			"2:0 warning each round copies all of s: collect the parts in a table, and join them with table.concat",
		},
		{"function onGet(self, ev) local s = '' for i = 1, 3 do s = s .. i end return s end", ""},
		{"function onGet(self, ev) for i = 1, 100 do local s = '' s = s .. i log(s) end end", ""},
		// what Compile refuses
		{
			"function onGet(self)\n  a = 1\n  local b\n  c = 2\nend\nx = 3",
			`3:0 error assignment to global "a": declare it local, or keep it in self.state; ` +
				`5:0 error assignment to global "c": declare it local, or keep it in self.state; ` +
				`7:0 error only handlers, params, limits, rights, local functions and constants may stand at the top level`,
		},
		{"function onGet(self)\n  if x then\nend\n", "5:0 error 'end' expected (to close 'function' at line 2) near '<eof>'"},
		{
			"params = {\n  a = { type = 'int' },\n  b = { type = 'nit' },\n}\nfunction onGet(self) return self.params.a + self.params.b end",
			`4:0 error params: b: unknown type "nit"`,
		},
		{"function onGet(self) goto x ::x:: end", "2:0 error '=' expected near 'x'"},
	} {
		if got := strings.Join(said(checkHead+c.body), "; "); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.body, got, c.want)
		}
	}
	if got := said("function onGet() end"); len(got) != 1 || got[0] != "1:0 error source must start with #!lua name=<name>" {
		t.Errorf("without a header: %q", got)
	}
}

func TestCheckEstimatesCosts(t *testing.T) {
	for _, c := range []struct{ body, want string }{
		{"function onGet(self, ev) end", "onGet: 1 instruction, and the work of library functions on their data"},
		{"function onGet(self, ev) local n = 0 for i = 1, 10 do n = n + 1 end return n end", "onGet: 27 instructions, and the work of library functions on their data"},
		{"function onGet(self, ev) if ev.cmd then log('x') end end", "onGet: 4 to 6 instructions, and the work of library functions on their data"},
		{"local function f() for i = 1, 3 do for j = 1, 4 do end end end\nfunction onGet(self, ev) f() end", "onGet: 39 instructions, and the work of library functions on their data"},
		{"function onGet(self, ev) for _, x in ipairs(ev.args) do log(x) end end", "onGet: at least 6 instructions; the most depends on input (a loop in line 2)"},
		{"local function f(n) if n > 0 then f(n - 1) end end\nfunction onGet(self, ev) f(3) end", "onGet: at least 7 instructions; the most depends on input (recursion in line 2)"},
		{"local N = 10\nfunction onGet(self, ev) for i = 1, N do end end", "onGet: 16 instructions, and the work of library functions on their data"},
		{"local function f(x) return x end\nfunction onGet(self, ev) return f(1) end", "onGet: 4 instructions, and the work of library functions on their data"},
		{"local len = string.len\nfunction onGet(self, ev) return len('x') end", "onGet: 4 instructions, and the work of library functions on their data"},
		{"local f = string.gsub\nfunction onGet(self, ev) return f('x', 'y', 'z') end", "onGet: at least 6 instructions; the most depends on input (a call in line 3)"},
		{"function onGet(self, ev) return (ev.cmd and tostring or tonumber)(1) end", "onGet: at least 7 instructions; the most depends on input (a call in line 2)"},
		{"function onGet(self, ev) self.state.f() end", "onGet: at least 4 instructions; the most depends on input (a call in line 2)"},
		{"function onGet(self, ev) for i = 1, 100 do for j = 1, 1000 do log(j) end end end", "onGet needs 400606 instructions, and a run has at most 100000"},
		{"limits = { instructions = 20 }\nfunction onGet(self, ev) local n = 0 for i = 1, 10 do n = n + 1 end return n end", "onGet needs 27 instructions, and a run has at most 20"},
		{"function onError(self, ev) for i = 1, 100 do for j = 1, 100 do log(j) end end end", "onError needs 40606 instructions, and a run has at most 10000"},
		{"limits = { instructions = 20 }\nfunction onError(self, ev) for i = 1, 10 do log(i) end end", "onError needs 46 instructions, and a run has at most 20"},
		{"limits = { instructions = 200000 }\nfunction onGet(self, ev) for i = 1, 100 do for j = 1, 1000 do log(j) end end end", "onGet needs 400606 instructions, and a run has at most 100000"},
	} {
		findings := Check([]byte(checkHead+c.body), Limits{})
		got := findings[len(findings)-1].Text
		if got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.body, got, c.want)
		}
	}
}

// TestCostsHoldInRuns compares the estimates with what runs are charged.
func TestCostsHoldInRuns(t *testing.T) {
	for _, body := range []string{
		`return nil`, `return 1`, `return deny("x")`, `local a, b = 1, 2 a, b = b, a return a`,
		`local n = 0 for i = 1, 100 do if i % 2 == 0 then n = n + i else n = n - 1 end end return n`,
		`for i = 10, 1, -3 do for j = 1, i do local x = i .. j end end`,
		`local function f(n) if n == 0 then return 0 end return f(n - 1) end return f(10)`,
		`local t = { 1, 2, x = 3 } t.y = { t } for k, v in pairs(t) do t.n = k end return #t`,
		`for i = 1, 9 do if i == 5 then break end end`,
		`for i = 1, 9 do for j = 1, 9 do if j == 5 then return j end end end`,
		`local f = function(a) return function() return a end end return f(1)()`,
		`local a = ev.x or ev.y or 3 local b = a and a == 3 and not ev.z return b`,
		`for i = 1, 3 do for j = 1, 4 do end end`, `for i = 1, 9 do for j = 1, 0 do return end if i == 8 then return end end`,
		`for k in next, {} do return k end local x = 1 x = x + 1 x = x + 1 x = x + 1`,
		`while true do break end repeat local x = 1 until x`,
		`local function f(n) return n end return f(1)`, `return ("x"):upper()`, `local t = { f = function() return 1 end } return t.f() + t:f()`,
		`local x = 1 local function f() x = x + 1 return x end f() return f()`, `local function f(...) return select("#", ...) end return f(1, f(2, 3))`,
		`return (ev.x and tostring or tonumber)(1)`, `local t = { 1, 2, 3, f = 1, [{}] = 2, ev.x and 1 or 2 } return #t`,
	} {
		source := handlerSource(body)
		least, most, bound := estimateOf(t, source)
		out, err := NewPool(1).Run(&Run{Program: mustCompile(t, body), Handler: OnMessage, Host: &testHost{}, Limits: Limits{Time: time.Minute}})
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if fuel := float64(out.Fuel); fuel < least || bound && fuel > most {
			t.Errorf("%s: %.0f to %.0f (%v), but a run was charged %.0f", body, least, most, bound, fuel)
		}
	}
}

// estimateOf returns what Check notes about the only handler.
func estimateOf(t testing.TB, source []byte) (least, most float64, bound bool) {
	t.Helper()
	for _, f := range Check(source, Limits{Instructions: 1 << 40}) {
		if f.Severity != SeverityNote {
			continue
		}
		_, text, _ := strings.Cut(f.Text, ": ")
		if _, err := fmt.Sscanf(text, "at least %f", &least); err == nil {
			return least, 0, false
		}
		if _, err := fmt.Sscanf(text, "%f to %f", &least, &most); err == nil {
			return least, most, true
		}
		if _, err := fmt.Sscanf(text, "%f", &least); err == nil {
			return least, least, true
		}
	}
	t.Fatalf("no estimate for %s", source)
	return 0, 0, false
}

func TestCheckAgreesWithCompile(t *testing.T) {
	paths, err := filepath.Glob("testdata/*/*.lua")
	if err != nil || len(paths) == 0 {
		t.Fatal(err)
	}
	for _, path := range paths {
		for _, st := range readSnippet(t, path).steps {
			checkAgrees(t, st.text())
		}
	}
}

// luaLines makes one character of each of the four line ends of Lua.
var luaLines = strings.NewReplacer("\r\n", "\n", "\n\r", "\n", "\r", "\n")

// checkAgrees fails unless Check has an error exactly if Compile has one.
func checkAgrees(t testing.TB, source []byte) {
	t.Helper()
	findings := Check(source, Limits{})
	refused := slices.ContainsFunc(findings, func(f Finding) bool { return f.Severity == SeverityError })
	if _, err := Compile(source, Limits{}); refused != (err != nil) {
		t.Errorf("Compile says %v, Check says %v: %q", err, findings, source)
	}
	for _, f := range findings {
		if lines := 1 + strings.Count(luaLines.Replace(string(source)), "\n"); f.Line < 1 || f.Line > lines {
			t.Errorf("line %d of %d: %s: %q", f.Line, lines, f.Text, source)
		}
	}
}

func TestCheckOfDeepLoopsEnds(t *testing.T) {
	for _, c := range []struct{ open, middle, shut string }{
		{"for i = 1, 2 do ", "log(1)", " end"},
		{"while self.x do ", "log(1)", " if self.y then break end end"},
		{"for k in pairs(self.state) do ", "return 1", " end"},
		{"repeat ", "log(1)", " until self.x"},
		{"for i = 1, 2 do while self.x do ", strings.Repeat("if self.y then break end ", 1000), " end end"},
	} {
		body := strings.Repeat(c.open, 90) + c.middle + strings.Repeat(c.shut, 90)
		start := time.Now()
		checkAgrees(t, handlerSource(body))
		if took := time.Since(start); took > 10*time.Second { // exponential work would take for ever
			t.Errorf("%v for %.60s", took, body)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range corpus(f) {
		f.Add(s)
	}
	f.Add("( \r\r0") // lines that end with no line feed
	f.Fuzz(func(t *testing.T, body string) { checkAgrees(t, handlerSource(body)) })
}
