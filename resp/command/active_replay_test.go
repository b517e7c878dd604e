package command_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"comet/aso"
	"comet/aso/randtest"
	"comet/aso/value"
)

// randomHandler does something else in each run, whatever the type of its object, and fails now and then.
const randomHandler = `
local function act(self, ev, verdicts)
  local r = rand()
  if r < 0.3 then self.state.n = (self.state.n or 0) + 1 end
  if r > 0.9 then self.state[tostring(math.random(5))] = ("s"):rep(math.random(300)) end
  local calls = {
    { "APPEND", "x" }, { "HSET", "f" .. math.random(9), "v" }, { "HDEL", "f" .. math.random(9) }, { "RPUSH", "e" }, { "LPOP" }, { "SADD", math.random(30) },
    { "SREM", math.random(30) }, { "ZADD", math.random(9), "m" .. math.random(20) }, { "ZPOPMIN" }, { "SET", "again" }, { "PEXPIRE", math.random(4000) }, { "PERSIST" },
    { "SETRANGE", 3, "yy" }, { "LTRIM", 0, 5 }, { "XADD", "*", "f", "v" }, { "XTRIM", "MAXLEN", 2 }, { "XACK", "g", math.random(9) .. "-0" }, { "DEL" },
  }
  for i = 1, math.random(0, 3) do
    local c = calls[math.random(i == 1 and #calls - 1 or #calls)]
    pcall(self.call, self, unpack(c))
    if i == 2 then pcall(self.callkey, self, "{" .. self.key .. "}o", unpack(calls[math.random(#calls)])) end
  end
  if r > 0.4 and r < 0.6 then pcall(self.timer, self, "t" .. math.random(4), { in_ms = math.random(3000), every = math.random(2) == 1 and 700 or nil, count = 3, data = "d" }) end
  if r > 0.6 and r < 0.65 then self:cancel("t1") end
  if r > 0.7 and r < 0.72 then self:delete() end
  if r > 0.1 and r < 0.2 then
    local options = { delay = math.random(0, 900), id = math.random(3) == 1 and "d" .. math.random(9) or nil, reply = math.random(3) == 1 and "answer" or nil }
    pcall(self.send, self, ("shlmz"):sub(math.random(5)):sub(1, 1) .. math.random(0, 2), "m" .. math.random(9), { n = math.random(9), "x" }, options)
  end
  if ev.reply_to and r > 0.5 then self:reply(ev.reply_to, { r }) end
  if r > 0.8 and r < 0.85 then self:expire(math.random(2000)) end
  local v = verdicts[math.random(#verdicts * 2)]
  if v then return v(self, ev) end
end
local function refuse() return deny("no") end
local function fail() error("broken") end
local function loop() while true do end end
local function hold() return keep() end
local function longer() return keep(500) end
local function hide() return missing() end
local function same(self) return self.value end
local function text() return "text" end
function onPut(self, ev) return act(self, ev, { refuse, fail, same, text, hold }) end
function onUpdate(self, ev) return act(self, ev, { refuse, fail, same, text, hold }) end
function onGet(self, ev) return act(self, ev, { refuse, fail, text, hide }) end
function onDelete(self, ev) return act(self, ev, { refuse, fail, hold }) end
function onExpire(self, ev) return act(self, ev, { fail, longer }) end
function onEvict(self, ev) return act(self, ev, { fail, refuse, hold }) end
function onTimer(self, ev) return act(self, ev, { fail, refuse }) end
function onMessage(self, ev) return act(self, ev, { fail, refuse, same }) end
function onAttach(self, ev) return act(self, ev, { fail, refuse }) end
`

// randomOnError is an onError of randomHandler.
const randomOnError = `
function onError(self, ev, err) self.state.failed = ev.failed .. err.text return act(self, ev, { fail, loop }) end
`

