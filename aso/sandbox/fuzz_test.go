package sandbox

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"comet/aso/randtest"
)

// FuzzStateCodec checks that what decodes is written back as the same state, with its pairs in the order of their keys, and that a run does the
// same, without harm.
func FuzzStateCodec(f *testing.F) {
	for _, v := range []Value{
		ArrayValue(NumberValue(1), StringValue("x"), BoolValue(true), ArrayValue()),
		{Kind: Table, Tab: &Tab{Fields: []Field{{StringValue("n"), NumberValue(-1.5)}, {NumberValue(-7), NumberValue(1 << 40)}}}},
	} {
		b, err := EncodeState(v, 1<<16)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	pool := NewPool(1)
	p, err := Compile(handlerSource(`local s = self.state s.touched = s.touched`), Limits{})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := DecodeState(b)
		sorted := b
		if err == nil {
			sorted = resorted(t, v)
			if len(v.Tab.Array)+len(v.Tab.Fields) > 0 && len(sorted) != len(b) {
				t.Fatalf("%x became %x", b, sorted)
			}
			if again, err := DecodeState(sorted); err != nil || !bytes.Equal(resorted(t, again), sorted) {
				t.Fatalf("%x does not stay as it is, %v", sorted, err)
			}
		}
		out, runErr := pool.Run(&Run{Program: p, Handler: OnMessage, Host: &testHost{}, State: b})
		var limit *LimitError
		if runErr != nil && !errors.As(runErr, &limit) {
			t.Fatal(runErr)
		}
		if err != nil && runErr == nil {
			t.Fatalf("%x is damaged, but a run reads it", b)
		}
		if runErr == nil && out.StateChanged != !bytes.Equal(sorted, b) || out.StateChanged && !bytes.Equal(out.State, sorted) {
			t.Fatalf("a run made %x of %x, EncodeState makes %x", out.State, b, sorted)
		}
	})
}

func resorted(t *testing.T, v Value) []byte {
	t.Helper()
	b, err := EncodeState(v, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// FuzzCompile checks that any source ends, compiled or not, and runs within its limits.
func FuzzCompile(f *testing.F) {
	for _, s := range corpus(f) {
		f.Add(s)
	}
	pool := NewPool(1)
	f.Fuzz(func(t *testing.T, body string) { tryProgram(t, pool, body) })
}

// tryProgram runs a source and then an ordinary one.
func tryProgram(t testing.TB, pool *Pool, body string) bool {
	t.Helper()
	p, err := Compile(handlerSource(body), Limits{})
	if err != nil {
		var ce *CompileError
		var limit *LimitError
		if !errors.As(err, &ce) && !errors.As(err, &limit) {
			t.Fatalf("%q: %v", body, err)
		}
		return false
	}
	out, err := pool.Run(&Run{Program: p, Handler: OnMessage, Host: &testHost{}, Seed: 1})
	var script *ScriptError
	if errors.As(err, &script) && script.Cause != nil {
		t.Errorf("internal error %v in %q", script.Cause, body)
	}
	if out.Fuel > 100_000 || err == nil && out.Peak > 1<<20 {
		t.Errorf("used %d instructions and %d bytes: %q", out.Fuel, out.Peak, body)
	}
	return true
}

func corpus(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/*/*.lua")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, path := range paths {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return out
}

// TestMutatedSnippets runs random mixtures of the hostile snippets.
func TestMutatedSnippets(t *testing.T) {
	seed := randtest.Seed(t)
	rng := rand.New(rand.NewPCG(seed, 0))
	sources := corpus(t)
	pool := NewPool(1)
	compiled := 0
	const programs = 300
	for tried := range programs {
		if tryProgram(t, pool, mutate(rng, sources)) {
			compiled++
		}
		if tried%64 == 0 {
			checkWorker(t, pool)
		}
	}
	t.Logf("%d programs, %d compiled", programs, compiled)
}

// mutate swaps lines and words between snippets.
func mutate(rng *rand.Rand, sources []string) string {
	lines := strings.Split(sources[rng.IntN(len(sources))], "\n")
	for range 1 + rng.IntN(4) {
		other := strings.Split(sources[rng.IntN(len(sources))], "\n")
		from := other[rng.IntN(len(other))]
		i := rng.IntN(len(lines))
		switch rng.IntN(4) {
		case 0:
			lines[i] = from
		case 1:
			lines = append(lines[:i:i], append([]string{from}, lines[i:]...)...)
		case 2:
			a, b := strings.Fields(lines[i]), strings.Fields(from)
			if len(a) > 0 && len(b) > 0 {
				a[rng.IntN(len(a))] = b[rng.IntN(len(b))]
				lines[i] = strings.Join(a, " ")
			}
		default:
			lines = append(lines[:i:i], lines[min(i+1, len(lines)-1):]...)
		}
	}
	return strings.Join(lines, "\n")
}
