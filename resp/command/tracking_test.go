package command_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"comet/resp/command/oracletest"
)

// cachingClient is a client on a real connection that speaks RESP3.
type cachingClient struct {
	t     *testing.T
	nc    net.Conn
	r     *bufio.Reader
	cache map[string]string // what the client holds, "" for a missing key
	told  []string          // the messages since the last look
}

func newCachingClient(t *testing.T, addr string) *cachingClient {
	t.Helper()
	nc, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(time.Minute))
	c := &cachingClient{t: t, nc: nc, r: bufio.NewReader(nc), cache: map[string]string{}}
	c.do("HELLO", "3")
	return c
}

func (c *cachingClient) send(lines ...[]string) {
	var b strings.Builder
	for _, words := range lines {
		fmt.Fprintf(&b, "*%d\r\n", len(words))
		for _, word := range words {
			fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(word), word)
		}
	}
	if _, err := c.nc.Write([]byte(b.String())); err != nil {
		c.t.Error(err)
	}
}

// next reads one frame, and applies it if it is a push.
func (c *cachingClient) next() (f oracletest.Frame, push bool) {
	f, err := oracletest.ReadFrame(c.r)
	if err != nil {
		c.t.Error(err)
		return f, false
	}
	text := f.String()
	if !strings.HasPrefix(text, ">") {
		return f, false
	}
	c.told = append(c.told, text)
	if strings.HasSuffix(text, "_]") {
		clear(c.cache)
	}
	for key := range c.cache {
		if strings.Contains(text, `"`+key+`"`) {
			delete(c.cache, key)
		}
	}
	return f, true
}

// reply reads up to the next reply.
func (c *cachingClient) reply() string {
	for !c.t.Failed() {
		if f, push := c.next(); !push {
			return f.String()
		}
	}
	return ""
}

func (c *cachingClient) do(words ...string) string {
	c.send(words)
	return c.reply()
}

// want runs a command line and fails if the reply is another one.
func (c *cachingClient) want(line, reply string) {
	c.t.Helper()
	if got := c.do(strings.Fields(line)...); got != reply {
		c.t.Errorf("%s: got %s, want %s", line, got, reply)
	}
}

// messages returns what the client was told since the last call, after all that is on its way has come.
func (c *cachingClient) messages() string {
	c.do("PING")
	defer func() { c.told = nil }()
	return strings.Join(c.told, " ")
}

// wantTold fails if the client was told something else since the last look.
func (c *cachingClient) wantTold(want string) {
	c.t.Helper()
	if got := c.messages(); got != want {
		c.t.Errorf("told %q, want %q", got, want)
	}
}

// TestCachesAreNeverStale lets clients keep what they read, in every mode of tracking, while others change it. When all is quiet, what they
// still hold must be what is there.
func TestCachesAreNeverStale(t *testing.T) {
	addr := startRealServer(t)
	admin := newCachingClient(t, addr)
	admin.do("CONFIG", "SET", "tracking-table-max-keys", "10") // fewer than there are
	modes := [][]string{{}, {"BCAST"}, {"BCAST", "PREFIX", "k1", "PREFIX", "k2", "PREFIX", "k3", "PREFIX", "k0"}, {"OPTOUT"}, {}}
	var readers, writers sync.WaitGroup
	clients := make([]*cachingClient, len(modes))
	stop := make(chan struct{})
	for i, mode := range modes {
		c := newCachingClient(t, addr)
		clients[i] = c
		c.do(append([]string{"CLIENT", "TRACKING", "ON"}, mode...)...)
		readers.Go(func() { c.readUntil(stop) })
	}
	for w := range 3 {
		c := newCachingClient(t, addr)
		writers.Go(func() { c.writeMuch(w) })
	}
	writers.Wait()
	close(stop)
	readers.Wait()
	for n := range 20 { // or some would expire while caches are compared
		admin.do("PERSIST", fmt.Sprintf("k%d:%d", n%4, n/4))
	}
	for i, c := range clients {
		c.messages()
		for key, held := range c.cache {
			if now := admin.do("GET", key); now != held {
				t.Errorf("client %d (%v) holds %s=%s, there is %s", i, modes[i], key, held, now)
			}
		}
	}
}

func someKey() string { return fmt.Sprintf("k%d:%d", rand.IntN(4), rand.IntN(5)) }

// readUntil reads keys in pipelines, and writes some itself.
func (c *cachingClient) readUntil(stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		default:
		}
		var lines [][]string
		for range 1 + rand.IntN(8) {
			lines = append(lines, []string{"GET", someKey()})
			if rand.IntN(20) == 0 {
				lines = append(lines, []string{"SET", someKey(), fmt.Sprint("own", rand.Uint64())})
			}
		}
		c.send(lines...)
		for _, words := range lines {
			got := c.reply()
			if words[0] == "GET" {
				c.cache[words[1]] = got
			}
		}
	}
}

// writeMuch changes keys in all ways.
func (c *cachingClient) writeMuch(w int) {
	for i := range 1500 {
		key, v := someKey(), fmt.Sprint(w, ":", i)
		switch n := rand.IntN(40); {
		case n == 0 && w == 0 && i%10 == 0:
			c.do("FLUSHALL")
		case n < 4:
			c.do("DEL", key)
		case n < 6:
			c.do("SET", key, v, "PX", "1")
		case n < 10:
			c.send([]string{"MULTI"}, []string{"SET", key, v}, []string{"APPEND", someKey(), "x"}, []string{"EXEC"})
			for range 4 {
				c.reply()
			}
		default:
			c.do("SET", key, v)
		}
	}
}

