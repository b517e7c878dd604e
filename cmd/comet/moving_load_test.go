package main

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// worker acts in each event, always in the same way after the same commands: it counts, sends, and arms timers, and refuses some arguments.
const worker = `#!lua name=worker
local function note(self, what)
  local n = (self.state.n or 0) + 1
  self.state.n = n
  self.state[what] = (self.state[what] or 0) + 1
  if n % 3 == 0 then self:send("sink:" .. n % 5, what, { self.key, n }) end
  if n % 4 == 0 then self:timer("t" .. n % 3, { at = 4102444800000 + n, data = what }) end
  if n % 11 == 0 then self:cancel("t1") end
  return n
end
local function last(ev) return ev.args and ev.args[#ev.args] end
function onPut(self, ev) note(self, "put") end
function onUpdate(self, ev)
  note(self, "update")
  if last(ev) == "13" then return deny("thirteen") end
  if last(ev) == "17" then return keep() end
  if last(ev) == "19" then error("nineteen") end
  if self.type == "string" and #self.value > 60 then return "short" end
end
function onGet(self, ev) if note(self, "get") % 13 == 0 then return missing() end end
function onDelete(self, ev) if note(self, "delete") % 5 == 0 then return keep() end end
function onExpire(self, ev) note(self, "expire") end
function onAttach(self, ev) note(self, "attach") end
local write = {
  none = { "SET", "made" }, string = { "APPEND", "timer" }, list = { "RPUSH", "timer" }, hash = { "HINCRBY", "timer", 1 }, set = { "SADD", "timer" }, zset = { "ZINCRBY", 2, "timer" },
  stream = { "XTRIM", "MAXLEN", 5 },
}
function onTimer(self, ev)
  note(self, "timer")
  self:call(unpack(write[self.type]))
end
function onMessage(self, ev)
  if ev.payload == "13" then return deny("thirteen") end
  self:call(unpack(write[self.type]))
  return note(self, "message")
end`

// sink gets messages, and comes to be the same in whatever order they arrive.
const sink = `#!lua name=sink
function onMessage(self, ev)
  local key, n = ev.payload[1], tonumber(ev.payload[2])
  self:call("HINCRBY", ev.message .. key, 1)
  self.state.n = (self.state.n or 0) + 1
  self.state[key] = math.max(self.state[key] or 0, n)
end`

// A workStep is a command, or a transaction.
type workStep [][]string

// workKeys are the keys of workSteps: of a rule, with handlers of their own, and plain ones.
func workKeys() (keys []string) {
	for _, prefix := range []string{"r:", "a:", "p:"} {
		for _, kind := range "shlmzx" {
			keys = append(keys, fmt.Sprintf("%s%c0", prefix, kind), fmt.Sprintf("%s%c1", prefix, kind))
		}
	}
	return keys
}

// workSteps returns steps which depend on nothing but those before, neither on the time nor on chance. Plain ones are commands of Redis.
func workSteps(random *rand.Rand, n int, plain bool) (steps []workStep) {
	for i := range n {
		if i%8 != 7 {
			steps = append(steps, workStep{workCommand(random, i, plain)})
			continue
		}
		step := workStep{{"MULTI"}}
		for range 1 + random.IntN(4) {
			step = append(step, workCommand(random, i, plain))
		}
		steps = append(steps, append(step, []string{"EXEC"}))
	}
	return steps
}

