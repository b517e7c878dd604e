package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"comet/aso/randtest"
	"comet/aso/value"
)

// TestRecordedFailuresFailAgain makes a history in which handlers fail, and runs each failure again later, when the objects are others or gone: it
// has the same error and has used as many instructions, and nothing changes.
func TestRecordedFailuresFailAgain(t *testing.T) {
	seed := randtest.Seed(t)
	failures := 0
	for round := uint64(0); failures < 200; round++ {
		r := rand.New(rand.NewPCG(seed, round))
		e := newEngine(t)
		limits := value.DefaultLimits()
		limits.PackedMax = 64
		e.ks.SetLimits(limits)
		e.all("CONFIG SET aso-replay-max 100000")
		failing := strings.ReplaceAll(randomHandler, `error("broken")`, `error("broken " .. rand() .. uuid() .. now())`)
		e.load(failing)
		e.load(strings.ReplaceAll(failing, `error("broken`, `self:call("APPEND", "z") while math.random(1000) < 1000 do end error("broken`))
		e.versionsOf("h1", failing, "-- 2"+failing, "-- 3"+failing)
		for range 300 {
			e.step(r)
		}
		e.do("CONFIG SET aso-max-instructions 1000000")
		e.advance(0) // what has expired is gone
		image, before := e.image(), e.seen()
		for _, f := range e.ks.FailedRuns() {
			tx := e.ks.BeginAll()
			tx.Start(0)
			d, err := tx.RunAgain(f, "")
			if endErr := tx.End(); err == nil {
				err = endErr
			}
			tx.Commit()
			if strings.HasPrefix(f.Error, "ASOLIMIT time") { // the machine is busy
				continue
			}
			if err != nil || len(d.Runs) != 1 || d.Runs[0].Outcome != f.Error || d.Runs[0].Fuel != f.Fuel {
				t.Fatalf("seed %d, round %d: %s of %s on %s: %v, %+v\nwas %s with %d", seed, round, f.Event, f.Handler, f.Key, err, d.Runs, f.Error, f.Fuel)
			}
			failures++
		}
		if d := image.diff(e.image()); d != "" {
			t.Fatalf("seed %d, round %d: %s", seed, round, d)
		}
		if after := e.seen(); after != before {
			t.Fatalf("seed %d, round %d: was\n%s is\n%s", seed, round, before, after)
		}
	}
}

func TestReplayCommands(t *testing.T) {
	e := newEngine(t)
	e.all("SET k 1; SET ok 1")
	e.attach(`function onUpdate(self, ev)
  self:publish("c", "m")
  if ev.new ~= "1" then error("not " .. ev.new .. " after " .. ev.old) end
end`, "k", "ok")
	e.load(`function onUpdate(self, ev) return deny("mended") end`)
	e.steps("SET ok 1 => +OK", "ASO.REPLAY LIST => *0", "SET k secret => -ASOFAIL…", "ASO.REPLAY LIST => *1|*16|$2|id|…", "DEL k => :1")
	id := e.ks.FailedRuns()[0].Name()
	for line, want := range map[string]string{
		"ASO.REPLAY SHOW " + id: "|$3|old|$1|1|$3|new|$6|secret", "ASO.REPLAY RUN " + id: "|$7|outcome|$44|ASOFAIL ", "ASO.REPLAY RUN " + id + " WITH h2": "|$7|outcome|$14|ASODENY mended|",
		"ASO.REPLAY RUN none": "-ERR no such recorded failure", "ASO.REPLAY RUN " + id + " WITH none": "-ASONOHANDLER no handler none", "ASO.REPLAY SHOW 0": "-ERR no such recorded failure",
	} {
		if got := e.do(line); !strings.Contains(got, want) {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	if got := fmt.Sprint(e.heard); got != "[c m]" {
		t.Errorf("heard %s", got)
	}
	e.steps("EXISTS k => :0", "CONFIG SET aso-replay-max 0 => +OK", "ASO.REPLAY LIST => *0", "SET ok 2 => -ASOFAIL…", "ASO.REPLAY LIST => *0")
}
