package lua

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"comet/aso/randtest"
)

// TestRandomProgramsAgreeWithLua compares what random programs print with the lua5.1 binary.
func TestRandomProgramsAgreeWithLua(t *testing.T) {
	r := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	sources := make([]string, 1500)
	for i := range sources {
		sources[i] = newWriter(r).program()
	}
	agreeWithLua(t, sources)
}

// writer writes a random program that ends. Its functions call only functions that were complete before, and all its loops are short.
type writer struct {
	*rand.Rand
	strings.Builder
	locals  []string
	calls   []string // functions that may be called
	loops   int      // around the place
	depth   int
	vararg  bool
	counter int
}

func newWriter(r *rand.Rand) *writer { return &writer{Rand: r, vararg: true} }

func (w *writer) program() string {
	w.WriteString("local calls = 0\nlocal function id(...) calls = calls + 1 if calls > 300 then error('enough', 0) end return ... end\nlocal t = {1, 2, x = 'f', y = {z = 4}}\n")
	w.locals = []string{"t"}
	w.block(3 + w.IntN(8))
	return w.String()
}

func (w *writer) chance(percent int) bool { return w.IntN(100) < percent }

func (w *writer) one(of ...string) string { return of[w.IntN(len(of))] }

// variable returns a visible local variable, a global one, or a captured one, as it happens.
func (w *writer) variable() string {
	if len(w.locals) > 0 && w.chance(85) {
		return w.locals[len(w.locals)-1-w.IntN(min(len(w.locals), 6))]
	}
	return w.one("ga", "gb", "t")
}

func (w *writer) block(n int) {
	locals, calls := len(w.locals), len(w.calls)
	w.depth++
	for range n {
		w.statement()
	}
	w.depth--
	w.locals, w.calls = w.locals[:locals], w.calls[:calls]
}

func (w *writer) statement() {
	kind := w.IntN(22)
	if w.depth > 4 {
		kind %= 9
	}
	switch kind {
	case 0, 1, 2:
		w.WriteString("print(" + w.list(3) + ")\n")
	case 3, 4:
		w.local()
	case 5, 6, 7:
		w.assignment()
	case 8:
		if w.loops > 0 && w.chance(30) {
			w.WriteString("if " + w.expr(2) + " then break end\n")
			return
		}
		w.WriteString(w.call() + "\n")
	case 9, 10:
		w.WriteString("if " + w.expr(3) + " then\n")
		w.block(w.IntN(3))
		for w.chance(30) {
			w.WriteString("elseif " + w.expr(3) + " then\n")
			w.block(w.IntN(3))
		}
		if w.chance(50) {
			w.WriteString("else\n")
			w.block(w.IntN(3))
		}
		w.WriteString("end\n")
	case 11:
		w.WriteString("do\n")
		w.block(w.IntN(4))
		w.WriteString("end\n")
	case 12:
		name := w.name()
		from, to, step := w.IntN(5), w.IntN(5), w.one("", ", 1", ", -1", ", 2", ", 0.5")
		fmt.Fprintf(w, "for %s = %d, %d%s do\n", name, from, to, step)
		w.loop(nil, name)
		w.WriteString("end\n")
	case 13:
		k, v := w.name(), w.name()
		w.WriteString("for " + k + ", " + v + " in ipairs({" + w.list(3) + "}) do\n")
		w.loop(nil, k, v)
		w.WriteString("end\n")
	case 14:
		count := w.hidden()
		w.WriteString("local " + count + " = 0\nwhile " + count + " < 3 and " + w.one("", "not not ", "1 == 1 and not not ") + "t do\n" + count + " = " + count + " + 1\n")
		w.loop(nil)
		w.WriteString("end\n")
	case 15:
		count := w.hidden()
		w.WriteString("local " + count + " = 0\nrepeat\n" + count + " = " + count + " + 1\n")
		w.loop(func() { w.WriteString("until " + count + " >= 3 or " + w.expr(2) + "\n") })
	case 16, 17, 18:
		w.function()
	case 19:
		w.WriteString("print(pcall(function() return " + w.failing() + " end))\n")
	case 20:
		w.WriteString("print(pcall(function() " + w.variable() + w.one(".q", "[1]", ".x.y", ":m()", "[gb]") + ".x = " + w.expr(1) + " end))\n")
	default:
		w.WriteString("print(pcall(" + w.functionExpr() + ", " + w.list(2) + "))\n")
	}
}

