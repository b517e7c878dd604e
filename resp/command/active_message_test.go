package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// taking notes each message in the object's state, tells what it noted, and fails, refuses or sends on demand.
const taking = `local function options(p)
  local o
  for i = 4, #p do
    o = o or {}
    local name, v = p[i]:match("(%w+)=(.*)")
    o[name] = tonumber(v) or v
  end
  return o
end

function onMessage(self, ev)
  if ev.message == "log" then
    local log = self.state.log
    self.state.log = nil
    return log
  end
  local p = type(ev.payload) == "table" and table.concat(ev.payload, "+") or tostring(ev.payload)
  self.state.log = (self.state.log or "") .. ev.message .. ":" .. p .. ";"
  if ev.message == "fail" or ev.message == "once" and ev.attempt == 1 then error("broken") end
  if ev.message == "deny" then return deny("not me") end
  if ev.message == "send" then
    local id = self:send(ev.payload[1], ev.payload[2], ev.payload[3], options(ev.payload))
    if ev.payload[2] == "failing" then error("broken") end
    return id and "sent" or "nil"
  end
end
`

// delivered runs what is due and fails unless the object at key has noted the messages given since the last look.
func (e *engine) delivered(key string, want ...string) {
	e.t.Helper()
	e.advance(0)
	got := e.do("ASO.CALL " + key + " log")
	if i := strings.LastIndexByte(got, '|'); i >= 0 {
		got = got[i+1:]
	}
	if got == "$-1" {
		got = ""
	}
	if w := strings.Join(append(want, ""), ";"); got != w {
		e.t.Errorf("%s got %q, want %q", key, got, w)
	}
}

// pending fails unless so many messages wait.
func (e *engine) pending(want int64) {
	e.t.Helper()
	if n := e.ks.PendingMessages(); n != want {
		e.t.Errorf("%d messages wait, want %d", n, want)
	}
}

// takers returns an engine with objects that take messages at keys.
func takers(t testing.TB, keys ...string) *engine {
	e := newEngine(t)
	e.attach(taking, keys...)
	return e
}

func TestSentMessageIsHandledLaterAndOnce(t *testing.T) {
	e := takers(t, "k", "l")
	e.steps("ASO.SEND k hi => $12|…", "ASO.SEND k hi a => $12|…", "ASO.SEND k hi a b => $12|…", "ASO.SEND l other => $12|…", "ASO.SHOW k => *22|$4|type|$4|none|$8|handlers…")
	e.pending(4)
	e.delivered("k", "hi:nil", "hi:a", "hi:a+b")
	e.delivered("l", "other:nil")
	e.delivered("k")
	e.pending(0)
	e.steps("ASO.CALL k send l hello there => $4|sent")
	e.pending(1)
	e.delivered("l", "hello:there")
	e.delivered("k", "send:l+hello+there")
}

func TestOptionsOfSendAreTheLastArguments(t *testing.T) {
	for line, want := range map[string]string{
		"a IN 0":          "m:a",
		"IN 0":            "m:nil",
		"a -- IN 0":       "m:a",
		"IN 5 --":         "m:IN+5",
		"-- ID x":         "m:nil",
		"a ID y IN 0":     "m:a",
		"id z in 0":       "m:nil",
		"IN":              "m:IN",
		"AT 5":            "m:nil",
		"b c":             "m:b+c",
		"ID 1 b c":        "m:ID+1+b+c",
		"-- --":           "m:--",
		"-- a b":          "m:--+a+b",
		"ID x -- ID y --": "m:ID+x+--+ID+y",
	} {
		e := takers(t, "k")
		e.steps("ASO.SEND k m " + line + " => $12|…")
		if e.advance(0); true {
			e.delivered("k", want)
		}
	}
	e := takers(t, "k")
	e.steps("ASO.SEND k m IN x => -ERR…", "ASO.SEND k m IN -1 => -ERR…", "ASO.SEND k m AT 5 IN 6 => -ERR IN and AT…", "ASO.SEND k m AT x => -ERR…",
		"ASO.SEND k m IN 9999999999999999 => -ERR…", "ASO.SEND k => -ERR wrong…")
	e.pending(0)
}

