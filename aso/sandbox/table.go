package sandbox

import (
	"math"

	lua "github.com/yuin/gopher-lua"
)

// What a new key costs the Go heap, garbage of growing included.
const (
	keyBytes   = 256
	hashBytes  = 320
	arrayBytes = 40
)

func init() {
	lua.MaxArrayIndex = 1 << 20 // larger keys go to the hash; process-wide
	lua.CompatVarArg = false    // no hidden table "arg" on each call; process-wide
}

// Metatables of tables that scripts must not write. All writes go through
// setTable, so a known metatable is all it takes.
var (
	frozenMeta = protectedMeta()
	envMeta    = protectedMeta()
	evMeta     = protectedMeta()
	selfMeta   = protectedMeta()
)

func protectedMeta() *lua.LTable {
	mt := &lua.LTable{Metatable: lua.LNil}
	mt.RawSetString("__metatable", lua.LFalse)
	return mt
}

func isFrozen(t *lua.LTable) bool {
	mt, ok := t.Metatable.(*lua.LTable)
	return ok && (mt == frozenMeta || mt == envMeta || mt == evMeta || mt == selfMeta)
}

// writable ends the call with an error when t is read-only.
func writable(L *lua.LState, t *lua.LTable) {
	if t.Metatable == sharedMeta {
		of(L).end(ErrVariables)
	}
	if isFrozen(t) {
		L.RaiseError("Attempt to modify a readonly table")
	}
}

// writableBy is writable for library functions.
func writableBy(L *lua.LState, t *lua.LTable) {
	if isFrozen(t) && of(L).class.redis {
		L.Error(lua.LString("Attempt to modify a readonly table"), 0)
	}
	writable(L, t)
}

// setTable is t[k] = v with metamethods.
func (w *worker) setTable(L *lua.LState, target, key, value lua.LValue) {
	for range lua.MaxTableGetLoop {
		t, ok := target.(*lua.LTable)
		if ok && t.Metatable == lua.LNil {
			w.rawSet(L, t, key, value)
			return
		}
		if !ok {
			L.RaiseError("attempt to index a %s value", target.Type().String())
		}
		writable(L, t)
		if rawGet(t, key) != lua.LNil {
			w.rawSet(L, t, key, value)
			return
		}
		handler := L.GetMetaField(t, "__newindex")
		if handler == lua.LNil {
			w.rawSet(L, t, key, value)
			return
		}
		if fn, ok := handler.(*lua.LFunction); ok {
			L.Push(fn)
			L.Push(t)
			L.Push(key)
			L.Push(value)
			w.callBack(L, 3, 0)
			return
		}
		target = handler
	}
	L.RaiseError("loop in settable")
}

// rawGet is RawGet for any key, nil and NaN included.
func rawGet(t *lua.LTable, key lua.LValue) lua.LValue { return t.RawGet(key) }

// rawSet stores without metamethods and charges a key that is new. Storing nil
// where nothing is does nothing: the VM's table would grow for it.
func (w *worker) rawSet(L *lua.LState, t *lua.LTable, key, value lua.LValue) {
	switch k := key.(type) {
	case lua.LString:
		w.setString(t, string(k), value)
	case lua.LNumber:
		w.setNumber(L, t, k, value)
	case *lua.LNilType:
		L.RaiseError("table index is nil")
	default:
		w.setHash(t, key, value)
	}
}

func (w *worker) setString(t *lua.LTable, key string, value lua.LValue) {
	w.read(len(key))
	if t.RawGetString(key) == lua.LNil {
		if value == lua.LNil {
			return
		}
		w.alloc(keyBytes)
	}
	w.noteRemoval(t, value)
	t.RawSetString(key, value)
}

func (w *worker) setHash(t *lua.LTable, key, value lua.LValue) {
	if t.RawGetH(key) == lua.LNil {
		if value == lua.LNil {
			return
		}
		w.alloc(hashBytes)
	}
	w.noteRemoval(t, value)
	t.RawSetH(key, value)
}

// noteRemoval notes that a field of self.state goes if value, which it gets, is nil: the VM's table remembers its place.
func (w *worker) noteRemoval(t *lua.LTable, value lua.LValue) {
	if value == lua.LNil && t == w.env.state {
		w.env.removed = true
	}
}

func (w *worker) setNumber(L *lua.LState, t *lua.LTable, key lua.LNumber, value lua.LValue) {
	f := float64(key)
	if f != f {
		L.RaiseError("table index is NaN")
	}
	if f < 1 || f >= float64(lua.MaxArrayIndex) || f != math.Trunc(f) {
		w.setHash(t, key, value)
		return
	}
	n := int(f)
	if t.RawGetInt(n) == lua.LNil {
		if value == lua.LNil {
			return
		}
		if gap := n - t.Len(); gap > 0 {
			w.alloc(arrayBytes * gap)
		}
	}
	t.RawSetInt(n, value)
}

