package sandbox

import (
	"fmt"
	"strings"
	"unsafe"

	"comet/aso/lua"
)

var baseFunctions = functions{
	"assert": assertFn, "collectgarbage": collectFn, "error": errorFn, "gcinfo": gcinfoFn,
	"getmetatable": getmetatableFn, "ipairs": ipairsFn, "pairs": pairsFn,
	"pcall": pcallFn, "rawequal": rawequalFn, "rawget": rawgetFn, "rawset": rawsetFn,
	"select": selectFn, "setmetatable": setmetatableFn, "tonumber": tonumberFn,
	"tostring": tostringFn, "type": typeFn, "unpack": unpackFn, "xpcall": xpcallFn,
}

// handlerFunctions are the globals that only handlers have.
var handlerFunctions = functions{
	"deny": denyFn, "missing": missingFn, "keep": keepFn, "wait": waitFn, "log": logFn,
	"now": nowFn, "rand": randomFn, "uuid": uuidFn,
}

func assertFn(L *lua.State) int {
	if !argAny(L, 1).True() {
		L.RaiseError("%s", beforeNUL(optString(L, 2, "assertion failed!")))
	}
	return L.GetTop()
}

// collectFn answers in kilobytes charged; there is nothing to collect.
func collectFn(L *lua.State) int {
	of(L).work(1)
	switch option := optString(L, 1, "collect"); option {
	case "count":
		return pushNumber(L, float64(of(L).mem)/1024)
	case "collect", "stop", "restart", "step", "setpause", "setstepmul":
	default:
		argError(L, 1, "invalid option '"+clip(option, 64)+"'")
	}
	return pushNumber(L, 0)
}

func gcinfoFn(L *lua.State) int { return pushNumber(L, float64((of(L).mem+1023)>>10)) }

func errorFn(L *lua.State) int {
	of(L).work(2)
	v := L.Get(1)
	if level := optInt(L, 2, 1); level > 0 {
		if text, ok := asText(v); ok {
			where := L.Where(level)
			of(L).Charge(len(text) + len(where) + 16)
			v = lua.String(where + text)
		}
	}
	L.Error(v, 0)
	return 0
}

func getmetatableFn(L *lua.State) int {
	v := argAny(L, 1)
	if m := L.MetaField(v, "__metatable"); !m.IsNil() {
		return push(L, m)
	}
	return push(L, L.Metatable(v).Value())
}

func setmetatableFn(L *lua.State) int {
	t, meta := argTable(L, 1), L.Get(2)
	if meta.Table() == nil && (!meta.IsNil() || L.GetTop() < 2) {
		argError(L, 2, "nil or table expected")
	}
	L.Writable(t, true)
	if !L.MetaField(t.Value(), "__metatable").IsNil() {
		L.RaiseError("cannot change a protected metatable")
	}
	t.Meta = meta.Table()
	return push(L, t.Value())
}

// checkPairs refuses to list ev and self, whose fields are found one by one.
func checkPairs(L *lua.State, t *lua.Table) *lua.Table {
	if w := of(L); t == w.ev || t == w.self {
		L.RaiseError("ev and self cannot be iterated")
	}
	return t
}

const errNext = "invalid key to 'next'"

func nextFn(L *lua.State) int {
	k, v, ok := checkPairs(L, argTable(L, 1)).Next(L.Get(2))
	if !ok {
		L.Error(lua.String(errNext), 0)
	}
	if k.IsNil() {
		return push(L, lua.Nil)
	}
	return push(L, k, v)
}

var (
	nextValue   = lua.NewIterator(nextFn, lua.Pairs).Value()
	ipairsValue = lua.NewIterator(ipairsNext, lua.Items).Value()
)

func pairsFn(L *lua.State) int {
	return push(L, nextValue, checkPairs(L, argTable(L, 1)).Value(), lua.Nil)
}

func ipairsFn(L *lua.State) int {
	return push(L, ipairsValue, argTable(L, 1).Value(), lua.Number(0))
}

func ipairsNext(L *lua.State) int {
	i := argInt(L, 2) + 1
	v := argTable(L, 1).GetInt(i)
	if v.IsNil() {
		return push(L, lua.Nil)
	}
	return push(L, lua.Number(float64(i)), v)
}

// arguments copies the arguments from index first on.
func arguments(L *lua.State, first int) []lua.Value {
	n := L.GetTop() - first + 1
	if n <= 0 {
		return nil
	}
	of(L).Charge(16 * n)
	args := make([]lua.Value, n)
	for i := range args {
		args[i] = L.Get(first + i)
	}
	return args
}

func pcallFn(L *lua.State) int {
	fn, args := argAny(L, 1), arguments(L, 2)
	of(L).work(4)
	L.Push(lua.True) // in front of the results, which begin behind it
	results, err := of(L).protected(L, fn, args...)
	if err != nil {
		of(L).work(10)
		return push(L, lua.False, err.Value)
	}
	return 1 + push(L, results...)
}

// failingHandlers is how often Lua calls the handler of xpcall for the errors that the handler itself raises.
const failingHandlers = 221

