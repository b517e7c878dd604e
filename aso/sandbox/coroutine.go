package sandbox

import "comet/aso/lua"

var coroutineFunctions = functions{
	"create": createFn, "resume": resumeFn, "yield": yieldFn, "status": statusFn, "running": runningFn, "wrap": wrapFn,
}

// newCoroutine makes a coroutine of argument 1, which must be a function written in Lua.
func newCoroutine(L *lua.State) *lua.State {
	fn := L.Get(1).Function()
	if fn == nil || fn.Go != nil {
		argError(L, 1, "Lua function expected")
	}
	of(L).work(50)
	return L.NewThread(fn)
}

func createFn(L *lua.State) int { return push(L, newCoroutine(L).Value()) }

// coroutineOf returns the coroutine that argument 1 is.
func coroutineOf(L *lua.State) *lua.State {
	co := L.Get(1).Thread()
	if co == nil {
		argError(L, 1, "coroutine expected")
	}
	return co
}

func resumeFn(L *lua.State) int {
	results, err := resume(L, coroutineOf(L), arguments(L, 2))
	if err != nil {
		return push(L, lua.False, err.Value)
	}
	L.Push(lua.True)
	return 1 + push(L, results...)
}

// resume lets co work until it yields, ends or fails.
func resume(L *lua.State, co *lua.State, args []lua.Value) (results []lua.Value, err *lua.Error) {
	of(L).work(20)
	return L.Resume(co, args)
}

func yieldFn(L *lua.State) int {
	of(L).work(20)
	return L.Yield(arguments(L, 1)...)
}

func statusFn(L *lua.State) int {
	return push(L, lua.String(L.Status(coroutineOf(L))))
}

func runningFn(L *lua.State) int {
	co := L.Running()
	if co == nil {
		return push(L, lua.Nil)
	}
	return push(L, co.Value())
}

func wrapFn(L *lua.State) int {
	co := newCoroutine(L)
	return push(L, lua.NewFunction(func(L *lua.State) int { return resumeWrapped(L, co) }).Value())
}

// resumeWrapped is what coroutine.wrap returns. Its error goes on, with the place.
func resumeWrapped(L, co *lua.State) int {
	results, err := resume(L, co, arguments(L, 1))
	if err != nil {
		L.Error(err.Value, 1)
	}
	return push(L, results...)
}
