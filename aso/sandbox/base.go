package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

var baseFunctions = functions{
	"assert": assertFn, "collectgarbage": collectFn, "error": errorFn, "gcinfo": gcinfoFn,
	"getmetatable": getmetatableFn, "ipairs": ipairsFn, "next": nextFn, "pairs": pairsFn,
	"pcall": pcallFn, "rawequal": rawequalFn, "rawget": rawgetFn, "rawset": rawsetFn,
	"select": selectFn, "setmetatable": setmetatableFn, "tonumber": tonumberFn,
	"tostring": tostringFn, "type": typeFn, "unpack": unpackFn, "xpcall": xpcallFn,
}

// handlerFunctions are the globals that only handlers have.
var handlerFunctions = functions{
	"deny": denyFn, "missing": missingFn, "keep": keepFn, "wait": waitFn, "log": logFn,
	"now": nowFn, "rand": randomFn, "uuid": uuidFn,
}

func assertFn(L *lua.LState) int {
	if lua.LVIsFalse(argAny(L, 1, "assert")) {
		L.RaiseError("%s", optString(L, 2, "assert", "assertion failed!"))
	}
	return L.GetTop()
}

// collectFn answers in kilobytes charged; there is nothing to collect.
func collectFn(L *lua.LState) int {
	of(L).work(1)
	if optString(L, 1, "collectgarbage", "collect") == "count" {
		return pushNumber(L, float64(of(L).mem)/1024)
	}
	return pushNumber(L, 0)
}

func gcinfoFn(L *lua.LState) int { return pushNumber(L, float64((of(L).mem+1023)>>10)) }

func errorFn(L *lua.LState) int {
	of(L).work(2)
	v := L.Get(1)
	s, ok := asText(v)
	if level := optNumber(L, 2, "error", 1); ok && level >= 1 && int(level) < of(L).class.options.CallStackSize {
		where := strings.TrimPrefix(L.Where(int(level)), "[G]:")
		if where != "" {
			of(L).alloc(len(s) + len(where) + 16)
			v = lua.LString(where + " " + s)
		}
	}
	L.Error(v, 0)
	return 0
}

func getmetatableFn(L *lua.LState) int {
	v := argAny(L, 1, "getmetatable")
	if t, ok := v.(*lua.LTable); ok && t.Metatable == sharedMeta {
		return push(L, lua.LNil)
	}
	return push(L, L.GetMetatable(v))
}

func setmetatableFn(L *lua.LState) int {
	t := argTable(L, 1, "setmetatable")
	mt := L.Get(2)
	if _, ok := mt.(*lua.LTable); !ok && (mt != lua.LNil || L.GetTop() < 2) {
		argError(L, 2, "setmetatable", "nil or table expected")
	}
	writableBy(L, t)
	if L.GetMetaField(t, "__metatable") != lua.LNil {
		L.RaiseError("cannot change a protected metatable")
	}
	if m, ok := mt.(*lua.LTable); ok && (m == frozenMeta || m == envMeta || m == evMeta || m == selfMeta) {
		argError(L, 2, "setmetatable", "nil or table expected")
	}
	t.Metatable = mt
	return push(L, t)
}

// checkPairs refuses to list ev and self, whose fields are found one by one.
func checkPairs(L *lua.LState, t *lua.LTable) *lua.LTable {
	if t.Metatable == evMeta || t.Metatable == selfMeta {
		L.RaiseError("ev and self cannot be iterated")
	}
	return t
}

func nextFn(L *lua.LState) int {
	k, v := checkPairs(L, argTable(L, 1, "next")).Next(L.Get(2))
	if k == lua.LNil {
		return push(L, lua.LNil)
	}
	return push(L, k, v)
}

var nextValue, ipairsValue = goFunction(nextFn), goFunction(ipairsNext)

func pairsFn(L *lua.LState) int {
	return push(L, nextValue, checkPairs(L, argTable(L, 1, "pairs")), lua.LNil)
}

func ipairsFn(L *lua.LState) int {
	return push(L, ipairsValue, argTable(L, 1, "ipairs"), lua.LNumber(0))
}

func ipairsNext(L *lua.LState) int {
	i := argInt(L, 2, "ipairs") + 1
	v := rawGet(argTable(L, 1, "ipairs"), lua.LNumber(i))
	if v == lua.LNil {
		return push(L, lua.LNil)
	}
	return push(L, lua.LNumber(i), v)
}

// arguments copies the arguments from index first on.
func arguments(L *lua.LState, first int) []lua.LValue {
	n := L.GetTop() - first + 1
	if n <= 0 {
		return nil
	}
	of(L).alloc(16 * n)
	args := make([]lua.LValue, n)
	for i := range args {
		args[i] = L.Get(first + i)
	}
	return args
}

func pcallFn(L *lua.LState) int {
	fn := argAny(L, 1, "pcall")
	results, ok := of(L).protected(L, fn, arguments(L, 2))
	L.SetTop(0)
	L.Push(lua.LBool(ok))
	return 1 + push(L, results...)
}

