package command_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// explain returns the reply of ASO.EXPLAIN, flat.
func (e *engine) explain(line string) []string {
	e.t.Helper()
	words := strings.Fields(strings.NewReplacer(`""`, "x", "payload", payload).Replace(line))
	reply := e.run(append([]string{"ASO.EXPLAIN", explainedKey(words)}, words...)...)
	return strings.Split(reply, "|")
}

// explainedKey returns a key of a command.
func explainedKey(words []string) string {
	switch words[0] {
	case "LMPOP", "ZMPOP", "OBJECT", "MEMORY", "XGROUP", "XINFO", "ASO.TIMER", "SINTERCARD", "ZUNION", "ZINTER", "ZDIFF", "ZINTERCARD", "ASO.STATE", "BITOP", "PFDEBUG":
		return words[2]
	case "EVAL", "EVAL_RO", "EVALSHA", "EVALSHA_RO", "FCALL", "FCALL_RO", "BLMPOP", "BZMPOP":
		return words[3]
	case "XREAD", "XREADGROUP":
		return words[slices.Index(words, "STREAMS")+1]
	}
	return words[1]
}

// eventsIn returns the events of an explanation, as those of eventCases, without those of keys that have no handlers there.
func eventsIn(reply []string) string {
	var got []string
	for i := range reply {
		if reply[i] == "event" && i+9 < len(reply) {
			name, key := strings.ToLower(strings.TrimPrefix(reply[i+2], "on")), reply[i+9]
			if name != "attach" && strings.Contains("a b c k other", key) && reply[i+5] == ":0" {
				got = append(got, key+" "+name)
			}
		}
	}
	return strings.Join(got, ",")
}

// unexplained are the commands of eventCases that cannot be explained: they are about no key.
func unexplained(e *engine, line string) bool {
	return strings.HasPrefix(strings.Join(e.explain(line), "|"), "-ERR only commands")
}

// TestExplanationsTellTheEventsOfCommands explains all commands of the table of events, on objects with and without handlers: they are those that come.
func TestExplanationsTellTheEventsOfCommands(t *testing.T) {
	t.Parallel()
	explained := 0
	for i := range eventCases {
		for _, c := range eventCases[i].rows {
			if strings.Contains(c.lines, ";") || len(strings.Fields(c.lines)) < 2 {
				continue
			}
			for _, body := range []string{tellerOf(), "function onEvict() end", ""} {
				e := newEngine(t)
				e.all(c.setup)
				c.loadFunctions(e)
				if body != "" {
					e.attach(body, "a", "b", "c")
				}
				if unexplained(e, c.lines) {
					continue
				}
				e.heard = nil
				before, units, seen := e.image(), len(e.units), e.seen()
				reply := e.explain(c.lines)
				if got := eventsIn(reply); got != c.want {
					t.Errorf("%s; %s\n got %q\nwant %q", c.setup, c.lines, got, c.want)
				}
				if d := before.diff(e.image()); d != "" || len(e.units) != units || len(e.heard) > 0 || e.seen() != seen {
					t.Errorf("%s; %s changed %s %d %q", c.setup, c.lines, d, len(e.units)-units, e.heard)
				}
				explained++
			}
		}
	}
	if explained < 600 {
		t.Errorf("only %d were explained", explained)
	}
}

// acting returns the handlers of the only event of an explanation, each as name, whether it acts, and why.
func (e *engine) acting(line string) string {
	e.t.Helper()
	var all []string
	reply := e.explain(line)
	for i := range reply {
		if reply[i] == "acts" {
			name := slices.Index(reply[i:], "name") + i + 2
			all = append(all, fmt.Sprintf("%s%s %s", reply[name], reply[i+1], reply[i+5]))
		}
	}
	return strings.Join(all, "; ")
}

