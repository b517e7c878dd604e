package command_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"comet/aso"
	"comet/aso/randtest"
)

// newSealedEngine returns an engine with a key for secrets.
func newSealedEngine(t *testing.T) *engine {
	t.Helper()
	e := newEngine(t)
	if err := e.ks.SetSecretKey(bytes.Repeat([]byte{7}, aso.SecretKeySize)); err != nil {
		t.Fatal(err)
	}
	return e
}

// randomListCommand returns a command that changes limits, grants, feeds or secrets.
func randomListCommand(r *rand.Rand) string {
	n := r.IntN(3)
	lines := []string{
		"ASO.LIMIT SET HANDLER h%d RUNS 2 WINDOW 1000", "ASO.LIMIT SET PREFIX \xff%d* FUEL 5 MS 6 WINDOW 7", "ASO.LIMIT SET USER u%d MS 9 WINDOW 86400000", "ASO.LIMIT DEL HANDLER h%d",
		"ASO.LIMIT DEL PREFIX \xff%d*", "ASO.GRANT SET h%d SEND a* b* SECRET token", "ASO.GRANT SET h%d CHANNEL \xfe", "ASO.GRANT SET h%d", "ASO.GRANT DEL h%d",
		"ASO.FEED CREATE f%d MATCH s*", "ASO.FEED CREATE f%d MATCH \xfc* EVENTS put timer MAXLEN 10 OLD NEW DB ALL", "ASO.FEED DEL f%d", "ASO.FEED DEL f%d",
		"ASO.SECRET SET token%d v", "ASO.SECRET SET \xfb%d v", "ASO.SECRET DEL token%d", "SELECT 1", "SELECT 0", "SET s%d v",
	}
	line := lines[r.IntN(len(lines))]
	if strings.Contains(line, "%d") {
		line = fmt.Sprintf(line, n)
	}
	return line
}

// randomServer returns an engine with handlers, and all that a manifest has, at random.
func randomServer(t *testing.T, r *rand.Rand) *engine {
	t.Helper()
	e := newSealedEngine(t)
	e.load(randomHandler)
	e.load("-- 2" + randomHandler)
	e.versionsOf("h1", randomHandler, "-- 2"+randomHandler, "-- 3\xff\x80"+randomHandler)
	for range 40 {
		e.do(randomRuleCommand(r, e.versions))
		e.do(randomListCommand(r))
	}
	e.do("SELECT 0")
	e.run("ASO.RULE SET", "binary", "\xff*", "h1", "PARAM", "x", "\xfe")
	return e
}

// keepSecretsOf sets the secrets that e has.
func (e *engine) keepSecretsOf(o *engine) {
	for _, s := range o.ks.Secrets() {
		e.run("ASO.SECRET", "SET", s.Name, "another value")
	}
}

// TestExportedManifestChangesNothing exports what random commands made: applying it there changes nothing, and makes the same on another server,
// in one unit.
func TestExportedManifestChangesNothing(t *testing.T) {
	t.Parallel()
	seed := randtest.Seed(t)
	for round := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, round))
		e := randomServer(t, r)
		manifest := e.manifest()
		before := e.image()
		if got := e.run("ASO.APPLY", manifest); got != "*0" {
			t.Fatalf("seed %d, round %d: %s", seed, round, got)
		}
		if d := before.diff(e.image()); d != "" {
			t.Fatalf("seed %d, round %d: %s", seed, round, d)
		}
		other := newSealedEngine(t)
		other.keepSecretsOf(e)
		empty, units := other.manifest(), len(other.units)
		dry := other.run("ASO.APPLY", manifest, "DRYRUN")
		if len(other.units) > units || other.manifest() != empty {
			t.Fatalf("seed %d, round %d: DRYRUN changed something", seed, round)
		}
		if got := other.run("ASO.APPLY", manifest); got != dry || got[0] != '*' {
			t.Fatalf("seed %d, round %d: %s, announced %s", seed, round, got, dry)
		}
		if len(other.units) != units+1 {
			t.Fatalf("seed %d, round %d: %d units", seed, round, len(other.units)-units)
		}
		image := other.image()
		other.restart()
		if got := other.manifest(); got != manifest {
			t.Fatalf("seed %d, round %d: %s, want %s", seed, round, got, manifest)
		}
		if d := image.diff(other.image()); d != "" {
			t.Fatalf("seed %d, round %d: replay %s", seed, round, d)
		}
	}
}