func xpcallFn(L *lua.LState) int {
	w := of(L)
	fn, handler := argAny(L, 1, "xpcall"), argAny(L, 2, "xpcall")
	results, ok := w.protected(L, fn, nil)
	if !ok {
		results, _ = w.protected(L, handler, results)
	}
	L.SetTop(0)
	L.Push(lua.LBool(ok))
	return 1 + push(L, results...)
}

func rawequalFn(L *lua.LState) int {
	return pushBool(L, L.RawEqual(argAny(L, 1, "rawequal"), argAny(L, 2, "rawequal")))
}

func rawgetFn(L *lua.LState) int {
	return push(L, rawGet(argTable(L, 1, "rawget"), argAny(L, 2, "rawget")))
}

func rawsetFn(L *lua.LState) int {
	t := argTable(L, 1, "rawset")
	key, value := argAny(L, 2, "rawset"), argAny(L, 3, "rawset")
	writableBy(L, t)
	of(L).rawSet(L, t, key, value)
	return push(L, t)
}

func selectFn(L *lua.LState) int {
	top := L.GetTop()
	if s, ok := L.Get(1).(lua.LString); ok && s == "#" {
		return pushNumber(L, float64(top-1))
	}
	n := argInt(L, 1, "select")
	if n < 0 {
		n = top + n
	} else if n > top {
		n = top
	}
	if n < 1 {
		argError(L, 1, "select", "index out of range")
	}
	of(L).work((top - n) >> 3)
	return top - n
}

func tonumberFn(L *lua.LState) int {
	base := optInt(L, 2, "tonumber", 10)
	if base != 10 {
		return tonumberBase(L, base)
	}
	switch v := argAny(L, 1, "tonumber").(type) {
	case lua.LNumber:
		return push(L, v)
	case lua.LString:
		of(L).numeral(string(v))
		if f, ok := parseNumber(string(v)); ok {
			return pushNumber(L, f)
		}
	}
	return push(L, lua.LNil)
}

// tonumberBase is C's strtoul.
func tonumberBase(L *lua.LState, base int) int {
	s := argString(L, 1, "tonumber")
	if base < 2 || base > 36 {
		argError(L, 2, "tonumber", "base out of range")
	}
	of(L).read(len(s))
	s = strings.Trim(s, spaces)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	if base == 16 && len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") {
		s = s[2:]
	}
	if s == "" {
		return push(L, lua.LNil)
	}
	var n uint64
	for i := range len(s) {
		d := digitValue(s[i])
		if d >= base {
			return push(L, lua.LNil)
		}
		if hi := n*uint64(base) + uint64(d); n > (1<<64-1-uint64(d))/uint64(base) {
			n = 1<<64 - 1
			neg = false
		} else {
			n = hi
		}
	}
	if neg {
		n = -n
	}
	return pushNumber(L, float64(n))
}

func digitValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'z':
		return int(c|0x20-'a') + 10
	}
	return 99
}

func tostringFn(L *lua.LState) int {
	return push(L, tostring(L, argAny(L, 1, "tostring")))
}

// tostring is Lua's tostring: __tostring may return anything.
func tostring(L *lua.LState, v lua.LValue) lua.LValue {
	w := of(L)
	switch v := v.(type) {
	case lua.LString:
		return v
	case lua.LNumber:
		s := numberText(float64(v))
		w.alloc(len(s) + 16)
		return lua.LString(s)
	case lua.LBool, *lua.LNilType:
		return lua.LString(v.String())
	}
	if fn := L.GetMetaField(v, "__tostring"); fn != lua.LNil {
		w.work(1)
		return call1(L, fn, v)
	}
	if v == jsonNull {
		return lua.LString("userdata: NULL")
	}
	return lua.LString(w.identity(v))
}

// identity names an object by its order of appearance in the run: an address
// would tell about the process and differ from run to run.
func (w *worker) identity(v lua.LValue) string {
	if w.env.ids == nil {
		w.env.ids = map[lua.LValue]int{}
	}
	id, ok := w.env.ids[v]
	if !ok {
		w.alloc(hashBytes)
		id = len(w.env.ids) + 1
		w.env.ids[v] = id
	}
	w.alloc(48)
	const digits = "0x00000000"
	n := numberText(float64(id))
	return v.Type().String() + ": " + digits[:max(0, len(digits)-len(n))] + n
}

func typeFn(L *lua.LState) int {
	return push(L, lua.LString(argAny(L, 1, "type").Type().String()))
}

// unpackFn is bounded by the registry: an interpreter for handlers has room for few.
func unpackFn(L *lua.LState) int {
	t := argTable(L, 1, "unpack")
	i := optInt(L, 2, "unpack", 1)
	var j int
	if L.Get(3) == lua.LNil {
		j = t.Len()
	} else {
		j = argInt(L, 3, "unpack")
	}
	if i > j {
		return 0
	}
	n := j - i + 1
	if n > of(L).class.room(L) {
		L.RaiseError("too many results to unpack")
	}
	of(L).work(n >> 3)
	L.SetTop(0)
	for ; i <= j; i++ {
		L.Push(rawGet(t, lua.LNumber(i)))
	}
	return n
}
