package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestCallFromAHandlerReachesItsOwnObjectOnly(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v; SET other w; SADD s a; SADD t b")
	e.attach(`function onMessage(self, ev)
  local p = ev.payload or {}
  if type(p) ~= "table" then p = { p } end
  local ok, r = pcall(self.call, self, ev.message, unpack(p))
  if type(r) == "table" and r.ok then r = r.ok end
  return tostring(ok) .. " " .. tostring(r)
end`, "k", "s")
	for _, line := range []string{
		"RENAME other", "COPY other", "COPY k DB 1", "MOVE 1", "MSET x other 1", "SUNIONSTORE t", "SMOVE t a", "FLUSHALL", "KEYS", "EVAL", "MULTI", "EXEC",
		"SUBSCRIBE", "PUBLISH x", "WATCH", "CONFIG", "SHUTDOWN", "ASO.CALL x", "ASO.DETACH", "ASO.SET v", "ASO.TIMER", "SORT BY other", "OBJECT HELP", "SELECT", "SCAN", "DBSIZE",
		"GET extra", "NONE", "SINTERCARD 2 k other", "LMPOP 1", "BITOP NOT other", "ZUNIONSTORE 1 other",
	} {
		if got := e.do("ASO.CALL k " + line); !strings.Contains(got, "false ") {
			t.Errorf("%s: %s", line, got)
		}
	}
	e.steps("GET other => $1|w", "DBSIZE => :4", "ASO.CALL k GET => $6|true v", "ASO.CALL k TTL => $7|true -1", "ASO.CALL k SET x => $7|true OK",
		"ASO.CALL k APPEND y => $6|true 2", "ASO.CALL s SADD b => $6|true 1", "ASO.CALL s BLPOP 0 => $71|false WRONG…", "GET k => $2|xy")
}

func TestHandlersDoNotSetOffHandlers(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v")
	e.attach(`function onUpdate(self, ev) self:call("APPEND", "u") self:call("GET") self:expire(50) end
function onGet(self, ev) self:call("APPEND", "g") end
function onDelete(self, ev) return deny("no") end
function onMessage(self, ev) self:call("SET", "m") self:call("GET") self:call("DEL") return "done" end`, "k")
	e.steps("SET k w => +OK", "GET k => $2|wu", "GET k => $3|wug", "DEL k => -ASODENY no", "ASO.CALL k x => $4|done", "EXISTS k => :0", "ASO.CALL k x => -ASONOHANDLER…")
}

func TestEventFields(t *testing.T) {
	e := newEngine(t)
	e.all("SET k old PX 5000")
	e.attach(`local function show(ev)
  local args = {}
  for i, a in ipairs(ev.args or {}) do args[i] = a end
  return table.concat({ ev.cmd or "-", table.concat(args, ","), ev.old or "-", ev.new or "-", ev.ttl or "-", ev.user or "-", ev.addr or "-", type(ev.id), ev.now == now() and "now" or "?" }, " ")
end
function onUpdate(self, ev) self.state.last = show(ev) end
function onDelete(self, ev) self.state.last = show(ev) return keep() end
function onGet(self, ev) return show(ev) .. " " .. (type(ev.payload) == "table" and table.concat(ev.payload, "+") or ev.payload or "-") end
function onMessage(self, ev)
  if ev.message == "last" then return self.state.last end
  return { ev.message, ev.payload or "none", ev.nothing == nil }
end`, "k")
	tail := " default :0 string now"
	e.steps("SET k new KEEPTTL => +OK", "ASO.CALL k last => $"+lengthOf("set k,new,KEEPTTL old new 5000"+tail), "DEL k => :0", "ASO.CALL k last => $"+lengthOf("del k new - 5000"+tail),
		"GET k => $"+lengthOf("get k - - 5000"+tail+" -"), "ASO.GET k p q => $"+lengthOf("aso.get k,p,q - - 5000"+tail+" p+q"), "ASO.GET k p => $"+lengthOf("aso.get k,p - - 5000"+tail+" p"),
		"ASO.CALL k hi => *3|$2|hi|$4|none|:1", "ASO.CALL k hi a => *3|$2|hi|$1|a|:1", "ASO.CALL k hi a b => *3|$2|hi|*2|$1|a|$1|b|:1")
}

