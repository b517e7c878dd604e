package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// steps runs command lines on an engine; after " => " stands the reply, or how it begins if it ends with an asterisk.
func (e *engine) steps(lines ...string) {
	e.t.Helper()
	for _, line := range lines {
		line, want, checked := strings.Cut(line, " => ")
		got := e.do(line)
		if prefix, ok := strings.CutSuffix(want, "…"); ok {
			checked = !strings.HasPrefix(got, prefix)
		} else {
			checked = checked && got != want
		}
		if checked {
			e.t.Errorf("%s\n got %s\nwant %s", line, got, want)
		}
	}
	if d := e.image().diff(imageOf(e.t, e.replayed())); d != "" {
		e.t.Errorf("replayed: %s", d)
	}
}

func TestReturnedValueIsCommittedInstead(t *testing.T) {
	for _, c := range []struct{ setup, body, write, read, want string }{
		{"SET k a PX 5000", `return ev.new:upper()`, "SET k abc KEEPTTL", "GET k", "$3|ABC"},
		{"SET k a", `return ev.old .. ev.new`, "SET k b", "GET k", "$2|ab"},
		{"SET k 1", `return 3`, "INCR k", "GET k", "$1|3"},
		{"SET k 1", `return 0.5`, "INCR k", "GET k", "$3|0.5"},
		{"HSET k f v", `return { f = ev.new.f .. "!", n = 1 }`, "HSET k f w", "HGET k f", "$2|w!"},
		{"RPUSH k a", `local l = {} for i, v in ipairs(ev.new) do l[i] = v .. "!" end return l`, "RPUSH k b", "LRANGE k 0 -1", "*2|$2|a!|$2|b!"},
		{"SADD k 1", `return { "a", "b", "a" }`, "SADD k 2", "SCARD k", ":2"},
		{"XADD k 1 f v g w", `return { ev.old[1], { "3-2", { "f", 5 } } }`, "XADD k 2 a b", "XRANGE k - +", "*2|*2|$3|1-0|*4|$1|f|$1|v|$1|g|$1|w|*2|$3|3-2|*2|$1|f|$1|5"},
		{"XADD k 1 f v; XGROUP CREATE k g 1", `return {}`, "XADD k 2 a b", "XINFO GROUPS k", "*1|*12|$4|name|$1|g|$9|consumers|:0|$7|pending|:0|$17|last-delivered-id|$3|1-0|$12|entries-read|$-1|$3|lag|:0"},
		{"ZADD k 1 m", `return { m = 2.5, n = -1 / 0 }`, "ZADD k 2 m", "ZRANGE k 0 -1 WITHSCORES", "*4|$1|n|$4|-inf|$1|m|$3|2.5"},
	} {
		e := newEngine(t)
		e.all(c.setup + "; CONFIG SET notify-keyspace-events KEn")
		e.attach("function onUpdate(self, ev) "+c.body+" end", "k")
		ttl := e.do("PTTL k")
		e.heard = nil
		if got := e.do(c.write); strings.HasPrefix(got, "-") {
			t.Errorf("%s: %s", c.write, got)
		}
		e.steps(c.read+" => "+c.want, "PTTL k => "+ttl)
		if len(e.heard) > 0 {
			t.Errorf("%s: heard %q of a key that is not new", c.write, e.heard)
		}
	}
}

func TestValueThatDoesNotFitIsRefused(t *testing.T) {
	for _, c := range []struct{ setup, write, values string }{
		{"SET k a", "SET k b", `{ 1 }|true|false|{ ok = "x" }|{ double = 1 }|cjson.null|{}`},
		{"HSET k f v", "HSET k f w", `"s"|1|{ "a" }|{}|{ f = {} }|{ f = true }|{ f = { err = "x" } }|cjson.null`},
		{"RPUSH k a", "RPUSH k b", `"s"|{ f = "v" }|{}|{ {} }|{ false }|{ 1, nil, 3 }|{ { err = "x" } }`},
		{"SADD k a", "SADD k b", `"s"|{ f = "v" }|{}|{ true }`},
		{"XADD k 1 f v", "XADD k 2 f v", `"s"|{ f = "v" }|{ {} }|{ { "1-1" } }|{ { "1-1", {} } }|{ { "1-1", { "f" } } }|{ { "x", { "f", "v" } } }|{ { "0-0", { "f", "v" } } }|{ { 1, { "f", {} } } }|{ { 2, { "f", "v" } }, { 2, { "f", "v" } } }`},
		{"ZADD k 1 a", "ZADD k 2 a", `"s"|{ "a" }|{ a = "1" }|{ a = 0 / 0 }|{}`},
	} {
		for value := range strings.SplitSeq(c.values, "|") {
			for _, end := range []string{"return " + value, "self.state.x = 1 self:delete() return " + value} {
				e := newEngine(t)
				e.all(c.setup)
				e.attach("function onUpdate(self, ev) "+end+" end", "k")
				before := e.image()
				if got := e.do(c.write); !strings.HasPrefix(got, "-ASOTYPE ") {
					t.Errorf("%s with %s: %s", c.write, end, got)
				}
				if d := before.diff(e.image()); d != "" {
					t.Errorf("%s with %s: %s", c.write, end, d)
				}
			}
		}
	}
}

