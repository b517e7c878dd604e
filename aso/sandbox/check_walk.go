package sandbox

import (
	"comet/aso/lua"
	"github.com/yuin/gopher-lua/ast"
)

// maxWalks bounds the walks that learn. What is not learnt by then is not reported.
const maxWalks = 12

// lint walks the tree until it learns nothing new, and then reports.
func (c *checker) lint(stmts []ast.Stmt, text string) {
	c.known, c.tested = map[*ast.FunctionExpr]*callee{}, map[string]bool{}
	c.names = newNameCursor(text)
	c.quiet = true
	for range maxWalks {
		c.walk(stmts)
		if !c.learnt {
			c.quiet = false
			break
		}
	}
	if !c.quiet {
		c.walk(stmts)
		c.unusedParams()
	}
	c.quiet = false
}

// walk goes through the whole source once.
func (c *checker) walk(stmts []ast.Stmt) {
	c.names.next, c.learnt, c.whole = 0, false, false
	c.fn, c.loops, c.params = &scope{}, nil, map[string]*parameter{}
	c.fn.open()
	for _, s := range stmts {
		c.topStatement(s)
	}
}

// topStatement notes what only the top level has: the parameters and the handlers.
func (c *checker) topStatement(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		id, ok := s.Lhs[0].(*ast.IdentExpr)
		table, isTable := s.Rhs[0].(*ast.TableExpr)
		if ok && isTable && id.Value == "limits" && len(s.Lhs) == 1 && len(s.Rhs) == 1 {
			c.names.take(id.Value, id.Line())
			c.value(table)
			return
		}
		if _, isWord := s.Rhs[0].(*ast.StringExpr); ok && isWord && id.Value == "rights" && len(s.Lhs) == 1 && len(s.Rhs) == 1 {
			c.names.take(id.Value, id.Line())
			return
		}
		if ok && isTable && id.Value == "params" && len(s.Lhs) == 1 && len(s.Rhs) == 1 {
			c.names.take(id.Value, id.Line())
			c.declareParams(table)
			return
		}
	case *ast.FuncDefStmt:
		if id, ok := s.Name.Func.(*ast.IdentExpr); ok && s.Name.Method == "" {
			at := c.names.take(id.Value, id.Line())
			c.topFunction(s.Func, id.Value, at)
			return
		}
	case *ast.LocalAssignStmt:
		for _, name := range s.Names {
			if h, ok := HandlerByName(name); ok {
				c.warn(place{line: s.Line()}, "local %s is no handler: leave out local", h)
			}
		}
	}
	c.statement(s)
}

// topFunction walks a handler.
func (c *checker) topFunction(f *ast.FunctionExpr, name string, at place) {
	h, ok := HandlerByName(name)
	if !ok {
		c.function(f)
		return
	}
	if len(f.ParList.Names) > 2 {
		c.warn(at, "%s gets self and ev, and nothing more", h)
	}
	k := c.calleeOf(f)
	for i, t := range [...]thing{theSelf, theEv} {
		if i < len(k.args) {
			k.args[i] = t
		}
	}
	k.events = eventsOf(h)
	c.body(f, &scope{handler: h, verdict: true})
}

// function walks a function that is not called by its name here.
func (c *checker) function(f *ast.FunctionExpr) { c.body(f, &scope{}) }

func (c *checker) body(f *ast.FunctionExpr, s *scope) {
	k := c.calleeOf(f)
	s.parent, s.expr, s.events = c.fn, f, k.events
	outer := c.loops
	c.fn, c.loops = s, nil
	s.open()
	for i, name := range f.ParList.Names {
		c.names.take(name, f.Line())
		s.declare(name, k.args[i])
	}
	c.statements(f.Stmts)
	s.close()
	c.fn, c.loops = s.parent, outer
}

func (c *checker) block(stmts []ast.Stmt) {
	c.fn.open()
	c.statements(stmts)
	c.fn.close()
}

func (c *checker) statements(stmts []ast.Stmt) {
	for _, s := range stmts {
		c.statement(s)
	}
}

func (c *checker) statement(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		c.assign(s)
	case *ast.LocalAssignStmt:
		c.local(s)
	case *ast.FuncDefStmt:
		c.funcDef(s)
	case *ast.FuncCallStmt:
		c.callStatement(s)
	case *ast.DoBlockStmt:
		c.block(s.Stmts)
	case *ast.WhileStmt:
		c.while(s)
	case *ast.RepeatStmt:
		c.repeat(s)
	case *ast.IfStmt:
		c.value(s.Condition)
		c.block(s.Then)
		c.block(s.Else)
	case *ast.NumberForStmt:
		c.numberFor(s)
	case *ast.GenericForStmt:
		c.genericFor(s)
	case *ast.ReturnStmt:
		c.returns(s)
	}
}

func (c *checker) values(list []ast.Expr) {
	for _, e := range list {
		c.value(e)
	}
}

