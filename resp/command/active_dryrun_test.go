package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"comet/aso"
	"comet/aso/randtest"
	"comet/aso/value"
)

// seen is what a dry run must not change.
func (e *engine) seen() string {
	m := &e.ks.Metrics
	hits, misses := m.Hits.Load(), m.Misses.Load()
	defer func() { m.Hits.Store(hits); m.Misses.Store(misses) }() // OBJECT counts, too
	var b strings.Builder
	fmt.Fprintln(&b, len(e.units), len(e.heard), e.ks.ActiveObjects(), e.ks.FirstDue(), e.ks.RuleCount(), e.ks.DeadCount(), usersOf(e.ks),
		hits, misses, m.Expired.Load(), m.Changes.Load(), m.Fired.Load(), m.TimerErrors.Load(), m.Missed.Load(), m.Dead.Load(), m.Lateness.Quantile(1))
	for _, c := range e.ks.Codes() {
		o := &c.Observed
		fmt.Fprintln(&b, c.Name(), c.Runs(), c.Errors(), c.Migrated.Load(), c.Stayed.Load(), o.Runs.Load(), o.Denied.Load(), o.Failed.Load(), o.Kept.Load())
	}
	for _, kind := range "shlmzx" {
		for n := range 3 {
			key := fmt.Sprintf("%c%d", kind, n)
			fmt.Fprintln(&b, key, e.run("OBJECT", "IDLETIME", key), e.ks.Log(0, []byte(key), 100), e.ks.Log(1, []byte(key), 100))
		}
	}
	return b.String()
}

// mayDryRun are the first words of lines that a dry run takes.
func mayDryRun(words []string) bool {
	if len(words) < 2 {
		return false
	}
	switch words[0] {
	case "FLUSHALL", "FLUSHDB", "SWAPDB", "SELECT", "BLPOP", "XREAD", "XREADGROUP":
		return false
	}
	return true
}

// keyOf returns the first key of a command line.
func keyOf(words []string) string {
	switch words[0] {
	case "ASO.TIMER", "XGROUP", "BITOP", "PFDEBUG":
		return words[2]
	case "LMPOP":
		return words[2]
	}
	return words[1]
}

// TestDryRunsChangeNothingAndTellTheTruth runs random commands on objects with random handlers, each first as a dry run: that leaves no trace,
// and tells the reply and the effects that the command then has.
func TestDryRunsChangeNothingAndTellTheTruth(t *testing.T) {
	t.Parallel()
	seed := randtest.Seed(t)
	compared := 0
	for round := range uint64(4) {
		r := rand.New(rand.NewPCG(seed, round))
		e := newEngine(t)
		limits := value.DefaultLimits()
		limits.PackedMax = 64
		limits.StreamNodeMaxEntries = 3
		e.ks.SetLimits(limits)
		e.load(randomHandler)
		e.load(strings.ReplaceAll(randomHandler, "0.3", "0.5"))
		e.versionsOf("h1", randomHandler, "-- 2"+randomHandler, "-- 3"+randomHandler)
		e.all("ASO.GRANT SET h1 KEYS *; ASO.GRANT SET h2 KEYS *")
		for range 80 {
			for range 3 {
				e.step(r)
			}
			e.advance(0)
			words := strings.Fields(randomCommand(r))
			if !mayDryRun(words) {
				continue
			}
			dry := append([]string{"ASO.DRYRUN", keyOf(words), "--"}, words...)
			future := append([]string{"ASO.DRYRUN", keyOf(words), "NOW", fmt.Sprint(e.now + r.Int64N(5000)), "WITH", "h2", "--"}, words...)
			image, before := e.image(), e.seen()
			e.run(future...)
			told := e.run(dry...)
			if d := image.diff(e.image()); d != "" {
				t.Fatalf("seed %d, round %d: %q: %s", seed, round, dry, d)
			}
			if after := e.seen(); after != before {
				t.Fatalf("seed %d, round %d: %q: was\n%s is\n%s", seed, round, dry, before, after)
			}
			if words[0] == "SPOP" {
				continue
			}
			units := len(e.units)
			reply := e.run(words...)
			if !strings.HasPrefix(told, "*20|$5|reply|"+reply+"|$4|runs|") {
				t.Fatalf("seed %d, round %d: %q: %q, but told %q", seed, round, words, reply, told)
			}
			if effects := effectsOf(t, e.units[units:]); !strings.Contains(told, "|$7|effects|"+effects+"|$13|notifications|") {
				t.Fatalf("seed %d, round %d: %q: %q, but told %q", seed, round, words, effects, told)
			}
			compared++
		}
	}
	if compared < 100 {
		t.Errorf("%d dry runs compared", compared)
	}
}

// effectsOf returns the effects of units as ASO.DRYRUN replies with them.
func effectsOf(t *testing.T, units [][]byte) string {
	t.Helper()
	var all []aso.Effect
	for _, unit := range units {
		effects, err := aso.ReadEffects(unit)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, effects...)
	}
	var b strings.Builder
	bulk := func(s string) { fmt.Fprintf(&b, "|$%d|%s", len(s), strings.ReplaceAll(s, "\r\n", "|")) }
	fmt.Fprintf(&b, "*%d", len(all))
	for _, e := range all {
		b.WriteString("|*6")
		for _, s := range []string{"op", e.Op, "key", e.Key, "fields"} {
			bulk(s)
		}
		fmt.Fprintf(&b, "|*%d", 2*len(e.Fields))
		for _, f := range e.Fields {
			bulk(f.Name)
			bulk(f.Text)
		}
	}
	return b.String()
}

