package resp_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"comet/aso/randtest"
	"comet/resp/command/oracletest"
)

// While a unit is not durable, nothing that shows it leaves: neither its reply, nor that of another client that saw it, nor a message.
func TestNothingThatShowsAUnitLeavesBeforeItIsDurable(t *testing.T) {
	journal := newJournal()
	s := startStack(t, journal)
	admin, listener := s.dial(t), s.dial(t)
	admin.call("CONFIG", "SET", "notify-keyspace-events", "KEA")
	listener.call("SUBSCRIBE", "news")
	listener.call("PSUBSCRIBE", "__key*")
	waiting := s.dial(t)
	waiting.send([]string{"BLPOP", "list", "0"})
	admin.awaitBlocked(1)

	journal.hold()
	steps := []exchange{
		{[][]string{{"SET", "k", "v"}}, []string{"OK"}},
		{[][]string{{"GET", "k"}}, []string{"v"}},
		{[][]string{{"PING"}, {"MULTI"}, {"GET", "k"}, {"EXEC"}}, []string{"PONG", "OK", "QUEUED", "[v]"}},
		{[][]string{{"EXISTS", "k"}, {"GET", "no"}}, []string{"1", "nil"}},
		{[][]string{{"DBSIZE"}}, []string{"1"}},
		{[][]string{{"SCAN", "0", "COUNT", "1000"}}, []string{"[0 [k]]"}},
		{[][]string{{"RANDOMKEY"}}, []string{"k"}},
		{[][]string{{"RPUSH", "list", "e"}}, []string{"1"}}, // the waiting client is served
		{[][]string{{"SET", "a", "1"}, {"MULTI"}, {"GET", "b"}, {"EXEC"}, {"PUBLISH", "news", "late"}}, []string{"OK", "OK", "QUEUED", "[nil]", "1"}},
		{[][]string{{"SET", "c", "1"}, {"BLPOP", "empty", "0.001"}}, []string{"OK", "nil"}},
		{[][]string{{"CLIENT", "REPLY", "SKIP"}, {"SET", "d", "1"}, {"STRLEN", "d"}}, []string{"1"}},
	}
	clients := make([]*peer, len(steps))
	commits := 0
	for i, step := range steps {
		clients[i] = s.dial(t)
		clients[i].send(step.send...)
		commits++
		if step.send[0][0] == "RPUSH" {
			commits++ // the client that it serves waits, too
		}
		journal.awaitWaiting(commits)
	}
	if got := flat(admin.call("PUBLISH", "other", "x")); got != "0" {
		t.Errorf("PUBLISH replied %s", got)
	}
	if got := listener.call("PING"); flat(got) != "[pong ]" {
		t.Errorf("listener got %v before it was durable", got)
	}
	for i, step := range steps {
		clients[i].expectNothing(fmt.Sprint("client of ", step.send))
	}
	waiting.expectNothing("waiting client")
	journal.release()

	expectReplies(t, clients, steps)
	if got := flat(waiting.read()); got != "[list e]" {
		t.Errorf("waiting client got %s", got)
	}
	for seen := map[string]bool{}; !seen["late"] || !seen["k"] || !seen["rpush"]; {
		items := listener.read().Items
		seen[items[len(items)-1].Text] = true
	}
}

// exchange is a pipeline of a client of its own, and what it wants to read for it.
type exchange struct {
	send [][]string
	want []string
}

func expectReplies(t *testing.T, clients []*peer, steps []exchange) {
	t.Helper()
	for i, step := range steps {
		for n, want := range step.want {
			if got := flat(clients[i].read()); got != want {
				t.Errorf("%v replied %s, want %s", step.send[n], got, want)
			}
		}
	}
}

// What a client publishes comes after the units that it made before, also where it publishes under other locks.
func TestPublishedMessageWaitsForTheUnitsBeforeIt(t *testing.T) {
	journal := newJournal()
	s := startStack(t, journal)
	admin, listener, client := s.dial(t), s.dial(t), s.dial(t)
	listener.call("SUBSCRIBE", "news")
	journal.hold()
	client.send([]string{"SET", "a", "1"}, []string{"MULTI"}, []string{"GET", "b"}, []string{"EXEC"}, []string{"PUBLISH", "news", "a is set"})
	journal.awaitWaiting(1)
	admin.call("PUBLISH", "other", "x") // delivers what may be delivered
	if got := flat(listener.call("PING")); got != "[pong ]" {
		t.Errorf("listener got %s before the unit was durable", got)
	}
	listener.expectNothing("listener")
	journal.release()
	if got := flat(listener.read()); got != "[message news a is set]" {
		t.Errorf("listener got %s", got)
	}
}

