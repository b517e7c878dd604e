package lua

import (
	"math"
	"unsafe"
)

// setNumber makes *v a number. What is one already keeps its first word, which spares the collector's barrier.
func setNumber(v *Value, f float64) {
	if v.ref != unsafe.Pointer(&numberTag) {
		v.ref = unsafe.Pointer(&numberTag)
	}
	v.bits = math.Float64bits(f)
}

// rk returns a register or a constant.
func rk(regs, k []Value, x int) *Value {
	if x&constBit != 0 {
		return &k[x&^constBit]
	}
	return &regs[x]
}

// execute runs the function at the top until it returns to Go. It reports false if the coroutine yields.
//
// What an instruction does in the usual case is here; the rest of them end in slow. Small as that keeps this function, the Go compiler holds
// what it needs in registers.
func (L *State) execute() bool {
	budget := L.Budget
frames:
	fr := &L.frames[L.depth-1]
	p := fr.fn.Proto
	code, k := p.code, p.consts
	base := int(fr.base)
	regs := L.stack[base : base+p.Slots : base+p.Slots]
	L.base, L.top = base, base+p.Slots
	pc := int(fr.pc)
	for {
		i := code[pc]
		pc++
		budget.Left--
		if budget.Left < 0 {
			fr.pc = int32(pc)
			L.Owner.Refill()
		}
		switch i.op() {
		case opMove:
			regs[i.a()] = regs[i.b()]
			continue
		case opLoadK:
			regs[i.a()] = k[i.bx()]
			continue
		case opLoadNil:
			clear(regs[i.a() : i.b()+1])
			continue
		case opLoadBool:
			regs[i.a()] = Bool(i.b() != 0)
			if i.c() != 0 {
				pc++
			}
			continue
		case opGetCell:
			regs[i.a()] = regs[i.b()].cell().v
			continue
		case opSetCell:
			regs[i.a()].cell().v = *rk(regs, k, i.b())
			continue
		case opGetUp:
			regs[i.a()] = fr.fn.ups[i.b()]
			continue
		case opGetUpCell:
			regs[i.a()] = fr.fn.ups[i.b()].cell().v
			continue
		case opSetUpCell:
			fr.fn.ups[i.a()].cell().v = *rk(regs, k, i.b())
			continue
		case opGetField:
			if t := regs[i.b()].Table(); t != nil {
				if v := t.field(k, p.hashes, i.c()); v != nil && !v.IsNil() {
					regs[i.a()] = *v
					continue
				}
			}
		case opGetIndex:
			if t := regs[i.b()].Table(); t != nil {
				key := rk(regs, k, i.c())
				if v := t.item(key); v != nil && !v.IsNil() {
					regs[i.a()] = *v
					continue
				}
			}
		case opSetField:
			if t := regs[i.a()].Table(); t != nil && t.Access == Plain {
				if v := t.field(k, p.hashes, i.b()); v != nil && !v.IsNil() {
					*v = *rk(regs, k, i.c())
					continue
				}
			}
		case opSetIndex:
			if t := regs[i.a()].Table(); t != nil && t.Access == Plain {
				if v := t.item(rk(regs, k, i.b())); v != nil && (t.Meta == nil || !v.IsNil()) {
					*v = *rk(regs, k, i.c())
					continue
				}
			}
		case opSelf:
			if t := regs[i.b()].Table(); t != nil {
				if v := t.field(k, p.hashes, i.c()); v != nil && !v.IsNil() {
					regs[i.a()+1] = regs[i.b()]
					regs[i.a()] = *v
					continue
				}
			}
		case opAdd:
			if x, y := rk(regs, k, i.b()), rk(regs, k, i.c()); x.isNumber() && y.isNumber() {
				setNumber(&regs[i.a()], x.number()+y.number())
				continue
			}
		case opSub:
			if x, y := rk(regs, k, i.b()), rk(regs, k, i.c()); x.isNumber() && y.isNumber() {
				setNumber(&regs[i.a()], x.number()-y.number())
				continue
			}
		case opMul:
			if x, y := rk(regs, k, i.b()), rk(regs, k, i.c()); x.isNumber() && y.isNumber() {
				setNumber(&regs[i.a()], x.number()*y.number())
				continue
			}
		case opDiv:
			if x, y := rk(regs, k, i.b()), rk(regs, k, i.c()); x.isNumber() && y.isNumber() {
				setNumber(&regs[i.a()], x.number()/y.number())
				continue
			}
		case opMod:
			if x, y := rk(regs, k, i.b()), rk(regs, k, i.c()); x.isNumber() && y.isNumber() {
				setNumber(&regs[i.a()], modulo(x.number(), y.number()))
				continue
			}
		case opNot:
			regs[i.a()] = Bool(!regs[i.b()].True())
			continue
		case opJump:
			pc += i.bx()
			continue
		case opEq:
			x, y := rk(regs, k, i.b()), rk(regs, k, i.c())
			same := x.bits == y.bits && x.ref == y.ref && !x.isNumber()
			if !same {
				fr.pc = int32(pc)
				var moved bool
				if same, moved = L.equal(*x, *y); moved {
					L.skipIf(same != (i.a() != 0))
					goto frames
				}
			}
			if same != (i.a() != 0) {
				pc++
			}
			continue
		case opLt:
			x, y := rk(regs, k, i.b()), rk(regs, k, i.c())
			var less bool
			if x.isNumber() && y.isNumber() {
				less = x.number() < y.number()
			} else {
				fr.pc = int32(pc)
				var moved bool
				if less, moved = L.less(*x, *y); moved {
					L.skipIf(less != (i.a() != 0))
					goto frames
				}
			}
			if less != (i.a() != 0) {
				pc++
			}
			continue
		case opLe:
			x, y := rk(regs, k, i.b()), rk(regs, k, i.c())
			var less bool
			if x.isNumber() && y.isNumber() {
				less = x.number() <= y.number()
			} else {
				fr.pc = int32(pc)
				var moved bool
				if less, moved = L.lessEqual(*x, *y); moved {
					L.skipIf(less != (i.a() != 0))
					goto frames
				}
			}
			if less != (i.a() != 0) {
				pc++
			}
			continue
		case opTest:
			if regs[i.a()].True() != (i.c() != 0) {
				pc++
			}
			continue
		case opTestSet:
			if v := regs[i.b()]; v.True() == (i.c() != 0) {
				regs[i.a()] = v
			} else {
				pc++
			}
			continue
		case opCall:
			fr.pc = int32(pc)
			switch L.begin(base+i.a(), i.b(), i.c()) {
			case reload:
				goto frames
			case yields:
				return false
			}
			continue
		case opTailCall:
			fr.pc = int32(pc)
			switch L.beginLast(fr, base+i.a(), i.b()) {
			case reload:
				goto frames
			case yields:
				return false // the next instruction returns the results
			}
			continue
		case opReturn:
			from, n := base+i.a(), i.b()
			if n == openEnd {
				n = L.open - from
			}
			L.deliver(from, n, int(fr.at), int(fr.want))
			L.depth--
			switch fr.kind {
			case entered:
				return true
			case iterator:
				L.step(int(fr.at))
			}
			goto frames
		case opForLoop:
			r := regs[i.a() : i.a()+4 : i.a()+4]
			step, limit := r[2].number(), r[1].number()
			v := r[0].number() + step
			if step > 0 && v <= limit || step <= 0 && limit <= v {
				r[0].bits = math.Float64bits(v)
				setNumber(&r[3], v)
				pc += i.bx()
			}
			continue
		case opForPrep:
			fr.pc = int32(pc)
			L.forPrep(regs[i.a() : i.a()+3])
			pc += i.bx()
			continue
		case opForIn:
			fr.pc = int32(pc)
			if L.forIn(base+i.a(), i.c()) {
				goto frames
			}
			if r := regs[i.a():]; r[3].IsNil() {
				pc++
			} else {
				r[2] = r[3]
			}
			continue
		case opExtra:
			continue
		}
		fr.pc = int32(pc)
		if L.slow(i, fr, regs) {
			goto frames
		}
	}
}

