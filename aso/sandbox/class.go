package sandbox

import lua "github.com/yuin/gopher-lua"

// class is a kind of interpreter: its library and its sizes. The Go stack that Lua code can use is about a kilobyte for each of frames
// times nested, so these stay small; open upvalues are found by linear search in the registers.
type class struct {
	library *library
	options lua.Options
	nested  int  // pcall inside pcall
	depth   int  // of JSON
	results int  // values that a library function may return at once
	keys    bool // KEYS and ARGV are globals
	redis   bool // it does as Redis: the arguments count among the results, and library errors have no place
}

const registrySlots = 1024

var handlerClass = &class{
	library: stdlib,
	options: lua.Options{CallStackSize: 120, RegistrySize: registrySlots, SkipOpenLibs: true},
	nested:  12, depth: maxDepth, results: registrySlots / 2,
}

// Redis' Lua lets a function have 8000 values on its stack.
const scriptStack = 8000

// Of scripts, of functions, and of libraries of functions while they are loaded.
var scriptClass, functionClass, loadClass = redisClass(scriptlib, true), redisClass(functionlib, false), redisClass(loadlib, false)

func redisClass(lib *library, keys bool) *class {
	return &class{
		library: lib,
		options: lua.Options{
			CallStackSize: 1000, SkipOpenLibs: true, // growing stacks fail when they are full
			RegistrySize: registrySlots, RegistryMaxSize: 4 * scriptStack, RegistryGrowStep: registrySlots,
		},
		nested: 50, depth: 1000, results: scriptStack, redis: true, keys: keys,
	}
}

// room returns how many values the running library function may return.
func (c *class) room(L *lua.LState) int {
	if c.redis {
		return c.results - L.GetTop()
	}
	return c.results
}
