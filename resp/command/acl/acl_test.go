package acl

import (
	"slices"
	"strings"
	"testing"
)

// testGrammar knows a few commands, of Redis and of ours.
func testGrammar(t testing.TB) Grammar {
	t.Helper()
	table, err := NewTable(
		[]Category{{Name: "read"}, {Name: "write"}, {Name: "admin"}, {Name: "aso", Own: true}, {Name: "asoadmin", Own: true}},
		[]Definition{
			{Name: "get", Categories: []string{"read"}},
			{Name: "mget", Categories: []string{"read"}},
			{Name: "set", Categories: []string{"write"}},
			{Name: "del", Categories: []string{"write"}},
			{Name: "select"},
			{Name: "config", Subcommands: []Definition{
				{Name: "config|get", Categories: []string{"admin"}},
				{Name: "config|set", Categories: []string{"admin", "write"}},
			}},
			{Name: "aso.get", Categories: []string{"aso", "read"}, Own: true},
			{Name: "aso.call", Categories: []string{"aso", "write"}, Own: true},
			{Name: "aso.load", Categories: []string{"aso", "asoadmin"}, Own: true},
			{Name: "aso.code", Categories: []string{"aso", "asoadmin"}, Own: true},
		})
	if err != nil {
		t.Fatal(err)
	}
	return Grammar{Table: table}
}

// userOf returns the user that rules, separated by spaces, make.
func userOf(t *testing.T, g Grammar, rules string) *User {
	t.Helper()
	u := g.NewUser("u")
	if err := g.Apply(u, strings.Fields(rules)); err != nil {
		t.Fatalf("%s: %v", rules, err)
	}
	return u
}

func TestCommandsAreDescribedByFewRules(t *testing.T) {
	g := testGrammar(t)
	for give, want := range map[string]string{
		"":                           "-@all",
		"+@all":                      "+@all",
		"+@all -get +get":            "+@all",
		"+get":                       "-@all +get",
		"+get +mget +aso.get":        "-@all +@read",
		"+@read":                     "-@all +@read",
		"+@read -get -aso.get":       "-@all +mget",
		"+@all -@write":              "+@all -@write",
		"+@all -@asoadmin":           "+@all -@asoadmin",
		"+@all -@aso":                "+@all -@aso",
		"+@aso":                      "-@all +@aso",
		"+@aso -@asoadmin":           "-@all +aso.call +aso.get",
		"+@write +@aso":              "-@all +@write +@aso",
		"+@read -aso.get":            "-@all +@read -aso.get",
		"+config":                    "-@all +@admin +config",
		"+config|get":                "-@all +config|get",
		"+select|0 +select|1":        "-@all +select|0 +select|1",
		"+select|0 +select -select":  "-@all",
		"+@all -select +select|0":    "+@all -select +select|0",
		"+select|0 +@all -@all":      "-@all",
		"+select|a +SELECT|A +get|b": "-@all +get|b +select|a",
	} {
		if got := g.Table.Selectors(userOf(t, g, give))[0].Commands; got != want {
			t.Errorf("%s: got %s, want %s", give, got, want)
		}
	}
}

func TestLineMakesTheUserAgain(t *testing.T) {
	g := testGrammar(t)
	for _, rules := range []string{
		"on nopass +@all ~* &*", "off >a >b ~x %R~y %W~z &c +get (~d +set) (&* %R~*)", "reset on sanitize-payload", "skip-sanitize-payload +select|0",
	} {
		line := g.Table.Line(userOf(t, g, rules))
		if again := g.Table.Line(userOf(t, g, strings.TrimPrefix(line, "user u "))); again != line {
			t.Errorf("%s: %q became %q", rules, line, again)
		}
	}
}

func TestARefusedRuleChangesNothingThatIsInUse(t *testing.T) {
	g := testGrammar(t)
	u := userOf(t, g, "on >a ~x &c +get +select|0 (~y +set)")
	before := g.Table.Line(u)
	err := g.Apply(u.Clone(), strings.Fields("off >b resetkeys ~z &d -get +select|1 -select clearselectors (~q) reset nosuch"))
	if rule, ok := err.(*RuleError); !ok || rule.Rule != "nosuch" || rule.Reason != errRuleSyntax {
		t.Errorf("got %v", err)
	}
	if now := g.Table.Line(u); now != before {
		t.Errorf("%q became %q", before, now)
	}
}

func TestOneSelectorHasToAllowAllOfARequest(t *testing.T) {
	g := testGrammar(t)
	u := userOf(t, g, "on nopass +get ~a (+set %W~b) (+set %R~c) (+mget ~d &ch)")
	for _, tt := range []struct {
		command, key string
		access       Access
		reason       Reason
	}{
		{"get", "a", Read, Allowed},
		{"get", "b", Read, DeniedKey},
		{"set", "b", Write, Allowed},
		{"set", "b", Read | Write, DeniedKey},
		{"set", "c", Write, DeniedKey},
		{"set", "a", Write, DeniedKey},
		{"mget", "d", Read, Allowed},
		{"del", "a", Write, DeniedCommand},
		{"config|get", "a", 0, DeniedCommand},
	} {
		r := Request{Command: g.Table.Command(tt.command), Args: [][]byte{[]byte(tt.command), []byte(tt.key)}, Keys: []Key{{1, tt.access}}}
		reason, arg := u.Check(&r)
		if reason != tt.reason || reason == DeniedKey && arg != 1 {
			t.Errorf("%s %s: got %v of argument %d", tt.command, tt.key, reason, arg)
		}
	}
}

