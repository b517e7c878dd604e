package command_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// noting notes each firing in the object's state, and tells what it noted.
const noting = `function onTimer(self, ev)
  self.state.log = (self.state.log or "") .. table.concat({ ev.timer, ev.due, ev.late, ev.attempt, ev.data or "-" }, ":") .. ";"
end
function onMessage(self, ev)
  if ev.message == "log" then local log = self.state.log self.state.log = nil return log end
  if ev.message == "timers" then return self:timers() end
end`

// fired fails unless the firings of key since the last look are as given, times counted from base.
func (e *engine) fired(key string, base int64, want ...string) {
	e.t.Helper()
	got := strings.TrimSuffix(e.do("ASO.CALL "+key+" log"), ";")
	if i := strings.LastIndexByte(got, '|'); i >= 0 {
		got = got[i+1:]
	}
	if got == "$-1" {
		got = ""
	}
	for i, w := range want {
		parts := strings.Split(w, ":")
		var due int64
		fmt.Sscan(parts[1], &due)
		parts[1] = fmt.Sprint(base + due)
		want[i] = strings.Join(parts, ":")
	}
	if w := strings.Join(want, ";"); got != w {
		e.t.Errorf("fired %q, want %q", got, w)
	}
}

func TestTimersFireWhenDueAndOnce(t *testing.T) {
	e := newEngine(t)
	e.attach(noting, "k")
	base := e.now
	e.steps("ASO.TIMER SET k in IN 100 DATA hello => :1", fmt.Sprintf("ASO.TIMER SET k at AT %d => :1", base+150), "ASO.TIMER SET k every EVERY 200 COUNT 3 => :1",
		fmt.Sprintf("ASO.TIMER SET k until EVERY 300 UNTIL %d => :1", base+700), "EXISTS k => :0", "KEYS * => *0", "DBSIZE => :0", "RANDOMKEY => $-1", "SCAN 0 => *2|$1|0|*0")
	e.advance(99 * time.Millisecond)
	e.fired("k", base)
	e.advance(time.Millisecond)
	e.fired("k", base, "in:100:0:1:hello")
	e.advance(0)
	e.fired("k", base)
	e.advance(105 * time.Millisecond) // 205
	e.fired("k", base, "at:150:55:1:-", "every:200:5:1:-")
	e.now -= 150 // the wall clock jumps back
	e.advance(0)
	e.fired("k", base)
	e.advance(350 * time.Millisecond) // 405
	e.fired("k", base, "until:300:105:1:-", "every:400:5:1:-")
	e.advance(400 * time.Millisecond) // 805: an occurrence of until after its end is not planned
	e.fired("k", base, "every:600:205:1:-", "until:600:205:1:-")
	e.advance(time.Hour)
	e.fired("k", base)
	e.steps("ASO.TIMER LIST k => *0")
}

func TestMissedPeriodsAreSkipped(t *testing.T) {
	e := newEngine(t)
	e.attach(noting, "k")
	base := e.now
	e.steps("ASO.TIMER SET k t EVERY 100 => :1")
	e.advance(1050 * time.Millisecond)
	e.fired("k", base, "t:100:950:1:-")
	e.advance(50 * time.Millisecond)
	e.fired("k", base, "t:1100:0:1:-")
}

