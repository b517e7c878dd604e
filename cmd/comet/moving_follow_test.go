package main

import (
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"comet/aso/randtest"
)

// TestAPromotedServerIsOneThatImported lets a server with objects that act follow a Redis that is written to, kills it on the way, and promotes it. Nothing has acted meanwhile, and from
// then on it does what a new server does that has imported the data of that Redis.
func TestAPromotedServerIsOneThatImported(t *testing.T) {
	random := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	_, port := startMaster(t)
	redis := dialClient(t, "tcp", "127.0.0.1:"+port)
	args := []string{"--dir", filepath.Join(t.TempDir(), "data"), "--enable-debug-command", "yes"}
	p := startComet(t, args...)
	c := p.connect()
	prepare(c)
	c.work(workSteps(random, 80, false))
	c.picture() // waits for all messages

	steps := workSteps(random, 400, true)
	redis.work(steps[:100])
	c.want("OK", "REPLICAOF", "127.0.0.1", port)
	for _, end := range []int{100, 100 + random.IntN(200), 300} {
		done := make(chan struct{})
		go func() { redis.work(steps[end:][:50]); close(done) }()
		c = p.connect()
		until(t, "no link", func() bool { return field(c.do("INFO", "replication"), "master_link_status") == "up" })
		p.kill()
		<-done
		p = startComet(t, args...)
	}
	c = p.connect()
	redis.work(steps[350:])
	until(t, "not caught up", func() bool {
		return field(c.do("INFO", "replication"), "slave_repl_offset") == field(redis.do("INFO", "replication"), "master_repl_offset")
	})
	c.want("READONLY You can't write against a read only replica.", "ASO.CALL", "a:s0", "poke")
	wantStates(c, "nil")
	if n := field(c.do("INFO", "aso"), "aso_runs"); n != "0" {
		t.Errorf("%s handlers ran while it followed", n)
	}
	c.want("OK", "REPLICAOF", "NO", "ONE")
	if got, want := c.values(workKeys()), redis.values(workKeys()); got != want {
		t.Fatal(difference(got, want))
	}

	dump, data := filepath.Join(t.TempDir(), "dump.rdb"), filepath.Join(t.TempDir(), "data")
	for _, command := range [][]string{{"export", dump, "--from", "127.0.0.1:" + port}, {"import", dump, "--dir", data}} {
		if err := endedWell(runComet(t, command...)); err != nil {
			t.Fatal(err)
		}
	}
	redis.do("SET", "p:s0", "too late")
	model := startComet(t, "--dir", data, "--enable-debug-command", "yes").connect()
	prepare(model)
	c.do("ASO.RULE", "DEL", "more")
	c.want("1", "ASO.ATTACH", "a:s0", "worker")
	c.want("1", "ASO.ATTACH", "a:h0", "worker")
	active := workSteps(random, 150, false)
	model.work(active)
	c.work(active)
	want := model.picture()
	if got := c.picture(); got != want {
		t.Fatal(difference(got, want))
	}
	if !strings.Contains(want, `"put":`) {
		t.Error("no handler ran after the promotion")
	}
	p.kill()
	p = startComet(t, args...)
	if got := p.connect().picture(); got != want {
		t.Fatal(difference(got, want))
	}
}
