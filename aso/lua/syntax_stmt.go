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
		return g.expressions() + 1
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
		condition := g.expression()
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
	height := g.expression()
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
	height = max(height, g.expression())
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
	height := g.expression()
	g.expect(',')
	height = max(height, g.expression())
	if g.accept(',') {
		height = max(height, g.expression())
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
	height := g.expressions()
	return max(height, g.forBody(names...))
}

func (g *grammar) forBody(names ...string) int {
	g.show("(for state)", "(for state)", "(for state)")
	g.expect(tokDo)
	return g.block(names...)
}

func (g *grammar) functionStatement(line int) int {
	g.next()
	g.variable(g.name())
	depth, method := 1, false
	for g.tok.kind == '.' || g.tok.kind == ':' {
		method = g.tok.kind == ':'
		g.next()
		g.name()
		depth++
		if method {
			break
		}
	}
	return g.tall(1 + max(depth, g.function(method, line)))
}

func (g *grammar) localFunction() int {
	name := g.name()
	g.declare(0)
	g.show(name)
	return g.tall(1 + g.function(false, g.line))
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
	height := 0
	if g.accept('=') {
		height = g.expressions()
	}
	g.show(names...)
	return height + 1
}

// expressionStatement reads a call or an assignment.
func (g *grammar) expressionStatement() int {
	what, height := g.suffixed()
	if what == isCall {
		return g.tall(height + 1)
	}
	for targets := 1; ; targets++ {
		if what != isVariable {
			g.failHere("syntax error")
		}
		if !g.accept(',') {
			break
		}
		var more int
		what, more = g.suffixed()
		height = max(height, more)
		g.limit(g.fn, targets, mostLevels-g.levels, "variables in assignment")
	}
	g.expect('=')
	return g.tall(1 + max(height, g.expressions()))
}
