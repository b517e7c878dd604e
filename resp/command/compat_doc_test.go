package command

import (
	"bytes"
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"comet/resp/command/oracletest"
)

const compatPage = "../../docs/compat.md"

const compatHead = `# Compatibility with Redis

Every command and subcommand of Redis 7.0.15: whether it is here, since which version Redis has it, and what differs. This page is made from the command table, the notes beside
it, and the recordings in ` + "`resp/command/testdata`" + `, where each known difference stands with its reason.

What is not named here answers byte for byte as Redis, in RESP2 and RESP3, error texts and keyspace notifications included. Two kinds of tests hold that: recordings of a real
redis-server, and random commands of all families that are sent to a real one and to this server; replies, notifications and data must be the same
([testdata](../resp/command/testdata/README.md)). What depends on the order of a hash table or on chance differs from run to run in Redis itself: the order of SMEMBERS, HGETALL or KEYS, the
cursors of SCAN, what SPOP takes. About 1800 of the 1870 tests of Redis' own suite that can run against a server they have not started pass, too; ` + "`.ci/redis-suite.known`" + ` has the
others, each with its reason: most look into Redis, or follow a test that does.

A command that is not here answers ` + "`ERR unknown command`" + `. Parameters: [below](#parameters). Scripts: [scripting.md](scripting.md). Files: [persistence.md](persistence.md).
`

// absentReasons say why a command of Redis is not here. What is not named is only not there yet.
var absentReasons = map[string]string{
	"restore-asking": "there is no cluster",
	"pfdebug":        "it shows how Redis keeps the registers",
	"pfselftest":     "it tests the code of Redis",
}

const midstNote = "its notification, to the client itself in RESP3, stands in front of the reply; Redis writes it into the midst"

// compatNotes say what is otherwise than in Redis, beside the differences that are recorded.
var compatNotes = map[string]string{
	"bgrewriteaof":    "writes a snapshot and begins a new journal, both in Comet's own format",
	"bgsave":          "writes a snapshot in Comet's own format, without a second process",
	"bzmpop":          midstNote,
	"bzpopmax":        midstNote,
	"bzpopmin":        midstNote,
	"xautoclaim":      midstNote,
	"xclaim":          midstNote,
	"xreadgroup":      midstNote,
	"zmpop":           midstNote,
	"zpopmax":         midstNote,
	"zpopmin":         midstNote,
	"client|list":     "`rbs` and `rbp` are the bytes that are being written: a connection at rest has no reply buffer; `idle` counts from the end of the last command. Sizes of buffers are those of this server",
	"client|pause":    "timers do not fire and messages are not delivered either; handlers that reads set off act",
	"cluster":         "answers as a Redis with `cluster-enabled no`",
	"config|get":      "knows all parameters of Redis 7.0.15 ([below](#parameters)), and those of its own",
	"config|set":      "a value that would promise what is not so is refused, what has no effect here is logged ([below](#parameters))",
	"debug":           "has CHANGE-REPL-ID, DIGEST, DIGEST-VALUE, ERROR, HELP, LOADAOF, LOG, OBJECT, POPULATE, PROTOCOL, QUICKLIST-PACKED-THRESHOLD, which has no effect, RELOAD, SET-ACTIVE-EXPIRE and SLEEP, which lets only its own client wait, and those that need what its transaction has locked; the others look into the code of Redis, or crash it",
	"failover":        "there are never replicas to hand over to",
	"info":            "has all fields of Redis ([below](#fields-of-info)), some more, and the section Aso. SCRIPT LOAD, SCRIPT FLUSH and REPLICAOF, which are durable here, count as changes, and so does DEBUG POPULATE",
	"latency|doctor":  "gives the advice of Redis where it applies",
	"latency|latest":  "the events are command, fast-command, command-unblocking, expire-cycle, expire-del, eviction-cycle, eviction-del, aof-write and aof-fsync-always: there are no forks, and no files that are renamed while clients wait",
	"lolwut":          "draws a comet",
	"memory|doctor":   "looks at the arena and the Go heap",
	"memory|stats":    "the allocator is the arena and the Go heap",
	"memory|usage":    "counts all of the value: SAMPLES changes nothing",
	"migrate":         "holds no lock while it waits for the target, so it cannot run in a transaction or script; what a client changes meanwhile is sent again; each makes a connection of its own",
	"module|load":     "refused as by a Redis with `enable-module-command no`, which is its default",
	"module|loadex":   "as MODULE LOAD",
	"module|unload":   "as MODULE LOAD",
	"object|encoding": "the names of Redis, by its limits; what is behind them is another layout",
	"replicaof":       "follows a Redis (see migrate.md), and is remembered over a restart; nobody can follow this server",
	"slaveof":         "as REPLICAOF",
	"restore":         "a score of -0 in a sorted set can become 0, if members that are small come first",
	"role":            "a master without replicas, or a replica",
	"save":            "writes a snapshot in Comet's own format",
	"shutdown":        "ABORT finds nothing to abort: there are no replicas to wait for",
	"wait":            "there are never replicas, so it waits for its timeout",
	"psync":           "refused with an error: nobody can follow this server, so no commands come behind a dump, which SYNC sends",
	"sync":            "sends a dump, with the length or the mark at its end that REPLCONF asks for, and ends the connection; a client that announced a listening-port, as replicas do, is refused",
	"eval":            "see scripting.md",
	"eval_ro":         "see scripting.md",
	"evalsha":         "see scripting.md",
	"evalsha_ro":      "see scripting.md",
	"script|debug":    "there is no debugger",
}