func lengthOf(s string) string { return fmt.Sprint(len(s), "|", s) }

func TestTwoHandlersRunInOrderUntilAVerdict(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v")
	e.attach(`function onUpdate(self, ev) self.state.trail = (self.state.trail or "") .. "1" if ev.new == "deny1" then return deny("first") end if ev.new == "take" then return "first" end end
function onMessage(self, ev) return self.state.trail end`, "k")
	e.attach(`function onUpdate(self, ev) self.state.trail = (self.state.trail or "") .. "2" if ev.new == "deny2" then return deny("second") end if ev.new == "take" then return "second" end end
function onGet(self, ev) self:delete() self:publish("h", "2") end`, "k")
	e.attach(`function onGet(self, ev) self:publish("h", "3") end`, "k")
	e.steps("SET k x => +OK", "ASO.CALL k t => $2|12", "SET k deny1 => -ASODENY first", "SET k deny2 => -ASODENY second", "ASO.CALL k t => $2|12", "SET k take => +OK",
		"ASO.CALL k t => $3|121", "ASO.DETACH k h1 => :1", "SET k take => +OK", "GET k => $6|second", "EXISTS k => :0", "ASO.SHOW k => *22|$4|type|$4|none…")
	if fmt.Sprint(e.heard) != "[h 2]" {
		t.Errorf("heard %q: a handler ran on a deleted object", e.heard)
	}
}

func TestDeletedObjectLeavesNothing(t *testing.T) {
	for _, body := range []string{
		`self.state.x = 1 self:delete()`, `self:delete() self:call("SET", "back") self.state.x = 2`, `self:timer("t", { in_ms = 5 }) self:delete()`,
		`self:delete() pcall(self.timer, self, "t", { in_ms = 5 })`, `self:call("DEL") self.state.x = 1`, `self:call("EXPIRE", -1)`, `self:expireat(1)`,
	} {
		e := newEngine(t)
		e.all("SET k v")
		e.attach("function onUpdate(self, ev) "+body+" end", "k")
		e.steps("SET k w => +OK", "ASO.TIMER LIST k => *0")
		if got := e.do("ASO.SHOW k"); !strings.Contains(got, "|$8|handlers|*0|$5|state|*0|$6|timers|*0|") {
			t.Errorf("%s: %s", body, got)
		}
		if strings.Contains(body, "back") {
			e.steps("GET k => $4|back", "DEL k => :1")
		}
		if n := e.ks.ActiveObjects(); n != 0 {
			t.Errorf("%s: %d active objects", body, n)
		}
	}
}

func TestObjectsWithoutValueDoNotShow(t *testing.T) {
	e := newEngine(t)
	e.attach(`function onMessage(self, ev) self.state.n = (self.state.n or 0) + 1 return self.state.n end`, "k")
	e.steps("ASO.CALL k x => :1", "KEYS * => *0", "DBSIZE => :0", "SCAN 0 => *2|$1|0|*0", "EXISTS k => :0", "RANDOMKEY => $-1", "TYPE k => +none", "TTL k => :-2", "DEL k => :0",
		"GET k => $-1", "ASO.GET k => $-1", "RENAME k l => -ERR no such key", "COPY k l => :0", "EXPIRE k 10 => :0", "OBJECT ENCODING k => $-1", "MGET k => *1|$-1",
		"SET k v NX => +OK", "ASO.CALL k x => :2", "DBSIZE => :1", "FLUSHALL => +OK", "ASO.CALL k x => -ASONOHANDLER…")
	if n := e.ks.ActiveObjects(); n != 0 {
		t.Errorf("%d active objects", n)
	}
	if got := e.do("ASO.LIST"); !strings.HasPrefix(got, "*1|") {
		t.Errorf("code is gone: %s", got)
	}
}

