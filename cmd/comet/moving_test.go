package main

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"comet/aso/randtest"
	"comet/aso/redistest"
)

// newestJournal returns the journal that a server with data in dir writes to, and its size.
func newestJournal(t testing.TB, dir string) (path string, size int64) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "journal-*.db"))
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	path = slices.Max(found)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return path, info.Size()
}

// copied returns a copy of a folder of data.
func copied(t testing.TB, dir string) string {
	t.Helper()
	again := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(again, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(again, ".secret-key"), 0o600); err != nil {
		t.Fatal(err)
	}
	return again
}

// TestWhatIsTornOffIsTheEndOfHistory lets a server run steps one by one, and starts others with its data cut off at random bytes. Each has all that was
// acknowledged before the record that was torn, with what followed from it, once, and nothing of what came later.
func TestWhatIsTornOffIsTheEndOfHistory(t *testing.T) {
	const steps, saveAt, cuts = 250, 60, 20
	random := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir, "--appendfsync", "always", "--enable-debug-command", "yes")
	c := p.connect()
	prepare(c)
	sizes := make([]int64, steps+1)
	h := play(t, c, workSteps(random, steps, false), func(i int) {
		if i == saveAt {
			c.want("OK", "SAVE")
		}
		_, sizes[i] = newestJournal(t, dir)
	})
	p.terminate() // which marks the end of the journal
	journal, whole := newestJournal(t, dir)
	for n := range cuts {
		i := saveAt + 1 + random.IntN(steps-saveAt)
		at := sizes[i-1] + random.Int64N(max(sizes[i]-sizes[i-1], 1)) // what ends there was not torn
		wants := h.pictures[i-1 : i+1]
		switch n {
		case 0:
			at, wants = sizes[i], h.pictures[i:i+1]
		case 1:
			at, wants = sizes[steps]+random.Int64N(whole-sizes[steps]), h.pictures[steps:]
		}
		if at == sizes[i-1] {
			wants = wants[:1]
		}
		again := copied(t, dir)
		if err := os.Truncate(filepath.Join(again, filepath.Base(journal)), at); err != nil {
			t.Fatal(err)
		}
		p := startComet(t, "--dir", again, "--enable-debug-command", "yes")
		if got := p.connect().picture(); !slices.Contains(wants, got) {
			t.Fatalf("cut at byte %d of %d, in step %d %q:\n%s", at, whole, i, h.steps[i-1], difference(got, wants[0]))
		}
		p.kill()
	}
}

// TestKilledServersGoOnInTheMiddleOfHistory sends many steps at once and kills the server while it answers. Another one, which runs them one by one, tells what can be there then: all
// of the first so many steps, and those that were acknowledged are among them.
func TestKilledServersGoOnInTheMiddleOfHistory(t *testing.T) {
	random := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	model := startComet(t, "--appendonly", "no", "--enable-debug-command", "yes").connect()
	prepare(model)
	h := play(t, model, workSteps(random, 200, false), func(int) {})

	args := []string{"--dir", filepath.Join(t.TempDir(), "data"), "--enable-debug-command", "yes"}
	p := startComet(t, args...)
	prepare(p.connect())
	kills, lost := 0, 0
	for at := 0; at < len(h.steps); kills++ {
		burst := h.steps[at:min(at+1+random.IntN(40), len(h.steps))]
		acknowledged := p.killAmid(burst, random.IntN(len(burst)+1), random.IntN(4) == 0)
		p = startComet(t, append(args, "--appendfsync", []string{"always", "everysec", "no"}[random.IntN(3)])...)
		got, next := p.connect().picture(), at+len(burst)
		for ; next >= at+acknowledged && got != h.pictures[next]; next-- {
		}
		if next < at+acknowledged {
			t.Fatalf("after step %d and %d acknowledged ones of\n%q:\n%s", at, acknowledged, burst, difference(got, h.pictures[at+acknowledged]))
		}
		lost += at + len(burst) - next
		if at = next; acknowledged == 0 && at < len(h.steps) { // it may be that none was run
			p.connect().work(h.steps[at : at+1])
			at++
		}
	}
	t.Logf("%d kills, %d steps that nobody acknowledged were not there", kills, lost)
}

