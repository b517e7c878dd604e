package lua

import (
	"fmt"

	"github.com/yuin/gopher-lua/ast"
)

// CompileError is why a source is no program.
type CompileError struct {
	Line int
	Msg  string
}

func (e *CompileError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Msg) }

// Constant is an expression with a value that is there already, such as a function of a library.
type Constant struct {
	ast.ExprBase
	Value Value
	Name  string // what error messages call it, such as "field 'format'"; may be empty
}

// The bounds of a function. Parse has those of PUC Lua, which are lower: here is room for KEYS and ARGV, too.
const (
	maxRegisters = 255
	maxLocals    = 202
	maxCaptures  = 200
)

// Compile makes the code of a chunk, which is a function with any number of arguments. The caller has bounded how deep the tree is: Compile goes down
// it by recursion. The code is that of PUC Lua 5.1, from whose lcode.c and lparser.c it takes registers and order of evaluation, but for the variables
// that functions share.
func Compile(stmts []ast.Stmt, chunk string) (*Proto, error) {
	c := &compiler{scopes: newScopes(), chunk: chunk, variables: resolve(stmts)}
	p := c.body(bodyOf{vararg: true, stmts: stmts})
	if c.err != nil {
		return nil, c.err
	}
	return p, nil
}

// compiler makes the code of a chunk. What went wrong first is kept, and the rest is compiled for nothing.
type compiler struct {
	scopes
	chunk     string
	variables []*variable // in the order of their declarations
	declared  int         // so many of them are
	fn        *function
	line      int // of the token that was read last
	err       error
}

func (c *compiler) fail(format string, args ...any) {
	if c.err == nil {
		c.err = &CompileError{c.line, fmt.Sprintf(format, args...)}
	}
}

// at notes that the compiler comes to a token. Nodes that no source has have no line.
func (c *compiler) at(line int) {
	if line > 0 {
		c.line = line
	}
}

// function is a function that is being compiled.
type function struct {
	*compiler
	proto    *Proto
	parent   *function
	level    int
	own      *variable // the local function that it is, if its closure can hold itself
	captured map[*variable]int
	strings  map[string]int
	values   map[constantKey]int
	titles   map[int]string // what error messages call constants
	spans    []span
	open     []int // of the spans, those that have no end yet
	active   int   // registers of visible variables
	free     int   // the first register that is free
	labelled int   // the last instruction that is jumped to
	here     jumps // to the next instruction
	loop     *loop
}

// bodyOf is what a function is compiled of.
type bodyOf struct {
	line   int
	end    int // its last line
	method bool
	params []string
	vararg bool
	stmts  []ast.Stmt
	own    *variable
}

// body compiles a function.
func (c *compiler) body(b bodyOf) *Proto {
	f := &function{
		compiler: c, parent: c.fn, own: b.own, labelled: -1,
		proto:    &Proto{Name: c.chunk, Line: b.line, Vararg: b.vararg, Slots: 2},
		captured: map[*variable]int{}, strings: map[string]int{}, values: map[constantKey]int{},
	}
	if f.parent != nil {
		f.level = f.parent.level + 1
	}
	c.fn = f
	mark := c.mark()
	f.parameters(b)
	f.statements(b.stmts)
	f.forget(mark, 0)
	c.at(b.end)
	f.emit(abc(opReturn, 0, 0, 0))
	f.nameOperands()
	f.hashConstants()
	c.fn = f.parent
	return f.proto
}

func (f *function) parameters(b bodyOf) {
	names := b.params
	if b.method {
		names = append([]string{"self"}, names...)
	}
	f.proto.Params = len(names)
	f.reserve(len(names))
	f.declare(names...)
	if b.vararg && f.parent != nil {
		f.restTable()
	}
}

// restTable declares arg, which has the rest of the arguments in functions that do not say "...".
func (f *function) restTable() {
	v := f.variables[f.declared]
	if !v.used {
		f.declared++
		return
	}
	reg := f.free
	f.reserve(2)
	if v.rest {
		f.emit(abc(opLoadNil, reg, reg, 0))
	} else {
		f.emit(abx(opLoadK, reg, f.valueConstant(packRest.Value(), "")))
		f.emit(abc(opVararg, reg+1, openEnd, 0))
		f.emit(abc(opCall, reg, openEnd, 1))
	}
	f.free = reg + 1
	f.declare(RestName)
}

// packRest makes the table arg.
var packRest = NewFunction(func(L *State) int {
	n := L.GetTop()
	t := L.NewTable(n, 1)
	for i := 1; i <= n; i++ {
		t.SetInt(i, L.Get(i))
	}
	t.SetString("n", Number(float64(n)))
	L.Push(t.Value())
	return 1
})

// declare gives the next variables the registers behind those of the visible ones.
func (f *function) declare(names ...string) {
	if f.active+len(names) > maxLocals {
		f.fail("function has more than %d local variables", maxLocals)
	}
	first := f.declared
	for range names {
		v := f.variables[f.declared]
		f.declared++
		v.reg = f.active
		f.active++
		f.show(v)
		f.open = append(f.open, len(f.spans))
		f.spans = append(f.spans, span{v.name, v.reg, f.pc(), 0})
	}
	for _, v := range f.variables[first:f.declared] {
		if v.cell() {
			f.emit(abc(opNewCell, v.reg, 0, 0))
		}
	}
}

// forget ends the visibility of the variables since mark, and frees the registers from active on.
func (f *function) forget(mark, active int) {
	last := len(f.open) - 1
	for ; last >= 0 && f.spans[f.open[last]].reg >= active; last-- {
		f.spans[f.open[last]].to = f.pc()
	}
	f.open = f.open[:last+1]
	f.hide(mark)
	f.active, f.free = active, active
}

// capture returns where a function finds a variable of one around it.
func (f *function) capture(v *variable) int {
	if i, ok := f.captured[v]; ok {
		return i
	}
	c := capture{name: v.name, cell: v.cell()}
	if v.level == f.level-1 {
		c.local, c.index, c.self = true, v.reg, v == f.own
	} else {
		c.index = f.parent.capture(v)
	}
	i := len(f.proto.captures)
	if i == maxCaptures {
		f.fail("function has more than %d upvalues", maxCaptures)
	}
	f.captured[v] = i
	f.proto.captures = append(f.proto.captures, c)
	return i
}

// assigns notes that a function assigns a captured variable.
func (f *function) assigns(v *variable) {
	for ; f.level > v.level; f = f.parent {
		c := &f.proto.captures[f.captured[v]]
		if c.assign {
			return
		}
		c.assign = true
	}
}