func TestExplanationsTellWhoActsAndWhy(t *testing.T) {
	e := newEngine(t)
	e.attach("function onPut() end function onUpdate() end", "k")
	e.load("function onGet() end function onUpdate() end")
	e.load("function onUpdate() end")
	e.load("function onUpdate() end")
	e.all("SET k v; ASO.RULE SET r1 k* h2 ORDER 5; ASO.RULE SET r2 k h3 EVENTS get update ORDER 2 MODE observe; ASO.RULE SET r3 * h4 TYPE hash; ASO.RULE SET r4 * h1; ASO.RULE SET r5 x h2; ASO.RULE SET r6 * h2 EVENTS get ORDER 7; ASO.RULE SET r7 * h2 ORDER 8")
	const typed, own = "h4:0 the rule is for type hash, the key has string; ", "h1:0 the handler is attached to the key itself; "
	for line, want := range map[string]string{
		"SET k w": typed + own + "h3:1 the pattern matches; h2:1 the pattern matches; h2:0 the rule is not for onUpdate; h2:0 rule r1 comes first with the same handler; h1:1 attached to the key",
		"GET k":   typed + own + "h3:0 the version has no onGet; h2:1 the pattern matches; h2:0 rule r1 comes first with the same handler; h2:0 rule r1 comes first with the same handler; h1:0 the version has no onGet",
		"SET y w": "h4:0 the rule is for type hash, the key has string; h1:1 the pattern matches; h2:0 the rule is not for onPut; h2:0 the version has no onPut",
		"GET y":   "",
	} {
		if got := e.acting(line); got != want {
			t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
	// What the explanation says is what a dry run does.
	if got := e.do("ASO.DRYRUN k -- SET k w"); !ordered(got, "h3@", "observe", "h2@", "h1@") {
		t.Error(got)
	}
}

// ordered reports whether parts stand in text in their order.
func ordered(text string, parts ...string) bool {
	for _, part := range parts {
		_, rest, ok := strings.Cut(text, part)
		if !ok {
			return false
		}
		text = rest
	}
	return true
}

func TestExplanationsTellOfVersionsLimitsRightsAndGrants(t *testing.T) {
	e := newEngine(t)
	e.versionsOf("h1", "limits = { instructions = 500, timers = 3, memory = '8kb' } rights = 'invoker' function onUpdate() end", "function onUpdate() end")
	e.all("ASO.GRANT SET h1 KEYS {k}*; ASO.LIMIT SET handler h1 RUNS 9 WINDOW 1000; ASO.LIMIT SET prefix k* RUNS 8 WINDOW 1000; ASO.LIMIT SET prefix z RUNS 8 WINDOW 1000; ASO.LIMIT SET user default FUEL 7000 WINDOW 1000; SET k v")
	first, second := e.versions[0], e.versions[1]
	e.all("ASO.ALIAS h1 live " + first + "; ASO.ATTACH k h1@live")
	got := strings.Join(e.explain("SET k w"), "|")
	version := func(name string) string { return name[strings.Index(name, "@")+1:] }
	if !ordered(got, "version|$12|"+version(first), "alias|$4|live", "params|*0", "mode|$7|enforce", "candidate|:0", "from|$-1", "rights|$7|invoker", "instructions|:500", "memory|:8192", "state|:65536", "timers|:3",
		"messages|:16", "hops|:8", "budgets|*3|", "$2|k*", "handler|$4|name|$2|h1", "user|$4|name|$7|default", "grant|*10|$7|handler|$2|h1", "keys|*1|$4|{k}*") {
		t.Error(got)
	}
	if strings.Contains(got, "|$1|z|") {
		t.Error("a budget of other keys: ", got)
	}
	e.all("SET k w; ASO.ALIAS h1 live " + second + " CANARY 100; ASO.GRANT DEL h1")
	got = strings.Join(e.explain("SET k x"), "|")
	if !ordered(got, "version|$12|"+version(second), "candidate|:1", "from|$12|"+version(first), "rights|$7|definer", "instructions|:100000", "grant|$-1") {
		t.Error(got)
	}
	if runs := e.number("ASO.LIMIT GET handler h1", "used-runs"); runs != 1 {
		t.Errorf("an explanation used a budget: %d runs", runs)
	}
}

func TestExplanationsOfOtherCommands(t *testing.T) {
	e := newEngine(t)
	e.attach("function onMessage() error('it runs') end function onGet() error('it runs') end function onAttach() error('it runs') end function onDelete() return keep() end function onTimer() error('it runs') end")
	e.all("SET k v; SET other v; ASO.RULE SET r k h1; ASO.TIMER SET k t IN 5000")
	e.steps("ASO.EXPLAIN k HGET k f => *8|$7|command|$4|hget|$5|waits|:0|$5|error|$65|WRONGTYPE Operation against a key holding the wrong kind of value|$6|events|*0",
		"ASO.EXPLAIN k GET other => -ERR the command does not name the key", "ASO.EXPLAIN k PING x => -ERR only commands…", "ASO.EXPLAIN k EVAL_RO return 0 k => -ERR the command does not name the key", "ASO.EXPLAIN k XREAD BLOCK 0 STREAMS s 0 => -ERR the command does not name the key",
		"ASO.EXPLAIN k ASO.EXPLAIN k GET k => -ERR only commands…", "ASO.EXPLAIN k ASO.DRYRUN k -- GET k => -ERR only commands…", "ASO.DRYRUN k -- ASO.EXPLAIN k GET k => -ERR a dry run…", "ASO.EXPLAIN k NOSUCH k => -ERR unknown command…",
		"ASO.EXPLAIN k GET k k => -ERR wrong number…", "COMMAND GETKEYS ASO.EXPLAIN k MGET k other => *1|$1|k")
	for line, want := range map[string]string{
		"ASO.CALL k m": "k message", "ASO.GET k": "k get", "ASO.TIMER FIRE k t": "k timer", "MGET k other": "k get,other get", "DEL k other": "k delete,other delete", "EXPIRE k -1": "k delete", "EXPIRE other -1": "other expire",
		"ASO.SEND k m": "",
	} {
		if got := eventsIn(e.explain(line)); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	if got := strings.Join(e.explain("ASO.ATTACH other h1"), "|"); !ordered(got, "onAttach", "key|$5|other", "acts|:1|$3|why|$19|attached to the key") {
		t.Error(got)
	}
	e.all("MULTI; ASO.EXPLAIN k GET k; DEL other; EXEC; ASO.RAW ON")
	if got := eventsIn(e.explain("GET k")); got != "" {
		t.Errorf("on a connection that goes past handlers: %s", got)
	}
	e.all("ASO.RAW OFF; ACL SETUSER u on nopass ~* +aso.explain +get")
	ses, reply := e.client()
	for line, want := range map[string]string{"ASO.EXPLAIN k GET k": "*8", "ASO.EXPLAIN k DEL k": "-NOPERM"} {
		for _, line := range []string{"AUTH u x", line} {
			reply.Reset()
			e.server.Batch(ses, [][][]byte{bytesOf(strings.Fields(line)...)})
		}
		if got := string(reply.Bytes()); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", line, got)
		}
	}
	e.all("HELLO 3")
	if got := e.do("ASO.EXPLAIN k GET k"); !strings.HasPrefix(got, "%4|$7|command|$3|get|$5|waits|:0|$5|error|_|$6|events|*1|%4|$5|event|$5|onGet|$2|db|:0|$3|key|$1|k|$8|handlers|*1|%16|") {
		t.Error(got)
	}
}

// TestExplanationsOfScriptsAndOfWaiting explains scripts of several commands, whose handlers do not run, and commands that would wait.
func TestExplanationsOfScriptsAndOfWaiting(t *testing.T) {
	e := newEngine(t)
	e.attach("function onUpdate() error('it runs') end function onGet() error('it runs') end", "a", "b")
	e.all("SET a 1; SET b 2; RPUSH list x")
	const script = "redis.call('INCR',KEYS[1]) redis.pcall('LPUSH',KEYS[1],'x') if redis.call('GET',KEYS[1]) == '2' then redis.call('SET','b','new') end return redis.call('LLEN',KEYS[2])"
	before, units := e.image(), len(e.units)
	got := strings.Split(e.run("ASO.EXPLAIN", "a", "EVAL", script, "2", "a", "list"), "|")
	if events := eventsIn(got); events != "a get,a update,a get,b update" {
		t.Errorf("%s: %q", events, got)
	}
	failing := e.run("ASO.EXPLAIN", "a", "EVAL", "redis.call('SET',KEYS[1],'w') return redis.call('LPUSH',KEYS[1],'x')", "1", "a")
	if !strings.Contains(failing, "|$5|error|$") || !strings.Contains(failing, "|WRONGTYPE ") || eventsIn(strings.Split(failing, "|")) != "a update" {
		t.Error(failing)
	}
	e.steps("ASO.EXPLAIN list BLPOP list 0 => *8|$7|command|$5|blpop|$5|waits|:0|$5|error|$-1|$6|events|*2|…", "ASO.EXPLAIN none BLPOP none 0 => *8|$7|command|$5|blpop|$5|waits|:1|$5|error|$-1|$6|events|*0",
		"ASO.EXPLAIN none XREAD BLOCK 0 STREAMS none $ => *8|$7|command|$5|xread|$5|waits|:1|$5|error|$-1|$6|events|*0", "ASO.EXPLAIN a ASO.AWAIT a put => *8|$7|command|$9|aso.await|$5|waits|:1|$5|error|$-1|$6|events|*0")
	if d := before.diff(e.image()); d != "" || len(e.units) != units || e.server.Stats.Blocked.Load() != 0 {
		t.Errorf("something has changed: %s", d)
	}
}
