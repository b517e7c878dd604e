package sandbox

import (
	"errors"
	"sync/atomic"

	lua "github.com/yuin/gopher-lua"
)

// ErrVariables ends a run of a function that is about to write a variable of its library, which other runs may be reading. See Library.Alone.
var ErrVariables = errors.New("the function writes variables of its library")

// sharedMeta marks the tables of a library that any number of runs may be reading. No Lua code sees it.
var sharedMeta = newLuaTable()

// variables are what the functions of a library share: the variables of its top level, and what these hold.
type variables struct {
	alone  atomic.Bool
	tables []*lua.LTable // that are marked with sharedMeta
	size   int64         // bytes at the last count
	grown  int64         // charged to runs since
}

// settle makes the functions independent of the interpreter that loaded them, and marks their tables.
func (v *variables) settle(functions []*Function) {
	seen := newDetacher()
	for _, fn := range functions {
		seen.detach(fn.Script.main)
	}
	for item := range seen.cells {
		switch item := item.(type) {
		case *lua.Upvalue:
			if real, ok := placeholders[item.Value()]; ok {
				item.SetValue(real)
			}
		case *lua.LFunction:
			if !item.IsG {
				item.Env = functionlib.env
				if len(assigned(item.Proto)) > 0 {
					v.alone.Store(true)
				}
			}
		case *lua.LTable:
			if item.Metatable == lua.LNil {
				item.Metatable = sharedMeta
				v.tables = append(v.tables, item)
			}
		}
	}
	if v.alone.Load() {
		v.unmark()
	}
}

func (v *variables) unmark() {
	for _, t := range v.tables {
		t.Metatable = lua.LNil
	}
	v.tables = nil
}

// assigned returns the variables around a function that it, or a function in it, assigns.
func assigned(p *lua.FunctionProto) map[int]bool {
	out := map[int]bool{}
	for pc := 0; pc < len(p.Code); pc++ {
		inst := p.Code[pc]
		switch opcode(inst) {
		case lua.OP_SETUPVAL:
			out[int(inst&0x1ff)] = true
		case lua.OP_CLOSURE: // an instruction for each of its variables follows
			sub := p.FunctionPrototypes[inst&0x3ffff]
			inner := assigned(sub)
			for i := range int(sub.NumUpvalues) {
				pc++
				if inst := p.Code[pc]; opcode(inst) == lua.OP_GETUPVAL && inner[i] {
					out[int(inst&0x1ff)] = true
				}
			}
		}
	}
	return out
}

// Alone reports whether functions of the library change variables of it: then only one of them may run at a time.
func (l *Library) Alone() bool { return l.variables.alone.Load() }

// RunAlone lets functions of the library change its variables from now on. No function of it may be running.
func (l *Library) RunAlone() {
	l.variables.alone.Store(true)
	l.variables.unmark()
}

// Bytes between two counts of what variables hold, and those that a failed run may keep alive: its interpreter.
const (
	countAfter  = 1 << 20
	failedBytes = 1 << 18
)

// Settle is called after a run of a function when Alone. It returns the bytes that the variables of the library hold, as of some time ago.
// used is what the run was charged.
func (l *Library) Settle(used int64, failed bool) int64 {
	v := &l.variables
	v.grown += used
	if failed {
		v.grown += failedBytes
	}
	if v.grown > v.size+countAfter {
		v.size, v.grown = v.count(l.Functions), 0
	}
	return v.size
}

// count returns the bytes that variables hold, and cuts the functions among them loose from the interpreters that made them.
func (v *variables) count(functions []*Function) (size int64) {
	seen := newDetacher()
	for _, fn := range functions {
		seen.detach(fn.Script.main)
	}
	for item := range seen.cells {
		switch item := item.(type) {
		case *lua.LFunction:
			size += closureBytes
		case *lua.Upvalue:
			size += upvalueBytes + heldBytes(item.Value())
		case *lua.LTable:
			size += tableBytes
			item.ForEach(func(key, value lua.LValue) { size += slotBytes + heldBytes(key) + heldBytes(value) })
		}
	}
	return size
}

func heldBytes(v lua.LValue) int64 {
	switch v := v.(type) {
	case lua.LString:
		return int64(len(v)) + 16
	case *lua.LState:
		return coroutineBytes
	}
	return 16
}
