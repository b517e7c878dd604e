package lua

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// unmetered lets programs run as long as the test says.
type unmetered struct{ t testing.TB }

func (o unmetered) Refill()                     { panic("out of budget") }
func (o unmetered) Charge(int)                  {}
func (o unmetered) Refuse(*State, *Table, bool) { panic("refused") }

// machine is an interpreter with what the test programs call.
type machine struct {
	*State
	out []string
}

func newMachine(t testing.TB) *machine {
	sizes := Sizes{Slots: 32, MaxSlots: 500_000, Frames: 2, MaxFrames: 5000} // so small that all stacks grow
	m := &machine{State: New(unmetered{t}, &Budget{Left: 50_000_000}, Options{Main: sizes, Thread: sizes, Nested: 150})}
	g := NewTable(0, 0)
	m.Globals = g
	add := func(t *Table, name string, fn GoFunction) { t.SetString(name, NewFunction(fn).Value()) }
	add(g, "print", m.print)
	add(g, "type", func(L *State) int { L.Push(String(L.Get(1).TypeName())); return 1 })
	add(g, "tostring", func(L *State) int { L.Push(String(shown(L.Get(1)))); return 1 })
	add(g, "select", func(L *State) int {
		if s, ok := L.Get(1).Text(); ok && s == "#" {
			L.Push(Number(float64(L.GetTop() - 1)))
			return 1
		}
		n, _ := L.Get(1).Number()
		return max(L.GetTop()-int(n), 0)
	})
	add(g, "error", func(L *State) int {
		level := 1
		if n, ok := L.Get(2).Number(); ok {
			level = int(n)
		}
		L.Error(L.Get(1), level)
		return 0
	})
	add(g, "pcall", func(L *State) int {
		args := make([]Value, 0, L.GetTop())
		for i := 2; i <= L.GetTop(); i++ {
			args = append(args, L.Get(i))
		}
		results, err := L.PCall(L.Get(1), args...)
		if err != nil {
			L.Push(False)
			L.Push(err.Value)
			return 2
		}
		results = append([]Value{True}, results...)
		for _, v := range results {
			L.Push(v)
		}
		return len(results)
	})
	add(g, "setmetatable", func(L *State) int { L.Get(1).Table().Meta = L.Get(2).Table(); L.Push(L.Get(1)); return 1 })
	add(g, "rawset", func(L *State) int { L.RawSet(L.Get(1).Table(), L.Get(2), L.Get(3)); L.Push(L.Get(1)); return 1 })
	next := NewIterator(func(L *State) int {
		k, v, _ := L.Get(1).Table().Next(L.Get(2))
		L.Push(k)
		if k.IsNil() {
			return 1
		}
		L.Push(v)
		return 2
	}, Pairs)
	g.SetString("next", next.Value())
	add(g, "pairs", func(L *State) int { v := L.Get(1); L.Push(next.Value()); L.Push(v); L.Push(Nil); return 3 })
	step := NewIterator(func(L *State) int {
		i, _ := L.Get(2).Number()
		v := L.Get(1).Table().GetInt(int(i) + 1)
		if v.IsNil() {
			L.Push(Nil)
			return 1
		}
		L.Push(Number(i + 1))
		L.Push(v)
		return 2
	}, Items)
	add(g, "ipairs", func(L *State) int { v := L.Get(1); L.Push(step.Value()); L.Push(v); L.Push(Number(0)); return 3 })
	add(g, "unpack", func(L *State) int {
		t := L.Get(1).Table()
		for i := 1; i <= t.Len(); i++ {
			L.Push(t.GetInt(i))
		}
		return t.Len()
	})
	str := NewTable(0, 0)
	add(str, "rep", func(L *State) int {
		s, _ := L.Get(1).Text()
		n, _ := L.Get(2).Number()
		L.Push(String(strings.Repeat(s, int(n))))
		return 1
	})
	add(str, "upper", func(L *State) int { s, _ := L.Get(1).Text(); L.Push(String(strings.ToUpper(s))); return 1 })
	g.SetString("string", str.Value())
	m.Strings = NewTable(0, 0)
	m.Strings.SetString("__index", str.Value())
	return m
}

