package sandboxtest_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"comet/aso/randtest"
	"comet/aso/sandbox"
	"comet/aso/sandbox/sandboxtest"
)

// plainHost answers everything with the same few values.
type plainHost struct{}

func (plainHost) Event(field string) (sandbox.Value, bool) {
	switch field {
	case "args":
		return sandbox.ArrayValue(sandbox.StringValue("a"), sandbox.NumberValue(2)), true
	case "none":
		return sandbox.Value{}, false
	}
	return sandbox.StringValue("12"), true
}

func (plainHost) Words(string) ([][]byte, bool) { return nil, false }

func (plainHost) Self(string) (sandbox.Value, bool) { return sandbox.StringValue("7"), true }

func (plainHost) Call(fn string, args []sandbox.Value) (sandbox.Value, error) {
	if len(args) > 3 {
		return sandbox.Value{}, errors.New("too many")
	}
	return sandbox.NumberValue(float64(len(args))), nil
}

// counts says how the runs of random programs ended.
type counts struct{ compiled, ran, failed, limited int }

// tryRandom runs all handlers of a program, and after each an ordinary one on the same pool.
func tryRandom(t testing.TB, pool *sandbox.Pool, probe *sandbox.Program, seed []byte, n *counts) {
	t.Helper()
	source := []byte(sandboxtest.Program("random", seed))
	p, err := sandbox.Compile(source, sandbox.Limits{})
	if err != nil {
		var ce *sandbox.CompileError
		var limit *sandbox.LimitError
		if !errors.As(err, &ce) && !errors.As(err, &limit) {
			t.Fatalf("%v\n%s", err, source)
		}
		return
	}
	n.compiled++
	limits := sandbox.DefaultLimits()
	estimates := sandbox.Check(source, limits)
	var state []byte
	for h := sandbox.OnPut; h <= sandbox.OnError; h++ {
		if !p.Has(h) {
			continue
		}
		out, err := pool.Run(&sandbox.Run{Program: p, Handler: h, Host: plainHost{}, State: state, Seed: 1, Limits: limits})
		var script *sandbox.ScriptError
		var limit *sandbox.LimitError
		switch {
		case err == nil:
			n.ran++
			if least := leastOf(estimates, h); out.Fuel < least {
				t.Fatalf("%s used %d instructions, but Check says that it needs %d\n%s", h, out.Fuel, least, source)
			}
		case errors.As(err, &limit):
			n.limited++
		case errors.As(err, &script):
			n.failed++
			if script.Cause != nil {
				t.Fatalf("%v\n%s", script.Cause, source)
			}
		default:
			t.Fatalf("%v\n%s", err, source)
		}
		if out.Fuel > limits.Instructions || err == nil && out.Peak > limits.Memory || len(out.State) > limits.State {
			t.Fatalf("used %d instructions, %d bytes, %d of state\n%s", out.Fuel, out.Peak, len(out.State), source)
		}
		if err != nil && (out.StateChanged || out.Verdict != sandbox.None) {
			t.Fatalf("a failed run has an outcome: %+v\n%s", out, source)
		}
		if out.StateChanged {
			state = out.State
			if _, err := sandbox.DecodeState(state); err != nil {
				t.Fatalf("state: %v\n%s", err, source)
			}
		}
		if out, err := pool.Run(&sandbox.Run{Program: probe, Handler: sandbox.OnGet, Host: plainHost{}}); err != nil || out.Value.Str != "6,4,2 X 1" {
			t.Fatalf("worker is damaged: %q %v, after\n%s", out.Value.Str, err, source)
		}
	}
}

// leastOf returns the instructions that a handler needs, by a note of Check.
func leastOf(findings []sandbox.Finding, h sandbox.Handler) (least int64) {
	for _, f := range findings {
		if text, ok := strings.CutPrefix(f.Text, h.String()+": "); ok && f.Severity == sandbox.SeverityNote {
			_, _ = fmt.Sscanf(strings.TrimPrefix(text, "at least "), "%d", &least)
		}
	}
	return least
}

func newProbe(t testing.TB) *sandbox.Program {
	t.Helper()
	p, err := sandbox.Compile([]byte(`#!lua name=probe
function onGet(self, ev)
  local t = { 1, 2, 3 }
  for i = 1, 3 do t[i] = t[i] * 2 end
  table.sort(t, function(a, b) return a > b end)
  local ok = pcall(error, "x")
  self.state.n = (self.state.n or 0) + 1
  return table.concat(t, ",") .. " " .. ("x"):upper() .. " " .. self.state.n .. (ok and "!" or "")
end
`), sandbox.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestRandomPrograms runs random handlers.
func TestRandomPrograms(t *testing.T) {
	seed := randtest.Seed(t)
	rng := rand.New(rand.NewPCG(seed, 0))
	pool, probe := sandbox.NewPool(1), newProbe(t)
	var n counts
	for range 300 {
		program := make([]byte, rng.IntN(600))
		for i := range program {
			program[i] = byte(rng.Uint32())
		}
		tryRandom(t, pool, probe, program, &n)
	}
	t.Logf("%+v", n)
	if n.ran == 0 || n.failed == 0 {
		t.Error("the programs do too little")
	}
}

// FuzzPrograms searches for programs that break out of their limits or damage the worker.
func FuzzPrograms(f *testing.F) {
	f.Add([]byte("a handler"))
	pool, probe := sandbox.NewPool(1), newProbe(f)
	f.Fuzz(func(t *testing.T, seed []byte) {
		var n counts
		tryRandom(t, pool, probe, seed[:min(len(seed), 2000)], &n)
	})
}
