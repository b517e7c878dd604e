package lua

// list is a list of expressions that has been read. All but the last are in registers.
type list struct {
	n      int
	last   term
	height int
}

func (g *grammar) expressions() list {
	l := list{n: 1, last: g.expression()}
	l.height = l.last.height
	for ; g.accept(','); l.n++ {
		g.toNext(&l.last)
		l.last = g.expression()
		l.height = max(l.height, l.last.height)
	}
	return l
}

func (g *grammar) expression() term { return g.operation(0) }

// nextExpression reads an expression into the next register, and returns its height.
func (g *grammar) nextExpression() int {
	e := g.expression()
	g.toNext(&e)
	return e.height
}

// condition reads a condition, and returns its height.
func (g *grammar) condition() int {
	e := g.expression()
	g.branch(&e, true)
	return e.height
}

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
func (g *grammar) operation(limit int) (e term) {
	g.enter()
	switch op := g.tok.kind; op {
	case tokNot, '-', '#':
		g.next()
		e = g.operation(unaryBinding)
		g.unary(op, &e)
		e.height++
	default:
		e = g.simple()
	}
	for {
		op := g.tok.kind
		b := bindingOf(op)
		if b.left <= limit {
			break
		}
		g.next()
		g.prepare(op, &e)
		right := g.operation(b.right)
		height := g.tall(1 + max(e.height, right.height))
		e = g.combine(op, &e, &right)
		e.height = height
	}
	g.leave()
	g.tall(e.height)
	return e
}

func (g *grammar) simple() term {
	e := term{height: 1}
	switch g.tok.kind {
	case tokNumber:
		e.form = inNumber
		e.num, _ = ParseNumber(g.tok.text)
	case tokString:
		e.form = inConst
	case tokNil:
		e.form = inNil
	case tokTrue:
		e.form = inTrue
	case tokFalse:
		e.form = inFalse
	case tokDots:
		if !g.fn.vararg {
			g.failHere("cannot use '...' outside a vararg function")
		}
		e.form = inRest
	case '{':
		return g.constructor()
	case tokFunction:
		g.next()
		return g.function(false, g.line)
	default:
		return g.suffixed()
	}
	g.next()
	return e
}

// suffixed reads a name or an expression in parentheses, with what is called or indexed of it.
func (g *grammar) suffixed() term {
	e := g.prefix()
	for {
		height := 0
		switch g.tok.kind {
		case '.':
			g.nameField(&e)
		case '[':
			g.toAny(&e)
			key := g.index()
			g.field(&e, &key)
			height = key.height
		case ':':
			g.next()
			g.name()
			g.method(&e)
			height = g.arguments(&e)
		case '(', tokString, '{':
			g.toNext(&e)
			height = g.arguments(&e)
		default:
			return e
		}
		e.height = g.tall(1 + max(e.height, height))
	}
}

// nameField reads a name behind a point or a colon.
func (g *grammar) nameField(e *term) {
	g.toAny(e)
	g.next()
	g.name()
	g.field(e, &term{form: inConst})
}

func (g *grammar) prefix() term {
	switch g.tok.kind {
	case '(':
		line := g.line
		g.next()
		e := g.expression()
		g.closes(')', '(', line)
		g.settle(&e)
		return e
	case tokName:
		return g.variable(g.name())
	}
	g.failHere("unexpected symbol")
	return term{height: 1}
}

func (g *grammar) variable(name string) term {
	at, ok := g.find(g.fn, name)
	switch {
	case !ok:
		return term{form: inGlobal, height: 1}
	case at.local:
		return term{form: inLocal, reg: at.index, height: 1}
	default:
		return term{form: inCapture, height: 1}
	}
}

// index reads a key in brackets.
func (g *grammar) index() term {
	g.next()
	key := g.expression()
	g.toValue(&key)
	g.expect(']')
	return key
}

// arguments reads the arguments of a call of e, and returns their height.
func (g *grammar) arguments(e *term) int {
	args := list{}
	line := g.line
	switch g.tok.kind {
	case '(':
		if line != g.last {
			g.failHere("ambiguous syntax (function call x new statement)")
		}
		g.next()
		if g.tok.kind != ')' {
			args = g.expressions()
			g.several(&args.last)
		}
		g.closes(')', '(', line)
	case '{':
		args.last = g.constructor()
		args.height = args.last.height
	case tokString:
		args = list{last: term{form: inConst}, height: 1}
		g.next()
	default:
		g.failHere("function arguments expected")
	}
	if args.last.form != inVoid && !args.last.open() {
		g.toNext(&args.last)
	}
	e.form = inCall
	g.fn.free = e.reg + 1
	return args.height
}

// function reads a function from its parameters on.
func (g *grammar) function(method bool, line int) term {
	g.fn = &body{parent: g.fn, line: line}
	g.expect('(')
	if method {
		g.declare(0)
		g.show("self")
	}
	g.parameters()
	g.reserve(len(g.fn.active))
	g.expect(')')
	height := g.chunk()
	g.closes(tokEnd, tokFunction, line)
	g.fn = g.fn.parent
	return term{form: inPending, height: g.tall(height + 1)}
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