// newTable makes a table with room for items and fields.
func (w *worker) newTable(L *lua.LState, items, fields int) *lua.LTable {
	w.alloc(newTableBytes(items, fields))
	return L.CreateTable(max(items, 1), max(fields, 1))
}

// newTableBytes is what a new table is charged.
func newTableBytes(items, fields int) int {
	return tableBytes + mapBytes + slotBytes*items + fieldBytes*fields
}

// freeze makes a value and the tables in it read-only.
func freeze(v lua.LValue) {
	t, ok := v.(*lua.LTable)
	if !ok || t.Metatable != lua.LNil {
		return
	}
	t.Metatable = frozenMeta
	t.ForEach(func(_, v lua.LValue) { freeze(v) })
}

// Operations the rewriter inserts; see rewrite.go.

func opSetFn(L *lua.LState) int {
	of(L).setTable(L, L.Get(1), L.Get(2), L.Get(3))
	return 0
}

func opTableFn(L *lua.LState) int {
	w := of(L)
	t := L.Get(1).(*lua.LTable)
	w.alloc(int(L.Get(2).(lua.LNumber)))
	items := lua.LNumber(0)
	if L.GetTop() > 2 {
		items = lua.LNumber(t.Len())
	}
	for i := 3; i < L.GetTop(); i += 2 {
		if k, ok := L.Get(i).(lua.LNumber); ok && k >= 1 && k <= items {
			continue // an item takes the place of an equal key, as in Lua 5.1
		}
		w.rawSet(L, t, L.Get(i), L.Get(i+1))
	}
	L.Push(t)
	return 1
}

func opOpenTableFn(L *lua.LState) int {
	of(L).alloc(arrayBytes * L.Get(1).(*lua.LTable).Len())
	return opTableFn(L)
}

func opClosureFn(L *lua.LState) int {
	of(L).alloc(int(L.Get(2).(lua.LNumber)))
	L.Push(L.Get(1))
	return 1
}

func opFreezeFn(L *lua.LState) int {
	freeze(L.Get(1))
	L.Push(L.Get(1))
	return 1
}

// opConcatFn joins its operands; what is no string or number has __concat.
func opConcatFn(L *lua.LState) int {
	w := of(L)
	n := L.GetTop()
	acc := L.Get(n)
	w.buf = w.buf[:0]
	for i := n - 1; i >= 1; {
		first := i + 1
		if isText(acc) {
			for first > 1 && isText(L.Get(first-1)) {
				first--
			}
		}
		if first <= i {
			acc = w.join(L, first, i, acc)
			i = first - 1
			continue
		}
		acc = concatMeta(L, L.Get(i), acc)
		i--
	}
	L.Push(acc)
	return 1
}

func isText(v lua.LValue) bool {
	switch v.(type) {
	case lua.LString, lua.LNumber:
		return true
	}
	return false
}

// join concatenates the operands first..last and the value behind them.
func (w *worker) join(L *lua.LState, first, last int, tail lua.LValue) lua.LValue {
	size := 0
	for i := first; i <= last; i++ {
		size += textSize(L.Get(i))
	}
	w.alloc(size + textSize(tail) + 16)
	buf := w.buf[:0]
	for i := first; i <= last; i++ {
		buf = appendText(buf, L.Get(i))
	}
	buf = appendText(buf, tail)
	w.keep(buf)
	return lua.LString(buf)
}

// keep saves a scratch buffer for the next use, unless it has become large.
func (w *worker) keep(buf []byte) {
	if cap(buf) <= 64<<10 {
		w.buf = buf[:0]
	}
}

func textSize(v lua.LValue) int {
	if s, ok := v.(lua.LString); ok {
		return len(s)
	}
	return 24
}

func appendText(b []byte, v lua.LValue) []byte {
	switch v := v.(type) {
	case lua.LString:
		return append(b, v...)
	case lua.LNumber:
		return appendNumber(b, float64(v))
	}
	return b
}

func concatMeta(L *lua.LState, a, b lua.LValue) lua.LValue {
	fn := L.GetMetaField(a, "__concat")
	if fn == lua.LNil {
		fn = L.GetMetaField(b, "__concat")
	}
	if fn == lua.LNil {
		bad := a
		if isText(a) {
			bad = b
		}
		L.RaiseError("attempt to concatenate a %s value", bad.Type().String())
	}
	return call1(L, fn, a, b)
}
