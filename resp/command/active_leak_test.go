package command_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"comet/resp/wire"
)

// hush is in the values that veil hides.
const hush = "hush987654"

// veil is an onGet that hides the value.
const veil = `function onGet(self, ev) return "veiled" end`

// hide puts what must not be seen into the object at key, by a client that goes past handlers.
func (e *engine) hide(key string) {
	e.t.Helper()
	e.all("ASO.RAW ON")
	switch kind := e.do("TYPE " + key); kind {
	case "+string":
		if _, found := strings.CutPrefix(e.do("GET "+key), "$1|v"); found {
			e.all("APPEND " + key + " " + hush)
		}
	case "+hash":
		e.all("HSET " + key + " " + hush + " " + hush)
	case "+list":
		e.all("RPUSH " + key + " " + hush)
	case "+set":
		e.all("SADD " + key + " " + hush)
	case "+zset":
		e.all("ZADD " + key + " 987654 " + hush)
	case "+stream":
		e.all("XADD " + key + " 2-7 " + hush + " " + hush)
	}
	e.all("ASO.RAW OFF")
}

// unveiled returns the values of all objects that no handler veils.
func (e *engine) unveiled() string {
	e.t.Helper()
	var b strings.Builder
	for _, db := range []string{"0", "1"} {
		e.all("SELECT " + db)
		for _, key := range words(e.do("KEYS *")) {
			if strings.Contains(e.do("ASO.RULE MATCH "+key), "|applies|:1|") {
				continue
			}
			for _, line := range []string{"GET %s", "HGETALL %s", "LRANGE %s 0 -1", "SMEMBERS %s", "ZRANGE %s 0 -1 WITHSCORES", "XRANGE %s - +", "XINFO STREAM %s"} {
				fmt.Fprintln(&b, key, e.do(fmt.Sprintf(line, key)))
			}
		}
	}
	e.all("SELECT 0")
	return b.String()
}

// words returns the bulk strings of a reply that is an array of them.
func words(reply string) (list []string) {
	for i, part := range strings.Split(reply, "|") {
		if i > 0 && i%2 == 0 {
			list = append(list, part)
		}
	}
	return list
}

// shows are commands that only those use who answer for handlers: they tell of values, or take the handlers away.
var shows = []string{"ASO.DETACH", "ASO.DRYRUN", "ASO.STATE"}

// TestOnGetHidesFromEveryCommand runs the commands of eventCases, which has all commands on keys, on objects whose onGet hides the value, by handlers of
// their own and by a rule: nothing of it is in a reply, in an object that is not hidden, or in a notification.
func TestOnGetHidesFromEveryCommand(t *testing.T) {
	for _, attach := range []string{"ASO.ATTACH a h1; ASO.ATTACH b h1; ASO.ATTACH c h1", "ASO.RULE SET veil [abc] h1"} {
		e := newEngine(t)
		e.load(veil)
		e.all("CONFIG SET notify-keyspace-events KEA")
		for i := range eventCases {
			for _, c := range eventCases[i].rows {
				e.hides(c, attach)
			}
		}
	}
}

// hides runs the commands of a case on objects whose handlers a command line gives them.
func (e *engine) hides(c eventCase, attach string) {
	t := e.t
	t.Helper()
	e.all("ASO.RAW ON; FLUSHALL; " + c.setup + "; ASO.RAW OFF; " + attach)
	e.heard = nil
	e.hide("a")
	e.hide("b")
	for line := range strings.SplitSeq(c.lines, "; ") {
		if name, _, _ := strings.Cut(line, " "); slices.Contains(shows, name) {
			return
		}
		if got := e.do(strings.ReplaceAll(line, `""`, "x")); strings.Contains(got, hush) {
			t.Errorf("%s; %s; %s shows %s", attach, c.setup, line, got)
		}
	}
	if got := e.unveiled(); strings.Contains(got, hush) {
		t.Errorf("%s; %s; %s leaves\n%s", attach, c.setup, c.lines, got)
	}
	if got := strings.Join(e.heard, "\n"); strings.Contains(got, hush) {
		t.Errorf("%s; %s; %s tells of\n%s", attach, c.setup, c.lines, got)
	}
}

// pushedConn keeps what is pushed to its client.
type pushedConn struct {
	testConn
	mu     sync.Mutex // guards pushed
	pushed strings.Builder
}

func (c *pushedConn) ID() uint64 { return 77 }

func (c *pushedConn) Push(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pushed.Write(b)
}

// onlooker is a client that has sent a command and gets pushes.
func (e *engine) onlooker(line string) *pushedConn {
	e.t.Helper()
	c := &pushedConn{}
	if n := e.server.Batch(e.server.NewSession(c, &wire.Reply{}), [][][]byte{bytesOf(line)}); n != 1 {
		e.t.Fatalf("%s: not run", line)
	}
	return c
}

