package sandbox

import (
	"comet/aso/lua"
	"github.com/yuin/gopher-lua/ast"
)

const maxTopLocals = 80

const topLevel = "only handlers, params, limits, rights, local functions and constants may stand at the top level"

// chunk resolves the top level, which may only declare: handlers, the params
// and limits tables, the rights, local functions and constants. The result is a chunk that
// returns params, limits and the handlers.
func (r *resolver) chunk(stmts []ast.Stmt) []ast.Stmt {
	results := []ast.Expr{nil, nil}
	locals := 0
	var out []ast.Stmt
	for _, s := range stmts {
		switch s := s.(type) {
		case *ast.LocalAssignStmt:
			locals += len(s.Names)
			r.topLocal(s)
			out = append(out, s)
		case *ast.FuncDefStmt:
			if local, ok := r.handler(s); ok {
				out = append(out, local)
				results = append(results, at(s, &ast.IdentExpr{Value: local.Names[0]}))
			}
		case *ast.AssignStmt:
			r.declaration(s)
		default:
			r.fail(s, topLevel)
		}
	}
	if len(stmts) == 0 || len(r.handlers) == 0 {
		r.fail(&ast.StringExpr{}, "source declares no handler")
	}
	if locals > maxTopLocals {
		r.fail(stmts[0], "more than %d locals at the top level", maxTopLocals)
	}
	for i, table := range []ast.Expr{r.params, r.limits} {
		if results[i] = table; table == nil {
			results[i] = &ast.NilExpr{}
		}
	}
	return append(out, &ast.ReturnStmt{Exprs: results})
}

// topLocal declares functions and constants.
func (r *resolver) topLocal(s *ast.LocalAssignStmt) {
	if lua.LocalFunction(s) == nil {
		for _, e := range s.Exprs {
			r.checkConstant(e)
		}
	}
	r.local(s)
}

// checkConstant refuses calls: the top level runs once, not once per object.
func (r *resolver) checkConstant(e ast.Expr) {
	inspectExpr(e, func(n ast.PositionHolder) bool {
		switch n.(type) {
		case *ast.FuncCallExpr, *ast.Comma3Expr:
			r.fail(n, "a constant cannot be the result of a call")
			return false
		case *ast.FunctionExpr:
			return false
		}
		return true
	})
}

// handler turns "function onGet(self, ev)" into a local of the chunk, whose name no source can spell.
func (r *resolver) handler(s *ast.FuncDefStmt) (*ast.LocalAssignStmt, bool) {
	id, ok := s.Name.Func.(*ast.IdentExpr)
	if !ok || s.Name.Method != "" {
		r.fail(s, topLevel)
		return nil, false
	}
	h, ok := HandlerByName(id.Value)
	if !ok {
		r.fail(s, "%q is not a handler: %s", clip(id.Value, 64), handlerHint(id.Value))
		r.function(s.Func)
		return nil, false
	}
	for _, seen := range r.handlers {
		if seen == h {
			r.fail(s, "%s is declared twice", h)
		}
	}
	r.handlers = append(r.handlers, h)
	r.function(s.Func)
	return at(s, &ast.LocalAssignStmt{Names: []string{"@" + id.Value}, Exprs: []ast.Expr{s.Func}}), true
}

// declaration takes the params or the limits table, or the rights.
func (r *resolver) declaration(s *ast.AssignStmt) {
	name := ""
	if id, ok := s.Lhs[0].(*ast.IdentExpr); ok && len(s.Lhs) == 1 && len(s.Rhs) == 1 {
		name = id.Value
	}
	switch name {
	case "params":
		r.paramsTable(s)
	case "limits":
		r.limitsTable(s)
	case "rights":
		r.rightsWord(s)
	default:
		if _, ok := HandlerByName(name); ok {
			r.fail(s, "write function %s(self, ev) ... end: what handlers share is a local function that each calls", name)
			return
		}
		r.fail(s, topLevel)
	}
}

func (r *resolver) limitsTable(s *ast.AssignStmt) {
	table, ok := s.Rhs[0].(*ast.TableExpr)
	if !ok || r.limits != nil {
		r.fail(s, "limits must be one table")
		return
	}
	r.limits, r.limitsLine = r.constantTable(table), s.Line()
}

func (r *resolver) paramsTable(s *ast.AssignStmt) {
	table, ok := s.Rhs[0].(*ast.TableExpr)
	if !ok || r.params != nil {
		r.fail(s, "params must be one table")
		return
	}
	r.paramLines = map[string]int{}
	for _, f := range table.Fields {
		if name, ok := f.Key.(*ast.StringExpr); ok {
			r.paramLines[name.Value] = name.Line()
		}
	}
	r.params = r.constantTable(table)
}

func (r *resolver) constantTable(e ast.Expr) ast.Expr {
	r.checkConstant(e)
	r.expr(&e)
	return e
}
