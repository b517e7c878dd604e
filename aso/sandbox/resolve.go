package sandbox

import (
	"fmt"

	"comet/aso/lua"
	"github.com/yuin/gopher-lua/ast"
)

// resolver finds what the names in a syntax tree stand for. Those of the library become constants, so that a run looks up neither string nor
// format for string.format. Handlers have no globals, and what their top level declares they cannot assign: it belongs to all objects.
type resolver struct {
	library *library
	script  bool      // globals are checked when they are assigned, as in Redis
	given   given     // constants besides the library
	top     *function // the chunk
	fn      *function
	bare    *function // the top level of a library of functions, which finds names when it runs; may be nil
	errs    []*CompileError

	handlers   []Handler
	params     ast.Expr
	paramLines map[string]int // where each parameter is declared
	limits     ast.Expr       // the limits table, nil if there is none
	limitsLine int            // where it is
	rights     Rights
	rightsSaid bool
}

// given are values by the names of globals.
type given map[string]lua.Value

func newResolver(lib *library) *resolver {
	top := newFunction(nil)
	return &resolver{library: lib, fn: top, top: top}
}

// maxErrors is how many errors of a source are kept.
const maxErrors = 50

// fail keeps an error; the walk goes on, its result is not used.
func (r *resolver) fail(at ast.PositionHolder, format string, args ...any) {
	if len(r.errs) < maxErrors {
		r.errs = append(r.errs, &CompileError{at.Line(), fmt.Sprintf(format, args...)})
	}
}

// at gives a new node the lines of the node it replaces.
func at[T ast.PositionHolder](from ast.PositionHolder, to T) T {
	to.SetLine(from.Line())
	to.SetLastLine(max(from.LastLine(), from.Line()))
	return to
}

// block resolves statements in a scope of their own, in which names are declared.
func (r *resolver) block(stmts []ast.Stmt, names ...string) {
	r.fn.open()
	r.fn.declare(names...)
	r.stmts(stmts)
	r.fn.close()
}

func (r *resolver) stmts(stmts []ast.Stmt) {
	for _, s := range stmts {
		r.stmt(s)
	}
}

func (r *resolver) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		for i := range s.Lhs {
			r.target(&s.Lhs[i])
		}
		r.exprs(s.Rhs)
	case *ast.LocalAssignStmt:
		r.local(s)
	case *ast.FuncDefStmt:
		r.funcDef(s)
	case *ast.FuncCallStmt:
		r.expr(&s.Expr)
	case *ast.DoBlockStmt:
		r.block(s.Stmts)
	case *ast.WhileStmt:
		r.expr(&s.Condition)
		r.block(s.Stmts)
	case *ast.RepeatStmt:
		r.fn.open()
		r.stmts(s.Stmts)
		r.expr(&s.Condition) // sees the locals of the body
		r.fn.close()
	case *ast.IfStmt:
		r.expr(&s.Condition)
		r.block(s.Then)
		r.block(s.Else)
	case *ast.NumberForStmt:
		r.expr(&s.Init)
		r.expr(&s.Limit)
		if s.Step != nil {
			r.expr(&s.Step)
		}
		r.block(s.Stmts, s.Name)
	case *ast.GenericForStmt:
		r.exprs(s.Exprs)
		r.block(s.Stmts, s.Names...)
	case *ast.ReturnStmt:
		r.exprs(s.Exprs)
	case *ast.BreakStmt:
	default:
		r.fail(s, "statement is not supported")
	}
}

// local resolves a declaration. Only the function of "local function f" may refer to itself.
func (r *resolver) local(s *ast.LocalAssignStmt) {
	if f := lua.LocalFunction(s); f != nil {
		r.fn.declare(s.Names[0])
		r.function(f)
		return
	}
	r.exprs(s.Exprs)
	r.fn.declare(s.Names...)
}

func (r *resolver) funcDef(s *ast.FuncDefStmt) {
	if s.Name.Method != "" {
		r.expr(&s.Name.Receiver)
		r.function(s.Func, "self")
		return
	}
	r.target(&s.Name.Func)
	r.function(s.Func)
}

// target resolves what is assigned to.
func (r *resolver) target(lhs *ast.Expr) {
	switch e := (*lhs).(type) {
	case *ast.AttrGetExpr:
		r.expr(&e.Object)
		r.expr(&e.Key)
	case *ast.IdentExpr:
		if s := r.fn.find(e.Value); !r.script {
			r.checkAssigned(e, s)
		} else if s != nil && s.given || s == nil && e.Value == lua.RestName {
			*lhs = r.global(e)
		}
	default:
		r.fail(e, "cannot assign to this expression")
	}
}

// global makes a reference to a global whose name is that of a variable.
func (r *resolver) global(id *ast.IdentExpr) ast.Expr {
	return at(id, &ast.AttrGetExpr{Object: r.constant(id, "_G"), Key: at(id, &ast.StringExpr{Value: id.Value})})
}

// checkAssigned refuses to assign anything but a local of a function: what the chunk declares is shared by all objects.
func (r *resolver) checkAssigned(id *ast.IdentExpr, s *symbol) {
	switch {
	case s == nil:
		r.fail(id, "assignment to global %q: declare it local, or keep it in self.state", clip(id.Value, 64))
	case s.owner == r.top:
		r.fail(id, "assignment to %q: what the top level declares is constant; keep it in self.state", clip(id.Value, 64))
	}
}