func TestHandlersGoWithTheObject(t *testing.T) {
	e := newEngine(t)
	for _, s := range shapes {
		e.all("FLUSHALL")
		s.make(e, "k")
		e.attach(`function onMessage(self, ev) self.state.n = (self.state.n or 0) + 1 return self.state.n end`, "k")
		e.steps("ASO.CALL k x => :1", "RENAME k l => +OK", "ASO.CALL k x => -ASONO…", "ASO.CALL l x => :2", "COPY l m => :1", "ASO.CALL m x => -ASONO…", "MOVE l 1 => :1",
			"ASO.CALL l x => -ASONO…", "SWAPDB 0 1 => +OK", "ASO.CALL l x => :3", "TYPE l", "DEL l => :1", "ASO.CALL l x => -ASONO…")
	}
}

func TestCodeOfAFailedCommandIsNotLoaded(t *testing.T) {
	e := newEngine(t)
	const source = "#!lua name=x\nfunction onPut(self, ev) if ev.new == 'bad' then return deny('no') end end\nfunction onMessage(self, ev) return 1 end"
	before := e.image()
	if got := e.run("ASO.SET", "k", "bad", "CODE", source); got != "-ASODENY no" {
		t.Fatal(got)
	}
	if d := before.diff(e.image()); d != "" {
		t.Error(d)
	}
	e.steps("ASO.LIST => *0", "ASO.ATTACH l x => -ASONOHANDLER…", "ASO.CODE x => -ASONOHANDLER…")
	if got := e.run("ASO.SET", "k", "good", "CODE", source); got != "+OK" {
		t.Fatal(got)
	}
	e.steps("ASO.ATTACH l x => :1", "ASO.CALL l m => :1")
	units := len(e.units)
	if got := e.run("ASO.LOAD", source); !strings.HasPrefix(got, "$14|x@") || len(e.units) != units {
		t.Errorf("%s, and the journal grew by %d", got, len(e.units)-units)
	}
}

func TestASOSet(t *testing.T) {
	e := newEngine(t)
	guard := e.load(`params = { n = { type = "int", default = 1, min = 1, max = 9 } }
function onUpdate(self, ev) if ev.new == "no" then return deny("no") end if ev.new == "keep" then return keep() end end
function onMessage(self, ev) return self.params.n end`)
	other := e.load(`function onAttach(self, ev) if self.value == "refused" then return deny("not on this") end self.state.at = self.value end
function onMessage(self, ev) return self.state.at end`)
	e.steps("ASO.SET k v HANDLER "+guard+" PARAM n 3 EX 100 => +OK", "TTL k => :100", "ASO.CALL k x => :3", "ASO.SET k no => -ASODENY no", "ASO.SET k keep HANDLER "+other+" => +OK",
		"GET k => $1|v", "ASO.CALL k x => :3", "TTL k => :100", "ASO.SET k w NX => $-1", "ASO.SET none w XX => $-1", "ASO.SET k w KEEPTTL => +OK", "TTL k => :100",
		"ASO.SET k refused HANDLER "+other+" => -ASODENY not on this", "ASO.CALL k x => :3", "GET k => $1|w", "ASO.SET k taken HANDLER "+other+" => +OK", "ASO.CALL k x => $5|taken",
		"TTL k => :-1", "ASO.SET k v PARAM n 1 => -ERR…", "ASO.SET k v HANDLER "+guard+" PARAM n 10 => -ASOPARAM…", "ASO.SET k v HANDLER "+guard+" PARAM z 1 => -ASOPARAM…",
		"ASO.SET k v HANDLER none => -ASONOHANDLER…", "ASO.SET k v HANDLER a CODE b => -ERR…", "ASO.SET k v CODE b => -ASOCOMPILE…", "ASO.SET k v EX 0 => -ERR invalid expire time in 'aso.set' command",
		"ASO.CALL k x => $5|taken", "ASO.SET k v NX XX => -ERR syntax error at 'XX'")
	for i := range 20 {
		name := e.load(fmt.Sprintf("function onGet(self, ev) local x = %d end", i))
		if got := e.do("ASO.ATTACH many " + name); got != ":1" && (i < 16 || got != "-ASOQUOTA 16 handlers an object") {
			t.Errorf("handler %d: %s", i, got)
		}
	}
}

