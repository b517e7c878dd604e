package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestSnapshotCommands(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir)
	c := p.connect()
	if got := c.do("LASTSAVE"); !regexp.MustCompile(`^[0-9]{10}$`).MatchString(got) {
		t.Errorf("LASTSAVE is %q", got)
	}
	fill(c)
	c.want("ERR syntax error", "BGSAVE", "SOON")
	c.want("ERR syntax error", "BGSAVE", "SCHEDULE", "SCHEDULE")
	c.want("OK", "SAVE")
	c.want("Background saving started", "BGSAVE")
	eventually(t, "BGSAVE again", func() bool { return c.do("BGSAVE", "SCHEDULE") == "Background saving started" })
	eventually(t, "BGREWRITEAOF", func() bool { return c.do("BGREWRITEAOF") == "Background append only file rewriting started" })
	c.want("OK", "MULTI")
	c.want("QUEUED", "BGSAVE", "SCHEDULE")
	c.want("ERR Command not allowed inside a transaction", "SAVE")
	c.want("ERR Command not allowed inside a transaction", "SHUTDOWN")
	c.want("EXECABORT Transaction discarded because of previous errors.", "EXEC")
	c.want("OK", "SAVE")
	p.kill()
	snapshots, err := filepath.Glob(filepath.Join(dir, "snapshot-*.db"))
	if err != nil || len(snapshots) != 1 {
		t.Errorf("snapshots are %q, %v", snapshots, err)
	}
	p = startComet(t, "--dir", dir)
	wantFilled(p.connect())
	p.terminate()
}

func TestShutdownOptions(t *testing.T) {
	p := startComet(t)
	c := p.connect()
	c.want("ERR No shutdown in progress.", "SHUTDOWN", "ABORT")
	for _, args := range [][]string{{"NOSAVE", "SAVE"}, {"ABORT", "NOW"}, {"LATER"}, {"SAVE", "ABORT"}} {
		c.want("ERR syntax error", append([]string{"SHUTDOWN"}, args...)...)
	}
	c.want("PONG", "PING")
	p.terminate()
}

func TestSavePointMakesASnapshot(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, append([]string{"--dir", dir}, "--appendonly", "no", "--save", "3600", "1")...)
	c := p.connect()
	c.want("OK", "SET", "k", "v")
	c.want("OK", "CONFIG", "SET", "save", "3600 1 1 1")
	eventually(t, "a snapshot", func() bool {
		found, _ := filepath.Glob(filepath.Join(dir, "snapshot-*.db"))
		return len(found) > 0
	})
	p.kill()
	p = startComet(t, append([]string{"--dir", dir}, snapshotOnly...)...)
	p.connect().want("v", "GET", "k")
	p.terminate()
}

// folderSize is the size of all files in dir.
func folderSize(t *testing.T, dir string) (size int64) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err == nil { // a file may have been removed
			size += info.Size()
		}
	}
	return size
}

func TestJournalThatHasGrownIsReplacedByASnapshot(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir, "--auto-aof-rewrite-min-size", "1mb")
	c := p.connect()
	value := strings.Repeat("x", 10_000)
	for i := range 120 {
		c.want("OK", "SET", "k", fmt.Sprint(i, value))
	}
	eventually(t, "smaller files", func() bool { return folderSize(t, dir) < 100_000 })
	c.want("OK", "CONFIG", "SET", "auto-aof-rewrite-percentage", "0")
	p.kill()
	p = startComet(t, "--dir", dir)
	p.connect().want("119"+value, "GET", "k")
	p.terminate()
}

func TestReadsGoOnWhenTheJournalCannotBeWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := newProcess(t, []string{"--dir", dir, "--appendfsync", "always"})
	p.limit("-f", 200) // blocks of 512 bytes a file; it fails as a full disk does
	p.start()
	c := p.connect()
	c.want("OK", "SET", "k", "v")
	value := strings.Repeat("x", 10_000)
	acknowledged, refusal := 0, ""
	for i := range 100 {
		reply := c.do("SET", fmt.Sprint("k", i), value)
		if reply != "OK" {
			refusal = reply
			break
		}
		acknowledged++
	}
	if refusal != "MISCONF Errors writing to the AOF file: file too large" {
		t.Errorf("refusal is %q", refusal)
	}
	c.want("v", "GET", "k")
	if reply := c.do("DEL", "k"); !strings.HasPrefix(reply, "MISCONF ") {
		t.Errorf("DEL replies %q", reply)
	}
	c.want("v", "GET", "k")
	p.kill()
	p = startComet(t, "--dir", dir)
	c = p.connect()
	for i := range acknowledged {
		c.want(value, "GET", fmt.Sprint("k", i))
	}
	c.want("OK", "SET", "k", "again")
	p.terminate()
}

func TestSlowClientDoesNotHoldUpTheEnd(t *testing.T) {
	p := startComet(t, "--appendonly", "no", "--shutdown-timeout", "1")
	c := p.connect()
	c.want("OK", "SET", "k", strings.Repeat("x", 1<<20))
	for range 100 { // 100 MB of replies that nobody reads
		if err := c.send("GET", "k"); err != nil {
			t.Fatal(err)
		}
	}
	began := time.Now()
	p.terminate()
	if took := time.Since(began); took > patience { // it would wait for ever
		t.Errorf("the end took %v", took)
	}
}