func TestMessagesOfAPairKeepTheirOrder(t *testing.T) {
	e := takers(t, "a", "b", "c")
	e.steps("ASO.SEND b 1", "ASO.SEND b late x IN 1000", "ASO.SEND b 2", "ASO.SEND b soon x IN 500", "ASO.SEND b 3", "ASO.SEND b soon y IN 500")
	e.delivered("b", "1:nil", "2:nil", "3:nil")
	e.advance(499 * time.Millisecond)
	e.delivered("b")
	e.advance(time.Millisecond)
	e.delivered("b", "soon:x", "soon:y")
	e.advance(time.Hour)
	e.delivered("b", "late:x")
	// one that is retried holds back those behind it, of the same sender to the same receiver
	e.steps("ASO.CALL a send b once 1", "ASO.CALL a send b then 2", "ASO.CALL a send c other 3", "ASO.CALL c send b other 4", "ASO.SEND b client")
	e.advance(0)
	if got := e.do("ASO.CALL b log"); !strings.Contains(got, "other:4;") || !strings.Contains(got, "client:nil;") || len(got) != len("$19|other:4;client:nil;") {
		t.Errorf("b got %s", got)
	}
	e.delivered("c", "send:b+other+4", "other:3")
	e.advance(999 * time.Millisecond)
	e.delivered("b")
	e.advance(251 * time.Millisecond)
	e.delivered("b", "once:1", "then:2")
}

func TestDelayedMessageThatWaitedIsNotOvertakenForEver(t *testing.T) {
	e := takers(t, "k")
	e.steps("ASO.SEND k d IN 100")
	e.now += 200
	e.steps("ASO.SEND k plain")
	e.delivered("k", "d:nil", "plain:nil")
}

func TestMessagesWhenTheClockJumpsBack(t *testing.T) {
	e := takers(t, "k", "a")
	e.steps("ASO.SEND k first", "ASO.SEND k delayed IN 100")
	e.now -= 1_000_000
	e.steps("ASO.SEND k second", "ASO.SEND k earlier IN 50")
	e.delivered("k", "first:nil", "second:nil")
	e.advance(50 * time.Millisecond)
	e.delivered("k", "earlier:nil")
	e.advance(1_000_049 * time.Millisecond)
	e.delivered("k")
	e.advance(time.Millisecond)
	e.delivered("k", "delayed:nil")
}

func TestDedupIDIsTakenOnce(t *testing.T) {
	e := takers(t, "k", "l", "a", "b", "{k}same")
	e.steps("ASO.SEND k m 1 ID x => $12|…", "ASO.SEND k m 2 ID x => $-1", "ASO.SEND l m 3 ID x => $12|…", "ASO.SEND k m 4 ID y => $12|…")
	e.delivered("k", "m:1", "m:4")
	e.delivered("l", "m:3")
	e.steps("ASO.SEND k m 5 ID x => $-1", "ASO.CALL a send k m 6 id=x => $4|sent", "ASO.CALL {k}same send k m 7 id=x => $3|nil")
	e.delivered("k") // told at the delivery: another slot sent it
	e.steps("ASO.CALL a send k m 8 id=z => $4|sent", "ASO.CALL a send k m 8 id=z => $3|nil")
	e.delivered("k", "m:8")
	e.steps("ASO.CALL b send k m 9 id=z => $4|sent")
	e.delivered("k")
	e.advance(24*time.Hour - time.Millisecond)
	e.steps("ASO.SEND k m 10 ID x => $-1")
	e.advance(time.Millisecond)
	e.steps("ASO.SEND k m 11 ID x => $12|…")
	e.delivered("k", "m:11")
	e.steps("CONFIG SET aso-dedup-window 10", "ASO.SEND k m 12 ID short => $12|…")
	e.advance(0)
	e.advance(10 * time.Millisecond)
	e.steps("ASO.SEND k m 13 ID short => $12|…", "ASO.SEND k m 14 ID x => $-1")
	e.delivered("k", "m:12", "m:13")
}

func TestWhatAFailedRunSentIsNotSent(t *testing.T) {
	e := takers(t, "k", "l")
	e.steps("ASO.CALL k send l m x id=d => $4|sent", "ASO.CALL k send l => -ASOFAIL…", "ASO.CALL k send => -ASOFAIL…")
	e.delivered("l", "m:x")
	e.steps("ASO.CALL k send l failing x id=e => -ASOFAIL…")
	e.attach(`function onMessage(self, ev) self:send("l", "m", 1, { id = "e", reply = "r" }) self:send("l", "m", 2, { delay = 5 }) error("broken") end`, "n")
	e.steps("ASO.CALL n x => -ASOFAIL…", "ASO.DETACH n => :1", "ASO.CALL k send l m y id=e => $4|sent")
	e.delivered("l", "m:y")
}

