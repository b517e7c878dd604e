package lua

import "github.com/yuin/gopher-lua/ast"

// loop is a loop that is being compiled.
type loop struct {
	around *loop
	breaks jumps
}

func (f *function) statements(list []ast.Stmt) {
	for _, s := range list {
		f.at(s.Line())
		f.statement(s)
		f.free = f.active
	}
}

func (f *function) block(list []ast.Stmt) {
	mark, active := f.mark(), f.active
	f.statements(list)
	f.forget(mark, active)
}

func (f *function) statement(s ast.Stmt) {
	switch s := s.(type) {
	case *ast.AssignStmt:
		f.assign(s)
	case *ast.LocalAssignStmt:
		f.local(s)
	case *ast.FuncCallStmt:
		f.callStatement(s)
	case *ast.DoBlockStmt:
		f.block(s.Stmts)
	case *ast.WhileStmt:
		f.while(s)
	case *ast.RepeatStmt:
		f.repeat(s)
	case *ast.IfStmt:
		f.branches(s)
	case *ast.NumberForStmt:
		f.numberFor(s)
	case *ast.GenericForStmt:
		f.genericFor(s)
	case *ast.FuncDefStmt:
		f.define(s)
	case *ast.ReturnStmt:
		f.returns(s)
	case *ast.BreakStmt:
		if f.loop == nil {
			f.fail("no loop to break")
			return
		}
		f.loop.breaks = append(f.loop.breaks, f.jump()...)
	default:
		f.fail("statement is not supported")
	}
}

func (f *function) callStatement(s *ast.FuncCallStmt) {
	if v := f.expr(s.Expr); v.form == inCall {
		f.proto.code[v.info] = f.proto.code[v.info].withC(0)
	}
}

// local compiles a declaration. Its variables are visible behind it, but a function sees itself.
func (f *function) local(s *ast.LocalAssignStmt) {
	if e := LocalFunction(s); e != nil {
		f.localFunction(e, s.Names[0])
		return
	}
	v := f.exprs(s.Exprs)
	f.adjust(len(s.Names), len(s.Exprs), &v)
	f.declare(s.Names...)
}

func (f *function) localFunction(e *ast.FunctionExpr, name string) {
	own := f.variables[f.declared]
	reg := f.free
	f.reserve(1)
	if own.cell() {
		f.emitNil(reg, 1) // a cell needs a value
	}
	f.declare(name)
	b := bodyOf{}
	target := expr{form: inCell, info: reg}
	if !own.cell() {
		b.own, target.form = own, inLocal
	}
	v := f.closure(e, b)
	f.store(&target, &v)
	f.spans[len(f.spans)-1].from = f.pc()
}

// adjust makes values, of which the last is not in a register yet, as many as there are variables.
func (f *function) adjust(variables, values int, last *expr) {
	extra := variables - values
	if last.open() {
		extra = max(extra+1, 0)
		f.results(last, extra)
		if extra > 1 {
			f.reserve(extra - 1)
		}
		return
	}
	if last.form != inVoid {
		f.toNext(last)
	}
	if extra > 0 {
		reg := f.free
		f.reserve(extra)
		f.emitNil(reg, extra)
	}
}

// assign compiles an assignment: all expressions are evaluated, those of the targets first, then it assigns from the right.
func (f *function) assign(s *ast.AssignStmt) {
	if len(s.Lhs) > maxRegisters {
		f.fail("function or expression too complex")
		return
	}
	targets := make([]expr, 0, len(s.Lhs))
	for _, e := range s.Lhs {
		v := f.target(e)
		if v.form == inLocal || v.form == inCell {
			f.keepOld(targets, v)
		}
		targets = append(targets, v)
	}
	v := f.exprs(s.Rhs)
	if len(s.Rhs) == len(targets) {
		f.one(&v)
		f.store(&targets[len(targets)-1], &v)
		targets = targets[:len(targets)-1]
	} else {
		f.adjust(len(targets), len(s.Rhs), &v)
		f.free -= max(len(s.Rhs)-len(targets), 0)
	}
	for i := len(targets) - 1; i >= 0; i-- {
		v := expr{form: inFixed, info: f.free - 1}
		f.store(&targets[i], &v)
	}
}

// target compiles what is assigned to.
func (f *function) target(e ast.Expr) expr {
	v := f.expr(e)
	switch id, ok := e.(*ast.IdentExpr); v.form {
	case inLocal, inCell, inGlobal, inIndexed:
	case inCapture:
		if ok {
			f.assigns(f.names[id.Value])
		}
	default:
		f.fail("only a variable or a field can be assigned")
	}
	return v
}

// keepOld saves the value of a variable that is about to be assigned for the fields among the targets that need it.
func (f *function) keepOld(targets []expr, v expr) {
	saved, reg := -1, v.info
	for i := range targets {
		t := &targets[i]
		if t.form != inIndexed {
			continue
		}
		if t.info == reg {
			saved = f.free
			t.info, t.tableCell = saved, false
		}
		if t.aux == reg {
			saved = f.free
			t.aux, t.keyCell = saved, false
		}
	}
	if saved >= 0 {
		f.reserve(1)
		f.load(&v, saved)
	}
}

