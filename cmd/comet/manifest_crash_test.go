package main

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"comet/aso/randtest"
)

// manifestHandlers is how many handlers a manifest has: so many that it is a record of 200 KB.
const manifestHandlers = 16

// manifestOf returns manifest n, in which everything is called or set by n.
func manifestOf(n int) string {
	var handlers, rules, grants []string
	for i := range manifestHandlers {
		handlers = append(handlers, fmt.Sprintf(`{"source": "#!lua name=h%d\n-- %s\nfunction onGet() return 'manifest %d' end"}`, i, strings.Repeat("x", 12_000), n))
		rules = append(rules, fmt.Sprintf(`{"id": "r%d-%d", "glob": "k%d:*", "handler": "h%d@live", "order": %d}`, i, n, i, i, n))
		grants = append(grants, fmt.Sprintf(`{"handler": "h%d", "channels": ["c%d"]}`, i, n))
	}
	var aliases []string
	for i := range manifestHandlers {
		aliases = append(aliases, fmt.Sprintf(`{"name": "h%d", "alias": "live"}`, i))
	}
	return fmt.Sprintf(`{"prune": true, "handlers": [%s], "aliases": [%s], "rules": [%s], "grants": [%s],
		"limits": [{"scope": "handler", "name": "h0", "window": 1000, "runs": %d}], "feeds": [{"name": "f%d", "glob": "k*", "maxlen": %d}]}`,
		strings.Join(handlers, ","), strings.Join(aliases, ","), strings.Join(rules, ","), strings.Join(grants, ","), n+1000, n, n+10)
}

// applier applies one manifest after the other.
type applier struct{ sent, acknowledged int }

// run applies manifests until the server is gone.
func (a *applier) run(c *client) error {
	for {
		a.sent++
		reply, err := c.try("ASO.APPLY", manifestOf(a.sent))
		if err != nil {
			return nil
		}
		if !strings.HasPrefix(reply, "[") {
			return fmt.Errorf("manifest %d: %s", a.sent, reply)
		}
		a.acknowledged = a.sent
	}
}

// check finds that the server is what one manifest says, which is the last that was acknowledged, or the one after it.
func (a *applier) check(t *testing.T, c *client) {
	t.Helper()
	var found int
	if reply := c.do("GET", "k0:x"); reply != "nil" && reply != "v" {
		if _, err := fmt.Sscanf(reply, "manifest %d", &found); err != nil {
			t.Fatalf("%q: %v", reply, err)
		}
	}
	if found < a.acknowledged || found > a.sent {
		t.Errorf("manifest %d holds; %d was acknowledged, %d sent", found, a.acknowledged, a.sent)
	}
	a.sent, a.acknowledged = found, found
	if found == 0 {
		return
	}
	c.want("[]", "ASO.APPLY", manifestOf(found), "DRYRUN")
	for i := range manifestHandlers {
		versions := strings.Count(c.do("ASO.LIST", "MATCH", fmt.Sprint("h", i)), " loaded ")
		if versions != found {
			t.Errorf("h%d has %d versions after %d manifests", i, versions, found)
		}
	}
}

// TestManifestIsWholeAfterKill kills the server while it is made what manifests say, also while it writes snapshots.
func TestManifestIsWholeAfterKill(t *testing.T) {
	const rounds = 6
	dir := filepath.Join(t.TempDir(), "data")
	random := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	a := &applier{}
	for round := range rounds {
		p := startComet(t, "--dir", dir, "--appendfsync", []string{"always", "everysec", "no"}[round%3], "--aso-max-source", "64kb")
		admin := p.connect()
		if round == 0 {
			for i := range manifestHandlers {
				admin.want("OK", "SET", fmt.Sprintf("k%d:x", i), "v")
			}
		}
		a.check(t, admin)
		c := p.connect()
		var running sync.WaitGroup
		running.Go(func() {
			if err := a.run(c); err != nil {
				t.Error(err)
			}
		})
		if random.IntN(2) == 0 {
			admin.do("BGSAVE")
		}
		end := time.NewTimer(time.Duration(20+random.IntN(150)) * time.Millisecond)
		<-end.C
		p.kill()
		running.Wait()
	}
	p := startComet(t, "--dir", dir)
	a.check(t, p.connect())
	t.Logf("%d manifests, %d crashes", a.acknowledged, rounds)
}
