package command

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"comet/aso"
	"comet/resp/wire"
)

// TestDurationsAreThoseOfTheCommands runs commands that take no locks first in their batch, on a server that has been up for long: that
// time is none of theirs.
func TestDurationsAreThoseOfTheCommands(t *testing.T) {
	s, run := durationServer(t)
	s.started = s.started.Add(-24 * time.Hour)
	for _, line := range []string{"multi", "ping", "exec", "ping", "get k"} {
		run(line)
		name, _, _ := strings.Cut(line, " ")
		if took := time.Duration(s.table[name].stats.nanoseconds.Load()); took > time.Hour {
			t.Errorf("%s took %v", line, took)
		}
	}
}

// durationServer returns a server and a function that runs lines as one pipeline.
func durationServer(t *testing.T) (*Server, func(lines ...string)) {
	config, err := NewConfig()
	if err != nil {
		t.Fatal(err)
	}
	s, err := NewServer(aso.New(aso.Options{}), Options{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	ses := s.NewSession(&pushConn{}, &wire.Reply{})
	return s, func(lines ...string) {
		var cmds [][][]byte
		for _, line := range lines {
			cmds = append(cmds, bytes.Fields([]byte(line)))
		}
		if n := s.Batch(ses, cmds); n != len(cmds) {
			t.Fatalf("%d of %d commands ran", n, len(cmds))
		}
		ses.Reply.Reset()
	}
}

// TestCommandsTimedTogetherAreAllCounted runs pipelines in which the clock is not read for each command.
func TestCommandsTimedTogetherAreAllCounted(t *testing.T) {
	s, run := durationServer(t)
	began := time.Now()
	run(slices.Concat(slices.Repeat([]string{"set a 1"}, 50), slices.Repeat([]string{"get a"}, 41), []string{"set a 1", "get a"},
		[]string{"get", "get a", "multi", "get a", "get a", "exec", "exec", "get a"}, slices.Repeat([]string{"ping"}, 17))...)
	run("get a", "multi", "multi", "discard", "discard", "get a") // some of which run without locks
	elapsed := time.Since(began)
	sum := time.Duration(0)
	for name, want := range map[string]int64{"set": 51, "get": 48, "ping": 17, "exec": 2} {
		st := &s.table[name].stats
		took := time.Duration(st.nanoseconds.Load())
		if calls := st.calls.Load(); calls != want || took <= 0 {
			t.Errorf("%s: %d calls in %v, want %d", name, calls, took, want)
		}
		sum += took
	}
	if sum > 2*elapsed { // EXEC's time is also that of its commands
		t.Errorf("the commands took %v, the pipeline %v", sum, elapsed)
	}
}

// TestBriefCommandsAreTimedTogether has commands that are brief, whether Redis calls them fast or not, and others.
func TestBriefCommandsAreTimedTogether(t *testing.T) {
	for line, want := range map[string]bool{"get a": true, "set a 1": true, "geodist g a b": true, "srandmember s": true, "setbit a 1 1": false, "keys *": false} {
		s, _ := durationServer(t)
		name, _, _ := strings.Cut(line, " ")
		ses := s.NewSession(&pushConn{}, &wire.Reply{})
		b := &batch{s: s, ses: ses, untimed: 1}
		var locks aso.Locks
		locks.AddAll()
		b.begin(&locks)
		b.rest = []request{{cmd: s.table[name]}, {cmd: s.table[name]}}
		b.call = Call{Args: bytes.Fields([]byte(line)), Cmd: s.table[name], Session: ses, Tx: b.tx}
		if got := b.goesOn(&b.call); got != want {
			t.Errorf("%s: timed with the next one: %v", line, got)
		}
		b.untimed = 0
		b.commit()
	}
}

func TestSlowlogOfFewMicrosecondsTimesEachCommand(t *testing.T) {
	s, run := durationServer(t)
	run("config set slowlog-log-slower-than 0")
	before := s.slowlog.len()
	run(slices.Repeat([]string{"ping"}, 100)...)
	if n := s.slowlog.len() - before; n != 100 {
		t.Errorf("%d entries after 100 commands", n)
	}
}

func TestSlowlogKeepsOneOfCommandsTimedTogether(t *testing.T) {
	s, run := durationServer(t)
	run("get a")
	b := &batch{s: s, untimed: 3, lapped: time.Since(s.started) - time.Minute}
	b.call = Call{Args: [][]byte{[]byte("get"), []byte("last")}, Cmd: s.table["get"], Session: s.NewSession(&pushConn{}, &wire.Reply{})}
	b.commit()
	entries := s.slowlog.latest(10)
	if len(entries) != 1 || entries[0].took < time.Minute || entries[0].args[1] != "last" {
		t.Errorf("entries %v", entries)
	}
	if took := time.Duration(b.tally.nanoseconds); took < time.Minute {
		t.Errorf("counted %v", took)
	}
}

// TestLookUpsAreCountedWhenSomebodyAsks asks in the transaction that looks up: the counts are those of all that was before.
func TestLookUpsAreCountedWhenSomebodyAsks(t *testing.T) {
	s, run := durationServer(t)
	m := &s.ks.Metrics
	run("set a 1", "multi", "get a", "get none", "config resetstat", "get a", "exec")
	if hits, misses := m.Hits.Load(), m.Misses.Load(); hits != 1 || misses != 0 {
		t.Errorf("after CONFIG RESETSTAT %d hits and %d misses, want 1 and 0", hits, misses)
	}
	run("config resetstat", "get a", "get none", "info stats")
	if hits, misses := m.Hits.Load(), m.Misses.Load(); hits != 1 || misses != 1 {
		t.Errorf("%d hits and %d misses, want 1 and 1", hits, misses)
	}
}
