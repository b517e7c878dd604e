package lua

// itemsAtOnce is how many items of a constructor are stored by one instruction.
const itemsAtOnce = 50

// items are those of a constructor that are in registers.
type items struct {
	table  int  // the register of the table
	last   term // the last item, if it is in no register yet
	n      int
	height int
}

func (g *grammar) constructor() term {
	line := g.line
	t := term{form: inPending}
	g.toNext(&t)
	l := items{table: t.reg}
	g.expect('{')
	for g.tok.kind != '}' {
		g.flush(&l)
		g.item(&l)
		if !g.accept(',') && !g.accept(';') {
			break
		}
	}
	g.closes('}', '{', line)
	if l.n > 0 {
		g.several(&l.last)
		if l.last.form != inVoid && !l.last.open() {
			g.toNext(&l.last)
		}
		g.fn.free = l.table + 1
	}
	t.height = g.tall(l.height + 1)
	return t
}

// flush brings the item before into a register, and stores items if they are enough.
func (g *grammar) flush(l *items) {
	if l.last.form == inVoid {
		return
	}
	g.toNext(&l.last)
	l.last = term{}
	if l.n == itemsAtOnce {
		g.fn.free = l.table + 1
		l.n = 0
	}
}

func (g *grammar) item(l *items) {
	free := g.fn.free
	var key term
	switch {
	case g.tok.kind == '[':
		key = g.index()
	case g.tok.kind == tokName && g.look() == '=':
		g.name()
		key.form = inConst
	default:
		l.last = g.expression()
		l.n++
		l.height = max(l.height, l.last.height)
		return
	}
	g.expect('=')
	g.toOperand(&key)
	value := g.expression()
	g.toOperand(&value)
	g.fn.free = free
	l.height = max(l.height, key.height, value.height)
}
