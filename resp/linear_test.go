package resp_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"comet/aso/randtest"
	"comet/resp/command/oracletest"
	"github.com/anishathalye/porcupine"
)

// A history is checked group by group: commands use keys of one group only, so that groups are independent. Each client uses two groups,
// which leaves a check few orders to try.
const (
	linearClients = 12
	linearGroups  = 6
	linearTime    = 1500 * time.Millisecond
)

// linearCall is one command of a client, or a transaction, which counts as one.
type linearCall struct {
	client, n int        // the client's n-th in its group: commands of a client take place in order
	words     []string   // of a command
	queued    [][]string // of a transaction
}

// TestRepliesAreLinearizable lets clients send random commands in pipelines of any depth and checks that some order of all commands
// explains all replies: each takes place at one moment between its sending and its reply, in the order of its client.
func TestRepliesAreLinearizable(t *testing.T) {
	seed := randtest.Seed(t)
	s := startStack(t, &yieldingJournal{})
	for round, until := 0, time.Now().Add(linearTime); round == 0 || time.Now().Before(until); round++ {
		h := linearHistory{t: t, round: round}
		var wg sync.WaitGroup
		for id := range linearClients {
			c := linearClient{linearHistory: &h, peer: s.dial(t), id: id, rnd: rand.New(rand.NewPCG(seed, uint64(round*linearClients+id)))}
			wg.Go(c.run)
		}
		wg.Wait()
		if t.Failed() || !h.check() {
			return
		}
	}
}

// linearHistory is what the clients of a round saw.
type linearHistory struct {
	t     *testing.T
	round int
	clock atomic.Int64

	mu  sync.Mutex // guards ops
	ops [linearGroups][]porcupine.Operation
}

// check reports whether the history of each group has an order.
func (h *linearHistory) check() bool {
	for group, ops := range h.ops {
		result, _ := porcupine.CheckOperationsVerbose(linearModel, ops, time.Minute)
		if result == porcupine.Ok {
			continue
		}
		var text strings.Builder
		slices.SortFunc(ops, func(a, b porcupine.Operation) int { return int(a.Call - b.Call) })
		for _, op := range ops {
			call := op.Input.(linearCall)
			fmt.Fprintf(&text, "%5d-%5d client %d: %v %v -> %v\n", op.Call, op.Return, call.client, call.words, call.queued, op.Output)
		}
		h.t.Errorf("round %d, group %d: %s:\n%s", h.round, group, result, &text)
		return false
	}
	return true
}

// linearClient is a client that sends random commands.
type linearClient struct {
	*linearHistory
	*peer
	id  int
	rnd *rand.Rand
	n   [linearGroups]int
}

func (c *linearClient) run() {
	defer c.close()
	for range 6 {
		depth := []int{1, 1, 2, 4, 16}[c.rnd.IntN(5)]
		var calls []linearCall
		var groups []int
		var words [][]string
		for len(calls) < depth {
			group := (c.id + c.rnd.IntN(2)) % linearGroups
			for _, call := range c.draw(group) {
				call.client, call.n = c.id, c.n[group]
				c.n[group]++
				calls, groups = append(calls, call), append(groups, group)
				words = append(words, call.wire()...)
			}
		}
		began := c.clock.Add(1)
		c.send(words...)
		for i, call := range calls {
			output := c.reply(&call)
			ended := c.clock.Add(1)
			c.mu.Lock()
			c.ops[groups[i]] = append(c.ops[groups[i]], porcupine.Operation{
				ClientId: c.id, Input: call, Output: output, Call: began, Return: ended,
			})
			c.mu.Unlock()
		}
	}
}

// wire returns what is sent for call.
func (call *linearCall) wire() [][]string {
	if call.queued == nil {
		return [][]string{call.words}
	}
	return slices.Concat([][]string{{"MULTI"}}, call.queued, [][]string{{"EXEC"}})
}

// reply reads the reply of call.
func (c *linearClient) reply(call *linearCall) string {
	if call.queued != nil {
		for range len(call.queued) + 1 {
			c.read() // OK, QUEUED ...
		}
	}
	return flat(c.read())
}

// flat is the short form of a reply that the model uses.
func flat(f oracletest.Frame) string {
	switch f.Kind {
	case oracletest.Array, oracletest.Push:
		items := make([]string, len(f.Items))
		for i := range items {
			items[i] = flat(f.Items[i])
		}
		return "[" + strings.Join(items, " ") + "]"
	case oracletest.NullBulk, oracletest.NullArray, oracletest.Null:
		return "nil"
	case oracletest.Error:
		first, _, _ := strings.Cut(f.Text, " ")
		return "-" + first
	}
	return f.Text
}

// draw returns a command, a transaction, or a watched one, on the keys of a group.
func (c *linearClient) draw(group int) []linearCall {
	switch c.rnd.IntN(12) {
	case 0:
		return []linearCall{{queued: c.commands(group)}}
	case 1:
		return []linearCall{{words: []string{"WATCH", c.key(group)}}, {words: c.command(group)}, {queued: c.commands(group)}}
	}
	return []linearCall{{words: c.command(group)}}
}

