package lua

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

var opNames = [...]string{
	"move", "loadk", "loadnil", "loadbool", "newcell", "getcell", "setcell", "getup", "getupcell", "setupcell", "getglobal", "setglobal", "getfield", "getindex",
	"setfield", "setindex", "newtable", "setlist", "self", "add", "sub", "mul", "div", "mod", "pow", "neg", "not", "len", "concat", "jump", "eq", "lt", "le",
	"test", "testset", "call", "tailcall", "return", "forprep", "forloop", "forin", "closure", "vararg", "extra",
}

// disassemble writes the code of a function, and of those in it, one instruction a line: constants in their operands, jumps as their targets, and the
// names of operands behind.
func disassemble(p *Proto) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d slots", p.Slots)
	for i, c := range p.captures {
		where := "captured"
		if c.local {
			where = "register"
		}
		fmt.Fprintf(&b, ", u%d %s=%s %d", i, c.name, where, c.index)
		for word, is := range map[string]bool{" cell": c.cell, " self": c.self} {
			if is {
				b.WriteString(word)
			}
		}
		if c.assign {
			b.WriteString(" assigned")
		}
	}
	b.WriteByte('\n')
	for pc, i := range p.code {
		fmt.Fprintf(&b, "%d [%d] %s %s", pc, p.lines[pc], opNames[i.op()], p.operands(pc, i))
		var names []string
		for _, o := range slices.SortedFunc(maps.Keys(p.names), func(x, y operand) int { return x.reg - y.reg }) {
			if o.pc == pc {
				names = append(names, p.names[o])
			}
		}
		if names != nil {
			b.WriteString(" ; " + strings.Join(names, ", "))
		}
		b.WriteByte('\n')
	}
	for _, inner := range p.protos {
		b.WriteString("function " + disassemble(inner))
	}
	return b.String()
}

func (p *Proto) operands(pc int, i instr) string {
	rk := func(x int) string {
		if x&constBit != 0 {
			return showValue(p.consts[x&^constBit])
		}
		return fmt.Sprint(x)
	}
	count := func(n int) string {
		if n == openEnd {
			return "open"
		}
		return fmt.Sprint(n)
	}
	a := fmt.Sprint(i.a())
	switch i.op() {
	case opLoadK, opGetGlobal, opSetGlobal:
		return a + " " + showValue(p.consts[i.bx()])
	case opGetField, opSelf:
		return fmt.Sprint(i.a(), " ", i.b(), " ", showValue(p.consts[i.c()]))
	case opSetField:
		return fmt.Sprint(a, " ", showValue(p.consts[i.b()]), " ", rk(i.c()))
	case opSetIndex, opEq, opLt, opLe, opGetIndex, opAdd, opSub, opMul, opDiv, opMod, opPow:
		return a + " " + rk(i.b()) + " " + rk(i.c())
	case opNewCell:
		return a
	case opMove, opGetCell, opGetUp, opGetUpCell, opSetCell, opSetUpCell, opLoadNil, opNeg, opNot, opLen:
		return a + " " + rk(i.b())
	case opJump:
		return fmt.Sprint("-> ", pc+1+i.bx())
	case opForPrep, opForLoop:
		return fmt.Sprint(i.a(), " -> ", pc+1+i.bx())
	case opCall, opTailCall, opSetList:
		return a + " " + count(i.b()) + " " + count(i.c())
	case opReturn, opVararg:
		return a + " " + count(i.b())
	case opTest, opForIn:
		return fmt.Sprint(i.a(), " ", i.c())
	case opClosure, opExtra:
		return fmt.Sprint(i.a(), " ", i.bx())
	}
	return fmt.Sprint(i.a(), " ", i.b(), " ", i.c())
}

func showValue(v Value) string {
	if s, ok := v.Text(); ok {
		return fmt.Sprintf("%q", s)
	}
	if n, ok := v.Number(); ok {
		return "k" + NumberText(n)
	}
	if v.Kind() == KindBool {
		return fmt.Sprint(v.True())
	}
	return v.TypeName()
}
