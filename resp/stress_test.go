package resp_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"comet/aso"
	"comet/aso/randtest"
	"comet/resp/command/oracletest"
)

const (
	stressClients   = 8
	stressTime      = 1500 * time.Millisecond
	stressDatabases = 3
)

// stressCommands are drawn at random. K is a key, V a value, N a small number, T a time to block in seconds, D a database, I the id of
// a connection.
var stressCommands = []string{
	"SET K V", "SET K V PX N", "SET K V NX GET", "GET K", "GETDEL K", "GETEX K PX N", "APPEND K V", "SETRANGE K N V", "INCR K", "INCRBYFLOAT K 0.5",
	"MSET K V K V", "MSETNX K V K V", "MGET K K K", "LCS K K", "STRLEN K", "SET K V KEEPTTL",
	"HSET K f V g V h V", "HSET K N V", "HDEL K f N", "HINCRBY K N 3", "HGETALL K", "HSCAN K 0", "HRANDFIELD K 2",
	"LPUSH K V V", "RPUSH K V", "LPOP K", "RPOP K 2", "LMOVE K K LEFT RIGHT", "LINSERT K BEFORE V V", "LSET K 0 V", "LTRIM K 0 N", "LREM K 1 V",
	"LRANGE K 0 -1", "LMPOP 2 K K RIGHT",
	"SADD K V N", "SREM K V N", "SPOP K", "SMOVE K K V", "SINTERSTORE K K K", "SUNIONSTORE K K K", "SDIFF K K", "SMEMBERS K", "SRANDMEMBER K",
	"ZADD K N V 3 N", "ZREM K V", "ZINCRBY K 2 V", "ZPOPMIN K", "ZRANGESTORE K K 0 -1", "ZUNIONSTORE K 2 K K", "ZRANGE K 0 -1 WITHSCORES",
	"ZREMRANGEBYRANK K 0 N",
	"BLPOP K K T", "BRPOP K T", "BLMOVE K K LEFT RIGHT T", "BLMPOP T 2 K K LEFT", "BZPOPMIN K K T", "BZMPOP T 1 K MAX",
	"XADD K * f V", "XADD K MAXLEN ~ N * f V g V", "XADD K MAXLEN N * f V", "XADD K NOMKSTREAM * N V", "XTRIM K MAXLEN N", "XTRIM K MINID N", "XRANGE K - + COUNT N", "XREVRANGE K + - COUNT N", "XLEN K",
	"XGROUP CREATE K g 0 MKSTREAM", "XGROUP CREATE K g $", "XGROUP DESTROY K g", "XGROUP DELCONSUMER K g V", "XREAD BLOCK N STREAMS K $", "XREAD COUNT N BLOCK N STREAMS K K 0 $",
	"XREADGROUP GROUP g V BLOCK N COUNT N STREAMS K >", "XREADGROUP GROUP g V COUNT N STREAMS K 0", "XAUTOCLAIM K g V 1 0 COUNT N", "XPENDING K g - + N", "XINFO STREAM K FULL",
	"DEL K K", "UNLINK K", "EXISTS K K", "TYPE K", "RENAME K K", "RENAMENX K K", "COPY K K REPLACE", "COPY K K DB D", "MOVE K D", "TOUCH K",
	"EXPIRE K 1", "PEXPIRE K N", "PERSIST K", "PTTL K", "EXPIRETIME K", "RANDOMKEY", "SCAN 0 COUNT N", "SCAN 0 MATCH *1* TYPE list", "KEYS *1",
	"DBSIZE", "OBJECT ENCODING K",
	"PUBLISH news V", "SPUBLISH news V", "PUBSUB CHANNELS",
	"ASO.SET K V HANDLER test/count", "ASO.ATTACH K test/count", "ASO.ATTACH K test/count", "ASO.ATTACH K test/count", "ASO.DETACH K", "ASO.CALL K N", "ASO.GET K", "ASO.SHOW K",
	"ASO.TIMER SET K t IN N", "ASO.TIMER SET K u EVERY 5", "ASO.TIMER DEL K u",
	"WATCH K K", "UNWATCH", "MULTI", "MULTI", "EXEC", "EXEC", "EXEC", "DISCARD", "SELECT D", "SELECT 0", "SELECT 0",
	"INFO", "CLIENT LIST", "CLIENT INFO", "CLIENT UNBLOCK I", "CLIENT UNBLOCK I ERROR", "CONFIG GET *max*", "PING", "COMMAND COUNT", "LOLWUT",
}