func (c *linearClient) commands(group int) [][]string {
	cmds := make([][]string, 1+c.rnd.IntN(3))
	for i := range cmds {
		cmds[i] = c.command(group)
	}
	return cmds
}

// key returns one of the keys of a group: two share a slot, the third has another partition.
func (c *linearClient) key(group int) string {
	return fmt.Sprintf([]string{"{r%dg%d}a", "{r%dg%d}b", "r%dg%dc"}[c.rnd.IntN(3)], c.round, group)
}

var linearCommands = []string{
	"GET K", "GET K", "SET K V", "INCR K", "APPEND K x", "DEL K", "SETNX K V", "GETSET K V", "DEL K K",
	"LPUSH K V", "LPUSH K V V", "RPUSH K V", "RPOP K", "BLPOP K T", "BLPOP K K T", "LMOVE K K LEFT RIGHT", "BLMOVE K K RIGHT LEFT T", "LRANGE K 0 -1",
	"HSET K f V", "HINCRBY K f 2", "HGET K f", "MSET K V K V", "MGET K K K", "RENAME K K",
}

func (c *linearClient) command(group int) []string {
	words := strings.Fields(linearCommands[c.rnd.IntN(len(linearCommands))])
	for i, word := range words {
		switch word {
		case "K":
			words[i] = c.key(group)
		case "V":
			words[i] = strconv.Itoa(c.rnd.IntN(100))
		case "T":
			words[i] = []string{"0.001", "0.003"}[c.rnd.IntN(2)]
		}
	}
	return words
}

// linearState is the keys of a group and what clients know of them. It is never changed: each step makes another one.
type linearState struct {
	values   map[string]linearValue
	versions map[string]int             // times each key changed
	watching [linearClients]linearWatch // since WATCH
	next     [linearClients]int         // the command of each client that is next
}

// linearWatch is the key that a client watches, "" for none, and the version it had.
type linearWatch struct {
	key     string
	version int
}

// linearValue is a string, a list or a hash with one field, by kind 's', 'l' or 'h'.
type linearValue struct {
	kind byte
	text string // also of a hash's field
	list string // each element with a space after it
}

var linearModel = porcupine.Model{
	Init: func() any { return &linearState{values: map[string]linearValue{}, versions: map[string]int{}} },
	Step: func(state, input, output any) (bool, any) {
		call, s := input.(linearCall), state.(*linearState)
		if s.next[call.client] != call.n {
			return false, state
		}
		next := *s
		next.values, next.versions = maps.Clone(s.values), maps.Clone(s.versions)
		next.next[call.client]++
		return next.run(&call, output.(string)) == output.(string), &next
	},
	Equal: func(a, b any) bool {
		x, y := a.(*linearState), b.(*linearState)
		return x.next == y.next && x.watching == y.watching && maps.Equal(x.values, y.values) && maps.Equal(x.versions, y.versions)
	},
}

// run changes s as call does and returns its reply, which the client says was output.
func (s *linearState) run(call *linearCall, output string) string {
	switch {
	case call.queued != nil:
		watched := s.watching[call.client]
		s.watching[call.client] = linearWatch{}
		if watched.key != "" && s.versions[watched.key] != watched.version {
			return "nil"
		}
		replies := make([]string, len(call.queued))
		for i, words := range call.queued {
			replies[i] = s.command(words)
		}
		return "[" + strings.Join(replies, " ") + "]"
	case call.words[0] == "WATCH":
		s.watching[call.client] = linearWatch{call.words[1], s.versions[call.words[1]]}
		return "OK"
	case call.words[0] == "BLPOP" && output[0] == '[':
		return s.served(call.words, output)
	}
	return s.command(call.words)
}

// served runs a BLPOP that got an element. It may have waited: then it was served by the key that became a list, whatever its other keys
// had become.
func (s *linearState) served(words []string, output string) string {
	key, _, _ := strings.Cut(output[1:], " ")
	if items := strings.Fields(s.values[key].list); slices.Contains(words[1:], key) && len(items) > 0 {
		return "[" + key + " " + s.take(key, items, false) + "]"
	}
	return "nil"
}

const linearWrongType = "-WRONGTYPE"

// is reports whether key holds a value of kind, or nothing.
func (s *linearState) is(key string, kind byte) bool {
	v, ok := s.values[key]
	return !ok || v.kind == kind
}

func (s *linearState) set(key string, v linearValue) {
	s.versions[key]++
	if v.kind == 'l' && v.list == "" {
		delete(s.values, key)
		return
	}
	s.values[key] = v
}

func (s *linearState) get(key string) string {
	if v, ok := s.values[key]; ok {
		return v.text
	}
	return "nil"
}

