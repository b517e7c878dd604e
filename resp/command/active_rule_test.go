package command_test

import (
	"strings"
	"testing"
	"time"
)

// seesAll counts what it sees, in a list of its own state.
const seesAll = `
local function note(self, what) self.state.seen = (self.state.seen or "") .. what .. " " end
function onPut(self, ev) note(self, "put") end
function onUpdate(self, ev) note(self, "update") end
function onGet(self, ev) note(self, "get") end
function onDelete(self, ev) note(self, "delete"); return self.key == "u:kept" and keep() or nil end
function onExpire(self, ev) note(self, "expire"); return keep(1000) end
function onTimer(self, ev) note(self, "timer") end
function onMessage(self, ev)
  if ev.message == "arm" then self:timer("t", { in_ms = 100 }) end
  return self.state.seen
end
`

func TestRulesActOnKeysThatAreThereAndThatCome(t *testing.T) {
	e := newEngine(t)
	e.all("SET u:old 1")
	e.load(seesAll)
	e.steps(
		"ASO.RULE SET r u:* h1 => +OK",
		"GET u:old => $1|1",
		"ASO.CALL u:old seen => $4|get ",
		"SET u:old 2 => +OK",
		"SET u:new 1 PX 50 => +OK",
		"RPUSH u:list a => :1",
		"ASO.CALL u:new arm => $4|put ",
		"ASO.CALL u:list seen => $4|put ",
		"ASO.CALL u:missing seen => $-1",
		"ASO.CALL other seen => -ASONOHANDLER the object has no onMessage handler",
	)
	e.advance(100 * time.Millisecond)
	e.steps(
		"ASO.CALL u:new seen => $17|put expire timer ",
		"SET u:kept 1 => +OK",
		"DEL u:kept u:old => :1",
		"EXISTS u:kept u:old => :1",
		"ASO.CALL u:kept seen => $11|put delete ",
		"ASO.RULE DEL r => :1",
		"ASO.RULE DEL r => :0",
		"ASO.CALL u:kept seen => -ASONOHANDLER the object has no onMessage handler",
	)
}

func TestRulesOfKeysWithoutStateLeaveNoTrace(t *testing.T) {
	e := newEngine(t)
	e.all("SET u:a 1; RPUSH u:l a b; SET v 1")
	e.load("function onGet(self, ev) end function onUpdate(self, ev) end function onPut(self, ev) end")
	before := e.image()
	e.all("ASO.RULE SET r * h1; GET u:a; SET u:a 1; LRANGE u:l 0 -1; GET v; GET missing; SET w 1; DEL w; ASO.RULE DEL r")
	after := e.image()
	delete(before, "\x80\x80")
	delete(after, "\x80\x80")
	for slot, chunk := range after {
		if len(chunk) > 3 && before[slot] == "" && strings.Contains(chunk, "w") {
			delete(after, slot)
		}
	}
	if d := before.diff(after); d != "" {
		t.Error(d)
	}
}

func TestRulesGoByOrderAndThenById(t *testing.T) {
	e := newEngine(t)
	says := func(what string) string {
		return e.load("function onGet(self, ev) log('" + what + "') return self.params.say end\nparams = { say = {} }")
	}
	a, b, c := says("a"), says("b"), says("c")
	e.steps(
		"SET k v => +OK",
		"ASO.RULE SET r2 k* "+b+" PARAM say two => +OK",
		"ASO.RULE SET r1 ? "+a+" PARAM say one => +OK",
		"GET k => $3|one",
		"ASO.RULE SET r2 k* "+b+" PARAM say two ORDER -1 => +OK",
		"GET k => $3|two",
		"ASO.ATTACH k "+c+" PARAM say own => :1",
		"GET k => $3|two",
		"ASO.ATTACH k "+b+" PARAM say mine => :1", // replaces that of the rule, at its own place
		"GET k => $3|one",
		"ASO.RULE DEL r1 => :1",
		"GET k => $3|own",
		"ASO.DETACH k "+c+" => :1",
		"GET k => $4|mine",
		"ASO.DETACH k => :1",
		"GET k => $3|two",
		"ASO.RULE SET r0 k "+b+" PARAM say first ORDER -2 => +OK", // of one handler the first rule counts
		"GET k => $5|first",
		"ASO.RULE SET r0 k "+b+" PARAM say first ORDER -2 EVENTS put => +OK",
		"GET k => $3|two",
	)
}

