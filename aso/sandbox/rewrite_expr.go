package sandbox

import (
	"strconv"

	"github.com/yuin/gopher-lua/ast"
)

// absent are names of standard Lua and Redis that handlers do not have. They read
// as nil, so that portable code can test for them.
var absent = map[string]bool{
	"coroutine": true, "load": true, "loadstring": true, "loadfile": true, "dofile": true, "require": true,
	"module": true, "package": true, "io": true, "os": true, "debug": true, "getfenv": true, "setfenv": true,
	"newproxy": true, "print": true, "redis": true, "KEYS": true, "ARGV": true, "jit": true, "channel": true,
}

func (r *rewriter) exprs(from ast.PositionHolder, list []ast.Expr) {
	if len(list) > maxArgs {
		r.fail(from, "more than %d values in one list", maxArgs)
	}
	for i := range list {
		list[i] = r.expr(list[i])
	}
}

func (r *rewriter) expr(e ast.Expr) ast.Expr {
	defer r.leave()
	if !r.enter(e) {
		return e
	}
	switch e := e.(type) {
	case *ast.NumberExpr:
		return r.number(e)
	case *ast.StringExpr:
		r.constant(e, e.Value)
	case *ast.IdentExpr:
		return r.ident(e)
	case *ast.AttrGetExpr:
		return r.index(e)
	case *ast.TableExpr:
		return r.table(e)
	case *ast.FuncCallExpr:
		return r.call(e)
	case *ast.LogicalOpExpr:
		e.Lhs, e.Rhs = r.logical(e.Lhs), r.logical(e.Rhs)
	case *ast.RelationalOpExpr:
		e.Lhs, e.Rhs = r.expr(e.Lhs), r.expr(e.Rhs)
	case *ast.StringConcatOpExpr:
		return r.concat(e)
	case *ast.ArithmeticOpExpr:
		e.Lhs, e.Rhs = r.expr(e.Lhs), r.expr(e.Rhs)
	case *ast.UnaryMinusOpExpr:
		e.Expr = r.expr(e.Expr)
	case *ast.UnaryNotOpExpr:
		e.Expr = r.logical(e.Expr)
	case *ast.UnaryLenOpExpr:
		e.Expr = r.expr(e.Expr)
	case *ast.FunctionExpr:
		return r.op(e, opClosure, e, numeral(e, r.function(e)))
	}
	return e
}

// constant counts a distinct constant: the compiler finds one by linear search.
func (r *rewriter) constant(from ast.PositionHolder, key string) {
	r.constants[key] = true
	if len(r.constants) > r.bounds.constants {
		r.fail(from, "source has more than %d different constants", r.bounds.constants)
	}
}

// number normalises a numeral: the compiler reads 010 as octal.
func (r *rewriter) number(e *ast.NumberExpr) ast.Expr {
	f, ok := numeralValue(e.Value)
	if !ok {
		r.fail(e, "malformed number %q", clip(e.Value, 40))
		return e
	}
	e.Value = strconv.FormatFloat(f, 'g', -1, 64)
	r.constant(e, "\x00"+e.Value)
	return e
}

// numeralValue reads a numeral of a source. Reading a long one would take long.
func numeralValue(text string) (float64, bool) {
	if len(text) > 400 {
		return 0, false
	}
	return parseNumber(text)
}

func (r *rewriter) ident(e *ast.IdentExpr) ast.Expr {
	if s := r.fn.find(e.Value); s != nil {
		r.use(e, s)
		return e
	}
	if absent[e.Value] && !r.script {
		return r.builtin(e, opNil)
	}
	if r.keys && (e.Value == "KEYS" || e.Value == "ARGV") {
		return r.builtin(e, e.Value)
	}
	if _, ok := r.library.values[e.Value]; ok && r.caches() && !(r.bare != nil && e.Value == "redis") { // that is another one while a library is loaded
		return r.builtin(e, e.Value)
	}
	r.constant(e, e.Value)
	return e
}

// caches reports whether a name of the library becomes an upvalue here.
func (r *rewriter) caches() bool { return len(r.builtins) < maxCached && r.fn != r.bare }

// index resolves library.function at once, and leaves other accesses to the VM.
func (r *rewriter) index(e *ast.AttrGetExpr) ast.Expr {
	if path, ok := r.libraryPath(e); ok {
		return r.builtin(e, path)
	}
	e.Object, e.Key = r.expr(e.Object), r.expr(e.Key)
	return e
}

func (r *rewriter) libraryPath(e *ast.AttrGetExpr) (string, bool) {
	lib, ok := e.Object.(*ast.IdentExpr)
	if !ok || !r.caches() || r.fn.find(lib.Value) != nil {
		return "", false
	}
	key, ok := e.Key.(*ast.StringExpr)
	if !ok {
		return "", false
	}
	path := lib.Value + "." + key.Value
	_, ok = r.library.values[path]
	return path, ok
}

