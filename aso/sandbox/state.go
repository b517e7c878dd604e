package sandbox

import (
	"bytes"
	"cmp"
	"errors"
	"regexp"
	"slices"
	"strconv"

	"comet/aso/lua"
)

// loadState decodes self.state at its first use in a run.
func (w *worker) loadState(L *lua.State) *lua.Table {
	if w.env.state == nil {
		t, err := w.decodeState(L, w.env.State)
		if err != nil {
			w.end(&LimitError{LimitState, err.Error()})
		}
		w.env.state = t
		w.self.SetString("state", t.Value())
	}
	return w.env.state
}

// saveState encodes the state if the run touched it and reports a change.
func (w *worker) saveState(out *Outcome) {
	if w.env.state == nil {
		return
	}
	e := encoder{buf: w.buf[:0], max: w.lim.State}
	if !isEmpty(w.env.state) {
		e.buf = append(e.buf, stateVersion)
		e.luaTable(w, w.env.state, 0)
	}
	w.keep(e.buf)
	if e.err != nil {
		w.endState(e.fault())
	}
	w.spare.keep(w.env.state)
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

// stateFault is why a part of a state cannot be kept. It goes on the name of the part.
type stateFault string

func (f stateFault) Error() string { return "self.state" + string(f) }

var errStateDepth = errors.New("self.state is nested too deeply or cyclic")

var identifier = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

const maxFaultPath = 128 // bytes of the name of a part that is told

// within tells that the error is that of the field p.
func (e *encoder) within(p pair) {
	switch {
	case len(e.path) >= maxFaultPath:
	case p.isNumber:
		e.path = "[" + strconv.FormatFloat(p.number, 'g', 14, 64) + "]" + e.path
	case identifier.MatchString(p.text):
		e.path = "." + clip(p.text, maxFaultPath) + e.path
	default:
		e.path = "[" + strconv.Quote(clip(p.text, maxFaultPath)) + "]" + e.path
	}
}

// fault returns the error with the name of the part.
func (e *encoder) fault() error {
	if f, ok := e.err.(stateFault); ok {
		return stateFault(e.path) + f
	}
	return e.err
}

func isEmpty(t *lua.Table) bool {
	k, _, _ := t.Next(lua.Nil)
	return k.IsNil()
}

// pair is a field of a table that is being encoded.
type pair struct {
	text     string // the key,
	number   float64
	isNumber bool // or the number
	value    lua.Value
}

// byKey orders the fields of a state: names first, by their bytes, then numbers.
func byKey(a, b pair) int {
	if a.isNumber != b.isNumber {
		if a.isNumber {
			return 1
		}
		return -1
	}
	if a.isNumber {
		return cmp.Compare(a.number, b.number)
	}
	return cmp.Compare(a.text, b.text)
}

// luaTable appends a table: the items 1..n, then the other pairs by their keys.
func (e *encoder) luaTable(w *worker, t *lua.Table, depth int) {
	if depth >= maxStateDepth {
		e.fail(errStateDepth)
		return
	}
	if t.Meta != nil || t.View != nil {
		e.fail(stateFault(" is a table with a metatable"))
		return
	}
	n := countItems(t)
	first := len(w.sorting) // those before are of the tables around
	e.collect(w, t, n)
	e.table(n, len(w.sorting)-first)
	w.work(n + 2*(len(w.sorting)-first))
	for i := 1; i <= n && e.err == nil; i++ {
		if e.luaValue(w, t.GetInt(i), depth); e.err != nil {
			e.within(pair{number: float64(i), isNumber: true})
		}
	}
	if e.err == nil {
		slices.SortFunc(w.sorting[first:], byKey)
	}
	for i := first; i < len(w.sorting) && e.err == nil; i++ {
		p := w.sorting[i] // not by reference: the tables inside append to the list
		if p.isNumber {
			e.key(p.number)
		} else {
			e.string(p.text)
		}
		if e.err != nil {
			break
		}
		if e.luaValue(w, p.value, depth); e.err != nil {
			e.within(p)
		}
	}
	clear(w.sorting[first:])
	w.sorting = w.sorting[:first]
}

// forgetSorting drops what an encoder has left that was interrupted.
func (w *worker) forgetSorting() {
	if len(w.sorting) > 0 || cap(w.sorting) > maxKeptSorting {
		w.sorting = nil
	}
}

const maxKeptSorting = 256

// countItems returns n of the items 1..n.
func countItems(t *lua.Table) (n int) {
	for !t.GetInt(n + 1).IsNil() {
		n++
	}
	return n
}

// collect appends the pairs behind the first n items to w.sorting. It stops at a key that no state can have, and when the names alone are too large.
func (e *encoder) collect(w *worker, t *lua.Table, n int) {
	size := 0
	for k, v, _ := t.Next(lua.Nil); !k.IsNil() && e.err == nil; k, v, _ = t.Next(k) {
		if name, ok := k.Text(); ok {
			w.sorting = append(w.sorting, pair{text: name, value: v})
			size += len(name)
		} else if f, ok := k.Number(); !ok {
			e.fail(stateFault(" has a " + k.TypeName() + " as a key"))
		} else if !isItem(k, n) {
			w.sorting = append(w.sorting, pair{number: f, isNumber: true, value: v})
		}
		e.room(size)
	}
}

func (e *encoder) luaValue(w *worker, v lua.Value, depth int) {
	switch v.Kind() {
	case lua.KindBool:
		e.bool(v.True())
	case lua.KindNumber:
		f, _ := v.Number()
		e.number(f)
	case lua.KindString:
		s, _ := v.Text()
		e.string(s)
	case lua.KindTable:
		e.luaTable(w, v.Table(), depth+1)
	default:
		e.fail(stateFault(" is a " + v.TypeName()))
	}
}

// decodeState rebuilds the table: fresh strings, no holes, nothing hidden.
func (w *worker) decodeState(L *lua.State, b []byte) (*lua.Table, error) {
	if len(b) == 0 {
		return w.spare.take(L, 0, 4), nil
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

func (w *worker) decodeTable(L *lua.State, d *decoder, depth int) *lua.Table {
	n, fields := d.table(depth)
	if d.bad {
		return nil
	}
	w.work(n + fields)
	var t *lua.Table
	if depth == 0 {
		t = w.spare.take(L, n, fields)
	} else {
		t = L.NewTable(n, fields)
	}
	for i := 1; i <= n && !d.bad; i++ {
		t.SetInt(i, w.decodeValue(L, d, depth))
	}
	for i := 0; i < fields && !d.bad; i++ {
		k := w.decodeKey(d)
		v := w.decodeValue(L, d, depth)
		if d.bad {
			break
		}
		if isItem(k, n+1) || !t.Get(k).IsNil() { // the next one is an item as well
			d.bad = true
			break
		}
		L.RawSet(t, k, v)
	}
	return t
}

func (w *worker) decodeKey(d *decoder) lua.Value {
	switch d.byte() {
	case tagString:
		name := d.text()
		w.Charge(len(name) + 16)
		return lua.String(w.spare.name(name))
	case tagInt:
		return lua.Number(d.int())
	default:
		d.bad = true
		return lua.Nil
	}
}

func (w *worker) decodeValue(L *lua.State, d *decoder, depth int) lua.Value {
	switch tag := d.byte(); tag {
	case tagFalse, tagTrue:
		return lua.Bool(tag == tagTrue)
	case tagInt:
		return lua.Number(d.int())
	case tagFloat:
		return lua.Number(d.float())
	case tagString:
		s := d.string()
		w.Charge(len(s) + 16)
		return lua.String(s)
	case tagTable:
		return w.decodeTable(L, d, depth+1).Value()
	default:
		d.bad = true
		return lua.Nil
	}
}
