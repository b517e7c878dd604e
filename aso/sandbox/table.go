package sandbox

import "comet/aso/lua"

// Refuse ends a write to a table that is read-only, or that other runs may be reading.
func (w *worker) Refuse(L *lua.State, t *lua.Table, by bool) {
	if t.Access == lua.Shared {
		w.end(ErrVariables)
	}
	const refused = "Attempt to modify a readonly table"
	if by && !w.class.redis {
		L.RaiseError(refused)
	}
	L.Error(lua.String(L.Where(0)+refused), 0)
}