// TestOnGetHidesFromOnlookers reads hidden objects of all types in many ways while others
// look on: who monitors, listens, or asks for slow commands, costs and sizes.
func TestOnGetHidesFromOnlookers(t *testing.T) {
	e := newEngine(t)
	e.all("CONFIG SET notify-keyspace-events KEA slowlog-log-slower-than 0 slowlog-max-len 1000 aso-slowlog-fuel 1; SET s v; HSET h f v; RPUSH l x; SADD t x; ZADD z 1 x; XADD x 1 f v; XGROUP CREATE x g 0")
	keys := []string{"s", "h", "l", "t", "z", "x"}
	e.attach(veil+"\nfunction onUpdate(self, ev) self.state.n = 1 log('changed by ' .. ev.cmd) end", keys...)
	for _, key := range keys {
		e.hide(key)
	}
	e.all("SLOWLOG RESET; ASO.SLOWLOG RESET; ASO.FEED CREATE changes MATCH *")
	monitor := e.onlooker("MONITOR")
	e.heard = nil
	var replies strings.Builder
	see := func(line string) { fmt.Fprintf(&replies, "%s: %s\n", line, e.do(line)) }
	for _, key := range keys {
		for _, line := range []string{
			"GET %s", "HGETALL %s", "LRANGE %s 0 -1", "SMEMBERS %s", "ZRANGE %s 0 -1 WITHSCORES", "XRANGE %s - +", "COPY %s other", "RENAME %s moved", "RENAME moved %s", "EXPIRE %s 1000", "ASO.GET %s x",
			"LPOP %s", "SPOP %s", "ZPOPMAX %s", "GETDEL %s", "XREADGROUP GROUP g c STREAMS %s >", "OBJECT ENCODING %s", "OBJECT FREQ %s", "MEMORY USAGE %s", "ASO.SHOW %s", "ASO.LOG %s", "ASO.TIMER LIST %s",
			"ASO.RULE MATCH %s", "TYPE %s",
		} {
			see(fmt.Sprintf(line, key))
		}
	}
	e.advance(time.Second)
	for _, line := range []string{
		"SLOWLOG GET 1000", "ASO.SLOWLOG GET 1000", "CLIENT LIST", "CLIENT INFO", "INFO everything", "ASO.TOP FUEL", "ASO.STATS", "KEYS *", "SCAN 0 TYPE hash", "RANDOMKEY", "ASO.LIST", "ASO.RULE LIST",
		"ASO.TIMER NEXT", "ASO.DLQ LIST", "ASO.REPLAY LIST", "ACL LOG", "XRANGE aso:feed:changes - +", "MEMORY STATS", "CONFIG GET *", "COMMAND COUNT",
	} {
		see(line)
	}
	seen := replies.String()
	if strings.Count(seen, "veiled") < len(keys) {
		t.Errorf("what is hidden was not read: %s", seen)
	}
	for who, got := range map[string]string{
		"replies": seen, "MONITOR": monitor.pushed.String(), "notifications": strings.Join(e.heard, "\n"),
	} {
		if len(got) < 100 {
			t.Errorf("%s: nothing is told: %q", who, got)
		}
		for line := range strings.SplitSeq(got, "\n") {
			if strings.Contains(line, hush) || strings.Contains(line, "987654") {
				t.Errorf("%s: %s", who, line)
			}
		}
	}
}

// TestOnGetHidesFromWhoWaited lets clients wait for values that others push to objects which hide them.
func TestOnGetHidesFromWhoWaited(t *testing.T) {
	for _, c := range []struct{ wait, push string }{
		{"BLPOP k 0", "RPUSH k " + hush},
		{"BRPOP other k 0", "LPUSH k " + hush},
		{"BLMPOP 0 1 k LEFT", "RPUSH k " + hush},
		{"BLMOVE k k LEFT LEFT 0", "RPUSH k " + hush},
		{"BLMOVE k plain LEFT LEFT 0", "RPUSH k " + hush},
		{"BRPOPLPUSH k plain 0", "RPUSH k " + hush},
		{"BZPOPMIN k 0", "ZADD k 987654 " + hush},
		{"BZMPOP 0 1 k MAX", "ZADD k 987654 " + hush},
		{"XREAD BLOCK 0 STREAMS k $", "XADD k * f " + hush},
	} {
		for _, byRule := range []bool{false, true} {
			e := newEngine(t)
			if byRule {
				e.all("ASO.RULE SET veil k " + e.load(veil))
			} else {
				e.attach(veil, "k")
			}
			w := e.waitIn(3, c.wait)
			if got := e.do(c.push); strings.HasPrefix(got, "-") {
				t.Fatal(got)
			}
			close(w.woken)
			got := <-w.done
			if strings.Contains(got, hush) || strings.Contains(got, "987654") || strings.Contains(e.unveiled(), hush) {
				t.Errorf("%s; %s (by rule %v): %s, unveiled:\n%s", c.wait, c.push, byRule, got, e.unveiled())
			}
			if !strings.Contains(got, "veiled") && !strings.Contains(got, "-ASODENY") {
				t.Errorf("%s; %s (by rule %v): %s", c.wait, c.push, byRule, got)
			}
		}
	}
}
