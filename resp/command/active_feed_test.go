package command_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"comet/aso"
	"comet/aso/value"
	"comet/resp/command"
	"comet/resp/wire"
)

// fed moves what waits to the feed called name, and fails unless its entries since the last look, without time, database and id, are the ones
// given: the event, the key, and other fields as name=value in the order of their names.
func (e *engine) fed(name string, want ...string) {
	e.t.Helper()
	e.advance(0)
	var got []string
	entries := feedEntries(e.t, e.ks, name)
	slices.SortStableFunc(entries, func(a, b map[string]string) int { return strings.Compare(a["id"], b["id"]) }) // over all partitions
	for _, fields := range entries {
		text := strings.TrimSuffix(fields["event"]+" "+fields["key"], " ")
		var rest []string
		for k, v := range fields {
			if !slices.Contains([]string{"event", "key", "at", "id", "db"}, k) {
				rest = append(rest, k+"="+v)
			}
		}
		slices.Sort(rest)
		got = append(got, strings.Join(append([]string{text}, rest...), " "))
	}
	if !slices.Equal(got, want) {
		e.t.Errorf("feed %s has\n%s\nwant\n%s", name, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	e.all("XTRIM aso:feed:" + name + " MAXLEN 0")
}

// TestFeedKnowsWhatWasBeforeAFailure lets a handler change its section only, and fail, before the value changes in the same unit.
func TestFeedKnowsWhatWasBeforeAFailure(t *testing.T) {
	e := newEngine(t)
	e.attach("function onAttach(self, ev)\n  self.state.n = (self.state.n or 0) + 1\n  if self.state.n > 1 then error('again') end\nend", "k")
	e.all("SET k 1; ASO.FEED CREATE f MATCH k* OLD NEW")
	e.steps("MULTI => +OK", "ASO.ATTACH k h1 => +QUEUED", "SET k 2 => +QUEUED", "EXEC => *2|-ASOFAIL h1@…")
	e.fed("f", "update k cause=set new=2 old=1 type=string")
}

func TestFeedTellsOfEachChangeOnce(t *testing.T) {
	e := newEngine(t)
	e.steps("ASO.FEED CREATE f MATCH k* OLD NEW => +OK", "XLEN aso:feed:f => :0", "TYPE aso:feed:f => +stream")
	for line, want := range map[string]string{
		"SET k 1":            "put k cause=set new=1 type=string",
		"SET other 1":        "",
		"GET k":              "",
		"APPEND k x":         "put k cause=append new=x type=string",
		"SETNX k 2":          "put k cause=setnx new=2 type=string",
		"HSET k a 1 b \"":    `put k cause=hset new={"a":"1","b":"\""} type=hash`,
		"RPUSH k a \\ c":     `put k cause=rpush new=["a","\\","c"] type=list`,
		"SADD k 3":           `put k cause=sadd new=["3"] type=set`,
		"ZADD k 1.5 m inf n": `put k cause=zadd new={"m":1.5,"n":"+Inf"} type=zset`,
		"XADD k 1-1 f v":     `put k cause=xadd new=[["1-1",["f","v"]]] type=stream`,
		"PEXPIRE k 5":        "",
		"DEL k":              "",
	} {
		e.do(line)
		e.fed("f", slices.DeleteFunc([]string{want}, func(s string) bool { return s == "" })...)
		e.all("DEL k")
		e.advance(0)
		e.all("XTRIM aso:feed:f MAXLEN 0")
	}
	e.all("SET k 1; SET k 1; PEXPIRE k 9000; PERSIST k; PERSIST k; INCR k; RENAME k k2; COPY k2 k3; DEL k2 k3 k4")
	at := fmt.Sprint(e.now + 9000)
	e.fed("f",
		"put k cause=set new=1 type=string", "update k cause=set new=1 old=1 type=string", "update k cause=pexpire expires="+at+" new=1 old=1 type=string",
		"update k cause=persist new=1 old=1 type=string", "update k cause=incr new=2 old=1 type=string",
		"delete k cause=rename old=2", "put k2 cause=rename new=2 type=string", "put k3 cause=copy new=2 type=string", "delete k2 cause=del old=2", "delete k3 cause=del old=2")
	e.all("HSET k a 1; HSET k a 2 b 3; HDEL k a; HDEL k b; SELECT 1; SET k 1; SELECT 0")
	e.fed("f", `put k cause=hset new={"a":"1"} type=hash`, `update k cause=hset new={"a":"2","b":"3"} old={"a":"1"} type=hash`,
		`update k cause=hdel new={"b":"3"} old={"a":"2","b":"3"} type=hash`, `delete k cause=hdel old={"b":"3"}`)
	e.all("MSET k 1 k1 2 no 3; LPUSH l x; RPOPLPUSH l kl")
	e.fed("f", "put k cause=mset new=1 type=string", "put k1 cause=mset new=2 type=string", `put kl cause=rpoplpush new=["x"] type=list`)
}

func TestUnitIsOneChangeOfAKey(t *testing.T) {
	e := newEngine(t)
	e.all("ASO.FEED CREATE f MATCH * OLD NEW; SET a 1; MULTI; SET a 2; INCR a; SET b 1; DEL b; SET c 1; DEL a; SET a 5; EXEC")
	e.fed("f", "put a cause=set new=1 type=string", "update a cause=set new=5 old=1 type=string", "put c cause=set new=1 type=string")
	e.all("WATCH a; SET a 6; MULTI; SET a 7")
	e.do("EXEC")
	e.fed("f", "update a cause=set new=6 old=5 type=string")
}

func TestExpiryIsInFeeds(t *testing.T) {
	e := newEngine(t)
	e.all("ASO.FEED CREATE f MATCH * OLD; SET a 1 PX 10; SET b 2 PX 10; SET c 3 PX 10; EXPIRE b -1")
	e.now += 20
	e.all("GET a; SET c 4")
	e.fed("f", "put a cause=set expires="+fmt.Sprint(e.now-10)+" type=string", "put b cause=set expires="+fmt.Sprint(e.now-10)+" type=string",
		"put c cause=set expires="+fmt.Sprint(e.now-10)+" type=string", "delete b cause=expire old=2", "expire a cause=expire old=1", "expire c cause=expire old=3", "put c cause=set type=string")
	e.all("SET d 1 PX 10")
	e.advance(20 * time.Millisecond)
	e.fed("f", "put d cause=set expires="+fmt.Sprint(e.now-10)+" type=string", "expire d cause=expire old=1")
}

func TestFeedTellsOfHandlers(t *testing.T) {
	e := newEngine(t)
	e.all("ASO.FEED CREATE f MATCH * NEW OLD; ASO.FEED CREATE g MATCH * EVENTS timer message emit")
	e.attach(`function onUpdate(self, ev)
  local arg = ev.args[#ev.args]
  if arg == "deny" then self:call("APPEND", "x") return deny("no") end
  if arg == "fail" then self:call("APPEND", "x") error("no") end
  if arg == "keep" then return keep() end
  if arg == "more" then self:call("APPEND", "x") self:call("APPEND", "y") end
  if arg == "state" then self.state.n = 1 return keep() end
end
function onDelete() return keep() end
function onTimer(self, ev) self:emit("rang", { ev.data }) self:call("APPEND", ev.data) end
function onMessage(self, ev) self:emit("got", ev.message) if ev.message == "add" then self:call("APPEND", ev.payload) else error("no") end end`, "k")
	e.fed("f")
	e.all("SET k 1")
	e.do("SET k deny")
	e.do("SET k fail")
	e.all("SET k keep; SET k state; SET k more; DEL k")
	e.fed("f", "put k cause=set new=1 type=string", "update k cause=set new=morexy old=1 type=string")
	e.all("ASO.TIMER SET k t IN 10 DATA T; ASO.SEND k add M; ASO.SEND k broken; ASO.CALL k add C")
	e.advance(10 * time.Millisecond)
	e.fed("f", "update k cause=aso.call new=morexyC old=morexy type=string", "update k cause=message new=morexyCM old=morexyC type=string",
		"update k cause=timer new=morexyCMT old=morexyCM type=string")
	e.fed("g", "emit k cause=aso.call name=got payload=add", "emit k cause=message name=got payload=add", "message k cause=message name=add payload=M", `emit k cause=timer name=rang payload=["T"]`, "timer k cause=timer name=t payload=T")
}

func TestFlushIsOneEntryAndFeedsStay(t *testing.T) {
	e := newEngine(t)
	e.all("ASO.FEED CREATE f MATCH *; ASO.FEED CREATE all MATCH * DB ALL; XGROUP CREATE aso:feed:f g 0; SET a 1; FLUSHALL")
	e.all("FLUSHDB; SET a 2; XREADGROUP GROUP g c COUNT 1 STREAMS aso:feed:f >; SELECT 1; SET a 3; SELECT 0; FLUSHALL; SET a 4")
	e.fed("f", "put a cause=set type=string", "flush cause=flushall", "put a cause=set type=string", "flush cause=flushall", "put a cause=set type=string")
	e.fed("all", "put a cause=set type=string", "flush cause=flushall", "put a cause=set type=string", "put a cause=set type=string", "flush cause=flushall", "flush cause=flushall",
		"put a cause=set type=string")
	e.steps("XPENDING aso:feed:f g => *4|:1|…", "DBSIZE => :3")
	e.all("MULTI; SET b 1; FLUSHDB; SET b 2; EXEC")
	e.fed("f", "flush cause=flushdb", "put b cause=set type=string")
	if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
		t.Error(d)
	}
}

func TestStreamOfAFeedIsItsOwn(t *testing.T) {
	e := newEngine(t)
	e.all("XADD aso:feed:old * f v; SET src 1; ASO.FEED CREATE f MATCH *; SET a 1")
	e.advance(0)
	for _, line := range []string{
		"XADD aso:feed:f * a b", "DEL aso:feed:f", "UNLINK a aso:feed:f", "SET aso:feed:f x", "RENAME aso:feed:f y", "RENAME src aso:feed:f", "EXPIRE aso:feed:f 1", "MOVE aso:feed:f 1",
		"COPY src aso:feed:f REPLACE", "XSETID aso:feed:f 9-9", "SUNIONSTORE aso:feed:f x", "GETDEL aso:feed:f", "ASO.ATTACH aso:feed:f h", "SWAPDB 0 1",
	} {
		e.steps(line + " => -ASOINUSE…")
	}
	e.steps("ASO.FEED CREATE f MATCH x => -ASOEXISTS…", "ASO.FEED CREATE old MATCH x => -ASOEXISTS…", "ASO.FEED CREATE g MATCH aso:feed:* => -ERR feeds tell nothing…",
		"ASO.FEED CREATE g MATCH aso\\:feed:f => -ERR feeds tell nothing…", "ASO.FEED CREATE g MATCH x EVENTS foo => -ERR unknown event foo",
		"ASO.FEED CREATE g MATCH x EVENTS OLD => -ERR syntax…", "ASO.FEED CREATE g MATCH x MAXLEN 0 => -ERR…", "ASO.FEED CREATE g MATCH x FOO => -ERR syntax…", "ASO.FEED CREATE g MATCH x DB 1 => -ERR syntax…",
		"ASO.FEED CREATE g EVENTS put => -ERR the pattern…", "ASO.FEED DEL g => :0", "SWAPDB 1 2 => +OK", "COPY aso:feed:f y => :1", "XLEN aso:feed:f => :1", "XREAD STREAMS aso:feed:f 0 => *1|…",
		"XGROUP CREATE aso:feed:f g 0 => +OK", "XREADGROUP GROUP g c STREAMS aso:feed:f > => *1|…", "ASO.FEED CREATE g MATCH [ab]* EVENTS PUT delete MAXLEN 7 NEW DB ALL => +OK",
		"ASO.FEED LIST MATCH g => *1|*18|$4|name|$1|g|$3|key|$10|aso:feed:g|$5|match|$5|[ab]*|$2|db|:0|$3|all|:1|$6|events|*2|$3|put|$6|delete|$6|maxlen|:7|$3|old|:0|$3|new|:1",
		"ASO.FEED LIST => *2|…", "SELECT 1 => +OK", "ASO.FEED DEL f => :0", "SELECT 0 => +OK", "ASO.FEED DEL f => :1", "EXISTS aso:feed:f => :0", "XADD aso:feed:f 1-1 a b => $3|1-1")
	e.advance(0)
	if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
		t.Error(d)
	}
	for i := range 63 {
		e.all(fmt.Sprintf("ASO.FEED CREATE f%d MATCH x", i))
	}
	e.steps("ASO.FEED CREATE f63 MATCH x => -ASOQUOTA…")
}

