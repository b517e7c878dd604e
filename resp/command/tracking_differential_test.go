package command_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"comet/aso/randtest"
	"comet/resp/command/oracletest"
)

// trackWriter writes random scripts in which clients track the keys that they read, and others change them. It leaves out NOLOOP with BCAST, which
// Redis forgets in scripts.
type trackWriter struct {
	*rand.Rand
	strings.Builder
}

var (
	trackOptions = []string{
		"", "", "", "OPTIN", "OPTOUT", "NOLOOP", "NOLOOP OPTIN", "BCAST", "BCAST PREFIX s", "BCAST PREFIX s1 PREFIX h", "BCAST PREFIX s PREFIX s1",
		"REDIRECT <id:c>", "REDIRECT 999999", "BCAST REDIRECT <id:c>", "PREFIX s", "OPTIN OPTOUT", "BCAST OPTIN", "REDIRECT <id:c> NOLOOP OPTIN",
	}
	trackedReads = strings.Split("GET S;GET S;GET S;MGET S S S;HGET H f;HMGET H f g;LRANGE L 0 -1;EXISTS S S;TYPE S;STRLEN S;LLEN L;HLEN H;GETRANGE S 0 1;"+
		"OBJECT ENCODING S;ZSCORE Z a;ZRANGE Z 0 -1;XLEN X;XRANGE X - +;SORT_RO L;PFCOUNT P;BITCOUNT S;BITFIELD_RO S GET u8 0;GEODIST Z a b;LINDEX L 0;LCS S S;"+
		"SINTERCARD 1 E;GET L;EVAL_RO \"return redis.call('GET', KEYS[1])\" 1 S;EVAL \"return redis.call('GET', KEYS[1])\" 2 S S;"+
		"EVAL \"redis.call('SET', KEYS[1], 'x') return redis.call('GET', KEYS[1])\" 1 S;FCALL_RO read 1 S;FCALL read 1 S;FCALL both 2 S S;XREAD STREAMS X 0;"+
		"SUBSTR S 0 1;DBSIZE;TOUCH S;ZDIFF 2 Z Z;OBJECT FREQ S;SISMEMBER E 1;SMISMEMBER E 1 2;HEXISTS H f;HSTRLEN H f", ";")
	trackedWrites = strings.Split("SET S v;SET S 1;SET S v KEEPTTL;SET S w NX;SET S w XX GET;DEL S;DEL S S;UNLINK S H L;INCR S;APPEND S x;SETRANGE S 2 yy;SETRANGE S 0 \"\";GETDEL S;GETSET S g;GETEX S EX 100;"+
		"GETEX S;GETEX S PERSIST;EXPIRE S 100;EXPIRE S -1;PERSIST S;RENAME S S;RENAMENX S S;COPY S S;COPY S S REPLACE;MSET S a S b;MSETNX S a S b;MOVE S 1;SELECT 1;SELECT 0;SWAPDB 0 1;FLUSHDB;FLUSHALL;"+
		"HSET H f v;HSET H f w g x;HDEL H f;HDEL H nosuch;HINCRBY H n 1;LPUSH L 1;RPUSH L 2 3;LPOP L;RPOPLPUSH L L;LMOVE L L LEFT RIGHT;LREM L 0 1;LTRIM L 0 0;LSET L 0 9;LINSERT L BEFORE 1 0;"+
		"SADD E 1;SADD E 1;SREM E 1;SMOVE E E 1;SUNIONSTORE E E E;SINTERSTORE E E E;ZADD Z 1 a 2 b;ZADD Z 1 a;ZADD Z XX 1 c;ZREM Z a;ZINCRBY Z 1 a;ZINCRBY Z 0 a;ZRANGESTORE Z Z 0 -1;ZUNIONSTORE Z 2 Z Z;"+
		"ZPOPMIN Z;GEOADD Z 1 1 a;XADD X 5-* f v;XTRIM X MAXLEN 1;XDEL X 1-1;XGROUP CREATE X g 0 MKSTREAM;XGROUP SETID X g 0;XREADGROUP GROUP g c STREAMS X >;XACK X g 1-1;SORT L STORE L;PFADD P a;PFADD P b c;"+
		"PFMERGE P P;SETBIT S 3 1;BITOP NOT S S;BITFIELD S SET u8 0 1;BITFIELD S GET u8 0;BLPOP L 0.01;BZPOPMIN Z 0.01;LMPOP 1 L LEFT;INCRBYFLOAT S 1.5;SETEX S 100 v;PSETEX S 100000 v;"+
		"EVAL \"redis.call('SET', KEYS[1], 'e') redis.call('DEL', KEYS[2])\" 2 S S;EVAL \"redis.call('SET', KEYS[1], 'e') return redis.error_reply('no')\" 1 S;FCALL write 1 S;"+
		"SET S v EX 0;INCR L;HSET S f v;DECRBY S 0;RESTORE S 0 nonsense;OBJECT HELP;PUBLISH ch m", ";")
)

const trackLibrary = `FUNCTION LOAD REPLACE "#!lua name=track\nredis.register_function{function_name='read', callback=function(k) return redis.call('GET', k[1]) end, flags={'no-writes'}}\n` +
	`redis.register_function('write', function(k) return redis.call('SET', k[1], 'f') end)\nredis.register_function('both', function(k) redis.call('SET', k[1], 'f') return redis.call('GET', k[2]) end)"` + "\n"

