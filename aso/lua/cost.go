package lua

import (
	"fmt"
	"math"
)

// Cost bounds the instructions of a call of a function, those of the functions that it calls included.
type Cost struct {
	Least, Most float64 // infinite: no way leads to the end, there is no bound
	Why         string  // there is no upper bound
}

// Costs finds out what functions cost that exist: what they have captured they call.
type Costs struct {
	Host   func(*Function) Cost // of a function of the host
	Method func(string) Cost    // of a method of an object that is not known

	done map[*Function]Cost
}

// Function returns the cost of a function. While it is being found out it has no upper bound: the function calls itself.
func (c *Costs) Function(f *Function) Cost {
	if f.Go != nil {
		return c.Host(f)
	}
	if k, ok := c.done[f]; ok {
		return k
	}
	if c.done == nil {
		c.done = map[*Function]Cost{}
	}
	c.done[f] = Cost{Least: 1, Most: math.Inf(1), Why: fmt.Sprintf("recursion in line %d", f.Proto.Line)}
	w := newFlow(c, f)
	end := len(f.Proto.code)
	k := Cost{Least: w.shortest(0, end)[0], Most: w.longest(0, end)[0], Why: w.why}
	if math.IsInf(k.Least, 1) && k.Why == "" {
		k.Why = "it has no end"
	}
	if k.Why != "" {
		k.Most = math.Inf(1)
	}
	c.done[f] = k
	return k
}

// call returns the cost of what the instruction at pc calls.
func (w *flow) call(pc int) call {
	k := call{Cost: Cost{Most: math.Inf(1)}}
	a := w.proto.code[pc].a()
	if f := w.value(pc, a).Function(); f != nil {
		k = call{w.costs.Function(f), f.Go == nil}
	} else if from, ok := w.loaded(pc, a); ok && w.proto.code[from].op() == opSelf {
		name, _ := w.proto.consts[w.proto.code[from].c()].Text()
		k.Cost = w.costs.Method(name)
	}
	if k.Why == "" && math.IsInf(k.Most, 1) {
		k.Why = fmt.Sprintf("a call in line %d", w.proto.lines[pc])
	}
	return k
}

// value returns what a register always holds at pc, nil if that is not known.
func (w *flow) value(pc, register int) Value {
	if from, ok := w.loaded(pc, register); ok {
		switch i := w.proto.code[from]; i.op() {
		case opLoadK:
			return w.proto.consts[i.bx()]
		case opGetUp:
			return w.fn.ups[i.b()]
		}
	}
	return Nil
}

// loaded returns the instruction that put the value into a register which the one at pc finds there, if it is sure to be this one.
func (w *flow) loaded(pc, register int) (from int, ok bool) {
	for from = pc - 1; from >= 0; from-- {
		first, last := w.proto.writes(from)
		if first <= register && register <= last {
			return from, !w.entered(from, pc)
		}
	}
	return 0, false
}

// entered reports whether a jump leads to a place behind from, up to pc, from outside.
func (w *flow) entered(from, pc int) bool {
	for _, j := range w.jumps {
		if j.to > from && j.to <= pc && (j.from < from || j.from > pc) {
			return true
		}
	}
	return false
}

// writes returns the registers that an instruction changes, from first to last; if it changes none, last is less.
func (p *Proto) writes(pc int) (first, last int) {
	i := p.code[pc]
	a := i.a()
	switch i.op() {
	case opSetCell, opSetUpCell, opSetGlobal, opSetField, opSetIndex, opSetList, opJump, opEq, opLt, opLe, opTest, opReturn, opExtra:
		return 0, -1
	case opLoadNil:
		return a, i.b()
	case opSelf:
		return a, a + 1
	case opCall, opTailCall, opVararg: // what is above the results they may change, too
		return a, math.MaxInt
	case opForPrep:
		return a, a + 2
	case opForLoop:
		return a, a + 3
	case opForIn:
		return a + 2, math.MaxInt
	}
	return a, a
}
