package sandbox

import "comet/aso/lua"

// class is a kind of interpreter: its library and its sizes.
type class struct {
	library *library
	options lua.Options
	depth   int  // of JSON
	results int  // values that a library function may return at once
	keys    bool // KEYS and ARGV are globals
	redis   bool // it does as Redis: the arguments count among the results
}

const handlerSlots = 1024

var handlerClass = &class{
	library: stdlib,
	options: lua.Options{Slots: handlerSlots, Frames: 120, Nested: 12},
	depth:   maxDepth, results: handlerSlots / 2,
}

// Redis' Lua lets a function have 8000 values on its stack.
const scriptStack = 8000

// Of scripts, of functions, and of libraries of functions while they are loaded.
var scriptClass, functionClass, loadClass = redisClass(scriptlib, true), redisClass(functionlib, false), redisClass(loadlib, false)

func redisClass(lib *library, keys bool) *class {
	options := lua.Options{Slots: 4 * scriptStack, Frames: 1000, Nested: 200}
	options.Thread.Slots, options.Thread.Frames = 1024, 200
	return &class{library: lib, options: options, depth: 1000, results: scriptStack, redis: true, keys: keys}
}

// room returns how many values the running library function may return.
func (c *class) room(L *lua.State) int {
	if c.redis {
		return c.results - L.GetTop()
	}
	return c.results
}
