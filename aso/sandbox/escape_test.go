package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"
)

// snippet is one file of testdata: a hostile program and what must come of it.
type snippet struct {
	name   string
	expect string
	repeat int
	steps  []step
}

// step runs a source as one object.
type step struct {
	object string
	source string
	whole  bool // source is all but the header, not the body of a handler
}

// text returns the source as a handler.
func (st step) text() []byte {
	if st.whole {
		return []byte("#!lua name=snippet\n" + st.source)
	}
	return handlerSource(st.source)
}

// globals are the names that the snippets use to keep something between runs.
// A handler has no globals, so they stand for fields of self.state.
var persistent = regexp.MustCompile(`(^|[^.\w"'])(counter|counterB|tbl|keep|it|a1|b1|st|chain|secret_a|fsrc)\b`)

var needsState = map[string]bool{
	"iso_env_after_error": true, "iso_env_persist_own": true,
	"iso_getfenv_levels": true, "iso_gmatch_shared": true, "iso_gopanic_stale_upvalue": true,
	"iso_random_seed": true, "iso_xpcall_stale_upvalue": true, "mem_closure_chain_persist": true,
	"mem_match_pins_parent_persist": true, "mem_number_pins_block_persist": true, "mem_persist_grow": true,
	"mem_persist_string_grow": true, "mem_sub_pins_parent_persist": true, "stack_persist_cycle": true,
	"stack_recursion_load": true,
}

func readSnippet(t *testing.T, path string) snippet {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s := snippet{name: strings.TrimSuffix(filepath.Base(path), ".lua"), expect: "any", repeat: 1}
	cur := step{object: "A"}
	var body strings.Builder
	flush := func() {
		if cur.source = body.String(); strings.TrimSpace(cur.source) != "" {
			s.steps = append(s.steps, cur)
		}
		body.Reset()
	}
	for _, line := range strings.SplitAfter(string(raw), "\n") {
		text := strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(text, "-- expect: "):
			s.expect = text[len("-- expect: "):]
		case strings.HasPrefix(text, "-- repeat: "):
			s.repeat, _ = strconv.Atoi(text[len("-- repeat: "):])
		case strings.HasPrefix(text, "--@@ "):
			flush()
			cur = step{object: text[len("--@@ "):]}
		case text == "-- @whole":
			cur.whole = true
		case strings.HasPrefix(text, "-- @gen "):
			return s.generated(generate(t, text[len("-- @gen "):], false))
		case strings.HasPrefix(text, "-- @genseq "):
			return s.generated(generate(t, text[len("-- @genseq "):], true))
		case strings.HasPrefix(text, "-- @upvalues "):
			return s.generated(upvalues(t, text[len("-- @upvalues "):]))
		case strings.HasPrefix(text, "-- ") && body.Len() == 0:
		default:
			if s.name == "iso_coroutine_keep_thread" {
				line = strings.ReplaceAll(line, "ok, co = ", "ok, self.state.co = ")
			} else if needsState[s.name] {
				line = persistent.ReplaceAllString(line, "${1}self.state.$2")
			}
			body.WriteString(line)
		}
	}
	flush()
	return s
}

func (s snippet) generated(source string) snippet {
	s.steps = []step{{object: "A", source: source}}
	return s
}

var genPart = regexp.MustCompile(`("(?:[^"\\]|\\.)*")(?::(\d+)| (\d+))?`)

func generate(t *testing.T, spec string, seq bool) string {
	t.Helper()
	var out strings.Builder
	for _, m := range genPart.FindAllStringSubmatch(spec, -1) {
		text, err := strconv.Unquote(m[1])
		if err != nil {
			t.Fatalf("%s: %v", m[1], err)
		}
		n, _ := strconv.Atoi(m[2] + m[3])
		switch {
		case m[2] == "" && m[3] == "":
			out.WriteString(text)
		case seq:
			for i := range n {
				if strings.Contains(text, "%") {
					fmt.Fprintf(&out, text, i)
				} else {
					out.WriteString(text)
				}
			}
		default:
			out.WriteString(strings.Repeat(text, n))
		}
	}
	return out.String()
}

func upvalues(t *testing.T, spec string) string {
	t.Helper()
	var a, b int
	if _, err := fmt.Sscan(spec, &a, &b); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for i := range a {
		fmt.Fprintf(&out, "local a%d = %d\n", i, i)
	}
	out.WriteString("local function f()\n")
	for i := range b {
		fmt.Fprintf(&out, "local b%d = %d\n", i, i)
	}
	out.WriteString("return function() return 0")
	for i := range a {
		fmt.Fprintf(&out, " + a%d", i)
	}
	for i := range b {
		fmt.Fprintf(&out, " + b%d", i)
	}
	out.WriteString(" end\nend\nreturn f()()")
	return out.String()
}

// handlerSource makes a handler of a snippet. Inner chunks may be vararg functions.
func handlerSource(body string) []byte {
	return []byte("#!lua name=snippet\nfunction onMessage(self, ev, ...)\n" + body + "\nend\n")
}

const (
	snippetBytes = 8 << 20                    // that compiling and running a step may allocate, garbage included
	snippetHang  = 5 * time.Second * slowness // it takes a hundredth of that; what is exponential takes for ever
)

