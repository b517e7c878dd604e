package sandbox

import (
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// library is everything a script can reach. It is built once, read-only, and
// shared by all workers: its functions find their run through the interpreter.
type library struct {
	env        *lua.LTable           // the globals, also _G
	stringMeta *lua.LTable           // the metatable of strings
	values     map[string]lua.LValue // by path, such as "string.format"; operations of the rewriter too
}

var (
	stdlib      = buildLibrary((*library).addHandlers)
	scriptlib   = buildLibrary((*library).addScripts)
	functionlib = buildLibrary((*library).addFunctions)
	loadlib     = buildLoadLibrary()
)

type functions map[string]lua.LGFunction

func goFunction(fn lua.LGFunction) *lua.LFunction {
	return &lua.LFunction{IsG: true, GFunction: fn}
}

func newLuaTable() *lua.LTable { return &lua.LTable{Metatable: lua.LNil} }

// buildLibrary makes what all have and what more adds.
func buildLibrary(more func(*library)) *library {
	lib := &library{env: newLuaTable(), values: map[string]lua.LValue{}}
	lib.add("", baseFunctions)
	stringTable := lib.add("string", stringFunctions)
	lib.add("table", tableFunctions)
	mathTable := lib.add("math", mathFunctions)
	lib.set(mathTable, "math", "pi", lua.LNumber(math.Pi))
	lib.set(mathTable, "math", "huge", lua.LNumber(math.Inf(1)))
	lib.add("bit", bitFunctions)
	lib.add("struct", structFunctions)
	jsonTable := lib.add("cjson", jsonFunctions)
	lib.set(jsonTable, "cjson", "null", jsonNull)
	lib.set(jsonTable, "cjson", "_NAME", lua.LString("cjson"))
	lib.set(jsonTable, "cjson", "_VERSION", lua.LString("2.1.0"))
	packTable := lib.add("cmsgpack", msgpackFunctions)
	lib.set(packTable, "cmsgpack", "_NAME", lua.LString("cmsgpack"))
	lib.set(packTable, "cmsgpack", "_VERSION", lua.LString("lua-cmsgpack 0.4.0"))
	lib.set(lib.env, "", "_G", lib.env)
	lib.set(lib.env, "", "_VERSION", lua.LString("Lua 5.1"))
	lib.env.Metatable = envMeta
	lib.stringMeta = newLuaTable()
	lib.stringMeta.RawSetString("__index", stringTable)
	lib.stringMeta.Metatable = frozenMeta
	lib.operations()
	more(lib)
	return lib
}

func (lib *library) addHandlers() {
	lib.add("", handlerFunctions)
	lib.add("hash", hashFunctions)
}

// operations makes what the rewriter inserts.
func (lib *library) operations() {
	for name, fn := range (functions{
		opConcat: opConcatFn, opSet: opSetFn, opTable: opTableFn, opOpenTable: opOpenTableFn,
		opClosure: opClosureFn, opFreeze: opFreezeFn,
	}) {
		lib.values[name] = goFunction(fn)
	}
	lib.values[opFalse] = lua.LFalse
	lib.values[opNil] = lua.LNil
}

// add makes a frozen library table, or adds to the globals when name is empty.
func (lib *library) add(name string, fns functions) *lua.LTable {
	t := lib.env
	if name != "" {
		t = newLuaTable()
		lib.set(lib.env, "", name, t)
	}
	for fn, impl := range fns {
		lib.set(t, name, fn, goFunction(impl))
	}
	if name != "" {
		t.Metatable = frozenMeta
	}
	return t
}

func (lib *library) set(t *lua.LTable, prefix, name string, v lua.LValue) {
	t.RawSetString(name, v)
	lib.values[strings.TrimPrefix(prefix+"."+name, ".")] = v
}
