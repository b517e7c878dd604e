package lua

import "math"

// mostRegisters is how many registers a function has in PUC Lua: MAXSTACK. The grammar follows which of them PUC Lua would use, after lcode.c, because
// it refuses a source at the token at which they are used up. It takes it that all constants fit into operands, as the first 256 of a function do.
const mostRegisters = 250

// term is an expression that has been read, as far as registers go.
type term struct {
	form   form
	reg    int // where it is, or the table of a field
	key    int // of a field
	num    float64
	yes    bool // jumps leave it when it is true
	no     bool // when it is false
	not    bool // it is pending, and made by "not"
	joined bool // it is pending, and made by ".."
	height int  // of its tree
}

// noOperandRegister is where constants are.
const noOperandRegister = -1

func (e *term) jumping() bool { return e.yes || e.no }

func (e *term) numeral() bool { return e.form == inNumber && !e.jumping() }

func (e *term) open() bool { return e.form == inCall || e.form == inRest }

// room refuses a function that needs n more registers than there are.
func (g *grammar) room(n int) {
	if g.fn.free+n >= mostRegisters {
		g.failHere("function or expression too complex")
	}
}

func (g *grammar) reserve(n int) {
	g.room(n)
	g.fn.free += n
}

// release frees a register, unless it is that of a variable.
func (g *grammar) release(reg int) {
	if reg >= len(g.fn.active) {
		g.fn.free--
	}
}

func (g *grammar) drop(e *term) {
	if e.form == inFixed {
		g.release(e.reg)
	}
}

// settle makes a variable, a field or a call one value.
func (g *grammar) settle(e *term) {
	switch e.form {
	case inLocal, inCall:
		e.form = inFixed
	case inIndexed:
		g.release(e.key)
		g.release(e.reg)
		e.form = inPending
	case inCapture, inGlobal, inRest:
		e.form = inPending
	}
}

// put brings a value into a register.
func (g *grammar) put(e *term, reg int) {
	g.settle(e)
	e.form, e.reg, e.yes, e.no = inFixed, reg, false, false
}

func (g *grammar) toNext(e *term) {
	g.settle(e)
	g.drop(e)
	g.reserve(1)
	g.put(e, g.fn.free-1)
}

func (g *grammar) toAny(e *term) {
	g.settle(e)
	switch {
	case e.form != inFixed, e.jumping() && e.reg < len(g.fn.active):
		g.toNext(e)
	case e.jumping():
		g.put(e, e.reg)
	}
}

// toSome brings a value into a register, but for what its jumps bring.
func (g *grammar) toSome(e *term) {
	if e.form != inFixed {
		g.reserve(1)
		e.form, e.reg = inFixed, g.fn.free-1
	}
}

func (g *grammar) toValue(e *term) {
	if e.jumping() {
		g.toAny(e)
	} else {
		g.settle(e)
	}
}

// toOperand makes a value an operand of an instruction, and returns its register.
func (g *grammar) toOperand(e *term) int {
	g.toValue(e)
	switch e.form {
	case inNil, inTrue, inFalse, inConst, inNumber:
		e.form = inConst
		return noOperandRegister
	}
	g.toAny(e)
	return e.reg
}

// store assigns a value.
func (g *grammar) store(target term, e *term) {
	switch target.form {
	case inLocal:
		g.drop(e)
		g.put(e, target.reg)
		return
	case inIndexed:
		g.toOperand(e)
	default:
		g.toAny(e)
	}
	g.drop(e)
}

// field makes an expression one of its fields.
func (g *grammar) field(e, key *term) {
	e.key = g.toOperand(key)
	e.form = inIndexed
}

// method makes an expression one of its methods and itself.
func (g *grammar) method(e *term) {
	g.toAny(e)
	g.drop(e)
	e.form, e.reg = inFixed, g.fn.free
	g.reserve(2)
}

// several takes all values of the last expression of a list.
func (g *grammar) several(e *term) {
	if e.form == inRest {
		g.reserve(1)
	}
}

// adjust makes values, of which the last is not in a register yet, as many as there are variables.
func (g *grammar) adjust(variables, values int, last *term) {
	extra := variables - values
	if last.open() {
		extra = max(extra+1, 0)
		g.several(last)
		if extra > 1 {
			g.reserve(extra - 1)
		}
		return
	}
	if last.form != inVoid {
		g.toNext(last)
	}
	if extra > 0 {
		g.reserve(extra)
	}
}

// branch jumps if an expression is not what is wanted, and goes on else.
func (g *grammar) branch(e *term, wanted bool) {
	g.settle(e)
	jumps := true
	switch {
	case wanted && (e.form == inConst || e.form == inNumber || e.form == inTrue), !wanted && (e.form == inNil || e.form == inFalse):
		jumps = false
	case e.form == inJump, e.form == inPending && e.not:
	default:
		g.toSome(e)
		g.drop(e)
	}
	if wanted {
		e.no, e.yes = e.no || jumps, false
	} else {
		e.yes, e.no = e.yes || jumps, false
	}
}

func (g *grammar) negate(e *term) {
	g.settle(e)
	switch e.form {
	case inNil, inFalse:
		e.form = inTrue
	case inConst, inNumber, inTrue:
		e.form = inFalse
	case inJump:
	default:
		g.toSome(e)
		g.drop(e)
		e.form, e.not, e.joined = inPending, true, false
	}
	e.yes, e.no = e.no, e.yes
}

func (g *grammar) unary(op tokenKind, e *term) {
	switch {
	case op == tokNot:
		g.negate(e)
		return
	case op == '-' && e.numeral():
		e.num = -e.num
		return
	}
	g.toAny(e)
	g.drop(e)
	e.form, e.not, e.joined = inPending, false, false
}

// prepare readies the left operand of an operator before the right one is read.
func (g *grammar) prepare(op tokenKind, e *term) {
	switch op {
	case tokAnd, tokOr:
		g.branch(e, op == tokAnd)
	case tokConcat:
		g.toNext(e)
	case '+', '-', '*', '/', '%', '^':
		if !e.numeral() {
			g.toOperand(e)
		}
	default:
		g.toOperand(e)
	}
}

// combine makes of two operands what their operator makes of them.
func (g *grammar) combine(op tokenKind, a, b *term) term {
	switch op {
	case tokAnd, tokOr:
		g.settle(b)
		b.no = b.no || op == tokAnd && a.no
		b.yes = b.yes || op == tokOr && a.yes
		return *b
	case tokConcat:
		g.toValue(b)
		if b.form == inPending && b.joined {
			g.drop(a)
			return term{form: inPending, joined: true}
		}
		g.toNext(b)
	case '+', '-', '*', '/', '%', '^':
		if n, ok := fold(op, a, b); ok {
			return term{form: inNumber, num: n}
		}
	}
	if op == tokConcat || op < tokAnd && op != '<' && op != '>' {
		g.toOperand(b)
		g.toOperand(a)
		g.drop(a)
		g.drop(b)
		return term{form: inPending, joined: op == tokConcat}
	}
	g.toOperand(a)
	g.toOperand(b)
	g.drop(b)
	g.drop(a)
	return term{form: inJump}
}

// fold computes what PUC Lua computes when it compiles.
func fold(op tokenKind, a, b *term) (n float64, ok bool) {
	if !a.numeral() || !b.numeral() || (op == '/' || op == '%') && b.num == 0 {
		return 0, false
	}
	n = arithmetic(arithmetics[op.String()], a.num, b.num)
	return n, !math.IsNaN(n)
}
