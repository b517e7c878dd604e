package lua

// expressions reads a list of expressions.
func (g *grammar) expressions() int {
	height := g.expression()
	for g.accept(',') {
		height = max(height, g.expression())
	}
	return height
}

func (g *grammar) expression() int { return g.operation(0) }

// binding is how strongly an operator binds the operands on its left and on its right.
type binding struct{ left, right int }

const unaryBinding = 8

func bindingOf(k tokenKind) binding {
	switch k {
	case '+', '-':
		return binding{6, 6}
	case '*', '/', '%':
		return binding{7, 7}
	case '^':
		return binding{10, 9}
	case tokConcat:
		return binding{5, 4}
	case tokNotEqual, tokEqual, '<', tokLessEqual, '>', tokGreaterEqual:
		return binding{3, 3}
	case tokAnd:
		return binding{2, 2}
	case tokOr:
		return binding{1, 1}
	}
	return binding{}
}

// operation reads operators that bind more strongly than a limit, and their operands.
func (g *grammar) operation(limit int) (height int) {
	g.enter()
	switch g.tok.kind {
	case tokNot, '-', '#':
		g.next()
		height = 1 + g.operation(unaryBinding)
	default:
		height = g.simple()
	}
	for {
		b := bindingOf(g.tok.kind)
		if b.left <= limit {
			break
		}
		g.next()
		height = g.tall(1 + max(height, g.operation(b.right)))
	}
	g.leave()
	return g.tall(height)
}

func (g *grammar) simple() int {
	switch g.tok.kind {
	case tokNumber, tokString, tokNil, tokTrue, tokFalse:
	case tokDots:
		if !g.fn.vararg {
			g.failHere("cannot use '...' outside a vararg function")
		}
	case '{':
		return g.constructor()
	case tokFunction:
		g.next()
		return g.function(false, g.line)
	default:
		_, height := g.suffixed()
		return height
	}
	g.next()
	return 1
}

// suffixedKind is what an expression with suffixes is.
type suffixedKind int

const (
	isValue suffixedKind = iota
	isVariable
	isCall
)

// suffixed reads a name or an expression in parentheses, with what is called or indexed of it.
func (g *grammar) suffixed() (what suffixedKind, height int) {
	what, height = g.prefix()
	for {
		switch g.tok.kind {
		case '.':
			g.next()
			g.name()
			what, height = isVariable, height+1
		case '[':
			what, height = isVariable, 1+max(height, g.index())
		case ':':
			g.next()
			g.name()
			what, height = isCall, 1+max(height, g.arguments())
		case '(', tokString, '{':
			what, height = isCall, 1+max(height, g.arguments())
		default:
			return what, height
		}
		g.tall(height)
	}
}

func (g *grammar) prefix() (what suffixedKind, height int) {
	switch g.tok.kind {
	case '(':
		line := g.line
		g.next()
		height = g.expression()
		g.closes(')', '(', line)
		return isValue, height
	case tokName:
		g.variable(g.name())
		return isVariable, 1
	}
	g.failHere("unexpected symbol")
	return isValue, 1
}

// variable notes the use of a variable.
func (g *grammar) variable(name string) { g.find(g.fn, name) }

// index reads a key in brackets.
func (g *grammar) index() int {
	g.next()
	height := g.expression()
	g.expect(']')
	return height
}

func (g *grammar) arguments() (height int) {
	line := g.line
	switch g.tok.kind {
	case '(':
		if line != g.last {
			g.failHere("ambiguous syntax (function call x new statement)")
		}
		g.next()
		if g.tok.kind != ')' {
			height = g.expressions()
		}
		g.closes(')', '(', line)
	case '{':
		return g.constructor()
	case tokString:
		g.next()
		return 1
	default:
		g.failHere("function arguments expected")
	}
	return height
}

func (g *grammar) constructor() (height int) {
	line := g.line
	g.expect('{')
	for g.tok.kind != '}' {
		height = max(height, g.field())
		if !g.accept(',') && !g.accept(';') {
			break
		}
	}
	g.closes('}', '{', line)
	return g.tall(height + 1)
}

func (g *grammar) field() (key int) {
	switch {
	case g.tok.kind == '[':
		key = g.index()
	case g.tok.kind == tokName && g.look() == '=':
		g.name()
	default:
		return g.expression()
	}
	g.expect('=')
	return max(key, g.expression())
}

// function reads a function from its parameters on.
func (g *grammar) function(method bool, line int) int {
	g.fn = &body{parent: g.fn, line: line}
	g.expect('(')
	if method {
		g.declare(0)
		g.show("self")
	}
	g.parameters()
	g.expect(')')
	height := g.chunk()
	g.closes(tokEnd, tokFunction, line)
	g.fn = g.fn.parent
	return g.tall(height + 1)
}

func (g *grammar) parameters() {
	var names []string
	for g.tok.kind != ')' {
		switch g.tok.kind {
		case tokName:
			names = append(names, g.name())
		case tokDots:
			g.next()
			names = append(names, RestName)
			g.fn.vararg = true
		default:
			g.failHere("<name> or '...' expected")
		}
		g.declare(len(names) - 1)
		if g.fn.vararg || !g.accept(',') {
			break
		}
		if g.tok.kind == ')' {
			g.failHere("<name> or '...' expected")
		}
	}
	g.show(names...)
}
