package sandbox

import (
	"bytes"
	"fmt"

	lua "github.com/yuin/gopher-lua"
)

// loadState decodes self.state at its first use in a run.
func (w *worker) loadState(L *lua.LState) lua.LValue {
	if w.env.state == nil {
		t, err := w.decodeState(L, w.env.State)
		if err != nil {
			w.end(&LimitError{LimitState, err.Error()})
		}
		w.env.state = t
		w.self.RawSetString("state", t)
	}
	return w.env.state
}

// saveState encodes the state if the run touched it and reports a change.
func (w *worker) saveState(out *Outcome) {
	if w.env.state == nil {
		return
	}
	w.self.RawSetString("state", lua.LNil)
	e := encoder{buf: w.buf[:0], max: w.lim.State}
	if !isEmpty(w.env.state) {
		e.buf = append(e.buf, stateVersion)
		e.luaTable(w, w.env.state, 0)
	}
	w.keep(e.buf)
	if e.err != nil {
		w.endState(e.err)
	}
	w.keepState(e.buf)
	if bytes.Equal(e.buf, w.env.State) {
		return
	}
	out.StateChanged = true
	out.State = append(w.env.StateBuf[:0], e.buf...)
}

// endState ends the run for a state that cannot be kept. Too large is a limit,
// anything else an error of the script.
func (w *worker) endState(err error) {
	if _, tooLarge := err.(*LimitError); tooLarge {
		w.end(err)
	}
	w.end(&ScriptError{Name: w.env.Program.name, Version: w.env.Program.version, Msg: err.Error()})
}

func isEmpty(t *lua.LTable) bool {
	k, _ := t.Next(lua.LNil)
	return k == lua.LNil
}

// luaTable appends a table: the items 1..n, then the other pairs in table order.
func (e *encoder) luaTable(w *worker, t *lua.LTable, depth int) {
	if depth >= maxStateDepth {
		e.fail(fmt.Errorf("self.state is nested too deeply or cyclic"))
		return
	}
	if isFrozen(t) && t.Metatable != frozenMeta || t.Metatable != lua.LNil && !isFrozen(t) {
		e.fail(fmt.Errorf("self.state holds a table with a metatable"))
		return
	}
	n, fields := countTable(t)
	w.work(n + fields)
	e.table(n, fields)
	for i := 1; i <= n && e.err == nil; i++ {
		e.luaValue(w, t.RawGetInt(i), depth)
	}
	var start lua.LValue = lua.LNil
	if n > 0 {
		start = lua.LNumber(n)
	}
	for k, v := t.Next(start); k != lua.LNil && e.err == nil; k, v = t.Next(k) {
		e.luaKey(k)
		e.luaValue(w, v, depth)
	}
}

// countTable returns the number of items 1..n and of the other pairs.
func countTable(t *lua.LTable) (n, fields int) {
	for t.RawGetInt(n+1) != lua.LNil {
		n++
	}
	var start lua.LValue = lua.LNil
	if n > 0 {
		start = lua.LNumber(n)
	}
	for k, _ := t.Next(start); k != lua.LNil; k, _ = t.Next(k) {
		fields++
	}
	return n, fields
}

func (e *encoder) luaKey(k lua.LValue) {
	switch k := k.(type) {
	case lua.LString:
		e.string(string(k))
	case lua.LNumber:
		e.key(float64(k))
	default:
		e.fail(fmt.Errorf("self.state has a %s key", k.Type().String()))
	}
}

func (e *encoder) luaValue(w *worker, v lua.LValue, depth int) {
	switch v := v.(type) {
	case lua.LBool:
		e.bool(bool(v))
	case lua.LNumber:
		e.number(float64(v))
	case lua.LString:
		e.string(string(v))
	case *lua.LTable:
		e.luaTable(w, v, depth+1)
	default:
		e.fail(fmt.Errorf("self.state holds a %s value", v.Type().String()))
	}
}

// decodeState rebuilds the table: fresh strings, no holes, nothing hidden.
func (w *worker) decodeState(L *lua.LState, b []byte) (*lua.LTable, error) {
	if len(b) == 0 {
		return w.newTable(L, 0, 4), nil
	}
	if t := w.refillState(L, b); t != nil {
		return t, nil
	}
	d := decoder{b: b}
	if d.byte() != stateVersion || d.byte() != tagTable {
		return nil, errState
	}
	t := w.decodeTable(L, &d, 0)
	if d.bad || len(d.b) != 0 {
		return nil, errState
	}
	return t, nil
}

func (w *worker) decodeTable(L *lua.LState, d *decoder, depth int) *lua.LTable {
	n, fields := d.table(depth)
	if d.bad {
		return nil
	}
	w.work(n + fields)
	t := w.newTable(L, n, fields)
	for i := 1; i <= n && !d.bad; i++ {
		t.RawSetInt(i, w.decodeValue(L, d, depth))
	}
	for i := 0; i < fields && !d.bad; i++ {
		k := w.decodeKey(d)
		v := w.decodeValue(L, d, depth)
		if d.bad {
			break
		}
		if rawGet(t, k) != lua.LNil {
			d.bad = true
			break
		}
		w.rawSet(L, t, k, v)
	}
	return t
}

func (w *worker) decodeKey(d *decoder) lua.LValue {
	switch tag := d.byte(); tag {
	case tagString:
		return lua.LString(d.string())
	case tagInt:
		return lua.LNumber(d.int())
	default:
		d.bad = true
		return lua.LNil
	}
}

func (w *worker) decodeValue(L *lua.LState, d *decoder, depth int) lua.LValue {
	switch tag := d.byte(); tag {
	case tagFalse, tagTrue:
		return lua.LBool(tag == tagTrue)
	case tagInt:
		return lua.LNumber(d.int())
	case tagFloat:
		return lua.LNumber(d.float())
	case tagString:
		s := d.string()
		w.alloc(len(s) + 16)
		return lua.LString(s)
	case tagTable:
		if t := w.decodeTable(L, d, depth+1); t != nil {
			return t
		}
		return lua.LNil
	default:
		d.bad = true
		return lua.LNil
	}
}
