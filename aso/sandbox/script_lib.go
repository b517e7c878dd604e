package sandbox

import (
	"crypto/sha1" //nolint:gosec // the name of a script, as Redis has it
	"encoding/hex"
	"math"
	"strings"

	lua "github.com/yuin/gopher-lua"
)

// The version that scripts see.
const (
	redisVersion    = "7.0.15"
	redisVersionNum = 7<<16 | 15
)

var redisFunctions = functions{
	"call": redisCallFn, "pcall": redisPCallFn, "log": redisLogFn, "setresp": redisSetRespFn, "sha1hex": redisSHA1Fn,
	"error_reply": redisErrorReplyFn, "status_reply": redisStatusReplyFn, "acl_check_cmd": redisACLCheckFn,
	"set_repl": redisSetReplFn,
}

// evalFunctions are those that functions of libraries do not have.
var evalFunctions = functions{"replicate_commands": redisReplicateFn, "breakpoint": redisNothingFn, "debug": redisNothingFn}

// addScripts adds what scripts of EVAL have.
func (lib *library) addScripts() {
	lib.addFunctions()
	t := lib.env.RawGetString("redis").(*lua.LTable)
	for name, fn := range evalFunctions {
		lib.set(t, "redis", name, goFunction(fn))
	}
}

// addFunctions adds what functions of libraries have.
func (lib *library) addFunctions() {
	lib.addRedis("redis", redisFunctions)
	lib.add("coroutine", coroutineFunctions)
	lib.add("", loadFunctions)
	lib.values[opCall] = goFunction(opCallFn)
	mathTable := lib.env.RawGetString("math").(*lua.LTable)
	lib.set(mathTable, "math", "random", goFunction(scriptRandomFn))
	lib.set(mathTable, "math", "randomseed", goFunction(scriptRandomseedFn))
	lib.set(lib.env, "", "pcall", goFunction(scriptPCallFn))
}

// redisConstants are there also while a library is loaded.
var redisConstants = map[string]lua.LValue{
	"REDIS_VERSION": lua.LString(redisVersion), "REDIS_VERSION_NUM": lua.LNumber(redisVersionNum),
	"LOG_DEBUG": lua.LNumber(0), "LOG_VERBOSE": lua.LNumber(1), "LOG_NOTICE": lua.LNumber(2), "LOG_WARNING": lua.LNumber(3),
}

func (lib *library) addRedis(name string, fns functions) {
	t := lib.add(name, fns)
	for constant, v := range redisConstants {
		lib.set(t, name, constant, v)
	}
	for constant, v := range map[string]lua.LValue{
		"REPL_NONE": lua.LNumber(0), "REPL_AOF": lua.LNumber(1), "REPL_SLAVE": lua.LNumber(2), "REPL_REPLICA": lua.LNumber(2), "REPL_ALL": lua.LNumber(3),
	} {
		lib.set(t, name, constant, v)
	}
}

// errorTable makes {err = text}, which is how errors of commands travel.
func (w *worker) errorTable(L *lua.LState, text string) *lua.LTable {
	t := w.newTable(L, 0, 1)
	w.alloc(len(text))
	t.RawSetString("err", lua.LString(text))
	return t
}

// countedField is what Redis names it in an error that the host has counted when the command failed.
const countedField = "ignore_error_stats_update"

// countedError is the error of a command.
func (w *worker) countedError(L *lua.LState, text string) *lua.LTable {
	t := w.errorTable(L, text)
	w.alloc(slotBytes)
	t.RawSetString(countedField, lua.LTrue)
	return t
}

func isCounted(t *lua.LTable) bool { return t.RawGetString(countedField) == lua.LTrue }

// throw raises text as an error of the redis library, which has no position.
func (w *worker) throw(L *lua.LState, text string) { L.Error(w.errorTable(L, text), 0) }

// scriptPCallFn is pcall that gives the text of an error {err = text}.
func scriptPCallFn(L *lua.LState) int {
	n := pcallFn(L)
	if L.Get(1) == lua.LFalse {
		if t, ok := L.Get(2).(*lua.LTable); ok {
			if text, ok := t.RawGetString("err").(lua.LString); ok {
				L.SetTop(1)
				L.Push(text)
			}
		}
	}
	return n
}

func redisNothingFn(*lua.LState) int { return 0 }

func redisReplicateFn(L *lua.LState) int { return push(L, lua.LTrue) }

