package command_test

import (
	"strings"
	"testing"
)

// TestDumpShowsNoMoreThanGet has handlers that hide, make or refuse the value.
func TestDumpShowsNoMoreThanGet(t *testing.T) {
	for body, want := range map[string]string{
		`return missing()`:         "$-1",
		`return deny("not yours")`: "-ASODENY not yours",
		`return "made"`:            "-ASODENY the value is made when it is read, and cannot be stored under another key",
		`error("broken")`:          "-ASOFAIL …",
	} {
		e := newEngine(t)
		e.all("SET k secret")
		e.attach("function onGet(self, ev) "+body+" end", "k")
		e.steps("DUMP k => "+want, "ASO.RAW ON => +OK")
		if got := e.do("DUMP k"); !strings.Contains(got, "secret") {
			t.Errorf("an operator sees %q", got)
		}
	}
	e := newEngine(t)
	e.all("SET k open")
	e.attach("function onGet(self, ev) self.state.reads = (self.state.reads or 0) + 1 end", "k")
	if got := e.do("DUMP k"); !strings.Contains(got, "open") {
		t.Errorf("accepted: %q", got)
	}
	e.steps("ASO.STATE k GET reads => $1|1")
}

// TestHandlersJudgeWhatIsRestored has handlers that refuse, keep and replace.
func TestHandlersJudgeWhatIsRestored(t *testing.T) {
	for _, c := range []struct{ setup, body, reply, value string }{
		{"", `return deny("no")`, "-ASODENY no", "$-1"},
		{"SET k old", `return deny("no")`, "-ASODENY no", "$3|old"},
		{"SET k old", `return keep()`, "+OK", "$3|old"},
		{"RPUSH k a", `return deny("no")`, "-ASODENY no", "-WRONGTYPE Operation against a key holding the wrong kind of value"},
		{"SET k old", `return ev.new .. "!"`, "+OK", "$6|WORD!"},
	} {
		e := newEngine(t)
		e.all(c.setup)
		e.attach("function onPut(self, ev) "+c.body+" end function onUpdate(self, ev) "+c.body+" end", "k")
		word := strings.ToUpper(payload[2:7])
		e.steps("RESTORE k 0 "+payload+" REPLACE => "+c.reply, "GET k => "+strings.ReplaceAll(c.value, "WORD", strings.ToLower(word)))
	}
}

// TestStateAndTimersStayWhenAValueIsRestored restores over an object, as SET writes over one.
func TestStateAndTimersStayWhenAValueIsRestored(t *testing.T) {
	e := newEngine(t)
	e.all("SET k old")
	e.attach("function onUpdate(self, ev) self.state.n = (self.state.n or 0) + 1 end function onTimer(self, ev) end", "k")
	e.steps("ASO.TIMER SET k t IN 60000 => :1", "RESTORE k 5000 "+payload+" REPLACE => +OK", "ASO.STATE k GET n => $1|1", "PTTL k => :5000")
	if got := e.do("ASO.TIMER LIST k"); !strings.Contains(got, "t") || strings.HasPrefix(got, "*0") {
		t.Errorf("timers: %s", got)
	}
}
