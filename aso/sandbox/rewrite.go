package sandbox

import (
	"fmt"
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// The rewriter changes a syntax tree so that everything that allocates or writes
// a table goes through a metered function, and so that the compiler's known
// miscompilations cannot occur:
//
//	a .. b .. c          @cat(a, b, c)
//	t[k] = v             @set(t, k, v)
//	{x, y, k = v}        @tab({x, y, k = v}, bytes)
//	function () end      @fn(function () end, bytes)
//	a, b = x, y          temporaries, then single assignments
//	if false then        if @false then
//	string.format        @string.format
//
// The names with @ are locals of the chunk; no source can spell them.

// Bounds on what the compiler has quadratic passes or fixed-width fields for.
const (
	maxArgs     = 120
	maxFields   = 5000
	maxComputed = 50 // computed keys in one table constructor
	maxCached   = 90 // builtins held as upvalues; the rest are found in the environment
)

// bounds are those that differ for handlers and scripts.
type bounds struct {
	tokens    int
	functions int
	constants int
}

var (
	handlerBounds = bounds{tokens: maxTokens, functions: 128, constants: 1500}
	scriptBounds  = bounds{tokens: 10 * maxTokens, functions: 1024, constants: 6000}
)

// Names of the metered operations.
const (
	opConcat    = "@cat"
	opSet       = "@set"
	opTable     = "@tab"
	opOpenTable = "@tabv" // a constructor that ends in a call or ...
	opClosure   = "@fn"
	opFreeze    = "@freeze"
	opFalse     = "@false"
	opNil       = "@nil"
	opCall      = "@call" // redis.call as a statement
)

type rewriter struct {
	library   *library
	bounds    bounds
	script    bool // globals are checked when they are assigned, as in Redis
	loads     bool // a library of functions, whose top level runs when it is loaded
	keys      bool // KEYS and ARGV are globals
	fn        *function
	top       *function
	bare      *function          // finds the names of the library in its environment; may be nil
	symbols   map[string]*symbol // of the builtins in use
	builtins  []string           // the same in order of first use
	handlers  []Handler
	params    ast.Expr
	constants map[string]bool
	functions int
	temps     int
	depth     int
	errs      []*CompileError

	paramLines map[string]int // where each parameter is declared
	limits     ast.Expr       // the limits table, nil if there is none
	limitsLine int            // where it is
	rights     Rights
	rightsSaid bool
}

func newRewriter(lib *library, b bounds) *rewriter {
	top := &function{scopes: []map[string]*symbol{nil}}
	return &rewriter{library: lib, bounds: b, fn: top, top: top, symbols: map[string]*symbol{}, constants: map[string]bool{}}
}

// maxErrors is how many errors of a source are kept.
const maxErrors = 50

// fail keeps an error; the walk goes on, its result is not used.
func (r *rewriter) fail(at ast.PositionHolder, format string, args ...any) {
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

// builtin returns a reference to a builtin by its path, such as "string.format".
func (r *rewriter) builtin(from ast.PositionHolder, path string) ast.Expr {
	s := r.symbols[path]
	if s == nil {
		s = &symbol{name: path, owner: r.top}
		r.symbols[path] = s
		r.builtins = append(r.builtins, path)
	}
	r.use(from, s)
	return at(from, &ast.IdentExpr{Value: builtinLocal(path)})
}

// builtinLocal is the chunk's local that holds a builtin.
func builtinLocal(path string) string {
	if path[0] == '@' {
		return path
	}
	return "@" + path
}

func (r *rewriter) use(from ast.PositionHolder, s *symbol) {
	if !r.fn.capture(s) {
		r.fail(from, "function uses more than %d outer variables", maxUpvalues)
	}
}

// op makes a call of a metered operation with exactly one result.
func (r *rewriter) op(from ast.PositionHolder, name string, args ...ast.Expr) *ast.FuncCallExpr {
	return at(from, &ast.FuncCallExpr{Func: r.builtin(from, name), Args: args, AdjustRet: true})
}

func (r *rewriter) opStmt(from ast.PositionHolder, name string, args ...ast.Expr) ast.Stmt {
	return at(from, &ast.FuncCallStmt{Expr: r.op(from, name, args...)})
}

func numeral(from ast.PositionHolder, n int) ast.Expr {
	return at(from, &ast.NumberExpr{Value: strconv.Itoa(n)})
}

// maxTree bounds the depth of the tree once more, should checkShape miss something.
const maxTree = 400

// enter counts a level of the tree and reports whether to go on.
func (r *rewriter) enter(at ast.PositionHolder) bool {
	if r.depth++; r.depth > maxTree {
		r.fail(at, "source is nested too deeply")
		return false
	}
	return true
}

func (r *rewriter) leave() { r.depth-- }

// block rewrites statements in a scope of their own.
func (r *rewriter) block(stmts []ast.Stmt) []ast.Stmt {
	if len(stmts) == 0 {
		return stmts
	}
	defer r.leave()
	if !r.enter(stmts[0]) {
		return stmts
	}
	r.fn.open()
	defer r.fn.close()
	return r.stmts(stmts)
}

func (r *rewriter) stmts(stmts []ast.Stmt) []ast.Stmt {
	out := make([]ast.Stmt, 0, len(stmts))
	for _, s := range stmts {
		out = r.stmt(out, s)
	}
	return out
}

// stmt appends what a statement becomes.
func (r *rewriter) stmt(out []ast.Stmt, s ast.Stmt) []ast.Stmt {
	switch s := s.(type) {
	case *ast.AssignStmt:
		return r.assign(out, s)
	case *ast.LocalAssignStmt:
		return r.local(out, s)
	case *ast.FuncDefStmt:
		return r.funcDef(out, s)
	case *ast.FuncCallStmt:
		s.Expr = r.callStmt(s.Expr.(*ast.FuncCallExpr))
	case *ast.DoBlockStmt:
		s.Stmts = r.block(s.Stmts)
	case *ast.WhileStmt:
		s.Condition = r.condition(s.Condition)
		s.Stmts = r.block(s.Stmts)
	case *ast.RepeatStmt:
		r.fn.open()
		s.Stmts = r.stmts(s.Stmts)
		s.Condition = r.condition(s.Condition) // sees the locals of the body
		r.fn.close()
	case *ast.IfStmt:
		s.Condition = r.condition(s.Condition)
		s.Then = r.block(s.Then)
		s.Else = r.block(s.Else)
	case *ast.NumberForStmt:
		r.numberFor(s)
	case *ast.GenericForStmt:
		r.genericFor(s)
	case *ast.ReturnStmt:
		r.exprs(s, s.Exprs)
	case *ast.BreakStmt:
	case *ast.LabelStmt, *ast.GotoStmt:
		r.fail(s, "goto is not part of Lua 5.1")
	default:
		r.fail(s, "statement is not supported")
	}
	return append(out, s)
}

func (r *rewriter) numberFor(s *ast.NumberForStmt) {
	s.Init = r.expr(s.Init)
	s.Limit = r.expr(s.Limit)
	if s.Step != nil {
		s.Step = r.expr(s.Step)
	}
	r.fn.open()
	r.fn.declare(s.Name)
	s.Stmts = r.block(s.Stmts)
	r.fn.close()
}

// genericFor rewrites a loop. It gets as many variables as there are values in front: the compiler loses a call among the values else.
func (r *rewriter) genericFor(s *ast.GenericForStmt) {
	r.exprs(s, s.Exprs)
	for len(s.Names) < min(len(s.Exprs), 3) {
		r.temps++
		s.Names = append(s.Names, "@"+strconv.Itoa(r.temps))
	}
	r.fn.open()
	for _, name := range s.Names {
		r.fn.declare(name)
	}
	s.Stmts = r.block(s.Stmts)
	r.fn.close()
}

// local rewrites a declaration. A single function may refer to itself: the tree
// does not tell "local function f" from "local f = function".
func (r *rewriter) local(out []ast.Stmt, s *ast.LocalAssignStmt) []ast.Stmt {
	if len(s.Names) == 1 && len(s.Exprs) == 1 {
		if f, ok := s.Exprs[0].(*ast.FunctionExpr); ok {
			r.fn.declare(s.Names[0])
			bytes := r.function(f)
			return append(out, r.opStmt(s, opClosure, at(s, &ast.NilExpr{}), numeral(s, bytes)), s)
		}
	}
	r.exprs(s, s.Exprs)
	for _, name := range s.Names {
		r.fn.declare(name)
	}
	return append(out, s)
}

// funcDef turns "function a.b:c()" into an assignment.
func (r *rewriter) funcDef(out []ast.Stmt, s *ast.FuncDefStmt) []ast.Stmt {
	target := s.Name.Func
	if s.Name.Method != "" {
		target = at(s, &ast.AttrGetExpr{Object: s.Name.Receiver, Key: at(s, &ast.StringExpr{Value: s.Name.Method})})
		s.Func.ParList.Names = append([]string{"self"}, s.Func.ParList.Names...)
	}
	return r.assign(out, at(s, &ast.AssignStmt{Lhs: []ast.Expr{target}, Rhs: []ast.Expr{s.Func}}))
}

func (r *rewriter) assign(out []ast.Stmt, s *ast.AssignStmt) []ast.Stmt {
	if len(s.Lhs) == 1 && len(s.Rhs) == 1 {
		return append(out, r.assignOne(s, s.Lhs[0], s.Rhs[0]))
	}
	return append(out, r.assignMany(s))
}

func (r *rewriter) assignOne(s *ast.AssignStmt, lhs, rhs ast.Expr) ast.Stmt {
	if field, ok := lhs.(*ast.AttrGetExpr); ok {
		return r.opStmt(s, opSet, r.expr(field.Object), r.expr(field.Key), r.expr(rhs))
	}
	if r.isGlobal(lhs) {
		return r.assignGlobal(s, lhs.(*ast.IdentExpr), r.expr(rhs))
	}
	r.checkAssigned(lhs)
	s.Lhs, s.Rhs = []ast.Expr{lhs}, []ast.Expr{uncut(r.expr(rhs))}
	return s
}

// uncut lets an expression that is assigned have several values, of which the first one is. A call that is cut to one the compiler puts into
// the last parameter of the function if that is assigned, and the arguments into the locals behind it.
func uncut(e ast.Expr) ast.Expr {
	if call, ok := e.(*ast.FuncCallExpr); ok {
		call.AdjustRet = false
	}
	return e
}

// isGlobal reports whether a script assigns to a global, which fails when it runs.
func (r *rewriter) isGlobal(lhs ast.Expr) bool {
	id, ok := lhs.(*ast.IdentExpr)
	if !ok || !r.script {
		return false
	}
	s := r.fn.find(id.Value)
	return s == nil || s.given
}

func (r *rewriter) assignGlobal(s *ast.AssignStmt, id *ast.IdentExpr, value ast.Expr) ast.Stmt {
	r.constant(id, id.Value)
	return r.opStmt(s, opSet, r.builtin(s, "_G"), at(s, &ast.StringExpr{Value: id.Value}), value)
}

// checkAssigned refuses to assign anything but a local of a function: what the
// chunk declares is shared by all objects.
func (r *rewriter) checkAssigned(lhs ast.Expr) {
	id, ok := lhs.(*ast.IdentExpr)
	if !ok {
		r.fail(lhs, "cannot assign to this expression")
		return
	}
	s := r.fn.find(id.Value)
	switch {
	case s == nil:
		r.fail(lhs, "assignment to global %q: declare it local, or keep it in self.state", clip(id.Value, 64))
	case s.owner == r.top:
		r.fail(lhs, "assignment to %q: what the top level declares is constant; keep it in self.state", clip(id.Value, 64))
	default:
		r.use(lhs, s)
	}
}

// assignMany evaluates everything into temporaries before it assigns: the
// compiler assigns early (issue 440).
func (r *rewriter) assignMany(s *ast.AssignStmt) ast.Stmt {
	r.fn.open()
	defer r.fn.close()
	if len(s.Lhs) > maxArgs/3 || len(s.Rhs) > maxArgs {
		r.fail(s, "assignment to too many variables")
		return s
	}
	temps := at(s, &ast.LocalAssignStmt{})
	body := []ast.Stmt{temps}
	var stores []func(value ast.Expr) ast.Stmt
	for _, lhs := range s.Lhs {
		field, ok := lhs.(*ast.AttrGetExpr)
		if r.isGlobal(lhs) {
			stores = append(stores, func(v ast.Expr) ast.Stmt { return r.assignGlobal(s, lhs.(*ast.IdentExpr), v) })
			continue
		}
		if !ok {
			r.checkAssigned(lhs)
			stores = append(stores, func(v ast.Expr) ast.Stmt {
				return at(s, &ast.AssignStmt{Lhs: []ast.Expr{lhs}, Rhs: []ast.Expr{v}})
			})
			continue
		}
		object, key := r.temp(s, temps, r.expr(field.Object)), r.temp(s, temps, r.expr(field.Key))
		stores = append(stores, func(v ast.Expr) ast.Stmt { return r.opStmt(s, opSet, object, key, v) })
	}
	r.exprs(s, s.Rhs)
	temps.Exprs = append(temps.Exprs, s.Rhs...)
	first := len(body)
	for _, store := range stores {
		body = append(body, store(r.tempName(s, temps)))
	}
	for i, j := first, len(body)-1; i < j; i, j = i+1, j-1 {
		body[i], body[j] = body[j], body[i] // Lua 5.1 assigns from the right
	}
	return at(s, &ast.DoBlockStmt{Stmts: body})
}

// temp adds a temporary for a value and returns a reference to it.
func (r *rewriter) temp(from ast.PositionHolder, decl *ast.LocalAssignStmt, value ast.Expr) ast.Expr {
	decl.Exprs = append(decl.Exprs, value)
	return r.tempName(from, decl)
}

func (r *rewriter) tempName(from ast.PositionHolder, decl *ast.LocalAssignStmt) ast.Expr {
	r.temps++
	name := "@" + strconv.Itoa(r.temps)
	decl.Names = append(decl.Names, name)
	return at(from, &ast.IdentExpr{Value: name})
}
