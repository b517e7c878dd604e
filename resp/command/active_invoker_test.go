package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// acts does what its message says.
const acts = `rights = "RIGHTS"
local function act(self, what)
  if what == "call" then return self:call("INCR")
  elseif what == "callkey" then return self:callkey("{app}n", "INCR")
  elseif what == "send" then return self:send("app:inbox", "m")
  elseif what == "publish" then return self:publish("news", "x")
  elseif what == "delete" then return self:delete()
  elseif what == "expire" then return self:expire(5000)
  elseif what == "expireat" then return self:expireat(now() + 5000)
  elseif what == "persist" then return self:persist()
  elseif what == "own" then
    self.state.n = (self.state.n or 0) + 1
    self:timer("t", { in_ms = 1000, data = "call" })
    self:emit("done")
    log("done")
    return self:ttl() or 0
  end
end
function onMessage(self, ev) return act(self, ev.message) end
function onGet(self, ev) if self.state.onGet then act(self, self.state.onGet) end end
function onTimer(self, ev) act(self, ev.data) end
function onExpire(self, ev) if self.state.onExpire then act(self, self.state.onExpire) end end
function onAttach(self, ev) if ev.user == "nobody" then act(self, "publish") end end
function onError(self, ev) self:publish("errors", ev.failed) end`

// withUser attaches acts with some rights, and returns a function that runs a command as the user app, who may do little.
func withUser(t *testing.T, rights string) (e *engine, as func(line string) string) {
	e = newEngine(t)
	e.attach(strings.Replace(acts, "RIGHTS", rights, 1), "{app}k")
	e.all("ASO.GRANT SET h1 KEYS {app}*; SET {app}k 1 PX 100000; ACL SETUSER app on nopass ~{app}k +aso.call +get +eval +multi +exec resetchannels")
	ses, reply := e.client()
	as = func(line string) string {
		t.Helper()
		reply.Reset()
		e.server.Batch(ses, [][][]byte{bytesOf(strings.Fields(line)...)})
		return strings.TrimSuffix(strings.ReplaceAll(string(reply.Bytes()), "\r\n", "|"), "|")
	}
	if got := as("AUTH app x"); got != "+OK" {
		t.Fatal(got)
	}
	return e, as
}

// invokerNeeds is what the user app lacks for each act, and how the error ends.
var invokerNeeds = []struct{ act, right, without string }{
	{"call", "+incr", "the user app has no permissions to run the 'incr' command"},
	{"callkey", "+incr ~{app}n", "the user app has no permissions to "},
	{"send", "+aso.send ~app:*", "the user app has no permissions to "},
	{"publish", "+publish &news", "the user app has no permissions to "},
	{"expire", "+pexpireat", "the user app has no permissions to run the 'pexpireat' command"},
	{"expireat", "+pexpireat", "the user app has no permissions to run the 'pexpireat' command"},
	{"persist", "+persist", "the user app has no permissions to run the 'persist' command"},
	{"delete", "+del", "the user app has no permissions to run the 'del' command"},
}

// TestInvokerMustBeAllowedWhatItsHandlerDoes runs each act with handlers of both kinds, and with every part of the right missing.
func TestInvokerMustBeAllowedWhatItsHandlerDoes(t *testing.T) {
	for _, n := range invokerNeeds {
		_, as := withUser(t, "definer")
		if got := as("ASO.CALL {app}k " + n.act); strings.HasPrefix(got, "-") {
			t.Errorf("%s with rights of its own: %s", n.act, got)
		}
		e, as := withUser(t, "invoker")
		e.all("ASO.CALL {app}k own")
		rights := strings.Fields(n.right)
		for missing := range rights {
			e.all("ACL SETUSER app resetkeys ~{app}k resetchannels -incr -aso.send -publish -pexpireat -persist -del")
			for i, right := range rights {
				if i != missing {
					e.all("ACL SETUSER app " + right)
				}
			}
			before, units, heard := e.image(), len(e.units), len(e.heard)
			if got := as("ASO.CALL {app}k " + n.act); !strings.HasPrefix(got, "-ASOFAIL h1@") || !strings.Contains(got, n.without) {
				t.Errorf("%s without %s: %s", n.act, rights[missing], got)
			}
			if d := before.diff(e.image()); d != "" || len(e.units) != units || len(e.heard) != heard {
				t.Errorf("%s without %s: %s", n.act, rights[missing], d)
			}
		}
		e.all("ACL SETUSER app " + n.right)
		if got := as("ASO.CALL {app}k " + n.act); strings.HasPrefix(got, "-") {
			t.Errorf("%s with the right: %s", n.act, got)
		}
	}
}

