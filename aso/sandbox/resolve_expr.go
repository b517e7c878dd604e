package sandbox

import (
	"strings"

	"comet/aso/lua"
	"github.com/yuin/gopher-lua/ast"
)

// absent are names of standard Lua and Redis that handlers do not have. They read
// as nil, so that portable code can test for them, and are no function or table.
var absent = map[string]bool{
	"coroutine": true, "load": true, "loadstring": true, "loadfile": true, "dofile": true, "require": true,
	"module": true, "package": true, "io": true, "os": true, "debug": true, "getfenv": true, "setfenv": true,
	"newproxy": true, "print": true, "redis": true, "KEYS": true, "ARGV": true, "jit": true, "channel": true,
}

func (r *resolver) exprs(list []ast.Expr) {
	for i := range list {
		r.expr(&list[i])
	}
}

func (r *resolver) expr(place *ast.Expr) {
	switch e := (*place).(type) {
	case *ast.IdentExpr:
		if c := r.ident(e); c != nil {
			*place = c
		}
	case *ast.AttrGetExpr:
		if path, ok := r.libraryPath(e); ok {
			*place = r.constant(e, path)
			return
		}
		r.used(&e.Object)
		r.expr(&e.Key)
	case *ast.TableExpr:
		for _, f := range e.Fields {
			if f.Key != nil {
				r.expr(&f.Key)
			}
			r.expr(&f.Value)
		}
	case *ast.FuncCallExpr:
		r.call(e)
	case *ast.FunctionExpr:
		r.function(e)
	default:
		for _, x := range lua.Operands(e) {
			r.expr(x)
		}
	}
}

// used resolves what is called, or looked into. There a name that handlers do not have is an error like others that do not exist.
func (r *resolver) used(place *ast.Expr) {
	if id, ok := (*place).(*ast.IdentExpr); ok && absent[id.Value] && !r.script && r.fn.find(id.Value) == nil {
		return
	}
	r.expr(place)
}

// ident returns what a name stands for if that is no variable, else nil.
func (r *resolver) ident(e *ast.IdentExpr) ast.Expr {
	if s := r.fn.find(e.Value); s != nil {
		if s.given {
			e.Value = lua.GlobalPrefix + e.Value
		}
		return nil
	}
	if absent[e.Value] && !r.script {
		return at(e, &lua.Constant{Value: lua.Nil, Name: nameOf(e.Value)})
	}
	if v, ok := r.given[e.Value]; ok {
		return at(e, &lua.Constant{Value: v, Name: nameOf(e.Value)})
	}
	if _, ok := r.library.values[e.Value]; ok && r.fn != r.bare {
		return r.constant(e, e.Value)
	}
	if e.Value == lua.RestName && r.script {
		return r.global(e)
	}
	return nil
}

// constant makes a reference to a value of the library by its path, such as "string.format".
func (r *resolver) constant(from ast.PositionHolder, path string) ast.Expr {
	return at(from, &lua.Constant{Value: r.library.values[path], Name: nameOf(path)})
}

// nameOf is what errors call a value of the library.
func nameOf(path string) string {
	if _, field, ok := strings.Cut(path, "."); ok {
		return "field '" + field + "'"
	}
	return "global '" + path + "'"
}

// libraryPath returns the path of library.name.
func (r *resolver) libraryPath(e *ast.AttrGetExpr) (string, bool) {
	path, ok := dotted(e)
	if !ok || r.fn == r.bare || r.fn.find(e.Object.(*ast.IdentExpr).Value) != nil {
		return "", false
	}
	_, ok = r.library.values[path]
	return path, ok
}

func (r *resolver) call(e *ast.FuncCallExpr) {
	if e.Func != nil {
		r.used(&e.Func)
	} else {
		r.expr(&e.Receiver)
	}
	r.exprs(e.Args)
}

// function resolves a function with hidden parameters in front.
func (r *resolver) function(e *ast.FunctionExpr, hidden ...string) {
	r.fn = newFunction(r.fn)
	r.fn.declare(hidden...)
	r.fn.declare(e.ParList.Names...)
	if e.ParList.HasVargs {
		r.fn.declare(lua.RestName)
	}
	r.block(e.Stmts)
	r.fn = r.fn.parent
}
