package command_test

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"comet/aso"
	"comet/aso/randtest"
	"comet/aso/sandbox"
	"comet/aso/sandbox/sandboxtest"
)

// neighbour is a handler whose answers are known, on a key of its own.
const neighbour = `function onMessage(self, ev)
  self.state.n = (self.state.n or 0) + 1
  local t = { 3, 1, 2 }
  table.sort(t)
  return table.concat(t, self.value) .. (pcall(error) and "!" or "")
end
`

// harness runs random programs on the key victim, beside other keys.
type harness struct {
	*engine
	t    testing.TB // of the program at hand
	left int        // programs until the engine is replaced

	done, failed, byHandler int // commands
}

func newHarness(t testing.TB) *harness { return &harness{t: t} }

func (h *harness) renew(t testing.TB) {
	h.t = t
	if h.left--; h.left > 0 {
		h.engine.t = t
		return
	}
	h.left = 100
	h.engine = newEngine(t)
	h.all("CONFIG SET notify-keyspace-events KEA; SET other untouched; SET near -; HSET hash f v")
	h.attach(neighbour, "near")
}

// commandsOf are commands on victim: those of a type, the first of which makes a value, and those for any.
var (
	commandsOf = [][]string{
		{"SET victim 5", "GET victim", "SET victim 9", "APPEND victim 1", "INCR victim", "GETDEL victim", "SETRANGE victim 1 7", "GETSET victim 8", "MGET victim other", "MSET victim 1 gone 2", "SET victim v PX 1"},
		{"HSET victim f 1", "HGETALL victim", "HSET victim g 2 h 3", "HDEL victim f", "HINCRBY victim f 2", "HRANDFIELD victim"},
		{"RPUSH victim a b c", "LPUSH victim d", "LPOP victim", "LRANGE victim 0 -1", "LTRIM victim 1 1", "LMOVE victim gone LEFT RIGHT", "LINSERT victim BEFORE b x", "LSET victim 0 y"},
		{"SADD victim a b", "SADD victim c", "SPOP victim", "SMEMBERS victim", "SREM victim a", "SUNIONSTORE victim victim", "SMOVE victim gone a"},
		{"ZADD victim 1 m 2 n", "ZINCRBY victim 5 m", "ZPOPMIN victim", "ZRANGE victim 0 -1", "ZREM victim n"},
		{"XADD victim * f v", "XADD victim * g w", "XTRIM victim MAXLEN 1", "XRANGE victim - +", "XDEL victim 1-1"},
	}
	commandsOfAll = []string{
		"ASO.CALL victim m 1 2", "ASO.CALL victim n", "ASO.GET victim p", "DEL victim", "EXPIRE victim 100", "PEXPIRE victim 1", "EXPIRE victim -1", "PERSIST victim",
		"COPY other victim REPLACE", "COPY victim gone REPLACE", "RENAME victim gone", "RENAME gone victim", "ASO.SHOW victim", "ASO.TIMER LIST victim", "ASO.TIMER SET victim t IN 10",
		"ASO.TIMER FIRE victim t", "ASO.TIMER FIRE victim c", "ASO.TIMER DEL victim t", "ASO.SEND victim m p", "ASO.SEND victim n ID d", "ASO.AWAIT victim e TIMEOUT 1", "ASO.DETACH victim random KEEPSTATE",
	}
)

// program attaches a random handler to victim and lets clients use it.
func (h *harness) program(t testing.TB, seed []byte) {
	t.Helper()
	h.renew(t)
	sum := fnv.New64()
	_, _ = sum.Write(seed)
	rng := rand.New(rand.NewPCG(sum.Sum64(), 1))
	source := sandboxtest.Program("random", seed)
	if got := h.run("ASO.LOAD", source); strings.HasPrefix(got, "-") {
		h.refused(got, source)
		return
	}
	own := commandsOf[rng.IntN(len(commandsOf))]
	for range 24 {
		switch rng.IntN(5) {
		case 0:
			h.step(commandsOfAll[rng.IntN(len(commandsOfAll))], source)
		case 1:
			h.step("ASO.CALL victim m "+own[0], source)
		default:
			h.step(own[rng.IntN(len(own))], source)
		}
		if h.do("EXISTS victim") == ":0" {
			h.do(own[0])
		}
		if !strings.Contains(h.do("ASO.SHOW victim"), "$4|name|$6|random|") { // deleted, or not attached yet
			h.step("ASO.ATTACH victim random", source)
		}
	}
	h.advance(time.Hour)
	h.checkNeighbours("an hour", source)
	h.all("ASO.DETACH victim; ASO.DETACH gone; DEL victim gone")
}

