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
