package sandbox

import (
	"fmt"
	"strings"
	"testing"

	"comet/aso/lua"
	"pgregory.net/rapid"
)

// TestNoRunSeesTheTableOfAnother runs the same handlers on objects that share an interpreter, and on others that have one each.
func TestNoRunSeesTheTableOfAnother(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		steps := []string{`s.a = (s.a or 0) + 1`, `s.a = nil`, `s.b = "text"`, `s.b = nil`}
		steps = append(steps, rapid.Permutation([]string{
			`s.tmp = 1 s.tmp = nil`, `s.a = nil s.a = 7`, `s.c = s.a`, `s[1] = 1`, `s[1] = nil`, `s[3] = 1 s[3] = nil`, `s.t = { x = 1 }`, `s.t = nil`,
			`table.insert(s, 5)`, `table.remove(s)`, `rawset(s, "r", 1)`, `rawset(s, "r", nil)`, `s[-1] = 2`, `s[-1] = nil`, `s.f = 1.5`, `s.n = -0`,
			`for k in pairs(s) do s[k] = nil end`,
		}).Draw(t, "more steps")[:3]...)
		programs := []*Program{}
		for range 3 {
			body := "local s = self.state\n" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(steps), 1, 3).Draw(t, "steps"), "\n")
			body += "\nlocal seen = {}\nfor k, v in pairs(s) do seen[#seen + 1] = tostring(k) .. '=' .. type(v) end\nreturn table.concat(seen, ' ') .. ' ' .. #s"
			p, err := Compile([]byte("#!lua name=x\nfunction onMessage(self, ev)\n"+body+"\nend"), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			programs = append(programs, p)
		}
		shared := NewPool(1)
		var states [3][]byte
		for range rapid.IntRange(1, 30).Draw(t, "runs") {
			p, i := rapid.SampledFrom(programs).Draw(t, "program"), rapid.IntRange(0, 2).Draw(t, "object")
			run := func(pool *Pool) (string, []byte) {
				out, err := pool.Run(&Run{Program: p, Handler: OnMessage, Host: &testHost{}, State: states[i]})
				return fmt.Sprintf("%q %v %v %d %d %q", out.Value.Str, err, out.StateChanged, out.Fuel, out.Peak, out.State), out.State
			}
			alone, _ := run(NewPool(1))
			together, state := run(shared)
			if alone != together {
				t.Fatalf("object %d with state %q\nalone    %s\ntogether %s", i, states[i], alone, together)
			}
			if state != nil {
				states[i] = state
			}
		}
	})
}

// TestStateTableIsUsedAgain fails if it never is: the test above would show nothing then.
func TestStateTableIsUsedAgain(t *testing.T) {
	p := mustCompile(t, `self.state.n = (self.state.n or 0) + 1 self.state.of = self.key`)
	pool := NewPool(1)
	var states [2][]byte
	var table *lua.Table
	for i := range 6 {
		out, err := pool.Run(&Run{Program: p, Handler: OnMessage, Host: &testHost{}, State: states[i%2]})
		if err != nil {
			t.Fatal(err)
		}
		states[i%2] = out.State
		now := pool.warm.Load().spare.table
		if i > 2 && now != table {
			t.Fatalf("run %d made a table", i)
		}
		table = now
	}
}
