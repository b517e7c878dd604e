package sandbox

import (
	"math"

	"comet/aso/lua"
	"github.com/yuin/gopher-lua/ast"
)

// loop is a loop around the code at hand.
type loop struct {
	few bool // it has a constant number of rounds, and not many
}

// fewRounds is how often a string may be built up without a word about it.
const fewRounds = 20

// inLoop walks the body of a loop.
func (c *checker) inLoop(few bool, body func()) {
	c.loops = append(c.loops, &loop{few})
	c.fn.loops++
	c.fn.open()
	body()
	c.fn.close()
	c.fn.loops--
	c.loops = c.loops[:len(c.loops)-1]
}

func (c *checker) while(s *ast.WhileStmt) {
	at := place{line: s.Line()}
	c.value(s.Condition)
	switch s.Condition.(type) {
	case *ast.TrueExpr, *ast.NumberExpr, *ast.StringExpr:
		if !leaves(s.Stmts) {
			c.warn(at, "this loop has no end")
		}
	default:
		c.unchanging(s.Condition, s.Stmts, at)
	}
	c.inLoop(false, func() { c.statements(s.Stmts) })
}

func (c *checker) repeat(s *ast.RepeatStmt) {
	switch s.Condition.(type) {
	case *ast.FalseExpr, *ast.NilExpr:
		if !leaves(s.Stmts) {
			c.warn(place{line: s.Line()}, "this loop has no end")
		}
	}
	c.inLoop(false, func() {
		c.statements(s.Stmts)
		c.value(s.Condition)
	})
}

func (c *checker) numberFor(s *ast.NumberForStmt) {
	c.names.take(s.Name, s.Line())
	c.values([]ast.Expr{s.Init, s.Limit})
	if s.Step != nil {
		c.value(s.Step)
	}
	rounds, known := c.rounds(s)
	if known && rounds > float64(c.limits.Instructions) && !leaves(s.Stmts) {
		if math.IsInf(rounds, 1) {
			c.warn(place{line: s.Line()}, "this loop has no end")
		} else {
			c.warn(place{line: s.Line()}, "this loop has %.0f rounds, and a run at most %d instructions", rounds, c.limits.Instructions)
		}
	}
	c.inLoop(known && rounds <= fewRounds, func() {
		c.fn.declare(s.Name, anything)
		c.statements(s.Stmts)
	})
}

func (c *checker) genericFor(s *ast.GenericForStmt) {
	for _, name := range s.Names {
		c.names.take(name, s.Line())
	}
	c.values(s.Exprs)
	c.inLoop(false, func() {
		for _, name := range s.Names {
			c.fn.declare(name, anything)
		}
		c.statements(s.Stmts)
	})
}

// rounds returns how often a loop with constant bounds runs.
func (c *checker) rounds(s *ast.NumberForStmt) (float64, bool) {
	step := 1.0
	if s.Step != nil {
		n := c.constant(s.Step)
		if n == nil {
			return 0, false
		}
		step = *n
	}
	first, last := c.constant(s.Init), c.constant(s.Limit)
	if first == nil || last == nil {
		return 0, false
	}
	return lua.Rounds(*first, *last, step), true
}

// constant returns the number that an expression always is.
func (c *checker) constant(e ast.Expr) *float64 {
	switch e := e.(type) {
	case *ast.NumberExpr:
		if n, ok := lua.ParseNumber(e.Value); ok {
			return &n
		}
	case *ast.UnaryMinusOpExpr:
		if n := c.constant(e.Expr); n != nil {
			negative := -*n
			return &negative
		}
	case *ast.IdentExpr:
		if v := c.fn.find(e.Value); v != nil && !v.assigned {
			return v.number
		}
	case *ast.AttrGetExpr:
		if path, ok := dotted(e); ok && path == "math.huge" {
			n := math.Inf(1)
			return &n
		}
	case *ast.ArithmeticOpExpr:
		a, b := c.constant(e.Lhs), c.constant(e.Rhs)
		if a != nil && b != nil {
			return arithmetic(e.Operator, *a, *b)
		}
	}
	return nil
}

// dotted returns library.name as it is written.
func dotted(e *ast.AttrGetExpr) (string, bool) {
	id, ok := e.Object.(*ast.IdentExpr)
	key, isName := e.Key.(*ast.StringExpr)
	if !ok || !isName {
		return "", false
	}
	return id.Value + "." + key.Value, true
}