func (w *trackWriter) pick(from ...string) string { return from[w.IntN(len(from))] }

// request returns a command with keys in the places of the capitals that stand alone.
func (w *trackWriter) request(from []string) string {
	words := strings.Split(w.pick(from...), " ")
	for i, word := range words {
		if len(word) == 1 && strings.Contains("SHLEZXP", word) {
			words[i] = strings.ToLower(word) + w.pick("1", "1", "2", "3")
		}
	}
	return strings.Join(words, " ")
}

// anything writes a command of a client.
func (w *trackWriter) anything(client string) {
	from := trackedReads
	if w.IntN(2) == 0 {
		from = trackedWrites
	}
	w.WriteString(client + w.request(from) + "\n")
}

// step writes what a client does, and a look at what all are told of.
func (w *trackWriter) step() string {
	w.Reset()
	client := w.pick("@a ", "@a ", "@b ", "")
	switch w.IntN(14) {
	case 0:
		fmt.Fprintf(w, "%sCLIENT TRACKING %s %s\n", client, w.pick("ON", "ON", "OFF"), w.pick(trackOptions...))
	case 1:
		w.WriteString(client + w.pick("CLIENT TRACKINGINFO", "CLIENT CACHING YES", "CLIENT CACHING NO", "CLIENT CACHING x", "RESET", "HELLO 2", "HELLO 3") + "\n")
		w.anything(client)
	case 2:
		w.WriteString(client + "MULTI\n")
		for range 1 + w.IntN(3) {
			w.anything(client)
		}
		w.WriteString(client + w.pick("EXEC", "EXEC", "EXEC", "DISCARD") + "\n")
	case 3:
		fmt.Fprintf(w, "@b CLIENT CACHING %s\n@b %s\n", w.pick("YES", "NO"), w.request(trackedReads))
	default:
		w.anything(client)
	}
	return w.String() + "<*\n@a<*\n@b<*\n@c<*\n"
}

// steps returns the doings of a client that writes, two that track, and one that may be told by RESP2.
func (w *trackWriter) steps(n int) []string {
	subscribe := w.pick("", "@c SUBSCRIBE __redis__:invalidate\n")
	steps := []string{
		"# random\n@a PING\n@b PING\n@c HELLO 2\n" + subscribe,
		"@a CLIENT TRACKING ON " + w.pick(trackOptions...) + "\n", "@b CLIENT TRACKING ON " + w.pick(trackOptions...) + "\n",
	}
	for range n {
		steps = append(steps, w.step())
	}
	return steps
}

// TestRandomTrackingIsThatOfRedis lets clients track keys in a real Redis and in our server, and compares what they are told, and when.
func TestRandomTrackingIsThatOfRedis(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("no redis-server")
	}
	seed := randtest.Seed(t)
	w := &trackWriter{Rand: rand.New(rand.NewPCG(seed, 0))}
	real, ours := newRunner(t, startRedis(t)), newRunner(t, startServer(t))
	for _, r := range []*oracletest.Runner{real, ours} {
		playRandom(t, r, "# library\n"+trackLibrary)
	}
	for range 60 {
		steps := w.steps(25)
		if toldApart(t, real, ours, steps) == "" {
			continue
		}
		steps = shrunk(steps, func(less []string) bool { return toldApart(t, real, ours, less) != "" })
		if found := toldApart(t, real, ours, steps); found != "" { // else it was chance
			t.Fatalf("%s\n%s", strings.Join(steps, ""), found)
		}
	}
}

// toldApart runs a script on two servers and returns where they differ.
func toldApart(t *testing.T, real, ours *oracletest.Runner, steps []string) string {
	t.Helper()
	text := strings.Join(steps, "")
	want, got := playRandom(t, real, text), playRandom(t, ours, text)
	for i := range want {
		if !want[i].same(got[i].Frame) {
			return fmt.Sprintf("%s\n got %s\nwant %s", want[i].step, got[i].Frame, want[i].Frame)
		}
	}
	return ""
}

// shrunk leaves out steps but for the first, as many as it can, so that it still fails.
func shrunk(steps []string, fails func(steps []string) bool) []string {
	for n := len(steps) / 2; n > 0; n /= 2 {
		for i := len(steps) - n; i > 0; i-- {
			if i+n > len(steps) {
				continue
			}
			if less := slices.Delete(slices.Clone(steps), i, i+n); fails(less) {
				steps = less
			}
		}
	}
	return steps
}

// played is a step of a random script and its reply.
type played struct {
	step string
	oracletest.Frame
}

// playRandom runs a script in RESP3.
func playRandom(t *testing.T, r *oracletest.Runner, text string) (steps []played) {
	t.Helper()
	script, err := oracletest.Parse("random", text)
	if err != nil {
		t.Fatal(err)
	}
	err = r.Run(script.Sections[0], 3, func(s *oracletest.Step, f oracletest.Frame) { steps = append(steps, played{s.Text, f}) })
	if err != nil {
		t.Fatalf("%s\n%v", text, err)
	}
	return steps
}

// same compares the reply with that of another server, where connections have other numbers.
func (p played) same(f oracletest.Frame) bool {
	var m oracletest.Modifiers
	switch {
	case strings.Contains(p.step, "HELLO"):
		m.Ignore = true
	case strings.Contains(p.step, "TRACKINGINFO"), strings.Contains(p.step, "<*"):
		m.Approx = 1e6
	}
	return m.Equal(p.Frame, f)
}
