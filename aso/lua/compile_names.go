package lua

import (
	"slices"
	"strings"
)

// span is where a variable is in a register: from an instruction up to, not including, another.
type span struct {
	name     string
	reg      int
	from, to int
}

// namer finds what error messages call the operands of a function. It finds what PUC Lua's symbexec and getobjname (ldebug.c) find: that goes through
// the code up to an instruction, jumps forward where a jump does not go beyond it, and takes the last change of the register.
type namer struct {
	*function
	at      int           // the instruction
	next    int           // of the spans, the first that begins behind it
	locals  []int         // the last span of each register
	path    []int         // the instructions that lead here
	sources map[int]jumps // of the forward jumps, by target
	words   map[string]string
}

func (f *function) nameOperands() {
	n := namer{function: f, locals: make([]int, f.proto.Slots+1), sources: map[int]jumps{}, words: map[string]string{}}
	for i := range n.locals {
		n.locals[i] = -1
	}
	for pc, i := range f.proto.code {
		if op := i.op(); (op == opJump || op == opForPrep) && i.bx() > 0 {
			n.sources[pc+1+i.bx()] = append(n.sources[pc+1+i.bx()], pc)
		}
	}
	for pc, i := range f.proto.code {
		n.arrive(pc)
		n.instruction(i)
		n.path = append(n.path, pc)
	}
}

// arrive goes on to the next instruction.
func (n *namer) arrive(pc int) {
	n.at = pc
	for ; n.next < len(n.spans) && n.spans[n.next].from <= pc; n.next++ {
		if reg := n.spans[n.next].reg; reg < len(n.locals) {
			n.locals[reg] = n.next
		}
	}
	for _, source := range n.sources[pc] {
		if i, ok := slices.BinarySearch(n.path, source); ok {
			n.path = n.path[:i+1]
			return
		}
	}
}

// instruction names the operands that must have a type.
func (n *namer) instruction(i instr) {
	switch i.op() {
	case opGetField, opGetIndex, opSelf, opLen, opNeg:
		n.operand(i.b())
	case opSetField, opSetIndex, opCall, opTailCall:
		n.operand(i.a())
	case opAdd, opSub, opMul, opDiv, opMod, opPow:
		n.operand(i.b())
		n.operand(i.c())
	case opConcat:
		for reg := i.b(); reg <= i.c(); reg++ {
			n.operand(reg)
		}
	}
}

func (n *namer) operand(reg int) {
	name := ""
	if reg&constBit != 0 {
		name = n.titles[reg&^constBit]
	} else {
		name = n.register(reg)
	}
	if name == "" {
		return
	}
	if n.proto.names == nil {
		n.proto.names = map[operand]string{}
	}
	n.proto.names[operand{n.at, reg}] = name
}

// register returns what a register holds, or nothing if that has no name.
func (n *namer) register(reg int) string {
	for {
		if name := n.local(reg); name != "" {
			return name
		}
		i, ok := n.lastChange(reg)
		if !ok {
			return ""
		}
		switch i.op() {
		case opMove:
			if i.b() >= i.a() {
				return ""
			}
			reg = i.b()
			continue
		case opGetCell:
			return n.local(i.b())
		case opGetUp, opGetUpCell:
			return n.word("upvalue", n.proto.captures[i.b()].name)
		case opGetGlobal:
			return n.constant("global", i.bx())
		case opGetField:
			if n.titles[i.c()] != "" { // a variable to PUC Lua
				return "field '?'"
			}
			return n.constant("field", i.c())
		case opGetIndex:
			return "field '?'"
		case opSelf:
			return n.constant("method", i.c())
		case opLoadK:
			return n.titles[i.bx()]
		}
		return ""
	}
}

func (n *namer) constant(kind string, k int) string { return n.word(kind, n.proto.consts[k].str()) }

func (n *namer) word(kind, name string) string {
	name, _, _ = strings.Cut(name, "\x00") // messages are strings of C
	if global, ok := strings.CutPrefix(name, GlobalPrefix); ok {
		kind, name = "global", global
	}
	w := kind + " '" + name + "'"
	if known, ok := n.words[w]; ok {
		return known
	}
	n.words[w] = w
	return w
}

func (n *namer) local(reg int) string {
	if reg >= len(n.locals) || n.locals[reg] < 0 {
		return ""
	}
	s := n.spans[n.locals[reg]]
	if s.to <= n.at {
		return ""
	}
	return n.word("local", s.name)
}

// lastChange returns the instruction that changed a register last.
func (n *namer) lastChange(reg int) (instr, bool) {
	for i := len(n.path) - 1; i >= 0; i-- {
		if c := n.proto.code[n.path[i]]; c.changes(reg) {
			return c, true
		}
	}
	return 0, false
}

// changes reports whether PUC Lua takes it that an instruction changes a register.
func (i instr) changes(reg int) bool {
	switch i.op() {
	case opSetCell, opSetUpCell, opSetGlobal, opSetField, opSetIndex, opSetList, opJump, opEq, opLt, opLe, opReturn, opExtra:
		return false
	case opLoadNil:
		return i.a() <= reg && reg <= i.b()
	case opSelf:
		return reg == i.a() || reg == i.a()+1
	case opCall, opTailCall:
		return reg >= i.a()
	case opForIn:
		return reg >= i.a()+2
	default:
		return reg == i.a()
	}
}
