package lua

// form tells where the value of an expression is.
type form uint8

const (
	inVoid form = iota // there is none
	inNil
	inTrue
	inFalse
	inConst   // constant info
	inNumber  // num
	inLocal   // register info, of a variable
	inCell    // the cell in register info, of a variable; it is read when the value is needed, as PUC Lua reads a local variable
	inCapture // captured variable info
	inGlobal  // of the name that is constant info
	inIndexed // in the table in register info, at the key in register or constant aux
	inJump    // the instruction info jumps if it is true
	inPending // the instruction info puts it where one wants
	inFixed   // register info
	inCall    // the instruction info calls
	inRest    // the instruction info gets "..."
)

// expr is an expression that is being compiled.
type expr struct {
	form      form
	info, aux int
	num       float64
	tableCell bool  // info is the register of a cell that holds the table
	keyCell   bool  // aux is the register of a cell that holds the key
	yes       jumps // leave it when it is true
	no        jumps // when it is false
}

func (e *expr) jumping() bool { return len(e.yes)+len(e.no) > 0 }

func (e *expr) open() bool { return e.form == inCall || e.form == inRest }

// settle makes a variable, a field or a call one value.
func (f *function) settle(e *expr) {
	switch e.form {
	case inLocal:
		e.form = inFixed
	case inCell:
		e.form, e.info = inPending, f.emit(abc(opGetCell, 0, e.info, 0))
	case inCapture:
		op := opGetUp
		if f.proto.captures[e.info].cell {
			op = opGetUpCell
		}
		e.form, e.info = inPending, f.emit(abc(op, 0, e.info, 0))
	case inGlobal:
		e.form, e.info = inPending, f.emit(abx(opGetGlobal, 0, e.info))
	case inIndexed:
		table, key, loaded := f.place(e)
		f.free -= loaded
		f.release(e.aux)
		f.release(e.info)
		i := abc(opGetIndex, 0, table, key)
		if f.isName(key) {
			i = abc(opGetField, 0, table, key&^constBit)
		}
		e.form, e.info = inPending, f.emit(i)
	case inCall, inRest:
		f.one(e)
	}
}

// place returns the registers of the table and the key of a field. Those that are in cells it loads into new ones, and returns how many.
func (f *function) place(e *expr) (table, key, loaded int) {
	load := func(reg int, cell bool) int {
		if !cell {
			return reg
		}
		f.reserve(1)
		loaded++
		f.emit(abc(opGetCell, f.free-1, reg, 0))
		return f.free - 1
	}
	table = load(e.info, e.tableCell)
	key = load(e.aux, e.keyCell)
	return table, key, loaded
}

// isName reports whether an operand is a constant that is a string.
func (f *function) isName(x int) bool {
	return x&constBit != 0 && f.proto.consts[x&^constBit].isString()
}

// one cuts a call or "..." to one value.
func (f *function) one(e *expr) {
	switch e.form {
	case inCall:
		e.form, e.info = inFixed, f.proto.code[e.info].a()
	case inRest:
		f.proto.code[e.info] = f.proto.code[e.info].withB(1)
		e.form = inPending
	}
}

// results makes a call or "..." put n values, or openEnd, into the free registers.
func (f *function) results(e *expr, n int) {
	switch i := &f.proto.code[e.info]; e.form {
	case inCall:
		*i = i.withC(n)
	case inRest:
		*i = i.withB(n).withA(f.free)
		f.reserve(1)
	}
}

// load puts a value without its jumps into a register.
func (f *function) load(e *expr, reg int) {
	f.settle(e)
	switch e.form {
	case inNil:
		f.emitNil(reg, 1)
	case inTrue:
		f.emit(abc(opLoadBool, reg, 1, 0))
	case inFalse:
		f.emit(abc(opLoadBool, reg, 0, 0))
	case inConst:
		f.emit(abx(opLoadK, reg, e.info))
	case inNumber:
		f.emit(abx(opLoadK, reg, f.numberConstant(e.num)))
	case inPending:
		f.proto.code[e.info] = f.proto.code[e.info].withA(reg)
	case inFixed:
		if reg != e.info {
			f.emit(abc(opMove, reg, e.info, 0))
		}
	default:
		return // a jump
	}
	e.form, e.info = inFixed, reg
}

func (f *function) loadAny(e *expr) {
	if e.form != inFixed {
		f.reserve(1)
		f.load(e, f.free-1)
	}
}

// toReg puts the value into a register.
func (f *function) toReg(e *expr, reg int) {
	f.load(e, reg)
	if e.form == inJump {
		e.yes = append(e.yes, e.info)
	}
	if e.jumping() {
		no, yes := -1, -1
		if f.needValue(e.yes) || f.needValue(e.no) {
			var over jumps
			if e.form != inJump {
				over = f.jump()
			}
			f.label()
			no = f.emit(abc(opLoadBool, reg, 0, 1))
			f.label()
			yes = f.emit(abc(opLoadBool, reg, 1, 0))
			f.landHere(over)
		}
		end := f.label()
		f.patchValues(e.no, end, reg, no)
		f.patchValues(e.yes, end, reg, yes)
	}
	*e = expr{form: inFixed, info: reg}
}