func TestFeedsOfPatternsAndEvents(t *testing.T) {
	e := newEngine(t)
	e.all("ASO.FEED CREATE one MATCH a:1; ASO.FEED CREATE some MATCH a:[12]* EVENTS delete expire; ASO.FEED CREATE star MATCH *:1 EVENTS put; SET a:1 x; SET b:1 x; SET a:2 x; DEL a:2 b:1 a:1")
	e.fed("one", "put a:1 cause=set type=string", "delete a:1 cause=del")
	e.fed("some", "delete a:2 cause=del", "delete a:1 cause=del")
	e.fed("star", "put a:1 cause=set type=string", "put b:1 cause=set type=string")
	e.all("MULTI; SET a:1 y; ASO.FEED DEL one; EXEC; SET a:1 z; ASO.FEED CREATE one MATCH a:1; SET a:1 z")
	e.fed("one", "update a:1 cause=set type=string")
}

func TestLargeValuesAreOmitted(t *testing.T) {
	e := newEngine(t)
	e.all("ASO.FEED CREATE f MATCH * OLD NEW; SET s " + strings.Repeat("x", 20_000) + "; SETRANGE s 0 y; SET s 1; XADD x 1-1 a b; XADD x 1-2 a b; XTRIM x MAXLEN 1")
	for i := range 200 {
		e.all(fmt.Sprintf("HSET h f%d %s", i, strings.Repeat("v", 100)))
	}
	e.advance(0)
	var got []string
	entries := feedEntries(t, e.ks, "f")
	slices.SortStableFunc(entries, func(a, b map[string]string) int { return strings.Compare(a["id"], b["id"]) })
	for _, f := range entries {
		if f["new_omitted"] != "" || f["old_omitted"] != "" {
			got = append(got, f["event"]+" "+f["key"]+" "+f["old_omitted"]+" "+f["new_omitted"])
		}
	}
	want := []string{"put s  large", "update s unknown large", "update s large ", "update x unknown ", "update x unknown "}
	if len(got) < len(want)+50 || !slices.Equal(got[:len(want)], want) || got[len(got)-1] != "update h unknown large" {
		t.Errorf("%d: %q", len(got), got)
	}
}

