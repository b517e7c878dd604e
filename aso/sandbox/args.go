package sandbox

import (
	lua "github.com/yuin/gopher-lua"
)

// Arguments of library functions. As in Lua 5.1, numbers and strings convert into
// each other, and an error names the argument and the function.

func argError(L *lua.LState, i int, fn, problem string) {
	L.RaiseError("bad argument #%d to '%s' (%s)", i, fn, problem)
}

func typeError(L *lua.LState, i int, fn, want string) {
	got := "no value"
	if i <= L.GetTop() {
		got = L.Get(i).Type().String()
	}
	argError(L, i, fn, want+" expected, got "+got)
}

func argString(L *lua.LState, i int, fn string) string {
	switch v := L.Get(i).(type) {
	case lua.LString:
		return string(v)
	case lua.LNumber:
		return numberText(float64(v))
	}
	typeError(L, i, fn, "string")
	return ""
}

func optString(L *lua.LState, i int, fn, def string) string {
	if L.Get(i) == lua.LNil {
		return def
	}
	return argString(L, i, fn)
}

func argNumber(L *lua.LState, i int, fn string) float64 {
	switch v := L.Get(i).(type) {
	case lua.LNumber:
		return float64(v)
	case lua.LString:
		of(L).numeral(string(v))
		if f, ok := parseNumber(string(v)); ok {
			return f
		}
	}
	typeError(L, i, fn, "number")
	return 0
}

func optNumber(L *lua.LState, i int, fn string, def float64) float64 {
	if L.Get(i) == lua.LNil {
		return def
	}
	return argNumber(L, i, fn)
}

func argInt(L *lua.LState, i int, fn string) int { return clampInt(argNumber(L, i, fn)) }

func optInt(L *lua.LState, i int, fn string, def int) int {
	return clampInt(optNumber(L, i, fn, float64(def)))
}

func argTable(L *lua.LState, i int, fn string) *lua.LTable {
	if t, ok := L.Get(i).(*lua.LTable); ok {
		return t
	}
	typeError(L, i, fn, "table")
	return nil
}

func argFunction(L *lua.LState, i int, fn string) *lua.LFunction {
	if f, ok := L.Get(i).(*lua.LFunction); ok {
		return f
	}
	typeError(L, i, fn, "function")
	return nil
}

func argAny(L *lua.LState, i int, fn string) lua.LValue {
	if i > L.GetTop() {
		argError(L, i, fn, "value expected")
	}
	return L.Get(i)
}

// push pushes results and returns their number.
func push(L *lua.LState, values ...lua.LValue) int {
	for _, v := range values {
		L.Push(v)
	}
	return len(values)
}

// pushString charges and pushes a new string.
func pushString(L *lua.LState, s string) int {
	of(L).alloc(len(s) + 16)
	L.Push(lua.LString(s))
	return 1
}

func pushNumber(L *lua.LState, f float64) int {
	L.Push(lua.LNumber(f))
	return 1
}

func pushBool(L *lua.LState, b bool) int {
	L.Push(lua.LBool(b))
	return 1
}
