package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func fill(c *client) {
	c.t.Helper()
	c.want("OK", "SET", "string", "a value")
	c.want("OK", "SET", "soon", "gone", "PX", "1")
	c.want("OK", "SET", "later", "here", "EXAT", "4000000000")
	c.want("2", "HSET", "hash", "f", "1", "g", "2")
	c.want("3", "RPUSH", "list", "a", "b", "c")
	c.want("2", "SADD", "set", "1", "2")
	c.want("1", "ZADD", "zset", "1.5", "m")
	c.want("OK", "SELECT", "3")
	c.want("1", "INCR", "counter")
	c.want("OK", "SELECT", "0")
}

func wantFilled(c *client) {
	c.t.Helper()
	c.want("a value", "GET", "string")
	eventually(c.t, "expiry", func() bool { return c.do("GET", "soon") == "nil" })
	c.want("4000000000", "EXPIRETIME", "later")
	c.want("2", "HGET", "hash", "g")
	c.want("[a b c]", "LRANGE", "list", "0", "-1")
	c.want("1", "SISMEMBER", "set", "2")
	c.want("1.5", "ZSCORE", "zset", "m")
	c.want("OK", "SELECT", "3")
	c.want("1", "GET", "counter")
	c.want("OK", "SELECT", "0")
}

func TestDataIsThereAfterARestart(t *testing.T) {
	ends := map[string]func(p *process){
		"SIGTERM": (*process).terminate,
		"SIGKILL": (*process).kill,
		"SHUTDOWN": func(p *process) {
			if reply, err := p.connect().try("SHUTDOWN"); err == nil {
				t.Errorf("SHUTDOWN replied %q", reply)
			}
			p.wait()
		},
		"SHUTDOWN NOSAVE": func(p *process) {
			_ = p.connect().send("SHUTDOWN", "NOSAVE", "NOW", "FORCE")
			p.wait()
		},
		"SHUTDOWN SAVE": func(p *process) {
			_ = p.connect().send("SHUTDOWN", "SAVE")
			p.wait()
		},
	}
	for name, end := range ends {
		for _, fsync := range []string{"everysec", "always", "no"} {
			t.Run(name+"/"+fsync, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "data")
				p := startComet(t, "--dir", dir, "--appendfsync", fsync)
				fill(p.connect())
				end(p)
				p = startComet(t, "--dir", dir)
				wantFilled(p.connect())
				p.terminate()
			})
		}
	}
}

func TestDataIsInCometDataUnlessToldOtherwise(t *testing.T) {
	p := startComet(t)
	dir := filepath.Join(p.cmd.Dir, "comet-data")
	p.connect().want("[dir "+dir+"]", "CONFIG", "GET", "dir")
	if !strings.Contains(p.ready, p.socket) || !strings.Contains(p.ready, dir) || !strings.Contains(p.ready, "redis-cli -s "+p.socket) {
		t.Errorf("ready line is %q", p.ready)
	}
	p.terminate()
	if entries, err := os.ReadDir(dir); err != nil || len(entries) == 0 {
		t.Errorf("data directory holds %v, %v", entries, err)
	}
}

func TestWithoutJournalAndSavePointsNothingIsKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir, "--appendonly", "no")
	c := p.connect()
	fill(c)
	wantFilled(c)
	c.want("OK", "CONFIG", "SET", "appendfsync", "always", "appendonly", "no", "save", "")
	p.terminate()
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("data directory was made: %v", err)
	}
}

// snapshotOnly are the arguments for a server that keeps snapshots and no journal.
var snapshotOnly = []string{"--appendonly", "no", "--save", "3600 1"}

func TestWithSavePointsOnlyTheLastSnapshotIsKept(t *testing.T) {
	args := append([]string{"--dir", filepath.Join(t.TempDir(), "data")}, snapshotOnly...)
	p := startComet(t, args...)
	c := p.connect()
	fill(c)
	c.want("OK", "SAVE")
	c.want("OK", "SET", "string", "never saved")
	p.kill()

	p = startComet(t, args...)
	c = p.connect()
	wantFilled(c)
	c.want("OK", "SET", "second", "life")
	p.terminate() // makes a snapshot

	p = startComet(t, args...)
	c = p.connect()
	c.want("life", "GET", "second")
	c.want("OK", "SET", "second", "thoughts")
	_ = c.send("SHUTDOWN", "NOSAVE")
	p.wait()

	p = startComet(t, args...)
	wantFilled(p.connect())
	p.connect().want("life", "GET", "second")
	p.terminate()
}

// TestJournalAndSnapshotsCanFollowEachOther changes the mode from start to start.
func TestJournalAndSnapshotsCanFollowEachOther(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	for i, value := range []string{"0", "1", "2", "3", "4", "5", "6"} {
		args := []string{"--dir", dir}
		if i%2 == 1 {
			args = append(args, snapshotOnly...)
		}
		p := startComet(t, args...)
		c := p.connect()
		if i > 0 {
			c.want(string(value[0]-1), "GET", "k")
			c.want(string(value[0]-1), "GET", "k"+string(value[0]-1))
		}
		c.want("OK", "SET", "k", value)
		c.want("OK", "SET", "k"+value, value)
		if i%3 == 0 {
			c.want("OK", "SAVE")
		}
		p.terminate()
	}
}