// loop writes a body, and what stands behind it with its variables still visible.
func (w *writer) loop(behind func(), names ...string) {
	locals, calls := len(w.locals), len(w.calls)
	w.locals = append(w.locals, names...)
	w.loops++
	w.depth++
	for range w.IntN(4) {
		w.statement()
	}
	w.depth--
	w.loops--
	if behind != nil {
		behind()
	}
	w.locals, w.calls = w.locals[:locals], w.calls[:calls]
}

func (w *writer) name() string { return w.one("a", "b", "c", "d", "e", "f", "g") }

// hidden returns a name that nothing else uses.
func (w *writer) hidden() string {
	w.counter++
	return fmt.Sprintf("n%d", w.counter)
}

func (w *writer) local() {
	names := []string{w.name()}
	for w.chance(40) {
		names = append(names, w.name())
	}
	w.WriteString("local " + strings.Join(names, ", "))
	if w.chance(85) {
		w.WriteString(" = " + w.list(3))
	}
	w.WriteByte('\n')
	w.locals = append(w.locals, names...)
}

func (w *writer) assignment() {
	targets := []string{w.target()}
	for w.chance(40) {
		targets = append(targets, w.target())
	}
	if w.chance(40) {
		w.WriteString("print(pcall(function() " + strings.Join(targets, ", ") + " = " + w.list(3) + " end))\n")
		return
	}
	for i, target := range targets {
		if strings.ContainsAny(target, ".[") {
			targets[i] = w.one("t.x", "t[1]", "t["+w.safeKey()+"]")
		}
	}
	w.WriteString(strings.Join(targets, ", ") + " = " + w.list(3) + "\n")
	w.WriteString("t = type(t) == 'table' and t or {}\n")
}

func (w *writer) safeKey() string { return w.one("id(1)", "2", "'y'", "id('x')") }

func (w *writer) target() string {
	switch w.IntN(4) {
	case 0:
		return w.variable() + "." + w.one("x", "y")
	case 1:
		return w.variable() + "[" + w.expr(1) + "]"
	default:
		return w.variable()
	}
}

func (w *writer) list(most int) string {
	n := 1 + w.IntN(most)
	items := make([]string, n)
	for i := range items {
		items[i] = w.expr(3)
	}
	return strings.Join(items, ", ")
}

func (w *writer) call() string {
	f := "id"
	if len(w.calls) > 0 && w.chance(70) {
		f = w.calls[w.IntN(len(w.calls))]
	}
	return f + "(" + w.list(2) + ")"
}

// function declares a function in one of the ways to do so.
func (w *writer) function() {
	name := w.hidden()
	switch w.IntN(4) {
	case 0:
		w.WriteString("local function " + name)
		w.body()
	case 1:
		w.WriteString("function " + name)
		w.body()
	case 2:
		w.WriteString("local " + name + "\nfunction " + name)
		w.body()
	default:
		w.WriteString("local _, " + name + " = 0, " + w.functionExpr() + "\n")
	}
	w.calls = append(w.calls, name)
}

