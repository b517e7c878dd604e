package lua

import "github.com/yuin/gopher-lua/ast"

// RestName is the variable that functions with any number of arguments have for the rest of them.
const RestName = "arg"

// GlobalPrefix begins the name of a variable that error messages call a global. No source can spell it.
const GlobalPrefix = "@"

// LocalFunction returns the function of "local function f", which sees itself, nil if s is none. The parser gives only that statement a last line:
// the function of "local f = function" does not see f.
func LocalFunction(s *ast.LocalAssignStmt) *ast.FunctionExpr {
	if s.LastLine() == 0 {
		return nil
	}
	f, _ := s.Exprs[0].(*ast.FunctionExpr)
	return f
}

// Operands returns where the operands of an operator are, none if e is no operator.
func Operands(e ast.Expr) []*ast.Expr {
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		return []*ast.Expr{&e.Lhs, &e.Rhs}
	case *ast.RelationalOpExpr:
		return []*ast.Expr{&e.Lhs, &e.Rhs}
	case *ast.StringConcatOpExpr:
		return []*ast.Expr{&e.Lhs, &e.Rhs}
	case *ast.ArithmeticOpExpr:
		return []*ast.Expr{&e.Lhs, &e.Rhs}
	case *ast.UnaryMinusOpExpr:
		return []*ast.Expr{&e.Expr}
	case *ast.UnaryNotOpExpr:
		return []*ast.Expr{&e.Expr}
	case *ast.UnaryLenOpExpr:
		return []*ast.Expr{&e.Expr}
	}
	return nil
}
