package sandbox

import (
	"crypto/sha1" //nolint:gosec // the name of a script, as Redis has it
	"encoding/hex"
	"maps"
	"math"
	"slices"
	"strings"

	"comet/aso/lua"
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

// sourceOfHost is that of functions of the host.
const sourceOfHost = "=[C]"

// addScripts adds what scripts of EVAL have.
func (lib *library) addScripts() {
	lib.addFunctions()
	lib.replace("redis", evalFunctions)
	lib.add("", functions{"__redis__err__handler": redisErrHandlerFn})
	lib.env.View = scriptGlobal
}

// addFunctions adds what functions of libraries have.
func (lib *library) addFunctions() {
	lib.constants(lib.add("redis", redisFunctions), "redis", redisConstants)
	lib.constants(lib.env.GetString("redis").Table(), "redis", replConstants)
	lib.add("coroutine", coroutineFunctions)
	lib.add("", loadFunctions)
	lib.replace("math", functions{"random": scriptRandomFn, "randomseed": scriptRandomseedFn})
	lib.add("", functions{"pcall": scriptPCallFn})
	lib.replace("string", functions{"dump": dumpFn})
	lib.env.Meta = globalsMeta()
}

// replace adds functions to a library table that is there.
func (lib *library) replace(name string, fns functions) {
	t := lib.env.GetString(name).Table()
	for _, fn := range slices.Sorted(maps.Keys(fns)) {
		lib.set(t, name, fn, lua.NewFunction(fns[fn]).Value())
	}
}

// redisConstants are there also while a library is loaded.
var redisConstants = map[string]lua.Value{
	"REDIS_VERSION": lua.String(redisVersion), "REDIS_VERSION_NUM": lua.Number(redisVersionNum),
	"LOG_DEBUG": lua.Number(0), "LOG_VERBOSE": lua.Number(1), "LOG_NOTICE": lua.Number(2), "LOG_WARNING": lua.Number(3),
}

var replConstants = map[string]lua.Value{
	"REPL_NONE": lua.Number(0), "REPL_AOF": lua.Number(1), "REPL_SLAVE": lua.Number(2), "REPL_REPLICA": lua.Number(2), "REPL_ALL": lua.Number(3),
}

// errorTable makes {err = text}, which is how errors of commands travel.
func (w *worker) errorTable(L *lua.State, text string) *lua.Table {
	t := L.NewTable(0, 0)
	w.Charge(len(text))
	L.RawSet(t, lua.String("err"), lua.String(text))
	return t
}

// countedField is what Redis names it in an error that the host has counted when the command failed.
const countedField = "ignore_error_stats_update"

// countedError is the error of a command.
func (w *worker) countedError(L *lua.State, text string) *lua.Table {
	t := w.errorTable(L, text)
	L.RawSet(t, lua.String(countedField), lua.True)
	return t
}

func isCounted(t *lua.Table) bool { return lua.Equal(t.GetString(countedField), lua.True) }

// throw raises text as an error of the redis library, which has no position.
func (w *worker) throw(L *lua.State, text string) { L.Error(w.errorTable(L, text).Value(), 0) }

// scriptPCallFn is pcall that gives the text of an error {err = text}. Behind a table without one it gives what its err is, as Redis does.
func scriptPCallFn(L *lua.State) int {
	if L.GetTop() == 0 { // Redis' own pcall then calls the true that it has pushed
		return push(L, lua.False, lua.String("attempt to call a boolean value"))
	}
	n := pcallFn(L)
	if n != 2 || L.Get(-2).True() {
		return n
	}
	if t := L.Get(-1).Table(); t != nil {
		field := L.Index(t.Value(), lua.String("err"))
		if _, ok := asText(field); ok {
			return push(L, lua.False, field)
		}
		return n + push(L, field)
	}
	return n
}

// redisErrHandlerFn is what Redis calls with the error of a script, a global: it makes a table of it, with the place of who called it.
func redisErrHandlerFn(L *lua.State) int {
	w, t := of(L), L.Get(1).Table()
	if t == nil {
		text, _ := tostring(L, L.Get(1)).Text()
		t = w.errorTable(L, "ERR "+text)
	}
	source, line, ok := L.Place(1)
	switch raised := w.env.raised; {
	case line >= 0 || !ok || source != sourceOfHost:
	case raised != nil: // called by xpcall, which in Lua is where the error was raised
		source, line, ok = raised.Source, raised.Line, raised.Source != ""
	default:
		source, line, ok = L.Place(2)
	}
	if ok {
		L.SetIndex(t.Value(), lua.String("source"), lua.String(source))
		L.SetIndex(t.Value(), lua.String("line"), lua.Number(float64(line)))
	}
	return push(L, t.Value())
}

// dumpFn is string.dump, which refuses functions written in Lua as it does others: Redis does not load byte code, either.
func dumpFn(L *lua.State) int {
	argFunction(L, 1)
	L.RaiseError("unable to dump given function")
	return 0
}

func redisNothingFn(*lua.State) int { return 0 }

func redisReplicateFn(L *lua.State) int { return push(L, lua.True) }

func redisSetReplFn(L *lua.State) int {
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
func looseNumber(v lua.Value) float64 {
	if text, ok := v.Text(); ok {
		f, _ := lua.ParseNumber(text)
		return f
	}
	f, _ := v.Number()
	return f
}

func redisSetRespFn(L *lua.State) int {
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

func redisSHA1Fn(L *lua.State) int {
	w := of(L)
	if L.GetTop() != 1 {
		w.throw(L, "ERR wrong number of arguments")
	}
	text, _ := asText(L.Get(1))
	w.work(8 + len(text)>>5)
	sum := sha1.Sum([]byte(text)) //nolint:gosec // as above
	return pushString(L, hex.EncodeToString(sum[:]))
}

// asText returns a string, or the text of a number.
func asText(v lua.Value) (string, bool) {
	if f, ok := v.Number(); ok {
		return lua.NumberText(f), true
	}
	return v.Text()
}

func redisErrorReplyFn(L *lua.State) int {
	text, ok := replyText(L)
	if !ok {
		text = "ERR wrong number or type of arguments"
	} else {
		text = codedError(text)
	}
	return push(L, of(L).errorTable(L, text).Value())
}

// codedError gives an error its code, if it has none, and cuts line ends around what it says.
func codedError(text string) string {
	text = beforeNUL(strings.TrimPrefix(text, "-"))
	code, message, ok := strings.Cut(text, " ")
	if !ok {
		code, message = "ERR", text
	}
	return code + " " + strings.Trim(message, "\r\n")
}

// replyText returns the only argument, a string.
func replyText(L *lua.State) (string, bool) {
	text, ok := L.Get(1).Text()
	return text, ok && L.GetTop() == 1
}

func redisStatusReplyFn(L *lua.State) int {
	text, ok := replyText(L)
	if !ok {
		return push(L, of(L).errorTable(L, "ERR wrong number or type of arguments").Value())
	}
	return push(L, shape(L, "ok", lua.String(text), false))
}

func redisLogFn(L *lua.State) int {
	w := of(L)
	if L.GetTop() < 2 {
		w.throw(L, "ERR redis.log() requires two arguments or more.")
	}
	level, ok := L.Get(1).Number()
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
			w.Charge(len(text) + len(s))
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

func scriptRandomFn(L *lua.State) int {
	w := of(L)
	w.work(1)
	r := w.drand48()
	switch L.GetTop() {
	case 0:
		return pushNumber(L, r)
	case 1:
		high := float64(argInt(L, 1))
		if high < 1 {
			argError(L, 1, "interval is empty")
		}
		return pushNumber(L, math.Floor(r*high)+1)
	case 2:
		low, high := float64(argInt(L, 1)), float64(argInt(L, 2))
		if low > high {
			argError(L, 2, "interval is empty")
		}
		return pushNumber(L, math.Floor(r*(high-low+1))+low)
	}
	L.RaiseError("wrong number of arguments")
	return 0
}

func scriptRandomseedFn(L *lua.State) int {
	of(L).env.script.random = uint64(uint32(toInt(argNumber(L, 1))))<<16 | 0x330e
	return 0
}
