package sandbox

import "comet/aso/lua"

var tableFunctions = functions{
	"concat": concatFn, "foreach": foreachFn, "foreachi": foreachiFn, "getn": getnFn, "insert": insertFn,
	"maxn": maxnFn, "remove": removeFn, "setn": setnFn, "sort": sortFn,
}

// argList returns a table and its length.
func argList(L *lua.State) (*lua.Table, int) {
	t := argTable(L, 1)
	return t, t.Len()
}

func concatFn(L *lua.State) int {
	w := of(L)
	sep := optString(L, 2, "")
	t, n := argList(L)
	i, j := optInt(L, 3, 1), n
	if !L.Get(4).IsNil() {
		j = argInt(L, 4)
	}
	size := 0
	for k := i; k <= j; k++ {
		w.work(1)
		v := t.GetInt(k)
		if text, ok := v.Text(); ok {
			size += len(text) + len(sep)
		} else if v.Kind() == lua.KindNumber {
			size += numberBytes + len(sep)
		} else {
			L.RaiseError("invalid value (%s) at index %d in table for 'concat'", v.TypeName(), k)
		}
	}
	w.Charge(size + 16)
	buf := make([]byte, 0, size)
	for k := i; k <= j; k++ {
		buf = appendText(buf, t.GetInt(k))
		if k < j {
			buf = append(buf, sep...)
		}
	}
	return pushString(L, string(buf))
}

// numberBytes is at least the length of a number's text.
const numberBytes = 24

// appendText appends a string or a number.
func appendText(b []byte, v lua.Value) []byte {
	if f, ok := v.Number(); ok {
		return lua.AppendNumber(b, f)
	}
	text, _ := v.Text()
	return append(b, text...)
}

func foreachFn(L *lua.State) int {
	t, fn := checkPairs(L, argTable(L, 1)), argFunction(L, 2).Value()
	k, v, ok := t.Next(lua.Nil)
	for ; ok && !k.IsNil(); k, v, ok = t.Next(k) {
		of(L).work(2)
		if r := L.Call1(fn, k, v); !r.IsNil() {
			return push(L, r)
		}
	}
	if !ok {
		L.Error(lua.String(errNext), 0)
	}
	return 0
}

func foreachiFn(L *lua.State) int {
	t, n := argList(L)
	fn := argFunction(L, 2).Value()
	for i := 1; i <= n; i++ {
		of(L).work(2)
		if r := L.Call1(fn, lua.Number(float64(i)), t.GetInt(i)); !r.IsNil() {
			return push(L, r)
		}
	}
	return 0
}

func getnFn(L *lua.State) int {
	_, n := argList(L)
	return pushNumber(L, float64(n))
}

func setnFn(L *lua.State) int {
	L.RaiseError("'setn' is obsolete")
	return 0
}

// maxnFn returns the largest positive number key.
func maxnFn(L *lua.State) int {
	t, best := argTable(L, 1), 0.0
	for k, _, _ := t.Next(lua.Nil); !k.IsNil(); k, _, _ = t.Next(k) {
		of(L).work(1)
		if f, ok := k.Number(); ok {
			best = max(best, f)
		}
	}
	return pushNumber(L, best)
}

// insertFn moves all between the position and the end, also if that begins before 1; behind the end there is nothing to move.
func insertFn(L *lua.State) int {
	w := of(L)
	t, n := argList(L)
	L.Writable(t, true)
	pos, value := n+1, L.Get(2)
	switch L.GetTop() {
	case 2:
	case 3:
		pos, value = argInt(L, 2), L.Get(3)
	default:
		L.RaiseError("wrong number of arguments to 'insert'")
	}
	if pos <= n {
		w.work((n - max(pos, 1)) >> 4)
		w.work(max(1-pos, 0))
		for i := n + 1; i > pos; i-- {
			L.RawSet(t, lua.Number(float64(i)), t.GetInt(i-1))
		}
	}
	L.RawSet(t, lua.Number(float64(pos)), value)
	return 0
}

func removeFn(L *lua.State) int {
	t, n := argList(L)
	pos := optInt(L, 2, n)
	if pos < 1 || pos > n {
		return 0
	}
	L.Writable(t, true)
	of(L).work((n - pos) >> 4)
	v := t.GetInt(pos)
	for i := pos; i < n; i++ {
		t.SetInt(i, t.GetInt(i+1))
	}
	t.SetInt(n, lua.Nil)
	return push(L, v)
}
