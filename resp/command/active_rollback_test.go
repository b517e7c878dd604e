package command_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// shape is a value of some type and size, and commands that use it.
type shape struct {
	name   string
	make   func(e *engine, key string)
	writes []string // K is the key
	reads  []string
	takes  []string // write and show
	clear  string   // takes the last item away, given that there is one; empty if make makes more
}

// many returns what runs a command with the arguments after its key n times over.
func many(n int, line string) func(e *engine, key string) {
	return func(e *engine, key string) {
		words := strings.Fields(withKey(line, key))
		args := slices.Clone(words[:2])
		for i := range n { // N is the number of an item
			for _, word := range words[2:] {
				args = append(args, strings.ReplaceAll(word, "N", fmt.Sprint(i)))
			}
		}
		e.run(args...)
	}
}

// withKey puts key in the place of each word K.
func withKey(line, key string) string {
	words := strings.Fields(line)
	for i := range words {
		if words[i] == "K" {
			words[i] = key
		}
	}
	return strings.Join(words, " ")
}

func bigString(e *engine, key string) { e.run("SET", key, strings.Repeat("x", 40_000)) }

var shapes = []shape{
	{
		"string", many(1, "SET K hello PX 100000"),
		[]string{"SET K other", "APPEND K x", "SETRANGE K 2 zz", "EXPIRE K 7", "PERSIST K"},
		[]string{"GET K", "GETRANGE K 0 1", "ASO.GET K"},
		[]string{"GETDEL K", "GETSET K n", "SET K n GET", "GETEX K EX 5"},
		"DEL K",
	},
	{"integer", many(1, "SET K 42"), []string{"SET K 43", "APPEND K 1"}, []string{"GET K"}, []string{"INCR K", "DECRBY K 5", "INCRBYFLOAT K 1.5"}, "DEL K"},
	{
		"large string", bigString,
		[]string{"SET K short", "APPEND K x", "SETRANGE K 2 zz", "SETRANGE K 50000 end", "EXPIRE K 7"},
		[]string{"GETRANGE K 0 1"},
		[]string{"GETDEL K"},
		"DEL K",
	},
	{
		"hash", many(1, "HSET K f v g 2"),
		[]string{"HSET K f w", "HSET K h x", "HDEL K f", "HSETNX K n 1", "EXPIRE K 9"},
		[]string{"HGET K f", "HGETALL K", "HMGET K f g", "HKEYS K", "HVALS K", "HRANDFIELD K", "HSCAN K 0", "HEXISTS K f"},
		[]string{"HINCRBY K g 5"},
		"HDEL K f g",
	},
	{
		"large hash", many(700, "HSET K fN vN"),
		[]string{"HSET K f1 w", "HSET K new x", "HDEL K f1 f2 f3", "HDEL K f699", "DEL K", "SET K s"},
		[]string{"HGET K f1"},
		[]string{"HINCRBY K n 1"},
		"",
	},
	{
		"list", many(3, "RPUSH K eN"),
		[]string{"RPUSH K x", "LPUSH K x y", "LSET K 1 z", "LINSERT K BEFORE e1 q", "LREM K 0 e1", "LTRIM K 1 1"},
		[]string{"LRANGE K 0 -1", "LINDEX K 0", "LPOS K e1"},
		[]string{"LPOP K", "RPOP K 2", "LMPOP 1 K LEFT", "LMOVE K K LEFT RIGHT", "BLPOP K 0"},
		"LPOP K 3",
	},
	{
		"large list", many(3000, "RPUSH K element-N"),
		[]string{"RPUSH K x", "LPUSH K x", "LSET K 1500 z", "LINSERT K BEFORE element-1000 q", "LREM K 0 element-2000", "LTRIM K 100 2000"},
		[]string{"LRANGE K 0 5"},
		[]string{"LPOP K 700", "RPOP K", "LMOVE K K LEFT RIGHT"},
		"",
	},
	{
		"set", many(5, "SADD K mN"),
		[]string{"SADD K x", "SREM K m1"},
		[]string{"SMEMBERS K", "SISMEMBER K m1", "SRANDMEMBER K", "SINTER K K", "SSCAN K 0"},
		[]string{"SPOP K"},
		"SREM K m0 m1 m2 m3 m4",
	},
	{"set of integers", many(5, "SADD K N"), []string{"SADD K x", "SADD K 100000000000", "SREM K 1"}, []string{"SMEMBERS K"}, []string{"SPOP K 2"}, "SREM K 0 1 2 3 4"},
	{"large set", many(800, "SADD K mN"), []string{"SADD K x", "SREM K m1 m500"}, []string{"SISMEMBER K m1"}, []string{"SPOP K 20"}, ""},
	{
		"sorted set", many(4, "ZADD K N mN"),
		[]string{"ZADD K 9 x", "ZADD K 9 m1", "ZREM K m1", "ZREMRANGEBYRANK K 0 1", "ZREMRANGEBYSCORE K 0 1"},
		[]string{"ZRANGE K 0 -1", "ZSCORE K m1", "ZRANK K m1", "ZCOUNT K 0 9", "ZRANGEBYSCORE K 0 1"},
		[]string{"ZPOPMIN K", "ZINCRBY K 1 m1", "BZPOPMAX K 0", "ZMPOP 1 K MIN"},
		"ZREM K m0 m1 m2 m3",
	},
	{
		"large sorted set", many(400, "ZADD K N mN"),
		[]string{"ZADD K 9 x", "ZADD K 9 m1", "ZREM K m1 m2", "ZREMRANGEBYRANK K 10 100"},
		[]string{"ZSCORE K m1"},
		[]string{"ZPOPMAX K 30", "ZINCRBY K 1 m1"},
		"",
	},
	{
		"stream", manyEntries(5),
		[]string{
			"XADD K 9-0 f w", "XADD K MAXLEN 1 9-0 other w", "XDEL K 1-0 3-0", "XTRIM K MAXLEN 2", "XTRIM K MINID 4", "XSETID K 50", "XACK K g 1-0 2-0",
			"XGROUP CREATE K h 0", "XGROUP SETID K g 0", "XGROUP DESTROY K g", "XGROUP CREATECONSUMER K g d", "XGROUP DELCONSUMER K g c",
		},
		[]string{"XRANGE K - +", "XREVRANGE K + -", "XREAD STREAMS K 0", "XINFO STREAM K", "XPENDING K g"},
		[]string{"XREADGROUP GROUP g d STREAMS K >", "XREADGROUP GROUP g c STREAMS K 0", "XCLAIM K g d 0 1-0", "XAUTOCLAIM K g d 0 0"},
		"DEL K",
	},
	{
		"large stream", manyEntries(1500),
		[]string{"XADD K 9999 f w", "XADD K MAXLEN ~ 800 9999 f w", "XDEL K 700-0 701-0", "XTRIM K MAXLEN 333", "XTRIM K MINID 777", "XACK K g 1-0", "XGROUP DELCONSUMER K g c"},
		[]string{"XRANGE K 700 705"},
		[]string{"XREADGROUP GROUP g d COUNT 200 STREAMS K >", "XAUTOCLAIM K g d 0 0"},
		"UNLINK K",
	},
}