// killAmid sends steps and kills the process when so many have been answered, perhaps while a snapshot is made. It returns how many were in the end.
func (p *process) killAmid(steps []workStep, wait int, snapshot bool) (answered int) {
	p.t.Helper()
	if snapshot {
		p.connect().do("BGSAVE")
	}
	c := p.connect()
	for _, step := range steps {
		for _, words := range step {
			if err := c.send(words...); err != nil {
				p.t.Fatal(err)
			}
		}
	}
	for _, step := range steps {
		if answered == wait {
			p.kill()
		}
		for range step {
			if _, err := c.read(); err != nil {
				return answered
			}
		}
		answered++
	}
	if answered == wait {
		p.kill()
	}
	return answered
}

// TestExportsUnderLoadAreAMomentOfHistory takes dumps while many steps run, and imports them to folders and to a server with rules: all values and times to live are those after some of
// the steps, and rules see the keys that come as new ones.
func TestExportsUnderLoadAreAMomentOfHistory(t *testing.T) {
	const steps, dumps = 150, 5
	random := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	model := startComet(t, "--appendonly", "no", "--enable-debug-command", "yes").connect()
	prepare(model)
	var values []string
	h := play(t, model, workSteps(random, steps, false), func(int) { values = append(values, model.values(workKeys())) })

	addr := "127.0.0.1:" + redistest.FreePort()
	startCometOn(t, filepath.Join(t.TempDir(), "data"), strings.TrimPrefix(addr, "127.0.0.1:"))
	c := dialClient(t, "tcp", addr)
	prepare(c)
	for n := range dumps {
		file := filepath.Join(t.TempDir(), "dump.rdb")
		taken := make(chan error)
		go func() {
			if n == 0 {
				out, code := runComet(t, "export", file, "--from", addr)
				taken <- endedWell(out, code)
				return
			}
			dump, err := plainSync(addr)
			taken <- errors.Join(err, os.WriteFile(file, dump, 0o600))
		}()
		from, to := n*steps/dumps, (n+1)*steps/dumps
		c.work(h.steps[from:to])
		if err := <-taken; err != nil {
			t.Fatal(err)
		}
		got := importedTo(t, file, n%3 == 2)
		if !slices.Contains(values[from:to+1], got) {
			t.Fatalf("dump %d, between steps %d and %d:\n%s", n, from, to, difference(got, values[to]))
		}
	}
}

// endedWell returns an error unless a program has.
func endedWell(out string, code int) error {
	if code != 0 {
		return fmt.Errorf("exit code %d: %s", code, out)
	}
	return nil
}

// importedTo imports a dump to a new folder, or to a running server with handlers, and returns the values that are there then.
func importedTo(t *testing.T, file string, running bool) string {
	t.Helper()
	data, port := filepath.Join(t.TempDir(), "data"), redistest.FreePort()
	if !running {
		if err := endedWell(runComet(t, "import", file, "--dir", data)); err != nil {
			t.Fatal(err)
		}
	}
	p := startCometOn(t, data, port)
	defer p.kill()
	c := dialClient(t, "tcp", "127.0.0.1:"+port)
	if running {
		prepare(c)
		c.want("1", "ASO.FEED", "DEL", "work") // there is a stream of that name in the dump
		if err := endedWell(runComet(t, "import", file, "--to", "127.0.0.1:"+port)); err != nil {
			t.Fatal(err)
		}
		wantStates(c, `{"n":1,"put":1}`)
	}
	return c.values(workKeys())
}

// wantStates fails unless the keys of the rule have this state if they have a value, and else none.
func wantStates(c *client, state string) {
	c.t.Helper()
	for _, key := range workKeys() {
		want := "nil"
		if strings.HasPrefix(key, "r:") && c.do("EXISTS", key) == "1" {
			want = state
		}
		if key != "a:s0" && key != "a:h0" { // to which prepare has attached a handler
			c.want(want, "ASO.STATE", key)
		}
	}
}
