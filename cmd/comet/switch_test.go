package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestJournalIsStoppedAndBegunAtRunTime(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir)
	c := p.connect()
	fill(c)
	c.want("OK", "CONFIG", "SET", "appendonly", "no")
	c.want("[appendonly no]", "CONFIG", "GET", "appendonly")
	c.want("OK", "SET", "string", "not in the journal")
	c.want("4", "RPUSH", "list", "nor this")
	p.kill()

	p = startComet(t, "--dir", dir)
	c = p.connect()
	wantFilled(c) // as it was when the journal stopped
	c.want("OK", "CONFIG", "SET", "appendonly", "no", "save", "3600 100000")
	c.want("5", "RPUSH", "list", "d", "e")
	c.want("OK", "SAVE")
	c.want("6", "RPUSH", "list", "f")
	c.want("OK", "CONFIG", "SET", "appendonly", "yes")
	c.want("OK", "CONFIG", "SET", "appendonly", "yes")
	c.want("OK", "LSET", "list", "5", "F") // nothing of this could be applied without what came before
	c.want("OK", "MULTI")
	c.want("QUEUED", "CONFIG", "SET", "appendonly", "no")
	c.want("[ERR CONFIG SET appendonly is not possible in a transaction]", "EXEC")
	p.kill()

	p = startComet(t, append([]string{"--dir", dir}, snapshotOnly...)...)
	c = p.connect()
	c.want("[a b c d e F]", "LRANGE", "list", "0", "-1")
	c.want("7", "RPUSH", "list", "g")
	c.want("OK", "CONFIG", "SET", "appendonly", "yes")
	c.want("8", "RPUSH", "list", "h")
	p.kill()

	p = startComet(t, "--dir", dir)
	p.connect().want("[a b c d e F g h]", "LRANGE", "list", "0", "-1")
	p.terminate()
}

// TestJournalIsSwitchedBetweenWrites counts what clients were told to be done, while the journal begins and stops.
func TestJournalIsSwitchedBetweenWrites(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := startComet(t, "--dir", dir)
	c := p.connect()
	p.whileOthersWrite(func() {
		c.want("OK", "CONFIG", "SET", "appendonly", "no")
		c.do("BGSAVE")
		c.want("OK", "CONFIG", "SET", "appendonly", "yes")
	})
	p.kill()
	p = startComet(t, "--dir", dir)
	wantWritten(p.connect())
	p.terminate()
}

func TestJournalThatCannotBeginLeavesTheServerAsItWas(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	p := newProcess(t, append([]string{"--dir", dir}, snapshotOnly...))
	p.limit("-f", 200) // blocks of 512 bytes a file; it fails as a full disk does
	p.start()
	c := p.connect()
	c.want("OK", "SET", "k", "saved")
	c.want("OK", "SAVE")
	c.want("OK", "SET", "k", strings.Repeat("x", 200_000))
	if got := c.do("CONFIG", "SET", "appendonly", "yes"); !strings.HasPrefix(got, "ERR CONFIG SET failed (possibly related to argument 'appendonly') - snapshot: ") {
		t.Errorf("got %q", got)
	}
	c.want("[appendonly no]", "CONFIG", "GET", "appendonly")
	c.want("OK", "SET", "k", "small again")
	c.want("OK", "CONFIG", "SET", "appendonly", "yes")
	c.want("OK", "SET", "other", "v")
	p.kill()
	p = startComet(t, "--dir", dir)
	p.connect().want("small again", "GET", "k")
	p.connect().want("v", "GET", "other")
	p.terminate()
}

func TestRewriteKeepsThatThereIsNoJournal(t *testing.T) {
	file := writeFile(t, filepath.Join(t.TempDir(), "comet.conf"), "appendonly yes\nsave 3600 1\n")
	p := startComet(t, file, "--dir", filepath.Join(t.TempDir(), "data"))
	c := p.connect()
	c.want("OK", "CONFIG", "SET", "appendonly", "no")
	c.want("OK", "CONFIG", "REWRITE")
	p.terminate()
	if content, err := os.ReadFile(file); err != nil || !strings.Contains(string(content), "appendonly no\n") {
		t.Errorf("%s, %v", content, err)
	}
}