func TestFailedFiringIsRetriedWithBackOff(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v")
	e.attach(`function onTimer(self, ev)
  self.state.tries = (self.state.tries or 0) + 1
  self:publish("leak", "x")
  self:call("APPEND", "x")
  if ev.attempt < 4 then if ev.attempt == 2 then return deny("not yet") end error("broken") end
  self:call("APPEND", ":" .. ev.attempt .. ":" .. ev.late)
end`, "k")
	e.steps("ASO.TIMER SET k t EVERY 10000 => :1")
	due := e.now + 10_000
	e.advance(10 * time.Second)
	for wait := int64(1000); wait <= 4000; wait *= 2 {
		e.steps("GET k => $1|v")
		at := e.number("ASO.TIMER LIST k", "at")
		if late := at - e.now; late < wait || late > wait+wait/4 {
			t.Errorf("tried again after %d ms, want %d and up to a quarter more", late, wait)
		}
		e.now = at - 1
		e.advance(0)
		e.steps("GET k => $1|v")
		e.advance(time.Millisecond)
	}
	if len(e.heard) != 1 { // that of the attempt that did not fail
		t.Errorf("heard %q", e.heard)
	}
	want := fmt.Sprintf("vx:4:%d", e.now-due)
	e.steps(fmt.Sprintf("GET k => $%d|%s", len(want), want))
	if at := e.number("ASO.TIMER LIST k", "at"); at != due+10_000 {
		t.Errorf("the next occurrence is planned for %d ms after the one before, want 10000", at-due)
	}
	if got := e.do("ASO.LOG k COUNT 100"); !strings.Contains(got, "broken") {
		t.Errorf("log: %s", got)
	}
}

// number returns the integer that follows the first name in the reply to a command.
func (e *engine) number(line, name string) (n int64) {
	e.t.Helper()
	reply := e.do(line)
	_, rest, ok := strings.Cut(reply, "|"+name+"|:")
	if _, err := fmt.Sscan(strings.Split(rest, "|")[0], &n); !ok || err != nil {
		e.t.Fatalf("%s: no %s in %s", line, name, reply)
	}
	return n
}

// text is number for a string.
func (e *engine) text(line, name string) string {
	e.t.Helper()
	reply := e.do(line)
	_, rest, ok := strings.Cut(reply, "|"+name+"|$")
	if !ok {
		e.t.Fatalf("%s: no %s in %s", line, name, reply)
	}
	return strings.Split(rest, "|")[1]
}