func (r *rewriter) call(e *ast.FuncCallExpr) ast.Expr {
	if e.Func != nil {
		e.Func = r.expr(e.Func)
	} else {
		e.Receiver = r.expr(e.Receiver)
		r.constant(e, e.Method)
	}
	r.exprs(e, e.Args)
	return e
}

// callStmt rewrites a call whose results nobody wants.
func (r *rewriter) callStmt(e *ast.FuncCallExpr) ast.Expr {
	field, ok := e.Func.(*ast.AttrGetExpr)
	if !ok {
		return r.call(e)
	}
	if path, ok := r.libraryPath(field); !ok || path != "redis.call" {
		return r.call(e)
	}
	e.Func = r.builtin(field, opCall)
	r.exprs(e, e.Args)
	return e
}

// concat makes one call of a chain; Lua evaluates the operands from the left and
// joins from the right.
func (r *rewriter) concat(e *ast.StringConcatOpExpr) ast.Expr {
	operands := []ast.Expr{e.Lhs}
	rest := e.Rhs
	for len(operands) < maxArgs/3 {
		next, ok := rest.(*ast.StringConcatOpExpr)
		if !ok {
			break
		}
		operands = append(operands, next.Lhs)
		rest = next.Rhs
	}
	operands = append(operands, rest)
	for i := range operands {
		operands[i] = single(r.expr(operands[i]))
	}
	return r.op(e, opConcat, operands...)
}

// isOpen reports whether an expression at the end of a list adds many values.
func isOpen(e ast.Expr) bool {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		return !e.AdjustRet
	case *ast.Comma3Expr:
		return !e.AdjustRet
	}
	return false
}

// single cuts an expression to one value where it would be the last of a list.
func single(e ast.Expr) ast.Expr {
	switch e := e.(type) {
	case *ast.FuncCallExpr:
		e.AdjustRet = true
	case *ast.Comma3Expr:
		e.AdjustRet = true
	}
	return e
}

// condition rewrites what an if or a loop tests. A constant false or nil is
// hidden from the compiler, whose folding loses locals (issue 540).
func (r *rewriter) condition(e ast.Expr) ast.Expr { return r.logical(e) }

func (r *rewriter) logical(e ast.Expr) ast.Expr {
	switch e.(type) {
	case *ast.FalseExpr:
		return r.builtin(e, opFalse)
	case *ast.NilExpr:
		return r.builtin(e, opNil)
	}
	return r.expr(e)
}

// Bytes charged for what a table or closure costs the Go heap.
const (
	tableBytes   = 96
	slotBytes    = 20
	mapBytes     = 350
	fieldBytes   = 150
	closureBytes = 80
	upvalueBytes = 64
)

// table charges a constructor just after it ran: the source bounds its size.
// Computed keys go through the metered store, as one could be huge.
func (r *rewriter) table(e *ast.TableExpr) ast.Expr {
	if len(e.Fields) > maxFields {
		r.fail(e, "table constructor has more than %d fields", maxFields)
	}
	name, bytes := opTable, tableBytes+mapBytes
	var computed []ast.Expr
	fields := e.Fields[:0]
	for i, f := range e.Fields {
		last := i == len(e.Fields)-1
		f.Value = r.expr(f.Value)
		switch key := f.Key.(type) {
		case nil:
			bytes += slotBytes
			if !last {
				f.Value = single(f.Value)
			} else if isOpen(f.Value) {
				name = opOpenTable
			}
		case *ast.StringExpr:
			r.constant(key, key.Value)
			bytes += fieldBytes
		default:
			computed = append(computed, r.expr(f.Key), single(f.Value))
			continue
		}
		fields = append(fields, f)
	}
	e.Fields = fields
	if len(computed) > 2*maxComputed {
		r.fail(e, "table constructor has more than %d computed keys", maxComputed)
	}
	return r.op(e, name, append([]ast.Expr{e, numeral(e, bytes)}, computed...)...)
}

// function rewrites a body and returns the bytes of its closure.
func (r *rewriter) function(e *ast.FunctionExpr) int {
	r.functions++
	if r.functions > r.bounds.functions {
		r.fail(e, "source has more than %d functions", r.bounds.functions)
	}
	if len(e.ParList.Names) > maxArgs {
		r.fail(e, "function has more than %d parameters", maxArgs)
	}
	f := &function{parent: r.fn, scopes: []map[string]*symbol{nil}}
	r.fn = f
	for _, name := range e.ParList.Names {
		f.declare(name)
	}
	e.Stmts = r.block(e.Stmts)
	r.fn = f.parent
	return closureBytes + upvalueBytes*len(f.upvalues)
}