func xpcallFn(L *lua.State) int {
	handler, fn := argAny(L, 2), L.Get(1)
	of(L).work(4)
	L.Push(lua.True) // in front of the results, which begin behind it
	results, err := of(L).protected(L, fn)
	if err == nil {
		return 1 + push(L, results...)
	}
	for range failingHandlers {
		of(L).work(10)
		if handler.Function() == nil {
			break
		}
		of(L).env.raised = err
		results, err = of(L).protected(L, handler, err.Value)
		of(L).env.raised = nil
		if err != nil {
			continue
		}
		if len(results) == 0 {
			return push(L, lua.False, lua.Nil)
		}
		return push(L, lua.False, results[0])
	}
	return push(L, lua.False, lua.String("error in error handling"))
}

func rawequalFn(L *lua.State) int {
	return pushBool(L, lua.Equal(argAny(L, 1), argAny(L, 2)))
}

func rawgetFn(L *lua.State) int {
	return push(L, argTable(L, 1).Get(argAny(L, 2)))
}

func rawsetFn(L *lua.State) int {
	t := argTable(L, 1)
	key, value := argAny(L, 2), argAny(L, 3)
	L.Writable(t, true)
	L.RawSet(t, key, value)
	return push(L, t.Value())
}

func selectFn(L *lua.State) int {
	top := L.GetTop()
	if s, ok := L.Get(1).Text(); ok && strings.HasPrefix(s, "#") {
		return pushNumber(L, float64(top-1))
	}
	n := argInt(L, 1)
	if n < 0 {
		n = top + n
	} else if n > top {
		n = top
	}
	if n < 1 {
		argError(L, 1, "index out of range")
	}
	of(L).work((top - n) >> 3)
	return top - n
}

func tonumberFn(L *lua.State) int {
	base := optInt(L, 2, 10)
	if base != 10 {
		return tonumberBase(L, base)
	}
	v := argAny(L, 1)
	if text, ok := v.Text(); ok {
		of(L).numeral(text)
		f, ok := lua.ParseNumber(text)
		if !ok {
			return push(L, lua.Nil)
		}
		v = lua.Number(f)
	}
	if v.Kind() == lua.KindNumber {
		return push(L, v)
	}
	return push(L, lua.Nil)
}

// tonumberBase is C's strtoul.
func tonumberBase(L *lua.State, base int) int {
	s := argString(L, 1)
	if base < 2 || base > 36 {
		argError(L, 2, "base out of range")
	}
	of(L).read(len(s))
	s = strings.Trim(beforeNUL(s), spaces)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(strings.TrimPrefix(s, "-"), "+")
	if base == 16 && len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") {
		s = s[2:]
	}
	if s == "" {
		return push(L, lua.Nil)
	}
	var n uint64
	for i := range len(s) {
		d := digitValue(s[i])
		if d >= base {
			return push(L, lua.Nil)
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

func tostringFn(L *lua.State) int {
	return push(L, tostring(L, argAny(L, 1)))
}

// tostring is Lua's tostring: __tostring may return anything.
func tostring(L *lua.State, v lua.Value) lua.Value {
	w := of(L)
	switch v.Kind() {
	case lua.KindString:
		return v
	case lua.KindNumber:
		text, _ := asText(v)
		w.Charge(len(text) + 16)
		return lua.String(text)
	case lua.KindBool, lua.KindNil:
		return lua.String(plainText(v))
	}
	if fn := L.MetaField(v, "__tostring"); !fn.IsNil() {
		w.work(1)
		return L.Call1(fn, v)
	}
	w.Charge(identityBytes)
	return lua.String(w.objectText(v))
}

// plainText is the text of nil or a boolean.
func plainText(v lua.Value) string {
	switch {
	case v.IsNil():
		return "nil"
	case v.True():
		return "true"
	}
	return "false"
}

// objectText names an object by its order of appearance in the run: an address
// would tell about the process and differ from run to run.
func (w *worker) objectText(v lua.Value) string {
	if lua.Equal(v, jsonNull) {
		return "userdata: (nil)"
	}
	if w.env.ids == nil {
		w.env.ids = map[unsafe.Pointer]int{}
	}
	id, ok := w.env.ids[v.ID()]
	if !ok {
		id = len(w.env.ids) + 1
		w.env.ids[v.ID()] = id
	}
	return fmt.Sprintf("%s: 0x%08d", v.TypeName(), id)
}

// identityBytes is charged for remembering an object, and for its text.
const identityBytes = 176

func typeFn(L *lua.State) int {
	return push(L, lua.String(argAny(L, 1).TypeName()))
}

// unpackFn is bounded by the stack: an interpreter for handlers has room for few.
func unpackFn(L *lua.State) int {
	t := argTable(L, 1)
	i := optInt(L, 2, 1)
	var j int
	if L.Get(3).IsNil() {
		j = t.Len()
	} else {
		j = argInt(L, 3)
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
		L.Push(t.GetInt(i))
	}
	return n
}
