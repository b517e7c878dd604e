package sandbox

import lua "github.com/yuin/gopher-lua"

// detacher replaces the upvalues of closures: the VM's own keep the interpreter alive in which they were made.
type detacher struct {
	cells map[any]*lua.Upvalue // what it has seen, and of upvalues what replaces them
	todo  []lua.LValue
}

func newDetacher() *detacher { return &detacher{cells: map[any]*lua.Upvalue{}} }

// detach cuts everything loose that v leads to.
func (d *detacher) detach(v lua.LValue) {
	d.todo = append(d.todo, v)
	for len(d.todo) > 0 { // a list may be long: no recursion
		last := len(d.todo) - 1
		v := d.todo[last]
		d.todo[last] = nil
		d.todo = d.todo[:last]
		d.visit(v)
	}
}

func (d *detacher) visit(v lua.LValue) {
	switch v := v.(type) {
	case *lua.LTable:
		if _, seen := d.cells[v]; seen {
			return
		}
		d.cells[v] = nil
		v.ForEach(func(key, item lua.LValue) { d.todo = append(d.todo, key, item) })
		if !isFrozen(v) && v.Metatable != sharedMeta {
			d.todo = append(d.todo, v.Metatable)
		}
	case *lua.LFunction:
		if _, seen := d.cells[v]; seen {
			return
		}
		d.cells[v] = nil
		for i, cell := range v.Upvalues {
			v.Upvalues[i] = d.cell(cell)
		}
	}
}

func (d *detacher) cell(old *lua.Upvalue) *lua.Upvalue {
	if cell := d.cells[old]; cell != nil {
		return cell
	}
	cell := &lua.Upvalue{}
	cell.Close()
	cell.SetValue(old.Value())
	d.cells[old], d.cells[cell] = cell, cell
	d.todo = append(d.todo, old.Value())
	return cell
}
