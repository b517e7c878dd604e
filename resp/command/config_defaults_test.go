package command

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// What TestRecordRedisDefaults has written.
const (
	RedisParametersFile = "testdata/redis-parameters.golden" // all of CONFIG GET
	RedisInfoFile       = "testdata/redis-info.golden"       // the sections of INFO, and the names of their fields
)

// defaultDifferences are the parameters of Redis with another default here, and why.
var defaultDifferences = map[string]string{
	"appendonly": "`yes`: an acknowledged write survives a crash. A file that says `no` keeps snapshots only, as Redis",
	"dir":        "`comet-data` in the working directory",
	"save":       "empty, because there is a journal; with `appendonly no` in a file it is that of Redis",
}

// redisParameters returns the parameters of Redis 7.0.15 with their defaults.
func redisParameters(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(RedisParametersFile)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(strings.TrimRight(line, "\n"), " ")
		all[name] = value
	}
	return all
}

func TestDefaultsAreThoseOfRedis(t *testing.T) {
	want := redisParameters(t)
	got := map[string]string{}
	for _, a := range newTestConfig(t).Get([]string{"*"}) {
		got[a.Name] = a.Value
	}
	for name, value := range want {
		here, ok := got[name]
		switch _, differs := defaultDifferences[name]; {
		case !ok:
			t.Errorf("CONFIG GET * does not have %s", name)
		case (here != value) != differs:
			t.Errorf("%s is %q, in Redis %q; known to differ: %v", name, here, value, differs)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok && !strings.HasPrefix(name, "aso-") && !strings.HasPrefix(name, "comet-") {
			t.Errorf("Redis has no %s", name)
		}
	}
}

// parametersMarkdown returns the part of docs/compat.md about parameters.
func parametersMarkdown(t *testing.T) []byte {
	t.Helper()
	rows := redisParameters(t)
	for i := range hints {
		if hints[i].traits&unlisted != 0 {
			rows[hints[i].name] = hints[i].initial
		}
	}
	var page bytes.Buffer
	page.WriteString(parametersHead)
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		initial := "empty"
		if rows[name] != "" {
			initial = "`" + rows[name] + "`"
		}
		here, note := parameterNote(name)
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s |\n", name, initial, here, note)
	}
	return page.Bytes()
}

const parametersHead = `
## Parameters

Every parameter of Redis 7.0.15, with its default there. *yes* is implemented ([configuration.md](configuration.md)). *no effect* is checked, kept, shown by CONFIG GET and told in the log,
and nothing else: what it tunes is done otherwise here, or is not there to be done. *only the default* refuses any other value, at the start and by CONFIG SET, because it would promise what
is not so. So does a file with ` + "`loadmodule` or `sentinel`" + `.

| parameter | default | here | differs |
|---|---|---|---|
`

// parameterNote returns how a parameter of Redis is here, and what there is to say of it.
func parameterNote(name string) (here, note string) {
	if p, ok := fixed[name]; ok {
		return "only the default", p.why
	}
	p := parametersByName[name]
	i := slices.IndexFunc(hints, func(h hint) bool { return h.name == p.name })
	switch {
	case i < 0:
		here, note = "yes", defaultDifferences[name]
	case p.has(unlisted):
		here, note = "no effect", hints[i].why+"; CONFIG GET shows it by its whole name only, as in Redis"
	default:
		here, note = "no effect", hints[i].why
	}
	if p.name != name {
		note = "as `" + p.name + "`"
	}
	return here, note
}
