package lua

// statement reads a statement.
func (g *grammar) statement() int {
	line := g.line
	switch g.tok.kind {
	case tokIf:
		return g.ifStatement(line)
	case tokWhile:
		return g.whileStatement(line)
	case tokDo:
		g.next()
		height := g.block()
		g.closes(tokEnd, tokDo, line)
		return g.tall(height + 1)
	case tokFor:
		return g.loop(func() int { return g.forStatement(line) })
	case tokRepeat:
		return g.loop(func() int { return g.repeatStatement(line) })
	case tokFunction:
		return g.functionStatement(line)
	case tokLocal:
		g.next()
		if g.accept(tokFunction) {
			return g.localFunction()
		}
		return g.localStatement()
	case tokReturn:
		g.next()
		if g.follows() || g.tok.kind == ';' {
			return 1
		}
		return g.returned() + 1
	case tokBreak:
		g.next()
		if g.fn.loops == 0 {
			g.failHere("no loop to break")
		}
		return 1
	default:
		return g.expressionStatement()
	}
}

// ifStatement reads a chain of branches. In the tree each stands in the one before.
func (g *grammar) ifStatement(line int) (height int) {
	for branches := 1; ; branches++ {
		g.next()
		condition := g.condition()
		g.expect(tokThen)
		height = max(height, branches+max(condition, g.block()))
		if g.tok.kind == tokElseif {
			continue
		}
		if g.accept(tokElse) {
			height = max(height, branches+g.block())
		}
		g.closes(tokEnd, tokIf, line)
		return g.tall(height)
	}
}

func (g *grammar) whileStatement(line int) int {
	g.next()
	height := g.condition()
	height = max(height, g.loop(func() int {
		g.expect(tokDo)
		return g.block()
	}))
	g.closes(tokEnd, tokWhile, line)
	return g.tall(height + 1)
}

// repeatStatement reads a loop whose condition sees the variables of the body.
func (g *grammar) repeatStatement(line int) int {
	mark := len(g.fn.active)
	g.next()
	height := g.chunk()
	g.closes(tokUntil, tokRepeat, line)
	height = max(height, g.condition())
	g.hide(mark)
	return g.tall(height + 1)
}

func (g *grammar) forStatement(line int) (height int) {
	mark := len(g.fn.active)
	g.next()
	name := g.name()
	switch g.tok.kind {
	case '=':
		height = g.numericFor(name)
	case ',', tokIn:
		height = g.genericFor(name)
	default:
		g.failHere("'=' or 'in' expected")
	}
	g.closes(tokEnd, tokFor, line)
	g.hide(mark)
	return g.tall(height + 1)
}

// declareState declares the three variables that a for has for itself.
func (g *grammar) declareState() {
	for i := range 3 {
		g.declare(i)
	}
}

func (g *grammar) numericFor(name string) int {
	g.declareState()
	g.declare(3)
	g.expect('=')
	height := g.nextExpression()
	g.expect(',')
	height = max(height, g.nextExpression())
	if g.accept(',') {
		height = max(height, g.nextExpression())
	} else {
		g.reserve(1)
	}
	return max(height, g.forBody(name))
}

func (g *grammar) genericFor(name string) int {
	g.declareState()
	g.declare(3)
	names := []string{name}
	for g.accept(',') {
		next := g.name()
		g.declare(3 + len(names))
		names = append(names, next)
	}
	g.expect(tokIn)
	states := g.expressions()
	g.adjust(3, states.n, &states.last)
	g.room(3)
	return max(states.height, g.forBody(names...))
}

func (g *grammar) forBody(names ...string) int {
	g.show("(for state)", "(for state)", "(for state)")
	g.expect(tokDo)
	return g.block(names...)
}

func (g *grammar) functionStatement(line int) int {
	g.next()
	target := g.variable(g.name())
	method := false
	for !method && (g.tok.kind == '.' || g.tok.kind == ':') {
		method = g.tok.kind == ':'
		g.nameField(&target)
		target.height++
	}
	f := g.function(method, line)
	g.store(target, &f)
	return g.tall(1 + max(target.height, f.height))
}

func (g *grammar) localFunction() int {
	name := g.name()
	g.declare(0)
	target := term{form: inLocal, reg: g.fn.free}
	g.reserve(1)
	g.show(name)
	f := g.function(false, g.line)
	g.store(target, &f)
	return g.tall(1 + f.height)
}

func (g *grammar) localStatement() int {
	var names []string
	for {
		name := g.name()
		g.declare(len(names))
		names = append(names, name)
		if !g.accept(',') {
			break
		}
	}
	var values list
	if g.accept('=') {
		values = g.expressions()
	}
	g.adjust(len(names), values.n, &values.last)
	g.show(names...)
	return values.height + 1
}

// returned reads what a function returns.
func (g *grammar) returned() int {
	values := g.expressions()
	switch {
	case values.last.open():
		g.several(&values.last)
	case values.n == 1:
		g.toAny(&values.last)
	default:
		g.toNext(&values.last)
	}
	return values.height
}