// TestManifestAppliesOverAnything applies what one server exports to another one that has something else: the second time it changes nothing,
// and what it prunes is as on the first.
func TestManifestAppliesOverAnything(t *testing.T) {
	t.Parallel()
	seed := randtest.Seed(t)
	for round := range uint64(50) {
		r := rand.New(rand.NewPCG(seed, round))
		from, to := randomServer(t, r), randomServer(t, r)
		to.keepSecretsOf(from)
		manifest := from.manifest()
		if r.IntN(2) == 0 {
			manifest = strings.TrimSuffix(manifest, "\n}") + ",\n\"prune\": true}"
		}
		before := to.image()
		got := to.run("ASO.APPLY", manifest)
		switch {
		case strings.HasPrefix(got, "-ASOINUSE g"), strings.HasPrefix(got, "-ASOINUSE h"), strings.HasPrefix(got, "-ASOEXISTS a feed stays"):
			if d := before.diff(to.image()); d != "" {
				t.Fatalf("seed %d, round %d: %s: %s", seed, round, got, d)
			}
			continue
		case got[0] != '*':
			t.Fatalf("seed %d, round %d: %s", seed, round, got)
		}
		if again := to.run("ASO.APPLY", manifest); again != "*0" {
			t.Fatalf("seed %d, round %d: first %s, then %s", seed, round, got, again)
		}
		if strings.Contains(manifest, "prune") {
			want, is := lists(t, from.manifest()), lists(t, to.manifest())
			if want != is {
				t.Fatalf("seed %d, round %d: %s, want %s", seed, round, is, want)
			}
		}
	}
}

// lists returns what a manifest has that it can prune, but for aliases, which stopped trials make differ.
func lists(t *testing.T, manifest string) string {
	t.Helper()
	var m map[string]json.RawMessage
	if err := json.Unmarshal([]byte(manifest), &m); err != nil {
		t.Fatal(err)
	}
	return string(m["rules"]) + string(m["limits"]) + string(m["grants"]) + string(m["feeds"])
}

const listManifest = `{
  "limits": [{"scope": "handler", "name": "h1", "window": 1000, "runs": 2}],
  "grants": [{"handler": "h1", "send": ["a*"], "secrets": ["token"], "keys": ["{a}*"]}],
  "feeds": [{"name": "f", "glob": "k*", "new": true}],
  "secrets": [{"name": "token"}]
}`

