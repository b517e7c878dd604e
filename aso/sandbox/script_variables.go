package sandbox

import (
	"errors"
	"sync/atomic"

	"comet/aso/lua"
)

// ErrVariables ends a run of a function that is about to write a variable of its library, which other runs may be reading. See Library.Alone.
var ErrVariables = errors.New("the function writes variables of its library")

// variables are what the functions of a library share: the variables of its top level, and what these hold.
type variables struct {
	alone  atomic.Bool
	tables []*lua.Table // that are marked as shared
	size   int64        // bytes at the last count
	grown  int64        // charged to runs since
}

func roots(functions []*Function) (out []lua.Value) {
	for _, fn := range functions {
		out = append(out, fn.Script.main.Value())
	}
	return out
}

// settle marks the tables that any number of runs may be reading, unless a function writes variables anyway.
func (v *variables) settle(functions []*Function) {
	reach(roots(functions), func(item lua.Value) {
		switch t, f := item.Table(), item.Function(); {
		case t != nil && t.Access == lua.Plain:
			t.Access = lua.Shared
			v.tables = append(v.tables, t)
		case f != nil && f.Proto != nil && f.Proto.Assigns():
			v.alone.Store(true)
		}
	})
	if v.alone.Load() {
		v.unmark()
	}
}

func (v *variables) unmark() {
	for _, t := range v.tables {
		t.Access = lua.Plain
	}
	v.tables = nil
}

// Alone reports whether functions of the library change variables of it: then only one of them may run at a time.
func (l *Library) Alone() bool { return l.variables.alone.Load() }

// RunAlone lets functions of the library change its variables from now on. No function of it may be running.
func (l *Library) RunAlone() {
	l.variables.alone.Store(true)
	l.variables.unmark()
}

// countAfter is how many bytes runs may be charged between two counts of what variables hold.
const countAfter = 1 << 20

// Settle is called after a run of a function when Alone. It returns the bytes that the variables of the library hold, as of some time ago.
// used is what the run was charged.
func (l *Library) Settle(used int64) int64 {
	v := &l.variables
	v.grown += used
	if v.grown > v.size+countAfter {
		v.size, v.grown = held(roots(l.Functions)), 0
	}
	return v.size
}

// Bytes of the Go heap.
const (
	functionBytes = 64
	tableBytes    = 96
	slotBytes     = 40 // of a key and its value
	captureBytes  = 16
)

// held returns the bytes that variables hold.
func held(roots []lua.Value) (size int64) {
	reach(roots, func(item lua.Value) {
		t, f := item.Table(), item.Function()
		switch {
		case t != nil:
			size += tableBytes
			for k, v, _ := t.Next(lua.Nil); !k.IsNil(); k, v, _ = t.Next(k) {
				size += slotBytes + textBytes(k) + textBytes(v)
			}
		case f != nil:
			size += functionBytes
			for _, v := range f.Captured() {
				size += captureBytes + textBytes(v)
			}
		default:
			size += int64(item.Thread().Bytes())
		}
	})
	return size
}

func textBytes(v lua.Value) int64 {
	text, _ := v.Text()
	return int64(len(text))
}
