package lua

import (
	"fmt"
	"slices"
)

// What PUC Lua allows a function.
const (
	mostLocals   = 200
	mostUpvalues = 60
)

// body is a function whose tokens are being read.
type body struct {
	parent   *body
	line     int      // 0 is the chunk
	active   []string // the variables that are visible
	upvalues []upvalue
	vararg   bool
	loops    int // around the place
	free     int // the first register that is free
}

// upvalue is where a function finds a variable of one around it: with the variables of the next one, or with its upvalues.
type upvalue struct {
	local bool
	index int
}

// limit refuses more than a number of something in a function.
func (g *grammar) limit(b *body, n, most int, what string) {
	if n <= most {
		return
	}
	owner := "main function"
	if b.line != 0 {
		owner = fmt.Sprintf("function at line %d", b.line)
	}
	g.fail(fmt.Sprintf("%s has more than %d %s", owner, most, what))
}

// declare makes room for a variable, which becomes visible later. There are more of the same declaration before it.
func (g *grammar) declare(before int) {
	g.limit(g.fn, len(g.fn.active)+before+1, mostLocals, "local variables")
}

// show makes variables visible.
func (g *grammar) show(names ...string) { g.fn.active = append(g.fn.active, names...) }

// hide ends the visibility of variables but the first ones.
func (g *grammar) hide(first int) {
	g.fn.active = g.fn.active[:first]
	g.fn.free = first
}

// find looks for a variable in a function and those around it, and reports where that is.
func (g *grammar) find(b *body, name string) (at upvalue, ok bool) {
	for i := len(b.active) - 1; i >= 0; i-- {
		if b.active[i] == name {
			return upvalue{true, i}, true
		}
	}
	if b.parent == nil {
		return upvalue{}, false
	}
	at, ok = g.find(b.parent, name)
	if !ok {
		return upvalue{}, false
	}
	i := slices.Index(b.upvalues, at)
	if i < 0 {
		i = len(b.upvalues)
		g.limit(b, i+1, mostUpvalues, "upvalues")
		b.upvalues = append(b.upvalues, at)
	}
	return upvalue{false, i}, true
}
