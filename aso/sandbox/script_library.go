package sandbox

import (
	"errors"
	"strings"

	"comet/aso/lua"
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
	proto, err := libraryCode(source)
	if err != nil {
		return nil, err
	}
	l := &Library{}
	if err := newWorker(loadClass).loadLibrary(l, proto, lim.withDefaults(), log); err != nil {
		return nil, err
	}
	proto.Replace(whatStandsFor)
	l.variables.settle(l.Functions)
	for _, fn := range l.Functions {
		fn.Script.library = l
	}
	return l, nil
}

// libraryCode compiles a library, whose top level finds all names when it runs.
func libraryCode(source string) (*lua.Proto, error) {
	stmts, err := parseChunk(libraryName, source, scriptBounds)
	if err != nil {
		return nil, err
	}
	r := newScriptResolver(loadlib)
	r.bare = r.fn
	r.block(stmts)
	return r.compile(stmts, libraryName)
}

// NewFunctionPool makes a pool for functions of libraries that keeps at most max idle workers.
func NewFunctionPool(max int) *Pool { return &Pool{max: max, class: functionClass} }

// loadLibrary runs the top level of a library.
func (w *worker) loadLibrary(l *Library, main *lua.Proto, lim Limits, log func(level int, text string)) (err error) {
	w.start(lim)
	w.env.script = scriptState{ScriptRun: &ScriptRun{Host: loadHost(log)}, loading: l}
	defer func() {
		if p := recover(); p != nil {
			err = w.fault(p)
		}
	}()
	w.main.Push(lua.NewClosure(main).Value())
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
var placeholders = map[*lua.Function]lua.Value{}

// whatStandsFor returns what a placeholder stands for, and any other value itself.
func whatStandsFor(v lua.Value) lua.Value {
	if real, ok := placeholders[v.Function()]; ok {
		return real
	}
	return v
}

// buildLoadLibrary makes what the top level of a library sees: redis with register_function, log and a few constants.
func buildLoadLibrary() *library {
	lib := &library{env: lua.NewTable(0, 2), stringMeta: functionlib.stringMeta, values: map[string]lua.Value{}}
	for path, v := range functionlib.values {
		fn := lua.NewFunction(absentAtLoad(path))
		placeholders[fn] = v
		lib.values[path] = fn.Value()
	}
	lib.values["redis.log"], lib.values["_G"] = functionlib.values["redis.log"], functionlib.values["_G"]
	t := lua.NewTable(0, 8)
	lib.env.SetString("redis", t.Value())
	t.SetString("register_function", lua.NewFunction(registerFunctionFn).Value())
	t.SetString("log", functionlib.values["redis.log"])
	for name, v := range redisConstants {
		t.SetString(name, v)
		lib.values["redis."+name] = v
	}
	delete(lib.values, "redis") // it is another one when functions run
	for _, table := range []*lua.Table{t, lib.env} {
		table.Access, table.View = lua.ReadOnly, noGlobal
	}
	return lib
}

func absentAtLoad(path string) lua.GoFunction {
	name, member, isMember := strings.Cut(path, ".")
	if isMember && name == "redis" {
		name = member
	}
	return func(L *lua.State) int {
		L.RaiseError("Script attempted to access nonexistent global variable '%s'", name)
		return 0
	}
}
