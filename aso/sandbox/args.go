package sandbox

import "comet/aso/lua"

// Arguments of library functions. As in Lua 5.1, numbers and strings convert into
// each other, and an error names the argument and the function.

// argError names the function as it was called. The object of a method is no argument.
func argError(L *lua.State, i int, problem string) {
	kind, name := L.Called()
	if kind == "method" {
		if i--; i == 0 {
			L.RaiseError("calling '%s' on bad self (%s)", name, problem)
		}
	}
	L.RaiseError("bad argument #%d to '%s' (%s)", i, name, problem)
}

func typeError(L *lua.State, i int, want string) {
	got := "no value"
	if i <= L.GetTop() {
		got = L.Get(i).TypeName()
	}
	argError(L, i, want+" expected, got "+got)
}

func argString(L *lua.State, i int) string {
	text, ok := asText(L.Get(i))
	if !ok {
		typeError(L, i, "string")
	}
	return text
}

func optString(L *lua.State, i int, def string) string {
	if L.Get(i).IsNil() {
		return def
	}
	return argString(L, i)
}

func argNumber(L *lua.State, i int) float64 {
	v := L.Get(i)
	if f, ok := v.Number(); ok {
		return f
	}
	if text, ok := v.Text(); ok {
		of(L).numeral(text)
		if f, ok := lua.ParseNumber(text); ok {
			return f
		}
	}
	typeError(L, i, "number")
	return 0
}

// argInt converts as C does to an int: of 64 bits of a whole number, the low 32.
func argInt(L *lua.State, i int) int { return cInt(argNumber(L, i)) }

func optInt(L *lua.State, i, def int) int {
	if L.Get(i).IsNil() {
		return def
	}
	return argInt(L, i)
}

func cInt(f float64) int { return int(int32(toInt(f))) } //nolint:gosec // it wraps, as in C

// argPosition is a position in a string, which has 64 bits.
func argPosition(L *lua.State, i int) int { return int(toInt(argNumber(L, i))) }

func optPosition(L *lua.State, i, def int) int {
	if L.Get(i).IsNil() {
		return def
	}
	return argPosition(L, i)
}

func argTable(L *lua.State, i int) *lua.Table {
	t := L.Get(i).Table()
	if t == nil {
		typeError(L, i, "table")
	}
	return t
}

func argFunction(L *lua.State, i int) *lua.Function {
	f := L.Get(i).Function()
	if f == nil {
		typeError(L, i, "function")
	}
	return f
}

func argAny(L *lua.State, i int) lua.Value {
	if i > L.GetTop() {
		argError(L, i, "value expected")
	}
	return L.Get(i)
}

// push pushes results and returns their number.
func push(L *lua.State, values ...lua.Value) int {
	for _, v := range values {
		L.Push(v)
	}
	return len(values)
}

// pushString charges and pushes a new string.
func pushString(L *lua.State, s string) int {
	of(L).Charge(len(s) + 16)
	L.Push(lua.String(s))
	return 1
}

func pushNumber(L *lua.State, f float64) int {
	L.Push(lua.Number(f))
	return 1
}

func pushBool(L *lua.State, b bool) int {
	L.Push(lua.Bool(b))
	return 1
}
