package command_test

import (
	"strings"
	"testing"
	"time"

	"comet/resp/command"
)

// waiting is a client that waits.
type waiting struct {
	*parkedConn
	ses *command.Session
}

// wait runs a command that has to wait, on a client of its own.
func (e *engine) wait(line string) *waiting {
	e.t.Helper()
	return e.waitIn(2, line)
}

// waitIn is wait in a version of RESP.
func (e *engine) waitIn(protocol int, line string) *waiting {
	e.t.Helper()
	w := &waiting{parkedConn: &parkedConn{parked: make(chan struct{}), done: make(chan string, 1)}}
	w.reply.SetProtocol(protocol)
	w.ses = e.server.NewSession(w, &w.reply)
	cmds := [][][]byte{bytesOf(strings.Fields(line)...)}
	go func() {
		e.server.Batch(w.ses, cmds)
		w.done <- strings.TrimSuffix(strings.ReplaceAll(string(w.reply.Bytes()), "\r\n", "|"), "|")
	}()
	select {
	case <-w.parked:
	case got := <-w.done:
		e.t.Fatalf("%s did not wait: %s", line, got)
	}
	return w
}

// got fails unless the client gets the reply. It must have been answered: nobody ends its wait.
func (w *waiting) got(t *testing.T, want string) {
	t.Helper()
	select {
	case got := <-w.done:
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	case <-time.After(time.Minute): // it would wait for ever
		t.Fatalf("no answer, want %q", want)
	}
}

