package sandbox

import (
	"math"
	"strings"

	"comet/aso/lua"
)

const (
	maxDepth   = 128 // of values that cross between Lua and Go
	valueBytes = 64  // charged for each
)

// toValue converts a Lua value. Functions and other things that are no data are
// an error, as is a table that is too deep or cyclic.
func (w *worker) toValue(L *lua.State, v lua.Value) Value { return w.toValueAt(L, v, 0) }

func (w *worker) toValueAt(L *lua.State, v lua.Value, depth int) Value {
	switch v.Kind() {
	case lua.KindNil:
		return Value{}
	case lua.KindBool:
		return BoolValue(v.True())
	case lua.KindNumber:
		f, _ := v.Number()
		return NumberValue(f)
	case lua.KindString:
		text, _ := v.Text()
		return StringValue(text)
	case lua.KindTable:
		return w.tableValue(L, v.Table(), depth)
	}
	if !lua.Equal(v, jsonNull) {
		L.RaiseError("a %s value cannot leave the script", v.TypeName())
	}
	return Value{}
}

func (w *worker) tableValue(L *lua.State, t *lua.Table, depth int) Value {
	if depth >= maxDepth {
		L.RaiseError("reached lua stack limit: the value is nested too deeply or cyclic")
	}
	w.work(2)
	w.Charge(valueBytes)
	if v, ok := w.replyShape(L, t, depth); ok {
		return v
	}
	return Value{Kind: Table, Tab: w.tab(L, t, depth)}
}

// replyShape recognises {ok=}, {err=}, {double=}, {map=} and {set=}.
func (w *worker) replyShape(L *lua.State, t *lua.Table, depth int) (Value, bool) {
	if s, ok := t.GetString("err").Text(); ok {
		return Value{Kind: Err, Str: s}, true
	}
	if s, ok := t.GetString("ok").Text(); ok {
		return Value{Kind: OK, Str: s}, true
	}
	if n, ok := t.GetString("double").Number(); ok {
		return Value{Kind: Double, Num: n}, true
	}
	if m := t.GetString("map").Table(); m != nil {
		return Value{Kind: MapReply, Tab: w.pairs(L, m, depth+1)}, true
	}
	if m := t.GetString("set").Table(); m != nil {
		return Value{Kind: SetReply, Tab: w.pairs(L, m, depth+1)}, true
	}
	return Value{}, false
}

// tab converts the items up to the first nil and the other pairs.
func (w *worker) tab(L *lua.State, t *lua.Table, depth int) *Tab {
	out := &Tab{}
	for {
		v := t.GetInt(len(out.Array) + 1)
		if v.IsNil() {
			break
		}
		w.work(1)
		w.Charge(valueBytes)
		out.Array = append(out.Array, w.toValueAt(L, v, depth+1))
	}
	out.Fields = w.fields(L, t, len(out.Array), depth)
	return out
}

// pairs converts all pairs, items included.
func (w *worker) pairs(L *lua.State, t *lua.Table, depth int) *Tab {
	if depth >= maxDepth {
		L.RaiseError("reached lua stack limit: the value is nested too deeply or cyclic")
	}
	return &Tab{Fields: w.fields(L, t, 0, depth)}
}

// fields converts the pairs that are none of the first n items.
func (w *worker) fields(L *lua.State, t *lua.Table, n, depth int) []Field {
	var out []Field
	w.read(n)
	for k, v, _ := t.Next(lua.Nil); !k.IsNil(); k, v, _ = t.Next(k) {
		if isItem(k, n) {
			continue
		}
		w.work(2)
		w.Charge(2 * valueBytes)
		out = append(out, Field{w.toValueAt(L, k, depth+1), w.toValueAt(L, v, depth+1)})
	}
	return out
}

// isItem reports whether a key is one of 1..n.
func isItem(key lua.Value, n int) bool {
	f, ok := key.Number()
	return ok && f >= 1 && f <= float64(n) && f == math.Trunc(f)
}

// fromValue converts a value of the host.
func (w *worker) fromValue(L *lua.State, v Value) lua.Value { return w.convert(L, v, 0, false) }

// frozenValue converts a value of the host into one that is read-only.
func (w *worker) frozenValue(L *lua.State, v Value) lua.Value { return w.convert(L, v, 0, true) }

func (w *worker) convert(L *lua.State, v Value, depth int, frozen bool) lua.Value {
	switch v.Kind {
	case Bool:
		return lua.Bool(v.Num != 0)
	case Number:
		return lua.Number(v.Num)
	case String:
		w.Charge(len(v.Str) + 16)
		return lua.String(v.Str)
	case Table:
		return w.fromTab(L, v.Tab, depth, frozen)
	case OK:
		return shape(L, "ok", lua.String(strings.Clone(v.Str)), frozen)
	case Err:
		return shape(L, "err", lua.String(strings.Clone(v.Str)), frozen)
	case Double:
		return shape(L, "double", lua.Number(v.Num), frozen)
	case MapReply:
		return shape(L, "map", w.fromTab(L, v.Tab, depth+1, frozen), frozen)
	case SetReply:
		return shape(L, "set", w.fromTab(L, v.Tab, depth+1, frozen), frozen)
	default:
		return lua.Nil
	}
}

// shape makes the table {key = v}.
func shape(L *lua.State, key string, v lua.Value, frozen bool) lua.Value {
	if text, ok := v.Text(); ok {
		of(L).Charge(len(text) + 16)
	}
	t := L.NewTable(0, 0)
	L.RawSet(t, lua.String(key), v)
	setFrozen(t, frozen)
	return t.Value()
}

func setFrozen(t *lua.Table, frozen bool) {
	if frozen {
		t.Access = lua.ReadOnly
	}
}

func (w *worker) fromTab(L *lua.State, tab *Tab, depth int, frozen bool) lua.Value {
	if depth >= maxDepth {
		L.RaiseError("reached lua stack limit: the value is nested too deeply")
	}
	if tab == nil {
		tab = &Tab{}
	}
	t := L.NewTable(len(tab.Array), 0)
	for i := range tab.Array {
		w.work(1)
		v := w.convert(L, tab.Array[i], depth+1, frozen)
		if v.IsNil() {
			v = lua.False // Redis: a nil inside a reply is false
		}
		t.SetInt(i+1, v)
	}
	for i := range tab.Fields {
		f := &tab.Fields[i]
		L.RawSet(t, w.convert(L, f.Key, depth+1, frozen), w.convert(L, f.Value, depth+1, frozen))
	}
	setFrozen(t, frozen)
	return t.Value()
}
