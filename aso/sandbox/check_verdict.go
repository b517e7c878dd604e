package sandbox

import (
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// deciders are the functions that make verdicts.
var deciders = map[string]Verdict{"deny": Deny, "keep": Keep, "missing": Missing, "wait": Wait}

// decider returns the verdict that a call makes.
func (c *checker) decider(e ast.Expr) (*ast.FuncCallExpr, string, bool) {
	call, ok := e.(*ast.FuncCallExpr)
	if !ok {
		return nil, "", false
	}
	id, ok := call.Func.(*ast.IdentExpr)
	if !ok || c.fn.find(id.Value) != nil {
		return nil, "", false
	}
	_, ok = deciders[id.Value]
	return call, id.Value, ok
}

func (c *checker) callStatement(s *ast.FuncCallStmt) {
	if _, name, ok := c.decider(s.Expr); ok {
		c.warn(place{line: s.Line()}, "%s() decides nothing unless it is returned", name)
	}
	c.value(s.Expr)
}

// returns checks what a handler returns itself.
func (c *checker) returns(s *ast.ReturnStmt) {
	if c.fn.verdict && len(s.Exprs) > 0 {
		c.verdict(s.Exprs[0], place{line: s.Line()})
	}
	c.values(s.Exprs)
}

// verdict checks the verdicts that an expression can be. Where it has several, each is looked at.
func (c *checker) verdict(e ast.Expr, at place) {
	h := c.fn.handler
	if op, ok := e.(*ast.LogicalOpExpr); ok {
		if op.Operator == "or" {
			c.verdict(op.Lhs, at)
		}
		c.verdict(op.Rhs, at)
		return
	}
	if call, name, ok := c.decider(e); ok {
		switch {
		case !slices.Contains(verdicts[h], deciders[name]):
			c.warn(at, "%s() means nothing in %s", name, h)
		case name == "keep" && len(call.Args) > 0 && h != OnExpire:
			c.warn(at, "keep() takes a time in onExpire only")
		}
		return
	}
	if isValue(e) && !slices.Contains(verdicts[h], Replace) {
		c.warn(at, "%s ignores a returned value", h)
	}
}

// isValue reports whether an expression is surely neither nil nor a verdict.
func isValue(e ast.Expr) bool {
	switch e.(type) {
	case *ast.StringExpr, *ast.NumberExpr, *ast.TrueExpr, *ast.FalseExpr, *ast.TableExpr, *ast.StringConcatOpExpr, *ast.ArithmeticOpExpr,
		*ast.RelationalOpExpr, *ast.UnaryNotOpExpr, *ast.UnaryMinusOpExpr, *ast.UnaryLenOpExpr:
		return true
	}
	return false
}
