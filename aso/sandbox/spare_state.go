package sandbox

import (
	lua "github.com/yuin/gopher-lua"
)

// spareState is the table that was self.state in a run that has ended. The next run can have it if the fields of its state have the same names
// in the same order, as those of objects with one handler mostly have: to fill a table costs a third of making one. No run can tell: scripts
// have no place that outlives a run, and the table has had no other fields, which would come back at their old place in its order.
type spareState struct {
	table *lua.LTable // nil if there is none
	names []string    // of its fields, in order
}

const maxSpareState = 4 << 10 // encoded bytes of a state whose table is kept

// keepState keeps the table of the state that was encoded as b.
func (w *worker) keepState(b []byte) {
	t, s := w.env.state, &w.spare
	d := decoder{b: b}
	if len(b) > maxSpareState || w.env.removed || t.Metatable != lua.LNil || d.byte() != stateVersion || d.byte() != tagTable {
		return
	}
	items, fields := d.table(0)
	if items > 0 {
		return
	}
	if !w.env.refilled || fields != len(s.names) {
		s.names = s.names[:0]
		for k, _ := t.Next(lua.LNil); k != lua.LNil; k, _ = t.Next(k) {
			name, ok := k.(lua.LString)
			if !ok {
				return
			}
			s.names = append(s.names, string(name))
		}
	}
	s.table = t
}

// refillState returns the spare table with the fields of the state b, nil if it has others. It charges what decodeState does.
func (w *worker) refillState(L *lua.LState, b []byte) *lua.LTable {
	s := &w.spare
	t := s.table
	s.table = nil
	if t == nil || !s.fits(b) {
		return nil
	}
	d := decoder{b: b[2:]} // behind version and tag
	_, fields := d.table(0)
	w.work(fields)
	w.alloc(newTableBytes(0, fields))
	for _, name := range s.names {
		d.byte()
		d.text()
		v := w.decodeValue(L, &d, 0)
		w.read(len(name))
		w.alloc(keyBytes)
		t.RawSetString(name, v)
	}
	w.env.refilled = true
	return t
}

// fits reports whether b is a state of no items, and of fields with the names of s whose values are no tables.
func (s *spareState) fits(b []byte) bool {
	d := decoder{b: b}
	if d.byte() != stateVersion || d.byte() != tagTable {
		return false
	}
	if items, fields := d.table(0); items > 0 || fields != len(s.names) {
		return false
	}
	for _, name := range s.names {
		if d.byte() != tagString || string(d.text()) != name || !d.skipScalar() {
			return false
		}
	}
	return len(d.b) == 0
}