func TestRulesAreForEventsAndTypes(t *testing.T) {
	e := newEngine(t)
	e.load("function onPut(self, ev) return deny('put') end function onUpdate(self, ev) return deny('update') end function onGet(self, ev) return deny('get') end")
	e.all("SET s v; RPUSH l a")
	e.steps(
		"ASO.RULE SET r * h1 TYPE list => +OK",
		"GET s => $1|v",
		"LRANGE l 0 -1 => -ASODENY get",
		"RPUSH new a => -ASODENY put",
		"EXISTS new => :0",
		"SET new s => +OK",
		"SET l v => +OK", // it is no list any more
		"DEL l s => :2",
		"ASO.RULE SET r * h1 EVENTS onPut GET => +OK",
		"SET new v => +OK",
		"GET new => -ASODENY get",
		"SET newer v => -ASODENY put",
		"ASO.RULE SET r * h1 TYPE string EVENTS update => +OK",
		"RPUSH l2 a => :1",
		"SET l2 v => -ASODENY update", // a string is what it would be
		"TYPE l2 => +list",
		"APPEND new v => -ASODENY update",
	)
}

func TestObservedHandlersChangeNothing(t *testing.T) {
	e := newEngine(t)
	e.load(`
function onGet(self, ev) self.state.n = 1; self:call("SET", "changed"); self:publish("c", "m"); self:timer("t", { in_ms = 5 }); return "other" end
function onUpdate(self, ev) self:call("DEL"); error("broken") end
function onPut(self, ev) return deny("no") end
function onDelete(self, ev) return keep() end
function onExpire(self, ev) self:expire(5000) return keep(1000) end
function onAttach(self, ev) return deny("never") end`)
	for _, how := range []string{"ASO.RULE SET r k h1 MODE observe", "ASO.ATTACH k h1 MODE observe"} {
		e.all("SET k v")
		e.all(how)
		heard := len(e.heard)
		e.steps(
			"GET k => $1|v",
			"SET k w PX 20 => +OK",
			"GET k => $1|w",
		)
		if len(e.heard) != heard {
			t.Errorf("%s: published %v", how, e.heard[heard:])
		}
		e.advance(20 * time.Millisecond)
		e.steps("EXISTS k => :0")
		if how[4] == 'R' {
			e.steps("SET k v => +OK", "DEL k => :1", "ASO.RULE DEL r => :1")
		}
	}
	if got := e.do("ASO.LIST MATCH h1"); !strings.Contains(got, "$6|denied|:2|$6|failed|:2|$8|replaced|:4|$4|kept|:3|") { // put and attach; twice each; four; expire twice and delete
		t.Errorf("counts: %s", got)
	}
	if got := e.do("ASO.LOG k COUNT 100"); strings.Count(got, "observed: ASOFAIL h1@") != 2 || !strings.Contains(got, "observed: replaced") {
		t.Errorf("log: %s", got)
	}
}

func TestRulesGoByTheNameAKeyHas(t *testing.T) {
	e := newEngine(t)
	e.load("function onGet(self, ev) return 'a' end")
	e.load("function onGet(self, ev) return 'b' end")
	e.load("function onGet(self, ev) return 'own' end")
	e.all("ASO.RULE SET ra a* h1; ASO.RULE SET rb b* h2; SET a v; ASO.ATTACH a h3 MODE observe")
	e.steps(
		"GET a => $1|a",
		"COPY a c => -ASODENY the value is made when it is read, and cannot be stored under another key",
		"RENAME a b => -ASODENY the value is made when it is read, and cannot be stored under another key", // rb is another handler
		"ASO.RAW ON => +OK",
		"RENAME a b => +OK",
		"ASO.RAW OFF => +OK",
		"GET b => $1|b",
		"RENAMENX b c => -ASODENY the value is made when it is read, and cannot be stored under another key",
		"RENAME b bb => +OK",
		"GET bb => $1|b",
		"ASO.RAW ON => +OK",
		"RENAME bb c => +OK",
		"ASO.RAW OFF => +OK",
		"GET c => $1|v",
		"ASO.ATTACH c h3 => :0",
		"RENAME c a => +OK",
		"GET a => $1|a",
		"FLUSHALL => +OK",
		"SET b v => +OK",
		"GET b => $1|b",
		"SELECT 3 => +OK",
		"SET a v => +OK",
		"GET a => $1|a",
		"MOVE a 4 => :1",
		"SWAPDB 3 4 => +OK",
		"GET a => $1|a",
	)
}

func TestRulesAreKeptOverRestart(t *testing.T) {
	e := newEngine(t)
	e.load("params = { p = {} } function onGet(self, ev) return self.params.p end")
	e.all("SET k v; ASO.RULE SET r1 k* h1 PARAM p x EVENTS get put TYPE string ORDER 7 MODE observe; ASO.RULE SET r2 [ab]\\*? h1 PARAM p y; ASO.RULE SET r3 gone h1 PARAM p z; ASO.RULE DEL r3")
	want := e.do("ASO.RULE LIST")
	e.restart()
	if got := e.do("ASO.RULE LIST"); got != want || !strings.HasPrefix(got, "*2|") {
		t.Errorf("%s, want %s", got, want)
	}
	e.steps("GET k => $1|v", "SET a*c v => +OK", "GET a*c => $1|y")
}

