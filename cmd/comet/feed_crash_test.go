package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"comet/aso/randtest"
)

// feedReader reads a feed of counters with XREAD, over restarts of the server.
type feedReader struct {
	last     string         // ID of the entry read last
	counters map[string]int // as read
}

var counterEntry = regexp.MustCompile(`\[(\d+-\d+) \[event \w+ key (\w+) db 0 cause incr at \d+ type string new (\d+) id \w+\]\]`)

// read reads what is there, and waits a moment for more. Every counter has to go up by one from entry to entry.
func (r *feedReader) read(c *client) error {
	reply, err := c.try("XREAD", "COUNT", "500", "BLOCK", "20", "STREAMS", "aso:feed:all", r.last)
	if err != nil || reply == "nil" {
		return err
	}
	entries := counterEntry.FindAllStringSubmatch(reply, -1)
	if n := strings.Count(reply, "event "); n != len(entries) {
		return fmt.Errorf("%d of %d entries understood: %.300s", len(entries), n, reply)
	}
	for _, m := range entries {
		if n, _ := strconv.Atoi(m[3]); n != r.counters[m[2]]+1 {
			return fmt.Errorf("%s is %d after %d, in entry %s", m[2], n, r.counters[m[2]], m[1])
		}
		r.counters[m[2]]++
		r.last = m[1]
	}
	return nil
}

// TestFeedSurvivesKill counts with several clients while the server is killed again and again. A reader of the feed sees each number once.
func TestFeedSurvivesKill(t *testing.T) {
	const (
		rounds  = 6
		writers = 4
	)
	seed := randtest.Seed(t)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := filepath.Join(t.TempDir(), "data")
	reader := &feedReader{last: "0", counters: map[string]int{}}
	for round := range rounds {
		p := startComet(t, "--dir", dir, "--appendfsync", []string{"everysec", "always", "no"}[round%3], "--auto-aof-rewrite-min-size", "1mb")
		admin := p.connect()
		if round == 0 {
			admin.want("OK", "ASO.FEED", "CREATE", "all", "MATCH", "w*", "NEW")
		}
		var running sync.WaitGroup
		for n := range writers {
			c := p.connect()
			running.Go(func() {
				for {
					if _, err := c.try("INCR", fmt.Sprint("w", n)); err != nil {
						return
					}
				}
			})
		}
		c := p.connect()
		kill := time.NewTimer(time.Duration(50+random.IntN(300)) * time.Millisecond)
		if random.IntN(2) == 0 {
			admin.do("BGSAVE")
		}
		for alive := true; alive; {
			select {
			case <-kill.C:
				alive = false
			default:
				if err := reader.read(c); err != nil {
					t.Fatalf("round %d: %v", round, err)
				}
			}
		}
		p.kill()
		running.Wait()
	}
	p := startComet(t, "--dir", dir)
	c := p.connect()
	for n := range writers {
		name := fmt.Sprint("w", n)
		want, _ := strconv.Atoi(c.do("GET", name))
		eventually(t, name+" in the feed", func() bool {
			if err := reader.read(c); err != nil {
				t.Fatal(err)
			}
			return reader.counters[name] >= want
		})
		if got := reader.counters[name]; got != want || want == 0 {
			t.Errorf("%s is %d, in the feed %d", name, want, got)
		}
	}
}