// A message that a client causes itself waits with the replies around it, and stands among them also behind other commands of the pipeline.
func TestOwnMessageWaitsWithTheRepliesAroundIt(t *testing.T) {
	journal := newJournal()
	s := startStack(t, journal)
	client := s.dial(t)
	client.call("CONFIG", "SET", "notify-keyspace-events", "KA")
	client.call("HELLO", "3")
	client.call("PSUBSCRIBE", "__key*")
	journal.hold()
	client.send([]string{"PING"}, []string{"SET", "a", "1"}, []string{"LPUSH", "b", "1"}, []string{"PING"})
	journal.awaitWaiting(1)
	client.expectNothing("client")
	journal.release()
	for _, want := range []string{"PONG", "[pmessage __key* __keyspace@0__:a set]", "OK", "1", "[pmessage __key* __keyspace@0__:b lpush]", "PONG"} {
		if got := flat(client.read()); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

var errDisk = errors.New("disk on fire")

// When the journal fails, each command whose unit is lost gets one error, and the connection stays in step; what needs no journal works on.
func TestRepliesStayInStepWhenTheJournalFails(t *testing.T) {
	long := make([][]string, 400) // more than a batch
	for i := range long {
		long[i] = []string{"SET", fmt.Sprint("k", i), "v"}
	}
	big := [][]string{{"SET", "before", "1"}}
	for range 30 {
		big = append(big, []string{"GET", "huge"})
	}
	for name, c := range map[string]struct {
		send    [][]string
		replies int
	}{
		"one":         {[][]string{{"SET", "a", "1"}}, 1},
		"reads":       {[][]string{{"SET", "a", "1"}, {"GET", "a"}, {"PING"}, {"NO"}}, 4},
		"long":        {long, len(long)},
		"big":         {big, len(big)},
		"multi":       {[][]string{{"MULTI"}, {"SET", "a", "1"}, {"INCR", "a"}, {"EXEC"}, {"GET", "a"}}, 5},
		"scan":        {[][]string{{"SET", "a", "1"}, {"SCAN", "0"}, {"DBSIZE"}, {"KEYS", "*"}, {"INFO"}}, 5},
		"blocking":    {[][]string{{"SET", "a", "1"}, {"GET", "a"}, {"BLPOP", "x", "0.001"}, {"GET", "a"}}, 4},
		"served":      {[][]string{{"RPUSH", "queue", "1"}, {"GET", "a"}}, 2},
		"silent":      {[][]string{{"SET", "a", "1"}, {"CLIENT", "REPLY", "SKIP"}, {"SET", "b", "1"}, {"GET", "b"}}, 2},
		"silent long": {[][]string{{"CLIENT", "REPLY", "OFF"}, {"SET", "b", "1"}, {"GET", "b"}, {"CLIENT", "REPLY", "ON"}}, 1},
		"watch":       {[][]string{{"WATCH", "a"}, {"SET", "a", "1"}, {"MULTI"}, {"GET", "a"}, {"EXEC"}}, 5},
	} {
		t.Run(name, func(t *testing.T) {
			journal := newJournal()
			s := startStack(t, journal)
			client, waiting, listener := s.dial(t), s.dial(t), s.dial(t)
			listener.call("SUBSCRIBE", "news")
			client.call("SET", "huge", strings.Repeat("x", 30_000))
			waiting.send([]string{"BLPOP", "queue", "0"})
			client.awaitBlocked(1)
			client.call("CONFIG", "SET", "notify-keyspace-events", "KEA") // messages of lost units must not hold up others
			journal.fail(errDisk)
			client.send(c.send...)
			failed := 0
			for range c.replies {
				if client.read().Kind == oracletest.Error {
					failed++
				}
			}
			if failed == 0 {
				t.Error("no reply is an error")
			}
			if name == "served" {
				if got := flat(waiting.read()); got != "-MISCONF" {
					t.Errorf("the client that was served got %s", got)
				}
				if got := flat(waiting.call("ECHO", "here")); got != "here" {
					t.Errorf("the client that was served got %s", got)
				}
			}
			if got := flat(client.call("ECHO", "in step")); got != "in step" {
				t.Errorf("out of step: %s", got)
			}
			if got := flat(client.call("SET", "a", "2")); got != "-MISCONF" {
				t.Errorf("SET replied %s", got)
			}
			if got := flat(client.call("PUBLISH", "news", "still alive")); got != "1" {
				t.Errorf("PUBLISH replied %s", got)
			}
			if got := flat(listener.read()); got != "[message news still alive]" {
				t.Errorf("listener got %s", got)
			}
		})
	}
}

// When the journal fails, what only shows is shown, also of units that failed, and what promises that something is kept is refused, also where it changed nothing.
func TestWhatIsThereIsShownWhenTheJournalFails(t *testing.T) {
	journal := newJournal()
	s := startStack(t, journal)
	listener, caching := s.dial(t), s.dial(t)
	listener.call("CONFIG", "SET", "notify-keyspace-events", "KEA")
	listener.call("SUBSCRIBE", "__keyspace@0__:k")
	caching.call("HELLO", "3")
	caching.call("CLIENT", "TRACKING", "ON")
	caching.call("GET", "k")
	journal.hold()
	steps := []exchange{
		{[][]string{{"SET", "k", "v"}}, []string{"-MISCONF"}},
		{[][]string{{"SETNX", "k", "w"}}, []string{"-MISCONF"}},
		{[][]string{{"PING"}, {"GET", "k"}, {"EXISTS", "k"}}, []string{"PONG", "v", "1"}},
		{[][]string{{"GET", "k"}, {"SETNX", "k", "w"}}, []string{"-MISCONF", "-MISCONF"}},
		{[][]string{{"MULTI"}, {"GET", "k"}, {"EXEC"}}, []string{"OK", "QUEUED", "[v]"}},
		{[][]string{{"MULTI"}, {"SETNX", "k", "w"}, {"EXEC"}}, []string{"-MISCONF", "-MISCONF", "-MISCONF"}},
		{[][]string{{"EVAL", "return redis.call('SETNX', KEYS[1], 'w')", "1", "k"}}, []string{"-MISCONF"}},
		{[][]string{{"SCAN", "0", "COUNT", "1000"}}, []string{"[0 [k]]"}},
		{[][]string{{"XREAD", "BLOCK", "1", "STREAMS", "nothing", "0"}, {"GET", "k"}}, []string{"nil", "v"}},
	}
	clients := make([]*peer, len(steps))
	for i, step := range steps {
		clients[i] = s.dial(t)
		clients[i].send(step.send...)
		journal.awaitWaiting(i + 1)
	}
	journal.fail(errDisk)
	expectReplies(t, clients, steps)
	if got := flat(listener.read()); got != "[message __keyspace@0__:k set]" {
		t.Errorf("listener got %s", got)
	}
	if got := flat(caching.read()); got != "[invalidate [k]]" {
		t.Errorf("a client with a cache got %s", got)
	}
	if got := flat(caching.call("GET", "k")); got != "v" {
		t.Errorf("GET replied %s", got)
	}
}

// tokens name units by something that they contain.
var tokens = regexp.MustCompile(`#\d+-\d+#`)

// tokenJournal knows which tokens are durable.
type tokenJournal struct {
	mu      sync.Mutex // guards all below
	last    uint64
	durable uint64
	seqs    map[string]uint64 // of the first unit that has the token
}

func (j *tokenJournal) Append(unit []byte) uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.last++
	for _, token := range tokens.FindAll(unit, -1) {
		if _, ok := j.seqs[string(token)]; !ok {
			j.seqs[string(token)] = j.last
		}
	}
	return j.last
}

func (j *tokenJournal) Commit(seq uint64) error {
	for range 10 {
		runtime.Gosched()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.durable = max(j.durable, seq)
	return nil
}

func (*tokenJournal) Kept(uint64) bool { return false }

// check returns an error if what a client received shows a unit that is not durable.
func (j *tokenJournal) check(f oracletest.Frame) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, token := range tokens.FindAllString(f.String(), -1) {
		if seq := j.seqs[token]; seq > j.durable {
			return fmt.Errorf("%v shows unit %d, durable is %d", f, seq, j.durable)
		}
	}
	return nil
}

// Whatever clients see, in replies and messages, is durable; and the messages of a publisher, and the notifications of a key, come in their
// order.
func TestNobodySeesWhatIsNotDurable(t *testing.T) {
	const writers, readers, rounds = 6, 3, 150
	seed := randtest.Seed(t)
	journal := &tokenJournal{seqs: map[string]uint64{}}
	s := startStack(t, journal)
	admin := s.dial(t)
	admin.call("CONFIG", "SET", "notify-keyspace-events", "KEA")
	var readersDone, writersDone, listening sync.WaitGroup
	done := make(chan struct{})
	for range 2 {
		l := s.dial(t)
		l.send([]string{"SUBSCRIBE", "news"}, []string{"PSUBSCRIBE", "__keyspace@0__:*"})
		l.read()
		l.read()
		listening.Go(func() { listenInOrder(t, l, journal, writers) })
	}
	for i := range readers {
		rnd := rand.New(rand.NewPCG(seed, uint64(i)))
		p := s.dial(t)
		readersDone.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
				}
				words := [][]string{
					{"MGET", "a", "b", "c"}, {"LRANGE", "list", "0", "-1"}, {"BLPOP", "list", "0.001"}, {"HGETALL", "hash"}, {"SCAN", "0", "COUNT", "50"},
				}[rnd.IntN(5)]
				if err := journal.check(p.call(words...)); err != nil {
					t.Errorf("%q: %v", words, err)
				}
			}
		})
	}
	for i := range writers {
		rnd := rand.New(rand.NewPCG(seed, uint64(readers+i)))
		p := s.dial(t)
		writersDone.Go(func() { writeTokens(t, p, journal, rnd, i, rounds) })
	}
	writersDone.Wait()
	close(done)
	readersDone.Wait()
	admin.call("PUBLISH", "news", "end")
	listening.Wait()
}