// randomCommand returns a command on some of a few keys, mostly one that suits what they hold by name.
func randomCommand(r *rand.Rand) string {
	key := func(kinds string) string { return fmt.Sprintf("%c%d", kinds[r.IntN(len(kinds))], r.IntN(3)) }
	s, h, l, m, z := key("s"), key("h"), key("l"), key("m"), key("z")
	x := key("x")
	any, n := key("shlmzx"), r.IntN(40)
	lines := []string{
		"SET s v", "SET any v PX 700", "APPEND s xyz", "INCR s", "GETDEL any", "GETEX s PX 900", "SETRANGE s 70 end", "MSET s 1 any 2 s2 3", "MGET s s1 any", "SET any v GET",
		"SETBIT s # 1", "SETBIT s 400 1", "SETBIT any 3 0", "GETBIT s 3", "BITCOUNT s", "BITOP XOR s s1 s2", "BITOP NOT any s", "BITFIELD s SET u8 #2 # INCRBY i16 300 7 GET u4 0", "BITFIELD s OVERFLOW FAIL INCRBY u2 # 3",
		"PFADD any # x", "PFADD s1 #", "PFCOUNT s1", "PFCOUNT s s1", "PFMERGE s2 s1", "PFDEBUG TODENSE s1", "DEL s1",
		"SORT l ALPHA STORE l1", "SORT m ALPHA DESC LIMIT 0 9 STORE l2", "SORT z ALPHA STORE any", "SORT m BY s* ALPHA GET s* GET # STORE l", "SORT_RO m ALPHA BY h*->f# GET h*->f1", "SORT l BY any STORE s",
		"HSET h f1 v f2 w", "HSET h f# #", "HDEL h f# f1", "HINCRBY h n 2", "HGETALL h", "HGET h f1",
		"RPUSH l a b c", "LPUSH l #", "LPOP l", "RPOP l 2", "LMOVE l l1 LEFT RIGHT", "LMPOP 2 l l1 LEFT", "LTRIM l 0 20", "LRANGE l 0 -1", "LSET l 0 x", "BLPOP l l1 0.001",
		"SADD m # 1 2", "SADD m text-#", "SREM m # 1", "SPOP m", "SMOVE m m1 #", "SUNIONSTORE m m1 m2", "SDIFFSTORE m1 m m2", "SMEMBERS m",
		"ZADD z # m#", "ZADD z 1 a 2 b", "ZREM z m#", "ZPOPMIN z", "ZINCRBY z 2 m#", "ZUNIONSTORE z 2 z1 z2", "ZRANGE z 0 -1",
		"XADD x * f #", "XADD x * f # g v", "XADD x MAXLEN ~ 3 * f #", "XADD x MAXLEN 4 * f #", "XADD x MINID 1#-0 * f v", "XADD x #-1 f v", "XDEL x #-1", "XTRIM x MAXLEN 2", "XTRIM x MINID #", "XSETID x 1#000000-0",
		"XGROUP CREATE x g 0 MKSTREAM", "XGROUP CREATE x g $", "XGROUP SETID x g 0", "XGROUP DESTROY x g", "XGROUP CREATECONSUMER x g b", "XGROUP DELCONSUMER x g a", "XREADGROUP GROUP g a COUNT 2 STREAMS x >",
		"XREADGROUP GROUP g b NOACK STREAMS x >", "XREADGROUP GROUP g a STREAMS x x1 0 >", "XREADGROUP GROUP g b BLOCK 1 STREAMS x >", "XACK x g #-1", "XCLAIM x g b 5 #-1", "XCLAIM x g a 0 #-1 FORCE JUSTID LASTID #-1",
		"XAUTOCLAIM x g b 3 0 COUNT 2", "XREAD STREAMS x 0", "XRANGE x - +", "COPY x x2 REPLACE", "RENAME x x1", "ASO.ATTACH x h1",
		"DEL any", "UNLINK any s1", "EXPIRE any 1", "PEXPIRE any 300", "PEXPIREAT any 1", "PERSIST any", "RENAME any l1", "RENAME any s", "RENAMENX any z2", "COPY any m2 REPLACE", "COPY any any DB 1",
		"MOVE any 1", "ASO.CALL any msg", "ASO.SEND any msg a b", "ASO.SEND any msg IN 300 ID d#", "ASO.SEND any msg IN 0 ID d1", "ASO.GET any p", "ASO.TIMER SET any t1 IN 500", "ASO.TIMER SET any t2 EVERY 400 COUNT 5", "ASO.TIMER DEL any t1",
		"ASO.TIMER SET any t3 IN 200 RETRY 0 JITTER 90 DATA d#", "ASO.TIMER SET any t4 EVERY 300 RETRY 1 CATCHUP all COUNT 9", "ASO.TIMER SET any t4 EVERY 50 CATCHUP skip", "ASO.DETACH any", "ASO.DETACH any h1 KEEPSTATE",
		"ASO.ATTACH any h1", "ASO.ATTACH any h1", "ASO.ATTACH any h2", "ASO.ATTACH s h1", "ASO.ATTACH h h1", "ASO.ATTACH l h1", "ASO.ATTACH m h1", "ASO.ATTACH z h1",
		"ASO.SET any v HANDLER h1", "ASO.SET any v HANDLER h2 NX", "SELECT 1", "SELECT 0", "SELECT 0",
	}
	line := lines[r.IntN(len(lines))]
	if r.IntN(200) == 0 {
		line = []string{"FLUSHDB", "SWAPDB 0 1", "FLUSHALL"}[r.IntN(3)]
	}
	words := strings.Fields(line)
	for i, w := range words {
		switch w {
		case "s", "h", "l", "m", "z", "x":
			words[i] = map[string]string{"s": s, "h": h, "l": l, "m": m, "z": z, "x": x}[w]
		case "any":
			words[i] = any
		}
		words[i] = strings.ReplaceAll(words[i], "#", fmt.Sprint(n))
	}
	return strings.Join(words, " ")
}

