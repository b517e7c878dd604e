package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"comet/aso/redistest"
)

// TestADumpOfARunningServerIsOneMoment takes dumps by redis-cli --rdb and by comet export --from while clients move amounts between keys, and lets a real Redis add up
// what is in them.
func TestADumpOfARunningServerIsOneMoment(t *testing.T) {
	cli, err := exec.LookPath("redis-cli")
	if err != nil {
		t.Skip("no redis-cli")
	}
	const accounts, amount, clients = 3000, 100, 2
	port := redistest.FreePort()
	p := startCometOn(t, filepath.Join(t.TempDir(), "data"), port)
	ours := dialReady(t, "127.0.0.1:"+port)
	for i := range accounts {
		ask(t, ours, fmt.Sprintf("SET account-%d %d", i, amount))
	}
	ask(t, ours, "HSET large"+strings.Repeat(" field value-of-some-length", 500))
	ask(t, ours, "RPUSH list a b c")
	if _, err := ours.Do("FUNCTION", "LOAD", "#!lua name=lib\nredis.register_function('one', function() return 1 end)"); err != nil {
		t.Fatal(err)
	}
	stop, writers := make(chan struct{}), sync.WaitGroup{}
	for n := range clients {
		c := dialReady(t, "127.0.0.1:"+port)
		writers.Go(func() {
			for i := n; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				from, to := i*7%accounts, i*13%accounts
				for _, words := range [][]string{
					{"MULTI"}, {"DECRBY", fmt.Sprint("account-", from), "3"}, {"INCRBY", fmt.Sprint("account-", to), "3"}, {"EXEC"},
				} {
					if _, err := c.Do(words...); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	take := map[string]func(file string) (string, error){
		"redis-cli": func(file string) (string, error) {
			out, err := exec.CommandContext(t.Context(), cli, "-p", port, "--rdb", file).CombinedOutput()
			return string(out), err
		},
		"comet export": func(file string) (string, error) {
			out, code := runComet(t, "export", file, "--from", "127.0.0.1:"+port)
			if code != 0 || !strings.HasPrefix(out, fmt.Sprintf("%d keys exported", accounts+2)) {
				return out, fmt.Errorf("exit code %d", code)
			}
			return out, nil
		},
		"without a mark": func(file string) (string, error) {
			b, err := plainSync("127.0.0.1:" + port)
			return "", errors.Join(err, os.WriteFile(file, b, 0o600))
		},
	}
	for name, dump := range take {
		dir := t.TempDir()
		if out, err := dump(filepath.Join(dir, "dump.rdb")); err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		redis, _ := startRedis(t, dir)
		sum, err := redis.Do("EVAL", "local n = 0; for _, k in ipairs(redis.call('KEYS', 'account-*')) do n = n + redis.call('GET', k) end; return n", "0")
		if err != nil || string(sum.Text) != fmt.Sprint(accounts*amount) {
			t.Errorf("%s: the sum is %s, want %d; %v", name, sum.Text, accounts*amount, err)
		}
		if got := ask(t, redis, "FCALL one 0") + ask(t, redis, "HLEN large") + ask(t, redis, "LLEN list"); got != "113" {
			t.Errorf("%s: %s", name, got)
		}
	}
	close(stop)
	writers.Wait()
	info := ask(t, ours, "INFO stats")
	if !strings.Contains(info, "sync_full:3") {
		t.Error(info)
	}
	p.terminate()
}

// plainSync sends SYNC as an old client does, and returns the dump.
func plainSync(addr string) ([]byte, error) {
	c, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	if _, err := c.Write([]byte("SYNC\r\n")); err != nil {
		return nil, err
	}
	all, err := io.ReadAll(c) // the server ends the connection
	if err != nil {
		return nil, err
	}
	head, dump, _ := strings.Cut(strings.TrimLeft(string(all), "\n"), "\r\n")
	if head != fmt.Sprint("$", len(dump)) {
		return nil, fmt.Errorf("%d bytes behind %q", len(dump), head)
	}
	return []byte(dump), nil
}

// TestADumpOfARedisIsTaken takes one from a real Redis, with a password, and not with a wrong one.
func TestADumpOfARedisIsTaken(t *testing.T) {
	redis, addr := startRedis(t, t.TempDir(), "--repl-diskless-sync-delay", "0")
	fillRedis(t, redis)
	ask(t, redis, "SELECT 0")
	eventually(t, "the end of a time to live", func() bool { return ask(t, redis, "EXISTS gone") == "0" })
	want := digest(t, redis)
	ask(t, redis, "CONFIG SET requirepass secret")
	dir := t.TempDir()
	file := filepath.Join(dir, "dump.rdb")
	if out, code := runComet(t, "export", file, "--from", addr, "--password", "wrong"); code != 1 || !strings.Contains(out, "WRONGPASS") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if out, code := runComet(t, "export", file, "--from", addr, "--password", "secret"); code != 0 {
		t.Fatalf("exit code %d: %s", code, out)
	}
	again, _ := startRedis(t, dir)
	if got := digest(t, again); got != want {
		t.Errorf("digest %s, want %s", got, want)
	}
}

// TestAReplicaIsToldThatThereIsNoStream lets a real Redis try to follow.
func TestAReplicaIsToldThatThereIsNoStream(t *testing.T) {
	port := redistest.FreePort()
	p := startCometOn(t, filepath.Join(t.TempDir(), "data"), port)
	ours := dialReady(t, "127.0.0.1:"+port)
	ask(t, ours, "SET k v")
	dir := t.TempDir()
	redis, _ := startRedis(t, dir, "--logfile", "log")
	ask(t, redis, "REPLICAOF 127.0.0.1 "+port)
	eventually(t, "the error in the log of the replica", func() bool {
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		return strings.Contains(string(log), "this server has no replicas")
	})
	if got := ask(t, redis, "INFO replication"); !strings.Contains(got, "master_link_status:down") {
		t.Error(got)
	}
	p.terminate()
}