func TestApplyKeepsWhatIsUsedAndRead(t *testing.T) {
	e := newSealedEngine(t)
	e.load("function onGet(self, ev) return 1 end")
	e.steps("ASO.SECRET SET token v => +OK", "SET k v => +OK", "ASO.ATTACH k h1 => :1")
	got := e.run("ASO.APPLY", listManifest)
	for _, want := range []string{
		"*3|", `|+ limit {"scope":"handler","name":"h1","window":1000,"runs":2}|`, `|+ grant {"handler":"h1","send":["a*"],"secrets":["token"],"keys":["{a}*"]}|`,
		`|+ feed {"name":"f","glob":"k*","new":true}`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	e.steps("GET k => :1", "GET k => :1")
	if got := e.do("GET k"); !strings.HasPrefix(got, "-ASOQUOTA") {
		t.Error(got)
	}
	if got := e.run("ASO.APPLY", listManifest); got != "*0" {
		t.Error(got)
	}
	if got := e.do("GET k"); !strings.HasPrefix(got, "-ASOQUOTA") {
		t.Error("what is used of a limit is forgotten:", got)
	}
	e.steps("SET k1 v => +OK", "MULTI => +OK", "SET k2 v => +QUEUED")
	e.run("ASO.APPLY", strings.NewReplacer(`"new": true`, `"old": true`, `"runs": 2`, `"runs": 3`, `"send": ["a*"], `, "").Replace(listManifest))
	e.steps("SET k3 v => +QUEUED", "SET x v => +QUEUED")
	if got := e.do("EXEC"); strings.Count(got, "|~ ") != 3 {
		t.Error(got)
	}
	e.fed("f", "put k1 cause=set new=v type=string", "put k2 cause=set new=v type=string", "put k3 cause=set type=string")
	e.steps("GET k => :1")
}

func TestBrokenListsChangeNothing(t *testing.T) {
	e := newSealedEngine(t)
	e.all("ASO.SECRET SET token v; SELECT 1; ASO.FEED CREATE other MATCH *; SELECT 0; SET aso:feed:taken v")
	e.run("ASO.APPLY", listManifest)
	before, units := e.image(), len(e.units)
	const rule = `{"prune": true, "handlers": [{"source": "#!lua name=g\nfunction onGet(self, ev) end"}], "rules": [{"id": "r", "glob": "*", "handler": "g"}], "limits": [], "grants": [], `
	for bad, want := range map[string]string{
		`"secrets": [{"name": "token"}, {"name": "a"}, {"name": "b"}]`:                                              "-ERR the manifest needs secrets that are not set: a, b",
		`"secrets": [{"name": "!", "base64": true}]`:                                                                "-ERR the manifest has bad base64",
		`"feeds": [{"name": "f", "glob": "k*", "db": 1}]`:                                                           "-ASOEXISTS a feed stays in its database",
		`"feeds": [{"name": "g", "glob": "k*", "db": 16}]`:                                                          "-ERR DB index is out of range",
		`"feeds": [{"name": "g", "glob": "k*", "db": -1}]`:                                                          "-ERR DB index is out of range",
		`"feeds": [{"name": "taken", "glob": "k*"}]`:                                                                "-ASOEXISTS",
		`"feeds": [{"name": "g", "glob": "k*", "events": ["never"]}]`:                                               "-ERR unknown event never",
		`"feeds": [{"name": "g", "glob": "k*", "maxlen": -1}]`:                                                      "-ERR value is not an integer or out of range",
		`"feeds": [{"name": "f", "glob": ""}]`:                                                                      "-ERR the pattern of a feed",
		`"feeds": [{"name": "g", "glob": "a"}, {"name": "g", "glob": "b"}]`:                                         "-ERR the manifest has the feed g twice",
		`"feeds": [], "limits": [{"scope": "key", "name": "g", "window": 1, "runs": 1}]`:                            "-ERR the scope of a limit",
		`"feeds": [], "limits": [{"scope": "user", "name": "g", "window": 1}]`:                                      "-ERR a limit needs one of",
		`"feeds": [], "limits": [{"scope": "user", "name": "g", "runs": 1}]`:                                        "-ERR a limit needs WINDOW",
		`"feeds": [], "limits": [{"scope": "user", "name": "g", "runs": 1, "window": 86400001}]`:                    "-ERR WINDOW is",
		`"feeds": [], "limits": [{"scope": "user", "name": "g", "runs": -1, "window": 1}]`:                          "-ERR the budget of a limit",
		`"feeds": [], "limits": [{"scope": "user", "name": "g", "ms": 50000001, "window": 1}]`:                      "-ERR the budget of a limit",
		`"feeds": [], "grants": [{"handler": "g", "send": []}]`:                                                     "-ERR an empty list of a grant",
		`"feeds": [], "grants": [{"handler": ""}]`:                                                                  "-ERR the name of a handler",
		`"feeds": [], "grants": [{"handler": "g", "secrets": ["a"], "base64": true}]`:                               "-ERR the manifest has bad base64",
		`"feeds": [], "grants": [{"handler": "g"}, {"handler": "Zw==", "base64": true}]`:                            "-ERR the manifest has the grant g twice",
		`"feeds": [], "grants": [{"handler": "g", "send": ["` + strings.Repeat(`a", "`, 256) + `a"]}]`:              "-ASOQUOTA 256 words",
		`"feeds": [{"name": "g", "glob": "k*"}, {"name": "h", "glob": "k*"}, {"name": "aso", "glob": "aso:feed:"}]`: "-ERR feeds tell nothing",
	} {
		if got := e.run("ASO.APPLY", rule+bad+"}"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", bad, got, want)
		}
		if d := before.diff(e.image()); d != "" || len(e.units) != units {
			t.Fatalf("%s: %s", bad, d)
		}
	}
	if got := e.run("ASO.APPLY", `{"prune": true, "secrets": []}`); got != "*0" {
		t.Error("a manifest pruned lists that it does not have:", got)
	}
	if got := e.run("ASO.APPLY", `{"prune": true, "limits": [], "grants": [], "feeds": []}`); strings.Count(got, "|- ") != 4 {
		t.Error(got)
	}
	e.steps("EXISTS aso:feed:f => :0", "ASO.FEED LIST => *0")
}
