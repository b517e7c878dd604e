package command_test

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"comet/resp/client"
)

// dumped is a key of each kind, size and encoding: the commands that make it.
var dumped = map[string][]string{
	"int":          {"SET int 12345"},
	"negative":     {"SET negative -2147483648"},
	"long":         {"SET long 1234567890123"},
	"text":         {"SET text hello"},
	"empty":        {"SET empty \x00"},
	"compressible": {"SET compressible " + strings.Repeat("abcdefgh", 2000)},
	"list":         {"RPUSH list a 1 -5 300 70000 3000000000 " + strings.Repeat("x", 5000)},
	"biglist":      {"RPUSH biglist " + numbers(5000), "RPUSH biglist " + strings.Repeat("long", 4000) + " tail"},
	"ints":         {"SADD ints 3 -1 70000"},
	"longints":     {"SADD longints 3 -1 7000000000"},
	"set":          {"SADD set a b c 1"},
	"bigset":       {"SADD bigset " + numbers(2000)},
	"hash":         {"HSET hash f v 1 2 g " + strings.Repeat("y", 60)},
	"bighash":      {"HSET bighash " + numbers(2000)},
	"widehash":     {"HSET widehash f " + strings.Repeat("z", 200)},
	"zset":         {"ZADD zset 1 a 2.5 b inf c -inf d 1e-7 e 0.1 f 12345678901234567 g"},
	"bigzset":      {"ZADD bigzset " + numbers(1000), "ZADD bigzset 0.5 half inf top"},
	"stream":       {"XADD stream 1-1 f v g 1", "XADD stream 1-2 f w g 2", "XADD stream 2-0 other x", "XDEL stream 1-2", "XGROUP CREATE stream grp 0", "XREADGROUP GROUP grp alice COUNT 1 STREAMS stream >", "XGROUP CREATECONSUMER stream grp bob", "XGROUP CREATE stream late $"},
	"emptystream":  {"XGROUP CREATE emptystream g $ MKSTREAM"},
	"bigstream":    longStream(500),
}

func numbers(n int) string {
	words := make([]string, n)
	for i := range words {
		words[i] = fmt.Sprint(i * 7)
	}
	return strings.Join(words, " ")
}

func longStream(n int) (lines []string) {
	for i := range n {
		lines = append(lines, fmt.Sprintf("XADD bigstream %d-1 f %d g %s", i+1, i, strings.Repeat("v", i%60+1)))
	}
	return append(lines, "XTRIM bigstream MAXLEN 333", "XGROUP CREATE bigstream g 0", "XREADGROUP GROUP g c COUNT 250 STREAMS bigstream >")
}

// contentOf is all that clients see of a key.
var contentOf = map[string][]string{
	"string": {"GET"},
	"list":   {"LRANGE 0 -1"},
	"set":    {"SORTED SMEMBERS"},
	"hash":   {"SORTED HGETALL"},
	"zset":   {"ZRANGE 0 -1 WITHSCORES"},
	"stream": {"XRANGE - +", "SORTED XINFO GROUPS", "XLEN"},
}

func connect(t *testing.T, addr string) *client.Conn {
	t.Helper()
	c, err := client.Dial(t.Context(), addr, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func do(t *testing.T, c *client.Conn, words ...string) client.Reply {
	t.Helper()
	r, err := c.Do(words...)
	if err != nil {
		t.Fatalf("%.80q: %v", words, err)
	}
	return r
}

// content returns everything that clients see of key.
func content(t *testing.T, c *client.Conn, key string) string {
	t.Helper()
	r := do(t, c, "TYPE", key)
	kind := string(r.Text)
	out := []string{kind, string(do(t, c, "OBJECT", "ENCODING", key).Text)}
	for _, line := range contentOf[kind] {
		words := strings.Fields(line)
		sorted := words[0] == "SORTED"
		if sorted {
			words = words[1:]
		}
		at := 1
		if words[0] == "XINFO" {
			at = 2
		}
		r := do(t, c, slices.Insert(words, at, key)...)
		items := []string{fmt.Sprint(r.Text)}
		for _, item := range r.Items {
			items = append(items, show(item))
		}
		if sorted {
			slices.Sort(items)
		}
		out = append(out, items...)
	}
	if kind == "stream" {
		for _, g := range do(t, c, "XINFO", "GROUPS", key).Items {
			out = append(out, show(do(t, c, "XPENDING", key, string(g.Items[1].Text))))
		}
	}
	return strings.Join(out, "\n")
}

func show(r client.Reply) string {
	if r.Kind != '*' {
		return fmt.Sprintf("%q", r.Text)
	}
	var items []string
	for _, item := range r.Items {
		items = append(items, show(item))
	}
	return "[" + strings.Join(items, " ") + "]"
}

// TestPayloadsMoveBetweenRedisAndComet makes values of each encoding on a real Redis, and restores them here, there again, and here once more.
func TestPayloadsMoveBetweenRedisAndComet(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("no redis-server")
	}
	redis, ours := connect(t, startRedis(t)), connect(t, startServer(t))
	for key, lines := range dumped {
		t.Run(key, func(t *testing.T) {
			for _, line := range lines {
				do(t, redis, strings.Fields(line)...)
			}
			want := content(t, redis, key)
			there := do(t, redis, "DUMP", key)
			do(t, ours, "RESTORE", key, "0", string(there.Text))
			if got := content(t, ours, key); got != want {
				t.Fatalf("restored here:\n%.600s\nwant\n%.600s", got, want)
			}
			here := do(t, ours, "DUMP", key)
			do(t, redis, "RESTORE", key, "0", string(here.Text), "REPLACE")
			if got := content(t, redis, key); got != want {
				t.Fatalf("restored there:\n%.600s\nwant\n%.600s", got, want)
			}
			do(t, ours, "RESTORE", "again", "0", string(here.Text), "REPLACE")
			if got := content(t, ours, "again"); strings.ReplaceAll(got, "again", key) != want {
				t.Fatalf("restored here again:\n%.600s\nwant\n%.600s", got, want)
			}
		})
	}
}
