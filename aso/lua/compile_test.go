package lua

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/yuin/gopher-lua/ast"
	"github.com/yuin/gopher-lua/parse"
)

var record = flag.Bool("record", false, "write the code of testdata/code.txt anew")

// TestCode compares the code of programs with testdata/code.txt, which holds each program, its code behind "--", and "==".
func TestCode(t *testing.T) {
	const path = "testdata/code.txt"
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var renewed strings.Builder
	for entry := range strings.SplitSeq(strings.TrimSuffix(string(file), "==\n"), "==\n") {
		source, want, _ := strings.Cut(entry, "--\n")
		p, err := compileSource(t, source)
		if err != nil {
			t.Errorf("%s: %v", source, err)
			continue
		}
		got := disassemble(p)
		if got != want && !*record {
			t.Errorf("%s--- got\n%s--- want\n%s", source, got, want)
		}
		renewed.WriteString(source + "--\n" + got + "==\n")
	}
	if *record {
		if err := os.WriteFile(path, []byte(renewed.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func repeated(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(strings.ReplaceAll(format, "#", fmt.Sprint(i)))
	}
	return b.String()
}

func TestRefusedSources(t *testing.T) {
	for _, test := range []struct {
		source, want string
		line         int
	}{
		{"print(1)\ngoto a\n::a::", "statement is not supported", 2},
		{"if x then\nbreak\nend", "no loop to break", 2},
		{"local function f()\nreturn ...\nend", "cannot use '...' outside a vararg function", 2},
		{"f(" + repeated(260, "#, ") + "1)", "function or expression too complex", 1},
		{"local t = " + strings.Repeat("f(1, ", 140) + "1" + strings.Repeat(")", 140), "function or expression too complex", 1},
		{repeated(300, "a#, ") + "b = 1", "function or expression too complex", 1},
		{repeated(203, "local a#\n"), "function has more than 202 local variables", 203},
		{
			repeated(150, "local a# = #\n") + "local function f()\n" + repeated(100, "local b# = #\n") + "return function() return " + repeated(150, "a# + ") + repeated(100, "b# + ") + "1 end\nend",
			"function has more than 200 upvalues", 252,
		},
		{repeated(150, "local a# = #\n") + "local function f()\n" + repeated(100, "local b# = #\n") + "return function() return function() return " + repeated(150, "a# + ") + repeated(100, "b# + ") +
			"1 end end\nend", "function has more than 200 upvalues", 252},
	} {
		stmts, err := parse.Parse(strings.NewReader(test.source), "p")
		if err != nil {
			t.Fatal(err)
		}
		p, err := Compile(stmts, "p")
		var e *CompileError
		if !errors.As(err, &e) || p != nil || e.Msg != test.want || e.Line != test.line {
			t.Errorf("%.60s: %v, want line %d: %s", test.source, err, test.line, test.want)
		}
	}
}

func TestLargeSourcesAgreeWithLua(t *testing.T) {
	agreeWithLua(t, []string{
		// more constants than operands can name
		"local t = {}\n" + repeated(34_000, "t.k# = 'v#'\n") + "print(t.k0, t.k33999, t['k' .. 33000])\nfunction t.zz(x) return x end function t:yy() return self == t end print(t.zz(123456), t:yy(), -98765 + t.zz(98764))" +
			" zzz = 5 print(zzz, zzz == 987654, 'q' < 'r', t.nope) t.nope.x = 1",
		"local t = {}\n" + repeated(34_000, "t[#.5] = #\n") + "print(t[33999.5], 0.25 + t[33998.5], t[1.5] == 1, t[true], nil == t.x, true == t.y)",
		"local t = {" + repeated(70_000, "#,") + "} print(#t, t[1], t[65536], t[70000])",
		"local t = {" + repeated(65_600, "#,") + "x = 1, (function() return 'a', 'b' end)()} print(#t, t[65535], t[65536], t[65601], t[65602])",
		"local t = {" + repeated(1000, "k# = #,") + "} print(t.k0, t.k999)",
		"local t = {" + repeated(50, "#,") + "} print(#t, t[50])", "local t = {" + repeated(51, "#,") + "} print(#t, t[50], t[51])", "local t = {" + repeated(49, "#,") + "...} print(#t)",
		"local function f() return 7, 8 end local t = {" + repeated(49, "#,") + "f()} print(#t, t[50], t[51])", "local function f() return 7, 8 end local t = {" + repeated(50, "#,") + "f()} print(#t, t[51], t[52])",
		"local function f() return 7, 8 end local t = {" + repeated(50, "#,") + "(f())} print(#t, t[51], t[52])", "local t = {" + repeated(50, "#,") + "x = 1} print(#t, t.x)", "local t = {" + repeated(50, "#,") + "nil} print(t[50], t[51])",
		"local n = 0 while true do n = n + 1 " + repeated(3000, "if n == # then n = n + 1 elseif n > 2990 then break end\n") + "end print(n)",
		"if x then print(0) " + repeated(190, "elseif y == # then print(#)\n") + "else print('none') end", "print(" + repeated(150, "# .. ") + "'')", "print(" + repeated(150, "# + ") + "0)", "local x print(" + repeated(150, "x or ") + "1)",
		repeated(199, "local a# = #\n") + "print(a0, a198)", "local t = {}\n" + repeated(3000, "t[#] = function() return # end\n") + "print(t[0](), t[2999]())",
		repeated(100, "local a# = #\n") + "local function f() return " + repeated(59, "a# + ") + "a99 end print(f())", strings.Repeat("do ", 150) + "print(1)" + strings.Repeat(" end", 150),
		"print(" + strings.Repeat("(function(x) return x end)(", 60) + "5" + strings.Repeat(")", 60) + ")", "local a, b, c " + repeated(400, "a, b, c = c, #, a\n") + "print(a, b, c)",
		"local function f(n) if n == 0 then return 0 end return 1 + f(n - 1) end print(f(4000))", "local function f(n, ...) if n == 0 then return select('#', ...) end return f(n - 1, n, ...) end print(f(200))",
	})
}

// TestConstants checks what the code of values is that the caller puts into the tree.
func TestConstants(t *testing.T) {
	table := NewTable(0, 0)
	library := &Constant{Value: table.Value(), Name: "global 'lib'"}
	field := func(e ast.Expr, name string) ast.Expr {
		return &ast.AttrGetExpr{Object: e, Key: &ast.StringExpr{Value: name}}
	}
	call := func(e ast.Expr, args ...ast.Expr) ast.Expr { return &ast.FuncCallExpr{Func: e, Args: args} }
	add := func(a, b ast.Expr) ast.Expr { return &ast.ArithmeticOpExpr{Operator: "+", Lhs: a, Rhs: b} }
	double := NewFunction(func(L *State) int {
		n, _ := L.Get(1).Number()
		L.Push(Number(2 * n))
		return 1
	})
	number := func(n float64) ast.Expr { return &Constant{Value: Number(n)} }
	for i, test := range []struct {
		e    ast.Expr
		want string
	}{
		{call(&Constant{Value: double.Value(), Name: "field 'double'"}, number(21)), "42"},
		{call(library), "attempt to call global 'lib' (a table value)"},
		{call(&Constant{Value: table.Value()}), "attempt to call a table value"},
		{call(field(library, "x")), "attempt to call field 'x' (a nil value)"},
		{field(field(library, "x"), "y"), "attempt to index field 'x' (a nil value)"},
		{add(number(1), library), "attempt to perform arithmetic on global 'lib' (a table value)"},
		{add(&Constant{Value: Number(3), Name: "field 'pi'"}, number(1)), "4"},
		{add(&Constant{Value: True, Name: "field 'yes'"}, number(1)), "attempt to perform arithmetic on a boolean value"},
		{&ast.LogicalOpExpr{Operator: "or", Lhs: &Constant{}, Rhs: number(5)}, "5"},
		{&ast.LogicalOpExpr{Operator: "and", Lhs: &Constant{Value: False}, Rhs: number(5)}, "false"},
		{&ast.LogicalOpExpr{Operator: "and", Lhs: library, Rhs: number(5)}, "5"},
		{&ast.StringConcatOpExpr{Lhs: &Constant{Value: String("a")}, Rhs: &Constant{Value: String("b")}}, "ab"},
		{&ast.UnaryNotOpExpr{Expr: library}, "false"},
		{&ast.UnaryMinusOpExpr{Expr: number(4)}, "-4"},
	} {
		p, err := Compile([]ast.Stmt{&ast.ReturnStmt{Exprs: []ast.Expr{test.e}}}, "p")
		if err != nil {
			t.Fatal(err)
		}
		m := newMachine(t)
		got, failed := m.PCall(NewClosure(p).Value())
		text := ""
		if failed != nil {
			text = strings.TrimPrefix(shown(failed.Value), "p:0: ")
		} else {
			text = shown(got[0])
		}
		if text != test.want {
			t.Errorf("%d: %s, want %s", i, text, test.want)
		}
	}
}

func TestOnlyVariablesAreAssigned(t *testing.T) {
	one := &ast.NumberExpr{Value: "1"}
	for _, target := range []ast.Expr{&Constant{Value: True}, one, &ast.FuncCallExpr{Func: &ast.IdentExpr{Value: "f"}}} {
		if p, err := Compile([]ast.Stmt{&ast.AssignStmt{Lhs: []ast.Expr{target}, Rhs: []ast.Expr{one}}}, "p"); err == nil {
			t.Errorf("%T is assigned:\n%s", target, disassemble(p))
		}
	}
}

func TestSizeHintsAreRoundedAsLuaDoes(t *testing.T) {
	for give, want := range map[int]int{0: 0, 1: 1, 15: 15, 16: 16, 17: 18, 31: 32, 33: 36, 100: 104, 999: 1024, 1025: 1152, 1 << 20: 1<<16 - 1} {
		if got := sizeHint(give); got != want {
			t.Errorf("%d for %d, want %d", got, give, want)
		}
	}
}
