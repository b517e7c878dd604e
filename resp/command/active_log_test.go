package command_test

import (
	"strings"
	"testing"
	"time"
)

// TestLogFollowsChains lets a message lead to another one, which fails, and follows what led to it through the logs.
func TestLogFollowsChains(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onMessage(self, ev)
  log(ev.id .. " " .. (ev.cause or "none"))
  if self.key == "c" then error("broken") end
  self:send(self.key == "a" and "b" or "c", "m")
end
function onError(self, ev, err) log("failed") end`, "a", "b", "c")
	e.all("ASO.CALL a m")
	e.advance(0)
	first := e.text("ASO.LOG a", "id")
	e.shows("ASO.LOG a", "|$5|cause|$0||", "|$4|text|$17|"+first+" none")
	second := e.text("ASO.LOG b", "id")
	e.shows("ASO.LOG b", "|$5|cause|$12|"+first+"|", second+" "+first)
	lines := strings.Split(e.do("ASO.LOG c"), "|*12|")
	if len(lines) != 4 {
		t.Fatal(lines)
	}
	third := lines[3][strings.Index(lines[3], "|$2|id|$12|")+len("|$2|id|$12|"):][:12]
	for i, want := range [][]string{
		1: {"|$5|cause|$12|" + third + "|", "|$7|onError|", "failed"},
		2: {"|$2|id|$12|" + third + "|$5|cause|$12|" + second + "|", "broken"},
		3: {"|$5|cause|$12|" + second + "|", third + " " + second},
	} {
		for _, part := range want {
			if !strings.Contains(lines[i], part) {
				t.Errorf("no %s in %s", part, lines[i])
			}
		}
	}
}

func TestLogNamesTheEventOfTimersAndDeaths(t *testing.T) {
	e := newEngine(t)
	e.attach("function onTimer(self, ev) log(ev.id) error('t') end\nfunction onExpire(self, ev) log(ev.id) error('e') end", "k")
	e.all("SET k v PX 500; ASO.TIMER SET k t IN 100")
	e.advance(100 * time.Millisecond)
	e.advance(400 * time.Millisecond)
	lines := strings.Split(e.do("ASO.LOG k"), "|*12|")
	if len(lines) != 5 {
		t.Fatal(lines)
	}
	for i := 1; i < 5; i += 2 { // the failure, which is newer, and what the handler logged
		id := lines[i+1][strings.LastIndex(lines[i+1], "|")+1:]
		if !strings.Contains(lines[i], "|$2|id|$12|"+id+"|") || !strings.Contains(lines[i+1], "|$2|id|$12|"+id+"|") {
			t.Errorf("%s, %s", lines[i], lines[i+1])
		}
	}
}

func TestErrorsTellOfWhatBelongsToNoObject(t *testing.T) {
	e := newEngine(t)
	one := e.loadAs("h", "function onGet(self, ev) return 'old' end")
	two := e.loadAs("h", "function onGet(self, ev) error('broken') end")
	e.all("SET k v; ASO.ALIAS SET h live " + one + "; ASO.RULE SET r * h@live; ASO.ALIAS SET h live " + two + " CANARY 100 STOPON 10")
	e.steps("ASO.ERRORS => *0")
	for range 25 {
		e.do("GET k")
	}
	e.shows("ASO.ERRORS COUNT 5", "*1|*6|$4|time|:", "|$7|subject|$12|alias h@live|$4|text|$50|version "+two+" stopped: 20 of 20 runs failed")
	e.steps("ASO.ERRORS COUNT => -ERR syntax error", "ASO.ERRORS MAX 3 => -ERR syntax error")
	e.shows("INFO aso", "aso_errors:1|")
}

func TestInfoTellsWhatIsOverdue(t *testing.T) {
	e := newEngine(t)
	e.attach("function onTimer(self, ev) end\nfunction onMessage(self, ev) if ev.message == 'bad' then error('x') end end", "k", "l")
	e.shows("INFO aso", "aso_timers_overdue:0|", "aso_timers_overdue_age_ms:0|", "aso_messages_overdue:0|", "aso_messages_overdue_age_ms:0|", "aso_messages_retrying:0|")
	e.all("ASO.TIMER SET k a IN 100; ASO.TIMER SET k b IN 200; ASO.TIMER SET l c IN 300; ASO.TIMER SET l d IN 90000; ASO.SEND k bad")
	e.now += 1000
	e.shows("INFO aso", "aso_timers_overdue:0|", "aso_messages_overdue:0|")
	e.now += 200
	e.shows("INFO aso", "aso_timers_overdue:1|", "aso_timers_overdue_age_ms:1100|", "aso_messages_overdue:1|", "aso_messages_overdue_age_ms:1200|")
	e.now += 200
	e.steps("MULTI => +OK", "INFO aso => +QUEUED")
	e.shows("EXEC", "aso_timers_overdue:2|", "aso_timers_overdue_age_ms:1300|")
	e.advance(0)
	e.shows("INFO aso", "aso_timers_overdue:0|", "aso_timers_overdue_age_ms:0|", "aso_messages_overdue:1|", "aso_messages_retrying:1|")
}