// skipIf skips the next instruction.
func (L *State) skipIf(skip bool) {
	if skip {
		L.frames[L.depth-1].pc++
	}
}

// slow does what an instruction needs that does not change the flow, and reports whether the stack has moved. Its result it stores where that is then.
func (L *State) slow(i instr, fr *frame, regs []Value) (moved bool) {
	moves := L.moves
	p := fr.fn.Proto
	k := p.consts
	a := i.a()
	var v Value
	switch op := i.op(); op {
	case opNewCell:
		L.Owner.Charge(valueBytes)
		v = cellValue(&cell{regs[a]})
	case opGetGlobal:
		v = L.index(L.Globals.Value(), k[i.bx()], -1)
	case opSetGlobal:
		L.setIndex(L.Globals.Value(), k[i.bx()], regs[a], -1)
		return L.moves != moves
	case opGetField:
		v = L.index(regs[i.b()], k[i.c()], i.b())
	case opGetIndex:
		v = L.index(regs[i.b()], *rk(regs, k, i.c()), i.b())
	case opSetField:
		L.setIndex(regs[a], k[i.b()], *rk(regs, k, i.c()), a)
		return L.moves != moves
	case opSetIndex:
		L.setIndex(regs[a], *rk(regs, k, i.b()), *rk(regs, k, i.c()), a)
		return L.moves != moves
	case opSelf:
		o := regs[i.b()]
		regs[a+1] = o
		v = L.index(o, k[i.c()], i.b())
	case opNewTable:
		v = L.NewTable(i.b(), i.c()).Value()
	case opSetList:
		n, first := i.b(), i.c()
		from := int(fr.base) + a + 1
		if n == openEnd {
			n = L.open - from
		}
		if first == openEnd {
			first = p.code[fr.pc].bx()
		}
		L.setList(regs[a].Table(), first, L.stack[from:from+n])
		return false
	case opAdd, opSub, opMul, opDiv, opMod, opPow:
		v = L.arith(op, *rk(regs, k, i.b()), *rk(regs, k, i.c()), i.b(), i.c())
	case opNeg:
		x := *rk(regs, k, i.b())
		v = L.arith(op, x, x, i.b(), i.b())
	case opLen:
		v = L.length(regs[i.b()], i.b())
	case opConcat:
		v = L.concat(regs, i.b(), i.c())
	case opClosure:
		v = L.closure(p.protos[i.bx()], fr.fn, regs).Value()
	case opVararg:
		L.vararg(fr, int(fr.base)+a, i.b())
		return L.moves != moves
	default:
		panic("lua: unknown instruction")
	}
	L.stack[int(fr.base)+a] = v
	return L.moves != moves
}

