package command_test

import (
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"testing"
	"time"

	"comet/aso/randtest"
	"comet/resp/command/oracletest"
)

var differFor = flag.Duration("differ", 0, "how long random commands are compared with a real redis-server; 0 for a few")

// TestRandomCommandsAnswerAsRedis sends random commands to a real redis-server and to ours, and shrinks what differs.
func TestRandomCommandsAnswerAsRedis(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("no redis-server")
	}
	seed := randtest.Seed(t)
	ours := startServer(t)
	d, err := oracletest.NewDiffer(startRedis(t), ours)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	w := oracletest.NewWriter(seed, time.Now().Unix(), commandsOfBoth(t, ours))
	const length, few, most = 40, 100, 20
	seen, sequences := map[string]bool{}, 0
	for until := time.Now().Add(*differFor); (sequences < few || time.Now().Before(until)) && len(seen) < most; sequences++ {
		found, err := d.Run(2+sequences%2, w.Sequence(length))
		if found != nil && err == nil {
			found, err = d.Shrink(found)
		}
		if err != nil {
			t.Fatal(err)
		}
		if found != nil && !seen[found.Key()] {
			seen[found.Key()] = true
			t.Errorf("sequence %d:\n%s", sequences, found)
		}
	}
	t.Logf("%d commands", sequences*length)
}

// commandsOfBoth returns the commands of Redis that the server at addr has.
func commandsOfBoth(t *testing.T, addr string) (both []oracletest.Command) {
	t.Helper()
	text, err := os.ReadFile("docs/commands.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []oracletest.Command
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	ours, err := oracletest.Commands(addr)
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	for _, c := range ours {
		has[c.Name] = true
		for _, sub := range c.Subcommands {
			has[sub.Name] = true
		}
	}
	for _, c := range all {
		if !has[c.Name] {
			continue
		}
		var subs []oracletest.Command
		for _, sub := range c.Subcommands {
			if has[sub.Name] {
				subs = append(subs, sub)
			}
		}
		c.Subcommands = subs
		both = append(both, c)
	}
	return both
}
