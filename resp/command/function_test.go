package command_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"comet/aso"
	"comet/aso/randtest"
)

// loadLibrary loads a library of functions, or another one of its name.
func (e *engine) loadLibrary(name, body string) {
	e.t.Helper()
	if got := e.run("FUNCTION", "LOAD", "REPLACE", "#!lua name="+name+"\n"+body); !strings.HasSuffix(got, name) {
		e.t.Fatalf("%s: %s", body, got)
	}
}

// TestLibrariesAreKept loads, replaces and deletes libraries, and restarts: they are there, their variables begin anew.
func TestLibrariesAreKept(t *testing.T) {
	e := newEngine(t)
	e.loadLibrary("a", "local n = 0 redis.register_function('a', function() n = n + 1 return n end)")
	e.loadLibrary("b", "redis.register_function('b', function() return 'first' end)")
	e.loadLibrary("b", "redis.register_function('b', function() return 'second' end)")
	e.loadLibrary("c", "redis.register_function('c', function() return 'gone' end)")
	e.all("FUNCTION DELETE c; FCALL a 0; FCALL a 0")
	e.want(":3", "FCALL", "a", "0")
	dump := e.do("FUNCTION DUMP")
	if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
		t.Error(d)
	}
	e.restart()
	e.want(":1", "FCALL", "a", "0")
	e.want("$6|second", "FCALL", "B", "0")
	e.want("-ERR Function not found", "FCALL", "c", "0")
	e.want(dump, "FUNCTION", "DUMP")
	e.want("+OK", "FUNCTION", "FLUSH")
	e.restart()
	e.want("*0", "FUNCTION", "LIST")
}