func redisSetReplFn(L *lua.LState) int {
	w := of(L)
	if L.GetTop() != 1 {
		w.throw(L, "ERR redis.set_repl() requires two arguments.")
	}
	if n := looseNumber(L.Get(1)); toInt(n)&^3 != 0 {
		w.throw(L, "ERR Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.")
	}
	return 0
}

// looseNumber is C's lua_tonumber: 0 for what is none.
func looseNumber(v lua.LValue) float64 {
	switch v := v.(type) {
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		f, _ := parseNumber(string(v))
		return f
	}
	return 0
}

func redisSetRespFn(L *lua.LState) int {
	w := of(L)
	if L.GetTop() != 1 {
		w.throw(L, "ERR redis.setresp() requires one argument.")
	}
	n := toInt(looseNumber(L.Get(1)))
	if n != 2 && n != 3 {
		w.throw(L, "ERR RESP version must be 2 or 3.")
	}
	w.env.script.resp3 = n == 3
	return 0
}

func redisSHA1Fn(L *lua.LState) int {
	w := of(L)
	if L.GetTop() != 1 {
		w.throw(L, "ERR wrong number of arguments")
	}
	text, _ := asText(L.Get(1))
	w.work(8 + len(text)>>5)
	sum := sha1.Sum([]byte(text)) //nolint:gosec // as above
	return pushString(L, hex.EncodeToString(sum[:]))
}

func asText(v lua.LValue) (string, bool) {
	switch v := v.(type) {
	case lua.LString:
		return string(v), true
	case lua.LNumber:
		return numberText(float64(v)), true
	}
	return "", false
}

func redisErrorReplyFn(L *lua.LState) int {
	text, ok := replyText(L)
	if !ok {
		text = "ERR wrong number or type of arguments"
	} else if text = strings.TrimPrefix(text, "-"); !strings.Contains(text, " ") {
		text = "ERR " + text // there is no code
	}
	return push(L, of(L).errorTable(L, text))
}

// replyText returns the only argument, a string.
func replyText(L *lua.LState) (string, bool) {
	s, ok := L.Get(1).(lua.LString)
	return string(s), ok && L.GetTop() == 1
}

func redisStatusReplyFn(L *lua.LState) int {
	text, ok := replyText(L)
	if !ok {
		return push(L, of(L).errorTable(L, "ERR wrong number or type of arguments"))
	}
	return push(L, of(L).shape(L, "ok", lua.LString(text)))
}

func redisLogFn(L *lua.LState) int {
	w := of(L)
	if L.GetTop() < 2 {
		w.throw(L, "ERR redis.log() requires two arguments or more.")
	}
	level, ok := L.Get(1).(lua.LNumber)
	if !ok {
		w.throw(L, "ERR First argument must be a number (log level).")
	}
	if level < 0 || level > 3 {
		w.throw(L, "ERR Invalid debug level.")
	}
	text := ""
	for i := 2; i <= L.GetTop(); i++ {
		if s, ok := asText(L.Get(i)); ok {
			if i > 2 {
				text += " "
			}
			w.alloc(len(text) + len(s))
			text += s
		}
	}
	w.env.script.Host.Log(int(level), oneLine(text))
	return 0
}

// drand48Range is one more than the largest random number of Redis' generator, drand48.
const drand48Range = 1 << 31

func (w *worker) drand48() float64 {
	x := &w.env.script.random
	*x = (*x*0x5deece66d + 0xb) & (1<<48 - 1)
	return float64((*x>>17)%(drand48Range-1)) / (drand48Range - 1)
}

func scriptRandomFn(L *lua.LState) int {
	w := of(L)
	w.work(1)
	r := w.drand48()
	switch L.GetTop() {
	case 0:
		return pushNumber(L, r)
	case 1:
		high := float64(argInt(L, 1, "random"))
		if high < 1 {
			argError(L, 1, "random", "interval is empty")
		}
		return pushNumber(L, math.Floor(r*high)+1)
	case 2:
		low, high := float64(argInt(L, 1, "random")), float64(argInt(L, 2, "random"))
		if low > high {
			argError(L, 2, "random", "interval is empty")
		}
		return pushNumber(L, math.Floor(r*(high-low+1))+low)
	}
	L.RaiseError("wrong number of arguments")
	return 0
}

func scriptRandomseedFn(L *lua.LState) int {
	of(L).env.script.random = uint64(uint32(toInt(argNumber(L, 1, "randomseed"))))<<16 | 0x330e
	return 0
}