func TestFailedDeliveryIsRetriedWithBackOff(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v")
	e.attach(`function onMessage(self, ev)
  self.state.tries = (self.state.tries or 0) + 1
  self:publish("leak", "x")
  if ev.attempt < 4 then self:send("k", "leak", "x") end
  self:call("APPEND", "x")
  if ev.attempt < 4 then error("broken") end
  self:call("SET", ev.attempt .. ":" .. ev.id)
end`, "k")
	id := e.do("ASO.SEND k m")
	e.advance(0)
	for i, wait := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} { // and up to a quarter more
		e.advance(wait - time.Millisecond)
		if got := e.do("INFO aso"); !strings.Contains(got, fmt.Sprintf("aso_messages_retried:%d|", i+1)) {
			t.Errorf("INFO: %s", got)
		}
		e.steps("GET k => $1|v")
		e.pending(1)
		e.advance(wait/4 + time.Millisecond)
	}
	_, id, _ = strings.Cut(id, "|")
	want := "4:" + id
	e.steps(fmt.Sprintf("GET k => $%d|%s", len(want), want))
	if got := e.do("INFO aso"); !strings.Contains(got, "aso_messages_retried:3|") {
		t.Errorf("INFO: %s", got)
	}
}

func TestRefusalEndsAMessage(t *testing.T) {
	e := takers(t, "k")
	e.steps("ASO.SEND k deny", "ASO.SEND k next")
	e.delivered("k", "next:nil")
	e.pending(0)
	if got := e.do("INFO aso"); !strings.Contains(got, "aso_messages_refused:1|") || !strings.Contains(got, "aso_messages_delivered:1|") {
		t.Errorf("INFO: %s", got)
	}
	if got := e.do("ASO.LOG k"); !strings.Contains(got, "ASODENY not me") {
		t.Errorf("log: %s", got)
	}
}