func arithmetic(operator string, a, b float64) *float64 {
	var n float64
	switch operator {
	case "+":
		n = a + b
	case "-":
		n = a - b
	case "*":
		n = a * b
	case "/":
		n = a / b
	case "^":
		n = math.Pow(a, b)
	default:
		return nil
	}
	return &n
}

// leaves reports whether a loop's body has a way out: a break of its own, a return or an error.
func leaves(stmts []ast.Stmt) (found bool) {
	inspect(stmts, func(node ast.PositionHolder) bool {
		switch n := node.(type) {
		case *ast.BreakStmt, *ast.ReturnStmt:
			found = true
		case *ast.WhileStmt:
			found = found || returns(n.Stmts)
			return false
		case *ast.RepeatStmt:
			found = found || returns(n.Stmts)
			return false
		case *ast.NumberForStmt:
			found = found || returns(n.Stmts)
			return false
		case *ast.GenericForStmt:
			found = found || returns(n.Stmts)
			return false
		default:
			found = found || raises(n)
		}
		_, inner := node.(*ast.FunctionExpr)
		return !inner
	})
	return found
}

// returns reports whether a loop inside another has a way out of both.
func returns(stmts []ast.Stmt) (found bool) {
	inspect(stmts, func(node ast.PositionHolder) bool {
		_, isReturn := node.(*ast.ReturnStmt)
		found = found || isReturn || raises(node)
		_, inner := node.(*ast.FunctionExpr)
		return !inner
	})
	return found
}

// raises reports whether node calls error or assert.
func raises(node ast.PositionHolder) bool {
	call, ok := node.(*ast.FuncCallExpr)
	if !ok {
		return false
	}
	id, ok := call.Func.(*ast.IdentExpr)
	return ok && (id.Value == "error" || id.Value == "assert")
}

// unchanging reports a loop whose condition is made of local variables that nothing in the loop assigns.
func (c *checker) unchanging(condition ast.Expr, body []ast.Stmt, at place) {
	names := map[string]bool{}
	sure := true
	inspectExpr(condition, func(node ast.PositionHolder) bool {
		switch n := node.(type) {
		case *ast.IdentExpr:
			v := c.fn.find(n.Value)
			names[n.Value], sure = true, sure && v != nil && v.owner == c.fn
		case *ast.FuncCallExpr, *ast.AttrGetExpr, *ast.UnaryLenOpExpr, *ast.TableExpr, *ast.FunctionExpr, *ast.Comma3Expr:
			sure = false
		}
		return sure
	})
	if !sure || len(names) == 0 || leaves(body) {
		return
	}
	inspect(body, func(node ast.PositionHolder) bool {
		switch n := node.(type) {
		case *ast.AssignStmt:
			for _, lhs := range n.Lhs {
				if id, ok := lhs.(*ast.IdentExpr); ok && names[id.Value] {
					sure = false
				}
			}
		case *ast.FuncCallExpr:
			if id, ok := n.Func.(*ast.IdentExpr); ok && c.fn.find(id.Value) != nil {
				sure = false // a local function may assign them
			}
		}
		return sure
	})
	if sure {
		c.warn(at, "nothing in this loop changes its condition")
	}
}

// growth reports a string that a loop builds up: each round copies all of it.
func (c *checker) growth(s *ast.AssignStmt) {
	id, ok := s.Lhs[0].(*ast.IdentExpr)
	joined, isJoin := s.Rhs[0].(*ast.StringConcatOpExpr)
	if !ok || !isJoin || len(c.loops) == 0 || c.loops[len(c.loops)-1].few {
		return
	}
	v := c.fn.find(id.Value)
	if v == nil || v.owner == c.fn && v.loops >= c.fn.loops {
		return
	}
	for e := ast.Expr(joined); e != nil; {
		pair, more := e.(*ast.StringConcatOpExpr)
		operand := e
		if more {
			operand, e = pair.Lhs, pair.Rhs
		} else {
			e = nil
		}
		if part, ok := operand.(*ast.IdentExpr); ok && part.Value == id.Value {
			c.warn(place{line: s.Line()}, "each round copies all of %s: collect the parts in a table, and join them with table.concat", clip(id.Value, 64))
			return
		}
	}
}
