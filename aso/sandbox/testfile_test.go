package sandbox

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// echo notes what a test asks for.
type echo struct{ asked []string }

func (e *echo) Test(name string, args []Value, line int) (Value, error) {
	if name == "fail" {
		return Value{}, errors.New("no\nway")
	}
	e.asked = append(e.asked, fmt.Sprint(name, len(args), "@", line))
	return NumberValue(float64(len(e.asked))), nil
}

const testsInLua = `local shared = {}
local function helper(t, n)
  for i = 1, n do shared[#shared + 1] = t:cmd("X", i) end
  return #shared
end

test("first", function(t)
  if helper(t, 2) ~= 2 then error("shared with another test") end
  t:eq(t:now(), nil)
end)

test("second", function(t)
  if helper(t, 3) ~= 3 then error("shared with another test") end
  error("stop")
end)

test("third", function(t)
  local ok, e = pcall(t.fail, t)
  t:ok(not ok and e)
  t:fail()
end)

test("fourth", function(t) t.now() end)
test("fifth", function(t) t.now = 1 end)
test("sixth", function(t) log("x") end)
`

func TestTestsRunApart(t *testing.T) {
	file, err := LoadTests("x_test.lua", []byte(testsInLua))
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(file.Cases()[:3]); got != "[{first 7} {second 12} {third 17}]" {
		t.Errorf("cases %s", got)
	}
	for i, want := range []struct {
		asked, err string
	}{
		{"[cmd2@3 cmd2@3 now0@9 eq2@9]", "<nil>"},
		{"[cmd2@3 cmd2@3 cmd2@3]", "x_test.lua@:14 stop"},
		{"[ok1@19]", "x_test.lua@:20 no way"},
		{"[]", "x_test.lua@:23 call it as t:now(...)"},
		{"[]", "x_test.lua@:24 Attempt to modify a readonly table"},
		{"[]", "x_test.lua@:25 log: only handlers can do this"},
	} {
		var host echo
		err := file.Run(i, &host)
		if fmt.Sprint(host.asked) != want.asked || fmt.Sprint(err) != want.err {
			t.Errorf("test %d: %v, %v; want %s, %s", i, host.asked, err, want.asked, want.err)
		}
	}
}

func TestBadTestFilesAreRefused(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"test('a', function(t) end", "line 1: ')' expected near '<eof>'"},
		{"\nx = 1", `line 2: assignment to global "x"`},
		{"test('a', function() end)\ntest('a', function() end)", `f@:2 test "a" is there twice`},
		{"test('a')", "f@:1 bad argument #2 to 'test' (function expected)"},
		{"test()", "f@:1 bad argument #1 to 'test' (string expected"},
		{"\nerror('top')", "f@:2 top"},
	} {
		if _, err := LoadTests("f", []byte(c.source)); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%q: got %v, want %s", c.source, err, c.want)
		}
	}
	if file, err := LoadTests("empty", nil); err != nil || len(file.Cases()) != 0 {
		t.Errorf("an empty file: %v", err)
	}
}
