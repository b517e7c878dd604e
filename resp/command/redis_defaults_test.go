package command_test

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"comet/resp/command"
	"comet/resp/command/oracletest"
)

// TestRecordRedisDefaults writes what a redis-server says of itself that was started without a configuration, for the tests that compare with it.
func TestRecordRedisDefaults(t *testing.T) {
	if !*record {
		t.Skip("without -record")
	}
	defaults, err := oracletest.AskDefaults(*binary, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(defaults.Parameters)) {
		fmt.Fprintln(&text, strings.TrimSpace(name+" "+defaults.Parameters[name]))
	}
	for path, content := range map[string]string{
		command.RedisParametersFile: text.String(), command.RedisInfoFile: strings.Join(defaults.Info, "\n") + "\n",
	} {
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