// stressRare are drawn one time in a hundred, at first.
var stressRare = []string{
	"FLUSHALL", "FLUSHDB", "SWAPDB 0 1", "SWAPDB D D", "CLIENT KILL ID I", "CLIENT KILL TYPE pubsub", "CLIENT PAUSE 1 WRITE", "CLIENT UNPAUSE",
	"CONFIG SET notify-keyspace-events KEA", "CONFIG SET notify-keyspace-events KEAmn", "CONFIG SET list-max-listpack-size 4",
	"CONFIG SET hash-max-listpack-entries 2", "CONFIG SET set-max-intset-entries 2", "CONFIG SET zset-max-listpack-entries 2", "SLOWLOG GET",
	"RESET",
}

// countHandler changes its state with each event, and refuses, changes and keeps now and then.
const countHandler = `#!lua name=test/count
local function count(self)
  self.state.n = (self.state.n or 0) + 1
  return self.state.n
end
function onPut(self, ev) count(self) end
function onUpdate(self, ev)
  local n = count(self)
  if n % 5 == 0 then return deny("fifth") end
  if n % 7 == 0 then error("seventh") end
end
function onDelete(self, ev) if count(self) % 3 == 0 then return keep() end end
function onExpire(self, ev) if count(self) % 2 == 0 then return keep(20) end end
function onTimer(self, ev) count(self) end
function onMessage(self, ev) return count(self) end
`

// TestTheStoreHoldsTogetherWhateverClientsDo lets clients do everything at once. Afterwards the keyspace is whole, the journal makes the
// same one, and when all is flushed nothing is left of anything.
func TestTheStoreHoldsTogetherWhateverClientsDo(t *testing.T) {
	seed := randtest.Seed(t)
	var frozen atomic.Int64 // the time since the end of the turmoil
	now := func() int64 {
		if at := frozen.Load(); at != 0 {
			return at
		}
		return time.Now().UnixMilli()
	}
	journal := newJournal()
	s := serveKeyspace(t, aso.New(aso.Options{Committer: journal, Now: now}))
	admin := s.dial(t)
	admin.call("ASO.LOAD", countHandler)
	admin.call("CONFIG", "SET", "notify-keyspace-events", "KEA")
	admin.close()

	ctx, cancel := context.WithTimeout(t.Context(), stressTime)
	defer cancel()
	early, end := context.WithTimeout(ctx, stressTime/2)
	defer end()
	var wg sync.WaitGroup
	for id := range stressClients {
		c := &stressClient{s: s, t: t, rnd: rand.New(rand.NewPCG(seed, uint64(id))), early: early}
		wg.Go(func() { c.run(ctx) })
	}
	for range 2 {
		wg.Go(func() { s.listen(ctx) })
	}
	wg.Go(func() { s.takeSnapshots(ctx, t) })
	wg.Wait()

	frozen.Store(now())
	if err := s.ks.RunDue(); err != nil {
		t.Error(err)
	}
	want := s.dial(t).everything()
	t.Logf("%d objects, %d runs of handlers", len(want), s.ks.Codes()[0].Runs())
	loaded := serveKeyspace(t, journal.load(t, now))
	if got := loaded.dial(t).everything(); !slices.Equal(got, want) {
		t.Errorf("the journal makes another keyspace:\n%s", firstDifference(got, want))
	}
	for _, s := range []*stack{s, loaded} {
		s.dial(t).call("FLUSHALL")
		s.stop()
		s.checkEmpty(t)
	}
}

// lateness is how late a timer fired last, in ASO.SHOW.
var lateness = regexp.MustCompile(`"late" :-?\d+ `)

// listen subscribes to everything and reads what comes, again and again.
func (s *stack) listen(ctx context.Context) {
	for ctx.Err() == nil {
		nc, err := net.Dial(s.addr.Network(), s.addr.String())
		if err != nil {
			return
		}
		end := context.AfterFunc(ctx, func() { _ = nc.Close() })
		p := &peer{nc: nc, r: bufio.NewReader(nc)}
		_ = p.trySend([]string{"HELLO", "3"}, []string{"PSUBSCRIBE", "*"}, []string{"SSUBSCRIBE", "news"}, []string{"SUBSCRIBE", "news"})
		for err == nil {
			_, err = oracletest.ReadFrame(p.r)
		}
		end()
		p.close()
	}
}

