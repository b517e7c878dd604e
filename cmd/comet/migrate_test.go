package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"comet/aso/redistest"
	rclient "comet/resp/client"
)

// reply sends a command and returns its reply as text, also if that is an error.
func reply(c *rclient.Conn, words ...string) string {
	r, err := c.Do(words...)
	switch {
	case err != nil:
		return err.Error()
	case r.Null:
		return "nil"
	}
	return string(r.Text)
}

// startOurs starts a Comet with data of its own.
func startOurs(t *testing.T, parameters ...string) (*rclient.Conn, string) {
	t.Helper()
	port := redistest.FreePort()
	startCometOn(t, filepath.Join(t.TempDir(), "data"), port, parameters...)
	return dialReady(t, "127.0.0.1:"+port), "127.0.0.1:" + port
}

// migrateSteps are commands of the source, of the target if they begin with a !, and MIGRATE, of which TARGET is the address.
const migrateSteps = `
SET k v PX 100000
MIGRATE TARGET k 0 5000
EXISTS k
!GET k
!DEL k
SET k v
MIGRATE TARGET k 0 5000 COPY
GET k
!GET k
MIGRATE TARGET k 0 5000
GET k
SET k new
MIGRATE TARGET k 0 5000 REPLACE
GET k
!GET k
MIGRATE TARGET k 0 5000
RPUSH l a b c
HSET h f v
!SET h busy
MIGRATE TARGET "" 0 5000 KEYS none l h other
EXISTS l h
!LRANGE l 1 1
!GET h
MIGRATE TARGET "" 3 5000 REPLACE COPY KEYS h h
!SELECT 3
!HGET h f
!SELECT 0
MIGRATE TARGET h 99 5000
HGET h f
SET a 1
SET b 2
MIGRATE TARGET "" 0 5000 KEYS a b a
EXISTS a b
!MGET a b
!CONFIG SET requirepass secret
!CLIENT KILL TYPE normal
SET a 1
MIGRATE TARGET a 0 5000
MIGRATE TARGET a 0 5000 AUTH wrong
MIGRATE TARGET a 0 5000 AUTH2 nobody secret
GET a
MIGRATE TARGET a 0 5000 AUTH secret REPLACE
EXISTS a
SET a 1
MIGRATE TARGET a 0 5000 REPLACE AUTH2 default secret
EXISTS a
!CONFIG SET requirepass ""
SET a 1
!CONFIG SET maxmemory 1
MIGRATE TARGET a 0 5000 REPLACE
GET a
!CONFIG SET maxmemory 0
MIGRATE TARGET a 0 5000 REPLACE
GET a
`

// TestKeysMoveAsInRedis moves keys from a real Redis and from Comet, to a real Redis and to Comet: all replies are the same.
func TestKeysMoveAsInRedis(t *testing.T) {
	run := func(source, target *rclient.Conn, addr string) (said []string) {
		host, port, _ := net.SplitHostPort(addr)
		for line := range strings.Lines(strings.TrimSpace(migrateSteps)) {
			line = strings.TrimSpace(line)
			to := source
			if rest, ok := strings.CutPrefix(line, "!"); ok {
				line, to = rest, target
			}
			words := strings.Fields(strings.Replace(line, "TARGET", host+" "+port, 1))
			for i := range words {
				words[i] = strings.Trim(words[i], `"`)
			}
			if answer := reply(to, words...); words[0] != "CLIENT" { // a Redis has a connection left, whose password was right when it began
				said = append(said, line+": "+answer)
			}
		}
		return said
	}
	var want []string
	for _, from := range []string{"redis", "comet"} {
		for _, to := range []string{"redis", "comet"} {
			start := func(kind string) (*rclient.Conn, string) {
				if kind == "redis" {
					return startRedis(t, t.TempDir())
				}
				return startOurs(t)
			}
			source, _ := start(from)
			target, addr := start(to)
			got := run(source, target, addr)
			if want == nil {
				want = got
				continue
			}
			for i := range want {
				if got[i] != want[i] {
					t.Errorf("%s to %s: %s\nwant %s", from, to, got[i], want[i])
				}
			}
		}
	}
}