func workCommand(random *rand.Rand, i int, plain bool) []string {
	key := func(kinds string) string {
		return fmt.Sprintf("%s%c%d", []string{"r:", "a:", "p:"}[random.IntN(3)], kinds[random.IntN(len(kinds))], random.IntN(2))
	}
	lines := []string{
		"SET s #", "SET any #", "APPEND s xyz", "INCRBY s #", "GETDEL any", "GETSET s #", "SETRANGE s 30 #", "MSET s 1 any 2 s 3", "MGET s any s", "SETBIT s # 1", "BITOP XOR s s s", "PFADD s # x", "PFMERGE s s",
		"GETEX s PXAT 41024448#0000", "SET s # PXAT 41024449#0000",
		"HSET h f1 v f2 #", "HSET h f# #", "HDEL h f# f1", "HINCRBY h n #", "HINCRBYFLOAT h x 1.5", "HGETALL h", "RPUSH l a b #", "LPUSH l #", "LPOP l", "RPOP l 2", "LMOVE l l LEFT RIGHT", "LTRIM l 0 20", "LSET l 0 #",
		"LRANGE l 0 -1", "SADD m # 1 2", "SADD m text-#", "SREM m #", "SMOVE m m #", "SUNIONSTORE m m m", "SDIFFSTORE m m m", "ZADD z # m#", "ZREM z m#", "ZPOPMIN z", "ZINCRBY z 2 m#", "ZUNIONSTORE z 2 z z",
		"ZRANGE z 0 -1", "XADD x @-1 f #", "XADD x @-1 f # g v", "XADD x MAXLEN 3 @-1 f #", "XDEL x #-1", "XTRIM x MAXLEN 2", "XGROUP CREATE x g 0 MKSTREAM", "XREADGROUP GROUP g c COUNT 2 STREAMS x >", "XACK x g #-1",
		"XAUTOCLAIM x g d 0 0 COUNT 3", "DEL any", "UNLINK any any", "EXPIRE any -1", "PEXPIREAT any 41024448#0000", "PERSIST any", "RENAME any any", "RENAMENX any any", "COPY any any REPLACE", "COPY any p:s0 DB 1 REPLACE",
		"MOVE any 1", "SORT m ALPHA STORE l", "RESTORE p:s1 0 damaged", "WRONG any",
	}
	if !plain {
		lines = append(lines, "ASO.CALL any poke #", "ASO.CALL any poke #", "ASO.CALL any poke #", "ASO.SEND sink:0 client any #", "ASO.ATTACH any worker", "ASO.ATTACH any worker", "ASO.ATTACH any worker", "ASO.DETACH any",
			"ASO.TIMER SET any t0 AT 41024447#0000", "ASO.TIMER SET any t2 AT 41024447#0000 EVERY 60000 DATA #", "ASO.TIMER DEL any t0", "ASO.TIMER FIRE any t0", "ASO.TIMER FIRE any t1", "ASO.TIMER FIRE any t2",
			"ASO.STATE any SET n #", "ASO.GET any", "ASO.SET any # HANDLER worker", "ASO.RULE SET more a:l* worker EVENTS update", "ASO.RULE DEL more")
	}
	line := lines[random.IntN(len(lines))]
	switch random.IntN(100) {
	case 0:
		line = "FLUSHDB"
	case 1, 2, 3, 4, 5:
		return []string{"EVAL", "redis.call('APPEND', KEYS[1], ARGV[1]) redis.pcall('RPUSH', KEYS[2], ARGV[1]) return redis.call('GET', KEYS[1])", "2", key("s"), key("sl"), "script"}
	}
	words := strings.Fields(line)
	number := fmt.Sprint(10 + random.IntN(16))
	for n, w := range words {
		switch w {
		case "s", "h", "l", "m", "z", "x":
			words[n] = key(w)
		case "any":
			words[n] = key("shlmzx")
		}
		words[n] = strings.NewReplacer("#", number, "@", fmt.Sprint(100+i)).Replace(words[n])
	}
	return words
}

// prepare gives a server the handlers.
func prepare(c *client) {
	c.t.Helper()
	for _, words := range [][]string{
		{"ASO.LOAD", worker},
		{"ASO.LOAD", sink},
		{"ASO.RULE", "SET", "work", "r:*", "worker"},
		{"ASO.RULE", "SET", "sinks", "sink:*", "sink"},
		{"ASO.FEED", "CREATE", "work", "MATCH", "?:*", "EVENTS", "put", "update", "delete", "expire", "DB", "ALL"},
		{"ASO.ATTACH", "a:s0", "worker"},
		{"ASO.ATTACH", "a:h0", "worker"},
	} {
		if got := c.do(words...); strings.Contains(got, "ERR") || strings.HasPrefix(got, "ASO") {
			c.t.Fatal(words, got)
		}
	}
}

