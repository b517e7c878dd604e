package sandbox

import "comet/aso/lua"

// class is a kind of interpreter: its library and its sizes.
type class struct {
	library     *library
	options     lua.Options
	depth       int  // of JSON
	unpackDepth int  // of MessagePack that is read
	results     int  // values that a library function may return at once
	keys        bool // KEYS and ARGV are globals
	redis       bool // it does as Redis: the arguments count among the results
}

const handlerSlots = 1024

var handlerClass = &class{
	library: stdlib,
	options: lua.Options{Main: lua.Sizes{Slots: handlerSlots, MaxSlots: handlerSlots, Frames: 120, MaxFrames: 120}, Nested: 14},
	depth:   maxDepth, unpackDepth: maxDepth, results: handlerSlots / 2,
}

// What Redis' Lua allows.
const (
	scriptStack    = 8000 // values that a library function has on the stack
	maxCalls       = 19_999
	maxThreadCalls = 1<<14 - 1 // in a coroutine
)

// maxSlots is more than the memory of a run has room for, unless that is very large.
const maxSlots = 1 << 26

// Of scripts, of functions, and of libraries of functions while they are loaded.
var scriptClass, functionClass, loadClass = redisClass(scriptlib, true), redisClass(functionlib, false), redisClass(loadlib, false)

func redisClass(lib *library, keys bool) *class {
	options := lua.Options{
		Main:   lua.Sizes{Slots: 4096, MaxSlots: maxSlots, Frames: 256, MaxFrames: maxCalls},
		Thread: lua.Sizes{Slots: 128, MaxSlots: maxSlots, Frames: 8, MaxFrames: maxThreadCalls},
		Nested: 200,
	}
	return &class{library: lib, options: options, depth: 1000, unpackDepth: scriptStack/2 - 1, results: scriptStack, redis: true, keys: keys}
}

// room returns how many values the running library function may return.
func (c *class) room(L *lua.State) int {
	if c.redis {
		return c.results - L.GetTop()
	}
	return c.results
}
