package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestFireKeepsThePlan(t *testing.T) {
	e := newEngine(t)
	e.attach(noting, "k")
	base := e.now
	e.steps("ASO.TIMER SET k t EVERY 1000 COUNT 2 DATA d => :1", "ASO.TIMER FIRE k t => +OK")
	e.fired("k", base, "t:0:0:1:d")
	if at, left := e.number("ASO.TIMER LIST k", "at"), e.number("ASO.TIMER LIST k", "count"); at != base+1000 || left != 2 {
		t.Errorf("planned for %d, %d left", at-base, left)
	}
	e.now += 1000 // due, but nobody has looked
	e.steps("ASO.TIMER FIRE k t => +OK")
	e.advance(0)
	e.fired("k", base, "t:1000:0:1:d")
	e.advance(time.Hour)
	e.fired("k", base, "t:2000:3599000:1:d")
	e.steps("ASO.TIMER FIRE k t => -ERR no such timer", "ASO.TIMER FIRE none t => -ERR no such timer", "ASO.TIMER SET plain t IN 5 => :1",
		"ASO.TIMER FIRE plain t => -ASONOHANDLER the object has no onTimer handler", "COMMAND GETKEYS ASO.TIMER FIRE k t => *1|$1|k", "COMMAND GETKEYS ASO.TIMER SET k t IN 5 => *1|$1|k",
		"COMMAND GETKEYS ASO.TIMER NEXT => -ERR…")
}

func TestFireThatFailsChangesNothing(t *testing.T) {
	e := newEngine(t)
	e.attach(failing, "k")
	e.steps("SET k v => +OK", "ASO.TIMER SET k t IN 1000 RETRY 3 DATA d => :1")
	before := e.image()
	if got := e.do("ASO.TIMER FIRE k t"); !strings.HasPrefix(got, "-ASOFAIL h1@") {
		t.Error(got)
	}
	if d := before.diff(e.image()); d != "" {
		t.Error(d)
	}
	e.advance(time.Second)
	planned := e.number("ASO.TIMER LIST k", "at")
	if got := e.text("ASO.TIMER LIST k", "error"); !strings.Contains(got, "broken t") {
		t.Errorf("last error %q", got)
	}
	if got := e.do("ASO.TIMER FIRE k t"); !strings.HasPrefix(got, "-ASOFAIL h1@") || e.number("ASO.TIMER LIST k", "at") != planned {
		t.Error(got)
	}
	e.steps("ASO.ATTACH k h1 PARAM work yes => :0", "ASO.TIMER FIRE k t => +OK", "ASO.TIMER LIST k => *0", "GET k => $9|vt:2:0:d;")
	e.advance(time.Hour)
	e.steps("GET k => $9|vt:2:0:d;", "ASO.DLQ LEN => :0")
}

func TestNextListsTheTimersThatFireFirst(t *testing.T) {
	e := newEngine(t)
	for i := range 300 {
		e.all(fmt.Sprintf("SET v%d v PX %d", i, 1+i)) // deadlines are not listed
		e.all(fmt.Sprintf("ASO.TIMER SET k%d a IN %d DATA secret", i, 10_000-i))
	}
	e.all("ASO.TIMER SET k7 b IN 9000; ASO.TIMER SET k7 c IN 9702; PEXPIRE v5 50; SELECT 1")
	e.steps("ASO.TIMER NEXT => *0", "ASO.TIMER SET other x IN 1 => :1", "SELECT 0 => +OK")
	base := e.now
	want := func(rows ...string) string {
		var reply strings.Builder
		reply.WriteString(fmt.Sprintf("*%d", len(rows)))
		for _, row := range rows {
			var key, name string
			var in int64
			fmt.Sscan(row, &key, &name, &in)
			reply.WriteString(fmt.Sprintf("|*10|$3|key|$%d|%s|$4|name|$1|%s|$2|at|:%d|$3|due|:%d|$7|attempt|:0", len(key), key, name, base+in, base+in))
		}
		return reply.String()
	}
	e.steps("ASO.TIMER NEXT COUNT 4 => "+want("k7 b 9000", "k299 a 9701", "k298 a 9702", "k7 c 9702"), "ASO.TIMER NEXT MATCH k7 => "+want("k7 b 9000", "k7 c 9702", "k7 a 9993"),
		"ASO.TIMER NEXT COUNT 0 => *0", "ASO.TIMER NEXT COUNT -1 => -ERR…", "ASO.TIMER NEXT COUNT => -ERR syntax error", "ASO.TIMER NEXT x y => -ERR syntax error")
	if got := e.do("ASO.TIMER NEXT COUNT 1000"); !strings.HasPrefix(got, "*302|") {
		t.Errorf("%.10s", got)
	}
	if got := e.do("ASO.TIMER NEXT"); !strings.HasPrefix(got, "*10|") {
		t.Errorf("%.10s", got)
	}
	e.all("MULTI; ASO.TIMER NEXT COUNT 1")
	if got := e.do("EXEC"); got != "*1|"+want("k7 b 9000") {
		t.Error(got)
	}
}

func TestTimersFireHandlersOfRules(t *testing.T) {
	e := newEngine(t)
	e.load(noting)
	e.steps("ASO.RULE SET jobs job:* h1 => +OK")
	base := e.now
	e.steps("ASO.TIMER SET job:1 t EVERY 100 COUNT 2 DATA d => :1", "ASO.TIMER SET other t IN 100 => :1", "ASO.TIMER FIRE other t => -ASONOHANDLER…")
	e.advance(100 * time.Millisecond)
	e.fired("job:1", base, "t:100:0:1:d")
	e.advance(100 * time.Millisecond)
	e.fired("job:1", base, "t:200:0:1:d")
	e.steps("ASO.TIMER LIST job:1 => *0", "ASO.TIMER LIST other => *0", "ASO.RULE DEL jobs => :1")
	e.load(failing)
	e.steps("ASO.RULE SET jobs job:* h2 => +OK", "ASO.TIMER SET job:2 t IN 0 RETRY 1 => :1")
	e.advance(0)
	e.advance(2 * time.Second)
	e.steps("ASO.DLQ LEN => :1", "ASO.TIMER LIST job:2 => *0", "ASO.RULE SET jobs job:* h2 PARAM work yes => +OK")
	e.steps("SET job:2 v => +OK", "ASO.DLQ RETRY "+e.text("ASO.DLQ LIST", "id")+" => :1")
	e.advance(0)
	if got := e.do("GET job:2"); !strings.Contains(got, "|vt:1:") {
		t.Errorf("the firing that was retried: %s", got)
	}
}
