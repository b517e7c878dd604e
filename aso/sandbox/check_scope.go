package sandbox

import "github.com/yuin/gopher-lua/ast"

// thing is what the checker knows of a value.
type thing uint8

const (
	nothing  thing = iota // not known yet
	anything              // a value that the checker does not follow
	theSelf
	theEv
	theParams
)

// variable is a local variable.
type variable struct {
	name     string
	holds    thing
	fn       *ast.FunctionExpr // the local function of this name
	number   *float64          // the constant of this name
	assigned bool              // later, so that neither is sure
	loops    int               // loops around its declaration, in its function
	owner    *scope
}

// scope is a function that is being walked, with its open blocks.
type scope struct {
	parent  *scope
	expr    *ast.FunctionExpr
	blocks  []map[string]*variable
	loops   int     // loops around the code at hand, within the function
	events  events  // in which the function may run
	handler Handler // the handler whose own body this is, if verdict is set
	verdict bool
}

func (s *scope) open() { s.blocks = append(s.blocks, map[string]*variable{}) }

func (s *scope) close() { s.blocks = s.blocks[:len(s.blocks)-1] }

func (s *scope) declare(name string, holds thing) *variable {
	v := &variable{name: name, holds: holds, loops: s.loops, owner: s}
	s.blocks[len(s.blocks)-1][name] = v
	return v
}

func (s *scope) find(name string) *variable {
	for ; s != nil; s = s.parent {
		for i := len(s.blocks) - 1; i >= 0; i-- {
			if v := s.blocks[i][name]; v != nil {
				return v
			}
		}
	}
	return nil
}

// callee is what the calls of a local function tell of it.
type callee struct {
	args   []thing
	events events
}

// calleeOf returns what is known of a function.
func (c *checker) calleeOf(fn *ast.FunctionExpr) *callee {
	k := c.known[fn]
	if k == nil {
		k = &callee{args: make([]thing, len(fn.ParList.Names))}
		c.known[fn] = k
	}
	return k
}

// learnArg notes that a function gets t as argument i.
func (c *checker) learnArg(fn *ast.FunctionExpr, i int, t thing) {
	k := c.calleeOf(fn)
	if i >= len(k.args) {
		return
	}
	if k.args[i] != nothing && k.args[i] != t {
		t = anything
	}
	if k.args[i] != t {
		k.args[i], c.learnt = t, true
	}
}

// learnEvents notes that a function may run in the events of the code at hand.
func (c *checker) learnEvents(fn *ast.FunctionExpr) {
	if k := c.calleeOf(fn); k.events|c.fn.events != k.events {
		k.events |= c.fn.events
		c.learnt = true
	}
}