func TestTimerIsGivenUpAfterItsLastAttempt(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onTimer(self, ev) error("broken") end`, "k")
	e.steps("ASO.TIMER SET k once IN 1 => :1", "ASO.TIMER SET k again EVERY 3600000 => :1")
	for range 40 {
		e.advance(time.Hour)
	}
	if got := e.do("ASO.TIMER LIST k"); !strings.HasPrefix(got, "*1|") || !strings.Contains(got, "again") {
		t.Errorf("left: %s", got)
	}
}

func TestTimersOfGoneObjectsNeverFire(t *testing.T) {
	for _, end := range []string{"DEL k", "SET k v PX 50", "FLUSHALL", "FLUSHDB", "GETDEL k", "ASO.DETACH k", "ASO.TIMER DEL k t", "EXPIRE k -1"} {
		e := newEngine(t)
		e.all("SET k v")
		e.attach(`function onTimer(self, ev) self:publish("fired", self.key) end`, "k")
		e.all("ASO.TIMER SET k t IN 100")
		e.all(end)
		e.advance(time.Hour)
		if len(e.heard) > 0 {
			t.Errorf("%s: heard %q", end, e.heard)
		}
		e.steps("ASO.TIMER LIST k => *0")
	}
}

func TestTimersGoWithTheObject(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v; SET c v")
	e.attach(`function onTimer(self, ev) self.state.n = (self.state.n or 0) + 1 self:publish("fired", self.key .. self.state.n) end`, "k")
	e.all("ASO.TIMER SET k t EVERY 100")
	e.advance(100 * time.Millisecond)
	e.steps("RENAME k l => +OK", "COPY l c REPLACE => :1", "ASO.TIMER LIST c => *0", "ASO.TIMER LIST k => *0")
	e.advance(100 * time.Millisecond)
	e.steps("MOVE l 1 => :1")
	e.advance(100 * time.Millisecond)
	e.steps("SWAPDB 1 2 => +OK")
	e.advance(100 * time.Millisecond)
	e.steps("SELECT 2 => +OK", "GET l => $1|v")
	if got := fmt.Sprint(e.heard); got != "[fired k1 fired l2 fired l3 fired l4]" {
		t.Errorf("heard %s", got)
	}
}

func TestTimerLimits(t *testing.T) {
	e := newEngine(t)
	e.attach(noting, "k")
	for i := range 64 {
		e.all(fmt.Sprintf("ASO.TIMER SET k t%d IN %d", i, 1000+i))
	}
	e.steps("ASO.TIMER SET k more IN 1 => -ASOLIMIT timers 64 an object", "ASO.TIMER SET k t5 IN 9 => :0", "ASO.TIMER SET k t5 IN 9 NX => $-1",
		"ASO.TIMER SET k more IN 9 XX => $-1", "ASO.TIMER DEL k t5 => :1", "ASO.TIMER DEL k t5 => :0", "ASO.TIMER SET k more IN 1 => :1",
		"ASO.TIMER SET k t1 => -ERR…", "ASO.TIMER SET k t1 IN 1 EVERY 2 => -ERR…", "ASO.TIMER SET k t1 IN -1 => -ERR…", "ASO.TIMER SET k t1 IN x => -ERR invalid timer time: want milliseconds, or 500ms, 10s, 5m, 2h, 1d", "ASO.TIMER SET k t1 IN -5s => -ERR…", "ASO.TIMER SET k t1 EVERY 0s => -ERR…", "ASO.TIMER SET k t1 IN 1e9d => -ERR…", "ASO.TIMER SET k t1 AT 5m => -ERR…", "ASO.TIMER SET k t1 IN 99999999d => -ERR…",
		"ASO.TIMER SET k t1 EVERY 0 => -ERR…", "ASO.TIMER SET k t1 IN 5 COUNT 0 => -ERR…", "ASO.TIMER SET k t1 IN 5 NX XX => -ERR…",
		"ASO.TIMER SET k t1 AT 9000000000000000000 => :0", "ASO.TIMER SET k t1 IN 5 DATA "+strings.Repeat("x", 70_000)+" => -ASOLIMIT timers 65536 bytes an object")
	e.advance(time.Hour)
	e.steps("ASO.TIMER LIST k => *1|*32|$4|name|$2|t1|$2|at|:9000000000000000000|$3|due|:9000000000000000000|$5|every|:0|$4|cron|$0||$2|tz|$0||$6|jitter|:0|$7|catchup|$3|one|$5|retry|:15|$5|count|:0|$5|until|:0|$7|attempt|:0|$5|error|$0||$4|late|:-1|$5|again|$0||$4|data|$0|")
}

// A timer that arms itself for now must not keep the others from firing, nor the clock from going on.
func TestTimerThatArmsItselfLeavesTime(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onTimer(self, ev) self.state.n = (self.state.n or 0) + 1 self:timer("t", { in_ms = 0 }) self:timer("u", { at = 1 }) end
function onMessage(self, ev) return self.state.n end`, "k")
	e.steps("ASO.TIMER SET k t IN 0 => :1")
	e.advance(0)
	e.steps("ASO.CALL k n => :1")
	e.advance(time.Millisecond)
	e.steps("ASO.CALL k n => :2") // t; it moved u, too
}

