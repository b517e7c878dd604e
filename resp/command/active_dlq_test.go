package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// failing fails until its parameter allows it, and notes what it is told of the firing.
const failing = `params = { work = { type = "string", default = "no" } }
function onTimer(self, ev)
  if self.params.work == "no" then error("broken " .. ev.timer) end
  self:call("APPEND", table.concat({ ev.timer, ev.attempt, ev.late, ev.data or "-" }, ":") .. ";")
end`

func TestTimerThatFailsForGoodIsADeadLetter(t *testing.T) {
	e := newEngine(t)
	e.attach(failing, "k")
	e.steps("ASO.TIMER SET k once IN 5 RETRY 2 DATA d => :1", "ASO.TIMER SET k again EVERY 3600000 RETRY 0 => :1", "ASO.DLQ LEN => :0")
	due := e.now + 5
	e.advance(5 * time.Millisecond)
	e.advance(2 * time.Second)
	e.steps("ASO.DLQ LEN => :0")
	e.advance(3 * time.Second)
	e.steps("ASO.DLQ LEN => :1", "ASO.DLQ LIST MATCH x* => *0", "ASO.DLQ LIST COUNT 0 => *0")
	id := e.text("ASO.DLQ LIST", "id")
	code := e.text("ASO.SHOW k", "version")
	want := fmt.Sprintf("*22|$2|id|$%d|%s|$4|kind|$5|timer|$4|time|:%d|$2|db|:0|$3|key|$1|k|$4|name|$4|once|$7|handler|$15|h1@%s|$3|due|:%d|$8|attempts|:3|$5|error|$%d|%s|$4|data|$1|d",
		len(id), id, e.now, code, due, len("ASOFAIL h1@:4 broken once")+len(code), "ASOFAIL h1@"+code+":4 broken once")
	if got := e.do("ASO.DLQ SHOW " + id); got != want {
		t.Errorf("shown\n%s, want\n%s", got, want)
	}
	e.advance(time.Hour)
	e.steps("ASO.DLQ LEN => :2", "SELECT 1 => +OK", "ASO.DLQ LIST => *0", "SELECT 0 => +OK")
	if got := e.do("ASO.DLQ LIST"); !strings.HasPrefix(got, "*2|*20|") || strings.Index(got, "again") > strings.Index(got, "once") {
		t.Errorf("not the newest first: %s", got)
	}
	if got := e.do("ASO.TIMER LIST k"); !strings.HasPrefix(got, "*1|") || !strings.Contains(got, "again") {
		t.Errorf("left: %s", got)
	}
	e.steps("ASO.DLQ DROP "+id+" => :1", "ASO.DLQ DROP "+id+" => :0", "ASO.DLQ SHOW "+id+" => $-1", "ASO.DLQ RETRY "+id+" => :0", "ASO.DLQ LEN => :1",
		"ASO.DLQ SHOW x => -ERR…", "ASO.DLQ SHOW 1-99999 => -ERR…", "ASO.DLQ LIST COUNT => -ERR…", "ASO.DLQ LIST WHERE x => -ERR…")
}

func TestDeadLetterIsRetried(t *testing.T) {
	e := newEngine(t)
	e.attach(failing, "k")
	e.steps("ASO.TIMER SET k t EVERY 1000 RETRY 0 COUNT 3 DATA d => :1")
	e.advance(time.Second)
	id := e.text("ASO.DLQ LIST", "id")
	e.steps("ASO.DLQ RETRY "+id+" => :1", "ASO.DLQ LEN => :0")
	if got := e.do("ASO.TIMER LIST k"); !strings.HasPrefix(got, "*2|") || e.text("ASO.TIMER LIST k", "again") != id {
		t.Errorf("the timer and its occurrence: %s", got)
	}
	e.advance(0)
	e.steps("ASO.DLQ LEN => :1", "ASO.ATTACH k h1 PARAM work yes => :0")
	next := e.text("ASO.DLQ LIST", "id")
	if next == id {
		t.Error("two dead letters of the same id")
	}
	e.all("MULTI; ASO.DLQ RETRY " + next + "; ASO.DLQ LIST")
	if got := e.do("EXEC"); got != "*2|:1|*0" {
		t.Errorf("in a transaction: %s", got)
	}
	e.advance(0)
	e.steps("GET k => $8|t:1:0:d;", "ASO.DLQ LEN => :0")
	e.advance(time.Second)
	e.advance(time.Second)
	e.steps("GET k => $24|t:1:0:d;t:1:0:d;t:1:0:d;", "ASO.TIMER LIST k => *0")
}

func TestRetryOfADeadLetterIsAllOrNothing(t *testing.T) {
	e := newEngine(t)
	e.attach(failing, "k")
	e.all("ASO.TIMER SET k t IN 0 RETRY 0")
	e.advance(0)
	id := e.text("ASO.DLQ LIST", "id")
	for i := range 64 {
		e.all(fmt.Sprintf("ASO.TIMER SET k t%d IN 1000", i))
	}
	e.steps("ASO.DLQ RETRY "+id+" => -ASOLIMIT timers 64 an object", "ASO.DLQ LEN => :1", "ASO.DETACH k => :1", "ASO.DLQ RETRY "+id+" => -ERR no such key", "ASO.DLQ LEN => :1")
	if e.replayed().DeadCount() != 1 {
		t.Error("the journal has lost the dead letter")
	}
}

func TestDeadLettersGoWithTheirDatabase(t *testing.T) {
	e := newEngine(t)
	e.attach(failing, "k")
	e.all("ASO.TIMER SET k t IN 0 RETRY 0; SELECT 1")
	e.all("ASO.ATTACH k h1; ASO.TIMER SET k u IN 0 RETRY 0")
	e.advance(0)
	e.steps("ASO.DLQ LEN => :2", "SWAPDB 0 1 => +OK")
	if got := e.text("ASO.DLQ LIST", "name"); got != "t" {
		t.Errorf("in database 1 after SWAPDB: %s", got)
	}
	e.steps("FLUSHDB => +OK", "ASO.DLQ LIST => *0", "ASO.DLQ LEN => :1")
	if n := e.replayed().DeadCount(); n != 1 {
		t.Errorf("after replay there are %d", n)
	}
	e.steps("FLUSHALL => +OK", "ASO.DLQ LEN => :0")
}

func TestOldestDeadLettersGiveWay(t *testing.T) {
	e := newEngine(t)
	e.steps("CONFIG SET aso-dlq-max 3 => +OK")
	e.load(failing)
	for i := range 5 {
		e.all(fmt.Sprintf("ASO.ATTACH k%d h1; ASO.TIMER SET k%d t IN %d RETRY 0", i, i, i))
	}
	for range 5 {
		e.advance(time.Millisecond)
	}
	e.steps("ASO.DLQ LEN => :3", "ASO.DLQ LIST MATCH k[01] => *0", "CONFIG SET aso-dlq-max 1 => +OK")
	e.advance(0)
	if got := e.text("ASO.DLQ LIST", "key"); got != "k4" || e.replayed().DeadCount() != 1 {
		t.Errorf("left: %s", got)
	}
	if got := e.do("INFO aso"); !strings.Contains(got, "|aso_dead_letters:1|aso_dead_letters_total:5|aso_dead_letters_dropped:4|") {
		t.Errorf("info: %s", got)
	}
}
