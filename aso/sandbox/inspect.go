package sandbox

import "github.com/yuin/gopher-lua/ast"

// inspect calls see for the statements and expressions of a tree, outer ones first; where see returns false it does not go inside.
func inspect(stmts []ast.Stmt, see func(ast.PositionHolder) bool) {
	for _, s := range stmts {
		inspectStmt(s, see)
	}
}

func inspectStmt(s ast.Stmt, see func(ast.PositionHolder) bool) {
	if !see(s) {
		return
	}
	switch s := s.(type) {
	case *ast.AssignStmt:
		inspectExprs(s.Lhs, see)
		inspectExprs(s.Rhs, see)
	case *ast.LocalAssignStmt:
		inspectExprs(s.Exprs, see)
	case *ast.FuncDefStmt:
		inspectExpr(s.Func, see)
	case *ast.FuncCallStmt:
		inspectExpr(s.Expr, see)
	case *ast.DoBlockStmt:
		inspect(s.Stmts, see)
	case *ast.WhileStmt:
		inspectExpr(s.Condition, see)
		inspect(s.Stmts, see)
	case *ast.RepeatStmt:
		inspect(s.Stmts, see)
		inspectExpr(s.Condition, see)
	case *ast.IfStmt:
		inspectExpr(s.Condition, see)
		inspect(s.Then, see)
		inspect(s.Else, see)
	case *ast.NumberForStmt:
		inspectExprs([]ast.Expr{s.Init, s.Limit, s.Step}, see)
		inspect(s.Stmts, see)
	case *ast.GenericForStmt:
		inspectExprs(s.Exprs, see)
		inspect(s.Stmts, see)
	case *ast.ReturnStmt:
		inspectExprs(s.Exprs, see)
	}
}

func inspectExprs(list []ast.Expr, see func(ast.PositionHolder) bool) {
	for _, e := range list {
		inspectExpr(e, see)
	}
}

func inspectExpr(e ast.Expr, see func(ast.PositionHolder) bool) {
	if e == nil || !see(e) {
		return
	}
	switch e := e.(type) {
	case *ast.AttrGetExpr:
		inspectExprs([]ast.Expr{e.Object, e.Key}, see)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			inspectExprs([]ast.Expr{f.Key, f.Value}, see)
		}
	case *ast.FuncCallExpr:
		inspectExprs([]ast.Expr{e.Func, e.Receiver}, see)
		inspectExprs(e.Args, see)
	case *ast.FunctionExpr:
		inspect(e.Stmts, see)
	default:
		inspectExprs(operands(e), see)
	}
}

// operands returns what an operator works on, nothing if e is none.
func operands(e ast.Expr) []ast.Expr {
	switch e := e.(type) {
	case *ast.LogicalOpExpr:
		return []ast.Expr{e.Lhs, e.Rhs}
	case *ast.RelationalOpExpr:
		return []ast.Expr{e.Lhs, e.Rhs}
	case *ast.StringConcatOpExpr:
		return []ast.Expr{e.Lhs, e.Rhs}
	case *ast.ArithmeticOpExpr:
		return []ast.Expr{e.Lhs, e.Rhs}
	case *ast.UnaryMinusOpExpr:
		return []ast.Expr{e.Expr}
	case *ast.UnaryNotOpExpr:
		return []ast.Expr{e.Expr}
	case *ast.UnaryLenOpExpr:
		return []ast.Expr{e.Expr}
	}
	return nil
}