// TestTrackingSeesHandlers changes values by handlers, and handlers by commands.
func TestTrackingSeesHandlers(t *testing.T) {
	addr := startRealServer(t)
	admin, c := newCachingClient(t, addr), newCachingClient(t, addr)
	if got := admin.do("ASO.LOAD", "#!lua name=twice\nfunction onPut(self, ev) end\nfunction onMessage(self, ev) self:call('SET', 'told') self:callkey('{a}b', 'INCR') return 1 end\n"); strings.HasPrefix(got, "-") {
		t.Fatal(got)
	}
	if got := admin.do("ASO.LOAD", "#!lua name=veil\nfunction onGet(self, ev) return 'veiled' end\n"); strings.HasPrefix(got, "-") {
		t.Fatal(got)
	}
	if got := admin.do("ASO.LOAD", "#!lua name=once\nfunction onGet(self, ev) self:call('DEL') end\n"); strings.HasPrefix(got, "-") {
		t.Fatal(got)
	}
	c.want("CLIENT TRACKING ON", "+OK")
	one := func(key string) string { return `>["invalidate" *["` + key + `"]]` }

	admin.want("SET a 1", "+OK")
	c.want("GET a", `"1"`)
	c.wantTold("")
	admin.want("ASO.ATTACH a twice", ":1")
	c.wantTold(one("a"))
	admin.want("ASO.GRANT SET twice KEYS {a}b", "+OK")
	c.want("GET {a}b", "_")
	c.want("GET a", `"1"`)
	c.wantTold("")
	admin.want("ASO.CALL a hello", ":1")
	c.wantTold(one("a") + " " + one("{a}b"))
	c.want("GET a", `"told"`)
	c.want("GET {a}b", `"1"`)

	admin.want("SET v 1", "+OK")
	c.want("GET v", `"1"`)
	admin.want("ASO.ATTACH v veil", ":1")
	c.wantTold(one("v"))
	for range 2 { // each time: it is never remembered
		c.want("GET v", `"veiled"`)
		c.wantTold(one("v"))
	}
	admin.want("SET v 2", "+OK")
	c.wantTold("")
	c.want("EVAL redis.call('GET',KEYS[1]);return(redis.call('GET',KEYS[1])) 2 v a", `"veiled"`)
	c.wantTold(one("v")) // once, though it was read twice
	admin.want("SET v 1", "+OK")
	c.wantTold("")

	admin.want("SET o 1", "+OK")
	admin.want("ASO.ATTACH o once", ":1")
	c.want("EVAL return(redis.call('GET',KEYS[1])) 1 o", `"1"`) // and gone
	c.wantTold(one("o"))
	admin.want("SET o 1", "+OK")
	c.wantTold("")
	admin.want("ASO.ATTACH o once", ":1")
	c.want("GET o", `"1"`) // and gone
	c.wantTold(one("o"))
	c.want("GET o", "_")
	c.wantTold("")

	c.want("GET r", "_")
	admin.want("ASO.RULE SET all r* veil", "+OK")
	c.wantTold(`>["invalidate" _]`)
	c.want("GET r", "_")
	admin.want("SET r 1", "+OK")
	c.wantTold(one("r"))
	c.want("GET r", `"veiled"`)
	c.wantTold(one("r"))
}

// TestEvictedKeysAreTold lowers the limit of the table: who read a key that had to go is told.
func TestEvictedKeysAreTold(t *testing.T) {
	addr := startRealServer(t)
	admin, c := newCachingClient(t, addr), newCachingClient(t, addr)
	admin.do("CONFIG", "SET", "tracking-table-max-keys", "2")
	c.want("CLIENT TRACKING ON", "+OK")
	for i := range 10 {
		key := fmt.Sprint("k", i)
		c.cache[key] = c.do("GET", key)
	}
	c.messages()
	if held := len(c.cache); held != 2 {
		t.Errorf("%d keys are held", held)
	}
	if info := admin.do("INFO", "stats"); !strings.Contains(info, "tracking_total_keys:2") {
		t.Error(info)
	}
	c.want("CLIENT TRACKING ON NOLOOP", "+OK")
	c.cache["another"] = c.do("GET", "another") // also who does not hear of its own changes: these are none
	if c.messages(); len(c.cache) != 2 {
		t.Errorf("%d keys are held", len(c.cache))
	}
	admin.want("CONFIG SET tracking-table-max-keys 1", "+OK") // at once
	if c.messages(); len(c.cache) != 1 {
		t.Errorf("%d keys are held", len(c.cache))
	}
}

// TestMonitorDuringTraffic monitors clients at work: no line is torn or missing, and secrets are not shown.
func TestMonitorDuringTraffic(t *testing.T) {
	addr := startRealServer(t)
	m := newCachingClient(t, addr)
	m.want("MONITOR", "+OK")
	const clients, commands = 4, 200
	var work sync.WaitGroup
	for range clients {
		c := newCachingClient(t, addr)
		work.Go(func() {
			for i := range commands {
				c.do("SET", "k", fmt.Sprint(i))
			}
			c.do("AUTH", "default", "hush")
		})
	}
	seen, secrets := 0, 0
	for seen < clients*commands || secrets < clients {
		f, _ := m.next()
		line := f.String()
		switch {
		case t.Failed():
			return
		case strings.Contains(line, "hush"):
			t.Fatal(line)
		case strings.Contains(line, `redacted`):
			secrets++
		case strings.Contains(line, "SET"):
			seen++
		}
	}
	work.Wait()
}