func TestKeepOnUpdate(t *testing.T) {
	e := newEngine(t)
	e.all("SET k old PX 5000; SET l old; CONFIG SET notify-keyspace-events KEA")
	e.attach(`function onUpdate(self, ev)
  self.state.refused = (self.state.refused or 0) + 1
  self:timer("t", { in_ms = 1000 })
  self:publish("kept", ev.new)
  pcall(self.call, self, "APPEND", "junk")
  if ev.args[3] then self:expire(9000) end
  return keep()
end
function onMessage(self, ev) return self.state.refused end`, "k")
	e.steps("SET k new => +OK", "GET k => $3|old", "PTTL k => :5000", "ASO.CALL k n => :1")
	if len(e.heard) != 1 || e.heard[0] != "kept new" {
		t.Errorf("heard %q", e.heard)
	}
	e.steps("APPEND k x => :4", "GETSET k y => $3|old", "GET k => $3|old", "ASO.CALL k n => :3", "SET k new KEEPTTL => +OK", "PTTL k => :9000",
		"MSET l new k new => +OK", "MGET k l => *2|$3|old|$3|new", "DEL k => :1", "EXISTS k => :0", "ASO.TIMER LIST k => *0")
}

func TestKeepOnPutLeavesNoValue(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onPut(self, ev) self.state.n = (self.state.n or 0) + 1 return keep() end
function onMessage(self, ev) return self.state.n end`, "k")
	e.steps("SET k v => +OK", "EXISTS k => :0", "HSET k f v => :1", "RPUSH k a => :1", "DBSIZE => :0", "ASO.CALL k n => :3")
}

func TestKeepOnDelete(t *testing.T) {
	const body = `function onDelete(self, ev) self.state.n = (self.state.n or 0) + 1 self:publish("kept", self.key) return keep() end
function onMessage(self, ev) return self.state.n end`
	for _, c := range []struct{ setup, line, want, after string }{
		{"SET k v", "DEL k", ":0", "GET k => $1|v"},
		{"SET k v; SET l v", "UNLINK k l", ":1", "GET k => $1|v"},
		{"SET k v", "GETDEL k", "$1|v", "GET k => $1|v"},
		{"SET k v", "EXPIRE k -1", ":0", "TTL k => :-1"},
		{"SADD k a", "SREM k a", ":0", "SMEMBERS k => *1|$1|a"},
		{"HSET k a 1 b 2", "HDEL k a b", ":0", "HLEN k => :2"},
		{"ZADD k 1 a", "ZREMRANGEBYRANK k 0 -1", ":0", "ZCARD k => :1"},
		{"RPUSH k a", "LPOP k", "$1|a", "LLEN k => :1"},
		{"RPUSH k a", "LMOVE k l LEFT RIGHT", "$1|a", "EXISTS k l => :1"},
		{"SADD k a", "SMOVE k l a", ":0", "EXISTS k l => :1"},
		{"SADD k a; SADD l a", "SINTERSTORE k l none", ":0", "SCARD k => :1"},
		{"SET k v", "RENAME k l", "+OK", "EXISTS k l => :1"},
		{"SET k v", "RENAMENX k l", ":0", "GET k => $1|v"},
		{"SET k v", "MOVE k 1", ":0", "GET k => $1|v"},
		{"SET k v; SET l w", "RENAME k l", "+OK", "MGET k l => *2|$1|v|$1|w"},
	} {
		e := newEngine(t)
		e.all(c.setup + "; CONFIG SET notify-keyspace-events KEA")
		e.attach(body, "k")
		e.heard = nil
		e.steps(c.line+" => "+c.want, c.after, "ASO.CALL k n => :1")
		for _, h := range e.heard {
			if strings.HasSuffix(h, " k") && h != "kept k" || strings.Contains(h, "__:k") {
				t.Errorf("%s: heard %q", c.line, e.heard)
			}
		}
	}
}

func TestMoveIntoARefusingObjectLosesNothing(t *testing.T) {
	const keeps = `function onUpdate(self, ev) return keep() end`
	const denies = `function onUpdate(self, ev) return deny("full") end`
	for _, c := range []struct{ setup, line string }{
		{"RPUSH src a; RPUSH dst z", "LMOVE src dst LEFT RIGHT"},
		{"RPUSH src a b; RPUSH dst z", "RPOPLPUSH src dst"},
		{"SADD src a; SADD dst z", "SMOVE src dst a"},
		{"SET src a; SET dst z", "RENAME src dst"},
		{"SET src a; SET dst z", "COPY src dst REPLACE"},
	} {
		for _, body := range []string{keeps, denies} {
			e := newEngine(t)
			e.all(c.setup)
			e.attach(body, "dst")
			before := e.image()
			if got := e.do(c.line); strings.HasPrefix(got, "-ASODENY full") != (body == denies) {
				t.Errorf("%s: %s", c.line, got)
			}
			if d := before.diff(e.image()); d != "" {
				t.Errorf("%s: %s", c.line, d)
			}
		}
	}
}

func TestMissingLooksLikeNoKey(t *testing.T) {
	for _, c := range []struct{ setup, lines string }{
		{"SET k v; SET p w", "GET K;GETRANGE K 0 -1;STRLEN p;MGET K p;LCS K p;GETDEL K;GETEX K EX 10;SUBSTR K 0 1"},
		{"HSET k f v", "HGET K f;HGETALL K;HMGET K f g;HKEYS K;HVALS K;HEXISTS K f;HRANDFIELD K;HRANDFIELD K 2;HSCAN K 0"},
		{"RPUSH k a b; RPUSH p x", "LRANGE K 0 -1;LINDEX K 0;LPOS K a;LPOP K;LPOP K 2;RPOP K;LMPOP 1 K LEFT;LMOVE K p LEFT LEFT;RPOPLPUSH K p;LMOVE K K LEFT RIGHT"},
		{"SADD k a b; SADD p b c", "SMEMBERS K;SISMEMBER K a;SMISMEMBER K a z;SRANDMEMBER K;SRANDMEMBER K 2;SPOP K;SPOP K 2;SMOVE K p a;SINTER K p;SUNION p K;SDIFF p K;SINTERCARD 2 p K;SSCAN K 0"},
		{"ZADD k 1 a 2 b; ZADD p 3 b", "ZRANGE K 0 -1;ZSCORE K a;ZMSCORE K a b;ZRANK K a;ZCOUNT K 0 9;ZLEXCOUNT K - +;ZPOPMIN K;ZPOPMAX K 2;ZMPOP 1 K MIN;ZRANGEBYSCORE K 0 9;ZUNION 2 K p;ZINTER 2 K p;ZDIFF 2 p K;ZRANDMEMBER K;ZRANDMEMBER K 2;ZSCAN K 0"},
	} {
		for line := range strings.SplitSeq(c.lines, ";") {
			e := newEngine(t)
			e.all(c.setup + "; CONFIG SET notify-keyspace-events KEA")
			e.attach(`function onGet(self, ev) return missing() end`, "k")
			e.heard = nil
			before := e.image()
			if got, want := e.do(withKey(line, "k")), e.do(withKey(line, "none")); got != want {
				t.Errorf("%s: got %s, want %s", line, got, want)
			}
			if d := before.diff(e.image()); d != "" {
				t.Errorf("%s: %s", line, d)
			}
			if len(e.heard) > 0 {
				t.Errorf("%s: heard %q", line, e.heard)
			}
		}
	}
}

func TestMissingInCommandsThatWrite(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v; SET n 5; SADD s a b; SADD t b c; RPUSH l a; RPUSH m x; HSET h f 1")
	e.attach(`function onGet(self, ev) self.state.n = (self.state.n or 0) + 1 self:publish("asked", self.key) return missing() end
function onMessage(self, ev) return self.state.n end`, "k", "n", "s", "l", "h")
	e.steps("SET k w GET => $-1", "GETSET k x => $-1", "ASO.CALL k n => :2",
		"INCR n => -ASODENY the value is hidden", "ASO.CALL n n => $-1", "HINCRBY h f 1 => -ASODENY the value is hidden",
		"SUNIONSTORE d s t => :2", "SMEMBERS d => *2|$1|b|$1|c", "ASO.CALL s n => :1",
		"LMPOP 2 l m LEFT => *2|$1|m|*1|$1|x", "LLEN l => :1", "COPY k other => :0", "RENAME k moved => +OK", "GET moved => $-1")
	if len(e.heard) == 0 {
		t.Error("messages of the handlers are lost")
	}
}

func TestSeveralHiddenSourcesDoNotShowEachOther(t *testing.T) {
	e := newEngine(t)
	e.all("SADD a secret1; SADD b secret2; SADD c open; SADD d other")
	e.attach(`function onGet(self, ev) return missing() end`, "a", "b")
	e.attach(`function onGet(self, ev) return { "replaced" } end`, "d")
	e.steps("SUNION a b c => *1|$4|open", "SUNION b a => *0", "SUNION d a => *1|$8|replaced", "SUNION a d b => *1|$8|replaced",
		"SUNIONSTORE x a b c => :1", "SMEMBERS x => *1|$4|open", "SUNIONSTORE x d => -ASODENY…")
	e.attach(`function onGet(self, ev) self:delete() end`, "c")
	e.steps("SUNION c a => -ASODENY the value is hidden", "SUNION c => *1|$4|open", "SUNION c => *0")
}

func TestValuesMadeByOnGetAreNotStoredElsewhere(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v; RPUSH l a b; SADD s a b; ZADD z 1 a")
	e.attach(`function onGet(self, ev) return "made" end`, "k", "l", "s", "z")
	for _, line := range []string{
		"COPY k x", "COPY k x DB 1", "LMOVE l x LEFT RIGHT", "RPOPLPUSH l x", "SMOVE s x a", "SUNIONSTORE x s", "ZUNIONSTORE x 1 z", "ZRANGESTORE x z 0 -1",
		"SDIFFSTORE x s none",
	} {
		e.steps(line+" => -ASODENY…", "EXISTS x => :0")
	}
	e.steps("GET k => $4|made", "LPOP l => $4|made", "LLEN l => :1", "LMOVE l l LEFT LEFT => $4|made", "INCR k => -ERR…", "HGET k f => -WRONGTYPE…")
}

func TestGuardsCannotBeGoneAround(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v; SET p w; SELECT 1; SET k v; SELECT 0")
	const guard = `function onUpdate(self, ev) return deny("guarded " .. tostring(ev.new)) end
function onPut(self, ev) return deny("guarded") end
function onDelete(self, ev) return deny("guarded") end
function onExpire(self, ev) return keep(1000) end`
	e.attach(guard, "k", "none")
	e.all("SELECT 1")
	e.all("ASO.ATTACH k h1; ASO.ATTACH p h1; SELECT 0")
	for _, line := range []string{
		"SET k x", "DEL k", "UNLINK k", "GETDEL k", "RENAME k p", "RENAMENX k new", "RENAME p k", "COPY p k REPLACE", "COPY p k DB 1 REPLACE", "COPY p p DB 1",
		"MOVE p 1", "MOVE k 2", "RENAME p none", "COPY p none", "MSET p 1 k 2", "SET none x", "EXPIRE k 5", "APPEND k x",
		"DEL p k", "SETEX k 1 x", "ASO.SET k x", "ASO.SET k x HANDLER h1", "ASO.SET none x",
	} {
		before := e.image()
		if got := e.do(line); !strings.HasPrefix(got, "-ASODENY guarded") {
			t.Errorf("%s: %s", line, got)
		}
		if d := before.diff(e.image()); d != "" {
			t.Errorf("%s: %s", line, d)
		}
	}
	e.steps("RENAME p k => -ASODENY guarded w", "EXPIRE k -1 => :1", "PTTL k => :1000", "GET k => $1|v", "SUNIONSTORE k none => -ASODENY guarded", "GET k => $1|v")
}

func TestExpiry(t *testing.T) {
	e := newEngine(t)
	e.all("SET keeps v PX 100; SET dies v PX 100; SET fails v PX 100; SET denies v PX 100; SET persists v PX 100; SET deletes v PX 100; SET always v PX 100")
	e.all("CONFIG SET notify-keyspace-events Ex")
	e.attach(`function onExpire(self, ev) self.state.n = (self.state.n or 0) + 1 if self.state.n < 3 then return keep(50) end end`, "keeps")
	e.attach(`function onExpire(self, ev) self:publish("last", self.value) end`, "dies")
	e.attach(`function onExpire(self, ev) self:publish("leak", "x") self:persist() error("broken") end`, "fails")
	e.attach(`function onExpire(self, ev) self:publish("leak", "x") self:persist() return deny("no") end`, "denies")
	e.attach(`function onExpire(self, ev) self:persist() end`, "persists")
	e.attach(`function onExpire(self, ev) self:delete() end`, "deletes")
	e.attach(`function onExpire(self, ev) return keep() end`, "always")
	e.now += 100
	e.steps("GET dies => $-1", "GET fails => $-1", "EXISTS denies => :0", "PTTL persists => :-1", "GET deletes => $-1", "PTTL keeps => :50", "EXISTS always => :1")
	e.advance(50 * time.Millisecond)
	e.steps("PTTL keeps => :50")
	e.advance(50 * time.Millisecond)
	e.steps("EXISTS keeps => :0", "ASO.SHOW keeps => *22|$4|type|$4|none|$8|handlers|*0|$5|state|*0|$6|timers|*0…")
	for _, h := range e.heard {
		if strings.HasPrefix(h, "leak") {
			t.Errorf("heard %q", h)
		}
	}
	e.steps("SET past v => +OK")
	e.attach(`function onExpire(self, ev) self:publish("last", self.value) return keep(700) end`, "past")
	e.steps("PEXPIREAT past 1 => :1", "PTTL past => :700", "SET past w PXAT 1 => +OK", "PTTL past => :700", "GET past => $1|w")
}

// A command may find another of its keys expired, whose handler then runs between its steps.
func TestExpiryInsideACommand(t *testing.T) {
	e := newEngine(t)
	e.all("SADD a 1 2 3; SADD b 2 PX; PEXPIRE b 10; RPUSH l x; RPUSH m y; PEXPIRE m 10")
	e.attach(`function onExpire(self, ev) self:call("DEL") self:call("SADD", "kept", "2") end`, "b")
	e.attach(`function onExpire(self, ev) self:call("RPUSH", "z") return keep(1000) end`, "m")
	e.now += 10
	e.steps("SINTERSTORE d a b => :1", "LMOVE l m LEFT RIGHT => $1|x", "LRANGE m 0 -1 => *3|$1|y|$1|z|$1|x")
}

// TestHiddenReadIsNoWrite has an onGet that changes its object and hides it: that is no event of its own.
func TestHiddenReadIsNoWrite(t *testing.T) {
	e := newEngine(t)
	e.all("SET a v; SET b v")
	e.attach(`function onGet(self, ev) self.state.n = 1 self:expire(1000) return missing() end
		function onUpdate(self, ev) self:publish("e", "update") end
		function onDelete(self, ev) self:publish("e", "delete") end`, "a", "b")
	if got := e.do("GET a") + e.do("LCS a b"); got != "$-1$0|" || len(e.heard) > 0 {
		t.Errorf("replies %s, events %q", got, e.heard)
	}
	e.all("SET c v")
	e.attach(`function onGet(self, ev) self:delete() return missing() end
		function onDelete(self, ev) self:publish("e", "delete") end`, "c")
	if got := e.do("GET c") + e.do("EXISTS c"); got != "$-1:0" || len(e.heard) > 0 {
		t.Errorf("reply %s, events %q", got, e.heard)
	}
}

// TestCommandThatStoresNothingIsNotRefused reads two objects: the handler of the first changes it, that of the second replaces the reply.
func TestCommandThatStoresNothingIsNotRefused(t *testing.T) {
	e := newEngine(t)
	e.attach("function onGet(self) self.state.n = (self.state.n or 0) + 1 end", "{t}a")
	e.attach("function onGet(self) return {'replaced'} end", "{t}b")
	e.all("SADD {t}a x; SADD {t}b y")
	e.steps("SUNION {t}a {t}b => *1|$8|replaced", "SUNIONSTORE {t}c {t}a {t}b => -ASODENY the value is made when it is read, and cannot be stored under another key")
}

// TestKeepIsCapped keeps objects for longer than may be: they live for as long as may be.
func TestKeepIsCapped(t *testing.T) {
	e := newEngine(t)
	for i, long := range []string{"", "1e12", "2^53", "1e18", "math.huge"} {
		key := fmt.Sprint("k", i)
		e.all("SET " + key + " v PX 100")
		e.attach("function onExpire() return keep("+long+") end", key)
	}
	e.advance(100 * time.Millisecond)
	for i := range 5 {
		e.steps(fmt.Sprintf("PTTL k%d => :315360000000", i))
	}
}