func TestRuleCommandsRefuseWhatMakesNoSense(t *testing.T) {
	e := newEngine(t)
	e.load("params = { n = { type = 'int', default = 1 } } function onGet(self, ev) end")
	e.all("CONFIG SET aso-max-rules 1; ASO.RULE SET r k h1")
	before := e.image()
	e.steps(
		"ASO.RULE SET r2 k h1 => -ASOQUOTA aso-max-rules is reached",
		"ASO.RULE SET r k h9 => -ASONOHANDLER no handler h9",
		"ASO.RULE SET r k h1@000000000000 => -ASONOHANDLER no handler h1@000000000000",
		"ASO.RULE SET r k h1@live => -ASONOHANDLER no handler h1@live",
		"ASO.RULE SET r k h1 PARAM n x => -ASOPARAM…",
		"ASO.RULE SET r k h1 PARAM x 1 => -ASOPARAM…",
		"ASO.RULE SET r k h1 PARAM n 1 PARAM n 2 => -ASOPARAM a parameter is given twice",
		"ASO.RULE SET r k h1 EVENTS nothing => -ERR unknown event nothing",
		"ASO.RULE SET r k h1 EVENTS => -ERR syntax error at 'EVENTS'",
		"ASO.RULE SET r k h1 EVENT get => -ERR syntax error at 'EVENT'",
		"ASO.ATTACH k h1 PARM a 1 => -ERR syntax error at 'PARM'",
		"ASO.TIMER SET k t IN 5 COUNTS 3 => -ERR syntax error at 'COUNTS'",
		"ASO.RULE SET r k h1 TYPE tree => -ERR unknown type tree",
		"ASO.RULE SET r k h1 ORDER x => -ERR value is not an integer or out of range",
		"ASO.RULE SET r k h1 MODE maybe => -ERR MODE is enforce or observe",
		"ASO.RULE SET r "+strings.Repeat("k", 1025)+" h1 => -ERR the pattern of a rule has 1 to 1024 bytes",
		"ASO.RULE SET "+strings.Repeat("k", 129)+" k h1 => -ERR the id of a rule has 1 to 128 bytes",
		"ASO.RULE LIST x => -ERR syntax error",
	)
	if d := before.diff(e.image()); d != "" {
		t.Error(d)
	}
}

func TestRuleMatchSaysWhy(t *testing.T) {
	e := newEngine(t)
	e.load("function onGet(self, ev) end function onPut(self, ev) end")
	e.load("function onGet(self, ev) end")
	e.all("SET k v; ASO.RULE SET a * h1 EVENTS get; ASO.RULE SET b k h1; ASO.RULE SET c k h1 EVENTS get; ASO.RULE SET d k h1 TYPE list; ASO.RULE SET e k h2; ASO.RULE SET f k h1 EVENTS timer; ASO.RULE SET g x h1; ASO.ATTACH k h2")
	got := e.do("ASO.RULE MATCH k")
	at := 0
	for _, want := range []string{
		"applies|:1|$3|why|$19|the pattern matches|$4|rule|$1|a|$4|glob|$1|*|$6|events|*1|$3|get|$4|name|$2|h1|",
		"applies|:1|$3|why|$54|the pattern matches; rule a comes first for other events|$4|rule|$1|b|$4|glob|$1|k|$6|events|*1|$3|put|",
		"applies|:0|$3|why|$42|rule a comes first with the same handler|$4|rule|$1|c|",
		"applies|:0|$3|why|$44|the rule is for type list, the key has string|$4|rule|$1|d|",
		"applies|:0|$3|why|$42|the handler is attached to the key itself|$4|rule|$1|e|",
		"applies|:0|$3|why|$46|the handler has none of the events of the rule|$4|rule|$1|f|",
		"applies|:1|$3|why|$19|attached to the key|$4|rule|$-1|$4|glob|$-1|$6|events|*1|$3|get|$4|name|$2|h2|",
	} {
		want = dropLengths(want)
		i := strings.Index(dropLengths(got)[at:], want)
		if i < 0 {
			t.Fatalf("no %s in %s", want, dropLengths(got)[at:])
		}
		at += i + len(want)
	}
	if !strings.HasPrefix(got, "*7|") {
		t.Error(got)
	}
}

// dropLengths returns a reply without the lines that tell the lengths of strings.
func dropLengths(reply string) string {
	var kept []string
	for part := range strings.SplitSeq(reply, "|") {
		if !strings.HasPrefix(part, "$") || part == "$-1" {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "|")
}

// TestLoadedCodeSurvivesALowerLimit restarts with limits under which the source could not be loaded.
func TestLoadedCodeSurvivesALowerLimit(t *testing.T) {
	e := newEngine(t)
	e.all("CONFIG SET aso-max-source 1mb; SET k v")
	e.attach("function onGet(self, ev) return 'long' end --"+strings.Repeat("x", 100_000), "k")
	e.restart()
	e.steps("GET k => $4|long")
}