// muteHost takes effects and remembers nothing.
type muteHost struct{ testHost }

func (*muteHost) Call(string, []Value) (Value, error) { return Value{}, nil }

func TestHostileSnippetsEnd(t *testing.T) {
	paths, err := filepath.Glob("testdata/*/*.lua")
	if err != nil || len(paths) < 455 {
		t.Fatalf("%d snippets, %v", len(paths), err)
	}
	pool := NewPool(1)
	warm(t, pool)
	for _, path := range paths {
		s := readSnippet(t, path)
		t.Run(s.name, func(t *testing.T) { s.run(t, pool) })
	}
}

func warm(t *testing.T, pool *Pool) {
	t.Helper()
	p, err := Compile(handlerSource("return 1"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pool.Run(&Run{Program: p, Handler: OnMessage, Host: &testHost{}}); err != nil {
		t.Fatal(err)
	}
}

func (s snippet) run(t *testing.T, pool *Pool) {
	states := map[string][]byte{}
	var last error
	for range s.repeat {
		for _, st := range s.steps {
			last = s.runStep(t, pool, st, states)
			checkWorker(t, pool)
		}
	}
	s.check(t, last)
}

func (s snippet) runStep(t *testing.T, pool *Pool, st step, states map[string][]byte) error {
	var before, after runtime.MemStats
	old := debug.SetGCPercent(50)
	defer debug.SetGCPercent(old)
	runtime.ReadMemStats(&before)
	out, took, err := st.attempt(t, pool, states[st.object])
	runtime.GC()
	runtime.ReadMemStats(&after)
	if took > snippetHang {
		t.Errorf("took %v", took)
	}
	if lim := DefaultLimits(); out.Fuel > lim.Instructions {
		t.Errorf("%d instructions charged", out.Fuel)
	}
	if allocated := after.TotalAlloc - before.TotalAlloc; allocated > snippetBytes {
		t.Errorf("%d bytes allocated", allocated)
	}
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 2<<20 {
		t.Errorf("%d bytes of heap stayed", grown)
	}
	if err == nil && out.StateChanged {
		states[st.object] = out.State
	}
	if err != nil && out.StateChanged {
		t.Error("a failed run changed the state")
	}
	if err != nil {
		checkMessage(t, err.Error())
	}
	t.Logf("%v in %v, fuel %d, charged %d, allocated %d", err, took, out.Fuel, out.Peak, after.TotalAlloc-before.TotalAlloc)
	return err
}

func (st step) attempt(t *testing.T, pool *Pool, state []byte) (out *Outcome, took time.Duration, err error) {
	t.Helper()
	start := time.Now()
	p, err := Compile(st.text(), Limits{})
	out = &Outcome{}
	if err == nil {
		kept := bytes.Clone(state)
		out, err = pool.Run(&Run{Program: p, Handler: OnMessage, Host: &muteHost{}, State: kept, Seed: 1})
		if !bytes.Equal(kept, state) {
			t.Error("the run wrote into the stored state")
		}
	}
	return out, time.Since(start), err
}

// address finds the heap addresses that Go prints.
var address = regexp.MustCompile(`0x[0-9a-f]{9,}`)

func checkMessage(t *testing.T, msg string) {
	t.Helper()
	if address.MatchString(msg) {
		t.Errorf("message %q has an address", msg)
	}
	for _, bad := range []string{"ESCAPED", "WRONG", ".go:", "goroutine"} {
		if strings.Contains(msg, bad) {
			t.Errorf("message %q", msg)
		}
	}
}

// check compares the last error with what the snippet expects.
func (s snippet) check(t *testing.T, err error) {
	t.Helper()
	var limit *LimitError
	kind := ""
	if errors.As(err, &limit) {
		kind = limit.Which
	}
	msg := fmt.Sprint(err)
	budget := kind == LimitInstructions || kind == LimitTime || strings.Contains(msg, "budget")
	ok := true
	switch s.expect {
	case "ok":
		ok = err == nil
	case "error any":
		ok = err != nil
	case "error budget":
		ok = budget
	case "error memory":
		ok = budget || kind == LimitMemory || kind == LimitState || strings.Contains(msg, "memory")
	}
	if !ok {
		t.Errorf("want %s, got %v", s.expect, err)
	}
}

var probe = handlerSource(`
local t = {}
for i = 1, 100 do t[i] = i * 2 end
local ok, e = pcall(error, "x")
if ok or e ~= "x" then error("pcall") end
if ("abc"):upper() ~= "ABC" or string.format("%5.1f", 2) ~= "  2.0" then error("string") end
if #t ~= 100 or table.concat(t, ",", 1, 3) ~= "2,4,6" then error("table") end
self.state.n = (self.state.n or 0) + 1
return self.state.n
`)

// checkWorker runs an ordinary handler on the same worker.
func checkWorker(t *testing.T, pool *Pool) {
	t.Helper()
	p, err := Compile(probe, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	out, err := pool.Run(&Run{Program: p, Handler: OnMessage, Host: &testHost{}})
	if err != nil || out.Value.Num != 1 {
		t.Fatalf("worker is damaged: %v %v", out.Value, err)
	}
}
