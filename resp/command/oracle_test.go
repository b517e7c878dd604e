package command_test

import (
	"flag"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"comet/aso/redistest"
	"comet/resp/command/oracletest"
)

// startServer starts the server under test with 16 empty databases, RESP2 and
// RESP3, default configuration and DEBUG allowed, and gives its TCP address. It
// ends with the test. Whoever builds the server into this test binary sets it.
var startServer func(t testing.TB, parameters ...string) (addr string)

var (
	record  = flag.Bool("record", false, "write the replies of a real redis-server into testdata and docs")
	against = flag.String("against", "", "replay on this host:port, or on a fresh real Redis if it is \"redis\", instead of our server")
	binary  = flag.String("redis", "redis-server", "the real redis-server for -record and -against redis")
)

// TestOracle replays testdata/*.txt and compares every reply with real Redis.
func TestOracle(t *testing.T) {
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(paths) == 0 {
		t.Fatalf("no scripts in testdata: %v", err)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txt"), func(t *testing.T) {
			script, err := oracletest.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			runner, err := oracletest.NewRunner(serverAddr(t))
			if err != nil {
				t.Fatal(err)
			}
			defer runner.Close()
			if *record {
				recordScript(t, runner, script)
				return
			}
			for _, section := range script.Sections {
				replaySection(t, runner, script.Path, section)
			}
		})
	}
}

// serverAddr gives the server that the flags ask for.
func serverAddr(t testing.TB) string {
	t.Helper()
	switch {
	case *record || *against == "redis":
		return startRedis(t)
	case *against != "":
		return *against
	case startServer == nil:
		t.Fatal("no server to test: startServer is not set; use -against host:port or -against redis")
	}
	return startServer(t)
}

func startRedis(t testing.TB) string {
	t.Helper()
	return redistest.StartBinary(t, *binary).Addr
}

func replaySection(t *testing.T, runner *oracletest.Runner, path string, section *oracletest.Section) {
	for _, proto := range section.Protocols {
		t.Run(fmt.Sprintf("%s/RESP%d", section.Name, proto), func(t *testing.T) {
			err := runner.Run(section, proto, func(step *oracletest.Step, got oracletest.Frame) {
				if err := step.Check(proto, got, *against != ""); err != nil {
					t.Errorf("%s:%d: %s\n%v", path, step.Line, step.Text, err)
				}
			})
			if err != nil {
				t.Fatalf("%s: %v", path, err)
			}
		})
	}
}

func recordScript(t *testing.T, runner *oracletest.Runner, script *oracletest.Script) {
	rec := oracletest.Record{}
	for _, section := range script.Sections {
		for _, proto := range section.Protocols {
			err := runner.Run(section, proto, func(step *oracletest.Step, got oracletest.Frame) {
				rec.Add(step, proto, got)
				if err := step.Mod.Matches(got); err != nil {
					t.Errorf("%s:%d: %s: %v", script.Path, step.Line, step.Text, err)
				}
			})
			if err != nil {
				t.Fatalf("%s: section %q, RESP%d: %v", script.Path, section.Name, proto, err)
			}
		}
	}
	if err := script.Write(rec); err != nil {
		t.Fatal(err)
	}
}