// randomFeedCommand returns a command on one of two feeds.
func randomFeedCommand(r *rand.Rand) string {
	lines := []string{
		"ASO.FEED CREATE f MATCH * OLD NEW", "ASO.FEED CREATE f MATCH * EVENTS timer message put", "ASO.FEED CREATE g MATCH [hs]* MAXLEN 5 DB ALL", "ASO.FEED DEL f", "ASO.FEED DEL g",
		"XGROUP CREATE aso:feed:f r 0", "XREADGROUP GROUP r a COUNT 3 STREAMS aso:feed:f >", "XTRIM aso:feed:f MAXLEN 9", "SET aso:feed:f x", "RENAME s0 aso:feed:f", "FLUSHDB",
	}
	return lines[r.IntN(len(lines))]
}

// TestReplayRunsNoHandlers makes a history of commands, handlers, timers and expiries, and loads it from the journal alone, and from a
// snapshot taken on the way and the rest of the journal.
func TestReplayRunsNoHandlers(t *testing.T) {
	t.Parallel()
	seed := randtest.Seed(t)
	for round := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, round))
		e := newEngine(t)
		limits := value.DefaultLimits()
		limits.PackedMax = 64 // large values are frequent
		limits.StreamNodeMaxEntries = 3
		e.ks.SetLimits(limits)
		source := randomHandler
		if e.onErrors = round%3 == 0; e.onErrors {
			source += randomOnError
		}
		e.load(source)
		e.load(strings.ReplaceAll(source, "0.3", "0.5"))
		e.versionsOf("h1", source, "-- 2"+source, "-- 3"+source)
		e.all("ASO.GRANT SET h1 KEYS *; ASO.GRANT SET h2 KEYS *")
		type part struct {
			seq  uint64
			data []byte
		}
		var snapshot []part
		begin := 0
		for i := range 300 {
			e.step(r)
			if round%2 == 0 && r.IntN(10) == 0 {
				e.do(randomFeedCommand(r))
			}
			if i == 150 {
				begin = len(e.units)
				err := e.ks.Snapshot(context.Background(), func(seq uint64, chunk []byte) error {
					snapshot = append(snapshot, part{seq, bytes.Clone(chunk)})
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		want, users := e.image(), usersOf(e.ks)
		again := e.replayed()
		if d := want.diff(imageOf(t, again)); d != "" || users != usersOf(again) {
			t.Fatalf("seed %d, round %d: journal: %s\n%s\n%s", seed, round, d, users, usersOf(again))
		}
		ks := aso.New(aso.Options{Limits: limits, Now: func() int64 { return e.now }})
		l := ks.NewLoader()
		for _, p := range snapshot {
			if err := l.Chunk(p.seq, p.data); err != nil {
				t.Fatal(err)
			}
		}
		for i, unit := range e.units[begin:] {
			if err := l.Unit(uint64(begin+i+1), bytes.Clone(unit)); err != nil {
				t.Fatalf("seed %d, round %d: %v", seed, round, err)
			}
		}
		l.Close()
		if d := want.diff(imageOf(t, ks)); d != "" || users != usersOf(ks) {
			t.Fatalf("seed %d, round %d: snapshot and journal: %s\n%s\n%s", seed, round, d, users, usersOf(ks))
		}
		units := len(e.units)
		if err := e.ks.Reload(context.Background()); err != nil {
			t.Fatal(err)
		}
		if d := want.diff(e.image()); d != "" || users != usersOf(e.ks) || len(e.units) != units {
			t.Fatalf("seed %d, round %d: reload: %s\n%s\n%s", seed, round, d, users, usersOf(e.ks))
		}
		if got := countUsers(e); got != users {
			t.Fatalf("seed %d, round %d: users are %s, counted %s", seed, round, users, got)
		}
	}
}

// step runs a random command, alone or in a transaction, and lets time pass. A command that a handler refuses must have changed nothing; one that
// fails neither, unless onError did.
func (e *engine) step(r *rand.Rand) {
	e.t.Helper()
	e.now += int64(r.IntN(60))
	if r.IntN(40) == 0 {
		e.ks.SetEviction(aso.Eviction{Max: 1, Order: aso.EvictionOrder(r.IntN(5)), Volatile: r.IntN(4) > 0, Samples: 3})
		e.do("PING")
		e.ks.SetEviction(aso.Eviction{})
	}
	switch r.IntN(13) {
	case 0:
		e.advance(0)
	case 12:
		units := len(e.units)
		line := randomRuleCommand(r, e.versions)
		if got := e.do(line); strings.HasPrefix(got, "-") && len(e.units) != units {
			e.t.Errorf("%s: %s, but the journal grew", line, got)
		}
	case 1:
		e.do("MULTI")
		for range 1 + r.IntN(4) {
			e.do(randomCommand(r))
		}
		e.do("EXEC")
	default:
		e.advance(0)
		units, heard := len(e.units), len(e.heard)
		line := randomCommand(r)
		got := e.do(line)
		if strings.HasPrefix(got, "-") && (!e.onErrors || strings.HasPrefix(got, "-ASODENY")) && (len(e.units) != units || len(e.heard) != heard) {
			e.t.Errorf("%s: %s, but the journal grew", line, got)
		}
	}
}
