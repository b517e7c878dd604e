package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// loadAs loads a version of a handler and returns the version.
func (e *engine) loadAs(name, body string) string {
	e.t.Helper()
	e.versionsOf(name, body)
	return e.versions[len(e.versions)-1]
}

const (
	countsOne = `function onGet(self, ev) self.state.n = (self.state.n or 0) + 1 return "one " .. self.state.n end`
	countsTwo = `
function onAttach(self, ev)
  if not ev.from then return end
  if self.key == "refuses" then return deny("not me") end
  if self.key == "fails" then self.state.total = 1 error("no") end
  self.state.total, self.state.n = self.state.n * 100, nil
end
function onGet(self, ev) self.state.total = self.state.total + 1 return "two " .. self.state.total end`
)

func TestAliasMovesObjectsAtTheirNextEvent(t *testing.T) {
	for _, how := range []string{"ASO.ATTACH moves h@live; ASO.ATTACH refuses h@live; ASO.ATTACH fails h@live; ASO.ATTACH pinned h", "ASO.RULE SET r * h@live; ASO.ATTACH pinned h", "ASO.RULE SET r * h"} {
		e := newEngine(t)
		one := e.loadAs("h", countsOne)
		e.all("ASO.ALIAS SET h live " + one + "; SET moves v; SET refuses v; SET fails v; SET pinned v")
		e.all(how)
		e.steps("GET moves => $5|one 1", "GET refuses => $5|one 1", "GET fails => $5|one 1", "GET pinned => $5|one 1")
		two := e.loadAs("h", countsTwo)
		e.all("ASO.ALIAS SET h live " + two)
		if how == "ASO.RULE SET r * h" {
			e.all("ASO.RULE SET r * h; ASO.ATTACH pinned h@" + one)
		}
		e.restart()
		e.steps(
			"GET moves => $7|two 101",
			"GET moves => $7|two 102",
			"GET refuses => $5|one 2",
			"GET refuses => $5|one 3",
			"GET fails => $5|one 2",
			"GET pinned => $5|one 2",
		)
		if got := e.do("ASO.LIST"); !strings.Contains(got, "$8|migrated|:4|$6|stayed|:3|") {
			t.Errorf("%s: %s", how, got)
		}
		if got := e.do("ASO.LOG refuses"); strings.Count(got, "ASODENY not me") != 2 {
			t.Errorf("%s: %s", how, got)
		}
		if got := e.do("ASO.DROP h@" + one); !strings.HasPrefix(got, "-ASOINUSE h@"+one+" is used by 3 objects") {
			t.Errorf("%s: %s", how, got)
		}
	}
}

func TestAttachingAnotherVersionTellsTheOneBefore(t *testing.T) {
	e := newEngine(t)
	one := e.loadAs("h", "function onAttach(self, ev) self.state.from = ev.from or 'nothing' end function onMessage(self, ev) return self.state.from end")
	e.steps("ASO.ATTACH k h => :1", "ASO.CALL k m => $7|nothing")
	e.loadAs("h", "-- 2\nfunction onAttach(self, ev) self.state.from = ev.from end function onMessage(self, ev) return self.state.from end")
	e.steps("ASO.ATTACH k h => :0", "ASO.CALL k m => $12|"+one)
}

// TestOnlyTheHandlerThatIsAttachedIsAsked attaches a second handler: the first has been asked already.
func TestOnlyTheHandlerThatIsAttachedIsAsked(t *testing.T) {
	e := newEngine(t)
	e.attach("function onAttach(self, ev) self.state.asked = (self.state.asked or 0) + 1 if self.state.asked > 1 then return deny('again') end end", "k")
	e.attach("function onAttach(self, ev) end", "k")
}