// manyEntries returns what makes a stream of n entries, some of which a group has read.
func manyEntries(n int) func(e *engine, key string) {
	return func(e *engine, key string) {
		for i := range n {
			e.do(fmt.Sprintf("XADD %s %d f v%d", key, i+1, i))
		}
		e.all("XGROUP CREATE " + key + " g 0; XREADGROUP GROUP g c COUNT 3 STREAMS " + key + " >; XDEL " + key + " 2-0")
	}
}

// failures are handler bodies that do all they can and then fail; X is where.
var failures = []struct{ name, end, reply string }{
	{"deny", `return deny("no")`, "-ASODENY no"},
	{"error", `error("broken")`, "-ASOFAIL h1@"},
	{"error value", `return { err = "MOVED 1 1.2.3.4:5" }`, "-ASOFAIL h1@"},
	{"instructions", `while true do end`, "-ASOLIMIT instructions "},
	{"memory", `local t = {} while true do t[#t + 1] = ("x"):rep(1000) end`, "-ASOLIMIT memory "},
	{"state", `self.state.big = ("x"):rep(70000)`, "-ASOLIMIT state "},
	{"timers", `for i = 1, 100 do self:timer("t" .. i, { in_ms = i * 1000 }) end`, "-ASOLIMIT timers "},
	{"messages", `for i = 1, 100 do self:publish("c", "m") end`, "-ASOLIMIT messages "},
	{"bad state", `self.state.f = tostring`, "-ASOFAIL h1@"},
}

