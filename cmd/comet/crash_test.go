package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"comet/aso/randtest"
)

// writer sends transactions over one connection, each of which writes the same number to keys of different slots and to a list, and
// remembers how far it came.
type writer struct {
	name         string
	sent         int // number of the last transaction that was begun
	acknowledged int
}

// run sends transactions until the server is gone.
func (w *writer) run(c *client, total *atomic.Int64) {
	for {
		w.sent++
		n := strconv.Itoa(w.sent)
		for _, args := range [][]string{
			{"MULTI"},
			{"SET", w.name + ":a", n},
			{"HSET", w.name + ":b", "n", n},
			{"RPUSH", w.name + ":list", n},
			{"ZADD", w.name + ":z", n, "m"},
			{"EXEC"},
		} {
			if c.send(args...) != nil {
				return
			}
		}
		for range 6 {
			if _, err := c.read(); err != nil {
				return
			}
		}
		w.acknowledged = w.sent
		total.Add(1)
	}
}

// check compares what the server has after its restart with what was acknowledged.
func (w *writer) check(t *testing.T, c *client) {
	t.Helper()
	n := c.do("GET", w.name+":a")
	if n == "nil" {
		n = "0"
	}
	found, err := strconv.Atoi(n)
	if err != nil || found < w.acknowledged || found > w.sent {
		t.Errorf("%s: found %s, acknowledged %d, sent %d", w.name, n, w.acknowledged, w.sent)
	}
	if found == 0 {
		return
	}
	c.want(n, "HGET", w.name+":b", "n")
	c.want(n, "LLEN", w.name+":list")
	c.want(n, "LINDEX", w.name+":list", "-1")
	c.want(n, "ZSCORE", w.name+":z", "m")
	w.sent, w.acknowledged = found, found
}

func TestAcknowledgedWritesSurviveKill(t *testing.T) {
	const (
		rounds  = 10
		writers = 6
	)
	seed := randtest.Seed(t)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := filepath.Join(t.TempDir(), "data")
	all := make([]*writer, writers)
	for i := range all {
		all[i] = &writer{name: fmt.Sprintf("w%d", i)}
	}
	var total atomic.Int64
	for round := range rounds {
		policy := []string{"everysec", "always", "no"}[random.IntN(3)]
		p := startComet(t, "--dir", dir, "--appendfsync", policy, "--auto-aof-rewrite-min-size", "1mb")
		admin := p.connect()
		for _, w := range all {
			w.check(t, admin)
		}
		if t.Failed() {
			t.Fatalf("after %d crashes", round)
		}
		crash(t, p, all, random, &total)
	}
	t.Logf("%d transactions, %d crashes", total.Load(), rounds)
}

// crash lets all write for a while, mostly with snapshots at the same time, and kills the server.
func crash(t *testing.T, p *process, all []*writer, random *rand.Rand, total *atomic.Int64) {
	t.Helper()
	var running sync.WaitGroup
	for _, w := range all {
		c := p.connect()
		running.Go(func() { w.run(c, total) })
	}
	life := time.Duration(50+random.IntN(400)) * time.Millisecond
	end := time.NewTimer(life)
	defer end.Stop()
	admin := p.connect()
	for snapshots := random.IntN(4); snapshots > 0; snapshots-- {
		pause := time.NewTimer(life / 5)
		<-pause.C
		if reply := admin.do("BGSAVE"); reply != "Background saving started" && reply != "ERR Background save already in progress" {
			t.Logf("BGSAVE: %s", reply)
		}
	}
	<-end.C
	p.kill()
	running.Wait()
}