// TestAllTypesMoveThereAndBack moves every key of a real Redis to Comet, and back.
func TestAllTypesMoveThereAndBack(t *testing.T) {
	redis, redisAddr := startRedis(t, t.TempDir())
	ours, oursAddr := startOurs(t)
	changeAll(t, redis, 0)
	want := digest(t, redis)
	for _, way := range []struct {
		from *rclient.Conn
		to   string
	}{{redis, oursAddr}, {ours, redisAddr}} {
		if got := digest(t, way.from); got != want {
			t.Errorf("digest %s, want %s", got, want)
		}
		for _, db := range []string{"0", "1", "3", "9"} {
			ask(t, way.from, "SELECT "+db)
			keys, err := way.from.Do("KEYS", "*")
			if err != nil {
				t.Fatal(err)
			}
			host, port, _ := net.SplitHostPort(way.to)
			words := []string{"MIGRATE", host, port, "", db, "5000", "KEYS"}
			for _, key := range keys.Items {
				words = append(words, string(key.Text))
			}
			if got := reply(way.from, words...); got != "OK" && len(keys.Items) > 0 {
				t.Fatal(got)
			}
		}
		if got := digest(t, way.from); got != strings.Repeat("0", 40) {
			t.Errorf("keys are left: %s", got)
		}
	}
	if got := digest(t, redis); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

// fakeTarget is a server that answers what answer says to each command, and closes the connection where that is "". A silent one says nothing to "-".
func fakeTarget(t *testing.T, answer func(connection int, words []string) string) (host, port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	t.Cleanup(func() { l.Close(); running.Wait() })
	running.Go(func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer c.Close()
				r := bufio.NewReader(c)
				for {
					words, err := readWords(r)
					if err != nil {
						return
					}
					text := answer(n, words)
					if text == "" {
						return
					}
					if text != "-" {
						_, _ = io.WriteString(c, text+"\r\n")
					}
				}
			})
		}
	})
	host, port, _ = net.SplitHostPort(l.Addr().String())
	return host, port
}

func readWords(r *bufio.Reader) (words []string, err error) {
	var n int
	if _, err := fmt.Fscanf(r, "*%d\r\n", &n); err != nil {
		return nil, err
	}
	for range n {
		var size int
		if _, err := fmt.Fscanf(r, "$%d\r\n", &size); err != nil {
			return nil, err
		}
		b := make([]byte, size+2)
		if _, err := io.ReadFull(r, b); err != nil {
			return nil, err
		}
		words = append(words, string(b[:size]))
	}
	return words, nil
}

// TestATargetThatFailsIsToldAsInRedis lets targets close, fall silent and refuse at each place.
func TestATargetThatFailsIsToldAsInRedis(t *testing.T) {
	scripts := []string{
		"", "SELECT", "SELECT RESTORE", "SELECT RESTORE RESTORE", "SELECT -", "SELECT RESTORE -", "-", "SELECT !", "SELECT RESTORE !", "SELECT ! RESTORE",
	}
	results := func(source *rclient.Conn) (said []string) {
		for _, script := range scripts {
			var mu sync.Mutex
			at := map[int]int{}
			host, port := fakeTarget(t, func(connection int, _ []string) string {
				mu.Lock()
				defer mu.Unlock()
				steps := strings.Fields(script)
				i := at[connection]
				at[connection]++
				switch {
				case i >= len(steps):
					return ""
				case steps[i] == "-":
					return "-"
				case steps[i] == "!":
					return "-ERR no"
				}
				return "+OK"
			})
			reply(source, "MSET", "a", "1", "b", "2")
			got := reply(source, "MIGRATE", host, port, "", "0", "300", "KEYS", "a", "b")
			said = append(said, fmt.Sprintf("%q: %s; a is %s, b is %s", script, got, reply(source, "GET", "a"), reply(source, "GET", "b")))
		}
		return said
	}
	redis, _ := startRedis(t, t.TempDir())
	ours, _ := startOurs(t)
	want, got := results(redis), results(ours)
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%s\nwant %s", got[i], want[i])
		}
	}
}

