package sandbox

import "github.com/yuin/gopher-lua/ast"

const maxTopLocals = 80

const topLevel = "only handlers, params, limits, rights, local functions and constants may stand at the top level"

// chunk rewrites the top level, which may only declare: handlers, the params
// and limits tables, the rights, local functions and constants. The result is a chunk that takes
// the builtins as its arguments and returns params, limits and the handlers.
func (r *rewriter) chunk(stmts []ast.Stmt) []ast.Stmt {
	results := []ast.Expr{nil, nil}
	locals := 0
	var out []ast.Stmt
	for _, s := range stmts {
		switch s := s.(type) {
		case *ast.LocalAssignStmt:
			locals += len(s.Names)
			out = append(out, r.topLocal(s))
		case *ast.FuncDefStmt:
			out = append(out, r.handler(s))
			results = append(results, s.Name.Func)
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
	return r.wrap(out, results)
}

// wrap puts the builtins in front of the chunk and the results behind it.
func (r *rewriter) wrap(out []ast.Stmt, results []ast.Expr) []ast.Stmt {
	out = append(out, &ast.ReturnStmt{Exprs: results})
	if len(r.builtins) == 0 {
		return out
	}
	names := make([]string, len(r.builtins))
	for i, path := range r.builtins {
		names[i] = builtinLocal(path)
	}
	head := &ast.LocalAssignStmt{Names: names, Exprs: []ast.Expr{&ast.Comma3Expr{}}}
	return append([]ast.Stmt{head}, out...)
}

// topLocal declares functions and constants. Constant tables are frozen.
func (r *rewriter) topLocal(s *ast.LocalAssignStmt) ast.Stmt {
	if len(s.Names) == 1 && len(s.Exprs) == 1 {
		if f, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
			r.fn.declare(s.Names[0])
			r.function(f)
			return s
		}
	}
	for i, e := range s.Exprs {
		r.checkConstant(e)
		s.Exprs[i] = r.op(s, opFreeze, r.expr(e))
	}
	for _, name := range s.Names {
		r.fn.declare(name)
	}
	return s
}

// checkConstant refuses calls: the top level runs once, not once per object.
func (r *rewriter) checkConstant(e ast.Expr) {
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

// handler turns "function onGet(self, ev)" into a local of the chunk.
func (r *rewriter) handler(s *ast.FuncDefStmt) ast.Stmt {
	id, ok := s.Name.Func.(*ast.IdentExpr)
	if !ok || s.Name.Method != "" {
		r.fail(s, topLevel)
		return s
	}
	h, ok := HandlerByName(id.Value)
	if !ok {
		r.fail(s, "%q is not a handler: %s", clip(id.Value, 64), handlerHint(id.Value))
		r.function(s.Func)
		return s
	}
	for _, seen := range r.handlers {
		if seen == h {
			r.fail(s, "%s is declared twice", h)
		}
	}
	r.handlers = append(r.handlers, h)
	r.function(s.Func)
	name := "@" + id.Value
	s.Name.Func = at(s, &ast.IdentExpr{Value: name})
	return at(s, &ast.LocalAssignStmt{Names: []string{name}, Exprs: []ast.Expr{s.Func}})
}

// declaration takes the params or the limits table, or the rights.
func (r *rewriter) declaration(s *ast.AssignStmt) {
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
		r.fail(s, topLevel)
	}
}

func (r *rewriter) limitsTable(s *ast.AssignStmt) {
	table, ok := s.Rhs[0].(*ast.TableExpr)
	if !ok || r.limits != nil {
		r.fail(s, "limits must be one table")
		return
	}
	r.checkConstant(table)
	r.limits, r.limitsLine = r.expr(table), s.Line()
}

func (r *rewriter) paramsTable(s *ast.AssignStmt) {
	table, ok := s.Rhs[0].(*ast.TableExpr)
	if !ok || r.params != nil {
		r.fail(s, "params must be one table")
		return
	}
	r.checkConstant(table)
	r.paramLines = map[string]int{}
	for _, f := range table.Fields {
		if name, ok := f.Key.(*ast.StringExpr); ok {
			r.paramLines[name.Value] = name.Line()
		}
	}
	r.params = r.expr(table)
}
