package sandbox

import (
	"slices"
	"unsafe"

	"comet/aso/lua"
)

// reach calls see once for each table, function and coroutine that roots lead to, through tables and the variables of functions.
func reach(roots []lua.Value, see func(lua.Value)) {
	seen := map[unsafe.Pointer]bool{}
	for todo := slices.Clone(roots); len(todo) > 0; { // a list may be long: no recursion
		last := len(todo) - 1
		v := todo[last]
		todo = todo[:last]
		t, f := v.Table(), v.Function()
		if t == nil && f == nil && v.Thread() == nil || seen[v.ID()] {
			continue
		}
		seen[v.ID()] = true
		see(v)
		if t != nil {
			for k, v, _ := t.Next(lua.Nil); !k.IsNil(); k, v, _ = t.Next(k) {
				todo = append(todo, k, v)
			}
			todo = append(todo, t.Meta.Value())
		}
		if f != nil {
			todo = append(todo, f.Captured()...)
		}
	}
}

// freeze makes the tables that roots lead to read-only.
func freeze(roots ...lua.Value) {
	reach(roots, func(v lua.Value) {
		if t := v.Table(); t != nil && t.Access == lua.Plain {
			t.Access = lua.ReadOnly
		}
	})
}