func (c *checker) local(s *ast.LocalAssignStmt) {
	for _, name := range s.Names {
		c.names.take(name, s.Line())
	}
	if f := lua.LocalFunction(s); f != nil {
		c.fn.declare(s.Names[0], anything).fn = f
		c.function(f)
		return
	}
	if f := soleFunction(s); f != nil {
		c.function(f)
		c.fn.declare(s.Names[0], anything).fn = f
		return
	}
	holds := make([]thing, max(len(s.Names), len(s.Exprs)))
	for i, e := range s.Exprs {
		if i < len(s.Names) {
			holds[i] = c.expr(e)
		} else {
			c.value(e)
		}
	}
	for i, name := range s.Names {
		v := c.fn.declare(name, holds[i])
		if i < len(s.Exprs) {
			v.number = c.constant(s.Exprs[i])
		}
	}
}

// soleFunction returns the function of "local f = function", nil if s is another statement.
func soleFunction(s *ast.LocalAssignStmt) *ast.FunctionExpr {
	if len(s.Names) != 1 || len(s.Exprs) != 1 {
		return nil
	}
	f, _ := s.Exprs[0].(*ast.FunctionExpr)
	return f
}

func (c *checker) funcDef(s *ast.FuncDefStmt) {
	target := s.Name.Func
	if target == nil {
		target = s.Name.Receiver
	}
	c.target(target)
	if s.Name.Method != "" {
		c.names.take(s.Name.Method, s.Line())
	}
	c.escape(s.Func)
}

func (c *checker) assign(s *ast.AssignStmt) {
	for _, lhs := range s.Lhs {
		c.target(lhs)
	}
	if len(s.Lhs) == 1 && len(s.Rhs) == 1 {
		c.growth(s)
	}
	c.values(s.Rhs)
}

// target walks what is assigned to. The compiler refuses globals, and what the top level declares.
func (c *checker) target(e ast.Expr) {
	switch e := e.(type) {
	case *ast.IdentExpr:
		c.names.take(e.Value, e.Line())
		if v := c.fn.find(e.Value); v != nil {
			v.holds, v.assigned = anything, true
		}
	case *ast.AttrGetExpr:
		object := c.expr(e.Object)
		name, at := c.key(e)
		c.readOnly(object, name, at)
	default:
		c.value(e)
	}
}

// key walks the key of an index and returns its name, "" if it is computed.
func (c *checker) key(e *ast.AttrGetExpr) (string, place) {
	if k, ok := e.Key.(*ast.StringExpr); ok {
		return k.Value, c.names.take(k.Value, k.Line())
	}
	c.value(e.Key)
	return "", place{line: e.Key.Line()}
}

// value walks an expression whose value goes where the checker does not follow.
func (c *checker) value(e ast.Expr) {
	if t := c.expr(e); t == theParams || t == theSelf {
		c.whole = true
	}
}

// expr walks an expression and tells what it is.
func (c *checker) expr(e ast.Expr) thing {
	switch e := e.(type) {
	case *ast.StringExpr:
		c.names.take(e.Value, e.Line())
	case *ast.IdentExpr:
		return c.ident(e)
	case *ast.AttrGetExpr:
		return c.index(e)
	case *ast.TableExpr:
		c.table(e)
	case *ast.FuncCallExpr:
		c.call(e)
	case *ast.FunctionExpr:
		c.escape(e)
	default:
		for _, x := range lua.Operands(e) {
			c.value(*x)
		}
	}
	return anything
}

func (c *checker) table(e *ast.TableExpr) {
	for _, f := range e.Fields {
		if f.Key != nil {
			c.value(f.Key)
		}
		c.value(f.Value)
	}
}

// escape walks a function that is a value: who calls it is not known, but it runs in the events of the code around it.
func (c *checker) escape(f *ast.FunctionExpr) {
	c.escapeArgs(f)
	c.function(f)
}

func (c *checker) ident(e *ast.IdentExpr) thing {
	at := c.names.take(e.Value, e.Line())
	if v := c.fn.find(e.Value); v != nil {
		if v.fn != nil { // as a value: a call does not come here
			c.escapeArgs(v.fn)
		}
		return v.holds
	}
	if absent[e.Value] {
		c.tested[e.Value] = true
	} else if h, ok := HandlerByName(e.Value); ok {
		c.warn(at, "%s is no global: handlers share local functions", h)
	} else if _, ok := stdlib.values[e.Value]; !ok {
		c.warn(at, "unknown global %q: reading it is an error%s", clip(e.Value, 64), didYouMean(e.Value, libraryNames("")))
	}
	return anything
}

// escapeArgs notes that a function is used as a value, and may get anything.
func (c *checker) escapeArgs(f *ast.FunctionExpr) {
	for i := range f.ParList.Names {
		c.learnArg(f, i, anything)
	}
	c.learnEvents(f)
}