// Room that is not used does not count: of a string that is changed where it stands, or of the two nodes of a list.
func TestRoomIsNotCounted(t *testing.T) {
	e := newEngine(t)
	limits := value.DefaultLimits()
	limits.PackedMax = 64
	e.ks.SetLimits(limits)
	e.all("ASO.FEED CREATE f MATCH * NEW; PFADD h 1 2 3; PFDEBUG TODENSE h; SET s " + strings.Repeat("x", 12_000))
	for range 4 {
		e.all("APPEND s " + strings.Repeat("y", 1000))
	}
	e.all("RPUSH l " + strings.Repeat(strings.Repeat("z", 99)+" ", 90))
	e.advance(0)
	entries := feedEntries(t, e.ks, "f")
	if len(entries) != 8 {
		t.Fatalf("%d entries", len(entries))
	}
	for _, f := range entries {
		if f["new"] == "" {
			t.Errorf("%s of %s is not shown: %q", f["event"], f["key"], f["new_omitted"])
		}
	}
}

func TestFeedIsTrimmed(t *testing.T) {
	e := newEngine(t)
	e.all("CONFIG SET stream-node-max-entries 10; ASO.FEED CREATE f MATCH * MAXLEN 100")
	for i := range 500 {
		e.all(fmt.Sprint("SET k", i, " v"))
	}
	e.advance(0)
	if n := len(feedEntries(t, e.ks, "f")); n < 100 || n > 110 {
		t.Errorf("%d entries are left", n)
	}
	if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
		t.Error(d)
	}
}

