package sandbox

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"strconv"
	"strings"
	"unsafe"

	"comet/aso/lua"
)

// worker is one interpreter. It is used by one goroutine at a time, and it is the
// owner through which library functions find the run they belong to.
type worker struct {
	meter
	class   *class
	main    *lua.State
	broken  bool // something failed that is no part of a run: it is dropped
	self    *lua.Table
	ev      *lua.Table
	cached  []lua.Value // fields of ev cached in this run
	env     run
	args    []Value
	buf     []byte
	matcher matcher
	spare   spareState
	sorting []pair // of the states that are being encoded

	words     [][]byte // of redis.call
	wordBytes []byte
	replies   replyReader // of redis.call

	spareWords spareWords
}

// run is the part of a worker that belongs to the current run.
type run struct {
	*Run
	params *lua.Table
	state  *lua.Table // decoded self.state, nil until touched
	words  *lua.Table // the latest of ev.args and ev.fields
	pcg    rand.PCG
	seeded bool
	json   jsonOptions
	caught int        // calls around what runs that catch errors
	raised *lua.Error // what the handler of xpcall that runs is called with
	script scriptState
	ids    map[unsafe.Pointer]int // what tostring printed, instead of addresses
}

func newWorker(c *class) *worker {
	w := &worker{class: c, self: lua.NewTable(0, 16), ev: lua.NewTable(0, 16)}
	w.main = lua.New(w, &w.Budget, c.options)
	w.main.Globals, w.main.Strings = c.library.env, c.library.stringMeta
	w.self.View, w.ev.View = selfField, eventField
	for name, fn := range selfMethods {
		w.self.SetString(name, fn)
	}
	w.self.Access, w.ev.Access = lua.ReadOnly, lua.ReadOnly
	return w
}

// of finds the worker of a library call.
func of(L *lua.State) *worker { return L.Owner.(*worker) }

// run calls the handler and sets r.out.
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
		w.reset()
	}()
	L := w.main
	L.Push(r.Program.handlers[r.Handler].Value())
	L.Push(w.self.Value())
	L.Push(w.ev.Value())
	args := 2
	if r.Handler == OnError {
		L.Push(w.fromValue(L, r.Failure))
		args++
	}
	L.Call(args, 1)
	w.decide(L, out, L.Get(-1))
	w.saveState(out)
	return nil
}

// decide turns what the handler returned into a verdict.
func (w *worker) decide(L *lua.State, out *Outcome, result lua.Value) {
	if result.IsNil() {
		return
	}
	if ud := result.UserData(); ud != nil {
		if m, ok := ud.Data.(*marker); ok {
			out.Verdict, out.Text, out.KeepMS = m.verdict, m.text, m.keepMS
			return
		}
	}
	out.Verdict = Replace
	out.Value = w.toValue(L, result)
}

// reset forgets the run, however it ended.
func (w *worker) reset() {
	for _, name := range w.cached {
		w.ev.Set(name, lua.Nil)
	}
	w.cached = w.cached[:0]
	if w.env.state != nil {
		w.self.SetString("state", lua.Nil)
	}
	clear(w.args[:cap(w.args)])
	w.takeEventWords()
	w.forgetSorting()
	w.env = run{}
	w.main.Reset()
}

// failure turns a panic into the error of the run.
func (w *worker) failure(p *Program, cause any) error {
	if w.dead != nil {
		return w.dead
	}
	raised, ok := cause.(*lua.Error)
	if !ok {
		return w.internal(p, cause)
	}
	fail := &ScriptError{Name: p.name, Version: p.version}
	fail.Line, fail.Msg = splitPosition(p.name, errorText(raised.Value))
	return fail
}

// internal reports a Go panic that is no Lua error. Nobody knows what it left behind.
func (w *worker) internal(p *Program, cause any) *ScriptError {
	w.broken = true
	return &ScriptError{
		Name: p.name, Version: p.version, Msg: "internal error",
		Cause: fmt.Errorf("panic: %s\n%s", fmt.Sprint(cause), debug.Stack()),
	}
}

// errorText is the message of an error value, without running any Lua code.
func errorText(v lua.Value) string {
	if t := v.Table(); t != nil {
		if s, ok := t.GetString("err").Text(); ok {
			return s
		}
	}
	if s, ok := asText(v); ok {
		return s
	}
	return "(error object is a " + v.TypeName() + " value)"
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

// keep saves a scratch buffer for the next use, unless it has become large.
func (w *worker) keep(buf []byte) {
	if cap(buf) <= 64<<10 {
		w.buf = buf[:0]
	}
}

// define runs a chunk and returns the params table, the limits table and the handlers.
func (w *worker) define(p *Program, c *chunk, lim Limits) (out []lua.Value, err error) {
	w.start(lim)
	w.env.Run = &Run{Program: p}
	defer func() {
		if r := recover(); r != nil {
			out, err = nil, w.failure(p, r)
		}
	}()
	L := w.main
	L.Push(lua.NewClosure(c.proto).Value())
	L.Call(0, len(c.handlers)+2)
	for i := range len(c.handlers) + 2 {
		out = append(out, L.Get(i+1))
	}
	return out, nil
}