func TestHopsOfAChainAreBounded(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onMessage(self, ev)
  self:call("APPEND", tostring(ev.hops))
  return self:send(self.key == "a" and "b" or "a", "go")
end`, "a", "b")
	e.steps("ASO.SEND a go")
	e.advance(0)
	e.steps("GET a => $4|1357", "GET b => $3|246") // the eighth cannot send, and so fails
	if got := e.do("ASO.LOG b"); !strings.Contains(got, "ASOLIMIT hops 8 a chain") {
		t.Errorf("log: %s", got)
	}
	e.pending(1)
	e.steps("FLUSHALL => +OK", "ASO.ATTACH a h1 => :1", "ASO.ATTACH b h1 => :1", "ASO.CALL a go => $12|…")
	e.advance(0)
	e.steps("GET a => $4|0246", "GET b => $4|1357")
}

func TestLimitsOfMessages(t *testing.T) {
	e := takers(t, "k", "l")
	e.attach(`function onMessage(self, ev)
  local n = tonumber(ev.payload)
  for i = 1, n do
    if i % 2 == 0 then self:publish("c", "x") else self:send("l", "m", i) end
  end
end`, "many")
	e.steps("ASO.CALL many x 16 => $-1", "ASO.CALL many x 17 => -ASOLIMIT messages 16 a run, by h2@…")
	e.pending(8)
	e.steps("CONFIG SET aso-max-pending 9 => +OK", "ASO.SEND k m => $12|…", "ASO.SEND k m => -ASOQUOTA messages 9 wait for delivery",
		"ASO.CALL k send l m => -ASOQUOTA messages 9 wait for delivery", "CONFIG SET aso-max-pending 10 => +OK", "ASO.SEND k m => $12|…")
	e.delivered("k", "m:nil", "m:nil")
	e.steps("CONFIG SET aso-max-payload 5 => +OK", "ASO.SEND k m 123 => -ASOLIMIT payload 5 bytes a message", "ASO.SEND k m => $12|…",
		"ASO.CALL k send l m 123 => -ASOLIMIT payload 5 bytes a message, by h1@…")
	e.attach(`function onMessage(self, ev)
  local ok, err = pcall(self.send, self, "l", "m", "a long payload")
  return "caught"
end`, "catch")
	e.steps("ASO.CALL catch x => -ASOLIMIT payload…")
	e.attach(`function onMessage(self, ev) return self:send("l", "m", nil, { [ev.message] = ev.payload }) end`, "bad")
	e.steps("ASO.CALL bad delay -1 => -ASOFAIL…", "ASO.CALL bad delay x => -ASOFAIL…", "ASO.CALL bad other 1 => -ASOFAIL…", "ASO.CALL bad at x => -ASOFAIL…")
}

func TestMessagesOfGoneObjects(t *testing.T) {
	for _, c := range []struct{ end, want string }{
		{"DEL a", "m:1"},
		{"RENAME a c", "m:1"},
		{"ASO.DETACH a", "m:1"},
		{"SWAPDB 0 1", ""},
		{"FLUSHDB", "gone"},
		{"FLUSHALL", "gone"},
		{"SELECT 1", ""},
	} {
		e := takers(t, "a", "b")
		e.all("SET a v; ASO.CALL a send b m 1; ASO.CALL b log")
		e.all(c.end)
		switch c.want {
		case "gone":
			e.pending(0)
			e.advance(0)
			continue
		case "":
			e.advance(0)
			e.all("SELECT " + map[bool]string{true: "1", false: "0"}[c.end == "SWAPDB 0 1"])
			e.delivered("b", "m:1")
			continue
		}
		e.delivered("b", c.want)
	}
}

func TestMessageFollowsTheSwapOfItsDatabase(t *testing.T) {
	e := takers(t, "a", "b")
	e.steps("ASO.CALL a send b m 1 delay=100", "SWAPDB 0 1", "FLUSHDB")
	e.pending(1)
	e.advance(100 * time.Millisecond)
	e.steps("SELECT 1 => +OK")
	e.delivered("b", "m:1")
}

func TestMessageToAnObjectThatCannotTakeItIsDead(t *testing.T) {
	e := takers(t, "a", "b")
	e.all("SET plain v")
	e.steps("ASO.SEND none m", "ASO.SEND plain m", "ASO.CALL a send b m 1", "DEL b => :0", "ASO.DETACH b => :1")
	e.advance(0)
	e.pending(0)
	if got := e.do("INFO aso"); !strings.Contains(got, "aso_messages_dead:3|") {
		t.Errorf("INFO: %s", got)
	}
	dead := e.do("ASO.DLQ LIST MATCH b")
	if !strings.Contains(dead, "|kind|$7|message|") || !strings.Contains(dead, "ASONOHANDLER") {
		t.Errorf("dead letters: %s", dead)
	}
	id := strings.Split(dead, "|")[5]
	if got := e.do("ASO.DLQ SHOW " + id); !strings.HasSuffix(got, "|data|$1|1") {
		t.Errorf("dead letter: %s", got)
	}
	e.steps("ASO.DLQ LEN => :3", "ASO.ATTACH b h1 => :1", "ASO.DLQ RETRY "+id+" => :1", "ASO.DLQ RETRY "+id+" => :0", "ASO.DLQ LEN => :2")
	e.delivered("b", "m:1")
}

func TestPayloadOfADeadLetterIsReadable(t *testing.T) {
	for payload, want := range map[string]string{
		"nil": "", `"text"`: "text", "12": "12", "0.5": "0.5", "true": "true", "{ 1, 'x', { k = false } }": `[1,"x",{"k":false}]`, "{ 1, n = 2 }": `{"1":1,"n":2}`,
	} {
		e := newEngine(t)
		e.attach(`function onMessage(self, ev) self:send("none", "m", `+payload+`) end`, "k")
		e.steps("ASO.CALL k x => $-1")
		e.advance(0)
		id := strings.Split(e.do("ASO.DLQ LIST"), "|")[5]
		if got := e.do("ASO.DLQ SHOW " + id); !strings.HasSuffix(got+"|", fmt.Sprintf("|data|$%d|%s|", len(want), want)) && want != "" {
			t.Errorf("%s: %s", payload, got)
		}
	}
}

func TestMessageIsDeadAfterItsLastAttempt(t *testing.T) {
	e := takers(t, "k")
	e.steps("ASO.SEND k fail", "ASO.SEND k next")
	for range 40 {
		e.advance(time.Hour)
	}
	e.delivered("k", "next:nil")
	e.pending(0)
	if got := e.do("INFO aso"); !strings.Contains(got, "aso_messages_dead:1|") || !strings.Contains(got, "aso_messages_retried:15|") {
		t.Errorf("INFO: %s", got)
	}
}

func TestMessagesThatAKeptMoveSent(t *testing.T) {
	e := takers(t, "l")
	e.all("RPUSH a x y; RPUSH b z")
	e.attach(`function onUpdate(self, ev) self:send("l", "seen", self.key, { id = "one" }) return keep() end`, "a")
	e.steps("LMOVE a b LEFT RIGHT", "LRANGE a 0 -1 => *2|$1|x|$1|y")
	e.delivered("l", "seen:a")
	e.steps("LMOVE a b LEFT RIGHT")
	e.delivered("l")
}

// askers returns an engine with an object that asks and notes the answers, and two that answer.
func askers(t testing.TB) *engine {
	e := newEngine(t)
	e.attach(`function onMessage(self, ev)
  if ev.message == "ask" then
    self:send(ev.payload[1], ev.payload[2], 7, { reply = "answer" })
  elseif ev.message == "answer" then
    self:call("APPEND", ev.from .. "=" .. tostring(ev.payload) .. (ev.error or "") .. ";")
  end
end`, "asker")
	e.attach(`function onMessage(self, ev)
  if ev.message == "now" then return ev.payload * 2 end
  if ev.message == "twice" then self:reply(ev.reply_to, "first") return "second" end
  if ev.message == "deny" then return deny("no") end
  if ev.message == "fail" then error("broken") end
  if ev.message == "keep" then self.state.to = ev.reply_to return wait() end
  if ev.message == "pass" then return self:send(ev.payload, "given", self.state.to) end
  if ev.message == "given" then self.state.to = ev.payload end
  if ev.message == "tell" then return tostring(self:reply(self.state.to, "kept")) end
  if ev.message == "reply" then return tostring(self:reply(ev.payload, "forged")) end
end`, "other", "third")
	return e
}

func TestAnswersArriveOnce(t *testing.T) {
	for _, c := range []struct{ name, want string }{
		{"now", "other=14;"}, {"nothing", "other=nil;"}, {"deny", "other=nilASODENY no;"}, {"twice", "other=first;"}, {"keep", ""},
	} {
		e := askers(t)
		e.steps("ASO.CALL asker ask other " + c.name + " => $-1")
		e.advance(0)
		e.steps(fmt.Sprintf("APPEND asker . => :%d", len(c.want)+1), fmt.Sprintf("GETRANGE asker 0 -1 => $%d|%s.", len(c.want)+1, c.want))
		e.pending(0)
	}
	e := askers(t)
	e.steps("ASO.CALL asker ask other keep => $-1")
	e.advance(0)
	e = e.restarted(len(e.units)) // what was asked and who may answer is durable
	e.steps("ASO.CALL other pass third => $12|…")
	e.advance(0)
	e.steps("ASO.CALL third tell => $4|true", "ASO.CALL other tell => $4|true")
	e.advance(0)
	if got := e.do("GET asker"); got != "$11|third=kept;" && got != "$11|other=kept;" { // whoever comes first
		t.Errorf("asker has %s", got)
	}
	if got := e.do("INFO aso"); !strings.Contains(got, "aso_answers_late:1|") {
		t.Errorf("INFO: %s", got)
	}
}

func TestAnswerIsAwaitedForAWhile(t *testing.T) {
	e := askers(t)
	e.steps("ASO.CALL asker ask other keep => $-1")
	e.advance(0)
	e.advance(24 * time.Hour)
	e.steps("ASO.CALL other tell => $4|true")
	e.advance(0)
	e.steps("EXISTS asker => :0", "ASO.CALL other reply bogus => $5|false", "ASO.CALL other reply oshort => $5|false", "ASO.CALL other reply o0123456789abcdef0123456789abcdefasker => $4|true")
	e.advance(0)
	e.steps("EXISTS asker => :0")
}

func TestAFailedRequestIsAnsweredByItsError(t *testing.T) {
	e := askers(t)
	e.steps("ASO.CALL asker ask nobody now => $-1")
	e.advance(0)
	e.steps("GET asker => $59|nobody=nilASONOHANDLER the object has no onMessage handler;", "DEL asker => :1", "ASO.ATTACH asker h1 => :1")
	e.steps("ASO.CALL asker ask other fail => $-1")
	for range 40 {
		e.advance(time.Hour)
	}
	if got := e.do("GET asker"); !strings.Contains(got, "other=nilASOFAIL h2@") {
		t.Errorf("asker has %s", got)
	}
}

// TestCauseOfAMessage follows a chain of messages back by the ids of their events.
func TestCauseOfAMessage(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onMessage(self, ev)
  self:publish("e", ev.id .. " " .. (ev.cause or "-"))
  if self.key == "a" and ev.message ~= "back" then self:send("b", "x", nil, { reply = "back" }) end
  if self.key == "b" then return true end
end`, "a", "b")
	for _, how := range []string{"ASO.CALL a x", "ASO.SEND a x"} {
		e.heard = nil
		e.do(how)
		e.advance(0)
		cause := "-"
		if len(e.heard) < 3 {
			t.Fatalf("%s: heard %q", how, e.heard)
		}
		for _, line := range e.heard[:3] {
			words := strings.Fields(line)
			if words[2] != cause {
				t.Errorf("%s: caused by %s, want %s: %q", how, words[2], cause, e.heard)
			}
			cause = words[1]
		}
	}
}
