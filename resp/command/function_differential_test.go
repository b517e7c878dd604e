package command_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"comet/aso/randtest"
	"comet/resp/client"
)

// functionWriter writes random commands about functions. What FUNCTION DUMP has replied is restored later, to both servers.
type functionWriter struct {
	scriptWriter
	dumps []string
}

func (w *functionWriter) name(kind string) string { return kind + w.pick("1", "2", "3") }

// library is the source of a library of some functions; some are wrong.
func (w *functionWriter) library() string {
	var s strings.Builder
	fmt.Fprintf(&s, "#!%s name=%s\n", w.pick("lua", "lua", "lua", "LUA", "lua", "js"), w.pick(w.name("lib"), w.name("lib"), w.name("lib"), "li-b", ""))
	if w.IntN(6) == 0 {
		s.WriteString(w.pick("local n = 0\n", "x = 1\n", "error('at load')\n", "redis.call('GET', 'k1')\n", "x = = 1\n", "redis.log(redis.LOG_DEBUG, 'loading')\n"))
	}
	for range w.IntN(4) {
		fmt.Fprintf(&s, "local function run(KEYS, ARGV) local a, b %s return %s end\n", w.statement(1), w.value(1))
		name := w.pick(w.name("f"), w.name("f"), w.name("f"), w.name("f"), "f-1", "")
		if w.IntN(2) == 0 {
			fmt.Fprintf(&s, "redis.register_function('%s', run)\n", name)
			continue
		}
		fmt.Fprintf(&s, "redis.register_function{function_name='%s', callback=run, %s}\n", name,
			w.pick("flags={'no-writes'}", "flags={}", "description='what it does'", "flags={'no-writes', 'allow-stale'}", "flags={'allow-oom'}", "flags={'bold'}", "more=1"))
	}
	return s.String()
}

func (w *functionWriter) command() []string {
	switch w.IntN(14) {
	case 0, 1, 2:
		return []string{"FUNCTION", "LOAD", w.library()}
	case 3, 4:
		return []string{"FUNCTION", "LOAD", "REPLACE", w.library()}
	case 5:
		return []string{"FUNCTION", "DELETE", w.name("lib")}
	case 6:
		return append([]string{"FUNCTION", "LIST"}, strings.Fields(w.pick("", "WITHCODE", "LIBRARYNAME lib*", "LIBRARYNAME lib1 WITHCODE", "LIBRARYNAME", "WITHCODE WITHCODE"))...)
	case 7:
		return []string{"FUNCTION", "DUMP"}
	case 8:
		if len(w.dumps) > 0 {
			words := []string{"FUNCTION", "RESTORE", w.pick(w.dumps...)}
			return append(words, strings.Fields(w.pick("", "FLUSH", "APPEND", "REPLACE", "REPLACE", "KEEP"))...)
		}
		return []string{"FUNCTION", "RESTORE", w.pick("", "short", strings.Repeat("x", 40))}
	case 9:
		if w.IntN(4) == 0 {
			return append([]string{"FUNCTION", "FLUSH"}, strings.Fields(w.pick("", "ASYNC", "SYNC", "NOW"))...)
		}
		return []string{"FUNCTION", "STATS"}
	}
	return append([]string{w.pick("FCALL", "FCALL", "FCALL_RO"), w.name("f")}, strings.Fields(w.pick("1 k1 v 7", "2 k1 k2 3 4", "2 k3 k4 x 0.5", "3 k1", "-1", "x"))...)
}

// alreadyThere is what names one of several that are there, the first of a hash table.
var alreadyThere = regexp.MustCompile(`(Function|Library) \w+ already exists`)

// described is a reply as text. What the order of a hash table decides, such as that of libraries and functions, does not count.
func described(r *client.Reply, sorted bool) string {
	if r.Kind != '*' || r.Null {
		return fmt.Sprintf("%c%q%v", r.Kind, alreadyThere.ReplaceAll(r.Text, []byte("$1 already exists")), r.Null)
	}
	items := make([]string, len(r.Items))
	for i := range r.Items {
		items[i] = described(&r.Items[i], sorted)
	}
	if sorted && len(r.Items) > 0 && r.Items[0].Kind == '*' {
		slices.Sort(items)
	}
	return "[" + strings.Join(items, " ") + "]"
}

// TestRandomFunctionsAnswerAsRedis loads, calls, dumps and restores random libraries on a real redis-server and on ours.
func TestRandomFunctionsAnswerAsRedis(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("no redis-server")
	}
	w := functionWriter{scriptWriter: scriptWriter{rand.New(rand.NewPCG(randtest.Seed(t), 0))}}
	var servers [2]*client.Conn
	for i, addr := range []string{startRedis(t), startServer(t)} {
		servers[i] = connect(t, addr)
	}
	said := map[byte]int{}
	for n := range 1500 {
		words := w.command()
		var replies [2]client.Reply
		for i, c := range servers {
			var err error
			var refused client.ServerError
			if replies[i], err = c.Do(words...); err != nil && !errors.As(err, &refused) {
				t.Fatal(err)
			}
		}
		said[replies[0].Kind]++
		if words[0] == "FUNCTION" && words[1] == "DUMP" {
			w.dumps = append(w.dumps, string(replies[0].Text), string(replies[1].Text))
			continue // restoring tells whether it is right
		}
		list := words[0] == "FUNCTION" && words[1] == "LIST"
		if want, got := described(&replies[0], list), described(&replies[1], list); got != want {
			t.Fatalf("command %d, %q:\n%s\nwant\n%s", n, words, got, want)
		}
	}
	t.Logf("replies by kind: %v", said)
}
