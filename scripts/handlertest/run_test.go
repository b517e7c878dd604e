package handlertest

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"comet/aso/sandbox"
)

const counter = `#!lua name=counter
function onPut(self, ev)
  self.state.n = 1
  self:timer("tick", { every = 3600000, data = "d" })
  log("put " .. ev.new)
  self:publish("c", self.key)
end
function onTimer(self, ev) self.state.n = self.state.n + 1 end
function onUpdate(self, ev) return deny("no") end
`

// results runs tests in a folder with the handler counter, and returns what is printed, without times.
func results(t *testing.T, opt Options, tests string) string {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{"counter.lua": counter, "counter_test.lua": tests, "other.lua": strings.ReplaceAll(counter, "counter", "other")} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var out strings.Builder
	if _, err := Run([]string{filepath.Join(folder, "counter_test.lua")}, opt, &out); err != nil {
		t.Fatal(err)
	}
	text := strings.ReplaceAll(out.String(), folder+string(filepath.Separator), "")
	return regexp.MustCompile(`\d+\.\d+s`).ReplaceAllString(text, "0s")
}

func TestWhatTestsCanDo(t *testing.T) {
	got := results(t, Options{}, `
test("all of it", function(t)
  t:eq(t:now(), 1767225600000)
  t:eq(t:cmd("SET", "k", "v"), "OK")
  t:eq(t:effects(), { { op = "string", key = "k", value = "v", deadline = "0" } })
  t:eq(t:cmd("DEL", "k"), 1)
  t:eq(t:cmd("ASO.ATTACH", "k", "counter"), 1)
  t:eq(t:cmd("SET", "k", 1.5), "OK")
  t:eq(t:logs("k"), { "put 1.5" })
  t:eq(t:state("k"), { n = 1 })
  t:eq(t:messages(), { { channel = "c", message = "k" } })
  t:eq(t:messages(), {})
  local timer = t:timers("k")[1]
  t:eq({ timer.name, timer.at, timer.every, timer.data }, { "tick", t:now() + 3600000, 3600000, "d" })
  t:err(t:cmd("SET", "k", "x"), "ASODENY no")
  t:eq(t:effects(), {})
  t:eq(t:advance("365d"), t:now())
  t:eq(t:state("k"), { n = 1 + 365 * 24 })
  t:ok(#t:effects() >= 365 * 24)
  t:restart()
  t:eq(t:state("k"), { n = 1 + 365 * 24 })
  t:at(t:now() + 3600000)
  t:eq(t:state("k"), { n = 2 + 365 * 24 })
  t:at(0)
  t:eq(t:now(), 0)
  t:ok(t:load("other.lua"):find("^other@%x+$"))
  t:eq(t:cmd("ASO.ATTACH", "o", "other"), 1)
  t:eq(t:cmd("BLPOP", "none", 0), nil)
  t:eq(t:cmd("MGET", "none", "k"), { false, "1.5" })
  t:eq(t:state("none"), {})
  t:cmd("MULTI") t:cmd("INCR", "n") t:cmd("FOO")
  t:err(t:cmd("EXEC"), "EXECABORT")
end)
`)
	if want := "ok  \tcounter_test.lua\t0s\n"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestFailuresSayWhereAndWhat(t *testing.T) {
	got := results(t, Options{}, `test("numbers", function(t)
  t:log("some", 1, {})
  t:eq(1, "1", "number and text")
  t:eq({ b = { 1, false }, a = nil }, { b = { 1 }, ["c d"] = 2 })
  t:err("fine", "ERR")
  t:ok(nil)
  t:ok(false, "really")
  t:fail()
end)
test("errors", function(t)
  local x = t:cmd({})
end)
test("fine", function(t) end)
test("no key", function(t) t:state() end)
test("no file", function(t) t:load("none.lua") end)
`)
	want := `--- FAIL: numbers (counter_test.lua:1) (0s)
    counter_test.lua:2: some 1 {}
    counter_test.lua:3: number and text: not equal
         got 1
        want "1"
    counter_test.lua:4: not equal
         got {b = {1, false}}
        want {["c d"] = 2, b = {1}}
    counter_test.lua:5: not the error
         got "fine"
        want {err = "ERR..."}
    counter_test.lua:6: not true
    counter_test.lua:7: really: not true
    counter_test.lua:8: failed
--- FAIL: errors (counter_test.lua:10) (0s)
    counter_test.lua:11: bad argument 1 of cmd: a {}
--- FAIL: no key (counter_test.lua:14) (0s)
    counter_test.lua:14: bad argument: want a key
--- FAIL: no file (counter_test.lua:15) (0s)
    counter_test.lua:15: open none.lua: no such file or directory
FAIL	counter_test.lua	0s
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestOptionsOfARun(t *testing.T) {
	const tests = `test("one", function(t) t:log("hello") end)
test("two", function(t) end)
test("other", function(t) t:fail() end)
`
	if got, want := results(t, Options{Run: "o*e", Verbose: true}, tests), `=== RUN   one
--- PASS: one (counter_test.lua:1) (0s)
    counter_test.lua:1: hello
ok  	counter_test.lua	0s
`; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got, want := results(t, Options{Run: "none"}, tests), "ok  \tcounter_test.lua\t0s [no tests to run]\n"; got != want {
		t.Errorf("got %s", got)
	}
	if got, want := results(t, Options{}, "\ntest('x', 1)"), "counter_test.lua:2: bad argument #2 to 'test' (function expected)\nFAIL\tcounter_test.lua\t0s\n"; got != want {
		t.Errorf("got %s", got)
	}
}

func TestRepliesOfAllTypes(t *testing.T) {
	v, rest, err := readReply([]byte("*5\r\n+OK\r\n-ERR x\r\n:-7\r\n$-1\r\n*2\r\n$3\r\na\r\n\r\n*-1\r\nrest"))
	if got := text(v); err != nil || got != `{"OK", {err = "ERR x"}, -7, false, {"a\r\n", false}}` || string(rest) != "rest" {
		t.Errorf("%s %q %v", got, rest, err)
	}
	for _, bad := range []string{"", "x", ":\r\n", "$5\r\nab\r\n", "*2\r\n:1\r\n", "?1\r\n"} {
		if v, _, err := readReply([]byte(bad)); err == nil {
			t.Errorf("%q is %s", bad, text(v))
		}
	}
}

func TestTextsOfValues(t *testing.T) {
	for want, v := range map[string]sandbox.Value{
		"nil": {}, "true": sandbox.BoolValue(true), "0.5": sandbox.NumberValue(0.5), `"a\nb"`: sandbox.StringValue("a\nb"),
		`{ok = "x"}`: sandbox.StatusValue("x"), "{double = 2}": {Kind: sandbox.Double, Num: 2}, "{map = {}}": {Kind: sandbox.MapReply}, "{set = {}}": {Kind: sandbox.SetReply},
		"{[1.5] = 1}": {Kind: sandbox.Table, Tab: &sandbox.Tab{Fields: []sandbox.Field{{Key: sandbox.NumberValue(1.5), Value: sandbox.NumberValue(1)}}}},
	} {
		if got := text(v); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