// mischief changes whatever a handler can, whichever type its object has.
const mischief = `
  self.state.n = (self.state.n or 0) + 1
  self:timer("new", { in_ms = 5000, data = "d" })
  self:cancel("old")
  self:publish("chan", "leaked")
  pcall(self.call, self, "APPEND", "tail")
  self:callkey("{" .. self.key .. "}near", "INCR")
  pcall(self.call, self, "HSET", "f1", "changed", "brand", "new")
  pcall(self.call, self, "HDEL", "f2")
  pcall(self.call, self, "RPUSH", "tail")
  pcall(self.call, self, "LSET", "0", "first")
  pcall(self.call, self, "LTRIM", 0, 5)
  pcall(self.call, self, "SADD", "new", "12")
  pcall(self.call, self, "SREM", "m1")
  pcall(self.call, self, "ZADD", 3, "new")
  pcall(self.call, self, "ZREM", "m1")
  pcall(self.call, self, "XADD", "*", "new", "entry")
  pcall(self.call, self, "XDEL", "2-0")
  pcall(self.call, self, "XTRIM", "MAXLEN", 2)
  self:expire(1234)
  if self.state.n % 2 == 0 then self:delete() end
`

// TestFailureLeavesEverythingAsItWas lets handlers of all events fail in all ways, on values of all types and sizes.
func TestFailureLeavesEverythingAsItWas(t *testing.T) {
	t.Parallel()
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			turn := 0
			lines := map[string][]string{
				"onUpdate": s.writes, "onGet": slices.Concat(s.reads, s.takes), "onDelete": {s.clear, "DEL K", "RENAME K other", "MOVE K 1"},
			}
			for _, event := range []string{"onUpdate", "onGet", "onDelete"} { // in order, or a failure could not be repeated
				for _, line := range lines[event] {
					if line == "" || event == "onUpdate" && strings.HasPrefix(line, "DEL") {
						continue
					}
					for range 2 { // over all lines every failure has its turn
						f := failures[turn%len(failures)]
						turn++
						checkFailure(t, &s, f.name, "function "+event+"(self, ev) "+mischief+f.end+"\nend", line, f.reply)
					}
				}
			}
		})
	}
}

func checkFailure(t *testing.T, s *shape, name, body, line, reply string) {
	t.Helper()
	e := newEngine(t)
	e.all("CONFIG SET notify-keyspace-events KEAn")
	s.make(e, "key")
	e.all("SET {key}near 5; ASO.GRANT SET h1 KEYS {key}near")
	e.attach(body, "key")
	e.all("ASO.TIMER SET key old EVERY 100000 DATA x; SET plain v; SET watched v")
	watcher, out := e.client()
	for _, words := range []string{"WATCH key", "MULTI", "PING"} {
		e.server.Batch(watcher, [][][]byte{bytesOf(strings.Fields(words)...)})
	}
	line = withKey(line, "key")
	for _, inMulti := range []bool{false, true} {
		e.heard = nil
		before := e.image()
		units := len(e.units)
		if inMulti {
			e.all("MULTI; " + line + "; " + line + "; APPEND plain w")
			want := "*3|" + reply
			if got := e.do("EXEC"); !strings.HasPrefix(got, want) {
				t.Fatalf("%s: %s in EXEC: got %s, want %s", name, line, got, want)
			}
			e.all("SET plain v") // as before
			e.heard = e.heard[:max(0, len(e.heard)-4)]
		} else {
			if got := e.do(line); !strings.HasPrefix(got, reply) || len(got) > 513 {
				t.Fatalf("%s: %s: got %s, want %s", name, line, got, reply)
			}
			if len(e.units) != units {
				t.Fatalf("%s: %s: journal has %q", name, line, e.units[units:])
			}
			if len(e.heard) > 0 {
				t.Fatalf("%s: %s: heard %q", name, line, e.heard)
			}
		}
		if d := before.diff(e.image()); d != "" {
			t.Fatalf("%s: %s: %s", name, line, d)
		}
		for _, h := range e.heard {
			if strings.Contains(h, "leaked") || strings.Contains(h, "key") && !strings.Contains(h, "plain") {
				t.Fatalf("%s: %s in EXEC: heard %q", name, line, e.heard)
			}
		}
	}
	if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
		t.Fatalf("%s: %s: replayed: %s", name, line, d)
	}
	out.Reset()
	e.server.Batch(watcher, [][][]byte{bytesOf("EXEC")})
	if got := string(out.Bytes()); got != "*1\r\n+PONG\r\n" {
		t.Fatalf("%s: %s: broke the watch: %q", name, line, got)
	}
}
