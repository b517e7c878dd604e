package sandbox

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// cannedHost answers each command with the next of some replies.
type cannedHost struct{ calls int }

var cannedReplies = []string{
	":1\r\n", "$3\r\nabc\r\n", "$-1\r\n", "*2\r\n:1\r\n$1\r\nx\r\n", "*-1\r\n", "+OK\r\n", "-WRONGTYPE no\r\n", "_\r\n", "#t\r\n", ",1.5\r\n", "(123\r\n",
	"=7\r\ntxt:abc\r\n", "%1\r\n$1\r\nk\r\n:1\r\n", "~1\r\n$1\r\nm\r\n", "*0\r\n", "*1\r\n*1\r\n_\r\n",
}

func (h *cannedHost) Call(args [][]byte, _ bool) ([]byte, error) {
	if len(args) == 0 {
		return nil, errors.New("a command without words")
	}
	h.calls++
	return []byte(cannedReplies[h.calls%len(cannedReplies)]), nil
}

func (h *cannedHost) Allows([][]byte) (allowed, known bool) { return h.calls%2 == 0, true }

func (h *cannedHost) Log(int, string) {}

// shapeReplier counts the items of a reply, and those that its heads announce.
type shapeReplier struct{ open, items int }

func (s *shapeReplier) item()                   { s.items++ }
func (s *shapeReplier) Int(int64)               { s.item() }
func (s *shapeReplier) BulkString(string)       { s.item() }
func (s *shapeReplier) Null()                   { s.item() }
func (s *shapeReplier) Bool(bool)               { s.item() }
func (s *shapeReplier) Double(float64)          { s.item() }
func (s *shapeReplier) BigNumber(string)        { s.item() }
func (s *shapeReplier) Verbatim(string, string) { s.item() }
func (s *shapeReplier) Status(string)           { s.item() }
func (s *shapeReplier) Error(string, bool)      { s.item() }
func (s *shapeReplier) Array(n int)             { s.item(); s.open += n }
func (s *shapeReplier) Map(n int)               { s.item(); s.open += 2 * n }
func (s *shapeReplier) Set(n int)               { s.item(); s.open += n }

// FuzzScript runs any source as a script: it ends, by an error or with exactly one reply, and the interpreter does not fail.
func FuzzScript(f *testing.F) {
	for _, source := range []string{
		"return redis.call('GET', KEYS[1])", "x = 1", "local t = {} for i = 1, 9 do t[i] = redis.pcall('x') end return t", "redis.setresp(3) return {redis.call('a'), {map={a=1}}}",
		"return {pcall(function() error({err='x'}) end)}", "while true do pcall(error) end", "local a = {} a[1] = a return a", "return unpack(ARGV, 1, 7000)",
		"local function f(n) return f(n + 1) + 1 end return f(0)", "return cmsgpack.unpack(cmsgpack.pack(redis.call('a')))", "KEYS, ARGV = ARGV, KEYS", "return {set={[{}]=1},err=nil}",
		"return coroutine.wrap(function() coroutine.yield(1) end)()", "local co = coroutine.create(function() while true do pcall(coroutine.yield) end end) for i = 1, 9 do coroutine.resume(co) end",
		"local f f = function() return coroutine.wrap(f)() end f()", "table.sort({3, 2, 1}, coroutine.wrap(function() coroutine.yield(true) end))", "return loadstring('return KEYS, ...')(1)",
		"for x in coroutine.wrap(function() setmetatable({}, {__index = coroutine.yield}).x() end) do end", "return load(coroutine.wrap(function() coroutine.yield('return ') coroutine.yield('1') end))()",
		"function a.b:c() end", "for k, v in pairs(_G) do v = k end return tostring(redis)", "return redis.error_reply('-x') or redis.acl_check_cmd('a')", "math.randomseed(1) return math.random(3)",
		"return string.rep('x', 1e9)", "return redis.call(unpack({}, 1, 7990))", "setmetatable(_G, {}) redis.call = nil rawset(redis, 1, 2) table.insert(KEYS, 1)",
	} {
		f.Add(source)
	}
	pool := NewScriptPool(2)
	f.Fuzz(func(t *testing.T, source string) {
		limits := Limits{Instructions: 200_000, Memory: 8 << 20, Time: time.Second, Source: 64 << 10}
		script, err := CompileScript(source)
		if err != nil {
			return
		}
		var reply shapeReplier
		err = pool.RunScript(&ScriptRun{
			Script: script, Host: &cannedHost{}, Keys: [][]byte{[]byte("k")}, Args: [][]byte{[]byte("a"), []byte("2")}, Limits: limits, Reply: &reply, Seed: 1,
		})
		var fault *ScriptFault
		if errors.As(err, &fault) && fault.Cause != nil {
			t.Fatalf("%q: %v", source, fault.Cause)
		}
		if err == nil && reply.items != reply.open+1 {
			t.Fatalf("%q: %d items in a reply of %d", source, reply.items, reply.open+1)
		}
		if fault != nil && strings.ContainsAny(fault.Text, "\r\n") {
			t.Fatalf("%q: error of several lines %q", source, fault.Text)
		}
	})
}