// TestAKeyThatChangesWhileItMovesIsNotLost changes keys when their payloads have arrived, before the target says so.
func TestAKeyThatChangesWhileItMovesIsNotLost(t *testing.T) {
	ours, addr := startOurs(t)
	other := dialReady(t, addr)
	var commands []string
	var meanwhile func(n int)
	restored := 0
	host, port := fakeTarget(t, func(_ int, words []string) string {
		line := words[0]
		if words[0] == "RESTORE" {
			line += fmt.Sprint(" ", words[1], " ", len(words))
			meanwhile(restored)
			restored++
		} else if words[0] == "DEL" {
			line += " " + words[1]
		}
		commands = append(commands, line)
		if words[0] == "DEL" {
			return ":1"
		}
		return "+OK"
	})
	for _, c := range []struct {
		name      string
		meanwhile func(n int)
		want      string
		sent      string
		left      string
	}{
		{"nothing", func(int) {}, "OK", "SELECT, RESTORE k 4", "nil"},
		{"once", func(n int) {
			if n == 0 {
				reply(other, "APPEND", "k", "+")
			}
		}, "OK", "SELECT, RESTORE k 4, RESTORE k 5", "nil"},
		{"gone", func(int) { reply(other, "DEL", "k") }, "OK", "SELECT, RESTORE k 4, DEL k", "nil"},
		{
			"always", func(int) { reply(other, "APPEND", "k", "+") }, "ERR a key was changed each time while it was sent: it stays here, and the target has an older copy",
			"SELECT, RESTORE k 4" + strings.Repeat(", RESTORE k 5", 15), "v" + strings.Repeat("+", 16),
		},
	} {
		commands, restored, meanwhile = nil, 0, c.meanwhile
		reply(ours, "SET", "k", "v")
		got := reply(ours, "MIGRATE", host, port, "k", "0", "5000")
		if left := reply(ours, "GET", "k"); got != c.want || strings.Join(commands, ", ") != c.sent || left != c.left {
			t.Errorf("%s: %s; sent %v; left %s", c.name, got, commands, left)
		}
	}
}

// TestHandlersDecideWhetherAKeyMoves has keys whose handlers hide, make, and keep them.
func TestHandlersDecideWhetherAKeyMoves(t *testing.T) {
	ours, _ := startOurs(t)
	redis, addr := startRedis(t, t.TempDir())
	host, port, _ := net.SplitHostPort(addr)
	for name, c := range map[string]struct{ body, want string }{
		"hidden": {"function onGet(self, ev) return missing() end", "NOKEY"},
		"made":   {"function onGet(self, ev) return 'x' end", "ASODENY the value is made when it is read, and cannot be stored under another key"},
		"denied": {"function onDelete(self, ev) return deny('no') end", "ASODENY no"},
		"kept":   {"function onDelete(self, ev) return keep() end", "ASODENY a handler keeps the key, so that it cannot go elsewhere"},
		"moves":  {"function onUpdate(self, ev) return deny('no') end", "OK"},
	} {
		if got := reply(ours, "ASO.SET", name, "v", "CODE", "#!lua name="+name+"\n"+c.body); got != "OK" {
			t.Fatal(name, got)
		}
		if got := reply(ours, "MIGRATE", host, port, name, "0", "5000"); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
		there, here := reply(redis, "EXISTS", name), reply(ours, "EXISTS", name)
		if (c.want == "OK") != (there == "1") || there == here {
			t.Errorf("%s: %s here, %s there", name, here, there)
		}
	}
	if got := reply(ours, "EVAL", "return redis.pcall('MIGRATE', 'h', 1, KEYS[1], 0, 1)", "1", "k"); !strings.HasPrefix(got, "ERR MIGRATE waits") {
		t.Error(got)
	}
}

// TestNobodyWaitsForATarget lets a client use the key whose target is silent.
func TestNobodyWaitsForATarget(t *testing.T) {
	ours, addr := startOurs(t)
	other := dialReady(t, addr)
	asked := make(chan struct{})
	var once sync.Once
	host, port := fakeTarget(t, func(int, []string) string { once.Do(func() { close(asked) }); return "-" })
	reply(ours, "SET", "k", "v")
	done := make(chan string)
	go func() { done <- reply(ours, "MIGRATE", host, port, "k", "0", "2000") }()
	<-asked
	if got := reply(other, "APPEND", "k", "w"); got != "2" {
		t.Error(got)
	}
	select {
	case got := <-done:
		t.Errorf("MIGRATE ended before the other client was served: %s", got)
	default:
	}
	if got := <-done; got != "IOERR error or timeout reading to target instance" {
		t.Error(got)
	}
}

// TestASilentTargetDoesNotKeepAServerFromEnding ends the server while a client waits for a target.
func TestASilentTargetDoesNotKeepAServerFromEnding(t *testing.T) {
	port := redistest.FreePort()
	p := startCometOn(t, filepath.Join(t.TempDir(), "data"), port)
	ours := dialReady(t, "127.0.0.1:"+port)
	asked := make(chan struct{})
	var once sync.Once
	host, targetPort := fakeTarget(t, func(int, []string) string { once.Do(func() { close(asked) }); return "-" })
	reply(ours, "SET", "k", "v")
	done := make(chan string)
	go func() { done <- reply(ours, "MIGRATE", host, targetPort, "k", "0", "3600000") }()
	<-asked
	p.terminate()
	if got := <-done; !strings.HasPrefix(got, "IOERR") {
		t.Error(got)
	}
}