// still fails if the client does not wait any more; it ends the wait, as if its time were over.
func (w *waiting) still(t *testing.T, want string) {
	t.Helper()
	close(w.woken)
	if got := <-w.done; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// desk keeps who asks, lets another object do the work, and answers when that is done.
const desk = `function onMessage(self, ev)
  if ev.message == "order" then
    self:send("kitchen", "cook", { ev.payload, ev.reply_to })
    return wait(5000)
  elseif ev.message == "later" then
    self.state.who = ev.reply_to
    return wait()
  elseif ev.message == "serve" then
    local done = self:reply(self.state.who, ev.payload)
    return tostring(done)
  elseif ev.message == "twice" then
    return tostring(self:reply(self.state.who, 1)) .. tostring(self:reply(self.state.who, 2))
  elseif ev.message == "self" then
    self:reply(ev.reply_to, { ok = "DONE" })
    return wait()
  elseif ev.message == "both" then
    self:reply(ev.reply_to, "first")
    return "returned"
  elseif ev.message == "forget" then
    return wait(1)
  elseif ev.message == "serve and fail" then
    self:reply(self.state.who, "never")
    error("broken")
  end
end`

const kitchen = `function onMessage(self, ev)
  self:reply(ev.payload[2], "a " .. ev.payload[1])
end`

func desks(t *testing.T) *engine {
	e := newEngine(t)
	e.attach(desk, "desk")
	e.attach(kitchen, "kitchen")
	return e
}

func TestCallWaitsForTheAnswerOfAnotherObject(t *testing.T) {
	e := desks(t)
	w := e.wait("ASO.CALL desk order soup")
	e.steps("GET desk => $-1") // nobody holds a lock
	e.advance(0)
	w.got(t, "$6|a soup")
}

func TestAnswersReachTheClientThatAsked(t *testing.T) {
	e := desks(t)
	first := e.wait("ASO.CALL desk order soup")
	second := e.wait("ASO.CALL desk order tea")
	e.advance(0)
	first.got(t, "$6|a soup")
	second.got(t, "$5|a tea")
}

func TestKeptReplyToAnswersOnce(t *testing.T) {
	e := desks(t)
	w := e.wait("ASO.CALL desk later")
	if got := e.run("ASO.CALL", "desk", "serve and fail"); !strings.HasPrefix(got, "-ASOFAIL") {
		t.Errorf("got %s", got)
	}
	e.steps("ASO.CALL desk serve bread => $4|true")
	w.got(t, "$5|bread")
	e.steps("ASO.CALL desk serve bread => $5|false")
	w = e.wait("ASO.CALL desk later")
	e.steps("ASO.CALL desk twice => $9|truefalse")
	w.got(t, ":1")
	if got := e.do("INFO aso"); !strings.Contains(got, "aso_answers_late:1|") {
		t.Errorf("INFO: %s", got)
	}
}

func TestClientThatIsGoneGetsNoAnswer(t *testing.T) {
	e := desks(t)
	w := e.wait("ASO.CALL desk later")
	w.still(t, "$-1")
	e.steps("ASO.CALL desk serve bread => $5|false")
	w = e.wait("ASO.CALL desk later")
	again := e.restarted(len(e.units))
	again.steps("ASO.CALL desk serve bread => $5|false")
	w.still(t, "$-1")
}

func TestAnswerWithinTheCall(t *testing.T) {
	e := desks(t)
	e.steps("ASO.CALL desk self => +DONE", "ASO.CALL desk both => $8|returned")
	w := e.wait("ASO.CALL desk forget")
	w.still(t, "$-1")
}

func TestWaitInATransactionFails(t *testing.T) {
	e := desks(t)
	e.steps("MULTI => +OK", "ASO.CALL desk order soup => +QUEUED", "ASO.AWAIT desk put => +QUEUED", "SET k v => +QUEUED",
		"EXEC => *3|-ASOFAIL wait() in a transaction, which cannot wait|*-1|+OK")
	e.pending(0)
}

func TestAwaitWakesAtItsEvent(t *testing.T) {
	for _, c := range []struct{ setup, event, silent, cause, want string }{
		{"", "put", "SET other v", "SET k v", "*2|$3|put|$-1"},
		{"", "put", "", "RENAME other k", "*2|$3|put|$-1"},
		{"SET k v", "update", "GET k", "APPEND k w", "*2|$6|update|$-1"},
		{"SET k v", "update", "", "EXPIRE k 100", "*2|$6|update|$-1"},
		{"HSET k f v", "update", "HGET k f", "HSET k g 1 h 2 i 3", "*2|$6|update|$-1"},
		{"SET k v", "delete", "SET k w", "DEL k", "*2|$6|delete|$-1"},
		{"SET k v", "delete", "", "FLUSHALL", "*2|$6|delete|$-1"},
		{"SET k v", "delete", "", "RENAME k other", "*2|$6|delete|$-1"},
		{"SET k v", "delete", "", "SWAPDB 0 1", "*2|$6|delete|$-1"},
		{"SET k v", "delete", "", "EXPIRE k -1", "*2|$6|delete|$-1"},
		{"RPUSH k v", "delete", "", "LPOP k", "*2|$6|delete|$-1"},
		{"SET k v PX 10", "expire", "TTL k", "TICK", "*2|$6|expire|$-1"},
		{"ASO.TIMER SET k ring IN 10", "timer", "", "TICK", "*2|$5|timer|$4|ring"},
		{"", "message", "SET k v", "ASO.CALL k hello", "*2|$7|message|$5|hello"},
		{"", "message", "", "SENT", "*2|$7|message|$5|hello"},
		{"", "ready", "ASO.CALL k emit other 1", "ASO.CALL k emit ready 42", "*2|$5|ready|$2|42"},
		{"", "ready", "ASO.CALL k fail ready", "ASO.CALL k emit ready", "*2|$5|ready|$-1"},
	} {
		e := newEngine(t)
		e.all("SET other o")
		e.attach(`function onMessage(self, ev)
  if ev.message == "emit" then
    if type(ev.payload) == "table" then self:emit(ev.payload[1], ev.payload[2]) else self:emit(ev.payload) end
  elseif ev.message == "fail" then
    self:emit(ev.payload)
    error("broken")
  end
end
function onTimer() end`, "k")
		e.all(c.setup)
		w := e.wait("ASO.AWAIT k " + c.event)
		if c.silent != "" {
			e.do(c.silent)
		}
		select {
		case got := <-w.done:
			t.Errorf("%s: woken by %s: %s", c.event, c.silent, got)
			continue
		default:
		}
		switch c.cause {
		case "TICK":
			e.advance(10 * time.Millisecond)
		case "SENT":
			e.do("ASO.SEND k hello")
			e.advance(0)
		default:
			e.all(c.cause)
		}
		w.got(t, c.want)
	}
}

func TestAwaitWakesAllAndOnce(t *testing.T) {
	e := newEngine(t)
	a, b, c := e.wait("ASO.AWAIT k put"), e.wait("ASO.AWAIT k put TIMEOUT 5000"), e.wait("ASO.AWAIT k delete")
	e.steps("MULTI", "SET k v", "APPEND k w", "EXEC => *2|+OK|:2")
	a.got(t, "*2|$3|put|$-1")
	b.got(t, "*2|$3|put|$-1")
	e.steps("MULTI", "DEL k", "SET k v", "EXEC => *2|:1|+OK") // for those who wait it is an update
	c.still(t, "*-1")
	e.steps("ASO.AWAIT k => -ERR wrong…", "ASO.AWAIT k put 5 => -ERR syntax…", "ASO.AWAIT k put TIMEOUT x => -ERR timeout…", "ASO.AWAIT k put TIMEOUT -1 => -ERR timeout…")
}

func TestKeptChangeWakesNobody(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v")
	e.attach(`function onUpdate(self, ev) self:emit("tried", ev.new) return keep() end
function onDelete(self, ev) return deny("no") end`, "k")
	update, tried, gone := e.wait("ASO.AWAIT k update"), e.wait("ASO.AWAIT k tried"), e.wait("ASO.AWAIT k delete")
	e.steps("SET k w => +OK", "DEL k => -ASODENY no")
	tried.got(t, "*2|$5|tried|$1|w")
	update.still(t, "*-1")
	gone.still(t, "*-1")
}

func TestEmitRefusesTheEventsOfTheStore(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onMessage(self, ev) return self:emit(ev.message) end`, "k")
	e.steps("ASO.CALL k put => -ASOFAIL…", "ASO.CALL k timer => -ASOFAIL…", "ASO.CALL k mine => :1")
}