func (m *machine) print(L *State) int {
	var line []string
	for i := 1; i <= L.GetTop(); i++ {
		line = append(line, shown(L.Get(i)))
	}
	m.out = append(m.out, strings.Join(line, "\t"))
	return 0
}

func shown(v Value) string {
	if n, ok := v.Number(); ok {
		if n == 0 {
			return "0"
		}
		return strings.TrimPrefix(strings.ReplaceAll(NumberText(n), "-nan", "nan"), "+")
	}
	if s, ok := v.Text(); ok {
		return s
	}
	if v.Kind() == KindBool {
		if v.True() {
			return "true"
		}
		return "false"
	}
	return v.TypeName()
}

func compileSource(t testing.TB, source string) (*Proto, error) {
	t.Helper()
	stmts, err := Parse(source, "p", wide)
	if err != nil {
		return nil, err
	}
	return Compile(stmts, "p")
}

// runSource returns what a program prints, and its error.
func runSource(t testing.TB, source string) string {
	t.Helper()
	p, err := compileSource(t, source)
	if err != nil {
		return "refused"
	}
	m := newMachine(t)
	if _, err := m.PCall(NewClosure(p).Value()); err != nil {
		m.out = append(m.out, "error: "+shown(err.Value))
	}
	return strings.Join(m.out, "\n")
}

// driver does in Lua what runSource does.
const driver = `
local tostr = tostring
local function shown(v)
  if v == 0 then return "0" end
  if v ~= v then return "nan" end
  local t = type(v)
  if t == "number" or t == "string" or t == "boolean" then return tostr(v) end
  return t
end
local function run(src)
  local out = {}
  local env = {type = type, tostring = shown, select = select, error = error, pcall = pcall, setmetatable = setmetatable, rawset = rawset, next = next,
    pairs = pairs, ipairs = ipairs, unpack = unpack, string = {rep = string.rep, upper = string.upper}}
  function env.print(...)
    local t = {}
    for i = 1, select("#", ...) do t[i] = shown((select(i, ...))) end
    out[#out + 1] = table.concat(t, "\t")
  end
  local f = loadstring(src, "=p")
  if f then
    local ok, err = pcall(setfenv(f, env))
    if not ok then out[#out + 1] = "error: " .. shown(err) end
  else
    out[1] = "refused"
  end
  io.write(table.concat(out, "\n"), "\1")
end
`

// askLua returns what the lua5.1 binary prints for programs, in one process. Without the binary it skips the test.
func askLua(t *testing.T, sources []string) []string {
	t.Helper()
	lua51, err := exec.LookPath("lua5.1")
	if err != nil {
		t.Skip("lua5.1 is not installed")
	}
	var script bytes.Buffer
	script.WriteString(driver)
	for _, s := range sources {
		script.WriteString("run([=====[\n" + s + "]=====])\n")
	}
	path := filepath.Join(t.TempDir(), "programs.lua")
	if err := os.WriteFile(path, script.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(lua51, path).CombinedOutput()
	if err != nil {
		t.Fatalf("lua5.1: %v\n%s", err, out)
	}
	results := strings.Split(string(out), "\x01")
	if len(results) != len(sources)+1 {
		t.Fatalf("%d results for %d programs", len(results)-1, len(sources))
	}
	return results[:len(sources)]
}

// agreeWithLua compares what programs print with the lua5.1 binary.
func agreeWithLua(t *testing.T, sources []string) {
	t.Helper()
	failed := 0
	for i, want := range askLua(t, sources) {
		if got := runSource(t, sources[i]); got != want {
			t.Errorf("%.3000s\n--- got\n%s\n--- want\n%s", sources[i], got, want)
			if p, err := compileSource(t, sources[i]); err == nil && len(sources[i]) < 500 {
				t.Log(disassemble(p))
			}
			if failed++; failed == 20 {
				t.Fatal("too many differences")
			}
		}
	}
	t.Logf("%d programs", len(sources))
}
