package command_test

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"

	"comet/aso/randtest"
	"comet/resp/command/oracletest"
)

// subscriberWriter writes random scripts in which clients of both protocols subscribe, publish, and do what subscribers may not. No channel matches two
// of the patterns, whose order is that of a hash table in Redis. Notifications, which come when their cause is durable, are compared elsewhere.
type subscriberWriter struct {
	*rand.Rand
	strings.Builder
}

var (
	subscriberChannels = []string{"p1", "p2", "q1", "c", `"\x00\r\n"`}
	subscriberPatterns = []string{"p*", "q?", "[c]"}
	subscriberRequests = strings.Split("PING;PING x;PING x y;ECHO x;SET k v;DEL k;EXPIRE k -1;EXPIRE k 100;RENAME k k2;COPY k k2 REPLACE;MOVE k 1;SELECT 1;SELECT 0;INCR k;GET k;HSET h f v;HGETALL h;LPOP none;"+
		"RESET;CLIENT GETNAME;CLIENT NO-EVICT on;PUBSUB NUMPAT;PUBSUB NUMSUB p1 q1;PUBSUB SHARDNUMSUB p1 c;"+
		"WATCH k;UNWATCH;SUBSCRIBE;PSUBSCRIBE;SSUBSCRIBE;PUBLISH p1;SPUBLISH c x y;FLUSHALL;SWAPDB 0 1;BLPOP none 0.001;nonsense", ";")
)

func (w *subscriberWriter) pick(from []string) string { return from[w.IntN(len(from))] }

func (w *subscriberWriter) some(from []string) string {
	words := make([]string, 1+w.IntN(3))
	for i := range words {
		words[i] = w.pick(from)
	}
	return strings.Join(words, " ")
}

// request returns a command of a client.
func (w *subscriberWriter) request() string {
	switch w.IntN(12) {
	case 0, 1:
		return "SUBSCRIBE " + w.some(subscriberChannels)
	case 2:
		return "PSUBSCRIBE " + w.some(subscriberPatterns)
	case 3:
		return "SSUBSCRIBE " + w.some(subscriberChannels[:4])
	case 4:
		return w.pick([]string{"UNSUBSCRIBE ", "SUNSUBSCRIBE "}) + w.some(subscriberChannels)
	case 5:
		return "PUNSUBSCRIBE " + w.some(subscriberPatterns)
	case 6, 7:
		return w.pick([]string{"PUBLISH ", "PUBLISH ", "SPUBLISH "}) + w.pick(subscriberChannels) + " " + w.pick([]string{"m", `""`, `"\x00\r\n"`, "<x*20000>"})
	case 8:
		return `EVAL "return redis.pcall('SUBSCRIBE', 'c')" 0`
	}
	return w.pick(subscriberRequests)
}

// step writes what a client does, alone, in a transaction or without replies, and a look at what all are told.
func (w *subscriberWriter) step() string {
	w.Reset()
	client := w.pick([]string{"@a> ", "@b> ", "@c> ", "> "})
	if client == "> " {
		return w.pick([]string{
			"PUBSUB NUMPAT", "PUBSUB NUMSUB p1 p2 q1 c", "PUBSUB SHARDNUMSUB p1 p2 q1 c", "PUBSUB CHANNELS", "PUBSUB SHARDCHANNELS", "PUBLISH p1 m", "SPUBLISH c m", "SET k v",
			`EVAL "redis.call('PUBLISH', 'p1', 'm') return redis.call('SPUBLISH', 'c', 'n')" 0`,
		}) +
			"\n@a<*\n@b<*\n@c<*\n"
	}
	before, after, n := "", "", 1
	switch w.IntN(8) {
	case 0:
		before, after, n = "MULTI", w.pick([]string{"EXEC", "DISCARD"}), w.IntN(4)
	case 1:
		before, after, n = "CLIENT REPLY OFF", "CLIENT REPLY ON", w.IntN(4)
		if client == "@b> " {
			after = "RESET" // the only way back for a subscriber of RESP2
		}
	case 2:
		before = "CLIENT REPLY SKIP"
	case 3:
		kind := w.pick([]string{"UNSUBSCRIBE ", "SUNSUBSCRIBE ", "PUNSUBSCRIBE "})
		before, after, n = kind+strings.Join(subscriberChannels, " "), kind, 0
		if kind[0] == 'P' {
			before = kind + strings.Join(subscriberPatterns, " ")
		}
	}
	if before != "" {
		w.WriteString(client + before + "\n")
	}
	for range n {
		request := w.request()
		w.WriteString(client + request + "\n")
		if request == "RESET" && client != "@b> " { // back to RESP3; the reply would have the number of the connection
			w.WriteString(client + "CLIENT REPLY SKIP\n" + client + "HELLO 3\n")
		}
	}
	if after != "" {
		w.WriteString(client + after + "\n")
	}
	return w.String() + client[:2] + "<*\n@a<*\n@b<*\n@c<*\n" // who did it first, as its commands may still run
}

// TestRandomSubscribersAreToldAsByRedis lets clients of both protocols subscribe and publish in a real Redis and in our server, and compares what they
// are told, and when.
func TestRandomSubscribersAreToldAsByRedis(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("no redis-server")
	}
	w := &subscriberWriter{Rand: rand.New(rand.NewPCG(randtest.Seed(t), 0))}
	real, ours := newRunner(t, startRedis(t)), newRunner(t, startServer(t))
	for range 60 {
		steps := []string{"# random\n@a PING\n@b HELLO 2\n@c PING\n"}
		for range 25 {
			steps = append(steps, w.step())
		}
		if hearApart(t, real, ours, steps) == "" {
			continue
		}
		steps = shrunk(steps, func(less []string) bool { return hearApart(t, real, ours, less) != "" })
		if found := hearApart(t, real, ours, steps); found != "" { // else it was chance
			t.Fatalf("%s\n%s", strings.Join(steps, ""), found)
		}
	}
}

// hearApart runs a script on two servers and returns where they differ.
func hearApart(t *testing.T, real, ours *oracletest.Runner, steps []string) string {
	t.Helper()
	text := strings.Join(steps, "")
	want, got := playRandom(t, real, text), playRandom(t, ours, text)
	for i := range want {
		exact := oracletest.Modifiers{Ignore: strings.Contains(want[i].step, "HELLO"), Sort: strings.Count(want[i].step, "CHANNELS")}
		if !exact.Equal(want[i].Frame, got[i].Frame) {
			return fmt.Sprintf("%s\n got %s\nwant %s", want[i].step, got[i].Frame, want[i].Frame)
		}
	}
	return ""
}
