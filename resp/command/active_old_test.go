package command_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"comet/aso/sandbox"
)

// digest tells of a value of any size how many items it has, and some of them.
const digest = `local function digest(v, kind)
  if v == nil then return "nil" end
  if kind == "string" then return #v .. v:sub(1, 1) .. v:sub(-1) end
  if kind == "list" then return #v .. " " .. v[1] .. " " .. v[#v] end
  if kind == "stream" then return #v .. " " .. table.concat({ v[1][1], v[1][2][1], v[1][2][2], v[#v][1], v[#v][2][1], v[#v][2][2] }, ",") end
  local n, has = 0, ""
  for name, x in pairs(v) do
    n = n + 1
    if kind == "set" and x == "one" then has = " one" end
  end
  if kind == "set" then return n .. has end
  return n .. " " .. tostring(v.i7) .. " " .. tostring(v.one)
end
`

// largeValues makes values of 100 000 items or bytes, most of them in one command each.
func (e *engine) largeValues() {
	const n = 100_000
	push, add, set, zadd := []string{"RPUSH", "l"}, []string{"SADD", "m"}, []string{"HSET", "h"}, []string{"ZADD", "z"}
	for i := range n {
		item := fmt.Sprint("i", i)
		push, add, set, zadd = append(push, item), append(add, item), append(set, item, "v"), append(zadd, fmt.Sprint(i), item)
	}
	for _, args := range [][]string{push, add, set, zadd, {"SET", "s", strings.Repeat("s", n)}} {
		if got := e.run(args...); strings.HasPrefix(got, "-") {
			e.t.Fatal(got)
		}
	}
	for i := range n {
		e.run("XADD", "x", fmt.Sprintf("%d-1", i+1), "f", "v")
	}
}

// Whatever a command does to a value, and however large that is, onUpdate and onDelete see how it was. A run that asks for more than it may hold ends
// with that limit, and nothing has changed; one that does not ask costs nothing.
func TestOldValueOfAnySize(t *testing.T) {
	e := newEngine(t)
	e.largeValues()
	e.attach(digest+`
function onUpdate(self, ev)
  if ev.args[2] == "quiet" then return end
  self.state.old = digest(ev.old, self.type) .. " | " .. digest(ev.new, self.type)
  if ev.new == "keep" then return keep() end
end
function onDelete(self, ev) self:publish("deleted", ev.cmd .. " " .. digest(ev.old, self.type)) return keep() end
function onMessage(self, ev) return self.state.old end`, "l", "m", "h", "z", "s", "x")

	e.ks.SetHandlerLimits(sandbox.Limits{Instructions: 1 << 40, Memory: 1 << 16, Time: time.Minute})
	units := len(e.units)
	for _, line := range []string{"RPUSH l a", "SADD m a", "HSET h a b", "ZADD z 1 a", "XADD x * f v", "APPEND s a", "LTRIM l 0 1", "SET s a", "HDEL h i7", "DEL z"} {
		if got := e.do(line); !strings.HasPrefix(got, "-ASOLIMIT memory") {
			t.Errorf("%s: %s", line, got)
		}
	}
	if len(e.units) != units {
		t.Errorf("%d units of what was refused", len(e.units)-units)
	}
	e.all("SADD m quiet; SREM m quiet")

	e.ks.SetHandlerLimits(sandbox.Limits{Instructions: 1 << 40, Memory: 1 << 30, Time: time.Minute})
	for _, c := range []struct{ line, key, old, now string }{
		{"RPUSH l one two", "l", "100000 i0 i99999", "100002 i0 two"},
		{"LTRIM l 1 -2", "l", "100002 i0 two", "100000 i1 one"},
		{"LSET l 0 x", "l", "100000 i1 one", "100000 x one"},
		{"LREM l 0 x", "l", "100000 x one", "99999 i2 one"},
		{"LINSERT l BEFORE i2 y", "l", "99999 i2 one", "100000 y one"},
		{"EXPIRE l 100", "l", "100000 y one", "100000 y one"},
		{"SADD m one i1", "m", "100000", "100001 one"},
		{"SREM m i7 i8 one", "m", "100001 one", "99998"},
		{"HSET h i7 w one 1", "h", "100000 v nil", "100001 w 1"},
		{"HDEL h i7 one i9", "h", "100001 w 1", "99998 nil nil"},
		{"ZADD z 0.5 i7 3 one", "z", "100000 7 nil", "100001 0.5 3"},
		{"ZREMRANGEBYRANK z 0 10", "z", "100001 0.5 3", "99990 nil nil"},
		{"XADD x 200000 f w", "x", "100000 1-1,f,v,100000-1,f,v", "100001 1-1,f,v,200000-0,f,w"},
		{"XTRIM x MAXLEN 1000", "x", "100001 1-1,f,v,200000-0,f,w", "1000 99002-1,f,v,200000-0,f,w"},
		{"XDEL x 99002-1", "x", "1000 99002-1,f,v,200000-0,f,w", "999 99003-1,f,v,200000-0,f,w"},
		{"APPEND s end", "s", "100000ss", "100003sd"},
		{"SETRANGE s 0 begin", "s", "100003sd", "100003bd"},
		{"SETRANGE s 1000000 x", "s", "100003bd", "1000001bx"},
		{"SET s short", "s", "1000001bx", "5st"},
		{"SET s keep", "s", "5st", "4kp"},
		{"SET s short", "s", "5st", "5st"},
	} {
		if got := e.do(c.line); strings.HasPrefix(got, "-") {
			t.Fatalf("%s: %s", c.line, got)
		}
		if got, want := e.do("ASO.CALL "+c.key+" old"), c.old+" | "+c.now; got != "$"+lengthOf(want) {
			t.Errorf("%s: got %s, want %s", c.line, got, want)
		}
	}
	e.heard = nil
	for _, c := range [][2]string{{"DEL l", ":0"}, {"LTRIM l 1 0", "+OK"}, {"LLEN l", ":100000"}, {"UNLINK h", ":0"}, {"SCARD m", ":99998"}, {"GETDEL s", "$5|short"}} {
		if got := e.do(c[0]); got != c[1] {
			t.Errorf("%s: %s", c[0], got)
		}
	}
	want := []string{"deleted del 100000 y one", "deleted ltrim 100000 y one", "deleted unlink 99998 nil nil", "deleted getdel 5st"}
	if strings.Join(e.heard, "; ") != strings.Join(want, "; ") {
		t.Errorf("heard %q, want %q", e.heard, want)
	}
}
