package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const othersData = "there are data in dir that this server did not load: start with appendonly yes or with save points to load them, or with another dir"

// TestWhatWasInMemoryOnlyIsKeptWhenAClientSaysSo starts without persistence, and begins it in each way.
func TestWhatWasInMemoryOnlyIsKeptWhenAClientSaysSo(t *testing.T) {
	for _, how := range []struct {
		name    string
		words   []string
		want    string
		journal bool // what comes afterwards is kept, too
	}{
		{"SAVE", []string{"SAVE"}, "OK", false},
		{"BGSAVE", []string{"BGSAVE"}, "Background saving started", false},
		{"BGREWRITEAOF", []string{"BGREWRITEAOF"}, "Background append only file rewriting started", false},
		{"DEBUG RELOAD", []string{"DEBUG", "RELOAD"}, "OK", false},
		{"save points", []string{"CONFIG", "SET", "save", "1 1"}, "OK", false},
		{"a journal", []string{"CONFIG", "SET", "appendonly", "yes"}, "OK", true},
		{"SHUTDOWN SAVE", nil, "", false},
	} {
		t.Run(how.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			p := startComet(t, "--dir", dir, "--appendonly", "no", "--appendfsync", "always", "--enable-debug-command", "yes")
			c := p.connect()
			fill(c)
			c.want("OK", "ASO.SECRET", "SET", "token", "correct-horse-battery")
			if how.words != nil {
				c.want(how.want, how.words...)
			}
			switch how.name {
			case "DEBUG RELOAD":
				if _, err := os.Stat(dir); !os.IsNotExist(err) {
					t.Errorf("data directory was made: %v", err)
				}
				wantFilled(c)
				return
			case "SHUTDOWN SAVE":
				_ = c.send("SHUTDOWN", "SAVE")
				p.wait()
			default:
				eventually(t, "something is kept", func() bool {
					info := c.do("INFO", "persistence")
					return field(info, "rdb_saves") != "0" || field(info, "aof_rewrites") != "0" || field(info, "aof_enabled") == "1"
				})
				c.want("OK", "SET", "afterwards", "v")
				p.kill()
			}
			p = startComet(t, "--dir", dir)
			c = p.connect()
			wantFilled(c)
			if got := c.do("EXISTS", "afterwards"); (got == "1") != how.journal && how.name != "save points" {
				t.Errorf("%s keys that came afterwards", got)
			}
			if got := c.do("ASO.SECRET", "LIST"); !strings.Contains(got, "usable 1") {
				t.Errorf("secrets: %s", got)
			}
			p.terminate()
		})
	}
}

// TestDataThatWereNotLoadedAreNotReplaced begins to keep where another server has been, and where one is.
func TestDataThatWereNotLoadedAreNotReplaced(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	first := startComet(t, "--dir", dir)
	fill(first.connect())
	p := startComet(t, "--dir", dir, "--appendonly", "no")
	c := p.connect()
	c.want("OK", "SET", "string", "of another server")
	refused := func(why string) {
		t.Helper()
		for _, words := range [][]string{{"SAVE"}, {"CONFIG", "SET", "save", "1 1"}, {"CONFIG", "SET", "appendonly", "yes"}, {"SHUTDOWN", "SAVE"}} {
			if got := c.do(words...); !strings.HasPrefix(got, "ERR ") || !strings.Contains(got, why) && words[0] != "SHUTDOWN" {
				t.Errorf("%v: %s, want %s", words, got, why)
			}
		}
		c.want("[appendonly no save ]", "CONFIG", "GET", "appendonly", "save")
	}
	refused("is in use by process")
	first.terminate()
	refused(othersData)
	c.want("Background saving started", "BGSAVE")
	eventually(t, "the end of BGSAVE", func() bool { return field(c.do("INFO", "persistence"), "rdb_last_bgsave_status") == "err" })
	c.want("OK", "MULTI")
	c.want("QUEUED", "CONFIG", "SET", "save", "1 1")
	c.want("[ERR CONFIG SET save is not possible in a transaction while nothing is kept]", "EXEC")
	c.want("OK", "SET", "string", "still writable")
	p.terminate()
	p = startComet(t, "--dir", dir)
	wantFilled(p.connect())
	p.terminate()
}

// TestReloadWithoutSavingIsWhatIsOnTheDisk loads the last snapshot, or all that the journal has.
func TestReloadWithoutSavingIsWhatIsOnTheDisk(t *testing.T) {
	p := startComet(t, append(snapshotOnly, "--dir", filepath.Join(t.TempDir(), "data"), "--enable-debug-command", "yes")...)
	c := p.connect()
	c.want("OK", "SET", "k", "saved")
	c.want("OK", "SAVE")
	c.want("OK", "SET", "k", "later")
	c.want("OK", "SET", "other", "later")
	c.want("OK", "DEBUG", "RELOAD", "NOSAVE")
	c.want("saved", "GET", "k")
	c.want("1", "DBSIZE")
	c.want("OK", "CONFIG", "SET", "appendonly", "yes")
	c.want("OK", "SET", "other", "in the journal")
	c.want("OK", "DEBUG", "RELOAD", "NOSAVE")
	c.want("in the journal", "GET", "other")
	p.terminate()
}
