package sandbox

import (
	"errors"
	"fmt"
	"time"

	"comet/aso/lua"
	"github.com/yuin/gopher-lua/ast"
)

// TestHost does what a test written in Lua asks for.
type TestHost interface {
	// Test performs t:name(args...), which stands in the given line. It must not keep args. An error ends the test.
	Test(name string, args []Value, line int) (Value, error)
}

// testMethods are the methods of t.
var testMethods = []string{
	"load", "cmd", "advance", "at", "now", "restart", "eq", "ok", "err", "fail", "effects", "timers", "messages", "logs", "state", "log",
}

// TestCase is a test in a file.
type TestCase struct {
	Name string
	Line int
}

// TestFile is a file of tests in Lua: calls of test(name, function(t) ... end), and what these use. It is not as confined as a handler, but
// it has the same libraries and generous limits.
type TestFile struct {
	program *Program
	fn      *lua.Function
	cases   []TestCase
}

// testLimits are those of one test.
var testLimits = Limits{Instructions: 1 << 30, Memory: 1 << 30, Time: time.Minute, Source: 1 << 20}

// LoadTests compiles a file of tests and finds them. The name stands in messages. The error is as that of Compile, or a *ScriptError if
// the file does not run.
func LoadTests(name string, source []byte) (*TestFile, error) {
	f := &TestFile{program: &Program{name: name}}
	stmts, err := parseHandlers(name, string(source))
	if err != nil {
		return nil, err
	}
	c, err := compileHandlers(name, []ast.Stmt{testFunction(stmts)})
	if err != nil {
		return nil, err
	}
	if err := f.program.instantiate(c, testLimits.withDefaults()); err != nil {
		return nil, err
	}
	f.fn = f.program.handlers[OnMessage]
	return f, f.run(f.list)
}

// testFunction makes the statements of a file the body of a function, which gets the function test.
func testFunction(stmts []ast.Stmt) ast.Stmt {
	body := &ast.FunctionExpr{ParList: &ast.ParList{Names: []string{"test"}}, Stmts: stmts}
	if len(stmts) > 0 {
		body.SetLine(1)
		body.SetLastLine(max(stmts[len(stmts)-1].LastLine(), stmts[len(stmts)-1].Line()))
	}
	return &ast.FuncDefStmt{Name: &ast.FuncName{Func: &ast.IdentExpr{Value: OnMessage.String()}}, Func: body}
}

// Cases returns the tests in the order of the file.
func (f *TestFile) Cases() []TestCase { return f.cases }

// Run runs the file anew, and in it the test with the given index. The error is a *ScriptError or a *LimitError.
func (f *TestFile) Run(index int, host TestHost) error {
	seen := 0
	return f.run(func(L *lua.State) int {
		if seen == index {
			L.Call1(L.Get(2), f.newT(host).Value())
		}
		seen++
		return 0
	})
}

// list notes a test.
func (f *TestFile) list(L *lua.State) int {
	name := argString(L, 1)
	if L.Get(2).Function() == nil {
		argError(L, 2, "function expected")
	}
	for _, c := range f.cases {
		if c.Name == name {
			L.RaiseError("test %q is there twice", name)
		}
	}
	f.cases = append(f.cases, TestCase{name, f.line(L)})
	return 0
}

// run calls the function of the file with test.
func (f *TestFile) run(test lua.GoFunction) (err error) {
	w := newWorker(handlerClass)
	w.start(testLimits)
	w.env.Run = &Run{Program: f.program, Host: noObject{}}
	defer func() {
		if p := recover(); p != nil {
			err = w.failure(f.program, p)
		}
	}()
	w.main.Push(f.fn.Value())
	w.main.Push(lua.NewFunction(test).Value())
	w.main.Call(1, 0)
	return nil
}

// line returns the line from which a function of the test runner is called.
func (f *TestFile) line(L *lua.State) int {
	line, _ := splitPosition(f.program.name, L.Where(1))
	return line
}

// newT makes t, the argument of a test.
func (f *TestFile) newT(host TestHost) *lua.Table {
	t := lua.NewTable(0, len(testMethods))
	for _, name := range testMethods {
		t.SetString(name, lua.NewFunction(func(L *lua.State) int {
			if L.Get(1).Table() != t {
				L.RaiseError("call it as t:%s(...)", name)
			}
			w := of(L)
			var args []Value
			for i := 2; i <= L.GetTop(); i++ {
				args = append(args, w.toValue(L, L.Get(i)))
			}
			v, err := host.Test(name, args, f.line(L))
			if err != nil {
				L.RaiseError("%s", oneLine(err.Error()))
			}
			return push(L, w.fromValue(L, v))
		}).Value())
	}
	t.Access = lua.ReadOnly
	return t
}

// noObject is the host of a test, which has no object of its own.
type noObject struct{}

var errNoObject = errors.New("only handlers can do this")

func (noObject) Event(string) (Value, bool) { return Value{}, false }

func (noObject) Words(string) ([][]byte, bool) { return nil, false }

func (noObject) Self(string) (Value, bool) { return Value{}, false }

func (noObject) Call(fn string, _ []Value) (Value, error) {
	return Value{}, fmt.Errorf("%s: %w", fn, errNoObject)
}

// ParseDuration reads a duration as parameters have it, "90s", "5m", "2h", "1d" or milliseconds, and returns milliseconds.
func ParseDuration(text string) (ms int64, ok bool) { return parseDuration(text) }
