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
	stmts, err := parseChunk(scriptName, source, scriptBounds.tokens)
	if err != nil {
		return nil, err
	}
	rw := newRewriter(scriptlib, scriptBounds)
	rw.script = true
	stmts = rw.scriptChunk(stmts)
	if len(rw.errs) > 0 {
		return nil, rw.errs[0]
	}
	proto, err := compileTree(stmts, scriptName)
	if err != nil {
		return nil, err
	}
	tidy(proto)
	p := &Program{name: scriptName}
	out, err := newWorker(scriptClass).define(p, &chunk{proto: proto, builtins: rw.builtins}, lim.withDefaults())
	if err != nil {
		return nil, err
	}
	detacher{}.detach(out[0])
	return &Script{main: out[0].(*lua.LFunction)}, nil
}

// scriptChunk makes a chunk that returns the script as a function of KEYS and ARGV.
func (r *rewriter) scriptChunk(stmts []ast.Stmt) []ast.Stmt {
	body := &ast.FunctionExpr{ParList: &ast.ParList{HasVargs: true}, Stmts: stmts}
	body.SetLine(1)
	body.SetLastLine(1)
	if len(stmts) > 0 {
		body.SetLastLine(max(stmts[len(stmts)-1].LastLine(), stmts[len(stmts)-1].Line(), 1))
	}
	f := &function{parent: r.fn, scopes: []map[string]*symbol{nil}}
	r.fn = f
	for _, name := range []string{"KEYS", "ARGV"} {
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
