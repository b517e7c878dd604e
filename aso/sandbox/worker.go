package sandbox

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// maxReuse is the number of caught errors after which a thread is replaced: an overflow leaves its registry a slot larger.
const maxReuse = 64

// worker is one interpreter. It is used by one goroutine at a time, and it is the
// context through which library functions find the run they belong to.
type worker struct {
	meter
	class   *class
	main    *lua.LState
	threads []thread // for protected calls, by nesting
	nested  int
	// callbacks is how many library functions are calling Lua functions.
	callbacks int
	self      *lua.LTable
	ev        *lua.LTable
	cached    []string // fields of ev cached in this run
	env       run
	args      []Value
	buf       []byte
	matcher   matcher
	spare     spareState

	words     [][]byte // of redis.call
	wordBytes []byte
	replies   replyReader // of redis.call
}

// thread is a Lua thread for the protected calls of one nesting level. Errors
// close the open variables of their whole thread, hence one for each level.
type thread struct {
	state  *lua.LState
	errors int
}

// run is the part of a worker that belongs to the current run.
type run struct {
	*Run
	params   *lua.LTable
	state    *lua.LTable // decoded self.state, nil until touched
	removed  bool        // a field of state was removed
	refilled bool        // state is the spare table
	pcg      rand.PCG
	seeded   bool
	threads  int // nesting levels of protected calls that were charged
	json     jsonOptions
	script   scriptState
	co       coroutines
	ids      map[lua.LValue]int // what tostring printed, instead of addresses
}

func newWorker(c *class) *worker {
	w := &worker{class: c}
	w.main = lua.NewState(c.options)
	w.main.Env = c.library.env
	w.main.Panic = raise
	w.main.SetMetatable(lua.LString(""), c.library.stringMeta)
	w.main.SetContext(w)
	w.self, w.ev = w.main.CreateTable(1, 24), w.main.CreateTable(1, 16)
	w.self.Metatable, w.ev.Metatable = selfMeta, evMeta
	for name, fn := range selfMethods {
		w.self.RawSetString(name, fn)
	}
	return w
}

// of finds the worker of a library call.
func of(L *lua.LState) *worker { return L.Context().(*worker) }

// raise is the panic function of every thread. The placeholder stands for the
// stack trace, which the VM would otherwise build for every caught error, with a
// line for each tail call.
func raise(L *lua.LState) {
	v := L.Get(-1)
	if s, ok := v.(lua.LString); ok && strings.Contains(string(s), ": 0x") {
		v = lua.LString(address.ReplaceAllString(string(s), "$1"))
	}
	panic(&lua.ApiError{Type: lua.ApiErrorRun, Object: v, StackTrace: "-"})
}

// address finds the heap addresses in the VM's messages about keys that are no
// strings. What tostring prints is shorter.
var address = regexp.MustCompile(`(table|function|userdata|thread): 0x[0-9a-f]{9,}`)

// run calls the handler and sets r.out. The worker is unusable after an error.
func (w *worker) run(r *Run) (err error) {
	out := &r.out
	w.lim = r.Limits
	w.lim.fill()
	r.Program.lower(&w.lim)
	w.begin()
	w.env.Run = r
	w.env.params = r.Params.table
	if w.env.params == nil {
		w.env.params = r.Program.defaults.table
	}
	defer func() {
		out.Fuel, out.Peak = w.fuel(), w.mem
		if p := recover(); p != nil {
			err = w.failure(r.Program, p)
			*out = Outcome{Fuel: out.Fuel, Peak: out.Peak}
		}
	}()
	L := w.main
	L.Push(r.Program.handlers[r.Handler])
	L.Push(w.self)
	L.Push(w.ev)
	args := 2
	if r.Handler == OnError {
		L.Push(w.fromValue(L, r.Failure))
		args++
	}
	L.Call(args, 1)
	result := L.Get(-1)
	L.Pop(1)
	w.decide(L, out, result)
	w.saveState(out)
	w.reset()
	return nil
}

// decide turns what the handler returned into a verdict.
func (w *worker) decide(L *lua.LState, out *Outcome, result lua.LValue) {
	if result == lua.LNil {
		return
	}
	if ud, ok := result.(*lua.LUserData); ok {
		if m, ok := ud.Value.(*marker); ok {
			out.Verdict, out.Text, out.KeepMS = m.verdict, m.text, m.keepMS
			return
		}
	}
	out.Verdict = Replace
	out.Value = w.toValue(L, result)
}

// reset forgets the run.
func (w *worker) reset() {
	for _, name := range w.cached {
		w.ev.RawSetString(name, lua.LNil)
	}
	w.cached = w.cached[:0]
	clear(w.args[:cap(w.args)])
	w.env = run{}
}

// failure turns a panic into the error of the run.
func (w *worker) failure(p *Program, cause any) error {
	if w.dead != nil {
		return w.dead
	}
	fail := &ScriptError{Name: p.name, Version: p.version}
	api, ok := cause.(*lua.ApiError)
	if !ok {
		return w.internal(p, cause)
	}
	fail.Line, fail.Msg = splitPosition(p.name, errorText(api.Object))
	return fail
}

// internal reports a Go panic that is no Lua error. The one known is an overflow
// of the registers in a tail call, which the VM reports at an instruction before
// the first.
func (w *worker) internal(p *Program, cause any) *ScriptError {
	e := &ScriptError{Name: p.name, Version: p.version, Msg: "internal error"}
	text := fmt.Sprint(cause)
	if strings.Contains(text, "index out of range [-1]") {
		e.Msg = "stack overflow"
		return e
	}
	e.Cause = fmt.Errorf("panic: %s\n%s", text, debug.Stack())
	return e
}

// errorText is the message of an error value, without running any Lua code.
func errorText(v lua.LValue) string {
	switch v := v.(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return numberText(float64(v))
	case *lua.LTable:
		if s, ok := v.RawGetString("err").(lua.LString); ok {
			return string(s)
		}
	}
	return "(error object is a " + v.Type().String() + " value)"
}

// splitPosition takes "name:line: text" apart.
func splitPosition(name, text string) (int, string) {
	rest, ok := strings.CutPrefix(text, name+":")
	if ok {
		digits, msg, ok := strings.Cut(rest, ":")
		if line, err := strconv.Atoi(digits); ok && err == nil {
			return line, oneLine(strings.TrimPrefix(msg, " "))
		}
	}
	return 0, oneLine(strings.TrimPrefix(text, " "))
}

// oneLine makes text fit for an error reply: no CR or LF, at most 512 bytes.
func oneLine(s string) string {
	s = clip(s, 512)
	if strings.ContainsAny(s, "\r\n") {
		s = strings.NewReplacer("\r", " ", "\n", " ").Replace(s)
	}
	return strings.Clone(s)
}

// clip cuts s to at most n bytes.
func clip(s string, n int) string {
	if len(s) > n {
		return s[:n]
	}
	return s
}

// define runs a chunk and returns the params table, the limits table and the handlers.
func (w *worker) define(p *Program, c *chunk, lim Limits) (out []lua.LValue, err error) {
	w.start(lim)
	w.env.Run = &Run{Program: p}
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, w.failure(p, r)
		}
	}()
	L := w.main
	L.Push(&lua.LFunction{Proto: c.proto, Env: w.class.library.env})
	for _, path := range c.builtins {
		L.Push(w.class.library.values[path])
	}
	L.Call(len(c.builtins), len(c.handlers)+2)
	for i := 1; i <= len(c.handlers)+2; i++ {
		out = append(out, L.Get(i))
	}
	return out, nil
}