func (s *linearState) delete(key string) int {
	if _, ok := s.values[key]; !ok {
		return 0
	}
	delete(s.values, key)
	s.versions[key]++
	return 1
}

// command runs one command.
func (s *linearState) command(w []string) string {
	switch w[0] {
	case "LPUSH", "RPUSH", "RPOP", "BLPOP", "LMOVE", "BLMOVE", "LRANGE":
		return s.listCommand(w)
	case "HSET", "HINCRBY", "HGET":
		return s.hashCommand(w)
	case "DEL":
		n := 0
		for _, key := range w[1:] {
			n += s.delete(key)
		}
		return strconv.Itoa(n)
	case "MSET":
		for i := 1; i < len(w); i += 2 {
			s.set(w[i], linearValue{kind: 's', text: w[i+1]})
		}
		return "OK"
	case "MGET":
		var got []string
		for _, key := range w[1:] {
			if s.is(key, 's') {
				got = append(got, s.get(key))
			} else {
				got = append(got, "nil")
			}
		}
		return "[" + strings.Join(got, " ") + "]"
	case "RENAME":
		v, ok := s.values[w[1]]
		if !ok {
			return "-ERR"
		}
		if w[1] != w[2] {
			s.delete(w[1])
			s.set(w[2], v)
		}
		return "OK"
	}
	return s.stringCommand(w)
}

func (s *linearState) stringCommand(w []string) string {
	key := w[1]
	switch w[0] {
	case "SET":
		s.set(key, linearValue{kind: 's', text: w[2]})
		return "OK"
	case "SETNX":
		if _, ok := s.values[key]; ok {
			return "0"
		}
		s.set(key, linearValue{kind: 's', text: w[2]})
		return "1"
	}
	if !s.is(key, 's') {
		return linearWrongType
	}
	old := s.get(key)
	switch w[0] {
	case "GETSET":
		s.set(key, linearValue{kind: 's', text: w[2]})
		return old
	case "APPEND":
		text := s.values[key].text + w[2]
		s.set(key, linearValue{kind: 's', text: text})
		return strconv.Itoa(len(text))
	case "INCR":
		n, err := strconv.Atoi(old)
		if err != nil && old != "nil" {
			return "-ERR"
		}
		s.set(key, linearValue{kind: 's', text: strconv.Itoa(n + 1)})
		return strconv.Itoa(n + 1)
	}
	return old
}

func (s *linearState) hashCommand(w []string) string {
	key := w[1]
	if !s.is(key, 'h') {
		return linearWrongType
	}
	old := s.get(key)
	switch w[0] {
	case "HSET":
		s.set(key, linearValue{kind: 'h', text: w[3]})
		if old == "nil" {
			return "1"
		}
		return "0"
	case "HINCRBY":
		n, _ := strconv.Atoi(old)
		s.set(key, linearValue{kind: 'h', text: strconv.Itoa(n + 2)})
		return strconv.Itoa(n + 2)
	}
	return old
}

func (s *linearState) listCommand(w []string) string {
	if w[0] == "BLPOP" {
		return s.blpop(w[1 : len(w)-1])
	}
	key := w[1]
	if !s.is(key, 'l') {
		return linearWrongType
	}
	items := strings.Fields(s.values[key].list)
	switch w[0] {
	case "LRANGE":
		return "[" + strings.Join(items, " ") + "]"
	case "LPUSH", "RPUSH":
		for _, v := range w[2:] {
			if w[0] == "LPUSH" {
				items = slices.Insert(items, 0, v)
			} else {
				items = append(items, v)
			}
		}
		s.setList(key, items)
		return strconv.Itoa(len(items))
	}
	if len(items) == 0 {
		return "nil" // also of a command that waited in vain
	}
	if w[0] == "RPOP" {
		return s.take(key, items, true)
	}
	if !s.is(w[2], 'l') {
		return linearWrongType
	}
	v := s.take(key, items, w[3] == "RIGHT")
	to := strings.Fields(s.values[w[2]].list)
	if w[4] == "LEFT" {
		to = slices.Insert(to, 0, v)
	} else {
		to = append(to, v)
	}
	s.setList(w[2], to)
	return v
}

func (s *linearState) blpop(keys []string) string {
	for _, key := range keys {
		if !s.is(key, 'l') {
			return linearWrongType
		}
		if items := strings.Fields(s.values[key].list); len(items) > 0 {
			return "[" + key + " " + s.take(key, items, false) + "]"
		}
	}
	return "nil"
}

func (s *linearState) take(key string, items []string, last bool) string {
	if last {
		s.setList(key, items[:len(items)-1])
		return items[len(items)-1]
	}
	s.setList(key, items[1:])
	return items[0]
}

func (s *linearState) setList(key string, items []string) {
	var list strings.Builder
	for _, v := range items {
		list.WriteString(v + " ")
	}
	s.set(key, linearValue{kind: 'l', list: list.String()})
}