// step runs a command. If it fails, nothing has changed.
func (h *harness) step(line, source string) {
	h.t.Helper()
	before, heard := h.look(), len(h.heard)
	got := h.do(line)
	h.done++
	if strings.HasPrefix(got, "-") {
		h.failed++
		if strings.HasPrefix(got, "-ASOFAIL") || strings.HasPrefix(got, "-ASODENY") || strings.HasPrefix(got, "-ASOLIMIT") {
			h.byHandler++
		}
		h.refused(got, source)
		if len(h.heard) != heard {
			h.t.Fatalf("%s failed with %s, and yet published %q\n%s", line, got, h.heard[heard:], source)
		}
		if after := h.look(); after != before {
			h.t.Fatalf("%s failed with %s, and yet there is\n%s, where there was\n%s\n%s", line, got, after, before, source)
		}
	}
	h.checkNeighbours(line, source)
}

// look returns all that the objects have which the program may have got hold of, without asking their handlers.
func (h *harness) look() string {
	h.t.Helper()
	var locks aso.Locks
	keys := []string{"victim", "gone"}
	for _, key := range keys {
		locks.Add([]byte(key))
	}
	tx := h.ks.Begin(&locks)
	defer tx.Commit()
	tx.Start(0)
	var b strings.Builder
	for _, key := range keys {
		shown, err := tx.Show([]byte(key))
		if err != nil {
			h.t.Fatal(err)
		}
		at, _ := tx.Deadline([]byte(key))
		fmt.Fprintf(&b, "%s %s %d %x %v %v", key, tx.Kind([]byte(key)), at, shown.State, shown.Handlers, shown.Timers)
		writeValue(&b, tx.VisibleValue([]byte(key)))
	}
	fmt.Fprintf(&b, " %d messages wait", h.ks.PendingMessages())
	return b.String()
}

// writeValue writes v, the fields of tables sorted.
func writeValue(b *strings.Builder, v sandbox.Value) {
	text, _ := v.AppendText(nil)
	fmt.Fprintf(b, " %d:%s", v.Kind, text)
	if v.Tab == nil {
		return
	}
	for _, item := range v.Tab.Array {
		writeValue(b, item)
	}
	var fields []string
	for _, f := range v.Tab.Fields {
		var field strings.Builder
		writeValue(&field, f.Key)
		writeValue(&field, f.Value)
		fields = append(fields, field.String())
	}
	slices.Sort(fields)
	fmt.Fprint(b, fields)
}

// refused checks an error reply.
func (h *harness) refused(reply, source string) {
	h.t.Helper()
	word, _, _ := strings.Cut(reply, " ")
	words := []string{"-ASODENY", "-ASOLIMIT", "-ASOFAIL", "-ASOTYPE", "-ASOCOMPILE", "-ASONOHANDLER", "-ASOPARAM", "-ERR", "-WRONGTYPE"}
	if !slices.Contains(words, word) || len(reply) > 600 || strings.Contains(reply, "internal error") {
		h.t.Fatalf("reply %q\n%s", reply, source)
	}
}

// checkNeighbours fails if other objects have changed, or if their handlers do not work.
func (h *harness) checkNeighbours(after, source string) {
	h.t.Helper()
	if got := h.do("ASO.CALL near go"); got != "$5|1-2-3" {
		h.t.Fatalf("the neighbour answers %s after %s\n%s", got, after, source)
	}
	if got := h.do("GET other") + h.do("HGETALL hash"); got != "$9|untouched*2|$1|f|$1|v" {
		h.t.Fatalf("other keys are %s after %s\n%s", got, after, source)
	}
}

// replays checks that the journal gives what is there.
func (h *harness) replays(t testing.TB) {
	t.Helper()
	if h.engine == nil {
		return
	}
	h.engine.t = t
	if diff := h.image().diff(imageOf(t, h.replayed())); diff != "" {
		t.Errorf("after a replay %s", diff)
	}
	for _, unit := range h.units {
		if _, err := aso.ReadEffects(unit); err != nil {
			t.Errorf("effects of %x: %v", unit, err)
		}
	}
}

// TestRandomProgramsHarmNothing lets random handlers run on one object of a store.
func TestRandomProgramsHarmNothing(t *testing.T) {
	seed := randtest.Seed(t)
	rng := rand.New(rand.NewPCG(seed, 0))
	h := newHarness(t)
	for range 300 {
		program := make([]byte, rng.IntN(500))
		for i := range program {
			program[i] = byte(rng.Uint32())
		}
		h.program(t, program)
	}
	h.replays(t)
	t.Logf("%d commands, %d failed, %d of them in handlers", h.done, h.failed, h.byHandler)
	if h.byHandler < h.done/20 || h.failed > h.done*9/10 {
		t.Error("the programs do too little")
	}
}

// FuzzActivePrograms searches for handlers that harm other objects, or that leave something when they fail.
func FuzzActivePrograms(f *testing.F) {
	f.Add([]byte("a handler"))
	var h *harness
	count := 0
	f.Fuzz(func(t *testing.T, seed []byte) {
		if h == nil {
			h = newHarness(t)
		}
		h.program(t, seed[:min(len(seed), 1500)])
		if count++; count%500 == 0 {
			h.replays(t)
		}
	})
}
