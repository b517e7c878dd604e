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
// What an instruction does in the usual case is here, without a call; the rest ends in slow. Before a call the place and the budget are stored, behind it
// all is fetched again: the stack may have moved. And since nothing need outlive a call, the Go compiler can keep it in registers.
func (L *State) execute() bool {
fetch:
	fr := &L.frames[L.depth-1]
	L.frame = fr
	p := fr.fn.Proto
	code, k := p.code, p.consts
	regs := L.stack[fr.base : int(fr.base)+p.Slots]
	L.base, L.top = int(fr.base), int(fr.base)+p.Slots
	pc, left := int(fr.pc), L.Budget.Left
	for ; ; pc, left = pc+1, left-1 {
		i := code[pc]
		if left <= 0 {
			L.frame.pc, L.Budget.Left = int32(pc+1), left-1
			L.Owner.Refill()
			L.frame.pc-- // it comes, and counts, again
			L.Budget.Left++
			goto fetch
		}
		switch i.op() {
		case opMove:
			regs[i.a()] = regs[i.b()]
			continue
		case opLoadK:
			regs[i.a()] = k[i.bx()]
			continue
		case opLoadNil:
			for r := i.a(); r <= i.b(); r++ {
				regs[r] = Value{}
			}
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
			regs[i.a()] = L.frame.fn.ups[i.b()]
			continue
		case opGetUpCell:
			regs[i.a()] = L.frame.fn.ups[i.b()].cell().v
			continue
		case opSetUpCell:
			L.frame.fn.ups[i.a()].cell().v = *rk(regs, k, i.b())
			continue
		case opGetField:
			if t := regs[i.b()].Table(); t != nil {
				if v := t.field(&k[i.c()], p.hashes[i.c()]); v != nil && !v.IsNil() {
					regs[i.a()] = *v
					continue
				}
			}
		case opGetIndex:
			if t := regs[i.b()].Table(); t != nil {
				if v := t.item(rk(regs, k, i.c())); v != nil && !v.IsNil() {
					regs[i.a()] = *v
					continue
				}
			}
		case opSetField:
			if t := regs[i.a()].Table(); t != nil && t.Access == Plain {
				if v := t.field(&k[i.b()], p.hashes[i.b()]); v != nil && !v.IsNil() {
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
				if v := t.field(&k[i.c()], p.hashes[i.c()]); v != nil && !v.IsNil() {
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
		case opNeg:
			if x := rk(regs, k, i.b()); x.isNumber() {
				setNumber(&regs[i.a()], -x.number())
				continue
			}
		case opNot:
			regs[i.a()] = Bool(!regs[i.b()].True())
			continue
		case opJump:
			pc += i.bx()
			continue
		case opEq:
			if same, ok := alike(rk(regs, k, i.b()), rk(regs, k, i.c())); ok {
				if same == (i.a() != 0) {
					goto jump
				}
				pc++
				continue
			}
		case opLt:
			if x, y := rk(regs, k, i.b()), rk(regs, k, i.c()); x.isNumber() && y.isNumber() {
				if x.number() < y.number() == (i.a() != 0) {
					goto jump
				}
				pc++
				continue
			}
		case opLe:
			if x, y := rk(regs, k, i.b()), rk(regs, k, i.c()); x.isNumber() && y.isNumber() {
				if x.number() <= y.number() == (i.a() != 0) {
					goto jump
				}
				pc++
				continue
			}
		case opTest:
			if regs[i.a()].True() == (i.c() != 0) {
				goto jump
			}
			pc++
			continue
		case opTestSet:
			if v := &regs[i.b()]; v.True() == (i.c() != 0) {
				regs[i.a()] = *v
				goto jump
			}
			pc++
			continue
		case opCall:
			L.frame.pc, L.Budget.Left = int32(pc+1), left-1
			if f := regs[i.a()].Function(); f != nil && f.Go == nil && i.b() != openEnd {
				L.enter(f, L.base+i.a(), i.b(), i.c())
			} else if !L.begin(L.base+i.a(), i.b(), i.c()) {
				return false
			}
			goto fetch
		case opTailCall:
			L.frame.pc, L.Budget.Left = int32(pc+1), left-1
			if !L.beginLast(L.frame, L.base+i.a(), i.b()) {
				return false // the next instruction returns the results
			}
			goto fetch
		case opReturn:
			L.Budget.Left = left - 1
			L.depth--
			fr := L.frame
			if i.b() == 1 && fr.want == 1 {
				L.stack[fr.at] = regs[i.a()]
			} else {
				L.results(fr, i.a(), i.b())
			}
			switch fr.kind {
			case entered:
				return true
			case iterator:
				L.step(int(fr.at))
			}
			goto fetch
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
		case opForIn:
			if i.c() == 2 && nextItem(regs[i.a():i.a()+5:i.a()+5]) {
				goto jump
			}
		case opExtra:
			continue
		}
		L.frame.pc, L.Budget.Left = int32(pc+1), left-1
		L.slow(i, L.frame, regs)
		goto fetch
	jump: // the one behind a condition comes, and counts, at once
		if left > 1 {
			left--
			pc += 1 + code[pc+1].bx()
		}
	}
}

// alike is Equal for what it can do without a call. Other values may be the same text, or tables with a metamethod.
func alike(x, y *Value) (same, ok bool) {
	if x.isNumber() && y.isNumber() {
		return x.number() == y.number(), true
	}
	same = x.bits == y.bits && x.ref == y.ref
	return same, same || x.bits != y.bits || x.isNumber() || y.isNumber()
}

// nextItem is the step of a loop over the array part of a table with ipairs, whose registers are r.
func nextItem(r []Value) bool {
	f, t := r[0].Function(), r[1].Table()
	if f == nil || f.over != Items || t == nil || !r[2].isNumber() {
		return false
	}
	n := r[2].number()
	if float64(int(n)) != n || uint(int(n)) >= uint(len(t.array)) || t.array[int(n)].IsNil() {
		return false
	}
	setNumber(&r[2], n+1)
	setNumber(&r[3], n+1)
	r[4] = t.array[int(n)]
	return true
}

// skipIf skips the next instruction.
func (L *State) skipIf(skip bool) {
	if skip {
		L.frames[L.depth-1].pc++
	}
}

// slow does the rest of what instructions do that are no calls.
func (L *State) slow(i instr, fr *frame, regs []Value) {
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
		return
	case opGetField:
		v = L.index(regs[i.b()], k[i.c()], i.b())
	case opGetIndex:
		v = L.index(regs[i.b()], *rk(regs, k, i.c()), i.b())
	case opSetField:
		L.setIndex(regs[a], k[i.b()], *rk(regs, k, i.c()), a)
		return
	case opSetIndex:
		L.setIndex(regs[a], *rk(regs, k, i.b()), *rk(regs, k, i.c()), a)
		return
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
		return
	case opAdd, opSub, opMul, opDiv, opMod, opPow:
		v = L.arith(op, *rk(regs, k, i.b()), *rk(regs, k, i.c()), i.b(), i.c())
	case opNeg:
		x := *rk(regs, k, i.b())
		v = L.arith(op, x, x, i.b(), i.b())
	case opLen:
		v = L.length(regs[i.b()], i.b())
	case opConcat:
		v = L.concat(regs, i.b(), i.c())
	case opEq:
		L.skipIf(L.equal(*rk(regs, k, i.b()), *rk(regs, k, i.c())) != (a != 0))
		return
	case opLt:
		L.skipIf(L.Less(*rk(regs, k, i.b()), *rk(regs, k, i.c())) != (a != 0))
		return
	case opLe:
		L.skipIf(L.lessEqual(*rk(regs, k, i.b()), *rk(regs, k, i.c())) != (a != 0))
		return
	case opForPrep:
		L.forPrep(regs[a : a+3])
		fr.pc += int32(i.bx())
		return
	case opForIn:
		L.forIn(fr, int(fr.base)+a, i.c())
		return
	case opClosure:
		v = L.closure(p.protos[i.bx()], fr.fn, regs).Value()
	case opVararg:
		L.vararg(fr, int(fr.base)+a, i.b())
		return
	default:
		panic("lua: unknown instruction")
	}
	L.stack[int(fr.base)+a] = v
}

// begin calls the value at a register: one of Lua code is to be gone on with, one of the host has returned. It reports false if the coroutine yields.
func (L *State) begin(at, n, want int) bool {
	if n == openEnd {
		n = L.open - at - 1
	}
	f := L.stack[at].Function()
	if f == nil {
		f, n = L.callee(at, n, at-L.base)
	}
	if f.Go != nil {
		return L.callHost(f, at, n, want)
	}
	L.enter(f, at, n, want)
	return true
}

// beginLast is begin for a call in place of the function that runs.
func (L *State) beginLast(fr *frame, at, n int) bool {
	if n == openEnd {
		n = L.open - at - 1
	}
	f, n := L.callee(at, n, at-L.base)
	if f.Go != nil {
		return L.callHost(f, at, n, openEnd)
	}
	L.replace(fr, f, at, n)
	return true
}

// results brings what a function returns to where its call wants it.
func (L *State) results(fr *frame, a, n int) {
	from := int(fr.base) + a
	if n == openEnd {
		n = L.open - from
	}
	L.deliver(from, n, int(fr.at), int(fr.want))
}

// field returns where the value of a key of the code is, if the key of the table is the same string, not only an equal one. So it calls nothing.
func (t *Table) field(key *Value, h uint32) *Value {
	if len(t.nodes) == 0 {
		return nil
	}
	for i := int32(h & uint32(len(t.nodes)-1)); ; {
		n := &t.nodes[i]
		if n.key == *key {
			return &n.val
		}
		if n.next == 0 {
			return nil
		}
		i += n.next
	}
}

// item returns where the value of a key is that the array part has a place for, else nil.
func (t *Table) item(key *Value) *Value {
	if f := key.number(); key.isNumber() && float64(int(f)) == f && uint(int(f)-1) < uint(len(t.array)) {
		return &t.array[int(f)-1]
	}
	return nil
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

// forIn calls the iterator of a loop whose registers begin at at. One in Lua is to be gone on with.
func (L *State) forIn(fr *frame, at, results int) {
	if L.stepIn(at, results) {
		if r := L.stack[at+2 : at+4]; r[1].IsNil() {
			fr.pc++
		} else {
			r[0] = r[1]
		}
		return
	}
	to := at + 3
	L.room(to + 3 + hostRoom)
	copy(L.stack[to:to+3], L.stack[at:at+3])
	L.nest()
	L.inside++
	f, n := L.callee(to, 2, -1)
	if f.Go == nil {
		L.enter(f, to, n, results).kind = iterator
		return
	}
	L.callHost(f, to, n, results)
	L.step(to)
}

// stepIn lets the iterator of a loop do without a call, and reports whether it can.
func (L *State) stepIn(at, results int) bool {
	r := L.stack[at : at+3+results]
	f, t := r[0].Function(), r[1].Table()
	if f == nil || t == nil || t.View != nil {
		return false
	}
	var k, v Value
	var ok bool
	switch f.over {
	case Items:
		k, v, ok = t.nextItem(r[2])
	case Pairs:
		k, v, ok = t.Next(r[2])
	}
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
