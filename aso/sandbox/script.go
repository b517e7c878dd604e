package sandbox

import (
	"strings"

	"comet/aso/lua"
	"github.com/yuin/gopher-lua/ast"
)

// Script is a compiled script of EVAL. It is immutable; any number of goroutines may run it at once.
type Script struct {
	main    *lua.Function
	library *Library // nil if it is a script of EVAL
}

// mayKeep reports whether a run may leave something in a variable.
func (s *Script) mayKeep() bool { return s.library != nil && s.library.Alone() }

const scriptName = "user_script"

// The globals of a script, which are parameters of its function.
const (
	nameKeys = "KEYS"
	nameArgv = "ARGV"
)

var lineEnds = strings.NewReplacer("\r", " ", "\n", " ")

// CompileScript compiles the source of a script, without its first line if that begins with #!, which must then be empty. An error is a
// *CompileError.
func CompileScript(source string) (*Script, error) {
	stmts, err := parseChunk(scriptName, source, scriptBounds)
	if err != nil {
		return nil, err
	}
	r := newScriptResolver(scriptlib)
	main := r.scriptFunction(stmts)
	proto, err := r.compile([]ast.Stmt{&ast.ReturnStmt{Exprs: []ast.Expr{main}}}, scriptName)
	if err != nil {
		return nil, err
	}
	return &Script{main: lua.NewClosure(proto.Functions()[0])}, nil
}

func newScriptResolver(lib *library) *resolver {
	r := newResolver(lib)
	r.script = true
	return r
}

// scriptFunction makes a script a function of KEYS and ARGV.
func (r *resolver) scriptFunction(stmts []ast.Stmt) *ast.FunctionExpr {
	f := &ast.FunctionExpr{ParList: &ast.ParList{HasVargs: true, Names: []string{lua.GlobalPrefix + nameKeys, lua.GlobalPrefix + nameArgv}}, Stmts: stmts}
	f.SetLine(1)
	f.SetLastLine(1)
	if len(stmts) > 0 {
		f.SetLastLine(max(stmts[len(stmts)-1].LastLine(), stmts[len(stmts)-1].Line(), 1))
	}
	r.fn = newFunction(r.fn)
	r.fn.give(nameKeys)
	r.fn.give(nameArgv)
	r.block(stmts)
	r.fn = r.fn.parent
	return f
}

// compile compiles a tree that has been resolved.
func (r *resolver) compile(stmts []ast.Stmt, name string) (*lua.Proto, error) {
	if len(r.errs) > 0 {
		return nil, r.errs[0]
	}
	return compileTree(stmts, name)
}
