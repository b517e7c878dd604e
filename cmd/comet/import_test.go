package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"comet/aso/redistest"
	rclient "comet/resp/client"
)

// startRedis starts a real redis-server in dir, and returns a connection to it and its address.
func startRedis(t *testing.T, dir string, parameters ...string) (*rclient.Conn, string) {
	t.Helper()
	addr := redistest.Start(t, append([]string{"--dir", dir}, parameters...)...).Addr
	return dialReady(t, addr), addr
}

// dialReady connects to a server that is starting.
func dialReady(t *testing.T, addr string) *rclient.Conn {
	t.Helper()
	var last error
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		c, err := rclient.Dial(t.Context(), addr, patience)
		if err == nil {
			if _, err = c.Do("PING"); err == nil {
				t.Cleanup(func() { _ = c.Close() })
				return c
			}
			_ = c.Close()
		}
		last = err
	}
	t.Fatalf("%s: %v", addr, last)
	return nil
}

func ask(t *testing.T, c *rclient.Conn, line string) string {
	t.Helper()
	r, err := c.Do(strings.Fields(line)...)
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return string(r.Text)
}

// digestOf is what DEBUG DIGEST-VALUE would be if Comet had it: the payloads of the keys, of which servers may order hash tables in their own way.
func digestOf(t *testing.T, c *rclient.Conn) string {
	t.Helper()
	var out strings.Builder
	for db, keys := range [][]string{{"s", "n", "l", "z", "x", "t"}, {"h"}} {
		ask(t, c, fmt.Sprint("SELECT ", db))
		for _, key := range keys {
			fmt.Fprintf(&out, "%d %s %q %v\n", db, key, ask(t, c, "DUMP "+key), ask(t, c, "PEXPIRETIME "+key))
		}
	}
	return out.String()
}

// fillRedis makes keys of several types in two databases, and saves them to dump.rdb.
func fillRedis(t *testing.T, c *rclient.Conn) {
	t.Helper()
	for _, line := range []string{
		"DEBUG SET-ACTIVE-EXPIRE 0", "SET s hello", "SET n 123", "RPUSH l a b 3", "ZADD z 1 a 2.5 b", "XADD x 1-1 f v", "XGROUP CREATE x g 0", "SET t later PXAT 33333333333333",
		"SET gone soon PX 1", "SELECT 1", "HSET h f v",
	} {
		ask(t, c, line)
	}
	ask(t, c, "SAVE")
}

func runComet(t *testing.T, args ...string) (out string, code int) {
	t.Helper()
	cmd := cometCommand(t, args...)
	b, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(b), cmd.ProcessState.ExitCode()
}

// TestAFileOfRedisGoesInAndOut imports a dump of a real Redis to a folder and to a server, and lets a real Redis read what is exported.
func TestAFileOfRedisGoesInAndOut(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	redis, _ := startRedis(t, dir)
	fillRedis(t, redis)
	want := digestOf(t, redis)
	dump := filepath.Join(dir, "dump.rdb")
	for range 2 { // the second one finds all keys there
		if out, code := runComet(t, "import", dump, "--dir", data); code != 0 {
			t.Fatalf("exit code %d: %s", code, out)
		}
	}

	port := redistest.FreePort()
	p := startCometOn(t, data, port)
	ours := dialReady(t, "127.0.0.1:"+port)
	if got := digestOf(t, ours); got != want {
		t.Fatalf("imported:\n%s\nwant\n%s", got, want)
	}
	ask(t, ours, "FLUSHALL")
	out, code := runComet(t, "import", "--to", "127.0.0.1:"+port, dump)
	if got := digestOf(t, ours); code != 0 || got != want || !strings.Contains(out, "8 keys read: 7 imported, 0 there already, 1 expired") {
		t.Fatalf("exit code %d: %s\n%s\nwant\n%s", code, out, got, want)
	}
	if out, code := runComet(t, "import", "--to", "127.0.0.1:"+port, dump); code != 0 || !strings.Contains(out, "0 imported, 7 there already") {
		t.Fatalf("exit code %d: %s", code, out)
	}
	if r, err := ours.Do("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('one', function() return 1 end)"); err != nil {
		t.Fatal(r, err)
	}
	p.terminate()

	again := t.TempDir()
	if out, code := runComet(t, "export", filepath.Join(again, "dump.rdb"), "--dir", data); code != 0 || !strings.HasPrefix(out, "7 keys exported") {
		t.Fatalf("exit code %d: %s", code, out)
	}
	redis, _ = startRedis(t, again)
	if got := digestOf(t, redis); got != want {
		t.Fatalf("exported:\n%s\nwant\n%s", got, want)
	}
	if got := ask(t, redis, "FCALL one 0"); got != "1" {
		t.Errorf("the exported function returns %q", got)
	}
}

// startCometOn starts comet with data and a port.
func startCometOn(t *testing.T, data, port string, parameters ...string) *process {
	t.Helper()
	p := &process{t: t}
	p.cmd = cometCommand(t, append([]string{"--dir", data, "--port", port, "--enable-debug-command", "yes"}, parameters...)...)
	p.start()
	return p
}

// TestADamagedFileIsRefusedWithItsPlace cuts a file and changes a byte of it.
func TestADamagedFileIsRefusedWithItsPlace(t *testing.T) {
	dir := t.TempDir()
	redis, _ := startRedis(t, dir)
	fillRedis(t, redis)
	whole, err := os.ReadFile(filepath.Join(dir, "dump.rdb"))
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 1
	for name, b := range map[string][]byte{"cut": whole[:len(whole)-12], "flipped": flipped, "text": []byte("hello, this is no dump"), "newer": []byte("REDIS0099\xff")} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, code := runComet(t, "import", file, "--dir", filepath.Join(dir, "data-"+name)); code != 2 || !strings.Contains(out, "byte ") {
			t.Errorf("%s: exit code %d: %s", name, code, out)
		}
	}
}

// TestAFolderWithManyDatabasesGoesInAndOut has keys in a database that a server does not have without being told.
func TestAFolderWithManyDatabasesGoesInAndOut(t *testing.T) {
	dir, data := t.TempDir(), filepath.Join(t.TempDir(), "data")
	redis, _ := startRedis(t, dir, "--databases", "300")
	for _, line := range []string{"SET first v", "SELECT 299", "HSET last f v", "SAVE"} {
		ask(t, redis, line)
	}
	dump, again := filepath.Join(dir, "dump.rdb"), t.TempDir()
	if out, code := runComet(t, "import", dump, "--dir", data); code != 1 || !strings.Contains(out, `key "last" is of database 299, and there are 16 (--databases allows more)`) {
		t.Errorf("exit code %d: %s", code, out)
	}
	if out, code := runComet(t, "import", dump, "--dir", data, "--databases", "300"); code != 0 || !strings.Contains(out, "1 imported, 1 there already") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if out, code := runComet(t, "export", filepath.Join(again, "dump.rdb"), "--dir", data); code != 1 || !strings.Contains(out, "there are 16 (--databases allows more)") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if out, code := runComet(t, "export", filepath.Join(again, "dump.rdb"), "--dir", data, "--databases", "300"); code != 0 || !strings.HasPrefix(out, "2 keys exported") {
		t.Errorf("exit code %d: %s", code, out)
	}
	redis, _ = startRedis(t, again, "--databases", "300")
	ask(t, redis, "SELECT 299")
	if got := ask(t, redis, "HGET last f"); got != "v" {
		t.Errorf("the exported hash has %q", got)
	}
}