func TestGroupReadsAFeedOverRestarts(t *testing.T) {
	e := newEngine(t)
	e.all("ASO.FEED CREATE f MATCH k*; XGROUP CREATE aso:feed:f g 0")
	seen := map[string]int{}
	for i := range 30 {
		e.all(fmt.Sprint("SET k", i, " v"))
		if i%5 == 4 {
			e.restart() // with entries that are on their way
		}
		if i%3 == 2 {
			e.advance(0)
			reply := e.do("XREADGROUP GROUP g c COUNT 2 STREAMS aso:feed:f >")
			for j := range 30 {
				seen[fmt.Sprint("k", j)] += strings.Count(reply, fmt.Sprintf("|k%d|", j))
			}
		}
	}
	e.advance(0)
	reply := e.do("XREADGROUP GROUP g c STREAMS aso:feed:f >")
	for j := range 30 {
		if n := seen[fmt.Sprint("k", j)] + strings.Count(reply, fmt.Sprintf("|k%d|", j)); n != 1 {
			t.Errorf("k%d was read %d times", j, n)
		}
	}
}

func TestFeedsLeaveNotificationsAlone(t *testing.T) {
	heard := func(feed string) (list []string) {
		e := newEngine(t)
		e.all("CONFIG SET notify-keyspace-events KEA" + feed)
		e.all("SET a 1; HSET h f v; HDEL h f; RPUSH l a b; LPOP l 2; SET b 1 PX 5; RENAME a c; MULTI; SET d 1; DEL d; EXEC; FLUSHDB")
		e.advance(10 * time.Millisecond)
		for _, m := range e.heard {
			if !strings.Contains(m, "aso:feed:") {
				list = append(list, m)
			}
		}
		return list
	}
	if without, with := heard(""), heard("; ASO.FEED CREATE f MATCH * OLD NEW"); !slices.Equal(without, with) {
		t.Errorf("without a feed\n%q\nwith one\n%q", without, with)
	}
}

