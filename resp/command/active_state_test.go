package command_test

import (
	"strings"
	"testing"
)

func TestStateIsRepairedFieldByField(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onMessage(self, ev)
  if ev.message == "lua" then return type(self.state.a) .. " " .. tostring(self.state.n) end
  self.state.n = (self.state.n or 0) + 1
  return self.state.n
end
function onUpdate() return deny("no") end`, "k")
	e.all("ASO.CALL k x; ASO.TIMER SET k t IN 5000")
	e.steps("ASO.STATE k GET n => $1|1", `ASO.STATE k => $7|{"n":1}`, "ASO.STATE none => $-1", "ASO.STATE k GET => -ERR syntax error", "ASO.STATE k SET n 41 => +OK", "ASO.CALL k x => :42", "ASO.STATE k GET none => $-1", `ASO.STATE k SET a [1,{"b":true}] => +OK`, "ASO.CALL k lua => $8|table 42",
		"ASO.STATE k DEL n => :1", "ASO.STATE k DEL n => :0", "ASO.CALL k x => :1", "ASO.STATE k SET n null => -ERR the value is not JSON…", "ASO.STATE k SET n [null] => -ERR the value is not JSON…",
		"ASO.STATE k SET n {1} => -ERR the value is not JSON…", "ASO.STATE k SET n => -ERR syntax error", "ASO.STATE k GET n => $1|1", "ASO.STATE k DEL a => :1", "ASO.STATE k DEL n => :1")
	big, deep := `"`+strings.Repeat("x", 70_000)+`"`, strings.Repeat("[", 20)+strings.Repeat("]", 20)
	if got := e.run("ASO.STATE", "k", "SET", "f", big); got != "-ASOLIMIT state self.state is larger than 65536 bytes" {
		t.Error(got)
	}
	if got := e.run("ASO.STATE", "k", "SET", "f", deep); got != "-ERR self.state is nested too deeply or cyclic" {
		t.Error(got)
	}
	e.steps("ASO.STATE k GET f => $-1", "ASO.STATE bare SET f 1.5 => +OK", "EXISTS bare => :0", "ASO.STATE bare GET f => $3|1.5", "ASO.STATE bare DEL f => :1", "ASO.TIMER LIST k => *1|…")
}

// TestStateErrorsNameTheField has handlers put into their states what these cannot hold.
func TestStateErrorsNameTheField(t *testing.T) {
	for body, want := range map[string]string{
		`self.state.f = print or function() end`:                               "self.state.f is a function",
		`self.state.a = { b = { function() end } }`:                            "self.state.a.b[1] is a function",
		`self.state.a = { ["x y"] = { [-2] = function() end } }`:               `self.state.a["x y"][-2] is a function`,
		`self.state.a = { b = { [2.5] = 1 } }`:                                 "self.state.a.b has a key that is no integer",
		`self.state.a = { b = setmetatable({}, {}) }`:                          "self.state.a.b is a table with a metatable",
		`self.state.a = { b = { [true] = 1 } }`:                                "self.state.a.b has a boolean as a key",
		`self.state[true] = 1`:                                                 "self.state has a boolean as a key",
		`self.state.ok = { 1, 2 } local t = {} t.t = t self.state.t = t`:       "self.state is nested too deeply or cyclic",
		`local t = self.state t[("x"):rep(500)] = { y = function() end }`:      "self.state." + strings.Repeat("x", 128) + ".y is a function",
		`self.state.fine = 1 self.state.list = { 1, { z = coroutine or {} } }`: "",
	} {
		e := newEngine(t)
		e.attach("function onMessage(self, ev) "+body+" end", "k")
		got := e.do("ASO.CALL k m")
		if want == "" && got != "$-1" || want != "" && !strings.HasSuffix(got, " "+want) {
			t.Errorf("%s: got %s, want %s", body, got, want)
		}
	}
}
