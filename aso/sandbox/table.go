package sandbox

import "comet/aso/lua"

// Refuse ends a write to a table that is read-only, or that other runs may be reading.
func (w *worker) Refuse(L *lua.State, t *lua.Table, by bool) {
	if t.Access == lua.Shared {
		w.end(ErrVariables)
	}
	switch {
	case w.class.redis:
	case t == w.self:
		L.RaiseError("self is read-only: change its value with self:call or by returning one, and self.state field by field")
	case t == w.ev, t == w.env.params:
		L.RaiseError("ev and self.params are read-only")
	}
	const refused = "Attempt to modify a readonly table"
	if by && !w.class.redis {
		L.RaiseError(refused)
	}
	L.Error(lua.String(L.Where(0)+refused), 0)
}