// takeSnapshots takes one snapshot after the other.
func (s *stack) takeSnapshots(ctx context.Context, t *testing.T) {
	for ctx.Err() == nil {
		err := s.ks.Snapshot(ctx, func(uint64, []byte) error { return nil })
		if err != nil && err != aso.ErrSwapped && ctx.Err() == nil {
			t.Error(err)
		}
	}
}

// checkEmpty looks into a keyspace that was flushed and has no clients any more.
func (s *stack) checkEmpty(t *testing.T) {
	t.Helper()
	if n := s.ks.MemoryUsed(); n != 0 {
		t.Errorf("%d bytes used by nothing", n)
	}
	parts := reflect.ValueOf(s.ks).Elem().FieldByName("parts")
	for i := range parts.Len() {
		part := parts.Index(i)
		for _, field := range []string{"blocked", "watched"} {
			if n := part.FieldByName(field).Len(); n > 0 {
				t.Errorf("partition %d: %d keys %s by nobody", i, n, field)
			}
		}
	}
}

// stressClient sends random commands, and connects again when its connection is killed.
type stressClient struct {
	s     *stack
	t     testing.TB
	rnd   *rand.Rand
	early context.Context // ends when rare commands do
}

func (c *stressClient) run(ctx context.Context) {
	for ctx.Err() == nil {
		p := c.s.dial(c.t)
		for ctx.Err() == nil && c.exchange(p) == nil {
		}
		p.close()
	}
}

// exchange sends a pipeline and reads as many replies.
func (c *stressClient) exchange(p *peer) error {
	cmds := make([][]string, 1+c.rnd.IntN(20))
	for i := range cmds {
		cmds[i] = c.command()
	}
	if err := p.trySend(cmds...); err != nil {
		return err
	}
	if c.rnd.IntN(50) == 0 {
		return net.ErrClosed // goes away without a look at the replies
	}
	for _, words := range cmds {
		f, err := oracletest.ReadFrame(p.r)
		if err != nil {
			return err
		}
		if f.Kind == oracletest.Error && strings.HasPrefix(f.Text, "ERR internal") {
			c.t.Errorf("%q: %s", words, f.Text)
		}
	}
	return nil
}

func (c *stressClient) command() []string {
	list := stressCommands
	if c.rnd.IntN(100) == 0 && c.early.Err() == nil {
		list = stressRare
	}
	words := strings.Fields(list[c.rnd.IntN(len(list))])
	for i, word := range words {
		switch word {
		case "K":
			words[i] = c.key(words[0])
		case "V":
			words[i] = strings.Repeat(string(rune('a'+c.rnd.IntN(4))), []int{1, 3, 50, 300, 20000}[c.rnd.IntN(5)])
		case "N":
			words[i] = strconv.Itoa(1 + c.rnd.IntN(20))
		case "T":
			words[i] = "0.00" + strconv.Itoa(1+c.rnd.IntN(9))
		case "D":
			words[i] = strconv.Itoa(c.rnd.IntN(stressDatabases))
		case "I":
			words[i] = strconv.Itoa(2 + c.rnd.IntN(2*stressClients))
		}
	}
	return words
}

// key returns a key that mostly holds what a command needs.
func (c *stressClient) key(command string) string {
	kinds := [][]string{
		{"list", "L", "R", "BL", "BR"},
		{"hash", "H"},
		{"stream", "X"},
		{"zset", "Z", "BZ"},
		{"string", "GET", "SET", "MSET", "MGET", "APPEND", "INCR", "LCS"},
		{"set", "SADD", "SREM", "SPOP", "SMOVE", "SINTER", "SUNION", "SDIFF", "SMEMBERS", "SRAND"},
	}
	kind := kinds[c.rnd.IntN(len(kinds))][0]
	if c.rnd.IntN(10) > 0 {
		for _, k := range kinds {
			if slices.ContainsFunc(k[1:], func(prefix string) bool { return strings.HasPrefix(command, prefix) }) {
				kind = k[0]
			}
		}
	}
	return kind + strconv.Itoa(c.rnd.IntN(8))
}