// condition compiles a condition, and returns the jumps that leave when it is false.
func (f *function) condition(e ast.Expr) jumps {
	v := f.expr(e)
	if v.form == inNil {
		v.form = inFalse
	}
	f.whenTrue(&v)
	return v.no
}

func (f *function) enterLoop() { f.loop = &loop{around: f.loop} }

// leaveLoop ends a loop here.
func (f *function) leaveLoop() {
	breaks := f.loop.breaks
	f.loop = f.loop.around
	f.landHere(breaks)
}

func (f *function) while(s *ast.WhileStmt) {
	start := f.label()
	exit := f.condition(s.Condition)
	f.enterLoop()
	f.block(s.Stmts)
	f.at(s.LastLine())
	f.land(f.jump(), start)
	f.leaveLoop()
	f.landHere(exit)
}

// repeat compiles a loop whose condition sees the variables of the body.
func (f *function) repeat(s *ast.RepeatStmt) {
	start := f.label()
	f.enterLoop()
	mark, active := f.mark(), f.active
	f.statements(s.Stmts)
	exit := f.condition(s.Condition)
	f.forget(mark, active)
	f.land(exit, start)
	f.leaveLoop()
}

// branches compiles an if with its elseifs.
func (f *function) branches(s *ast.IfStmt) {
	var over jumps
	for {
		exit := f.condition(s.Condition)
		f.block(s.Then)
		if len(s.Else) == 0 {
			f.landHere(append(over, exit...))
			return
		}
		over = append(over, f.jump()...)
		f.landHere(exit)
		next, ok := s.Else[0].(*ast.IfStmt)
		if !ok || len(s.Else) > 1 {
			break
		}
		s = next
		f.at(s.Line())
	}
	f.block(s.Else)
	f.landHere(over)
}

// controls are the registers of a loop that no variable has.
const controls = 3

func (f *function) numberFor(s *ast.NumberForStmt) {
	base := f.free
	for _, e := range []ast.Expr{s.Init, s.Limit} {
		v := f.expr(e)
		f.toNext(&v)
	}
	step := expr{form: inNumber, num: 1}
	if s.Step != nil {
		step = f.expr(s.Step)
	}
	f.toNext(&step)
	f.forBody(base, s.Line(), s.Stmts, []string{s.Name}, true)
}

func (f *function) genericFor(s *ast.GenericForStmt) {
	base, line := f.free, s.Line()
	if len(s.Exprs) > 0 && s.Exprs[0].Line() > 0 {
		line = s.Exprs[0].Line()
	}
	v := f.exprs(s.Exprs)
	f.adjust(controls, len(s.Exprs), &v)
	f.room(controls) // of the call
	f.forBody(base, line, s.Stmts, s.Names, false)
}

func (f *function) forBody(base, line int, body []ast.Stmt, names []string, numeric bool) {
	f.enterLoop()
	outer := f.active
	f.active += controls
	f.free = f.active
	var prepare jumps
	if numeric {
		prepare = jumps{f.emit(abx(opForPrep, base, 0))}
	} else {
		prepare = f.jump()
	}
	start := prepare[0] + 1
	mark, active := f.mark(), f.active
	f.reserve(len(names))
	f.declare(names...)
	f.block(body)
	f.forget(mark, active)
	f.landHere(prepare)
	f.at(line)
	if numeric {
		f.land(jumps{f.emit(abx(opForLoop, base, 0))}, start)
	} else {
		f.emit(abc(opForIn, base, 0, len(names)))
		f.land(f.jump(), start)
	}
	f.active, f.free = outer, outer
	f.leaveLoop()
}

// define compiles "function a.b:c()".
func (f *function) define(s *ast.FuncDefStmt) {
	b := bodyOf{line: s.Line()}
	var target expr
	if s.Name.Method != "" {
		b.method = true
		key := &ast.StringExpr{Value: s.Name.Method}
		target = f.target(&ast.AttrGetExpr{Object: s.Name.Receiver, Key: key})
	} else {
		target = f.target(s.Name.Func)
	}
	v := f.closure(s.Func, b)
	f.store(&target, &v)
	f.proto.lines[f.pc()-1] = int32(s.Line())
}

func (f *function) returns(s *ast.ReturnStmt) {
	v := f.exprs(s.Exprs)
	from, n := f.active, len(s.Exprs)
	switch {
	case v.open():
		f.results(&v, openEnd)
		if v.form == inCall && n == 1 {
			i := f.proto.code[v.info]
			f.proto.code[v.info] = abc(opTailCall, i.a(), i.b(), 0)
		}
		n = openEnd
	case n == 1:
		from = f.toAny(&v)
	case n > 1:
		f.toNext(&v)
	}
	f.emit(abc(opReturn, from, n, 0))
}