// How a call goes on.
type outcome uint8

const (
	done   outcome = iota // its results are there
	reload                // a function in Lua has begun, or the results are there but the stack has moved
	yields                // the coroutine yields
)

// begin calls the value at a register.
func (L *State) begin(at, n, want int) outcome {
	if n == openEnd {
		n = L.open - at - 1
	}
	f, moves := L.stack[at].Function(), L.moves
	if f == nil {
		f, n = L.callee(at, n, at-L.base)
	}
	if f.Go == nil {
		L.enter(f, at, n, want)
		return reload
	}
	return L.beginHost(f, at, n, want, moves)
}

func (L *State) beginHost(f *Function, at, n, want int, moves uint32) outcome {
	switch {
	case !L.callHost(f, at, n, want):
		return yields
	case L.moves != moves:
		return reload
	}
	return done
}

// beginLast calls the value at a register in place of the function that runs.
func (L *State) beginLast(fr *frame, at, n int) outcome {
	if n == openEnd {
		n = L.open - at - 1
	}
	moves := L.moves
	f, n := L.callee(at, n, at-L.base)
	if f.Go == nil {
		L.replace(fr, f, at, n)
		return reload
	}
	return L.beginHost(f, at, n, openEnd, moves)
}

// field returns where the value of the constant key c is, a string. It is findString but for the hash: to call that takes 7 % more for a field.
func (t *Table) field(k []Value, hashes []uint32, c int) *Value {
	key := k[c]
	if len(t.nodes) > scanned {
		if n := t.findHashed(key, hashes[c]); n != nil {
			return &n.val
		}
		return nil
	}
	for i := range t.nodes {
		if n := &t.nodes[i]; n.key.bits == key.bits && (n.key.ref == key.ref || n.key.isString() && n.key.str() == key.str()) {
			return &n.val
		}
	}
	return nil
}

