package command_test

import (
	"strings"
	"testing"

	"comet/aso"
)

// TestAScriptThatNeedsMoreLocksIsRemembered counts the look-ups of scripts with keys that they did not declare: the first run is taken back
// and runs again, later ones do not, by whatever name they are called. Calls count once.
func TestAScriptThatNeedsMoreLocksIsRemembered(t *testing.T) {
	const source = "redis.call('STRLEN', KEYS[1]) for i = 1, 50 do redis.call('STRLEN', 'u' .. i) end return 1"
	e := newEngine(t)
	lookups := func(args ...string) int64 {
		e.run("CONFIG", "RESETSTAT")
		e.want(":1", args...)
		if stats := e.run("INFO", "commandstats"); !strings.Contains(stats, "cmdstat_strlen:calls=51,") {
			t.Errorf("%s: %s", args[0], stats)
		}
		return e.ks.Metrics.Misses.Load()
	}
	if n := lookups("EVAL", source, "1", "k"); n <= 51 {
		t.Errorf("%d look-ups: the first run had all locks", n)
	}
	for _, args := range [][]string{{"EVAL", source, "1", "k"}, {"EVALSHA", aso.ScriptName([]byte(source)), "1", "k"}} {
		if n := lookups(args...); n != 51 {
			t.Errorf("%s: %d look-ups instead of 51", args[0], n)
		}
	}
	e.run("SCRIPT", "FLUSH")
	if n := lookups("EVAL", source, "1", "k"); n <= 51 {
		t.Errorf("%d look-ups: a script that is compiled anew had all locks", n)
	}
}
