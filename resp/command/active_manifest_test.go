package command_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// bulk returns the string of a bulk reply.
func bulk(reply string) string {
	_, text, _ := strings.Cut(reply, "|")
	return text
}

// manifest returns what ASO.EXPORT replies.
func (e *engine) manifest() string {
	e.t.Helper()
	text := bulk(e.run("ASO.EXPORT"))
	if !json.Valid([]byte(text)) {
		e.t.Fatalf("no JSON: %s", text)
	}
	return text
}

const oneManifest = `{
  "handlers": [{"source": "#!lua name=g\nparams = {n = {type = 'int', default = 1}}\nfunction onGet(self, ev) return self.params.n end"}],
  "aliases": [{"name": "g", "alias": "live"}],
  "rules": [
    {"id": "a", "glob": "a*", "handler": "g@live", "params": {"n": "7"}, "events": ["get"], "type": "string", "order": 3},
    {"id": "b", "glob": "b*", "handler": "g", "mode": "observe"}
  ]
}`

func TestApplyRepliesWithWhatChanges(t *testing.T) {
	e := newEngine(t)
	got := e.run("ASO.APPLY", oneManifest)
	for _, want := range []string{"*4|", "|+ handler g@", "|+ alias g@live ", `|+ rule {"id":"a","glob":"a*","handler":"g@live","params":{"n":"7"},"events":["get"],"type":"string","order":3}`, `|+ rule {"id":"b"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	e.steps("SET a1 v => +OK", "GET a1 => :7", "SET b1 v => +OK", "GET b1 => $1|v")
	if got := e.run("ASO.APPLY", oneManifest); got != "*0" {
		t.Errorf("again: %s", got)
	}
	next := strings.Replace(oneManifest, `"mode": "observe"`, `"params": {"n": "2"}`, 1)
	next = strings.Replace(next, "return self.params.n", "return self.params.n * 2", 1)
	got = e.run("ASO.APPLY", next)
	for _, want := range []string{"*3|", "|+ handler g@", "|~ alias g@live ", `|~ rule {"id":"b"`, `"mode":"observe"} -> {"id":"b"`} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	e.steps("GET a1 => :14", "GET b1 => :4", "ASO.ALIAS SET g other "+strings.TrimPrefix(bulk(e.do("ASO.ROLLBACK g")), "g@")+" => +OK")
	got = e.run("ASO.APPLY", `{"prune": true, "aliases": [], "rules": [{"id": "b", "glob": "b*", "handler": "g"}]}`)
	for _, want := range []string{"*4|", `|~ rule {"id":"b"`, `|- rule {"id":"a"`, "|- alias g@live ", "|- alias g@other "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	e.steps("GET a1 => $1|v", "GET b1 => :1")
}

func TestApplyIsAllOrNothing(t *testing.T) {
	e := newEngine(t)
	e.all("SET k v")
	e.run("ASO.APPLY", oneManifest)
	e.all("ASO.ATTACH k g@live")
	before := e.image()
	units := len(e.units)
	next := strings.Replace(oneManifest, "return self.params.n", "return self.params.n * 2", 1)
	for bad, want := range map[string]string{
		strings.Replace(next, `"mode": "observe"`, `"mode": "maybe"`, 1):                          "-ERR MODE is enforce or observe",
		strings.Replace(next, `"mode": "observe"`, `"params": {"m": "1"}`, 1):                     "-ASOPARAM",
		strings.Replace(next, `"handler": "g", `, `"handler": "x", `, 1):                          "-ASONOHANDLER no handler x",
		strings.Replace(next, `"mode": "observe"`, `"type": "tree"`, 1):                           "-ERR unknown type tree",
		strings.Replace(next, `"mode": "observe"`, `"events": ["never"]`, 1):                      "-ERR unknown event never",
		strings.Replace(next, `"mode": "observe"`, `"base64": true`, 1):                           "-ERR the manifest has bad base64",
		strings.Replace(next, `"glob": "b*"`, `"glob": ""`, 1):                                    "-ERR the pattern",
		strings.Replace(next, `"rules"`, `"roles"`, 1):                                            "-ERR the manifest is not valid: json: unknown field",
		strings.Replace(next, `"alias": "live"`, `"alias": "a b"`, 1):                             "-ERR an alias has",
		strings.Replace(next, `"alias": "live"`, `"alias": "live", "version": "000000000000"`, 1): "-ASONOHANDLER",
		strings.Replace(next, "function onGet", "function onGet onGet", 1):                        "-ASOCOMPILE",
		next + "x": "-ERR the manifest is not valid: something follows it",
		`{"prune": true, "rules": [], "aliases": []}`: "-ASOINUSE g@live is used by 1 object",
		`[]`:                                    "-ERR the manifest is not valid",
		"{\"secrets\": [{\"name\": \"\xff\"}]}": "-ERR the manifest is not valid: it is no UTF-8",
		`{"handlers": [{"name": "std/x"}]}`:     "-ASONOHANDLER",
		strings.Replace(next, `"id": "b"`, `"id": "a"`, 1):                                       "-ERR the manifest has the rule a twice",
		strings.Replace(next, `"aliases": [`, `"aliases": [{"name": "g", "alias": "live"}, `, 1): "-ERR the manifest has the alias g@live twice",
	} {
		if got := e.run("ASO.APPLY", bad); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s, want %s", bad, got, want)
		}
		if d := before.diff(e.image()); d != "" || len(e.units) != units {
			t.Fatalf("%s: %s", bad, d)
		}
	}
}

func TestApplyDoesNotTryAgainWhatWasStopped(t *testing.T) {
	e := newEngine(t)
	one := e.loadAs("h", "function onGet(self, ev) return 'old' end")
	two := e.loadAs("h", "function onGet(self, ev) error('broken') end")
	e.all("SET k v; ASO.ALIAS SET h live " + one + "; ASO.RULE SET r * h@live; ASO.ALIAS SET h live " + two + " CANARY 100 STOPON 10")
	manifest := e.manifest()
	for range 25 {
		e.do("GET k")
	}
	e.steps("GET k => $3|old")
	if got := e.run("ASO.APPLY", manifest); got != "*0" {
		t.Error(got)
	}
	e.steps("GET k => $3|old")
}

// TestRulesInTransactions sets rules and uses them in one transaction, in which one command fails.
func TestRulesInTransactions(t *testing.T) {
	e := newEngine(t)
	e.load("function onGet(self, ev) return 'ruled' end")
	e.steps(
		"SET k v => +OK", "MULTI => +OK", "ASO.RULE SET r k h1 => +QUEUED", "GET k => +QUEUED", "ASO.RULE SET r2 k h9 => +QUEUED", "ASO.RULE DEL r => +QUEUED", "GET k => +QUEUED",
		"EXEC => *5|+OK|$5|ruled|-ASONOHANDLER no handler h9|:1|$1|v",
	)
}
