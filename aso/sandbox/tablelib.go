package sandbox

import (
	"sort"

	lua "github.com/yuin/gopher-lua"
)

var tableFunctions = functions{
	"concat": concatFn, "foreach": foreachFn, "foreachi": foreachiFn, "getn": getnFn, "insert": insertFn,
	"maxn": maxnFn, "remove": removeFn, "setn": setnFn, "sort": sortFn,
}

// argList returns a table and its length.
func argList(L *lua.LState, fn string) (*lua.LTable, int) {
	t := argTable(L, 1, fn)
	return t, t.Len()
}

func concatFn(L *lua.LState) int {
	w := of(L)
	t, n := argList(L, "concat")
	sep := optString(L, 2, "concat", "")
	i, j := optInt(L, 3, "concat", 1), n
	if L.Get(4) != lua.LNil {
		j = argInt(L, 4, "concat")
	}
	size := 0
	for k := i; k <= j; k++ {
		w.work(1)
		v := rawGet(t, lua.LNumber(k))
		if !isText(v) {
			L.RaiseError("invalid value (%s) at index %d in table for 'concat'", v.Type().String(), k)
		}
		size += textSize(v) + len(sep)
	}
	w.alloc(size + 16)
	buf := make([]byte, 0, size)
	for k := i; k <= j; k++ {
		buf = appendText(buf, rawGet(t, lua.LNumber(k)))
		if k < j {
			buf = append(buf, sep...)
		}
	}
	return pushString(L, string(buf))
}

func foreachFn(L *lua.LState) int {
	t, fn := checkPairs(L, argTable(L, 1, "foreach")), argFunction(L, 2, "foreach")
	for k, v := t.Next(lua.LNil); k != lua.LNil; k, v = t.Next(k) {
		of(L).work(2)
		if r := call1(L, fn, k, v); r != lua.LNil {
			return push(L, r)
		}
	}
	return 0
}

func foreachiFn(L *lua.LState) int {
	t, n := argList(L, "foreachi")
	fn := argFunction(L, 2, "foreachi")
	for i := 1; i <= n; i++ {
		of(L).work(2)
		if r := call1(L, fn, lua.LNumber(i), t.RawGetInt(i)); r != lua.LNil {
			return push(L, r)
		}
	}
	return 0
}

func getnFn(L *lua.LState) int {
	_, n := argList(L, "getn")
	return pushNumber(L, float64(n))
}

func setnFn(L *lua.LState) int {
	L.RaiseError("'setn' is obsolete")
	return 0
}

// maxnFn returns the largest positive number key.
func maxnFn(L *lua.LState) int {
	t, n := argList(L, "maxn")
	best := float64(n)
	var start lua.LValue = lua.LNil
	if n > 0 {
		start = lua.LNumber(n)
	}
	for k, _ := t.Next(start); k != lua.LNil; k, _ = t.Next(k) {
		of(L).work(1)
		if f, ok := k.(lua.LNumber); ok {
			best = max(best, float64(f))
		}
	}
	return pushNumber(L, best)
}

func insertFn(L *lua.LState) int {
	w := of(L)
	t, n := argList(L, "insert")
	writableBy(L, t)
	pos, value := n+1, L.Get(2)
	switch L.GetTop() {
	case 2:
	case 3:
		pos, value = argInt(L, 2, "insert"), L.Get(3)
	default:
		L.RaiseError("wrong number of arguments to 'insert'")
	}
	if pos < 1 || pos > n+1 { // Lua 5.1 stores there and shifts nothing
		w.rawSet(L, t, lua.LNumber(pos), value)
		return 0
	}
	w.work((n - pos + 1) >> 4)
	if pos == n+1 {
		w.rawSet(L, t, lua.LNumber(pos), value)
		return 0
	}
	w.rawSet(L, t, lua.LNumber(n+1), t.RawGetInt(n))
	for i := n; i > pos; i-- {
		t.RawSetInt(i, t.RawGetInt(i-1))
	}
	t.RawSetInt(pos, value)
	return 0
}

func removeFn(L *lua.LState) int {
	w := of(L)
	t, n := argList(L, "remove")
	writableBy(L, t)
	pos := optInt(L, 2, "remove", n)
	if pos < 1 || pos > n {
		return 0
	}
	w.work((n - pos) >> 4)
	v := t.RawGetInt(pos)
	for i := pos; i < n; i++ {
		t.RawSetInt(i, t.RawGetInt(i+1))
	}
	w.rawSet(L, t, lua.LNumber(n), lua.LNil)
	return push(L, v)
}

// sorter sorts a copy, so that a comparison that changes the table harms nobody.
type sorter struct {
	L      *lua.LState
	w      *worker
	less   *lua.LFunction
	values []lua.LValue
}

func (s *sorter) Len() int { return len(s.values) }

func (s *sorter) Swap(i, j int) { s.values[i], s.values[j] = s.values[j], s.values[i] }

func (s *sorter) Less(i, j int) bool {
	s.w.work(2)
	a, b := s.values[i], s.values[j]
	if s.less != nil {
		return lua.LVAsBool(call1(s.L, s.less, a, b))
	}
	if x, ok := a.(lua.LString); ok {
		s.w.read(len(x))
	}
	return s.L.LessThan(a, b)
}

func sortFn(L *lua.LState) int {
	w := of(L)
	t, n := argList(L, "sort")
	writableBy(L, t)
	s := &sorter{L: L, w: w}
	if L.Get(2) != lua.LNil {
		s.less = argFunction(L, 2, "sort")
	}
	w.alloc(16*n + 64)
	w.work(n >> 3)
	s.values = make([]lua.LValue, n)
	for i := range s.values {
		s.values[i] = t.RawGetInt(i + 1)
	}
	sort.Sort(s)
	for i, v := range s.values {
		w.rawSet(L, t, lua.LNumber(i+1), v)
	}
	return 0
}
