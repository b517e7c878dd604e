package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// Coroutines of scripts. The VM's own would lose what protected calls and the meter need, so each has a goroutine: one of all the goroutines of
// a run works at a time, the others wait for it in resume or yield. At the end of the run none is left.

var coroutineFunctions = functions{
	"create": createFn, "resume": resumeFn, "yield": yieldFn, "status": statusFn, "running": runningFn, "wrap": wrapFn,
}

const (
	coroutineBytes  = 32 << 10 // charged for one: its stacks
	maxCoroutines   = 150      // that resume one another
	coroutineFrames = 200
)

const errBoundary = "attempt to yield across metamethod/C-call boundary"

type coroutine struct {
	thread   *lua.LState
	fn       *lua.LFunction // nil once it has begun
	status   string
	resumer  *coroutine // nil is the main chunk
	nested   int        // protected calls around the resume
	calls    int        // callbacks around it
	ending   bool       // the run is over: nobody waits for it
	in, out  chan []lua.LValue
	failed   bool // out has the error
	unwound  any  // the panic that ended it, to go on where it was resumed
	finished chan struct{}
}

const (
	suspended = "suspended"
	running   = "running"
	normal    = "normal"
	dead      = "dead"
)

// coroutines are those of a run.
type coroutines struct {
	all     map[*lua.LState]*coroutine
	current *coroutine // nil is the main chunk
	depth   int        // of resumes
}

func createFn(L *lua.LState) int {
	return push(L, of(L).newCoroutine(luaFunction(L, "create")).thread)
}

// luaFunction returns argument 1, which must be a function written in Lua.
func luaFunction(L *lua.LState, name string) *lua.LFunction {
	fn, ok := L.Get(1).(*lua.LFunction)
	if !ok || fn.IsG {
		argError(L, 1, name, "Lua function expected")
	}
	return fn
}

func (w *worker) newCoroutine(fn *lua.LFunction) *coroutine {
	w.alloc(coroutineBytes)
	w.work(50)
	ctx, options := w.main.RemoveContext(), w.main.Options // else the VM derives a context that does not count
	w.main.Options.CallStackSize, w.main.Options.RegistrySize = coroutineFrames, registrySlots/4
	th, _ := w.main.NewThread()
	w.main.Options = options
	w.main.SetContext(ctx)
	th.SetContext(w)
	co := &coroutine{thread: th, fn: fn, status: suspended, in: make(chan []lua.LValue), out: make(chan []lua.LValue), finished: make(chan struct{})}
	if w.env.co.all == nil {
		w.env.co.all = map[*lua.LState]*coroutine{}
	}
	w.env.co.all[th] = co
	return co
}

// coroutineOf returns the coroutine that argument 1 is; nil is one of an earlier run, which has ended.
func coroutineOf(L *lua.LState, fn string) *coroutine {
	th, ok := L.Get(1).(*lua.LState)
	if !ok {
		argError(L, 1, fn, "coroutine expected")
	}
	return of(L).env.co.all[th]
}

func resumeFn(L *lua.LState) int {
	co := coroutineOf(L, "resume")
	results, ok := of(L).resume(co, arguments(L, 2))
	L.SetTop(0)
	L.Push(lua.LBool(ok))
	return 1 + push(L, results...)
}

// resume lets co work until it yields, ends or fails.
func (w *worker) resume(co *coroutine, args []lua.LValue) (results []lua.LValue, ok bool) {
	w.work(20)
	c := &w.env.co
	switch {
	case co == nil:
		return texts("cannot resume dead coroutine"), false
	case co.status != suspended:
		return texts("cannot resume " + co.status + " coroutine"), false
	case c.depth >= maxCoroutines:
		return texts("C stack overflow"), false
	}
	co.resumer, co.nested, co.calls, co.status = c.current, w.nested, w.callbacks, running
	if co.resumer != nil {
		co.resumer.status = normal
	}
	c.current = co
	c.depth++
	if co.fn != nil {
		fn := co.fn
		co.fn = nil
		go co.run(w, fn, args)
	} else {
		co.in <- args
	}
	results = <-co.out
	c.depth--
	c.current, w.callbacks = co.resumer, co.calls
	if co.resumer != nil {
		co.resumer.status = running
	}
	if co.unwound != nil {
		panic(co.unwound)
	}
	return results, !co.failed
}

// run is the goroutine of co.
func (co *coroutine) run(w *worker, fn *lua.LFunction, args []lua.LValue) {
	defer close(co.finished)
	var results []lua.LValue
	func() {
		defer func() { co.unwound = recover() }()
		results, co.failed = w.inCoroutine(co.thread, fn, args)
	}()
	co.status = dead
	if !co.ending {
		co.out <- results
	}
}

func (w *worker) inCoroutine(th *lua.LState, fn *lua.LFunction, args []lua.LValue) (results []lua.LValue, failed bool) {
	th.Push(shieldFunction)
	th.Push(fn)
	for _, a := range args {
		th.Push(a)
	}
	err := th.PCall(len(args)+1, lua.MultRet, nil)
	if w.dead != nil {
		panic(kill{})
	}
	if err != nil {
		w.work(10)
		return []lua.LValue{err.(*lua.ApiError).Object}, true
	}
	for i := 1; i <= th.GetTop(); i++ {
		results = append(results, th.Get(i))
	}
	return results, false
}

func yieldFn(L *lua.LState) int {
	w := of(L)
	w.work(20)
	co := w.env.co.current
	if co == nil || w.nested != co.nested || w.callbacks != co.calls {
		L.Error(lua.LString(errBoundary), 0)
	}
	results := arguments(L, 1)
	co.status = suspended
	co.out <- results
	args, ok := <-co.in
	if !ok { // the run is over
		panic(kill{})
	}
	L.SetTop(0)
	return push(L, args...)
}

func statusFn(L *lua.LState) int {
	co := coroutineOf(L, "status")
	if co == nil {
		return pushString(L, dead)
	}
	return pushString(L, co.status)
}

func runningFn(L *lua.LState) int {
	co := of(L).env.co.current
	if co == nil {
		return push(L, lua.LNil)
	}
	return push(L, co.thread)
}

func wrapFn(L *lua.LState) int {
	w := of(L)
	co := w.newCoroutine(luaFunction(L, "wrap"))
	return push(L, goFunction(func(L *lua.LState) int { return w.resumeWrapped(L, co) }))
}

// resumeWrapped is what coroutine.wrap returns. Its error goes on, with the place.
func (w *worker) resumeWrapped(L *lua.LState, co *coroutine) int {
	results, ok := w.resume(co, arguments(L, 1))
	if !ok {
		text, isText := asText(results[0])
		if where := strings.TrimPrefix(L.Where(1), "[G]:"); isText && where != "" {
			w.alloc(len(text) + len(where) + 16)
			results[0] = lua.LString(where + " " + text)
		}
		L.Error(results[0], 0)
	}
	L.SetTop(0)
	return push(L, results...)
}

func texts(s string) []lua.LValue { return []lua.LValue{lua.LString(s)} }

// endCoroutines ends those that wait in yield. Nothing of the run is used any more.
func (w *worker) endCoroutines() {
	for _, co := range w.env.co.all {
		if co.status == suspended && co.fn == nil {
			if w.dead == nil {
				w.dead = kill{}
			}
			co.ending = true
			close(co.in)
			<-co.finished
		}
		co.status, co.thread = dead, nil
	}
	w.env.co = coroutines{}
}
