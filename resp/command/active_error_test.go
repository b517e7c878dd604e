package command_test

import (
	"strings"
	"testing"
	"time"
)

// telling fails on demand, and its onError notes what it was told.
const telling = `
local function act(self, ev)
  local how = ev.message or ev.new or ev.data
  self.state.lost = true
  self:call("SET", "lost")
  self:timer("lost", { in_ms = 5 })
  self:publish("lost", "lost")
  if how == "error" then error("broken") end
  if how == "loop" then while true do end end
  if how == "memory" then local s = ("x"):rep(2^19) s = s .. s .. s end
  if how == "deny" then return deny("no") end
  if how == "type" then return function() end end
end
function onPut(self, ev) return act(self, ev) end
function onUpdate(self, ev) return act(self, ev) end
function onGet(self, ev) if ev.payload then error("asked") end end
function onMessage(self, ev)
  if ev.message == "state" then local s = self.state.told self.state.told = nil return s or "nothing" end
  return act(self, ev)
end
function onTimer(self, ev) return act(self, ev) end
function onError(self, ev, err)
  local told = self.state.told and self.state.told .. ";" or ""
  self.state.told = told .. table.concat({ ev.failed, tostring(ev.cmd), err.code, err.limit or err.message or err.text, tostring(ev.attempt) }, ",")
  self:publish("failed", self.key .. " " .. tostring(self.value))
  return "ignored"
end`

// told returns what onError has noted since it was asked last.
func (e *engine) told(key string) string {
	e.t.Helper()
	_, text, _ := strings.Cut(e.do("ASO.CALL "+key+" state"), "|")
	return text
}

func (e *engine) mustTell(key, want string) {
	e.t.Helper()
	if got := e.told(key); got != want {
		e.t.Errorf("onError was told %q, want %q", got, want)
	}
}

func TestOnErrorAfterFailure(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v")
	e.attach(telling, "k")
	e.heard = nil
	for _, c := range []struct{ line, reply, told string }{
		{"ASO.CALL k error", "-ASOFAIL ", "onMessage,aso.call,ASOFAIL,broken,nil"},
		{"ASO.CALL k loop", "-ASOLIMIT instructions", "onMessage,aso.call,ASOLIMIT,instructions,nil"},
		{"ASO.CALL k memory", "-ASOLIMIT memory", "onMessage,aso.call,ASOLIMIT,memory,nil"},
		{"ASO.CALL k deny", "-ASODENY no", "nothing"},
		{"SET k error", "-ASOFAIL ", "onUpdate,set,ASOFAIL,broken,nil"},
		{"SET k deny", "-ASODENY no", "nothing"},
		{"ASO.GET k x", "-ASOFAIL ", "onGet,aso.get,ASOFAIL,asked,nil"},
	} {
		if got := e.do(c.line); !strings.HasPrefix(got, c.reply) {
			t.Errorf("%s: %s", c.line, got)
		}
		e.mustTell("k", c.told)
		e.steps("GET k => $1|v", "TTL k => :-1", "ASO.TIMER LIST k => *0")
	}
	if got := strings.Join(e.heard, "; "); strings.Contains(got, "lost") || strings.Count(got, "failed k v") != 5 {
		t.Errorf("published %q", got)
	}
}

func TestOnErrorOfValueThatDoesNotFit(t *testing.T) {
	e := newEngine(t)
	e.all("SADD k v")
	e.attach(`function onUpdate(self, ev) return { a = "b", c = { "nested" } } end
function onMessage(self, ev) return self.state.told end
function onError(self, ev, err) self.state.told = ev.failed .. " " .. err.code end`, "k")
	e.steps("SADD k w => -ASOTYPE…", "ASO.CALL k x => $16|onUpdate ASOTYPE", "SMEMBERS k => *1|$1|v")
}

func TestOnErrorOfTimers(t *testing.T) {
	e := newEngine(t)
	e.attach(telling, "k")
	e.all("ASO.TIMER SET k t IN 100 DATA error RETRY 1")
	e.advance(100 * time.Millisecond)
	e.mustTell("k", "onTimer,nil,ASOFAIL,broken,1")
	e.advance(5 * time.Second)
	e.mustTell("k", "onTimer,nil,ASOFAIL,broken,2")
	e.all("ASO.TIMER SET k t IN 100000 DATA loop")
	if got := e.do("ASO.TIMER FIRE k t"); !strings.HasPrefix(got, "-ASOLIMIT") {
		t.Error(got)
	}
	e.mustTell("k", "onTimer,nil,ASOLIMIT,instructions,1")
}

func TestOnErrorInTransactionRunsAfterIt(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v")
	e.attach(telling, "k")
	e.all("MULTI; SET k error; ASO.CALL k state; INCR other")
	if got := e.do("EXEC"); !strings.Contains(got, "ASOFAIL") || !strings.Contains(got, "nothing") || !strings.HasSuffix(got, ":1") {
		t.Error(got)
	}
	e.mustTell("k", "onUpdate,set,ASOFAIL,broken,nil")
}

func TestOnErrorFailsQuietly(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v")
	e.attach(`function onUpdate(self, ev) error("first") end
function onError(self, ev, err)
  self.state.n = 1
  if ev.args[2] == "loop" then while true do end end
  for _, m in ipairs({ "call", "expire", "expireat", "persist", "delete" }) do
    if pcall(self[m], self, "SET", "changed") then self:publish("changed", m) end
  end
  error("second")
end`, "k")
	for _, v := range []string{"x", "loop"} {
		if got := e.do("SET k " + v); !strings.HasPrefix(got, "-ASOFAIL h1@") || !strings.HasSuffix(got, "first") {
			t.Error(got)
		}
	}
	e.steps("GET k => $1|v")
	if shown := e.do("ASO.SHOW k"); !strings.Contains(shown, "$5|state|*0") {
		t.Error(shown)
	}
	logged := e.do("ASO.LOG k")
	if strings.Count(logged, "onError") != 2 || !strings.Contains(logged, "second") || !strings.Contains(logged, "ASOLIMIT instructions budget of 10000 exhausted") {
		t.Error(logged)
	}
	if len(e.heard) > 0 {
		t.Error(e.heard)
	}
}

// TestOnErrorOfRule runs onError of a handler that a rule gives, whose object has no value.
func TestOnErrorOfRule(t *testing.T) {
	e := newEngine(t)
	name := e.load(telling)
	e.all("ASO.RULE SET r k* " + name + " EVENTS put message")
	if got := e.do("SET k1 error"); !strings.HasPrefix(got, "-ASOFAIL") {
		t.Error(got)
	}
	e.steps("EXISTS k1 => :0")
	e.mustTell("k1", "onPut,set,ASOFAIL,broken,nil")
}

func TestOnErrorIsToldNoLongFields(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v")
	e.attach(`function onUpdate(self, ev) error("no") end
function onMessage(self) return self.state.told end
function onError(self, ev, err) self.state.told = ev.cmd .. " " .. tostring(ev.args) end`, "k")
	e.run("SET", "k", strings.Repeat("x", 20_000))
	e.steps("ASO.CALL k x => $7|set nil")
}
