package command_test

import (
	"strings"
	"testing"

	"comet/aso"
)

// reaching runs the commands that a message or a write tells, as "key command arg", on other keys.
const reaching = `local function reach(self, text)
  local words = {}
  for word in text:gmatch("%S+") do words[#words + 1] = word end
  return self:callkey(unpack(words))
end
function onMessage(self, ev)
  local got = reach(self, type(ev.payload) == "table" and table.concat(ev.payload, " ") or ev.payload)
  if ev.message == "fail" then error("failed") end
  if ev.message == "deny" then return deny("no") end
  return got
end
function onUpdate(self, ev)
  reach(self, "{t}seen RPUSH " .. ev.new)
  if ev.new == "bad" then return deny("bad") end
end
function onExpire(self, ev) reach(self, "{t}index SREM " .. self.key) end
function onError(self, ev) reach(self, "{t}errors INCR") end`

// TestOtherKeysOfTheSlotNeedAGrant calls other keys with and without the right to.
func TestOtherKeysOfTheSlotNeedAGrant(t *testing.T) {
	e := newEngine(t)
	e.attach(reaching, "{t}a")
	e.attach("function onGet() end", "{t}active")
	e.all("CONFIG SET aso-strict-grants no; ASO.RULE SET r {t}ruled* h2; ASO.TIMER SET {t}timed x IN 5000; SET elsewhere v; ASO.FEED CREATE f MATCH nothing")
	refused := func(call, want string) {
		t.Helper()
		before, units := e.image(), len(e.units)
		if got := e.do("ASO.CALL {t}a m " + call); !strings.HasPrefix(got, "-ASOFAIL h1@") || !strings.HasSuffix(got, want) {
			t.Errorf("%s: %s", call, got)
		}
		if d := before.diff(e.image()); d != "" || len(e.units) != units {
			t.Errorf("%s: %s", call, d)
		}
	}
	const notGranted = "the handler was not granted this: ASO.GRANT SET h1 KEYS with a pattern of "
	refused("{t}b SET v", notGranted+`"{t}b"`)
	e.all("ASO.GRANT SET h1 SEND * SECRET {t}b")
	refused("{t}b SET v", notGranted+`"{t}b"`)
	e.all("ASO.GRANT SET h1 KEYS {t}b* elsewhere {t}a {t}active {t}ruled* {t}timed aso:feed:*")
	refused("{t}c SET v", notGranted+`"{t}c"`)
	refused("elsewhere SET w", "the key is not in the hash slot of the object")
	for _, key := range []string{"{t}a", "{t}active", "{t}ruled", "{t}ruled2"} {
		refused(key+" SET v", "the object at the key has handlers of its own")
	}
	e.steps("ASO.CALL {t}a m {t}b SET v => +OK", "GET {t}b => $1|v", "ASO.CALL {t}a m {t}b GET => $1|v", "ASO.CALL {t}a m {t}timed SET v => +OK", "ASO.CALL {t}a m {t}b2 INCR => :1",
		"ASO.CALL {t}a m {t}b DEL => :1", "ASO.CALL {t}a m {t}b GET => $-1")
	for _, call := range []string{"{t}b RENAME {t}b2", "{t}b LMOVE {t}b2 LEFT LEFT", "{t}b MGET {t}b2"} {
		refused(call, "ERR a handler can name one key only")
	}
	for _, call := range []string{"{t}b ASO.CALL m", "{t}b ASO.DETACH", "{t}b COPY {t}b", "{t}b WATCH", "{t}b FLUSHALL"} {
		refused(call, "")
	}
	refused("{t}b", "bad argument: self:callkey wants a key and the name of a command, got nil")
	e.all("SET {t}b v; ASO.GRANT SET h1 CHANNEL c")
	refused("{t}b GET", notGranted+`"{t}b"`)
	e.steps("ASO.GRANT SET h1 KEYS KEYS b => +OK", "ASO.GRANT GET h1 => *1|*10|$7|handler|$2|h1|$4|send|$-1|$8|channels|$-1|$7|secrets|$-1|$4|keys|*2|$4|KEYS|$1|b", "ASO.GRANT SET h1 KEYS => -ERR syntax error")
}

// TestStreamOfAFeedIsNobodysKey has a handler that was granted the stream of a feed.
func TestStreamOfAFeedIsNobodysKey(t *testing.T) {
	e := newEngine(t)
	e.attach(reaching, "{aso:feed:f}a")
	e.all("ASO.FEED CREATE f MATCH k; SET k v; ASO.GRANT SET h1 KEYS *")
	e.advance(0)
	if got := e.do("ASO.CALL {aso:feed:f}a m aso:feed:f XADD * f v"); !strings.Contains(got, "feed") || !strings.HasPrefix(got, "-ASOFAIL") {
		t.Error(got)
	}
	e.steps("XLEN aso:feed:f => :1", "ASO.CALL {aso:feed:f}a m aso:feed:f XLEN => :1")
}