// TestCommandsPageOfDifferencesIsUpToDate compares docs/compat.md with what it is made from.
func TestCommandsPageOfDifferencesIsUpToDate(t *testing.T) {
	specs, err := loadSpecs()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := newTable(specs)
	if err != nil {
		t.Fatal(err)
	}
	checkPage(t, compatPage, slices.Concat(compatMarkdown(t, specs, rows), parametersMarkdown(t), infoMarkdown()))
}

// compatRow is a command of Redis.
type compatRow struct {
	spec  *Spec
	here  bool
	notes []string
}

func compatMarkdown(t *testing.T, specs []Spec, rows table) []byte {
	t.Helper()
	var all []*compatRow
	byName := map[string]*compatRow{}
	for i := range specs {
		spec := &specs[i]
		if !spec.recorded {
			continue
		}
		subs := spec.Subcommands
		if len(subs) == 0 {
			subs = specs[i : i+1]
		}
		for j := range subs {
			sub := subs[j]
			sub.Group = spec.Group
			row := &compatRow{spec: &sub, here: rows.has(sub.Name)}
			byName[sub.Name], all = row, append(all, row)
		}
	}
	addNotes(t, byName)
	addRecorded(t, byName)
	return writeCompat(all)
}

// has reports whether a command or subcommand is implemented.
func (t table) has(name string) bool {
	container, sub, _ := strings.Cut(name, "|")
	cmd := t[container]
	return cmd != nil && (sub == "" || cmd.Subcommands[sub] != nil)
}

// addNotes adds what is written down here. A note that is about no command of Redis, or about one that is not here, is a mistake.
func addNotes(t *testing.T, byName map[string]*compatRow) {
	t.Helper()
	for name, note := range compatNotes {
		found := false
		for full, row := range byName {
			if full == name || strings.HasPrefix(full, name+"|") {
				row.notes, found = append(row.notes, note), true
			}
		}
		if !found || note == "" {
			t.Errorf("the note on %s is about nothing", name)
		}
	}
	for name, reason := range absentReasons {
		row := byName[name]
		switch {
		case row == nil:
			t.Errorf("the reason why %s is not there is about no command", name)
		case !row.here:
			row.notes = append(row.notes, reason)
		}
	}
}

// addRecorded adds the differences of the recordings.
func addRecorded(t *testing.T, byName map[string]*compatRow) {
	t.Helper()
	paths, err := filepath.Glob("testdata/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		script, err := oracletest.Load(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, section := range script.Sections {
			for _, step := range section.Steps {
				if row := stepRow(step, byName); row != nil && !slices.Contains(row.notes, step.Mod.Differs) {
					row.notes = append(row.notes, step.Mod.Differs)
				}
			}
		}
	}
}

// stepRow returns the command of a step that is known to differ.
func stepRow(step *oracletest.Step, byName map[string]*compatRow) *compatRow {
	if step.Mod.Differs == "" || len(step.Words) == 0 {
		return nil
	}
	name := strings.ToLower(step.Words[0])
	if len(step.Words) > 1 {
		if row := byName[name+"|"+strings.ToLower(step.Words[1])]; row != nil {
			return row
		}
	}
	return byName[name]
}

func writeCompat(all []*compatRow) []byte {
	here := 0
	byGroup := map[string][]*compatRow{}
	for _, row := range all {
		if row.here {
			here++
		} else if len(row.notes) == 0 {
			row.notes = []string{"not there yet"}
		}
		byGroup[row.spec.Group] = append(byGroup[row.spec.Group], row)
	}
	var page bytes.Buffer
	page.WriteString(compatHead)
	fmt.Fprintf(&page, "\n%d of %d commands are here, subcommands counted one by one.\n", here, len(all))
	groups := make([]string, 0, len(byGroup))
	for group := range byGroup {
		groups = append(groups, group)
	}
	slices.Sort(groups)
	for _, group := range groups {
		slices.SortFunc(byGroup[group], func(a, b *compatRow) int { return cmp.Compare(a.spec.Name, b.spec.Name) })
		fmt.Fprintf(&page, "\n## %s\n\n| command | since | here | differs |\n|---|---|---|---|\n", strings.ToUpper(group[:1])+group[1:])
		for _, row := range byGroup[group] {
			slices.Sort(row.notes)
			answer := "no"
			if row.here {
				answer = "yes"
			}
			fmt.Fprintf(&page, "| `%s` | %s | %s | %s |\n", strings.ToUpper(strings.ReplaceAll(row.spec.Name, "|", " ")), row.spec.Since, answer, cell(strings.Join(row.notes, "; ")))
		}
	}
	return page.Bytes()
}
