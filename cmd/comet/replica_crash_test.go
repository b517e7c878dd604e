package main

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	rclient "comet/resp/client"
)

// startMaster starts a real redis-server with a large backlog, and returns its port.
func startMaster(t *testing.T) (*rclient.Conn, string) {
	t.Helper()
	c, addr := startRedis(t, t.TempDir())
	ask(t, c, "CONFIG SET repl-diskless-sync-delay 0 repl-backlog-size 64mb")
	return c, strings.TrimPrefix(addr, "127.0.0.1:")
}

// field returns a field of INFO.
func field(info, name string) string {
	for line := range strings.Lines(info) {
		if v, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(v)
		}
	}
	return ""
}

// until waits until try reports true.
func until(t *testing.T, what string, try func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !try(); <-tick.C {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// counterLoad increments counters on a Redis, alone and in transactions, until stop is closed. acknowledged is how far each is.
type counterLoad struct {
	acknowledged [4]atomic.Int64
	stop         chan struct{}
	ended        sync.Once
	running      sync.WaitGroup
}

func startCounters(t *testing.T, port string) *counterLoad {
	l := &counterLoad{stop: make(chan struct{})}
	for i := range l.acknowledged {
		c := dialReady(t, "127.0.0.1:"+port)
		l.running.Go(func() {
			for n := int64(1); ; n++ {
				select {
				case <-l.stop:
					return
				default:
				}
				if i%2 == 0 {
					if _, err := c.Do("INCR", fmt.Sprint("c", i)); err != nil {
						t.Error(err)
						return
					}
				} else {
					for _, words := range [][]string{{"MULTI"}, {"INCR", fmt.Sprint("c", i)}, {"RPUSH", fmt.Sprint("l", i), fmt.Sprint(n)}, {"EXEC"}} {
						if _, err := c.Do(words...); err != nil {
							t.Error(err)
							return
						}
					}
				}
				l.acknowledged[i].Store(n)
			}
		})
	}
	t.Cleanup(l.end)
	return l
}

func (l *counterLoad) end() {
	l.ended.Do(func() { close(l.stop) })
	l.running.Wait()
}

// whole fails unless each counter is what its list says, all at one moment.
func whole(t *testing.T, c *client, at string) (counters []int64) {
	t.Helper()
	c.want("OK", "MULTI")
	for i := range 4 {
		c.want("QUEUED", "GET", fmt.Sprint("c", i))
		c.want("QUEUED", "LLEN", fmt.Sprint("l", i))
		c.want("QUEUED", "LINDEX", fmt.Sprint("l", i), "-1")
	}
	replies := strings.Fields(strings.ReplaceAll(strings.Trim(c.do("EXEC"), "[]"), "nil", "0"))
	for i := range 4 {
		n, length, last := replies[3*i], replies[3*i+1], replies[3*i+2]
		count, err := strconv.ParseInt(n, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		if i%2 == 1 && (length != n || last != n) {
			t.Errorf("%s: counter %d is %s, its list has %s elements and ends with %s", at, i, n, length, last)
		}
		counters = append(counters, count)
	}
	return counters
}

// TestAKilledReplicaGoesOnWhereItWas kills comet while it follows a master that is written to. All data come once: what the crash took from memory comes
// again, and nothing twice.
func TestAKilledReplicaGoesOnWhereItWas(t *testing.T) {
	r, port := startMaster(t)
	ask(t, r, "DEBUG POPULATE 500")
	dir := filepath.Join(t.TempDir(), "data")
	load := startCounters(t, port)
	args := []string{"--dir", dir, "--enable-debug-command", "yes", "--auto-aof-rewrite-min-size", "1mb"}
	p := startComet(t, append(args, "--appendfsync", "everysec")...)
	p.connect().want("OK", "REPLICAOF", "127.0.0.1", port)
	for round := range 6 {
		c := p.connect()
		until(t, "no link", func() bool { return field(c.do("INFO", "replication"), "master_link_status") == "up" })
		offset := field(c.do("INFO", "replication"), "slave_repl_offset")
		until(t, "nothing comes", func() bool { return field(c.do("INFO", "replication"), "slave_repl_offset") != offset })
		if round%2 == 1 {
			if reply := c.do("BGSAVE"); reply != "Background saving started" {
				t.Log(reply)
			}
		}
		p.kill()
		p = startComet(t, append(args, "--appendfsync", []string{"always", "no", "everysec"}[round%3])...)
		whole(t, p.connect(), fmt.Sprint("after crash ", round))
	}
	load.end()
	if got := ask(t, r, "WAIT 0 0"); got != "1" {
		until(t, "no link", func() bool { return ask(t, r, "WAIT 1 100") == "1" })
	}
	c := p.connect()
	master := ask(t, r, "INFO replication")
	until(t, "not caught up", func() bool {
		return field(c.do("INFO", "replication"), "slave_repl_offset") == field(ask(t, r, "INFO replication"), "master_repl_offset")
	})
	if got, want := c.do("DEBUG", "DIGEST"), ask(t, r, "DEBUG DIGEST"); got != want {
		t.Errorf("digest %s, the master has %s\n%s", got, want, master)
	}
	for i, n := range whole(t, c, "at the end") {
		if want := load.acknowledged[i].Load(); n != want {
			t.Errorf("counter %d is %d, acknowledged %d", i, n, want)
		}
	}
	if full := field(ask(t, r, "INFO stats"), "sync_full"); full != "1" {
		t.Errorf("all data came %s times\n%s", full, &p.stderr)
	}
	c.want("OK", "REPLICAOF", "NO", "ONE")
	c.want("OK", "SET", "own", "v")
	p.kill()
	p = startComet(t, append(args, "--replicaof", "127.0.0.1", port)...)
	c = p.connect()
	c.want("v", "GET", "own") // the configuration is not obeyed any more
	c.want("OK", "SET", "own", "w")
}

// TestPromotionLosesNothingThatCame promotes while the master is written to: what it acknowledged to WAIT is here, each transaction whole, nothing twice.
func TestPromotionLosesNothingThatCame(t *testing.T) {
	r, port := startMaster(t)
	p := startComet(t, "--dir", filepath.Join(t.TempDir(), "data"), "--enable-debug-command", "yes", "--replicaof", "127.0.0.1", port)
	load := startCounters(t, port)
	c := p.connect()
	until(t, "no link", func() bool { return field(c.do("INFO", "replication"), "master_link_status") == "up" })
	ask(t, r, "SET waited v")
	if got := ask(t, r, fmt.Sprint("WAIT 1 ", patience.Milliseconds())); got != "1" {
		t.Fatalf("WAIT: %s", got)
	}
	before := whole(t, c, "before")
	c.want("OK", "REPLICAOF", "NO", "ONE")
	c.want("OK", "SET", "promoted", "v")
	c.want("v", "GET", "waited")
	after := whole(t, c, "after")
	load.end()
	for i, n := range after {
		if n < before[i] || n > load.acknowledged[i].Load() {
			t.Errorf("counter %d was %d, is %d, acknowledged at the end %d", i, before[i], n, load.acknowledged[i].Load())
		}
	}
	for i, n := range whole(t, c, "later") {
		if n != after[i] {
			t.Errorf("counter %d was %d after the promotion, and is %d", i, after[i], n)
		}
	}
	p.kill()
	p = startComet(t, p.cmd.Args[1:len(p.cmd.Args)-4]...)
	c = p.connect()
	c.want("v", "GET", "promoted")
	for i, n := range whole(t, c, "after a crash") {
		if n != after[i] {
			t.Errorf("counter %d is %d after a crash, %d before", i, n, after[i])
		}
	}
}