// toNext puts the value into the next free register.
func (f *function) toNext(e *expr) {
	f.settle(e)
	if e.form == inFixed {
		f.release(e.info)
	}
	f.reserve(1)
	f.toReg(e, f.free-1)
}

// toAny puts the value into some register, which it returns.
func (f *function) toAny(e *expr) int {
	f.settle(e)
	if e.form == inFixed {
		if !e.jumping() {
			return e.info
		}
		if e.info >= f.active {
			f.toReg(e, e.info)
			return e.info
		}
	}
	f.toNext(e)
	return e.info
}

func (f *function) toValue(e *expr) {
	if e.jumping() {
		f.toAny(e)
	} else {
		f.settle(e)
	}
}

// toOperand makes the value a register or a constant, which it returns.
func (f *function) toOperand(e *expr) int {
	f.toValue(e)
	if e.form != inConst && len(f.proto.consts) < constBit {
		switch e.form {
		case inNil:
			e.form, e.info = inConst, f.valueConstant(Nil, "")
		case inTrue:
			e.form, e.info = inConst, f.valueConstant(True, "")
		case inFalse:
			e.form, e.info = inConst, f.valueConstant(False, "")
		case inNumber:
			e.form, e.info = inConst, f.numberConstant(e.num)
		}
	}
	if e.form == inConst && e.info < constBit {
		return e.info | constBit
	}
	return f.toAny(e)
}

// lateOperand is toOperand, but leaves a cell to be read with the other operand.
func (f *function) lateOperand(e *expr) {
	if e.form != inCell {
		f.toOperand(e)
	}
}

func (f *function) releaseValue(e *expr) {
	if e.form == inFixed {
		f.release(e.info)
	}
}

// store assigns a value to a variable or a field.
func (f *function) store(target, e *expr) {
	switch target.form {
	case inLocal:
		f.releaseValue(e)
		f.toReg(e, target.info)
		return
	case inCell:
		f.emit(abc(opSetCell, target.info, f.toOperand(e), 0))
	case inCapture:
		f.emit(abc(opSetUpCell, target.info, f.toOperand(e), 0))
	case inGlobal:
		f.emit(abx(opSetGlobal, f.toAny(e), target.info))
	case inIndexed:
		value := f.toOperand(e)
		table, key, loaded := f.place(target)
		i := abc(opSetIndex, table, key, value)
		if f.isName(key) {
			i = abc(opSetField, table, key&^constBit, value)
		}
		f.emit(i)
		f.free -= loaded
	}
	f.releaseValue(e)
}

// whenTrue goes on where the value is true, and adds the jump that leaves to those of false.
func (f *function) whenTrue(e *expr) {
	f.settle(e)
	switch e.form {
	case inConst, inNumber, inTrue:
	case inJump:
		f.invert(e)
		e.no = append(e.no, e.info)
	default:
		e.no = append(e.no, f.leave(e, 0))
	}
	f.landHere(e.yes)
	e.yes = nil
}

// whenFalse is the reverse of whenTrue.
func (f *function) whenFalse(e *expr) {
	f.settle(e)
	switch e.form {
	case inNil, inFalse:
	case inJump:
		e.yes = append(e.yes, e.info)
	default:
		e.yes = append(e.yes, f.leave(e, 1))
	}
	f.landHere(e.no)
	e.no = nil
}

// leave emits a jump that is taken when the value is true, or false if when is 0.
func (f *function) leave(e *expr, when int) int {
	if e.form == inPending {
		if i := f.proto.code[e.info]; i.op() == opNot {
			f.proto.code, f.proto.lines = f.proto.code[:e.info], f.proto.lines[:e.info]
			return f.testJump(abc(opTest, i.b(), 0, 1-when))
		}
	}
	f.loadAny(e)
	f.releaseValue(e)
	return f.testJump(abc(opTestSet, noRegister, e.info, when))
}

// invert turns the condition of a comparison round.
func (f *function) invert(e *expr) {
	i := f.control(e.info)
	*i = i.withA(1 - i.a())
}

func (f *function) not(e *expr) {
	f.settle(e)
	switch e.form {
	case inNil, inFalse:
		e.form = inTrue
	case inConst, inNumber, inTrue:
		e.form = inFalse
	case inJump:
		f.invert(e)
	default:
		f.loadAny(e)
		f.releaseValue(e)
		e.form, e.info = inPending, f.emit(abc(opNot, 0, e.info, 0))
	}
	e.yes, e.no = e.no, e.yes
	f.dropValues(e.yes)
	f.dropValues(e.no)
}

// arith emits an operation with two operands.
func (f *function) arith(op opcode, x, y *expr) {
	b := f.toOperand(y)
	a := f.toOperand(x)
	f.releaseValue(x)
	f.releaseValue(y)
	*x = expr{form: inPending, info: f.emit(abc(op, 0, a, b))}
}

// compare emits a comparison whose result is want.
func (f *function) compare(op opcode, want int, x, y *expr) {
	b := f.toOperand(y)
	a := f.toOperand(x)
	f.releaseValue(x)
	f.releaseValue(y)
	if want == 0 && op != opEq {
		a, b, want = b, a, 1
	}
	*x = expr{form: inJump, info: f.testJump(abc(op, want, a, b))}
}
