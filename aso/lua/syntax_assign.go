package lua

// expressionStatement reads a call or an assignment.
func (g *grammar) expressionStatement() int {
	e := g.suffixed()
	if e.form == inCall {
		return g.tall(e.height + 1)
	}
	targets, height := g.targets(e)
	g.expect('=')
	values := g.expressions()
	g.assign(targets, values)
	return g.tall(1 + max(height, values.height))
}

// targets reads what is assigned to, behind the first.
func (g *grammar) targets(e term) (targets []term, height int) {
	for {
		switch e.form {
		case inLocal, inCapture, inGlobal, inIndexed:
		default:
			g.failHere("syntax error")
		}
		height = max(height, e.height)
		targets = append(targets, e)
		if !g.accept(',') {
			return targets, height
		}
		e = g.suffixed()
		if e.form == inLocal {
			g.keep(targets, e.reg)
		}
		g.limit(g.fn, len(targets), mostLevels-g.levels, "variables in assignment")
	}
}

// keep copies a variable that is assigned to if targets before it use it as a table or a key.
func (g *grammar) keep(targets []term, reg int) {
	used := false
	for i := range targets {
		t := &targets[i]
		if t.form == inIndexed && t.reg == reg {
			t.reg, used = g.fn.free, true
		}
		if t.form == inIndexed && t.key == reg {
			t.key, used = g.fn.free, true
		}
	}
	if used {
		g.reserve(1)
	}
}

// assign stores values, from the last target on.
func (g *grammar) assign(targets []term, values list) {
	last := len(targets) - 1
	if values.n == len(targets) {
		if values.last.open() {
			g.settle(&values.last)
		}
		g.store(targets[last], &values.last)
		last--
	} else {
		g.adjust(len(targets), values.n, &values.last)
		g.fn.free -= max(values.n-len(targets), 0)
	}
	for ; last >= 0; last-- {
		g.store(targets[last], &term{form: inFixed, reg: g.fn.free - 1})
	}
}
