package command_test

import "testing"

// TestNothingHappensByItselfDuringAPause lets keys expire, a timer be due and a message wait, while clients are paused and while they are not.
func TestNothingHappensByItselfDuringAPause(t *testing.T) {
	e := newEngine(t)
	want := func(want, line string) {
		t.Helper()
		if got := e.do(line); got != want {
			t.Errorf("%s: %s, want %s", line, got, want)
		}
	}
	due := func() {
		t.Helper()
		if err := e.ks.RunDue(); err != nil {
			t.Fatal(err)
		}
	}
	e.all("SET timed 0")
	e.attach("function onTimer(self, ev) self:call('SET', 'fired') end", "timed")
	e.all("ASO.TIMER SET timed t IN 1")
	e.all("SET a 1 PX 20; SET b 1 PX 20; SADD c x; PEXPIRE c 20; SET stays 1")
	want("+OK", "CLIENT PAUSE 3600000 WRITE")
	e.now += 5000
	due()
	for _, line := range []string{"GET a", "TTL a", "EXISTS a b c", "STRLEN b", "TYPE c", "SCARD c"} {
		if got := e.do(line); got != map[string]string{"GET a": "$-1", "TTL a": ":-2", "TYPE c": "+none"}[line] && got != ":0" {
			t.Errorf("%s: %s", line, got)
		}
	}
	want("$1|0", "GET timed")
	want(":5", "DBSIZE")
	if n := e.ks.Metrics.Expired.Load(); n != 0 {
		t.Errorf("%d have expired during the pause", n)
	}
	want("+OK", "CLIENT UNPAUSE")
	want("$-1", "GET a")
	due()
	want("$5|fired", "GET timed")
	want(":2", "DBSIZE")
	if n := e.ks.Metrics.Expired.Load(); n != 3 {
		t.Errorf("%d have expired, want 3", n)
	}
}
