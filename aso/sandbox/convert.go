package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
)

const (
	maxDepth   = 128 // of values that cross between Lua and Go
	valueBytes = 64  // charged for each
)

// toValue converts a Lua value. Functions and other things that are no data are
// an error, as is a table that is too deep or cyclic.
func (w *worker) toValue(L *lua.LState, v lua.LValue) Value { return w.toValueAt(L, v, 0) }

func (w *worker) toValueAt(L *lua.LState, v lua.LValue, depth int) Value {
	switch v := v.(type) {
	case *lua.LNilType:
		return Value{}
	case lua.LBool:
		return BoolValue(bool(v))
	case lua.LNumber:
		return NumberValue(float64(v))
	case lua.LString:
		return StringValue(string(v))
	case *lua.LTable:
		return w.tableValue(L, v, depth)
	case *lua.LUserData:
		if v == jsonNull {
			return Value{}
		}
	}
	L.RaiseError("a %s value cannot leave the script", v.Type().String())
	return Value{}
}

func (w *worker) tableValue(L *lua.LState, t *lua.LTable, depth int) Value {
	if depth >= maxDepth {
		L.RaiseError("reached lua stack limit: the value is nested too deeply or cyclic")
	}
	w.work(2)
	w.alloc(valueBytes)
	if v, ok := w.replyShape(L, t, depth); ok {
		return v
	}
	return Value{Kind: Table, Tab: w.tab(L, t, depth)}
}

// replyShape recognises {ok=}, {err=}, {double=}, {map=} and {set=}.
func (w *worker) replyShape(L *lua.LState, t *lua.LTable, depth int) (Value, bool) {
	if s, ok := t.RawGetString("err").(lua.LString); ok {
		return Value{Kind: Err, Str: string(s)}, true
	}
	if s, ok := t.RawGetString("ok").(lua.LString); ok {
		return Value{Kind: OK, Str: string(s)}, true
	}
	if n, ok := t.RawGetString("double").(lua.LNumber); ok {
		return Value{Kind: Double, Num: float64(n)}, true
	}
	if m, ok := t.RawGetString("map").(*lua.LTable); ok {
		return Value{Kind: MapReply, Tab: w.pairs(L, m, depth+1)}, true
	}
	if m, ok := t.RawGetString("set").(*lua.LTable); ok {
		return Value{Kind: SetReply, Tab: w.pairs(L, m, depth+1)}, true
	}
	return Value{}, false
}

// tab converts the items 1..n and the other pairs.
func (w *worker) tab(L *lua.LState, t *lua.LTable, depth int) *Tab {
	out := &Tab{}
	n := t.Len()
	w.read(n)
	for i := 1; i <= n; i++ {
		v := t.RawGetInt(i)
		if v == lua.LNil {
			n = i - 1
			break
		}
		w.work(1)
		w.alloc(valueBytes)
		out.Array = append(out.Array, w.toValueAt(L, v, depth+1))
	}
	out.Fields = w.fields(L, t, n, depth)
	return out
}

// pairs converts all pairs, items included.
func (w *worker) pairs(L *lua.LState, t *lua.LTable, depth int) *Tab {
	if depth >= maxDepth {
		L.RaiseError("reached lua stack limit: the value is nested too deeply or cyclic")
	}
	return &Tab{Fields: w.fields(L, t, 0, depth)}
}

// fields converts the pairs behind the first n items.
func (w *worker) fields(L *lua.LState, t *lua.LTable, n, depth int) []Field {
	var out []Field
	var start lua.LValue = lua.LNil
	if n > 0 {
		start = lua.LNumber(n)
	}
	for k, v := t.Next(start); k != lua.LNil; k, v = t.Next(k) {
		w.work(2)
		w.alloc(2 * valueBytes)
		out = append(out, Field{w.toValueAt(L, k, depth+1), w.toValueAt(L, v, depth+1)})
	}
	return out
}

// fromValue converts a value of the host.
func (w *worker) fromValue(L *lua.LState, v Value) lua.LValue { return w.convert(L, v, 0, false) }

// frozenValue converts a value of the host into one that is read-only.
func (w *worker) frozenValue(L *lua.LState, v Value) lua.LValue { return w.convert(L, v, 0, true) }

func (w *worker) convert(L *lua.LState, v Value, depth int, frozen bool) lua.LValue {
	switch v.Kind {
	case Bool:
		return lua.LBool(v.Num != 0)
	case Number:
		return lua.LNumber(v.Num)
	case String:
		w.alloc(len(v.Str) + 16)
		return lua.LString(v.Str)
	case Table:
		return w.fromTab(L, v.Tab, depth, frozen)
	case OK:
		return w.shapeOf(L, "ok", lua.LString(strings.Clone(v.Str)), frozen)
	case Err:
		return w.shapeOf(L, "err", lua.LString(strings.Clone(v.Str)), frozen)
	case Double:
		return w.shapeOf(L, "double", lua.LNumber(v.Num), frozen)
	case MapReply:
		return w.shapeOf(L, "map", w.fromTab(L, v.Tab, depth+1, frozen), frozen)
	case SetReply:
		return w.shapeOf(L, "set", w.fromTab(L, v.Tab, depth+1, frozen), frozen)
	default:
		return lua.LNil
	}
}

// tableFor makes a table that is about to be filled. A frozen one has no room for more.
func (w *worker) tableFor(L *lua.LState, items, fields int, frozen bool) *lua.LTable {
	if !frozen {
		return w.newTable(L, items, fields)
	}
	w.alloc(newTableBytes(items, fields))
	t := L.CreateTable(items, fields)
	t.Metatable = frozenMeta
	return t
}

// shape makes the table {key = v}.
func (w *worker) shape(L *lua.LState, key string, v lua.LValue) lua.LValue {
	return w.shapeOf(L, key, v, false)
}

func (w *worker) shapeOf(L *lua.LState, key string, v lua.LValue, frozen bool) lua.LValue {
	if s, ok := v.(lua.LString); ok {
		w.alloc(len(s) + 16)
	}
	t := w.tableFor(L, 0, 1, frozen)
	t.RawSetString(key, v)
	return t
}

func (w *worker) fromTab(L *lua.LState, tab *Tab, depth int, frozen bool) lua.LValue {
	if depth >= maxDepth {
		L.RaiseError("reached lua stack limit: the value is nested too deeply")
	}
	if tab == nil {
		return w.tableFor(L, 0, 0, frozen)
	}
	t := w.tableFor(L, len(tab.Array), len(tab.Fields), frozen)
	for i := range tab.Array {
		w.work(1)
		if v := w.convert(L, tab.Array[i], depth+1, frozen); v == lua.LNil {
			t.RawSetInt(i+1, lua.LFalse) // Redis: a nil inside a reply is false
		} else {
			t.RawSetInt(i+1, v)
		}
	}
	for i := range tab.Fields {
		f := &tab.Fields[i]
		w.rawSet(L, t, w.convert(L, f.Key, depth+1, frozen), w.convert(L, f.Value, depth+1, frozen))
	}
	return t
}
