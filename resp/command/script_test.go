package command_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"comet/aso"
	"comet/resp/command"
)

func (e *engine) want(want string, args ...string) {
	e.t.Helper()
	if got := e.run(args...); got != want {
		e.t.Fatalf("%q:\n got %s\nwant %s", args, got, want)
	}
}

// TestALimitTakesAScriptBackWhole ends scripts half-way: nothing of them stays, in memory or in the journal.
func TestALimitTakesAScriptBackWhole(t *testing.T) {
	e := newEngine(t)
	e.all("SET a 1; RPUSH l x; HSET h f v; ZADD z 1 m; SADD s m; CONFIG SET aso-script-max-instructions 20000; CONFIG SET notify-keyspace-events KEA")
	before, units, heard := e.image(), len(e.units), len(e.heard)
	const writes = `redis.call('SET','a','2') redis.call('DEL','l') redis.call('HSET','h','f','w') redis.call('ZADD','z',2,'n')
		redis.call('SADD','s','n') redis.call('SET','new','x') redis.call('RENAME','s','t') redis.call('PUBLISH','c','m') `
	for _, end := range []string{"while true do end", "while true do pcall(function() while true do end end) end", "local s = 'x' while true do s = s .. s end"} {
		for _, keys := range [][]string{{"0"}, {"2", "a", "l"}} {
			got := e.run(append([]string{"EVAL", writes + end}, keys...)...)
			if !strings.HasPrefix(got, "-ASOLIMIT script ended and taken back: ") {
				t.Errorf("%s: %s", end, got)
			}
		}
	}
	if d := before.diff(e.image()); d != "" || len(e.units) != units || len(e.heard) != heard {
		t.Errorf("something stays: %s, %d units, heard %q", d, len(e.units)-units, e.heard[heard:])
	}
	e.all("CONFIG SET aso-script-max-instructions 2000000; CONFIG SET busy-reply-threshold 1")
	if got := e.run("EVAL", writes+"for i = 1, 1e8 do end", "0"); !strings.Contains(got, "time budget") && !strings.Contains(got, "instructions budget") {
		t.Error(got)
	}
	if d := before.diff(e.image()); d != "" {
		t.Error(d)
	}
	e.want("+OK", "CONFIG", "SET", "aso-script-max-memory", "100kb")
	if got := e.run("EVAL", "return string.rep('x', 200000)", "0"); !strings.HasPrefix(got, "-ASOLIMIT ") {
		t.Error(got)
	}
}

// TestScriptsSeeAndFireHandlers runs commands of scripts on objects with handlers.
func TestScriptsSeeAndFireHandlers(t *testing.T) {
	e := newEngine(t)
	e.all("SET a 1; SET b 2; SET once 3")
	e.attach(`function onGet(self, ev) self.state.n = (self.state.n or 0) + 1 return self.value .. "#" .. self.state.n end
function onUpdate(self, ev) if ev.new == "bad" then return deny("no") end end`, "a")
	e.attach(`function onGet(self, ev) self:delete() end`, "once")
	e.want("*2|$3|1#1|$3|1#2", "EVAL", "return {redis.call('GET','a'), redis.call('GET',KEYS[1])}", "1", "a")
	e.want("$10|ASODENY no", "EVAL", "local ok, err = pcall(redis.call,'SET','a','bad') return err", "1", "a")
	e.want("-ASODENY no", "EVAL", "redis.call('SET','b','kept') return redis.pcall('SET','a','bad')", "0")
	e.want("$4|kept", "GET", "b")
	e.want("*2|$1|3|$-1", "EVAL", "return {redis.call('GET','once'), redis.call('GET','once')}", "0")
	if got := imageOf(t, e.replayed()).diff(e.image()); got != "" {
		t.Errorf("replay differs: %s", got)
	}
}

// TestScriptsAreKept restarts: what SCRIPT LOAD kept is there, what EVAL compiled is not.
func TestScriptsAreKept(t *testing.T) {
	e := newEngine(t)
	name := aso.ScriptName([]byte("return 'loaded'"))
	e.want("$40|"+name, "SCRIPT", "LOAD", "return 'loaded'")
	e.want("$4|seen", "EVAL", "return 'seen'", "0")
	seen := aso.ScriptName([]byte("return 'seen'"))
	e.want("*2|:1|:1", "SCRIPT", "EXISTS", name, seen)
	e.restart()
	e.want("*2|:1|:0", "SCRIPT", "EXISTS", strings.ToUpper(name), seen)
	e.want("$6|loaded", "EVALSHA", name, "0")
	if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
		t.Error(d)
	}
	e.want("+OK", "SCRIPT", "FLUSH")
	e.restart()
	e.want("-NOSCRIPT No matching script. Please use EVAL.", "EVALSHA", name, "0")
}