// body writes parameters, statements and a return.
func (w *writer) body() {
	locals, calls, loops, vararg := len(w.locals), len(w.calls), w.loops, w.vararg
	params := []string{}
	for w.chance(50) {
		params = append(params, w.name())
	}
	w.locals = append(w.locals, params...)
	w.vararg = w.chance(40)
	if w.vararg {
		params = append(params, "...")
	}
	w.loops = 0
	w.WriteString("(" + strings.Join(params, ", ") + ")\nid()\n")
	w.depth++
	for range w.IntN(3) {
		w.statement()
	}
	w.depth--
	if w.chance(80) {
		w.WriteString("return " + w.list(2) + "\n")
	}
	w.WriteString("end\n")
	w.locals, w.calls, w.loops, w.vararg = w.locals[:locals], w.calls[:calls], loops, vararg
}

func (w *writer) functionExpr() string {
	inner := &writer{Rand: w.Rand, locals: w.locals[:len(w.locals):len(w.locals)], calls: w.calls[:len(w.calls):len(w.calls)], depth: w.depth + 2, counter: w.counter + 100}
	inner.WriteString("function")
	inner.body()
	return strings.TrimSuffix(inner.String(), "\n")
}

// expr returns an expression that raises no error but by what it calls.
func (w *writer) expr(depth int) string {
	if depth == 0 {
		return w.atom()
	}
	switch w.IntN(17) {
	case 0, 1, 2:
		return w.atom()
	case 3:
		return "(" + w.expr(depth-1) + " " + w.one("and", "or") + " " + w.expr(depth-1) + ")"
	case 4, 5:
		return w.expr(depth-1) + " " + w.one("and", "or") + " " + w.expr(depth-1)
	case 6:
		return "not " + w.atom()
	case 7:
		return "not (" + w.expr(depth-1) + ")"
	case 8:
		return "(" + w.expr(depth-1) + ") " + w.one("==", "~=") + " (" + w.expr(depth-1) + ")"
	case 9:
		return w.number(depth-1) + " " + w.one("<", "<=", ">", ">=", "==", "~=") + " " + w.number(depth-1)
	case 10, 11:
		return w.number(depth)
	case 12:
		return w.call()
	case 13:
		return "(" + w.call() + ")"
	case 14:
		return "{" + w.one("", w.expr(depth-1)+", ") + w.one("x = ", "['y'] = ", "[id(1)] = ", "") + w.expr(depth-1) + w.one("", ", "+w.expr(depth-1)) + "}"
	case 15:
		return "tostring(" + w.expr(depth-1) + ") .. " + w.one("'s'", "1", "tostring("+w.expr(depth-1)+")") + w.one("", " .. 'u' .. 2")
	default:
		if depth < 3 {
			return w.atom()
		}
		if w.chance(60) {
			return w.atom()
		}
		return w.functionExpr()
	}
}

func (w *writer) atom() string {
	switch w.IntN(8) {
	case 0:
		return w.one("1", "2", "0.5", "-3", "10")
	case 1:
		return w.one("nil", "true", "false")
	case 2:
		return w.one("'s'", "''", "'1'")
	case 3:
		if w.vararg {
			return w.one("...", "(...)", "select('#', ...)")
		}
		return w.one("calls", "#'abc'")
	default:
		return w.variable()
	}
}

// number returns an expression that is a number.
func (w *writer) number(depth int) string {
	if depth <= 0 {
		return w.one("1", "2", "7", "0.25", "#'abc'", "calls", "id(3)", "(id(4, 5))", "-calls")
	}
	if w.chance(10) {
		return w.one("#'abc'", "id(4, 5)", "3") + " ^ 2"
	}
	return "(" + w.number(depth-1) + " " + w.one("+", "-", "*", "/", "%") + " " + w.number(depth-1) + ")"
}

// failing returns an expression that may raise an error.
func (w *writer) failing() string {
	v := w.variable()
	return w.one(v, "("+v+" or "+w.variable()+")", v+".x", v+"["+w.atom()+"]", "("+v+" and "+w.variable()+")", "(t)", "("+w.expr(1)+")") +
		w.one(".q", ".q.r", "[1]", "()", ":m()", ".x()", " + 1", " .. 's'", " < 1", "["+w.atom()+"].z", "('a')", "[ga]", ".x + "+v, " .. "+v)
}
