package command_test

import (
	"strings"
	"testing"
	"time"

	"comet/resp/command"
	"comet/resp/wire"
)

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

// endsPause is a connection whose client does not wait for the end of a pause: it ends the pause.
type endsPause struct {
	testConn
	server *command.Server
	waits  int
}

// Park counts who waits.
func (c *endsPause) Park(<-chan struct{}, time.Time) command.ParkResult {
	c.waits++
	var reply wire.Reply
	c.server.Batch(c.server.NewSession(&testConn{}, &reply), [][][]byte{bytesOf("CLIENT", "UNPAUSE")})
	return command.ParkTimeout
}

// TestPausedClientsMayLookAtObjects finds out which commands on objects wait while nothing may be written, and that a replica takes those that do not.
func TestPausedClientsMayLookAtObjects(t *testing.T) {
	e := newEngine(t)
	e.attach("function onMessage(self) self.state.n = 1 end", "k")
	e.all("ASO.CALL k x; ASO.TIMER SET k t IN 3600000")
	c := &endsPause{server: e.server}
	e.ses = e.server.NewSession(c, &e.reply)
	for _, line := range []string{
		"ASO.STATE k", "ASO.STATE k GET n", "ASO.TIMER LIST k", "ASO.TIMER NEXT", "ASO.RULE MATCH k", "ASO.SHOW k", "ASO.DRYRUN k -- ASO.CALL k x", "ASO.STATE k GET", "ASO.EXPLAIN k SET k v", "ASO.LOG k",
		"+ASO.STATE k SET n 2", "+ASO.STATE k DEL n", "+ASO.STATE k other", "+ASO.TIMER SET k t IN 1000", "+ASO.TIMER DEL k t", "+ASO.CALL k x", "+ASO.GET k", "+ASO.SEND k x", "+ASO.DETACH k",
	} {
		c.waits = 0
		e.do("CLIENT PAUSE 3600000 WRITE")
		line, writes := strings.CutPrefix(line, "+")
		got := e.do(line)
		if (c.waits == 1) != writes {
			t.Errorf("%s waited %d times", line, c.waits)
		}
		e.do("CLIENT UNPAUSE")
		tx := e.ks.BeginAll()
		tx.Start(0)
		tx.Follow("127.0.0.1", 1)
		tx.Commit()
		if here := e.do(line); (here == "-READONLY You can't write against a read only replica.") != writes || !writes && here != got {
			t.Errorf("%s: %s, and on a replica %s", line, got, here)
		}
		e.all("REPLICAOF NO ONE")
	}
}
