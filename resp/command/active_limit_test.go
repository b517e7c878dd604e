package command_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"comet/aso"
)

const counting = `function onMessage(self, ev)
  if ev.message == "n" then return self.state.n or 0 end
  if ev.message == "work" then for i = 1, 3000 do end end
  self.state.n = (self.state.n or 0) + 1
  return self.state.n
end
function onUpdate(self, ev) self.state.n = (self.state.n or 0) + 1 end
function onTimer(self, ev) self.state.n = (self.state.n or 0) + 1 end
function onExpire(self, ev) self:publish("expired", self.key) end
function onError(self, ev, err) self.state.failed = true end`

// refused fails unless the line is refused by a limit, and returns the reply.
func (e *engine) refused(line, want string) {
	e.t.Helper()
	if got := e.do(line); got != "-ASOQUOTA "+want {
		e.t.Errorf("%s\n got %s\nwant -ASOQUOTA %s", line, got, want)
	}
}

func TestLimitOfRuns(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v; SET other v")
	e.attach(counting, "k", "other")
	e.all("ASO.LIMIT SET HANDLER h1 RUNS 3 WINDOW 900")
	e.steps("ASO.CALL k x => :1", "SET k w => +OK", "ASO.CALL other x => :1")
	e.refused("SET k no", "handler h1 may use 3 runs in 900 ms, again in 300 ms")
	e.steps("GET k => $1|w")
	e.now += 299
	e.refused("ASO.CALL k x", "handler h1 may use 3 runs in 900 ms, again in 1 ms")
	e.now++
	e.steps("ASO.CALL k x => :3")
	e.refused("ASO.CALL k x", "handler h1 may use 3 runs in 900 ms, again in 300 ms")
	e.now += 300
	if shown := e.do("ASO.SHOW k"); strings.Contains(shown, "failed") {
		t.Error("a refusal counts as a failure: " + shown)
	}
	e.steps("ASO.LIMIT GET HANDLER h1 => *1|*22|$5|scope|$7|handler|$4|name|$2|h1|$6|window|:900|$4|fuel|:0|$4|runs|:3|$2|ms|:0|$9|used-fuel|:0|$9|used-runs|:2|$7|used-ms|:0|$7|refused|:3|$9|postponed|:0",
		"ASO.LIMIT GET PREFIX => *0", "ASO.LIMIT DEL HANDLER h1 => :1", "ASO.LIMIT DEL HANDLER h1 => :0", "ASO.LIMIT GET => *0")
	for range 10 {
		e.all("ASO.CALL k x")
	}
	if info := e.do("INFO aso"); !strings.Contains(info, "aso_quota_refused:3|") || !strings.Contains(info, "aso_limits:0|") {
		t.Error(info)
	}
}

func TestLimitsOfPrefixAndUser(t *testing.T) {
	e := newEngine(t)
	e.all("SET a:1 v; SET b:1 v")
	e.attach(counting, "a:1", "b:1")
	e.all("ASO.LIMIT SET prefix a:* RUNS 1 WINDOW 1000; ASO.LIMIT SET USER default RUNS 3 WINDOW 3000")
	e.steps("ASO.CALL a:1 x => :1")
	e.refused("ASO.CALL a:1 x", "prefix a:* may use 1 runs in 1000 ms, again in 1000 ms")
	e.steps("ASO.CALL b:1 x => :1", "ASO.CALL b:1 x => :2") // what one limit refused the other did not count
	e.refused("ASO.CALL b:1 x", "user default may use 3 runs in 3000 ms, again in 1000 ms")
	e.all("ASO.TIMER SET b:1 t IN 5")
	e.advance(5 * time.Millisecond) // no user has caused it
	e.now += 2995
	e.steps("ASO.CALL b:1 n => :3")
}

func TestLimitOfFuelIsPaidAfterwards(t *testing.T) {
	e := newEngine(t)
	e.attach(counting, "k")
	e.all("ASO.LIMIT SET HANDLER h1 FUEL 1000 WINDOW 1000")
	e.steps("ASO.CALL k work => :1")
	reply := e.do("ASO.CALL k n")
	var again int64
	if _, err := fmt.Sscanf(reply, "-ASOQUOTA handler h1 may use 1000 instructions in 1000 ms, again in %d ms", &again); err != nil || again < 2000 {
		t.Fatal(reply, again)
	}
	e.now += again - 1
	if got := e.do("ASO.CALL k n"); !strings.HasPrefix(got, "-ASOQUOTA") {
		t.Error(got)
	}
	e.now++
	e.steps("ASO.CALL k n => :1")
	e.all("ASO.LIMIT SET HANDLER h1 MS 1 WINDOW 86400000")
	for range 10_000 {
		if strings.HasPrefix(e.do("ASO.CALL k work"), "-ASOQUOTA handler h1 may use 1 ms of run time in 86400000 ms") {
			return
		}
	}
	t.Error("run time is not limited")
}

