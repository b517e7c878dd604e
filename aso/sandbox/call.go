package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// threadBytes is charged for a thread that a protected call has to make.
const threadBytes = 8 << 10

// protected calls fn with the arguments from index first on, in a thread of its
// own. It returns the results, or the error value and false. A run that must end
// goes through it.
func (w *worker) protected(L *lua.LState, fn lua.LValue, args []lua.LValue) (results []lua.LValue, ok bool) {
	w.work(4)
	if w.nested >= w.class.nested {
		return []lua.LValue{lua.LString("stack overflow: too many nested pcalls")}, false
	}
	th, callbacks := w.thread(w.nested), w.callbacks
	w.nested++
	th.Push(shieldFunction)
	th.Push(fn)
	for _, a := range args {
		th.Push(a)
	}
	err := th.PCall(len(args)+1, lua.MultRet, nil)
	w.nested--
	w.callbacks = callbacks
	if w.dead != nil {
		panic(kill{})
	}
	if err != nil {
		return []lua.LValue{w.placeless(fn, w.caught(err))}, false
	}
	n := th.GetTop()
	results = make([]lua.LValue, n)
	for i := range results {
		results[i] = th.Get(i + 1)
	}
	th.SetTop(0)
	return results, true
}

// placeless cuts the space behind the place that an error of a library function lacks, if pcall itself called the function.
func (w *worker) placeless(fn, v lua.LValue) lua.LValue {
	text, ok := v.(lua.LString)
	if f, isFn := fn.(*lua.LFunction); ok && w.class.redis && isFn && f.IsG && f != w.class.library.values["error"] {
		return lua.LString(strings.TrimPrefix(string(text), " "))
	}
	return v
}

// caught returns the error value and charges its text.
func (w *worker) caught(err error) lua.LValue {
	w.work(10)
	t := &w.threads[w.nested]
	if t.errors++; t.errors >= maxReuse {
		t.state = nil
	}
	v := err.(*lua.ApiError).Object
	if s, ok := v.(lua.LString); ok {
		w.alloc(2*len(s) + 64)
	} else {
		w.alloc(64)
	}
	return v
}

// shield runs inside PCall, first on its thread. It sets the panic function that
// PCall has replaced, and it makes the panics that are no Lua errors end the run:
// PCall would take them for errors, with variables left open.
func shield(L *lua.LState) int {
	L.Panic = raise
	w := of(L)
	defer func() {
		r := recover()
		if r == nil {
			return
		}
		if _, ok := r.(*lua.ApiError); !ok && w.dead == nil {
			w.dead = w.internal(w.program(), r)
		}
		if w.dead != nil {
			r = &lua.ApiError{Type: lua.ApiErrorRun, Object: lua.LNil, StackTrace: "-"}
		}
		panic(r)
	}()
	L.Call(L.GetTop()-1, lua.MultRet)
	return L.GetTop()
}

// program returns what runs, for its name.
func (w *worker) program() *Program {
	if w.env.Run == nil {
		return &Program{name: scriptName}
	}
	return w.env.Program
}

// thread returns the thread of a nesting level.
func (w *worker) thread(level int) *lua.LState {
	for len(w.threads) <= level {
		w.threads = append(w.threads, thread{})
	}
	if w.env.threads <= level {
		w.env.threads++ // charged once a run, whether a thread is at hand or not
		w.alloc(threadBytes)
	}
	t := &w.threads[level]
	if t.state == nil {
		ctx := w.main.RemoveContext() // else the VM derives a cancelable context, which does not count
		t.state, _ = w.main.NewThread()
		w.main.SetContext(ctx)
		t.state.SetContext(w)
		t.errors = 0
	}
	return t.state
}

// callBack is L.Call for a library function.
func (w *worker) callBack(L *lua.LState, args, results int) {
	w.callbacks++
	L.Call(args, results)
	w.callbacks--
}

// call1 calls a Lua function from a library function and returns one result.
func call1(L *lua.LState, fn lua.LValue, args ...lua.LValue) lua.LValue {
	L.Push(fn)
	for _, a := range args {
		L.Push(a)
	}
	of(L).callBack(L, len(args), 1)
	v := L.Get(-1)
	L.Pop(1)
	return v
}

var shieldFunction = goFunction(shield)