func TestASOGetShowsAnyType(t *testing.T) {
	e := newEngine(t)
	e.all("SET s v; RPUSH l a b; SADD m 1; HSET h f v; ZADD z 1.5 a")
	e.steps("ASO.GET s => $1|v", "ASO.GET l => *2|$1|a|$1|b", "ASO.GET m => *1|$1|1", "ASO.GET h => *2|$1|f|$1|v", "ASO.GET z => *2|$1|a|$3|1.5", "ASO.GET none => $-1")
	e.attach(`function onGet(self, ev)
  local p = ev.payload
  if p == "error" then error("MOVED 1 host\r\nx") end
  if p == "err" then self:delete() return { err = "READONLY x\r\ny" } end
  if p == "deny" then return deny("MOVED\r\n+OK") end
  if p == "long" then error(("x"):rep(2000)) end
  if p == "missing" then return missing() end
  if p == "nested" then return { { err = "MOVED 1" }, { ok = "a\r\n+b" }, 1.9, true, false } end
end`, "s")
	e.steps("ASO.GET s error => -ASOFAIL h1@…", "ASO.GET s err => -ASOFAIL h1@…", "ASO.GET s => $1|v", "ASO.GET s deny => -ASODENY MOVED  +OK", "ASO.GET s missing => $-1",
		"ASO.GET s nested => *5|-ASOFAIL MOVED 1|+a  +b|:1|:1|$-1")
	if got := e.do("ASO.GET s long"); len(got) != 513 {
		t.Errorf("error of %d bytes", len(got)-1)
	}
}

func TestBlockedClientsAreServedThroughHandlers(t *testing.T) {
	for _, c := range []struct{ body, push, want, after string }{
		{`function onGet(self, ev) self:publish("e", ev.cmd) end`, "RPUSH k x y", "*2|$1|k|$1|x", "LRANGE k 0 -1 => *1|$1|y"},
		{`function onGet(self, ev) return deny("not yours") end`, "RPUSH k x", "-ASODENY not yours", "LRANGE k 0 -1 => -ASODENY…"},
		{`function onGet(self, ev) self:call("RPUSH", "z") error("broken") end`, "RPUSH k x", "-ASOFAIL h1@", "LLEN k => :1"},
		{`function onPut(self, ev) return deny("closed") end`, "RPUSH k x", "", "EXISTS k => :0"},
		{`function onPut(self, ev) return keep() end`, "RPUSH k x", "", "EXISTS k => :0"},
		{`function onPut(self, ev) return { "other" } end`, "RPUSH k x", "*2|$1|k|$5|other", "EXISTS k => :0"},
		{`function onDelete(self, ev) return keep() end`, "RPUSH k x", "*2|$1|k|$1|x", "LLEN k => :1"},
		{`function onDelete(self, ev) return deny("stays") end`, "RPUSH k x", "-ASODENY stays", "LLEN k => :1"},
		{`function onGet(self, ev) return missing() end`, "RPUSH k x", "", "LLEN k => :1"},
	} {
		e := newEngine(t)
		e.attach(c.body, "k")
		conn := &parkedConn{parked: make(chan struct{}), done: make(chan string, 1)}
		ses := e.server.NewSession(conn, &conn.reply)
		go func() {
			e.server.Batch(ses, [][][]byte{bytesOf("BLPOP", "k", "0")})
			conn.done <- strings.TrimSuffix(strings.ReplaceAll(string(conn.reply.Bytes()), "\r\n", "|"), "|")
		}()
		<-conn.parked
		e.do(c.push)
		conn.give(c.want != "")
		if got := <-conn.done; !strings.HasPrefix(got, c.want) || c.want == "" && got != "*-1" {
			t.Errorf("%s: got %s, want %s", c.body, got, c.want)
		}
		e.steps(c.after)
	}
}

func TestWatchSeesWhatHandlersWrite(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v; SET l v")
	e.attach(`function onTimer(self, ev) self:call("SET", "w") end`, "k")
	e.attach(`function onGet(self, ev) self:call("APPEND", "x") end`, "l")
	e.steps("ASO.TIMER SET k t IN 10 => :1", "WATCH k => +OK")
	e.advance(10 * time.Millisecond)
	e.steps("MULTI => +OK", "GET k => +QUEUED", "EXEC => *-1", "WATCH l => +OK", "GET l => $1|v", "MULTI => +OK", "GET k => +QUEUED", "EXEC => *-1")
}
