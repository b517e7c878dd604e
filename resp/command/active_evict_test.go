package command_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// evict lets all objects give way that a policy takes.
func (e *engine) evict(policy string) {
	e.t.Helper()
	e.all("CONFIG SET maxmemory-policy " + policy + " maxmemory-eviction-tenacity 100 maxmemory 1; PING; CONFIG SET maxmemory 0")
}

func TestOnEvict(t *testing.T) {
	e := newEngine(t)
	e.all("CONFIG SET notify-keyspace-events Ee")
	e.attach(`function onMessage(self, ev) self:call("SET", ev.message .. "=" .. ev.payload) end`, "{k}heir")
	e.attach(`
function onEvict(self, ev)
  self:publish("gone", self.key .. "=" .. self.value .. " ttl " .. tostring(ev.ttl) .. " of " .. self.type)
  self:send("{k}heir", self.key, self.value)
  self.state.n = 1
  log("evicted")
  return keep(1000)
end`, "{k}a")
	e.all("SET {k}a v EX 100; SET {k}plain v EX 100; SET firm v")
	e.evict("volatile-lru")
	e.advance(0)
	e.steps(
		"EXISTS {k}a {k}plain firm", ":1",
		"GET {k}heir", "$5|{k}a=v",
	)
	slices.Sort(e.heard)
	if got := strings.Join(e.heard, ","); got != "__keyevent@0__:evicted {k}a,__keyevent@0__:evicted {k}plain,gone {k}a=v ttl 100000 of string" {
		t.Errorf("published: %s", got)
	}
	if got := e.do("INFO stats"); !strings.Contains(got, "|evicted_keys:2|") {
		t.Error(got)
	}
	if got := e.do("ASO.LOG {k}a"); !strings.Contains(got, "onEvict") || !strings.Contains(got, "evicted") {
		t.Errorf("the log is %s", got)
	}
	e.steps("SET {k}a again", "+OK", "ASO.DETACH {k}a", ":0")
}

// A handler that fails, refuses, deletes its object or makes it grow changes nothing about its end.
func TestOnEvictCannotKeepTheObject(t *testing.T) {
	for _, c := range []struct{ body, heard, log string }{
		{`self:publish("c", "m") error("no")`, "", "no"},
		{`self:publish("c", "m") while true do end`, "", "ASOLIMIT"},
		{`return deny("no")`, "", ""},
		{`return keep()`, "", ""},
		{`self:publish("c", "m") self:delete()`, "c m", ""},
		{`self:publish("c", "m") self:call("APPEND", ("x"):rep(100000)) self:persist()`, "c m", ""},
		{`self.state.n = ("x"):rep(10000) self:timer("t", { in_ms = 10 })`, "", ""},
	} {
		e := newEngine(t)
		e.attach("function onEvict(self, ev) "+c.body+" end\nfunction onError(self, ev, err) self:publish('onError', 'x') end", "a")
		e.all("SET a v EX 100")
		e.evict("volatile-random")
		e.advance(1000)
		if got := e.do("EXISTS a"); got != ":0" {
			t.Errorf("%s: EXISTS %s", c.body, got)
		}
		if used := e.ks.MemoryUsed(); used != 0 {
			t.Errorf("%s: %d bytes are left", c.body, used)
		}
		if got := strings.Join(e.heard, ","); got != c.heard {
			t.Errorf("%s: published %s", c.body, got)
		}
		if got := e.do("ASO.LOG a"); !strings.Contains(got, c.log) {
			t.Errorf("%s: the log is %s", c.body, got)
		}
	}
}

// What has no value gives way as well, and the rules of all keys hold for what is evicted.
func TestEvictionOfObjectsWithoutValue(t *testing.T) {
	e := newEngine(t)
	name := e.load(`
function onMessage(self, ev) self.state.n = 1 end
function onEvict(self, ev) self:publish("gone", self.key .. " " .. self.type) end`)
	e.all("ASO.RULE SET r m* " + name + "; ASO.ATTACH bare " + name + "; ASO.CALL bare hello; SET m1 v")
	e.evict("allkeys-lfu")
	slices.Sort(e.heard)
	if got := strings.Join(e.heard, ","); got != "gone bare none,gone m1 string" {
		t.Errorf("published: %s", got)
	}
	if n := e.ks.ActiveObjects(); n != 0 {
		t.Errorf("%d active objects are left", n)
	}
}

// A pipeline is bounded as single commands are.
func TestPipelineStaysBelowMaxmemory(t *testing.T) {
	const limit, size = 1 << 20, 10_000
	e := newEngine(t)
	e.all("CONFIG SET maxmemory-policy allkeys-lru maxmemory-samples 64 maxmemory-eviction-tenacity 100 maxmemory 1048576")
	r := rand.New(rand.NewPCG(1, 1))
	for range 40 {
		var pipeline [][][]byte
		for range 100 {
			pipeline = append(pipeline, bytesOf("SET", "k"+strings.Repeat("x", r.IntN(1000)), strings.Repeat("v", r.IntN(size))))
		}
		e.server.Batch(e.ses, pipeline)
		if used := e.ks.MemoryUsed(); used > limit+2*size {
			t.Fatalf("%d bytes are used", used)
		}
		if got := string(e.reply.Bytes()); strings.Contains(got, "-") {
			t.Fatal(got)
		}
		e.reply.Reset()
	}
	if e.ks.Metrics.Evicted.Load() == 0 {
		t.Error("nothing was evicted")
	}
}