// everything returns all objects of all databases, a line each, in order. It checks that DBSIZE agrees.
func (p *peer) everything() (lines []string) {
	for db := range stressDatabases {
		p.call("SELECT", strconv.Itoa(db))
		var keys []string
		for cursor := "0"; ; {
			reply := p.call("SCAN", cursor, "COUNT", "100")
			for _, key := range reply.Items[1].Items {
				keys = append(keys, key.Text)
			}
			if cursor = reply.Items[0].Text; cursor == "0" {
				break
			}
		}
		slices.Sort(keys)
		if n := p.call("DBSIZE").Text; n != strconv.Itoa(len(keys)) || len(slices.Compact(slices.Clone(keys))) != len(keys) {
			p.t.Errorf("database %d: DBSIZE is %s, SCAN finds %d: %q", db, n, len(keys), keys)
		}
		for _, key := range keys {
			lines = append(lines, fmt.Sprint(db, " ", key, " ", p.object(key)))
		}
	}
	return lines
}

// object returns all of an object as text.
func (p *peer) object(key string) string {
	kind := p.call("TYPE", key).Text
	read := map[string][]string{
		"string": {"GET", key}, "list": {"LRANGE", key, "0", "-1"}, "hash": {"HGETALL", key}, "set": {"SMEMBERS", key},
		"zset": {"ZRANGE", key, "0", "-1", "WITHSCORES"}, "stream": {"XINFO", "STREAM", key, "FULL", "COUNT", "0"},
	}[kind]
	value := p.call(read...)
	if kind == "stream" { // the journal is loaded without limits: the number of nodes is another
		value.Items = slices.Delete(value.Items, 2, 6)
	}
	if kind == "set" || kind == "hash" { // without order
		items := value.Items
		step := map[string]int{"set": 1, "hash": 2}[kind]
		var parts []string
		for i := 0; i < len(items); i += step {
			parts = append(parts, fmt.Sprint(items[i:i+step]))
		}
		slices.Sort(parts)
		value = oracletest.Frame{Kind: oracletest.Bulk, Text: strings.Join(parts, " ")}
	}
	shown := p.call("ASO.SHOW", key)
	if i := slices.IndexFunc(shown.Items, func(f oracletest.Frame) bool { return f.Text == "runs" }); i >= 0 { // not kept
		shown.Items = slices.Delete(shown.Items, i, i+2)
	}
	text := lateness.ReplaceAllString(fmt.Sprint(shown), "") // nor is that
	return fmt.Sprintf("%s until %s: %s %s", kind, p.call("PEXPIRETIME", key), value, text)
}

func firstDifference(got, want []string) string {
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return "missing " + want[i]
		case i >= len(want):
			return "unexpected " + got[i]
		case got[i] != want[i]:
			return "got  " + got[i] + "\nwant " + want[i]
		}
	}
	return ""
}

// awaitBlocked waits until n clients are blocked.
func (p *peer) awaitBlocked(n int) {
	for {
		info := p.call("INFO", "clients").Text
		if _, rest, _ := strings.Cut(info, "blocked_clients:"); strings.HasPrefix(rest, strconv.Itoa(n)+"\r\n") {
			return
		}
	}
}

// Clients that wait for a key are served in the order in which they came, also when some of them have gone away meanwhile, and a client
// that went away gets nothing.
func TestWaitingClientsAreServedInTheirOrder(t *testing.T) {
	s := startStack(t, nil)
	admin := s.dial(t)
	const n = 12
	waiting := make([]*peer, n)
	for i := range waiting {
		waiting[i] = s.dial(t)
		if i%4 == 3 {
			waiting[i].send([]string{"BLMOVE", "queue", "done", "LEFT", "RIGHT", "0"})
		} else {
			waiting[i].send([]string{"PING"}, []string{"BLPOP", "other", "queue", "0"}, []string{"PING"})
			waiting[i].read()
		}
		admin.awaitBlocked(i + 1)
	}
	gone := map[int]bool{2: true, 5: true, 7: true}
	for i := range gone {
		waiting[i].close()
	}
	admin.awaitBlocked(n - len(gone))
	var words []string
	for i := range n {
		words = append(words, fmt.Sprint("e", i))
	}
	if got := admin.call(append([]string{"RPUSH", "queue"}, words...)...).Text; got != strconv.Itoa(n) {
		t.Errorf("RPUSH replied %s", got)
	}
	next := 0
	for i, p := range waiting {
		if gone[i] {
			continue
		}
		want := fmt.Sprintf("[queue e%d]", next)
		if i%4 == 3 {
			want = fmt.Sprint("e", next)
		}
		if got := flat(p.read()); got != want {
			t.Errorf("client %d got %s, want %s", i, got, want)
		}
		next++
	}
	if got := flat(admin.call("LRANGE", "queue", "0", "-1")); got != "[e9 e10 e11]" {
		t.Errorf("left %s", got)
	}
}