// TestWrongArgumentsAreNamed calls the methods of self with what they do not take.
func TestWrongArgumentsAreNamed(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onMessage(self, ev)
  local calls = {
    call = function() self:call() end, table = function() self:call("SET", {}) end, key = function() self:call("HSET", self.key, "f", "v") end,
    expire = function() self:expire("1h") end, send = function() self:send("to") end, option = function() self:send("to", "m", nil, { delay = true }) end,
    publish = function() self:publish("c") end, cancel = function() self:cancel() end, reply = function() self:reply() end, emit = function() self:emit("") end,
  }
  calls[ev.message]()
end`, "k")
	for call, want := range map[string]string{
		"call": "bad argument: self:call wants the name of a command, got nil", "table": "bad argument: a command wants strings and numbers, got a table",
		"key":    "ERR wrong number of arguments for 'hset' command (the key is named already: leave it out)",
		"expire": `bad argument: self:expire wants a whole number from 1 to 3153600000000, got "1h"`, "send": "bad argument: self:send wants the name of a message, got nil",
		"option": "bad argument: delay wants a whole number from 0 to 3153600000000, got true", "publish": "bad argument: self:publish wants a message, a string or a number, got nil",
		"cancel": "bad argument: self:cancel wants the name of a timer, got nil", "reply": "bad argument: self:reply wants ev.reply_to and a payload, got nil",
		"emit": `bad argument: self:emit wants the name of an event and a payload, got ""`,
	} {
		if got := e.run("ASO.CALL", "k", call); !strings.HasPrefix(got, "-ASOFAIL") || !strings.HasSuffix(got, want) {
			t.Errorf("%s: %s, want %s", call, got, want)
		}
	}
}

func TestHandlersTimers(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onMessage(self, ev)
  local p = ev.payload
  if ev.message == "set" then return self:timer(p[1], { in_ms = tonumber(p[2]), data = p[3] }) and "new" or "old" end
  if ev.message == "bad" then return self:timer("x", { [p] = 1 }) end
  if ev.message == "none" then return self:timer("x", {}) end
  if ev.message == "cancel" then return self:cancel(p) and 1 or 0 end
  if ev.message == "json" then return self:timer("x", cjson.decode(p)) end
  if ev.message == "gone" then self:delete() self:timer("x", { in_ms = 1 }) end
  local names = {}
  for i, t in ipairs(self:timers()) do names[i] = t.name .. "@" .. (t.at - ev.now) .. (t.data or "") end
  return names
end`, "k")
	e.steps("SET k v => +OK", "ASO.CALL k set b 200 x => $3|new", "ASO.CALL k set a 100 y => $3|new", "ASO.CALL k set b 50 z => $3|old", "ASO.CALL k list => *2|$5|b@50z|$6|a@100y",
		"ASO.CALL k cancel b => :1", "ASO.CALL k cancel b => :0", "ASO.CALL k bad jitters => -ASOFAIL…", "ASO.CALL k none => -ASOFAIL…", "ASO.CALL k gone => -ASOFAIL…", "GET k => $1|v")
	for options, want := range map[string]string{
		`{"in_ms":1,"at":2}`:          "in_ms and at exclude each other",
		`{"every":5,"count":0}`:       "bad argument: count wants a whole number from 1 to 9007199254740992, got 0",
		`{"every":5,"until_ms":0}`:    "bad argument: until_ms wants a whole number from 1 to 9007199254740992, got 0",
		`{"every":5,"bogus":1}`:       "unknown timer option bogus",
		`{"bogus":"x"}`:               "unknown timer option bogus",
		`{"in_ms":"5m"}`:              `bad argument: in_ms wants a whole number from 0 to 3153600000000, got "5m"`,
		`{"in_ms":1.5}`:               "bad argument: in_ms wants a whole number from 0 to 3153600000000, got 1.5",
		`{"in_ms":5,"catchup":"no"}`:  `bad argument: catchup wants "one", "skip" or "all", got "no"`,
		`{"in_ms":5,"data":{"a":[]}}`: "bad argument: data wants a string, of a table that of cjson.encode, got a table",
		`5`:                           "bad argument: self:timer wants a name and a table of options, got 5",
	} {
		if got := e.run("ASO.CALL", "k", "json", options); !strings.HasSuffix(got, want) {
			t.Errorf("%s: %s", options, got)
		}
	}
	for _, options := range []string{`{"in_ms":1,"every":5}`, `{"at":2,"every":5}`, `{"every":5,"count":1}`} {
		if got := e.run("ASO.CALL", "k", "json", options); strings.HasPrefix(got, "-") {
			t.Errorf("%s: %s", options, got)
		}
	}
}

