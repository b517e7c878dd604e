package command_test

import (
	"strconv"
	"strings"
	"testing"

	"comet/aso"
)

// TestAScriptThatNeedsMoreLocksIsRemembered counts the commands of scripts with keys that they did not declare: the first run is taken back
// and runs again, later ones do not, by whatever name they are called.
func TestAScriptThatNeedsMoreLocksIsRemembered(t *testing.T) {
	const source = "redis.call('STRLEN', KEYS[1]) for i = 1, 50 do redis.call('STRLEN', 'u' .. i) end return 1"
	e := newEngine(t)
	calls := func(args ...string) int {
		e.run("CONFIG", "RESETSTAT")
		e.want(":1", args...)
		_, after, _ := strings.Cut(e.run("INFO", "commandstats"), "cmdstat_strlen:calls=")
		count, _, _ := strings.Cut(after, ",")
		n, err := strconv.Atoi(count)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := calls("EVAL", source, "1", "k"); n <= 51 {
		t.Errorf("%d calls: the first run had all locks", n)
	}
	for _, args := range [][]string{{"EVAL", source, "1", "k"}, {"EVALSHA", aso.ScriptName([]byte(source)), "1", "k"}} {
		if n := calls(args...); n != 51 {
			t.Errorf("%s: %d calls instead of 51", args[0], n)
		}
	}
	e.run("SCRIPT", "FLUSH")
	if n := calls("EVAL", source, "1", "k"); n <= 51 {
		t.Errorf("%d calls: a script that is compiled anew had all locks", n)
	}
}
