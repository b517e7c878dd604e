package command_test

import (
	"strings"
	"testing"

	"comet/aso"
	"comet/resp/wire"
)

const doubling = "redis.call('INCRBY', KEYS[1], ARGV[1]) redis.call('SET', 'undeclared', 'x') return redis.call('INCRBY', KEYS[1], ARGV[1])"

// TestDryRunsOfScripts compares what a dry run of a script tells with what it then does.
func TestDryRunsOfScripts(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onUpdate(self, ev)
  self.state.n = (self.state.n or 0) + 1
  if tonumber(ev.new) > 100 then return deny("too much") end
  log(ev.new)
end`, "k")
	e.all("SET k 1; ASO.FEED CREATE f MATCH * NEW OLD")
	e.advance(0)
	before, units, seen := e.image(), len(e.units), e.seen()
	dry := e.run("ASO.DRYRUN", "k", "--", "EVAL", doubling, "1", "k", "5")
	for _, want := range []string{"*20|$5|reply|:11|$4|runs|*2|", "|$7|outcome|$2|ok|", "|$3|key|$10|undeclared|", "|$4|text|$1|6|", "|$4|text|$2|11|"} {
		if !strings.Contains(dry, want) {
			t.Errorf("no %s in %s", want, dry)
		}
	}
	if d := before.diff(e.image()); d != "" || len(e.units) != units || e.seen() != seen {
		t.Errorf("%s, %d units", d, len(e.units)-units)
	}
	e.fed("f")
	e.steps("SCRIPT EXISTS " + aso.ScriptName([]byte(doubling)) + " => *1|:0")
	sha := bulk(e.run("SCRIPT", "LOAD", "return 1"))
	e.steps("ASO.DRYRUN k -- EVALSHA "+sha+" 1 k => *20|$5|reply|:1|$4|runs|*0|…", "ASO.DRYRUN k -- EVALSHA "+strings.Repeat("a", 40)+" 1 k => *20|$5|reply|-NOSCRIPT…",
		"ASO.DRYRUN x -- EVALSHA "+sha+" 1 k => -ERR the command does not name the key", "SCRIPT EXISTS "+sha+" => *1|:1")
	e.shows("ASO.SHOW k", "|state|*0|")
	if got := e.run("ASO.DRYRUN", "k", "--", "EVAL", doubling, "1", "k", "50"); !strings.HasPrefix(got, "*20|$5|reply|-ASODENY too much") {
		t.Error(got)
	}
	if got := e.run("ASO.DRYRUN", "k", "--", "EVAL", "redis.call('FLUSHALL') redis.call('PUBLISH', 'c', 'm') return redis.call('DBSIZE')", "1", "k"); !strings.HasPrefix(got, "*20|$5|reply|:1|") {
		t.Error(got) // the stream of the feed stays
	}
	if d := before.diff(e.image()); !strings.Contains(d, "return 1") || len(e.heard) > 0 {
		t.Error(d, e.heard)
	}
	e.steps("MULTI => +OK")
	e.run("ASO.DRYRUN", "k", "--", "EVAL", doubling, "1", "k", "5")
	e.steps("GET k => +QUEUED", "SET new v => +QUEUED")
	if got := e.do("EXEC"); !strings.HasPrefix(got, "*3|*20|$5|reply|:11|") || !strings.HasSuffix(got, "|$1|1|+OK") {
		t.Error(got)
	}
	e.fed("f", "put new cause=set new=v type=string")
	if got := e.run("EVAL", doubling, "1", "k", "5"); got != ":11" {
		t.Error(got)
	}
	e.steps("ASO.STATE k GET n => $1|2", "GET undeclared => $1|x")
}

// TestDryRunsOfFunctions runs functions that keep nothing, and some that change variables of their library: those cannot be taken back.
func TestDryRunsOfFunctions(t *testing.T) {
	e := newEngine(t)
	e.all("SET k 1")
	e.attach("function onUpdate(self, ev) self.state.n = (self.state.n or 0) + 1 end", "k")
	e.loadLibrary("plain", "redis.register_function('add', function(keys, args) return redis.call('INCRBY', keys[1], args[1]) end)")
	e.loadLibrary("counts", "local n = 0\nredis.register_function('count', function() n = n + 1 return n end)")
	e.loadLibrary("notes", "local t = {}\nredis.register_function('note', function() t.n = (t.n or 0) + 1 return t.n end)")
	before, units := e.image(), len(e.units)
	e.steps("ASO.DRYRUN k -- FCALL add 1 k 4 => *20|$5|reply|:5|$4|runs|*1|*16|$5|event|$8|onUpdate|…", "ASO.DRYRUN k -- FCALL_RO add 1 k 4 => *20|$5|reply|-ERR Can not execute a script with write flag using *_ro command.|…",
		"ASO.DRYRUN k -- FCALL none 1 k => *20|$5|reply|-ERR Function not found|…")
	for _, name := range []string{"count", "note"} {
		for _, command := range []string{"ASO.DRYRUN k --", "ASO.EXPLAIN k"} {
			if got := e.do(command + " FCALL " + name + " 1 k"); got != "-ERR functions of this library change its variables, which cannot be taken back" {
				t.Errorf("%s FCALL %s: %s", command, name, got)
			}
		}
	}
	if d := before.diff(e.image()); d != "" || len(e.units) != units {
		t.Errorf("something has changed: %s", d)
	}
	e.steps("FCALL add 1 k 4 => :5", "FCALL count 1 k => :1", "FCALL note 1 k => :1", "FCALL note 1 k => :2", "FCALL count 1 k => :2")
}

// listener is a connection that keeps what is pushed to it.
type listener struct {
	testConn
	pushed []byte
}

func (l *listener) Push(frame []byte) { l.pushed = append(l.pushed, frame...) }

func TestMonitorDoesNotShowDryRuns(t *testing.T) {
	e := newEngine(t)
	l := &listener{}
	e.server.Batch(e.server.NewSession(l, new(wire.Reply)), [][][]byte{bytesOf("MONITOR")})
	e.run("ASO.DRYRUN", "k", "--", "EVAL", doubling, "1", "k", "5")
	if shown := string(l.pushed); strings.Contains(shown, `"INCRBY"`) || !strings.Contains(shown, `"ASO.DRYRUN"`) {
		t.Error(shown)
	}
	e.run("EVAL", doubling, "1", "k", "5")
	if shown := string(l.pushed); strings.Count(shown, `lua] "INCRBY"`) != 2 {
		t.Error(shown)
	}
}

// TestDryRunsTellFeedsNothing runs commands on keys of a feed as dry runs, also beside real ones in a transaction.
func TestDryRunsTellFeedsNothing(t *testing.T) {
	e := newEngine(t)
	e.all("SET a 1; SET b 2 PX 5000; ASO.FEED CREATE f MATCH * OLD NEW")
	for _, line := range []string{"SET a 9", "SET fresh 1", "DEL a", "RENAME a c", "EXPIRE a 9", "HSET h f v"} {
		key := strings.Fields(line)[1]
		got := e.do("ASO.DRYRUN " + key + " -- " + line)
		if !strings.HasPrefix(got, "*20|$5|reply|") || strings.Contains(got, "feed") {
			t.Errorf("%s: %s", line, got)
		}
	}
	e.steps("ASO.DRYRUN b NOW 4000000000000 -- GET b => *20|$5|reply|$-1…")
	e.fed("f")
	e.steps("MULTI => +OK", "ASO.DRYRUN a -- DEL a => +QUEUED", "SET a 3 => +QUEUED", "ASO.DRYRUN b NOW 4000000000000 -- GET b => +QUEUED", "APPEND b 0 => +QUEUED",
		"ASO.DRYRUN new -- SET new 1 => +QUEUED", "EXEC => *5|…")
	e.fed("f", "update a cause=set new=3 old=1 type=string", "update b cause=append expires=1767225605000 new=20 old=2 type=string")
}
