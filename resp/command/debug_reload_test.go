package command_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"comet/aso"
	"comet/resp/command"
)

func TestReloadKeepsEverything(t *testing.T) {
	e := newEngine(t)
	e.attach(`
		function onTimer(self, ev) self.state.fired = (self.state.fired or 0) + 1 end
		function onMessage(self, ev) self.state.got = ev.message return "ok" end`, "clock", "box")
	e.all(`SET a 1; EXPIRE a 100; RPUSH l 1 2 3; SELECT 3; SADD s x y; SELECT 0; ASO.TIMER SET clock t EVERY 1000; ASO.SEND box hello IN 500;
		ASO.RULE SET r rule:* h1; ASO.FEED CREATE f MATCH *; ASO.LIMIT SET PREFIX k* RUNS 5 WINDOW 1000; SCRIPT LOAD return`)
	e.run("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('f', function() return 1 end)")
	e.do("WATCH a")
	before, units := e.image(), len(e.units)
	for range 2 {
		if err := e.ks.Reload(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if d := before.diff(e.image()); d != "" || len(e.units) != units {
		t.Errorf("differs: %s, the journal grew by %d", d, len(e.units)-units)
	}
	e.do("MULTI")
	if got := e.do("EXEC"); got != "*-1" {
		t.Errorf("EXEC of who watched a key replied %s", got)
	}
	e.advance(2500 * time.Millisecond)
	for command, want := range map[string]string{
		"GET a": "$1|1", "LRANGE l 0 -1": "*3|$1|1|$1|2|$1|3", "ASO.STATE clock GET fired": "$1|1", "ASO.STATE box GET got": `$7|"hello"`, "FCALL f 0": ":1", "TTL a": ":98",
	} {
		if got := e.do(command); got != want {
			t.Errorf("%s: got %s, want %s", command, got, want)
		}
	}
	if again := e.replayed(); e.image().diff(imageOf(t, again)) != "" {
		t.Error("the journal makes something else")
	}
}

// TestReloadLetsSnapshotsBeginAnew reloads between two pieces of a snapshot.
func TestReloadLetsSnapshotsBeginAnew(t *testing.T) {
	e := newEngine(t)
	e.all("SET a 1; SET b 2")
	reloaded := false
	err := e.ks.Snapshot(context.Background(), func(uint64, []byte) error {
		if reloaded {
			return nil
		}
		reloaded = true
		return e.ks.Reload(context.Background())
	})
	if !errors.Is(err, aso.ErrSwapped) {
		t.Errorf("the snapshot ended with %v", err)
	}
}

func TestReloadThatIsNotDoneLeavesEverything(t *testing.T) {
	e := newEngine(t)
	e.all("SET a 1; SADD s x")
	before := e.image()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := e.ks.Reload(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if d := before.diff(e.image()); d != "" {
		t.Error(d)
	}
}

var debugOn = []string{"--enable-debug-command", "yes"}

func TestDebugReloadReplies(t *testing.T) {
	p := &fakePersistence{}
	r := newReplies(t, p, debugOn...)
	r.want("+OK", "SET a 1")
	r.want("+OK", "DEBUG RELOAD")
	r.want("+OK", "DEBUG reload NOFLUSH merge")
	r.want("-ERR Error trying to load the RDB dump", "DEBUG RELOAD NOFLUSH")
	r.want("-ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.", "DEBUG RELOAD FAST")
	r.want("-ERR DEBUG RELOAD NOSAVE loads files into an empty keyspace only: leave out NOFLUSH", "DEBUG RELOAD NOSAVE NOFLUSH MERGE")
	r.want("+OK", "DEBUG RELOAD NOSAVE")
	r.want("+OK", "DEBUG LOADAOF")
	if want := []string{"save", "save", "reload", "reload"}; !slices.Equal(p.asked, want) {
		t.Errorf("asked for %q, want %q", p.asked, want)
	}
	r.want("+OK", "MULTI")
	r.want("+QUEUED", "DEBUG RELOAD")
	r.want("+QUEUED", "DEBUG LOADAOF")
	const inExec = "-ERR DEBUG RELOAD and LOADAOF are not possible in a transaction"
	r.want("*2\r\n"+inExec+"\r\n"+inExec, "EXEC")
	p.err = command.ErrSaving
	r.want("-ERR Background save already in progress", "DEBUG RELOAD")
	p.err = errors.New("disk on fire")
	r.want("-ERR disk on fire", "DEBUG RELOAD")
	r.want("-ERR disk on fire", "DEBUG LOADAOF")
	r.want("$1\r\n1", "GET a")
	r.want("+OK", "SET a 2")
	p.err = &aso.PartialError{Err: p.err}
	r.want("-ERR Error trying to load the RDB dump", "DEBUG LOADAOF")
	r.want("-MISCONF Errors writing to the AOF file: half loaded: disk on fire", "SET a 3")
	nothing := newReplies(t, nil, debugOn...)
	nothing.want("+OK", "DEBUG RELOAD")
	for _, command := range []string{"DEBUG LOADAOF", "DEBUG RELOAD NOSAVE"} {
		nothing.want("-ERR persistence is off: there is nothing to load", command)
	}
}