func TestCanaryShareIsTheSameAfterARestart(t *testing.T) {
	e := newEngine(t)
	one := e.loadAs("h", "function onGet(self, ev) return '1' end")
	two := e.loadAs("h", "function onGet(self, ev) return '2' end")
	e.all("ASO.ALIAS SET h live " + one + "; ASO.RULE SET r * h@live; ASO.ALIAS SET h live " + two + " CANARY 10")
	runs := func() (on map[string]bool) {
		on = map[string]bool{}
		for i := range 2000 {
			key := fmt.Sprint("key:", i)
			e.do("SET " + key + " v")
			if e.do("GET "+key) == "$1|2" {
				on[key] = true
			}
		}
		return on
	}
	before := runs()
	if n := len(before); n < 150 || n > 250 {
		t.Errorf("%d of 2000 keys run the candidate, want about 200", n)
	}
	e.restart()
	after := runs()
	e.all("ASO.ALIAS SET h live " + two + " CANARY 30")
	more := runs()
	for key := range before {
		if !after[key] || !more[key] {
			t.Fatalf("%s runs the candidate no more", key)
		}
	}
	if len(after) != len(before) || len(more) < 500 || len(more) > 700 {
		t.Errorf("%d keys, after a restart %d, with three times the share %d", len(before), len(after), len(more))
	}
	e.all("ASO.ALIAS SET h live " + two)
	if n := len(runs()); n != 2000 {
		t.Errorf("%d keys run the version that was tried", n)
	}
	e.steps("ASO.ROLLBACK h live => $14|h@"+one, "ASO.ROLLBACK h live => -ERR there is no version before h@"+one)
}

func TestTrialStopsWhenItFailsTooOften(t *testing.T) {
	e := newEngine(t)
	one := e.loadAs("h", "function onGet(self, ev) return 'old' end")
	two := e.loadAs("h", "function onGet(self, ev) if self.key == 'bad' then error('broken') end return 'new' end")
	e.all("SET good v; SET bad v; ASO.ALIAS SET h live " + one + "; ASO.RULE SET r * h@live; ASO.ALIAS SET h live " + two + " STOPON 20")
	for range 40 { // a failure of many: below the rate
		e.steps("GET good => $3|new")
	}
	for range 10 {
		e.steps("GET bad => -ASOFAIL h@" + two + ":2 broken")
	}
	e.steps("GET bad => -ASOFAIL h@"+two+":2 broken", "GET bad => $3|old", "GET good => $3|old") // 11 of 51 are more than 20 %
	if got := e.do("ASO.ALIAS LIST"); !strings.Contains(got, "candidate|$-1|") || !strings.Contains(got, "stopped|*8|$7|version|$12|"+two+"|$4|time|:"+fmt.Sprint(e.now)+"|$4|runs|:51|$6|errors|:11") {
		t.Error(got)
	}
	e.restart()
	e.steps("GET bad => $3|old")
	e.all("ASO.ALIAS SET h live " + two + " CANARY 100 STOPON 50")
	for range 19 { // too few to tell
		e.steps("GET bad => -ASOFAIL h@" + two + ":2 broken")
	}
	e.now += time.Hour.Milliseconds() // another window
	for range 19 {
		e.steps("GET bad => -ASOFAIL h@" + two + ":2 broken")
	}
	e.steps("GET bad => -ASOFAIL h@"+two+":2 broken", "GET bad => $3|old")
}

