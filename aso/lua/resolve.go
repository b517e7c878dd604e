package lua

import "github.com/yuin/gopher-lua/ast"

// variable is a local variable.
type variable struct {
	name     string
	level    int       // of the function that declares it; the chunk has 0
	captured bool      // by a function inside
	assigned bool      // after its declaration
	used     bool      // at all
	rest     bool      // it is arg in a function that says "..."
	shadows  *variable // of the same name
	reg      int
}

// cell reports whether functions share the variable: others that capture it have copies, since it does not change any more.
func (v *variable) cell() bool { return v.captured && v.assigned }

// scopes has the variables that are visible.
type scopes struct {
	names   map[string]*variable
	visible []*variable
}

func newScopes() scopes { return scopes{names: map[string]*variable{}} }

func (s *scopes) mark() int { return len(s.visible) }

func (s *scopes) show(v *variable) {
	v.shadows = s.names[v.name]
	s.names[v.name] = v
	s.visible = append(s.visible, v)
}

// hide ends the visibility of all variables that were shown since mark.
func (s *scopes) hide(mark int) {
	for i := len(s.visible) - 1; i >= mark; i-- {
		v := s.visible[i]
		s.names[v.name] = v.shadows
	}
	s.visible = s.visible[:mark]
}

// resolver finds out what becomes of variables before code is made.
type resolver struct {
	scopes
	variables []*variable
	level     int
	rest      bool // the function at hand says "..."
}

// resolve returns the variables of a chunk in the order in which the compiler declares them.
func resolve(stmts []ast.Stmt) []*variable {
	r := &resolver{scopes: newScopes()}
	r.stmts(stmts)
	return r.variables
}

func (r *resolver) declare(names ...string) {
	for _, name := range names {
		v := &variable{name: name, level: r.level}
		r.variables = append(r.variables, v)
		r.show(v)
	}
}

// use notes that the function at hand reads or assigns a variable.
func (r *resolver) use(name string, assign bool) {
	v := r.names[name]
	if v == nil {
		return
	}
	v.used = true
	v.assigned = v.assigned || assign
	v.captured = v.captured || v.level != r.level
}

func (r *resolver) block(stmts []ast.Stmt, names ...string) {
	mark := r.mark()
	r.declare(names...)
	r.stmts(stmts)
	r.hide(mark)
}

func (r *resolver) stmts(stmts []ast.Stmt) {
	for _, s := range stmts {
		r.stmt(s)
	}
}

func (r *resolver) stmt(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		for _, e := range s.Lhs {
			r.target(e)
		}
		r.exprs(s.Rhs)
	case *ast.LocalAssignStmt:
		if f := LocalFunction(s); f != nil {
			r.declare(s.Names...)
			r.function(f, false)
			return
		}
		r.exprs(s.Exprs)
		r.declare(s.Names...)
	case *ast.FuncCallStmt:
		r.expr(s.Expr)
	case *ast.DoBlockStmt:
		r.block(s.Stmts)
	case *ast.WhileStmt:
		r.expr(s.Condition)
		r.block(s.Stmts)
	case *ast.RepeatStmt:
		mark := r.mark()
		r.stmts(s.Stmts)
		r.expr(s.Condition)
		r.hide(mark)
	case *ast.IfStmt:
		r.expr(s.Condition)
		r.block(s.Then)
		r.block(s.Else)
	case *ast.NumberForStmt:
		r.expr(s.Init)
		r.expr(s.Limit)
		if s.Step != nil {
			r.expr(s.Step)
		}
		r.block(s.Stmts, s.Name)
	case *ast.GenericForStmt:
		r.exprs(s.Exprs)
		r.block(s.Stmts, s.Names...)
	case *ast.FuncDefStmt:
		if s.Name.Method != "" {
			r.expr(s.Name.Receiver)
		} else {
			r.target(s.Name.Func)
		}
		r.function(s.Func, s.Name.Method != "")
	case *ast.ReturnStmt:
		r.exprs(s.Exprs)
	}
}

// target notes an assignment.
func (r *resolver) target(e ast.Expr) {
	if id, ok := e.(*ast.IdentExpr); ok {
		r.use(id.Value, true)
		return
	}
	r.expr(e)
}

func (r *resolver) exprs(list []ast.Expr) {
	for _, e := range list {
		r.expr(e)
	}
}

func (r *resolver) expr(e ast.Expr) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		r.use(e.Value, false)
	case *ast.Comma3Expr:
		r.rest = true
	case *ast.AttrGetExpr:
		r.expr(e.Object)
		r.expr(e.Key)
	case *ast.TableExpr:
		for _, field := range e.Fields {
			if field.Key != nil {
				r.expr(field.Key)
			}
			r.expr(field.Value)
		}
	case *ast.FuncCallExpr:
		if e.Func != nil {
			r.expr(e.Func)
		} else {
			r.expr(e.Receiver)
		}
		r.exprs(e.Args)
	case *ast.FunctionExpr:
		r.function(e, false)
	default:
		for _, x := range Operands(e) {
			r.expr(*x)
		}
	}
}

func (r *resolver) function(f *ast.FunctionExpr, method bool) {
	mark, rest := r.mark(), r.rest
	r.level++
	r.rest = false
	if method {
		r.declare("self")
	}
	r.declare(f.ParList.Names...)
	var arg *variable
	if f.ParList.HasVargs {
		r.declare(RestName)
		arg = r.variables[len(r.variables)-1]
	}
	r.stmts(f.Stmts)
	if arg != nil {
		arg.rest = r.rest
	}
	r.hide(mark)
	r.level--
	r.rest = rest
}