// TestLimitPostponesTimers has many timers due at once: all fire, none earlier than the limit lets it, and none twice.
func TestLimitPostponesTimers(t *testing.T) {
	e := newEngine(t)
	const n = 50
	body := counting
	e.load(body)
	e.all("ASO.LIMIT SET HANDLER h1 RUNS 10 WINDOW 1000")
	for i := range n {
		e.all(fmt.Sprintf("ASO.RULE SET r k* h1; ASO.TIMER SET k%d t IN 100 RETRY 0", i))
	}
	e.advance(100 * time.Millisecond)
	fired := func() (count int64) {
		return e.ks.Metrics.Fired.Load()
	}
	if got := fired(); got != 10 {
		t.Fatalf("%d fired at once", got)
	}
	for passed := int64(1); passed <= 4000; passed++ {
		e.advance(time.Millisecond)
		if got := fired(); got > 10+passed/100 {
			t.Fatalf("%d fired after %d ms", got, passed)
		}
	}
	if got := fired(); got != n {
		t.Fatalf("%d fired of %d", got, n)
	}
	if dead, m := e.ks.DeadCount(), &e.ks.Metrics; dead != 0 || m.TimerErrors.Load() != 0 || m.QuotaPostponed.Load() > 2*n || m.QuotaRefused.Load() != 0 {
		t.Errorf("%d dead, %d errors, %d postponed, %d refused", dead, m.TimerErrors.Load(), m.QuotaPostponed.Load(), m.QuotaRefused.Load())
	}
	e.now += 10_000
	for i := range n {
		e.now += 1000
		e.steps(fmt.Sprintf("ASO.CALL k%d n => :1", i), fmt.Sprintf("ASO.TIMER LIST k%d => *0", i))
	}
}

// TestLimitPostponesMessages sends more messages than a limit lets be handled: all arrive, in order, and a restart loses none.
func TestLimitPostponesMessages(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onMessage(self, ev) if ev.message ~= "all" then self.state.all = (self.state.all or "") .. ev.message end return self.state.all end`, "k")
	e.all("ASO.LIMIT SET PREFIX k RUNS 2 WINDOW 1000; ASO.SEND k a; ASO.SEND k b; ASO.SEND k c; ASO.SEND k d; ASO.SEND k e")
	for range 3 {
		e.advance(0)
	}
	if n := e.ks.PendingMessages(); n != 3 {
		t.Fatalf("%d wait", n)
	}
	if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
		t.Error(d)
	}
	e.advance(499 * time.Millisecond)
	if n := e.ks.PendingMessages(); n != 3 {
		t.Errorf("%d wait", n)
	}
	for range 20 {
		e.advance(500 * time.Millisecond)
	}
	if n := e.ks.PendingMessages(); n != 0 || e.ks.DeadCount() != 0 || e.ks.Metrics.Messages.Retried.Load() != 0 {
		t.Errorf("%d wait, %d dead", n, e.ks.DeadCount())
	}
	e.steps("ASO.CALL k all => $5|abcde")
}

func TestExpiryIsNotRefused(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v PX 10")
	e.attach(counting, "k")
	e.all("ASO.LIMIT SET HANDLER h1 RUNS 1 WINDOW 1000; ASO.CALL k x")
	e.heard = nil
	e.advance(10 * time.Millisecond)
	if strings.Join(e.heard, ";") != "expired k" {
		t.Error(e.heard)
	}
}

func TestLimitsSurviveAndCountersDoNot(t *testing.T) {
	e := newEngine(t)
	e.all("ASO.LIMIT SET HANDLER a RUNS 3 WINDOW 900; ASO.LIMIT SET PREFIX p* FUEL 5 MS 7 WINDOW 60; ASO.LIMIT SET USER u RUNS 1 WINDOW 1")
	e.all("ASO.LIMIT SET USER u RUNS 2 FUEL 9 WINDOW 8; ASO.LIMIT DEL HANDLER a; FLUSHALL")
	want := fmt.Sprint(e.ks.BudgetLimits())
	if got := fmt.Sprint(e.replayed().BudgetLimits()); got != want || !strings.Contains(want, "p*") {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	ks := e.fromSnapshot()
	if got := fmt.Sprint(ks.BudgetLimits()); got != want {
		t.Errorf("from a snapshot\ngot  %s\nwant %s", got, want)
	}
	e.steps("ASO.LIMIT SET KEY k RUNS 1 WINDOW 1 => -ERR the scope of a limit is HANDLER, PREFIX or USER", "ASO.LIMIT SET USER k WINDOW 1 RUNS 1 FUEL => -ERR syntax error",
		"ASO.LIMIT SET USER k RUNS 1 RUNS 2 => -ERR an option of a limit is given twice", "ASO.LIMIT SET USER k RUNS 0 WINDOW 5 => -ERR the budget of a limit is 1 to 50000000000",
		"ASO.LIMIT SET USER k RUNS 1 FUEL 4 => -ERR a limit needs WINDOW", "ASO.LIMIT SET USER k RUNS 1 WINDOW 86400001 => -ERR WINDOW is 1 to 86400000 milliseconds",
		"ASO.LIMIT SET USER k RUNS 1 x 5 => -ERR syntax error", "ASO.LIMIT DEL x y => -ERR the scope…", "ASO.LIMIT GET x => -ERR the scope…")
}

// fromSnapshot returns a keyspace that was loaded from a snapshot alone.
func (e *engine) fromSnapshot() *aso.Keyspace {
	e.t.Helper()
	ks := aso.New(aso.Options{Now: func() int64 { return e.now }})
	l := ks.NewLoader()
	defer l.Close()
	if err := e.ks.Snapshot(context.Background(), l.Chunk); err != nil {
		e.t.Fatal(err)
	}
	return ks
}

func TestObservedRunsHaveLimitsToo(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v")
	name := e.load(`function onUpdate(self, ev) return deny("no") end`)
	e.all("ASO.ATTACH k " + name + " MODE observe; ASO.LIMIT SET HANDLER " + name + " RUNS 2 WINDOW 1000")
	for range 5 {
		e.all("SET k w")
	}
	e.steps("ASO.LOG k COUNT 1 => *1|*12|…")
	if logged := e.do("ASO.LOG k COUNT 9"); strings.Count(logged, "not observed: ASOQUOTA") != 3 || strings.Count(logged, "|observed: ") != 2 {
		t.Error(logged)
	}
}
