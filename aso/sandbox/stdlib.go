package sandbox

import (
	"maps"
	"math"
	"slices"
	"strings"

	"comet/aso/lua"
)

// library is everything a script can reach. It is built once, read-only, and
// shared by all workers: its functions find their run through the interpreter.
type library struct {
	env        *lua.Table           // the globals, also _G
	stringMeta *lua.Table           // the metatable of strings
	values     map[string]lua.Value // by path, such as "string.format"
}

var (
	stdlib      = buildLibrary((*library).addHandlers)
	scriptlib   = buildLibrary((*library).addScripts)
	functionlib = buildLibrary((*library).addFunctions)
	loadlib     = buildLoadLibrary()
)

type functions map[string]lua.GoFunction

// buildLibrary makes what all have and what more adds.
func buildLibrary(more func(*library)) *library {
	lib := &library{env: lua.NewTable(0, 0), values: map[string]lua.Value{}}
	lib.env.Access, lib.env.View = lua.ReadOnly, noGlobal
	lib.add("", baseFunctions)
	stringTable := lib.add("string", stringFunctions)
	lib.add("table", tableFunctions)
	lib.constants(lib.add("math", mathFunctions), "math", map[string]lua.Value{"pi": lua.Number(math.Pi), "huge": lua.Number(math.Inf(1))})
	lib.add("bit", bitFunctions)
	lib.add("struct", structFunctions)
	lib.constants(lib.add("cjson", jsonFunctions), "cjson", map[string]lua.Value{
		"null": jsonNull, "_NAME": lua.String("cjson"), "_VERSION": lua.String("2.1.0"),
	})
	lib.constants(lib.add("cmsgpack", msgpackFunctions), "cmsgpack", map[string]lua.Value{
		"_NAME": lua.String("cmsgpack"), "_VERSION": lua.String("lua-cmsgpack 0.4.0"),
		"_COPYRIGHT": lua.String("Copyright (C) 2012, Salvatore Sanfilippo"), "_DESCRIPTION": lua.String("MessagePack C implementation for Lua"),
	})
	lib.constants(lib.env, "", map[string]lua.Value{
		"_G": lib.env.Value(), "_VERSION": lua.String("Lua 5.1"), "next": lua.NewIterator(nextFn, lua.Pairs).Value(),
	})
	lib.stringMeta = lua.NewTable(0, 1)
	lib.stringMeta.SetString("__index", stringTable.Value())
	lib.stringMeta.Access = lua.ReadOnly
	more(lib)
	return lib
}

// noGlobal reports a global that does not exist, in Redis' words.
func noGlobal(L *lua.State, key lua.Value) lua.Value {
	name, _ := asText(key)
	L.RaiseError("Script attempted to access nonexistent global variable '%s'", clip(name, 64))
	return lua.Nil
}

// scriptGlobal answers for the globals of a script that are not in the table that all scripts share.
func scriptGlobal(L *lua.State, key lua.Value) lua.Value {
	s := &of(L).env.script
	switch name, _ := key.Text(); name {
	case nameKeys:
		return s.keys.Value()
	case nameArgv:
		return s.argv.Value()
	}
	return noGlobal(L, key)
}

// globalsMeta is what getmetatable(_G) returns: noGlobal does its work.
func globalsMeta() *lua.Table {
	mt := lua.NewTable(0, 1)
	mt.SetString("__index", lua.NewFunction(func(L *lua.State) int { return push(L, noGlobal(L, L.Get(2))) }).Value())
	mt.Access = lua.ReadOnly
	return mt
}

func (lib *library) addHandlers() {
	lib.add("", handlerFunctions)
	lib.add("hash", hashFunctions)
}

// add makes a read-only library table, or adds to the globals when name is empty.
func (lib *library) add(name string, fns functions) *lua.Table {
	t := lib.env
	if name != "" {
		t = lua.NewTable(0, len(fns))
		t.Access = lua.ReadOnly
		lib.set(lib.env, "", name, t.Value())
	}
	for _, fn := range slices.Sorted(maps.Keys(fns)) {
		lib.set(t, name, fn, lua.NewFunction(fns[fn]).Value())
	}
	return t
}

// constants adds values to a library table. The order of names in it is the same in each process.
func (lib *library) constants(t *lua.Table, prefix string, values map[string]lua.Value) {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		lib.set(t, prefix, name, values[name])
	}
}

func (lib *library) set(t *lua.Table, prefix, name string, v lua.Value) {
	t.SetString(name, v)
	lib.values[strings.TrimPrefix(prefix+"."+name, ".")] = v
}