// TestFeedsAreWholeWhileManyWrite lets clients write from many goroutines while entries are moved and another feed comes and goes.
func TestFeedsAreWholeWhileManyWrite(t *testing.T) {
	const clients, steps, now = 4, 150, 1_800_000_000_000
	journal := &lockedJournal{}
	ks := aso.New(aso.Options{Limits: value.DefaultLimits(), Now: func() int64 { return now }, Committer: journal})
	config, err := command.NewConfig()
	if err != nil {
		t.Fatal(err)
	}
	server, err := command.NewServer(ks, command.Options{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	client := func() func(lines string) {
		reply := new(wire.Reply)
		ses := server.NewSession(&testConn{}, reply)
		return func(lines string) {
			for line := range strings.SplitSeq(lines, ";") {
				server.Batch(ses, [][][]byte{bytesOf(strings.Fields(line)...)})
			}
			reply.Reset()
		}
	}
	client()("ASO.FEED CREATE all MATCH * OLD NEW DB ALL")
	ctx, cancel := context.WithCancel(t.Context())
	var loop, work sync.WaitGroup
	loop.Go(func() {
		if err := ks.Run(ctx); err != nil {
			t.Error(err)
		}
	})
	for n := range clients {
		work.Go(func() {
			do := client()
			for i := range steps {
				do(fmt.Sprintf("INCR n%d;RPUSH l%d %d;MULTI;SET a%d %d;SET b%d %d;EXEC;XREADGROUP GROUP g c%d STREAMS aso:feed:all >", i%5, i%3, n, n, i, n, i, n))
				if i%50 == 0 {
					do("DEL l0 l1;FLUSHDB")
				}
			}
		})
	}
	admin := client()
	for range 20 {
		admin("ASO.FEED CREATE f MATCH a*;XGROUP CREATE aso:feed:all g 0;ASO.FEED LIST;INFO aso")
		admin("ASO.FEED DEL f")
	}
	work.Wait()
	cancel()
	loop.Wait()
	if err := ks.RunDue(); err != nil {
		t.Fatal(err)
	}
	checkMirror(t, ks, "all", "at the end")
	replayed := aso.New(aso.Options{Limits: value.DefaultLimits(), Now: func() int64 { return now }})
	l := replayed.NewLoader()
	for i, unit := range journal.units {
		if err := l.Unit(uint64(i+1), unit); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	if d := imageOf(t, ks).diff(imageOf(t, replayed)); d != "" {
		t.Error(d)
	}
}

func TestFeedTellsOfEvictionAndStays(t *testing.T) {
	e := newEngine(t)
	e.all("ASO.FEED CREATE f MATCH * OLD; SET a 1; SET b 2")
	e.advance(0)
	e.all("XTRIM aso:feed:f MAXLEN 0; CONFIG SET maxmemory-policy allkeys-lru; CONFIG SET maxmemory 1")
	e.advance(0)
	e.steps("DBSIZE => :1", "EXISTS aso:feed:f => :1", "CONFIG SET maxmemory 0 => +OK")
	entries := map[string]bool{}
	for _, f := range feedEntries(t, e.ks, "f") {
		entries[f["event"]+" "+f["key"]+" "+f["old"]+" "+f["cause"]] = true
	}
	if len(entries) != 2 || !entries["evict a 1 evict"] || !entries["evict b 2 evict"] {
		t.Errorf("%v", entries)
	}
}