// TestChangesOfOtherKeysAreThoseOfTheUnit looks at a change of another key through all that tells of changes, and takes it back.
func TestChangesOfOtherKeysAreThoseOfTheUnit(t *testing.T) {
	e := newEngine(t)
	e.attach(reaching, "{t}a")
	e.all("ASO.GRANT SET h1 KEYS {t}*; SET {t}a 1; CONFIG SET notify-keyspace-events KEA; ASO.FEED CREATE f MATCH {t}seen NEW")
	for _, line := range []string{"SET {t}a bad", "ASO.CALL {t}a fail {t}seen RPUSH x", "ASO.CALL {t}a deny {t}seen RPUSH x"} {
		e.heard = nil
		before, units := e.image(), len(e.units)
		e.all("WATCH {t}seen; MULTI; PING")
		watcher, out := e.client()
		e.server.Batch(watcher, [][][]byte{bytesOf(strings.Fields(line)...)})
		if got := out.Bytes(); !strings.HasPrefix(string(got), "-ASO") {
			t.Errorf("%s: %s", line, got)
		}
		if d := before.diff(e.image()); d != "" || len(e.units) != units || len(e.heard) > 0 {
			t.Errorf("%s: %s %d %q", line, d, len(e.units)-units, e.heard)
		}
		if got := e.do("EXEC"); got != "*1|+PONG" {
			t.Errorf("%s: a change that was taken back broke the watch: %s", line, got)
		}
	}
	waits := e.wait("BLPOP {t}seen 0")
	e.all("WATCH {t}seen; MULTI; PING")
	other, _ := e.client()
	e.server.Batch(other, [][][]byte{bytesOf("SET", "{t}a", "2")})
	waits.got(t, "*2|$7|{t}seen|$1|2")
	if got := e.do("EXEC"); got != "*-1" {
		t.Errorf("the watch held: %s", got)
	}
	if heard := strings.Join(e.heard, ";"); !strings.Contains(heard, "__keyspace@0__:{t}seen rpush") {
		t.Error(heard)
	}
	e.steps("SET {t}a 3 => +OK", "LRANGE {t}seen 0 -1 => *1|$1|3", "ASO.DRYRUN {t}a -- SET {t}a 4 => *20|$5|reply|+OK…", "LRANGE {t}seen 0 -1 => *1|$1|3",
		"MULTI => +OK", "SET {t}a 5 => +QUEUED", "SET {t}a bad => +QUEUED", "LLEN {t}seen => +QUEUED", "EXEC => *3|+OK|-ASODENY bad|:2")
	e.advance(0)
	if got := e.do("XLEN aso:feed:f"); got == ":0" {
		t.Error("the feed does not tell of the other key")
	}
	e.all("ASO.ATTACH {t}a h1 MODE observe; SET {t}a 6")
	e.steps("LLEN {t}seen => :2", "EXISTS {t}errors => :0")
}

// TestOtherKeyExpiresBeforeItIsCalled lets keys end in all ways while a handler looks at them.
func TestOtherKeyExpiresBeforeItIsCalled(t *testing.T) {
	e := newEngine(t)
	e.ks.SetActiveExpiry(false)
	e.attach(reaching, "{t}a", "{t}x")
	e.all("ASO.GRANT SET h1 KEYS {t}*; SET {t}b v PX 10; SADD {t}index {t}x; CONFIG SET notify-keyspace-events KEA")
	e.now += 10
	e.steps("ASO.CALL {t}a m {t}b GET => $-1")
	if heard := strings.Join(e.heard, ";"); !strings.Contains(heard, "__keyevent@0__:expired {t}b") {
		t.Error(heard)
	}
	e.steps("ASO.CALL {t}a m {t}b INCR => :1", "TTL {t}b => :-1", "SET {t}x v PX 10 => +OK", "SCARD {t}index => :1")
	e.now += 10
	e.steps("EXISTS {t}x => :0", "SCARD {t}index => :0")
	e.all("ASO.RAW ON; ASO.ATTACH {t}x h1; SADD {t}x m; PEXPIRE {t}x 10; SADD {t}index {t}x y z")
	e.now += 10
	e.steps("SUNION {t}index {t}x => *2|$1|y|$1|z")
}

// TestHandlersReachNoKeyOfACommandAtWork lets a key expire while a command has an open collection, as those that find their keys on the way do.
func TestHandlersReachNoKeyOfACommandAtWork(t *testing.T) {
	e := newEngine(t)
	e.ks.SetActiveExpiry(false)
	e.attach(reaching, "{t}x")
	e.all("ASO.GRANT SET h1 KEYS {t}*; SADD {t}index {t}x y; SET {t}x v PX 10")
	e.now += 10
	var locks aso.Locks
	locks.Add([]byte("{t}x"))
	tx := e.ks.Begin(&locks)
	tx.Start(0)
	index, err := tx.Set([]byte("{t}index"))
	if err != nil {
		t.Fatal(err)
	}
	index.Add([]byte("z"))
	if tx.Exists([]byte("{t}x")) {
		t.Error("it has not expired")
	}
	if err := tx.End(); err != nil {
		t.Fatal(err)
	}
	tx.Commit()
	e.steps("SMEMBERS {t}index => *3…", "SISMEMBER {t}index {t}x => :1")
	if got := e.do("ASO.LOG {t}x"); !strings.Contains(got, "other keys cannot be called while a command") {
		t.Error(got)
	}
}
