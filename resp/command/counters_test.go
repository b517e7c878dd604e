package command_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"comet/resp/command/oracletest"
)

// counted are the scripts whose commands count in INFO as in Redis. In the others there is more that depends on time, or on what is not settled when
// the last reply has come.
var counted = []string{"bit*", "dump", "function", "geo", "hash*", "hll", "keys", "list*", "memory", "set*", "sort", "stream*", "string*", "transaction", "zset*"}

// countedOtherwise are the sections whose commands count otherwise, and why.
var countedOtherwise = map[string]string{
	"dump: Payloads that are wrong": "payloads that one of the two refuses",
	"geo: GEORADIUS":                "two options STORE",
	"stream_blocking: A wait that ends with an error counts as a failed call": "it sets the counters back",
}

// TestCountersAsInRedis compares what commands count as: changes for save points, hits and misses, calls, failures, errors.
func TestCountersAsInRedis(t *testing.T) {
	if _, err := exec.LookPath(*binary); err != nil {
		t.Skip("no redis-server")
	}
	redis, ours := oracleRunner(t, startRedis(t)), oracleRunner(t, startServer(t))
	for _, pattern := range counted {
		paths, err := filepath.Glob("testdata/" + pattern + ".txt")
		if err != nil || len(paths) == 0 {
			t.Fatalf("no script %s: %v", pattern, err)
		}
		for _, path := range paths {
			script, err := oracletest.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, section := range script.Sections {
				name := strings.TrimSuffix(filepath.Base(path), ".txt") + ": " + section.Name
				if countedOtherwise[name] == "" {
					t.Run(name, func(t *testing.T) { compareCounters(t, section, redis, ours) })
				}
			}
		}
	}
}

func oracleRunner(t *testing.T, addr string) *oracletest.Runner {
	t.Helper()
	r, err := oracletest.NewRunner(addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func compareCounters(t *testing.T, section *oracletest.Section, redis, ours *oracletest.Runner) {
	want, got := countSection(t, redis, section), countSection(t, ours, section)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if got[name] != want[name] {
			t.Errorf("%s: %d, want %d", name, got[name], want[name])
		}
	}
	for name, n := range got {
		if _, known := want[name]; !known {
			t.Errorf("%s: %d, which Redis does not count", name, n)
		}
	}
}

// countSection returns how far the counters go up in a section.
func countSection(t *testing.T, r *oracletest.Runner, section *oracletest.Section) map[string]int {
	t.Helper()
	before, last, after := counters(t, r), section.Steps[len(section.Steps)-1], map[string]int{}
	if err := r.Run(section, section.Protocols[0], func(step *oracletest.Step, _ oracletest.Frame) {
		if step == last {
			after = counters(t, r)
		}
	}); err != nil {
		t.Fatal(err)
	}
	for name, n := range before {
		if after[name] -= n; after[name] == 0 {
			delete(after, name)
		}
	}
	return after
}

// counters returns the counters of INFO that the same commands change in the same way.
func counters(t *testing.T, r *oracletest.Runner) map[string]int {
	t.Helper()
	fields, err := r.Info("stats", "persistence", "commandstats", "errorstats")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]int{}
	for _, name := range []string{"rdb_changes_since_last_save", "keyspace_hits", "keyspace_misses", "total_error_replies"} {
		all[name], _ = strconv.Atoi(fields[name])
	}
	for name, value := range fields {
		stat := strings.HasPrefix(name, "cmdstat_") || strings.HasPrefix(name, "errorstat_")
		if !stat || name == "cmdstat_info" || name == "cmdstat_client|list" { // those of the runner itself
			continue
		}
		for part := range strings.SplitSeq(value, ",") {
			if what, n, _ := strings.Cut(part, "="); !strings.HasPrefix(what, "usec") {
				all[name+" "+what], _ = strconv.Atoi(n)
			}
		}
	}
	return all
}

// TestReplicaofFailsForTheClientsThatWait compares whose failures the errors are that clients who wait get of REPLICAOF.
func TestReplicaofFailsForTheClientsThatWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "waits.txt")
	const steps = "# waits\n@a& BLPOP q 0\n@b& BLPOP q 0\nREPLICAOF 127.0.0.1 1\n@a<\n@b<\nREPLICAOF NO ONE\n"
	if err := os.WriteFile(path, []byte(steps), 0o600); err != nil {
		t.Fatal(err)
	}
	script, err := oracletest.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	got := countSection(t, oracleRunner(t, startServer(t)), script.Sections[0])
	for name, want := range map[string]int{
		"cmdstat_blpop calls": 2, "cmdstat_blpop failed_calls": 0, "cmdstat_replicaof calls": 2, "cmdstat_replicaof failed_calls": 1, "errorstat_UNBLOCKED count": 2,
	} {
		if got[name] != want {
			t.Errorf("%s: %d, want %d", name, got[name], want)
		}
	}
	if _, err := exec.LookPath(*binary); err == nil {
		want := countSection(t, oracleRunner(t, startRedis(t)), script.Sections[0])
		for name, n := range want {
			if strings.Contains(name, "_calls") && got[name] != n {
				t.Errorf("%s: %d, want %d", name, got[name], n)
			}
		}
	}
}
