package command_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestSortAsksTheHandlersOfWhatPatternsLeadTo fails if BY or GET show a value past its onGet.
func TestSortAsksTheHandlersOfWhatPatternsLeadTo(t *testing.T) {
	e := newEngine(t)
	e.all("RPUSH l a b c d e; MSET v_a 1 v_b 2 v_c 3 v_d 4; HSET h_a f x; HSET h_b f y")
	e.attach(`function onGet(self, ev) self.state.n = (self.state.n or 0) + 1 return 40 end`, "v_a")
	e.attach(`function onGet(self, ev) self.state.n = (self.state.n or 0) + 1 return missing() end`, "v_b")
	e.attach(`function onGet(self, ev) self.state.n = (self.state.n or 0) + 1 return deny("no") end`, "v_c")
	e.attach(`function onGet(self, ev) self.state.n = 1 error("broken") end`, "h_a")
	for _, c := range []struct{ line, want string }{
		{"SORT l BY nosort GET v_*", "*5|:40|$-1|$-1|$1|4|$-1"},
		{"SORT l BY nosort GET v_* GET # LIMIT 0 1", "*2|:40|$1|a"},
		{"SORT_RO l BY v_*", "*5|$1|b|$1|c|$1|e|$1|d|$1|a"}, // a weighs 40, d 4, and the others nothing
		{"SORT l BY v_* ALPHA DESC", "*5|$1|a|$1|d|$1|b|$1|c|$1|e"},
		{"SORT l BY nosort GET h_*->f", "*5|$-1|$1|y|$-1|$-1|$-1"}, // a handler that fails
		{"SORT l BY v_* STORE plain", ":5"},
		{"LRANGE plain 0 -1", "*5|$1|b|$1|c|$1|e|$1|d|$1|a"},
		{"SORT l BY nosort GET v_* STORE plain LIMIT 1 4", ":4"},
		{"LRANGE plain 0 -1", "*4|$0||$0||$1|4|$0|"},
	} {
		if got := e.do(c.line); got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.line, got, c.want)
		}
	}
	for key, want := range map[string]string{"v_a": "$1|5", "v_b": "$1|5", "v_c": "$-1", "h_a": "$-1"} {
		if got := e.do("ASO.STATE " + key + " GET n"); got != want {
			t.Errorf("%s has run %s times, want %s", key, got, want)
		}
	}
	before, units := e.image(), len(e.units)
	for _, line := range []string{
		"SORT l GET v_* STORE plain",        // would store what a handler has made
		"SORT l BY h_*->f GET v_* ALPHA X",  // no request
		"SORT l BY h_*->f GET v_*",          // these weights are no numbers
		"SORT l BY v_* GET v_* STORE plain", // the handlers have run twice before the refusal
	} {
		if got := e.do(line); !strings.HasPrefix(got, "-") {
			t.Errorf("%s: %s, want an error", line, got)
		}
	}
	if d := before.diff(e.image()); d != "" || units != len(e.units) {
		t.Errorf("a SORT that failed changed something: %s", d)
	}
	if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
		t.Errorf("replayed: %s", d)
	}
}

// TestHandlersSortTheirOwnObjectOnly lets a handler sort its list, but not by keys of others.
func TestHandlersSortTheirOwnObjectOnly(t *testing.T) {
	e := newEngine(t)
	e.all("RPUSH l 3 1 2; MSET w_1 3 w_2 2 w_3 1")
	e.attach(`function onMessage(self, ev)
  if ev.message == "mine" then return table.concat(self:call("SORT_RO"), ",") end
  return self:call("SORT_RO", "BY", "w_*")
end`, "l")
	if got := e.do("ASO.CALL l mine"); got != "$5|1,2,3" {
		t.Errorf("own list sorted: %s", got)
	}
	if got := e.do("ASO.CALL l others"); !strings.Contains(got, "a handler cannot call sort_ro") {
		t.Errorf("sorted by others: %s", got)
	}
}

// TestSortFromScriptsAndDryRuns reaches keys of other partitions where only some locks are held at first.
func TestSortFromScriptsAndDryRuns(t *testing.T) {
	e := newEngine(t)
	want := []string{"*64"}
	for i := range 64 {
		e.all(fmt.Sprintf("RPUSH l %d; SET w_%d %d", i, i, 100-i))
		last := fmt.Sprint(63 - i)
		want = append(want, fmt.Sprintf("$%d", len(last)), last)
	}
	sorted := strings.Join(want, "|")
	if got := e.do("SORT l BY w_*"); got != sorted {
		t.Errorf("SORT: %s", got)
	}
	if got := e.run("EVAL", "return redis.call('SORT', 'l', 'BY', 'w_*')", "0"); got != sorted {
		t.Errorf("EVAL: %s", got)
	}
	if got := e.do("ASO.DRYRUN l -- SORT l BY w_*"); !strings.Contains(got, sorted) {
		t.Errorf("dry run: %s", got)
	}
	e.all("MULTI; SORT l BY w_*")
	if got := e.do("EXEC"); got != "*1|"+sorted {
		t.Errorf("EXEC: %s", got)
	}
	e.all("RPUSH {t}l 2 1; MSET {t}w_1 5 {t}w_2 4")
	if got := e.do("SORT {t}l BY {t}w_* GET {t}w_* GET {none*}"); got != "*4|$1|4|$-1|$1|5|$-1" {
		t.Errorf("hash tag: %s", got)
	}
}