// vanishing is a client that blocks and may go away at any moment.
type vanishing struct {
	delivered []string
	vanished  int // times it went away without a reply: the server may have sent one element into the void each time
}

// Clients block, time out, are killed, unblocked and go away while elements are pushed: each element is delivered once or left. Only
// a reply on its way to a client that went away is lost.
func TestNoElementIsLostWhenClientsGoAway(t *testing.T) {
	const consumers, producers, each = 8, 3, 400
	seed := randtest.Seed(t)
	s := startStack(t, &yieldingJournal{})
	var wg, pushing sync.WaitGroup
	var results [consumers]vanishing
	done := make(chan struct{})
	var pushers [producers]*peer // the first clients, so that their ids are known, and they are not killed
	for i := range pushers {
		pushers[i] = s.dial(t)
	}
	for i := range consumers {
		rnd := rand.New(rand.NewPCG(seed, uint64(i)))
		wg.Go(func() { results[i].consume(s, t, rnd, done) })
	}
	for i := range producers {
		rnd := rand.New(rand.NewPCG(seed, uint64(consumers+i)))
		pushing.Go(func() {
			p := pushers[i]
			for n := range each {
				p.call("RPUSH", fmt.Sprint("q", rnd.IntN(3)), fmt.Sprintf("%d-%d", i, n))
				switch rnd.IntN(20) {
				case 0:
					p.call("CLIENT", "KILL", "ID", strconv.Itoa(producers+1+rnd.IntN(200)))
				case 1:
					p.call("CLIENT", "UNBLOCK", strconv.Itoa(producers+1+rnd.IntN(200)), "ERROR")
				}
			}
		})
	}
	wg.Go(func() { pushing.Wait(); close(done) })
	wg.Wait()

	admin := s.dial(t)
	admin.awaitBlocked(0)
	came, vanished := map[string]int{}, 0
	for _, r := range results {
		vanished += r.vanished
		for _, v := range r.delivered {
			came[v]++
		}
	}
	for i := range 3 {
		for _, v := range admin.call("LRANGE", fmt.Sprint("q", i), "0", "-1").Items {
			came[v.Text]++
		}
	}
	for v, n := range came {
		if n > 1 {
			t.Errorf("element %s came %d times", v, n)
		}
	}
	if lost := producers*each - len(came); lost > vanished {
		t.Errorf("%d elements lost, though only %d clients went away", lost, vanished)
	}
	t.Logf("%d clients went away, %d elements with them", vanished, producers*each-len(came))
}

// consume takes elements in all ways until done is closed.
func (v *vanishing) consume(s *stack, t testing.TB, rnd *rand.Rand, done <-chan struct{}) {
	for {
		p := s.dial(t)
		for alive := true; alive; {
			select {
			case <-done:
				p.close()
				return
			default:
			}
			alive = v.pop(p, rnd)
		}
		p.close()
	}
}

// pop pops once and reports whether the client is still there.
func (v *vanishing) pop(p *peer, rnd *rand.Rand) bool {
	words := []string{"BLPOP", "q0", "q1", "q2", []string{"0.001", "0.002", "0.005"}[rnd.IntN(3)]}
	if p.trySend(words) != nil {
		return false // killed before: it was not waiting
	}
	if rnd.IntN(15) == 0 {
		v.vanished++
		return false
	}
	f, err := oracletest.ReadFrame(p.r)
	if err != nil {
		v.vanished++ // killed
		return false
	}
	if f.Kind == oracletest.Array {
		v.delivered = append(v.delivered, f.Items[1].Text)
	}
	return true
}
