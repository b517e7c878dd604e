package lua

import "github.com/yuin/gopher-lua/ast"

// expr compiles an expression as far as it does not matter where the value goes.
func (f *function) expr(e ast.Expr) expr {
	switch e := e.(type) {
	case *ast.NilExpr:
		return f.leaf(e, expr{form: inNil})
	case *ast.TrueExpr:
		return f.leaf(e, expr{form: inTrue})
	case *ast.FalseExpr:
		return f.leaf(e, expr{form: inFalse})
	case *ast.NumberExpr:
		return f.numeral(e)
	case *ast.StringExpr:
		return f.leaf(e, expr{form: inConst, info: f.stringConstant(e.Value)})
	case *Constant:
		return f.leaf(e, f.constant(e))
	case *ast.IdentExpr:
		return f.leaf(e, f.name(e.Value))
	case *ast.Comma3Expr:
		return f.rest(e)
	case *ast.AttrGetExpr:
		return f.index(e)
	case *ast.FuncCallExpr:
		return f.call(e)
	case *ast.TableExpr:
		return f.table(e)
	case *ast.FunctionExpr:
		return f.closure(e, bodyOf{})
	case *ast.LogicalOpExpr:
		return f.logical(e)
	case *ast.RelationalOpExpr:
		return f.relation(e)
	case *ast.StringConcatOpExpr:
		return f.concat(e)
	case *ast.ArithmeticOpExpr:
		return f.arithmetic(e)
	case *ast.UnaryMinusOpExpr:
		return f.minus(e)
	case *ast.UnaryNotOpExpr:
		v := f.expr(e.Expr)
		f.not(&v)
		return v
	case *ast.UnaryLenOpExpr:
		v := f.expr(e.Expr)
		return f.unary(opLen, &v)
	}
	f.fail("expression is not supported")
	return expr{form: inNil}
}

// leaf notes the line of a token.
func (f *function) leaf(e ast.Expr, v expr) expr {
	f.at(e.Line())
	return v
}

func (f *function) numeral(e *ast.NumberExpr) expr {
	f.at(e.Line())
	n, ok := ParseNumber(e.Value)
	if !ok {
		f.fail("malformed number near '%s'", e.Value)
	}
	return expr{form: inNumber, num: n}
}

func (f *function) constant(e *Constant) expr {
	switch e.Value.Kind() {
	case KindNil:
		return expr{form: inNil}
	case KindBool:
		if e.Value.True() {
			return expr{form: inTrue}
		}
		return expr{form: inFalse}
	case KindNumber:
		if e.Name == "" {
			return expr{form: inNumber, num: e.Value.number()}
		}
	}
	return expr{form: inConst, info: f.valueConstant(e.Value, e.Name)}
}

func (f *function) name(name string) expr {
	v := f.names[name]
	switch {
	case v == nil:
		return expr{form: inGlobal, info: f.stringConstant(name)}
	case v.level != f.level:
		return expr{form: inCapture, info: f.capture(v)}
	case v.cell():
		return expr{form: inCell, info: v.reg}
	default:
		return expr{form: inLocal, info: v.reg}
	}
}

func (f *function) rest(e *ast.Comma3Expr) expr {
	f.at(e.Line())
	if !f.proto.Vararg {
		f.fail("cannot use '...' outside a vararg function")
	}
	v := expr{form: inRest, info: f.emit(abc(opVararg, 0, 1, 0))}
	if e.AdjustRet {
		f.one(&v)
	}
	return v
}

func (f *function) index(e *ast.AttrGetExpr) expr {
	v := f.expr(e.Object)
	if v.form == inCell {
		v.tableCell = true
	} else {
		f.toAny(&v)
	}
	key := f.expr(e.Key)
	v.form = inIndexed
	v.aux, v.keyCell = f.key(&key)
	return v
}

// key returns the operand of a key, which may be a cell that is read later.
func (f *function) key(e *expr) (operand int, cell bool) {
	if e.form == inCell {
		return e.info, true
	}
	return f.toOperand(e), false
}

func (f *function) call(e *ast.FuncCallExpr) expr {
	var v expr
	if e.Func != nil {
		v = f.expr(e.Func)
		f.toNext(&v)
	} else {
		v = f.expr(e.Receiver)
		f.self(&v, e.Method)
	}
	line, base := f.line, v.info
	args := f.exprs(e.Args)
	n := openEnd
	if args.open() {
		f.results(&args, openEnd)
	} else {
		if args.form != inVoid {
			f.toNext(&args)
		}
		n = f.free - (base + 1)
	}
	v = expr{form: inCall, info: f.emit(abc(opCall, base, n, 1))}
	f.proto.lines[v.info] = int32(line)
	f.free = base + 1
	if e.AdjustRet {
		f.one(&v)
	}
	return v
}

// self makes a method of an object, and the object, the next registers.
func (f *function) self(v *expr, method string) {
	f.toAny(v)
	f.releaseValue(v)
	at := f.free
	f.reserve(2)
	if k := f.stringConstant(method); k < constBit {
		f.emit(abc(opSelf, at, v.info, k))
	} else {
		f.emit(abc(opMove, at+1, v.info, 0))
		f.emit(abx(opLoadK, at, k))
		f.emit(abc(opGetIndex, at, at+1, at))
	}
	*v = expr{form: inFixed, info: at}
}