func TestDryRunTellsAll(t *testing.T) {
	e := newEngine(t)
	e.all("SET k 1")
	e.attach(`function onUpdate(self, ev)
  self:timer("t", { in_ms = 100 }) self:cancel("old") self:publish("c", "m") log("seen " .. now()) self:expire(50) self:send("k2", "hi", { n = 1 })
  if ev.new == "9" then return deny("nine") end
end`, "k")
	e.all("ASO.TIMER SET k old IN 500")
	want := []string{
		"*20|$5|reply|+OK|", "$5|event|$8|onUpdate|", "$7|outcome|$2|ok|", "$2|op|$6|string|$3|key|$1|k|$6|fields|*4|$8|deadline|$1|0|$5|value|$1|2", "$5|event|$3|set|$3|key|$1|k", "$5|event|$6|expire|",
		"$4|what|$3|set|$3|key|$1|k|$4|name|$1|t|$2|at|:5100", "$4|what|$6|cancel|$3|key|$1|k|$4|name|$3|old|", "$7|channel|$1|c|$7|message|$1|m", "$4|text|$9|seen 5000|", "$4|sent|*1|*8|$2|to|$2|k2|$7|message|$2|hi|$7|payload|",
	}
	told := e.do("ASO.DRYRUN k NOW 5000 -- SET k 2")
	for _, w := range want {
		if !strings.Contains(told, w) {
			t.Errorf("%s is missing in %s", w, told)
		}
	}
	e.steps("ASO.DRYRUN k -- GET => -ERR wrong number of arguments for 'get' command", "ASO.DRYRUN k -- => -ERR wrong number of arguments for 'aso.dryrun' command", "ASO.DRYRUN k GET k => -ERR syntax error",
		"ASO.EXPLAIN k get => -ERR wrong number of arguments for 'get' command", "ASO.EXPLAIN k => -ERR wrong number of arguments for 'aso.explain' command")
	e.steps("ASO.DRYRUN k -- SET k 9 => *20|$5|reply|-ASODENY nine|$4|runs|*1…", "GET k => $1|1", "ASO.DRYRUN k -- SET other 1 => -ERR the command does not name the key",
		"ASO.DRYRUN none -- BLPOP none 1 => *20|$5|reply|$-1|$4|runs|*0|$7|effects|*0|…", "ASO.DRYRUN k -- FLUSHALL k => -ERR a dry run is of a command that…", "ASO.DRYRUN k -- ASO.DRYRUN k -- GET k => -ERR a dry run…",
		"ASO.DRYRUN k -- ASO.SET k v CODE x => -ERR a dry run…", "ASO.DRYRUN k SET k v => -ERR syntax error", "ASO.DRYRUN k WITH none -- GET k => -ASONOHANDLER no handler none", "ASO.DRYRUN k NOW x -- GET k => -ERR…",
		"ASO.DRYRUN k -- NONE k => -ERR unknown command…", "ASO.DRYRUN k -- GET => -ERR wrong number…")
}

func TestDryRunWithAnotherHandler(t *testing.T) {
	e := newEngine(t)
	e.all("SET k 1; SET r:1 1")
	e.attach(`function onUpdate(self, ev) return deny("one") end`, "k")
	e.load(`function onUpdate(self, ev) return deny("two") end`)
	e.load(`params = { text = { type = "string", default = "d" } }
function onUpdate(self, ev) return deny(self.params.text) end`)
	e.all("ASO.RULE SET r r:* h3 PARAM text given")
	e.steps("ASO.DRYRUN k WITH h2 -- SET k 2 => *20|$5|reply|-ASODENY two|$4|runs|*1|…", "ASO.DRYRUN k WITH h1 -- SET k 2 => *20|$5|reply|-ASODENY one|…",
		"ASO.DRYRUN r:1 WITH h2 -- SET r:1 2 => *20|$5|reply|-ASODENY two|$4|runs|*1|…", "ASO.DRYRUN r:1 WITH h3 -- SET r:1 2 => *20|$5|reply|-ASODENY given|$4|runs|*1|…",
		"ASO.DRYRUN r:1 -- SET r:1 2 => *20|$5|reply|-ASODENY given|$4|runs|*1|…", "ASO.DRYRUN new WITH h2 -- SET new 2 => *20|$5|reply|+OK|$4|runs|*0|…", "EXISTS new => :0", "SET k 2 => -ASODENY one")
}

// TestDryRunLetsNobodyElseKnow makes a list that somebody waits for, and changes a watched key.
func TestDryRunLetsNobodyElseKnow(t *testing.T) {
	e := newEngine(t)
	e.all("SET w 1; WATCH w; CONFIG SET notify-keyspace-events KEA")
	conn := &parkedConn{parked: make(chan struct{}), done: make(chan string, 1)}
	ses := e.server.NewSession(conn, &conn.reply)
	go func() {
		e.server.Batch(ses, [][][]byte{bytesOf("BLPOP", "list", "0")})
		conn.done <- string(conn.reply.Bytes())
	}()
	<-conn.parked
	if got := e.do("ASO.DRYRUN list -- RPUSH list x"); !strings.HasPrefix(got, "*20|$5|reply|:1|") {
		t.Error(got)
	}
	e.do("ASO.DRYRUN w -- SET w 2")
	if len(e.heard) != 0 {
		t.Errorf("heard %q", e.heard)
	}
	if n := e.server.Stats.Blocked.Load(); n != 1 {
		t.Errorf("%d clients wait", n)
	}
	e.steps("MULTI => +OK", "GET w => +QUEUED", "EXEC => *1|$1|1", "RPUSH list y => :1")
	if got := <-conn.done; got != "*2\r\n$4\r\nlist\r\n$1\r\ny\r\n" {
		t.Errorf("%q", got)
	}
}