func TestAVersionInUseIsNotDropped(t *testing.T) {
	e := newEngine(t)
	one := e.loadAs("h", "function onAttach(self, ev) if ev.args[1] == 'no' then return deny('no') end end function onGet(self, ev) end")
	two := e.loadAs("h", "-- 2\nfunction onGet(self, ev) end")
	e.all("SET a v; ASO.ATTACH a h@" + one + "; ASO.ATTACH b h@" + one + "; ASO.RULE SET r x h@" + one + "; ASO.ALIAS SET h live " + one + "; COPY a c; RENAME a d")
	e.steps(
		"ASO.ATTACH no h@"+one+" => -ASODENY no", // taken back: it does not count
		"ASO.DROP h@"+one+" => -ASOINUSE h@"+one+" is used by 2 objects, 1 rule, 1 alias",
		"ASO.DROP h => -ASOINUSE h@"+one+" is used by 2 objects, 1 rule, 1 alias",
	)
	e.restart()
	e.steps(
		"ASO.DROP h@"+one+" => -ASOINUSE h@"+one+" is used by 2 objects, 1 rule, 1 alias",
		"ASO.RULE DEL r => :1",
		"ASO.ATTACH b h@"+two+" => :0",
		"ASO.ALIAS SET h live "+two+" CANARY 5 => +OK",
		"ASO.DROP h@"+one+" => -ASOINUSE h@"+one+" is used by 1 object, 1 alias",
		"ASO.DETACH d => :1",
		"ASO.DROP h@"+two+" => -ASOINUSE h@"+two+" is used by 1 object, 1 alias",
		"ASO.ALIAS SET h live "+two+" => +OK",
		"ASO.DROP h@"+one+" => :1",
		"ASO.DROP h@"+one+" => -ASONOHANDLER no handler h@"+one,
		"ASO.ATTACH e h@live => :1",
		"ASO.ALIAS DEL h live => -ASOINUSE h@live is used by 1 object",
		"FLUSHALL => +OK",
		"ASO.ALIAS DEL h live => :1",
		"ASO.ALIAS DEL h live => :0",
		"ASO.DROP h => :1",
		"ASO.ATTACH e h => -ASONOHANDLER no handler h",
	)
}

func TestRollbackOfANameIsThatOfLatest(t *testing.T) {
	e := newEngine(t)
	version := func(n int) string { return fmt.Sprintf("function onGet(self, ev) return '%d' end", n) }
	one, two, three := e.loadAs("h", version(1)), e.loadAs("h", version(2)), e.loadAs("h", version(3))
	e.all("SET k v; SET pinned v; ASO.ATTACH k h@latest; ASO.ATTACH pinned h")
	e.steps(
		"GET k => $1|3",
		"ASO.ROLLBACK h => $14|h@"+two,
		"GET k => $1|2",
		"GET pinned => $1|3",
		"ASO.ATTACH pinned h => :0",
		"GET pinned => $1|2",
		"ASO.ROLLBACK h => $14|h@"+one,
		"ASO.ROLLBACK h => -ERR there is no version before h@"+one,
	)
	e.restart()
	e.steps("GET k => $1|1", "ASO.ALIAS h latest "+three+" => +OK", "GET k => $1|3", "ASO.ROLLBACK h => $14|h@"+one, "GET k => $1|1")
	e.loadAs("h", version(4))
	e.steps("GET k => $1|4", "ASO.ROLLBACK h => $14|h@"+three)
}

func TestAliasCommandsRefuseWhatMakesNoSense(t *testing.T) {
	e := newEngine(t)
	v := e.loadAs("h", "params = { n = { type = 'int', default = 1 } } function onGet(self, ev) end")
	w := e.loadAs("h", "params = { m = { type = 'int', default = 1 } } function onGet(self, ev) end")
	e.all("ASO.ALIAS SET h live " + v + "; ASO.RULE SET r k h@live PARAM n 2")
	before := e.image()
	e.steps(
		"ASO.ALIAS SET h other "+v+" CANARY 10 => -ERR there is no version before: CANARY and STOPON need one",
		"ASO.ALIAS SET h live "+w+" CANARY 0 => -ERR a percentage is from 0.01 to 100",
		"ASO.ALIAS SET h live "+w+" STOPON 101 => -ERR a percentage is from 0.01 to 100",
		"ASO.ALIAS SET h live "+w+" STOPON => -ERR syntax error",
		"ASO.ALIAS SET h live "+w+" => -ASOPARAM rule r: …",
		"ASO.ALIAS SET h a@b "+w+" => -ERR an alias has…",
		"ASO.ALIAS SET h "+w+" "+w+" => -ERR an alias has…",
		"ASO.ALIAS SET g live "+w+" => -ASONOHANDLER…",
		"ASO.ALIAS LIVE h => -ERR wrong number of arguments for 'aso.alias' command",
		"ASO.ROLLBACK g => -ASONOHANDLER no handler g@latest",
	)
	if d := before.diff(e.image()); d != "" {
		t.Error(d)
	}
}
