package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"comet/aso/redistest"
	rclient "comet/resp/client"
)

// changeAll changes keys of all types, in several databases, in all ways that reach a log in a special form. round makes it other changes.
func changeAll(t *testing.T, c *rclient.Conn, round int) {
	t.Helper()
	for _, line := range []string{
		"SELECT 0", "SET s%d hello", "APPEND s%d more", "INCR n", "INCRBYFLOAT f 1.5", "SETEX t%d 1000 v", "SET u%d v PX 50000000", "GETEX u%d EX 9999999", "EXPIRE s%d 1000000",
		"SETRANGE r%d 5 x", "SETBIT b%d 77 1", "BITFIELD b%d INCRBY u8 3 9", "PFADD p a%d b c", "GEOADD g 13.361389 38.115556 place%d", "RPUSH l a b c d %d", "LPOP l", "LMOVE l l LEFT RIGHT",
		"SADD set a b c %d e f", "SPOP set 2", "SMOVE set other %d", "ZADD z 1 a 2.5 b -inf c %d d", "ZPOPMIN z", "ZUNIONSTORE zz 1 z WEIGHTS 2", "HSET h f%d v g 1", "HINCRBYFLOAT h g 0.1", "HDEL h f0",
		"XADD x * f %d", "XADD x NOMKSTREAM MAXLEN ~ 1000 * g h", "XGROUP CREATE x group%d 0", "XREADGROUP GROUP group%d alice COUNT 1 STREAMS x >", "XAUTOCLAIM x group%d bob 0 0 COUNT 1",
		"COPY h hh%d", "RENAME hh%d h2", "SORT set ALPHA STORE sorted%d", "SET gone%d v PX 1", "SET dead%d v EXAT 9999999999", "DEL dead%d",
		"MULTI", "SET m %d", "SELECT 3", "SET in%d three", "SELECT 0", "INCR m", "EXEC", "SELECT 9", "HSET far f %d", "MOVE far 1", "SELECT 1", "PERSIST far",
	} {
		if strings.Contains(line, "%d") {
			line = fmt.Sprintf(line, round)
		}
		ask(t, c, line)
	}
	for _, words := range [][]string{
		{"SELECT", "0"},
		{"EVAL", "redis.call('SET', KEYS[1], redis.call('TIME')[1]); redis.call('EXPIRE', KEYS[1], 1000); return redis.call('RPUSH', KEYS[2], math.random())", "2", "byscript", "scripted"},
		{"FUNCTION", "LOAD", "REPLACE", "#!lua name=lib\nredis.register_function('put', function(k) return redis.call('HSET', k[1], 'from', 'function') end)"},
		{"FCALL", "put", "1", "h"},
		{"SET", "binary", "\x00\r\n*1\xff", "KEEPTTL"},
	} {
		if _, err := c.Do(words...); err != nil {
			t.Fatal(words, err)
		}
	}
	eventually(t, "the end of a time to live", func() bool { return ask(t, c, fmt.Sprint("EXISTS gone", round)) == "0" })
}

// rewriteLog lets a Redis rewrite its log, and waits for the end.
func rewriteLog(t *testing.T, c *rclient.Conn) {
	t.Helper()
	ask(t, c, "BGREWRITEAOF")
	eventually(t, "the rewriting of the log", func() bool {
		info := ask(t, c, "INFO persistence")
		return strings.Contains(info, "aof_rewrite_in_progress:0") && strings.Contains(info, "aof_rewrite_scheduled:0") && strings.Contains(info, "aof_last_bgrewrite_status:ok")
	})
}

func digest(t *testing.T, c *rclient.Conn) string {
	t.Helper()
	return ask(t, c, "DEBUG DIGEST")
}

// contents returns the digest of each key.
func contents(t *testing.T, c *rclient.Conn) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, db := range []string{"0", "1", "3", "9"} {
		ask(t, c, "SELECT "+db)
		r, err := c.Do("KEYS", "*")
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range r.Items {
			v, err := c.Do("DEBUG", "DIGEST-VALUE", string(key.Text))
			if err != nil {
				t.Fatal(err)
			}
			all[db+" "+string(key.Text)] = string(v.Items[0].Text)
		}
	}
	return all
}

// wantSame compares the keys of two servers.
func wantSame(t *testing.T, what string, ours, redis *rclient.Conn) {
	t.Helper()
	if digest(t, ours) == digest(t, redis) {
		return
	}
	got, want := contents(t, ours), contents(t, redis)
	for key := range want {
		if got[key] != want[key] {
			t.Errorf("%s: key %s has digest %s, want %s", what, key, got[key], want[key])
		}
	}
	t.Errorf("%s: %d keys, want %d", what, len(got), len(want))
}

// wantImported imports a log to a folder, and to a server, and compares what is there.
func wantImported(t *testing.T, log string, redis *rclient.Conn) {
	t.Helper()
	data, port := filepath.Join(t.TempDir(), "data"), redistest.FreePort()
	for range 2 { // the second one finds all keys there
		if out, code := runComet(t, "import", log, "--dir", data); code != 0 {
			t.Fatalf("%s: exit code %d: %s", log, code, out)
		}
	}
	p := startCometOn(t, data, port)
	ours := dialReady(t, "127.0.0.1:"+port)
	wantSame(t, log+" to a folder", ours, redis)
	if got := ask(t, ours, "FCALL put 1 h"); got != "0" {
		t.Errorf("the imported function returns %q", got)
	}
	ask(t, ours, "FLUSHALL")
	if out, code := runComet(t, "import", "--to", "127.0.0.1:"+port, log); code != 0 {
		t.Fatalf("%s: exit code %d: %s", log, code, out)
	}
	wantSame(t, log+" to a server", ours, redis)
	p.terminate()
}