// TestCrashBetweenUnits stops the world after every journal unit, loads what is there, and lets time go on: each occurrence of a timer
// shows exactly once, however the firings spread over the crash.
func TestCrashBetweenUnits(t *testing.T) {
	const body = `function onTimer(self, ev)
  local n = (self.state.n or 0) + 1
  self.state.n = n
  if n % 3 == 0 and ev.attempt == 1 then self.state.n = n error("sometimes") end
  self:call("RPUSH", ev.timer .. ":" .. ev.due)
end`
	e := newEngine(t)
	e.attach(body, "log")
	base := e.now
	e.all("ASO.TIMER SET log a EVERY 1000 COUNT 5 CATCHUP all; ASO.TIMER SET log b IN 1700; ASO.TIMER SET log c EVERY 700 COUNT 4 CATCHUP all")
	begin := len(e.units)
	for range 100 {
		e.advance(100 * time.Millisecond)
	}
	want := e.do("LRANGE log 0 -1")
	if n := strings.Count(want, "$"); n != 10 {
		t.Fatalf("%d firings: %s", n, want)
	}
	for cut := begin; cut <= len(e.units); cut++ {
		crashed := newEngine(t)
		crashed.units = nil
		crashed.now = base
		loader := crashed.ks.NewLoader()
		for i, unit := range e.units[:cut] {
			if err := loader.Unit(uint64(i+1), append([]byte(nil), unit...)); err != nil {
				t.Fatal(err)
			}
		}
		loader.Close()
		for range 200 {
			crashed.advance(100 * time.Millisecond)
		}
		got := crashed.do("LRANGE log 0 -1")
		if !slices.Equal(sortedLines(got), sortedLines(want)) {
			t.Fatalf("crash after unit %d of %d:\n got %s\nwant %s", cut, len(e.units), got, want)
		}
	}
}

func sortedLines(reply string) []string {
	return slices.Sorted(strings.SplitSeq(reply, "|"))
}

// A firing records the object's section once, whether onTimer changes the state or not.
func TestFiringIsRecordedOnce(t *testing.T) {
	for _, body := range []string{
		`function onTimer(self, ev) end`, `function onTimer(self, ev) self.state.n = ev.due self:call("INCR") end`,
		`function onTimer(self, ev) self:call("INCR") self:cancel("other") end`,
	} {
		e := newEngine(t)
		e.attach(body, "k")
		e.all("ASO.TIMER SET k regular EVERY 100; ASO.TIMER SET k other IN 5000")
		e.units = nil
		e.advance(100 * time.Millisecond)
		if n := strings.Count(string(e.units[0]), "regular"); len(e.units) != 1 || n != 1 {
			t.Errorf("%s: %d units, %d sections", body, len(e.units), n)
		}
	}
}

// TestTimersTakeUnits compares durations with units with what they are in milliseconds.
func TestTimersTakeUnits(t *testing.T) {
	e := newEngine(t)
	e.attach("function onTimer(self, ev) end", "k")
	for units, ms := range map[string]string{
		"IN 500ms": "IN 500", "IN 10s JITTER 2s": "IN 10000 JITTER 2000", "IN 5m": "IN 300000", "IN 2h": "IN 7200000", "IN 1d": "IN 86400000", "IN 1.5s": "IN 1500", "IN 0s": "IN 0",
		"EVERY 1m JITTER 1500ms": "EVERY 60000 JITTER 1500", "EVERY 30d": "EVERY 2592000000",
	} {
		listed := [2]string{}
		for i, when := range []string{units, ms} {
			e.do("ASO.TIMER SET k t " + when)
			listed[i] = e.do("ASO.TIMER LIST k")
			e.all("ASO.TIMER DEL k t")
		}
		if listed[0] != listed[1] || !strings.Contains(listed[0], "|$1|t|") {
			t.Errorf("%s is\n%s, want\n%s", units, listed[0], listed[1])
		}
	}
}