// exprs compiles a list. All but the last go to the next registers.
func (f *function) exprs(list []ast.Expr) expr {
	var v expr
	for i, e := range list {
		if i > 0 {
			f.toNext(&v)
		}
		v = f.expr(e)
	}
	return v
}

// closure compiles a function; b has what the expression does not tell of it.
func (f *function) closure(e *ast.FunctionExpr, b bodyOf) expr {
	f.at(e.Line())
	if b.line == 0 {
		b.line = e.Line()
	}
	b.end, b.params, b.vararg, b.stmts = e.LastLine(), e.ParList.Names, e.ParList.HasVargs, e.Stmts
	p := f.body(b)
	f.proto.protos = append(f.proto.protos, p)
	return expr{form: inPending, info: f.emit(abx(opClosure, 0, len(f.proto.protos)-1))}
}

const itemsPerList = 50

func (f *function) table(e *ast.TableExpr) expr {
	f.at(e.Line())
	pc := f.emit(abc(opNewTable, 0, 0, 0))
	v := expr{form: inPending, info: pc}
	f.toNext(&v)
	table := v.info
	items, fields, stored := 0, 0, 0
	var item expr // the last one, which may be open
	for _, field := range e.Fields {
		if item.form != inVoid {
			f.toNext(&item)
			item.form = inVoid
			if items-stored == itemsPerList {
				f.setList(table, stored, items-stored)
				stored = items
			}
		}
		if field.Key == nil {
			item = f.expr(field.Value)
			items++
		} else {
			f.field(table, field)
			fields++
		}
	}
	counted := items
	if item.open() {
		f.results(&item, openEnd)
		f.setList(table, stored, openEnd)
		counted--
	} else if stored < items {
		if item.form != inVoid {
			f.toNext(&item)
		}
		f.setList(table, stored, items-stored)
	}
	f.proto.code[pc] = abc(opNewTable, f.proto.code[pc].a(), sizeHint(counted), sizeHint(fields))
	return v
}

func (f *function) field(table int, field *ast.Field) {
	free := f.free
	target := expr{form: inIndexed, info: table}
	key := f.expr(field.Key)
	target.aux, target.keyCell = f.key(&key)
	value := f.expr(field.Value)
	f.store(&target, &value)
	f.free = free
}

// setList stores n items, or an open list, behind those that the table has.
func (f *function) setList(table, first, n int) {
	f.emit(abc(opSetList, table, n, min(first, openEnd)))
	if first >= openEnd {
		f.emit(abx(opExtra, 0, first))
	}
	f.free = table + 1
}

func (f *function) logical(e *ast.LogicalOpExpr) expr {
	x := f.expr(e.Lhs)
	if e.Operator == "and" {
		f.whenTrue(&x)
		y := f.expr(e.Rhs)
		f.settle(&y)
		y.no = append(x.no, y.no...)
		return y
	}
	f.whenFalse(&x)
	y := f.expr(e.Rhs)
	f.settle(&y)
	y.yes = append(x.yes, y.yes...)
	return y
}

// relations has the comparison of an operator, and its result.
var relations = map[string]struct {
	op   opcode
	want int
}{
	"==": {opEq, 1}, "~=": {opEq, 0}, "<": {opLt, 1}, "<=": {opLe, 1}, ">": {opLt, 0}, ">=": {opLe, 0},
}

func (f *function) relation(e *ast.RelationalOpExpr) expr {
	x := f.expr(e.Lhs)
	f.lateOperand(&x)
	y := f.expr(e.Rhs)
	r, ok := relations[e.Operator]
	if !ok {
		f.fail("operator '%s' is not supported", e.Operator)
	}
	f.compare(r.op, r.want, &x, &y)
	return x
}

func (f *function) concat(e *ast.StringConcatOpExpr) expr {
	x := f.expr(e.Lhs)
	f.toNext(&x)
	y := f.expr(e.Rhs)
	f.toValue(&y)
	if y.form == inPending && f.proto.code[y.info].op() == opConcat {
		f.releaseValue(&x)
		f.proto.code[y.info] = f.proto.code[y.info].withB(x.info)
		return expr{form: inPending, info: y.info}
	}
	f.toNext(&y)
	f.arith(opConcat, &x, &y)
	return x
}

var arithmetics = map[string]opcode{"+": opAdd, "-": opSub, "*": opMul, "/": opDiv, "%": opMod, "^": opPow}

func (f *function) arithmetic(e *ast.ArithmeticOpExpr) expr {
	x := f.expr(e.Lhs)
	f.lateOperand(&x)
	y := f.expr(e.Rhs)
	op, ok := arithmetics[e.Operator]
	if !ok {
		f.fail("operator '%s' is not supported", e.Operator)
	}
	f.arith(op, &x, &y)
	return x
}

func (f *function) minus(e *ast.UnaryMinusOpExpr) expr {
	v := f.expr(e.Expr)
	if v.form == inNumber && !v.jumping() {
		v.num = -v.num
		return v
	}
	return f.unary(opNeg, &v)
}

func (f *function) unary(op opcode, v *expr) expr {
	f.toAny(v)
	f.releaseValue(v)
	return expr{form: inPending, info: f.emit(abc(op, 0, v.info, 0))}
}