// TestDenialsOfInvokersStandInACLLog lets handlers do what the user may not, caught or not, and in runs that are taken back anyway.
func TestDenialsOfInvokersStandInACLLog(t *testing.T) {
	e, as := withUser(t, "invoker")
	logged := func(want ...string) {
		t.Helper()
		got := e.do("ACL LOG")
		if n := strings.Count(got, "|age-seconds|"); n != len(want) {
			t.Errorf("%d entries, want %d: %s", n, len(want), got)
		}
		for _, w := range want {
			if !strings.Contains(got, w+"|$8|username|$3|app|") {
				t.Errorf("no entry %s: %s", w, got)
			}
		}
		e.all("ACL LOG RESET")
	}
	e.all("ACL SETUSER app +incr +publish &errors") // what onError does is allowed
	for act, want := range map[string]string{
		"delete": "command|$7|context|$3|lua|$6|object|$3|del", "callkey": "key|$7|context|$3|lua|$6|object|$6|{app}n", "expire": "command|$7|context|$3|lua|$6|object|$9|pexpireat",
	} {
		as("ASO.CALL {app}k " + act)
		logged("$6|reason|$" + fmt.Sprint(strings.Index(want, "|")) + "|" + want)
	}
	e.all("ACL SETUSER app -incr resetchannels")
	as("ASO.CALL {app}k publish")
	logged("$6|reason|$7|channel|$7|context|$3|lua|$6|object|$4|news", "$6|reason|$7|channel|$7|context|$3|lua|$6|object|$6|errors") // the second by onError
	e.all("ASO.STATE {app}k SET onGet \"call\"")
	const incr = "$6|reason|$7|command|$7|context|$3|lua|$6|object|$4|incr"
	e.all("ACL SETUSER app &errors")
	as("GET {app}k")
	as("EVAL return(redis.call('GET',KEYS[1])) 1 {app}k")
	if got := e.do("ACL LOG"); !strings.HasPrefix(got, "*1|*14|$5|count|:2|") || !strings.Contains(got, "cmd=eval user=app") {
		t.Error(got)
	}
	logged(incr)
	e.all("ASO.REPLAY RUN " + e.text("ASO.REPLAY LIST", "id"))
	e.all("ASO.DETACH {app}k h1 KEEPSTATE; ASO.ATTACH {app}k h1 MODE observe")
	as("GET {app}k")
	if got := e.do("ASO.LOG {app}k COUNT 1"); !strings.Contains(got, "observed: ") || !strings.Contains(got, "no permissions") {
		t.Error(got)
	}
	logged()
	e.attach("rights = 'invoker'\nfunction onGet(self) return tostring(pcall(self.call, self, 'INCR')) end", "{app}caught")
	e.all("SET {app}caught 1; ACL SETUSER app ~{app}caught")
	if got := as("GET {app}caught"); got != "$5|false" {
		t.Error(got)
	}
	logged(incr)
}