// work runs steps one by one.
func (c *client) work(steps []workStep) {
	c.t.Helper()
	for _, step := range steps {
		for _, words := range step {
			c.do(words...)
		}
	}
}

// askAll runs commands of a kind on several keys, and returns the replies behind the keys, a line each.
func (c *client) askAll(keys []string, before []string, after ...string) []string {
	c.t.Helper()
	for _, key := range keys {
		if err := c.send(slices.Concat(before, []string{key}, after)...); err != nil {
			c.t.Fatal(err)
		}
	}
	lines := make([]string, len(keys))
	for i, key := range keys {
		reply, err := c.read()
		if err != nil {
			c.t.Fatal(err)
		}
		lines[i] = fmt.Sprint(strings.Join(before, " "), " ", key, ": ", reply)
	}
	return lines
}

// values returns the values of some keys in both databases, with their times to live.
func (c *client) values(keys []string) string {
	c.t.Helper()
	var lines []string
	for _, db := range []string{"1", "0"} {
		c.want("OK", "SELECT", db)
		lines = append(lines, "database "+db)
		lines = append(lines, c.askAll(keys, []string{"DEBUG", "DIGEST-VALUE"})...)
		lines = append(lines, c.askAll(keys, []string{"PEXPIRETIME"})...)
		lines = append(lines, c.askAll(keys, []string{"TYPE"})...)
	}
	return strings.Join(lines, "\n")
}

var (
	lateness  = regexp.MustCompile(` late -?\d+`) // is in memory only
	feedEntry = regexp.MustCompile(`\[\d+-\d+ \[(event \S+ key .*?) at \d+ (.*?)id \w+\]\]`)
)

// picture returns all that a server keeps of its keys, handlers and feed, but times of entries of the feed. It waits until all messages are delivered.
func (c *client) picture() string {
	c.t.Helper()
	eventually(c.t, "delivery of messages", func() bool {
		info := c.do("INFO", "aso")
		return strings.Contains(info, "aso_messages_pending:0\r\n") && strings.Contains(info, "aso_feed_entries_pending:0\r\n")
	})
	keys := append(workKeys(), "sink:0", "sink:1", "sink:2", "sink:3", "sink:4")
	lines := []string{c.values(keys)}
	for _, db := range []string{"1", "0"} {
		c.want("OK", "SELECT", db)
		lines = append(lines, "database "+db, c.do("DBSIZE"))
		for _, before := range [][]string{{"ASO.STATE"}, {"ASO.TIMER", "LIST"}, {"ASO.RULE", "MATCH"}} {
			lines = append(lines, c.askAll(keys, before)...)
		}
	}
	var entries []string
	for _, m := range feedEntry.FindAllStringSubmatch(c.do("XRANGE", "aso:feed:work", "-", "+"), -1) {
		entries = append(entries, m[1]+" "+m[2])
	}
	slices.Sort(entries)
	lines = append(lines, fmt.Sprint(len(entries), " entries, of ", c.do("XLEN", "aso:feed:work")))
	lines = append(lines, entries...)
	lines = append(lines, c.do("ASO.EXPORT"), c.do("ASO.DLQ", "LEN"))
	return lateness.ReplaceAllString(strings.Join(lines, "\n"), "")
}

// difference lists the lines in which texts differ.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	var out strings.Builder
	for i := range max(len(g), len(w)) {
		var a, b string
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if a != b && out.Len() < 4000 {
			fmt.Fprintf(&out, "%.300s\nwant %.300s\n", a, b)
		}
	}
	return out.String()
}

// history is what a server was like after each of some steps, which it ran one by one.
type history struct {
	steps    []workStep
	pictures []string // before the first step, after it, and so on
}

// play runs steps on a server that is prepared, and calls each after each of them.
func play(t testing.TB, c *client, steps []workStep, each func(i int)) *history {
	t.Helper()
	h := &history{steps: steps}
	for i := range len(steps) + 1 {
		if i > 0 {
			c.work(steps[i-1 : i])
		}
		h.pictures = append(h.pictures, c.picture())
		each(i)
	}
	return h
}
