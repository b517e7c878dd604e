package command_test

import (
	"slices"
	"strings"
	"testing"
)

func TestCategoriesOfActiveObjects(t *testing.T) {
	requests := map[string]string{
		"aso.call": "aso.call k m", "aso.get": "aso.get k", "aso.set": "aso.set k v", "aso.list": "aso.list", "aso.log": "aso.log k", "aso.show": "aso.show k",
		"aso.load": "aso.load s", "aso.code": "aso.code n", "aso.attach": "aso.attach k n", "aso.detach": "aso.detach k", "get": "get k", "set": "set k v",
	}
	e := newEngine(t)
	for category, has := range map[string]bool{"aso": true, "ASOADMIN": true, "read": false, "write": false} {
		if got := e.do("acl cat " + category); strings.Contains(got, "|aso.load") != has || !strings.Contains(got, "|aso.") {
			t.Errorf("ACL CAT %s: %s", category, got)
		}
	}
	for _, tt := range []struct{ rules, may string }{
		{"+@all", "aso.call aso.get aso.set aso.list aso.log aso.show aso.load aso.code aso.attach aso.detach get set"},
		{"+@all -@asoadmin", "aso.call aso.get aso.set aso.list aso.log aso.show get set"},
		{"+@aso -@asoadmin", "aso.call aso.get aso.set aso.list aso.log aso.show"},
		{"+@read", "aso.list aso.log aso.show get"},
		{"+@write", "aso.call aso.get aso.set set"},
		{"+@asoadmin", "aso.load aso.code aso.attach aso.detach"},
	} {
		e.all("acl setuser u reset allkeys " + tt.rules)
		for name, request := range requests {
			want := slices.Contains(strings.Fields(tt.may), name)
			if got := e.do("acl dryrun u " + request); (got == "+OK") != want {
				t.Errorf("%s: %s: got %s", tt.rules, request, got)
			}
		}
	}
}

func TestHandlersAreAttachedWithTheRightToThat(t *testing.T) {
	const code = "#!lua name=n\nfunction onGet(self, ev) return 'x' end"
	e := newEngine(t)
	e.all("acl setuser data on nopass +@all -@asoadmin ~d*")
	e.all("acl setuser attacher on nopass +@all -aso.load ~d*")
	e.all("acl setuser reader on nopass +@all %R~d*")
	e.load("function onGet(self, ev) return 'y' end")
	for _, tt := range []struct {
		user string
		args []string
		want string
	}{
		{"data", []string{"aso.set", "d", "v"}, "+OK"},
		{"data", []string{"aso.set", "d", "v", "handler", "h1"}, "-NOPERM this user has no permissions to run the 'aso.attach' command"},
		{"data", []string{"aso.set", "d", "v", "code", code}, "-NOPERM this user has no permissions to run the 'aso.load' command"},
		{"data", []string{"get", "d"}, "$1|v"},
		{"attacher", []string{"aso.set", "d", "v", "code", code}, "-NOPERM this user has no permissions to run the 'aso.load' command"},
		{"attacher", []string{"aso.set", "d", "w", "handler", "h1"}, "+OK"},
		{"attacher", []string{"aso.attach", "e", "h1"}, "-NOPERM this user has no permissions to access one of the keys used as arguments"},
		{"attacher", []string{"get", "d"}, "$1|y"},
		{"reader", []string{"aso.attach", "d", "h1"}, "-NOPERM this user has no permissions to access one of the keys used as arguments"},
		{"reader", []string{"aso.get", "d"}, "$1|y"},
		{"reader", []string{"aso.call", "d", "m"}, "-NOPERM this user has no permissions to access one of the keys used as arguments"},
	} {
		e.all("auth " + tt.user + " x")
		if got := e.run(tt.args...); got != tt.want {
			t.Errorf("%s: %q: got %s, want %s", tt.user, tt.args, got, tt.want)
		}
	}
}

func TestStateAndParametersNeedTheirRights(t *testing.T) {
	e := newEngine(t)
	e.load("params = { hash = { default = 'hush' } }\nfunction onMessage(self, ev) self.state.kept = 'hush' log('told') self:timer('t', { in_ms = 1000, data = 'd' }) end")
	e.all("aso.attach d h1; aso.call d m; aso.rule set r d* h1 param hash hush")
	lines := []string{"aso.show d", "aso.rule list", "aso.rule match d"}
	e.all("acl setuser coder on nopass +@all -@asoadmin +aso.code +aso.state ~d; acl setuser data on nopass +@all -@asoadmin ~d; acl setuser writer on nopass +@all -@asoadmin %W~d")
	for user, shown := range map[string]bool{"coder": true, "data": false} {
		e.all("auth " + user + " x")
		for _, line := range lines {
			got := e.do(line)
			if strings.Contains(got, "hush") != shown || strings.HasPrefix(got, "-") {
				t.Errorf("%s: %s: %s", user, line, got)
			}
		}
	}
	e.all("auth writer x")
	for _, line := range []string{"aso.show d", "aso.log d", "aso.timer list d", "aso.get d", "aso.await d put timeout 1"} {
		if got := e.do(line); got != "-NOPERM this user has no permissions to access one of the keys used as arguments" {
			t.Errorf("%s by who may only write: %s", line, got)
		}
	}
}