func TestInvokerIsTheUserOfTheCommand(t *testing.T) {
	e, as := withUser(t, "invoker")
	e.steps("ASO.STATE {app}k SET onGet \"call\" => +OK", "GET {app}k => $1|1", "GET {app}k => $1|2")
	const denied = "the user app has no permissions to run the 'incr' command"
	for _, line := range []string{"GET {app}k", "EVAL return(redis.call('GET',KEYS[1])) 1 {app}k"} {
		if got := as(line); !strings.Contains(got, "ASOFAIL") || !strings.Contains(got, denied) {
			t.Errorf("%s: %s", line, got)
		}
	}
	as("MULTI")
	as("GET {app}k")
	if got := as("EXEC"); !strings.Contains(got, denied) {
		t.Error(got)
	}
	e.all("ACL SETUSER app +incr %R~{app}k resetkeys %R~{app}k")
	if got := as("GET {app}k"); !strings.HasSuffix(got, "has no permissions to use the key '{app}k' with incr") {
		t.Error(got)
	}
	e.all("ACL SETUSER app ~{app}k")
	if got := as("GET {app}k"); got != "$1|3" {
		t.Error(got)
	}
	if got := as("ASO.CALL {app}k own"); strings.HasPrefix(got, "-") { // what belongs to the object alone needs no right
		t.Error(got)
	}
	e.heard = nil
	e.all("ACL SETUSER app -incr")
	as("GET {app}k")
	if len(e.heard) > 0 {
		t.Errorf("onError published: %q", e.heard)
	}
	if got := e.do("ASO.LOG {app}k COUNT 1"); !strings.Contains(got, "onError") || !strings.Contains(got, "no permissions") {
		t.Error(got)
	}
	id := e.text("ASO.REPLAY LIST", "id")
	if got := e.do("ASO.REPLAY RUN " + id); !strings.Contains(got, denied) { // it is that user's still
		t.Error(got)
	}
	e.all("ACL SETUSER app +incr")
	if got := e.do("ASO.REPLAY RUN " + id); strings.Contains(got, denied) {
		t.Error(got)
	}
	e.all("ACL SETUSER nobody on nopass ~* +aso.attach")
	ses, reply := e.client()
	for _, line := range []string{"AUTH nobody x", "ASO.ATTACH {app}new h1"} {
		reply.Reset()
		e.server.Batch(ses, [][][]byte{bytesOf(strings.Fields(line)...)})
	}
	if got := string(reply.Bytes()); !strings.Contains(got, "the user nobody has no permissions to run the 'publish' command") {
		t.Error(got)
	}
}

// TestNobodyIsTheInvokerOfWhatNoUserSetsOff lets timers, messages and expiry run.
func TestNobodyIsTheInvokerOfWhatNoUserSetsOff(t *testing.T) {
	e, _ := withUser(t, "invoker")
	const none = "the handler has the rights of its invoker, and no user has set it off"
	e.all("ASO.TIMER SET {app}k t IN 1000 RETRY 0 DATA call; ASO.STATE {app}k SET onExpire \"publish\"")
	if got := e.do("ASO.TIMER FIRE {app}k t"); !strings.HasSuffix(got, none) {
		t.Error(got)
	}
	e.advance(time.Second)
	if got := e.do("ASO.DLQ LIST"); !strings.Contains(got, none) {
		t.Error(got)
	}
	e.all("ASO.SEND {app}k own")
	e.advance(0)
	if got := e.do("ASO.STATE {app}k GET n"); got != "$1|1" {
		t.Error(got)
	}
	e.all("ASO.SEND {app}k call")
	e.advance(0)
	if got := e.do("ASO.LOG {app}k COUNT 1"); !strings.Contains(got, none) {
		t.Error(got)
	}
	e.heard = nil
	e.advance(200 * time.Second)
	if got := e.do("EXISTS {app}k"); got != ":0" || len(e.heard) > 0 {
		t.Errorf("%s %q", got, e.heard)
	}
}

func TestRightsAreOneOfTwoWords(t *testing.T) {
	e := newEngine(t)
	for head, want := range map[string]string{
		`rights = "invoker"`: "$", `rights = "definer"`: "$", `rights = "owner"`: `-ASOCOMPILE line 2: rights are "definer" or "invoker"`,
		`rights = { "invoker" }`: "-ASOCOMPILE line 2: rights must be one word", `rights, limits = "invoker", {}`: "-ASOCOMPILE line 2: only handlers",
		"rights = 'invoker'\nrights = 'invoker'": "-ASOCOMPILE line 3: rights must be one word",
	} {
		if got := e.run("ASO.LOAD", "#!lua name=h\n"+head+"\nfunction onGet() end"); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", head, got)
		}
	}
}