// writeTokens writes tokens everywhere and publishes each after its unit.
func writeTokens(t testing.TB, p *peer, journal *tokenJournal, rnd *rand.Rand, id, rounds int) {
	for n := range rounds {
		token := fmt.Sprintf("#%d-%d#", id, n)
		key := string("abc"[rnd.IntN(3)])
		cmds := [][]string{
			[][]string{
				{"SET", key, token}, {"GETSET", key, token}, {"RPUSH", "list", token}, {"HSET", "hash", token, "1"}, {"SET", token, "1"},
			}[rnd.IntN(5)],
			{"MULTI"},
			{"GET", fmt.Sprint("nothing", rnd.IntN(50))},
			{"EXEC"},
			{"PUBLISH", "news", token},
			{"SET", fmt.Sprint("own", id), token},
			{"DEL", fmt.Sprint("own", id)},
			{"MGET", "a", "b", "c"},
		}
		p.send(cmds...)
		for _, words := range cmds {
			f := p.read()
			if err := journal.check(f); err != nil || f.Kind == oracletest.Error {
				t.Errorf("%q: %v %v", words, f, err)
			}
		}
	}
}

// listenInOrder reads messages until the end is published, and checks what each shows and its place.
func listenInOrder(t testing.TB, l *peer, journal *tokenJournal, writers int) {
	last, there := map[string]int{}, map[string]bool{}
	for {
		f := l.read()
		if err := journal.check(f); err != nil {
			t.Errorf("message: %v", err)
		}
		items := f.Items
		content := items[len(items)-1].Text
		channel := items[len(items)-2].Text
		switch {
		case content == "end":
			if len(last) != writers {
				t.Errorf("messages of %d publishers, want %d", len(last), writers)
			}
			return
		case channel == "news":
			id, count, _ := strings.Cut(strings.Trim(content, "#"), "-")
			n := 0
			if _, err := fmt.Sscan(count, &n); err != nil || n != last[id] {
				t.Errorf("publisher %s: message %s after %d", id, content, last[id])
			}
			last[id] = n + 1
		case strings.Contains(channel, ":own"):
			if set := content == "set"; set == there[channel] {
				t.Errorf("%s: %s twice", channel, content)
			} else {
				there[channel] = set
			}
		}
	}
}