func TestChannelsOfAPatternHaveToBeARule(t *testing.T) {
	g := testGrammar(t)
	u := userOf(t, g, "&news.* (&x)")
	for _, tt := range []struct {
		name    string
		pattern bool
		want    bool
	}{{"news.1", false, true}, {"news.1", true, false}, {"news.*", true, true}, {"x", true, true}, {"y", false, false}} {
		if got := u.MayListen([]byte(tt.name), tt.pattern); got != tt.want {
			t.Errorf("%s, pattern %v: got %v", tt.name, tt.pattern, got)
		}
	}
	for rules, keeps := range map[string]bool{"&news.* &x &y": true, "allchannels": true, "(&news.*) &x": true, "&news.*": false, "": false} {
		if got := userOf(t, g, rules).KeepsChannels(u); got != keeps {
			t.Errorf("%s keeps the channels: %v", rules, got)
		}
	}
	if userOf(t, g, "&a").KeepsChannels(userOf(t, g, "allchannels")) {
		t.Error("&a keeps all channels")
	}
}

func TestPasswords(t *testing.T) {
	g := testGrammar(t)
	for _, tt := range []struct {
		rules, password string
		want            bool
	}{
		{"on >a >b", "b", true},
		{"on >a", "b", false},
		{"on >a", "", false},
		{"off >a", "a", false},
		{"off nopass", "a", false},
		{"on", "", false},
		{"on nopass", "any", true},
		{"on nopass >a", "any", false},
		{"on >a nopass", "any", true},
		{"on >a >b <a", "a", false},
		{"on >a resetpass", "a", false},
		{"on #" + hashOf([]byte("a")), "a", true},
		{"on >a !" + hashOf([]byte("a")) + " >b", "a", false},
	} {
		if got := userOf(t, g, tt.rules).Authenticates([]byte(tt.password)); got != tt.want {
			t.Errorf("%s: password %q: got %v", tt.rules, tt.password, got)
		}
	}
}

func TestFreeIsWhoMayDoEverything(t *testing.T) {
	g := testGrammar(t)
	for rules, want := range map[string]bool{
		"+@all ~* &*": true, "+@all ~* &* -get": false, "+@all ~*": false, "+@all &* ~a*": false, "+get (+@all ~* &*)": true,
		"+@all ~* &* reset": false, "(+@all ~* &*) clearselectors": false, "+@all ~* &* -get +get": false, "+@all ~* &* -get +@all": true,
	} {
		if got := userOf(t, g, rules).Free(); got != want {
			t.Errorf("%s: got %v", rules, got)
		}
	}
	if !g.DefaultUser().Free() || g.Nobody("x").Free() {
		t.Error("the default user is not free, or nobody is")
	}
}

func TestTableRefusesWhatItCannotMean(t *testing.T) {
	if _, err := NewTable(nil, []Definition{{Name: "get", Categories: []string{"read"}}}); err == nil {
		t.Error("an unknown category was accepted")
	}
	if _, err := NewTable(nil, []Definition{{Name: "get"}, {Name: "get"}}); err == nil {
		t.Error("a command was accepted twice")
	}
	if _, err := NewTable(make([]Category, maxCategories+1), nil); err == nil {
		t.Error("too many categories were accepted")
	}
}

// FuzzRules applies rules to a user and checks that the line that describes it makes the same user again, and that a copy is one.
func FuzzRules(f *testing.F) {
	g := testGrammar(f)
	for _, seed := range []string{
		"on >a ~x* %R~y &c +get -@read +@aso", "(+get ~a)\n(\n~b\n+set\n)\nclearselectors", "+@all\n-config|set\n+select|0", "%\n%R\n%~x\n~\n&\n+\n-\n+@\n(", "#" + strings.Repeat("a", 64),
		"reset\nnopass\n<x", "~a b\n(\"a)\n()", "\x00\n+get\x00",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		u := g.NewUser("u")
		for rule := range strings.SplitSeq(text, "\n") {
			next, before := u.Clone(), g.Table.Line(u)
			err := g.Apply(next, []string{rule})
			if line := g.Table.Line(u); line != before {
				t.Fatalf("rule %q changed the original: %q became %q", rule, before, line)
			}
			if err == nil {
				u = next
			}
		}
		if all := g.NewUser("u"); g.Apply(all, strings.Split(text, "\n")) == nil {
			u = all // as one command, in which selectors may be spread over several arguments
		}
		line := g.Table.Line(u)
		again := g.NewUser("u")
		if err := g.Apply(again, strings.Split(strings.TrimPrefix(line, "user u "), " ")); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if got := g.Table.Line(again); got != line {
			t.Fatalf("%q became %q", line, got)
		}
		for i, s := range again.selectors {
			if o := u.selectors[i]; !slices.Equal(o.commands, s.commands) || o.allKeys != s.allKeys || o.allChannels != s.allChannels {
				t.Fatalf("%q: selector %d differs", line, i)
			}
		}
	})
}
