package sandbox

import (
	"strings"

	lua "github.com/yuin/gopher-lua"
	"github.com/yuin/gopher-lua/ast"
)

// Script is a compiled script of EVAL. It is immutable; any number of goroutines may run it at once.
type Script struct {
	main *lua.LFunction
}

const scriptName = "user_script"

var lineEnds = strings.NewReplacer("\r", " ", "\n", " ")

// CompileScript compiles the source of a script, without its first line if that begins with #!, which must then be empty. An error is a
// *CompileError.
func CompileScript(source string, lim Limits) (*Script, error) {
	c, err := compileScript(scriptName, source, scriptlib, "KEYS", "ARGV")
	if err != nil {
		return nil, err
	}
	out, err := newWorker(scriptClass).define(&Program{name: scriptName}, c, lim.withDefaults())
	if err != nil {
		return nil, err
	}
	newDetacher().detach(out[0])
	return &Script{main: out[0].(*lua.LFunction)}, nil
}

// compileScript makes a chunk that returns the source as a function of params. Without params its top level finds all names in its environment.
func compileScript(name, source string, lib *library, params ...string) (*chunk, error) {
	stmts, err := parseChunk(name, source, scriptBounds.tokens)
	if err != nil {
		return nil, err
	}
	rw := newRewriter(lib, scriptBounds)
	rw.script, rw.loads = true, len(params) == 0
	return rw.compileBody(name, stmts, params...)
}

// compileBody compiles a tree to a chunk that returns it as a function of params.
func (r *rewriter) compileBody(name string, stmts []ast.Stmt, params ...string) (*chunk, error) {
	stmts = r.scriptChunk(stmts, params)
	if len(r.errs) > 0 {
		return nil, r.errs[0]
	}
	proto, err := compileTree(stmts, name)
	if err != nil {
		return nil, err
	}
	tidy(proto)
	return &chunk{proto: proto, builtins: r.builtins}, nil
}

// scriptChunk makes a chunk that returns the script as a function of params.
func (r *rewriter) scriptChunk(stmts []ast.Stmt, params []string) []ast.Stmt {
	body := &ast.FunctionExpr{ParList: &ast.ParList{HasVargs: true}, Stmts: stmts}
	body.SetLine(1)
	body.SetLastLine(1)
	if len(stmts) > 0 {
		body.SetLastLine(max(stmts[len(stmts)-1].LastLine(), stmts[len(stmts)-1].Line(), 1))
	}
	f := &function{parent: r.fn, scopes: []map[string]*symbol{nil}}
	r.fn = f
	if r.loads {
		r.bare = f
	}
	for _, name := range params {
		f.declare(name).given = true
		body.ParList.Names = append(body.ParList.Names, name)
	}
	body.Stmts = r.block(stmts)
	r.fn = f.parent
	return r.wrap(nil, []ast.Expr{body})
}

// LuaText returns what is wrong in the words of Lua, as far as the parser tells that.
func (e *CompileError) LuaText() string {
	if e.Msg == errUnexpectedEnd {
		return "unexpected symbol near '<eof>'"
	}
	if token, ok := strings.CutPrefix(e.Msg, `syntax error near "`); ok {
		return "unexpected symbol near '" + strings.TrimSuffix(token, `"`) + "'"
	}
	if token, ok := strings.CutPrefix(e.Msg, `parse error near "`); ok {
		return "'=' expected near '" + strings.TrimSuffix(token, `"`) + "'"
	}
	return e.Msg
}
