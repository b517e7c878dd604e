package command_test

import "testing"

func TestNoTouchLeavesAccessTimes(t *testing.T) {
	e := newEngine(t)
	e.do("SET k v")
	for _, step := range []struct{ line, idle string }{
		{"CLIENT NO-TOUCH ON", ":60"},
		{"GET k", ":120"},
		{"TOUCH k", ":60"},
		{"CLIENT NO-TOUCH OFF", ":120"},
		{"GET k", ":60"},
	} {
		e.do(step.line)
		e.now += 60_000
		if got := e.do("OBJECT IDLETIME k"); got != step.idle {
			t.Errorf("after %s: idle for %s seconds, want %s", step.line, got, step.idle)
		}
	}
}
