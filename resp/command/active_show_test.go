package command_test

import (
	"strings"
	"testing"
	"time"
)

// shows fails unless a reply has all of these parts.
func (e *engine) shows(line string, parts ...string) {
	e.t.Helper()
	got := e.do(line)
	for _, part := range parts {
		if !strings.Contains(got, part) {
			e.t.Errorf("%s: no %s in %s", line, part, got)
		}
	}
}

func TestShowTellsWhyHandlersAct(t *testing.T) {
	e := newEngine(t)
	e.attach("function onGet(self, ev) end", "k")
	e.load("function onUpdate(self, ev) end")
	e.all("SET k v; ASO.RULE SET all * h2; ASO.RULE SET lists * h2 TYPE list ORDER 5; ASO.RULE SET own * h1; ASO.RULE SET other x* h2")
	e.shows("ASO.SHOW k", "|handlers|*4|*20|$7|applies|:1|$3|why|$19|the pattern matches|$4|rule|$3|all|", "|the handler is attached to the key itself|$4|rule|$3|own|",
		"|the rule is for type list, the key has string|$4|rule|$5|lists|", "|$3|why|$19|attached to the key|$4|rule|$-1|")
	shown, matched := e.do("ASO.SHOW k"), e.do("ASO.RULE MATCH k")
	if !strings.Contains(shown, "|handlers|"+matched) {
		t.Errorf("%s has not %s", shown, matched)
	}
}

func TestShowCountsMessagesAndWaiters(t *testing.T) {
	e := takers(t, "k", "l", "{k}m")
	e.all("ASO.SEND k a; ASO.SEND k b IN 5000; ASO.CALL k send l hello; ASO.CALL k send {k}m hello; ASO.CALL l send k back")
	e.now += 300
	e.shows("ASO.SHOW k", "|$11|messages_to|*6|$7|pending|:3|$8|retrying|:0|$6|age_ms|:300|", "|messages_from|*6|$7|pending|:2|$8|retrying|:0|$6|age_ms|:300|", "|clients_waiting|:0|")
	e.shows("ASO.SHOW l", "|messages_to|*6|$7|pending|:1|", "|messages_from|*6|$7|pending|:1|")
	e.shows("ASO.SHOW none", "|messages_to|*6|$7|pending|:0|", "|messages_from|*6|$7|pending|:0|")
	e.steps("MULTI => +OK", "ASO.SHOW k => +QUEUED")
	e.shows("EXEC", "|$11|messages_to|*6|$7|pending|:3|", "|messages_from|*6|$7|pending|:2|")
	e.all("ASO.SEND k c ID once")
	e.advance(0)
	e.shows("ASO.SHOW k", "|messages_to|*6|$7|pending|:1|", "|messages_from|*6|$7|pending|:0|", "|dedup_ids|:1|")
}

func TestShowTellsOfTimersAndBudgets(t *testing.T) {
	e := newEngine(t)
	e.attach("function onTimer(self, ev) if ev.timer == 'bad' then error('broken') end end\nfunction onGet() end", "k")
	e.all("SET k v; ASO.TIMER SET k good EVERY 100; ASO.TIMER SET k bad EVERY 100; ASO.LIMIT SET HANDLER h1 RUNS 1000 WINDOW 1000; ASO.LIMIT SET PREFIX k* FUEL 1000000 WINDOW 1000; ASO.LIMIT SET PREFIX x* RUNS 1 WINDOW 1; ASO.LIMIT SET HANDLER h2 RUNS 1 WINDOW 1")
	e.shows("ASO.TIMER LIST k", "|$5|error|$0||$4|late|:-1|")
	e.advance(150 * time.Millisecond)
	e.shows("ASO.SHOW k", "|$7|attempt|:0|$5|error|$0||$4|late|:50|", "|$7|attempt|:1|$5|error|$", "broken|$4|late|:50|", "|budgets|*2|*22|$5|scope|$6|prefix|$4|name|$2|k*|", "|$5|scope|$7|handler|$4|name|$2|h1|$6|window|:1000|")
	e.advance(107 * time.Millisecond)
	e.shows("ASO.SHOW k", "|$4|late|:57|")
}

// TestShowHidesWhatOthersMayNotSee compares what users with more and fewer rights see.
func TestShowHidesWhatOthersMayNotSee(t *testing.T) {
	e := newEngine(t)
	if got := e.run("ASO.LOAD", "#!lua name=p\nparams = {pw = {}}\nfunction onGet(self, ev) self.state.seen = 'st4te' end"); !strings.HasPrefix(got, "$") {
		t.Fatal(got)
	}
	e.all("SET k v; ASO.ATTACH k p PARAM pw s3cret; ASO.RULE SET r r* p PARAM pw s3cret; GET k")
	e.all("ACL SETUSER a on nopass ~* +@all; ACL SETUSER b on nopass ~* +@all -@asoadmin; ACL SETUSER c on nopass %R~* +@all; ACL SETUSER d on nopass ~* +@all -aso.code")
	see := func(user string, state, params bool) {
		t.Helper()
		e.all("AUTH " + user + " x")
		for _, line := range []string{"ASO.SHOW k", "ASO.RULE LIST", "ASO.RULE MATCH k", "ASO.RULE MATCH r"} {
			got := e.do(line)
			if strings.Contains(got, "s3cret") != params || strings.Contains(got, "|params|$8|(hidden)|") == params {
				t.Errorf("%s, parameters: %s: %s", user, line, got)
			}
			if line == "ASO.SHOW k" && (strings.Contains(got, "st4te") != state || strings.Contains(got, "|state|$8|(hidden)|") == state) {
				t.Errorf("%s, state: %s", user, got)
			}
		}
		e.all("AUTH default x")
	}
	see("a", true, true)
	see("b", false, false)
	see("c", false, true)
	see("d", true, false)
	e.all("AUTH b x")
	e.steps("ASO.STATE k => -NOPERM…", "ASO.ERRORS => -NOPERM…")
}