// TestALogOfRedisIsTakenOver imports what a real Redis has appended, with both forms of base and several increments.
func TestALogOfRedisIsTakenOver(t *testing.T) {
	for _, preamble := range []string{"yes", "no"} {
		t.Run(preamble, func(t *testing.T) {
			dir := t.TempDir()
			redis, _ := startRedis(t, dir, "--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", preamble, "--aof-timestamp-enabled", preamble)
			changeAll(t, redis, 0)
			wantImported(t, dir, redis)
			rewriteLog(t, redis)
			changeAll(t, redis, 1)
			rewriteLog(t, redis)
			wantImported(t, filepath.Join(dir, "appendonlydir"), redis)
			changeAll(t, redis, 2)
			wantImported(t, filepath.Join(dir, "appendonlydir", "appendonly.aof.manifest"), redis)
		})
	}
}

// TestASingleFileOfAnOldRedisIsTakenOver makes the single file that versions up to 6 keep: the base, and the increment behind it.
func TestASingleFileOfAnOldRedisIsTakenOver(t *testing.T) {
	dir := t.TempDir()
	redis, _ := startRedis(t, dir, "--appendonly", "yes", "--appendfsync", "always")
	changeAll(t, redis, 0)
	rewriteLog(t, redis)
	changeAll(t, redis, 1)
	var whole []byte
	for _, pattern := range []string{"*.base.rdb", "*.incr.aof"} {
		names, _ := filepath.Glob(filepath.Join(dir, "appendonlydir", pattern))
		if len(names) != 1 {
			t.Fatal(names)
		}
		b, err := os.ReadFile(names[0])
		if err != nil {
			t.Fatal(err)
		}
		whole = append(whole, b...)
	}
	log := filepath.Join(t.TempDir(), "appendonly.aof")
	if err := os.WriteFile(log, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	wantImported(t, log, redis)
}

// TestKeysInALogDieWhenTheLogSaysSo changes a key before its time to live is over: the change must not make a new key without one.
func TestKeysInALogDieWhenTheLogSaysSo(t *testing.T) {
	dir := t.TempDir()
	redis, _ := startRedis(t, dir, "--appendonly", "yes", "--appendfsync", "always")
	ask(t, redis, "DEBUG SET-ACTIVE-EXPIRE 0") // else the log says that it died
	var end time.Time
	for life := 100 * time.Millisecond; !time.Now().Before(end); life *= 2 { // until all changes come in time
		end = time.Now().Add(life)
		ask(t, redis, fmt.Sprintf("SET n 5 PXAT %d", end.UnixMilli()))
		ask(t, redis, "INCR n")
		ask(t, redis, fmt.Sprintf("SET saved 5 PXAT %d", end.UnixMilli()))
		ask(t, redis, "PERSIST saved")
	}
	eventually(t, "the end of the time to live", func() bool { return time.Now().After(end) })
	out, code := runComet(t, "import", dir, "--dir", filepath.Join(t.TempDir(), "data"))
	if code != 0 || !strings.Contains(out, "2 keys read: 1 imported, 0 there already, 1 expired") {
		t.Fatalf("exit code %d: %s", code, out)
	}
}

// TestALogThatIsNotWholeIsTakenUpToItsEnd cuts a log, and damages it.
func TestALogThatIsNotWholeIsTakenUpToItsEnd(t *testing.T) {
	log := func(commands ...string) string {
		var b strings.Builder
		for _, c := range commands {
			words := strings.Fields(c)
			fmt.Fprintf(&b, "*%d\r\n", len(words))
			for _, w := range words {
				fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(w), w)
			}
		}
		return b.String()
	}
	for _, c := range []struct {
		name, file string
		code       int
		says       string
	}{
		{"cut", log("SET a 1", "SET b 2")[:40], 0, "byte 27: the last 13 bytes are part of a command that does not end, and left out"},
		{"transaction", log("SET a 1", "MULTI", "SET b 2"), 0, "byte 27: the last 42 bytes are part of a transaction that does not end, and left out"},
		{"damaged", log("SET a 1") + "SET b 2\r\n", 2, "byte 27: 'S' where '*' must stand"},
		{"unknown", log("SET a 1", "JSON.SET b $ 1"), 2, "byte 27: ERR no command that a log has: ERR unknown command 'JSON.SET'"},
		{"administration", log("SHUTDOWN"), 2, "byte 0: ERR no command that a log has: shutdown"},
		{"failing", log("SET a 1", "LPUSH a 1"), 1, "1 commands failed, the first one at byte 27: LPUSH: WRONGTYPE"},
		{"empty", "", 0, "0 keys read"},
	} {
		name := filepath.Join(t.TempDir(), "appendonly.aof")
		if err := os.WriteFile(name, []byte(c.file), 0o600); err != nil {
			t.Fatal(err)
		}
		out, code := runComet(t, "import", name, "--dir", filepath.Join(t.TempDir(), "data"))
		if code != c.code || !strings.Contains(out, c.says) {
			t.Errorf("%s: exit code %d: %s", c.name, code, out)
		}
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.manifest": "file a.1 seq 1 type i\nfile a.2 seq 2 type i\n", "a.1": log("SET a 1")[:20], "a.2": log("SET b 2"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, code := runComet(t, "import", dir, "--dir", filepath.Join(t.TempDir(), "data")); code != 2 || !strings.Contains(out, "a.1: byte 0: unexpected end, and this is not the last file") {
		t.Errorf("exit code %d: %s", code, out)
	}
}
