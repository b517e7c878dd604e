package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"comet/resp/command/oracletest"
)

// compareWithRedis replays the lines of a script, the first of which is a section's name, on a real redis-server and on ours.
func compareWithRedis(t *testing.T, lines []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "random.txt")
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	script, err := oracletest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	runner, err := oracletest.NewRunner(startRedis(t))
	if err != nil {
		t.Fatal(err)
	}
	recordScript(t, runner, script)
	runner.Close()
	if script, err = oracletest.Load(path); err != nil {
		t.Fatal(err)
	}
	if runner, err = oracletest.NewRunner(startServer(t)); err != nil {
		t.Fatal(err)
	}
	defer runner.Close()
	replaySection(t, runner, path, script.Sections[0])
}