// item returns where the value of a key is, or nil.
func (t *Table) item(key *Value) *Value {
	if key.isNumber() {
		if f := key.number(); float64(int(f)) == f && uint(int(f)-1) < uint(len(t.array)) {
			return &t.array[int(f)-1]
		}
	}
	return t.at(*key)
}

// setList stores the items behind the first ones of a constructor.
func (L *State) setList(t *Table, first int, items []Value) {
	if last := first + len(items); last > len(t.array) {
		t.resize(L, last, len(t.nodes))
	}
	copy(t.array[first:], items)
}

// replace lets a function take the place of the one that calls it last.
func (L *State) replace(fr *frame, f *Function, at, n int) {
	to := int(fr.at)
	copy(L.stack[to:to+n+1], L.stack[at:at+n+1])
	want, tails, kind := fr.want, fr.tails, fr.kind
	L.depth--
	fr = L.enter(f, to, n, int(want))
	fr.tails, fr.kind = min(tails+1, math.MaxInt16-1), kind
}

func (L *State) forPrep(r []Value) {
	for at, what := range [...]string{"initial value", "limit", "step"} {
		f, ok := toNumber(r[at])
		if !ok {
			L.fail("'for' %s must be a number", what)
		}
		r[at] = Number(f)
	}
	r[0] = Number(r[0].number() - r[2].number())
}

// forIn calls the iterator of a loop whose registers begin at at. It reports whether that is in Lua, and begins, or the stack has moved.
func (L *State) forIn(at, results int) (reload bool) {
	if L.stepIn(at, results) {
		return false
	}
	moves, to := L.moves, at+3
	L.room(to + 3 + hostRoom)
	copy(L.stack[to:to+3], L.stack[at:at+3])
	L.nest()
	L.inside++
	f, n := L.callee(to, 2, -1)
	if f.Go == nil {
		L.enter(f, to, n, results).kind = iterator
		return true
	}
	L.callHost(f, to, n, results)
	if L.moves != moves {
		L.step(to)
		return true
	}
	L.inside--
	L.shared.nested--
	return false
}

// stepIn lets the iterator of a loop do without a call, and reports whether it can.
func (L *State) stepIn(at, results int) bool {
	r := L.stack[at : at+3+results]
	f, t := r[0].Function(), r[1].Table()
	if f == nil || f.step == nil || t == nil || t.View != nil {
		return false
	}
	k, v, ok := f.step(t, r[2])
	if !ok {
		return false
	}
	r[3] = k
	if len(r) > 4 {
		r[4] = v
		clear(r[5:])
	}
	return true
}

// step goes on with a loop whose iterator has returned its results to a register.
func (L *State) step(to int) {
	L.inside--
	L.shared.nested--
	if first := L.stack[to]; first.IsNil() {
		L.frames[L.depth-1].pc++
	} else {
		L.stack[to-1] = first
	}
}

func (L *State) closure(p *Proto, around *Function, regs []Value) *Function {
	L.Owner.Charge(closureBytes + valueBytes*len(p.captures))
	f := &Function{Proto: p, id: L.nextID()}
	if len(p.captures) > 0 {
		f.ups = make([]Value, len(p.captures))
	}
	for i, c := range p.captures {
		switch {
		case c.self:
			f.ups[i] = f.Value()
		case c.local:
			f.ups[i] = regs[c.index]
		default:
			f.ups[i] = around.ups[c.index]
		}
	}
	return f
}

const closureBytes = 64

func (L *State) vararg(fr *frame, to, want int) {
	n := int(fr.extra)
	if want == openEnd {
		L.read(n * valueBytes)
		L.room(to + n + 1)
	}
	L.deliver(int(fr.base)-n, n, to, want)
}
