package sandbox

import (
	"errors"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const libraryName = "user_function"

// Library is a compiled library of functions, as FUNCTION LOAD of Redis takes it. Its functions may run at once until one of them changes a
// variable of the library; see Alone.
type Library struct {
	Functions []*Function // in the order in which they were registered
	variables variables
}

// Function is one function of a library.
type Function struct {
	Name        string
	Description string
	Described   bool
	Flags       []string // as they were given
	Script      *Script
}

// CompileLibrary compiles the source of a library without its first line and runs its top level, which can do nothing but register functions
// and, through log, write to the log. An error is a *CompileError, a *ScriptFault or a *LimitError.
func CompileLibrary(source string, lim Limits, log func(level int, text string)) (*Library, error) {
	c, err := compileScript(libraryName, source, functionlib)
	if err != nil {
		return nil, err
	}
	lim = lim.withDefaults()
	w := newWorker(loadClass)
	out, err := w.define(&Program{name: libraryName}, c, lim)
	if err != nil {
		return nil, err
	}
	l := &Library{}
	if err := w.loadLibrary(l, out[0], lim, log); err != nil {
		return nil, err
	}
	l.variables.settle(l.Functions)
	return l, nil
}

// NewFunctionPool makes a pool for functions of libraries that keeps at most max idle workers.
func NewFunctionPool(max int) *Pool { return &Pool{max: max, class: functionClass} }

// loadLibrary runs the top level of a library.
func (w *worker) loadLibrary(l *Library, main lua.LValue, lim Limits, log func(level int, text string)) (err error) {
	w.start(lim)
	w.env.script = scriptState{ScriptRun: &ScriptRun{Host: loadHost(log)}, loading: l}
	defer func() {
		if p := recover(); p != nil {
			err = w.fault(p)
		}
	}()
	w.main.Push(main)
	w.main.Call(0, 0)
	return nil
}

// loadHost is the host of a library while it is loaded: there are no commands.
type loadHost func(level int, text string)

func (loadHost) Call([][]byte, bool) ([]byte, error) {
	return nil, errors.New("no commands while a library is loaded")
}

func (loadHost) Allows([][]byte) (allowed, known bool) { return false, false }

func (log loadHost) Log(level int, text string) { log(level, text) }

// placeholders stand for what functionlib has while a library is loaded, which has none of it. They map to what they stand for.
var placeholders = map[lua.LValue]lua.LValue{}

// buildLoadLibrary makes what the top level of a library sees: redis with register_function, log and a few constants.
func buildLoadLibrary() *library {
	lib := &library{env: newLuaTable(), stringMeta: functionlib.stringMeta, values: map[string]lua.LValue{}}
	for path, v := range functionlib.values {
		if path[0] != '@' || path == opCall {
			fn := goFunction(absentAtLoad(strings.TrimPrefix(path, "@")))
			placeholders[fn] = v
			v = fn
		}
		lib.values[path] = v
	}
	lib.values["redis.log"], lib.values["_G"] = functionlib.values["redis.log"], functionlib.env
	t := newLuaTable()
	lib.set(lib.env, "", "redis", t)
	lib.set(t, "redis", "register_function", goFunction(registerFunctionFn))
	lib.set(t, "redis", "log", functionlib.values["redis.log"])
	for name, v := range redisConstants {
		lib.set(t, "redis", name, v)
	}
	t.Metatable, lib.env.Metatable = envMeta, envMeta
	return lib
}

func absentAtLoad(path string) lua.LGFunction {
	name, member, isMember := strings.Cut(path, ".")
	if isMember && name == "redis" {
		name = member
	}
	return func(L *lua.LState) int {
		L.RaiseError("Script attempted to access nonexistent global variable '%s'", name)
		return 0
	}
}
