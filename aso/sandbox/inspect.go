package sandbox

import (
	"comet/aso/lua"
	"github.com/yuin/gopher-lua/ast"
)

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
		for _, x := range lua.Operands(e) {
			inspectExpr(*x, see)
		}
	}
}
