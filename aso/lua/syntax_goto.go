package lua

import (
	"slices"
	"strings"

	"github.com/yuin/gopher-lua/ast"
)

// reservedByParser is a word that is a name in Lua 5.1, but not for the parser that makes the tree.
const reservedByParser = "goto"

// rename writes another name for the one that the parser does not take, one that the text does not have, and returns it.
func (p *plainText) rename() string {
	alias := reservedByParser + "_"
	for strings.Contains(string(p.text), alias) {
		alias += "_"
	}
	for _, at := range slices.Backward(p.gotos) {
		p.text = slices.Replace(p.text, at, at+len(reservedByParser), []byte(alias)...)
	}
	return alias
}

// renamer gives the names in a tree that have an alias their own again. No string of the source is the alias.
type renamer string

func (r renamer) name(name *string) {
	if *name == string(r) {
		*name = reservedByParser
	}
}

func (r renamer) names(names []string) {
	for i := range names {
		r.name(&names[i])
	}
}

func (r renamer) stmts(stmts []ast.Stmt) {
	for _, s := range stmts {
		r.stmt(s)
	}
}

func (r renamer) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		r.exprs(s.Lhs)
		r.exprs(s.Rhs)
	case *ast.LocalAssignStmt:
		r.names(s.Names)
		r.exprs(s.Exprs)
	case *ast.FuncCallStmt:
		r.expr(s.Expr)
	case *ast.DoBlockStmt:
		r.stmts(s.Stmts)
	case *ast.WhileStmt:
		r.expr(s.Condition)
		r.stmts(s.Stmts)
	case *ast.RepeatStmt:
		r.stmts(s.Stmts)
		r.expr(s.Condition)
	case *ast.IfStmt:
		r.expr(s.Condition)
		r.stmts(s.Then)
		r.stmts(s.Else)
	case *ast.NumberForStmt:
		r.name(&s.Name)
		r.exprs([]ast.Expr{s.Init, s.Limit, s.Step})
		r.stmts(s.Stmts)
	case *ast.GenericForStmt:
		r.names(s.Names)
		r.exprs(s.Exprs)
		r.stmts(s.Stmts)
	case *ast.FuncDefStmt:
		r.exprs([]ast.Expr{s.Name.Func, s.Name.Receiver, s.Func})
		r.name(&s.Name.Method)
	case *ast.ReturnStmt:
		r.exprs(s.Exprs)
	}
}

func (r renamer) exprs(list []ast.Expr) {
	for _, e := range list {
		r.expr(e)
	}
}

func (r renamer) expr(e ast.Expr) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		r.name(&e.Value)
	case *ast.StringExpr:
		r.name(&e.Value)
	case *ast.AttrGetExpr:
		r.expr(e.Object)
		r.expr(e.Key)
	case *ast.TableExpr:
		for _, field := range e.Fields {
			r.exprs([]ast.Expr{field.Key, field.Value})
		}
	case *ast.FuncCallExpr:
		r.exprs([]ast.Expr{e.Func, e.Receiver})
		r.exprs(e.Args)
		r.name(&e.Method)
	case *ast.FunctionExpr:
		r.names(e.ParList.Names)
		r.stmts(e.Stmts)
	default:
		for _, x := range Operands(e) {
			r.expr(*x)
		}
	}
}