// TestReplayOfLibraries makes a history of libraries and loads it from the journal, and from a snapshot on the way and the rest.
func TestReplayOfLibraries(t *testing.T) {
	seed := randtest.Seed(t)
	r := rand.New(rand.NewPCG(seed, 1))
	e := newEngine(t)
	var chunks [][]byte
	begin := 0
	for i := range 200 {
		name := fmt.Sprint("l", r.IntN(4))
		switch r.IntN(8) {
		case 0:
			e.run("FUNCTION", "DELETE", name)
		case 1:
			e.run("FUNCTION", "FLUSH")
		case 2:
			e.run("FUNCTION", "RESTORE", strings.SplitN(e.do("FUNCTION DUMP"), "|", 2)[1], "REPLACE")
		case 3:
			e.all("MULTI; SET k v")
			e.run("FUNCTION", "LOAD", fmt.Sprintf("#!lua name=%s\nredis.register_function('f%d', function() end)", name, r.IntN(5)))
			e.do("EXEC")
		default:
			e.run("FUNCTION", "LOAD", "REPLACE", fmt.Sprintf("#!lua name=%s\nredis.register_function('f%d', function() return %d end)", name, r.IntN(5), i))
		}
		if i == 100 {
			begin = len(e.units)
			err := e.ks.Snapshot(context.Background(), func(_ uint64, chunk []byte) error {
				chunks = append(chunks, bytes.Clone(chunk))
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	want := e.image()
	if d := want.diff(imageOf(t, e.replayed())); d != "" {
		t.Fatalf("seed %d: journal: %s", seed, d)
	}
	ks := aso.New(aso.Options{})
	l := ks.NewLoader()
	for _, chunk := range chunks {
		if err := l.Chunk(0, chunk); err != nil {
			t.Fatal(err)
		}
	}
	for i, unit := range e.units[begin:] {
		if err := l.Unit(uint64(begin+i+1), unit); err != nil {
			t.Fatal(err)
		}
	}
	l.Close()
	if d := want.diff(imageOf(t, ks)); d != "" {
		t.Fatalf("seed %d: snapshot and journal: %s", seed, d)
	}
}

// TestVariablesOfALibraryAreOne lets many clients change what functions share: no change may get lost, and none may be seen half-way.
func TestVariablesOfALibraryAreOne(t *testing.T) {
	e := newEngine(t)
	e.withoutJournal()
	e.loadLibrary("shared", `local n, t, pair = 0, {}, {left = 0, right = 0}
redis.register_function('next', function(keys) n = n + 1 redis.call('INCR', 'total') return n end)
redis.register_function('push', function(keys, args) t[#t + 1] = args[1] return #t end)
redis.register_function('move', function(keys) pair.left = pair.left + 1 for i = 1, 50 do end pair.right = pair.right + 1 redis.call('INCR', keys[1]) end)
redis.register_function('check', function() return {n, #t, pair.left - pair.right, pair.left} end)`)
	e.loadLibrary("constant", `local words, add = {'a', 'b', deep = {1}}, function(a, b) return a + b end
redis.register_function('constant', function(keys, args) local sum = 0 local function count(x) sum = add(sum, x) end for i = 1, 9 do count(i) end return words[1] .. sum .. words.deep[1] end)`)
	e.loadLibrary("late", `local seen = {} redis.register_function('late', function(keys) redis.call('INCR', keys[1]) seen[1] = (seen[1] or 0) + 1 return seen[1] end)`)
	const clients, rounds = 4, 100
	var all sync.WaitGroup
	for id := range clients {
		ses, reply := e.client()
		all.Go(func() {
			run := func(line string) string {
				e.server.Batch(ses, [][][]byte{bytesOf(strings.Fields(line)...)})
				got := strings.ReplaceAll(string(reply.Bytes()), "\r\n", "|")
				reply.Reset()
				return got
			}
			for range rounds {
				run("FCALL next 0")
				run(fmt.Sprintf("FCALL push 1 k%d x", id))
				run(fmt.Sprintf("FCALL move 1 m%d", id))
				run("FCALL late 1 lates")
				if got := run("FCALL constant 0"); got != "$4|a451|" {
					t.Errorf("constant: %s", got)
				}
				if got := run("FCALL check 0"); strings.Split(got, "|")[3] != ":0" {
					t.Errorf("check: %s", got)
				}
			}
		})
	}
	all.Wait()
	e.want(fmt.Sprintf("*4|:%d|:%d|:0|:%d", clients*rounds, clients*rounds, clients*rounds), "FCALL", "check", "0")
	e.want(fmt.Sprintf("$3|%d", clients*rounds), "GET", "total")
	e.want(fmt.Sprintf("$3|%d", clients*rounds), "GET", "lates")
	e.want(fmt.Sprintf(":%d", clients*rounds+1), "FCALL", "late", "1", "lates")
}

// TestALimitTakesAFunctionBack ends functions by a limit: their changes of keys are gone, their variables stay until they are too large.
func TestALimitTakesAFunctionBack(t *testing.T) {
	e := newEngine(t)
	e.all("SET a 1; CONFIG SET aso-script-max-instructions 200000; CONFIG SET aso-script-max-memory 4mb")
	e.loadLibrary("l", `local n, kept = 0, {}
redis.register_function('spin', function() n = n + 1 redis.call('SET', 'a', 2) while true do end end)
redis.register_function('keep', function() for i = 1, 20 do kept[#kept + 1] = string.rep('x', 20000) .. #kept end redis.call('SET', 'a', #kept) return #kept end)
redis.register_function('list', function() kept = {kept} redis.call('SET', 'a', 'l') return 1 end)
redis.register_function('n', function() return n end)`)
	before := e.image()
	for range 2 {
		if got := e.do("FCALL spin 0"); !strings.HasPrefix(got, "-ASOLIMIT script ended and taken back: ") {
			t.Error(got)
		}
	}
	if d := before.diff(e.image()); d != "" {
		t.Error(d)
	}
	e.want(":2", "FCALL", "n", "0")
	got, runs := "", 0
	for ; runs < 100 && !strings.HasPrefix(got, "-"); runs++ {
		got = e.do("FCALL keep 0")
	}
	if !strings.Contains(got, "which begin anew") || runs < 5 || runs > 40 {
		t.Errorf("after %d runs: %s", runs, got)
	}
	e.want(fmt.Sprintf("$3|%d", 20*(runs-1)), "GET", "a")
	e.want(":20", "FCALL", "keep", "0")
	for range 500 { // a list as deep as that
		e.want(":1", "FCALL", "list", "0")
	}
}

// TestFunctionKill ends a function, and only that.
func TestFunctionKill(t *testing.T) {
	e := newEngine(t)
	e.withoutJournal()
	e.loadLibrary("l", "redis.register_function('spin', function(keys) redis.call('SET', keys[1], 2) while true do end end)")
	e.all("SET a 1; CONFIG SET aso-script-max-instructions 1000000000000; CONFIG SET busy-reply-threshold 0; CONFIG SET aso-script-max-memory 1gb")
	other, reply := e.client()
	var killer sync.WaitGroup
	killer.Go(func() {
		ask := func(words ...string) string {
			e.server.Batch(other, [][][]byte{bytesOf(words...)})
			defer reply.Reset()
			return string(reply.Bytes())
		}
		for !strings.Contains(ask("FUNCTION", "STATS"), "spin\r\n$7\r\ncommand\r\n*4\r\n$5\r\nFCALL\r\n") {
		}
		if got := ask("SCRIPT", "KILL"); got != "-BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.\r\n" {
			t.Error(got)
		}
		if got := ask("FUNCTION", "KILL"); got != "+OK\r\n" {
			t.Error(got)
		}
	})
	e.want("-ERR Script killed by user with SCRIPT KILL...", "FCALL", "spin", "1", "a")
	killer.Wait()
	e.want("$1|1", "GET", "a")
	e.want("-NOTBUSY No scripts in execution right now.", "FUNCTION", "KILL")
	if got := e.do("FUNCTION STATS"); !strings.HasPrefix(got, "*4|$14|running_script|$-1|") {
		t.Error(got)
	}
}

// TestFunctionsRunWithTheRightsOfTheirCaller denies commands and keys inside functions, and the commands about libraries.
func TestFunctionsRunWithTheRightsOfTheirCaller(t *testing.T) {
	e := newEngine(t)
	e.loadLibrary("l", "redis.register_function('get', function(keys, args) return redis.call('GET', args[1]) end)")
	e.all("ACL SETUSER u on nopass ~a* +@all -incr; ACL SETUSER r on nopass ~a* +get +function|list; SET a 1; SET b 2")
	e.want("+OK", "AUTH", "u", "x")
	e.want("$1|1", "FCALL", "get", "0", "a")
	if got := e.run("FCALL", "get", "0", "b"); !strings.HasPrefix(got, "-ERR The user executing the script can't access at least one of the keys") {
		t.Error(got)
	}
	e.want("-NOPERM this user has no permissions to access one of the keys used as arguments", "FCALL", "get", "1", "b", "a")
	e.want("+OK", "AUTH", "r", "x")
	for _, words := range [][]string{{"FCALL", "get", "0", "a"}, {"FUNCTION", "FLUSH"}} {
		if got := e.run(words...); !strings.HasPrefix(got, "-NOPERM this user has no permissions to run the '") {
			t.Error(got)
		}
	}
	if got := e.do("FUNCTION LIST"); !strings.HasPrefix(got, "*1|") {
		t.Error(got)
	}
}
