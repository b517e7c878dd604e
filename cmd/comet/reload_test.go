package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

func TestDebugReloadKeepsAllThereIs(t *testing.T) {
	for _, args := range [][]string{nil, snapshotOnly, {"--appendonly", "no"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			p := startComet(t, append([]string{"--dir", filepath.Join(t.TempDir(), "data"), "--enable-debug-command", "yes"}, args...)...)
			c := p.connect()
			fill(c)
			c.want("100000", "EVAL", "for i = 1, 100000 do redis.call('rpush', 'long', i) end return redis.call('llen', 'long')", "1", "long")
			digest := c.do("DEBUG", "DIGEST")
			c.want("OK", "DEBUG", "RELOAD")
			c.want(digest, "DEBUG", "DIGEST")
			if args == nil {
				c.want("OK", "DEBUG", "LOADAOF")
				c.want(digest, "DEBUG", "DIGEST")
			}
			c.want("4", "RPUSH", "list", "d")
			if args != nil && args[len(args)-2] == "--save" {
				c.want("OK", "DEBUG", "LOADAOF") // of the snapshot that RELOAD made
				c.want(digest, "DEBUG", "DIGEST")
			}
			p.terminate()
		})
	}
}

// TestReloadsBetweenWrites counts what clients were told to be done, while all is saved and loaded again and again.
func TestReloadsBetweenWrites(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir, "--enable-debug-command", "yes")
	c := p.connect()
	p.whileOthersWrite(func() {
		for _, command := range []string{"RELOAD", "LOADAOF"} {
			if got := c.do("DEBUG", command); got != "OK" && got != "ERR Background save already in progress" {
				t.Errorf("%s: %s", command, got)
			}
		}
		c.do("BGSAVE")
	})
	wantWritten(c)
	p.kill()
	p = startComet(t, "--dir", dir)
	wantWritten(p.connect())
	p.terminate()
}

// What whileOthersWrite lets others write.
const writers, writes = 3, 300

// whileOthersWrite does something again and again until some clients have written, each its list.
func (p *process) whileOthersWrite(do func()) {
	p.t.Helper()
	done := make(chan struct{}, writers)
	for i := range writers {
		c := p.connect()
		go func() {
			for n := range writes {
				c.want(strconv.Itoa(n+1), "RPUSH", fmt.Sprint("l", i), strconv.Itoa(n))
			}
			done <- struct{}{}
		}()
	}
	for left := writers; left > 0; {
		do()
		select {
		case <-done:
			left--
		default:
		}
	}
}

// wantWritten fails unless all that was written is there.
func wantWritten(c *client) {
	c.t.Helper()
	for i := range writers {
		c.want(strconv.Itoa(writes), "LLEN", fmt.Sprint("l", i))
	}
}

func TestLoadAOFOfADamagedFileChangesNothing(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir, "--enable-debug-command", "yes")
	c := p.connect()
	fill(c)
	c.want("OK", "SAVE")
	found, err := filepath.Glob(filepath.Join(dir, "snapshot-*.db"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	content, err := os.ReadFile(found[0])
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 1
	if err := os.WriteFile(found[0], content, 0o600); err != nil {
		t.Fatal(err)
	}
	if got := c.do("DEBUG", "LOADAOF"); !strings.HasPrefix(got, "ERR load snapshot: ") {
		t.Errorf("LOADAOF replied %q", got)
	}
	wantFilled(c)
	c.want("OK", "DEBUG", "RELOAD") // writes another snapshot
	c.want("OK", "DEBUG", "LOADAOF")
	wantFilled(c)
	p.terminate()
}