// TestScriptsAreAtomicWhateverTheyDeclare moves amounts between keys that scripts name, name in part or do not name, in and outside of
// transactions. Nobody may ever see an amount on its way.
func TestScriptsAreAtomicWhateverTheyDeclare(t *testing.T) {
	const (
		move = `local n = redis.call('INCRBY', ARGV[1], -1) redis.call('INCRBY', ARGV[2], 1) if n % 7 == 0 then error('late') end return n`
		sum  = `local n = 0 for i = 0, 9 do n = n + redis.call('GET', 'k' .. i) end return n`
		keys = 10
	)
	e := newEngine(t)
	e.withoutJournal()
	for i := range keys {
		e.do(fmt.Sprintf("SET k%d 100", i))
	}
	serverRun := func(ses *command.Session, batch ...[][]byte) string {
		for len(batch) > 0 {
			batch = batch[e.server.Batch(ses, batch):]
		}
		reply := string(ses.Reply.Bytes())
		ses.Reply.Reset()
		return reply
	}
	var clients sync.WaitGroup
	for id := range uint64(4) {
		ses, _ := e.client()
		clients.Go(func() {
			r := rand.New(rand.NewPCG(id, 1))
			for i := range 200 {
				a, b := fmt.Sprint("k", r.IntN(keys)), fmt.Sprint("k", r.IntN(keys))
				args := [][]string{
					{"EVAL", move, "2", a, b, a, b}, {"EVAL", fmt.Sprint("-- ", i, "\n", move), "1", a, a, b}, {"EVAL", move + "--", "0", a, b},
				}[r.IntN(3)]
				batch := [][][]byte{bytesOf(args...)}
				if r.IntN(4) == 0 {
					batch = [][][]byte{bytesOf("MULTI"), batch[0], bytesOf("EVAL", sum, "0"), bytesOf("EXEC")}
				}
				serverRun(ses, batch...)
				if got := serverRun(ses, bytesOf("EVAL", sum, "0")); got != ":1000\r\n" {
					t.Errorf("the sum is %q", got)
				}
			}
		})
	}
	clients.Wait()
}

// withoutJournal starts anew, for several clients at once.
func (e *engine) withoutJournal() {
	e.t.Helper()
	config, err := command.NewConfig()
	if err != nil {
		e.t.Fatal(err)
	}
	e.ks = aso.New(aso.Options{})
	if e.server, err = command.NewServer(e.ks, command.Options{Config: config}); err != nil {
		e.t.Fatal(err)
	}
	e.ses = e.server.NewSession(&testConn{}, &e.reply)
}

// TestScriptKill ends a script that runs, from another client.
func TestScriptKill(t *testing.T) {
	e := newEngine(t)
	e.withoutJournal()
	e.all("SET a 1; CONFIG SET aso-script-max-instructions 1000000000000; CONFIG SET busy-reply-threshold 0; CONFIG SET aso-script-max-memory 1gb")
	other, reply := e.client()
	var killer sync.WaitGroup
	killer.Go(func() {
		for {
			e.server.Batch(other, [][][]byte{bytesOf("SCRIPT", "KILL")})
			killed := strings.HasPrefix(string(reply.Bytes()), "+OK")
			reply.Reset()
			if killed {
				return
			}
		}
	})
	e.want("-ERR Script killed by user with SCRIPT KILL...", "EVAL", "redis.call('SET','a','2') while true do end", "1", "a")
	killer.Wait()
	e.want("$1|1", "GET", "a")
	e.want("-NOTBUSY No scripts in execution right now.", "SCRIPT", "KILL")
}

// TestScriptsRunWithTheRightsOfTheirCaller denies commands, keys and channels inside scripts.
func TestScriptsRunWithTheRightsOfTheirCaller(t *testing.T) {
	e := newEngine(t)
	e.all("ACL SETUSER u on nopass ~a* &c* +@all -incr; SET a 1; SET b 2")
	e.want("+OK", "AUTH", "u", "x")
	for script, want := range map[string]string{
		"return redis.call('GET','a')":              "$1|1",
		"return redis.pcall('GET','b')":             "-ERR The user executing the script can't access at least one of the keys mentioned in the command arguments",
		"return redis.pcall('INCR','a')":            "-ERR The user executing the script can't run this command or subcommand",
		"return redis.pcall('PUBLISH','d','m')":     "-ERR The user executing the script can't publish to the channel mentioned in the command",
		"return redis.acl_check_cmd('INCR','a')":    "$-1",
		"return redis.acl_check_cmd('GET','abc')":   ":1",
		"return redis.acl_check_cmd('GET','other')": "$-1",
	} {
		e.want(want, "EVAL", script, "0")
	}
	if got := e.do("ACL LOG"); strings.Count(got, "|$3|lua|") != 3 {
		t.Error(got)
	}
}
