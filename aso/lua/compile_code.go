package lua

import (
	"math"
	"unsafe"
)

// jumps are instructions that jump to a place that is not known yet.
type jumps []int

// noRegister is where an opTestSet puts its value until that is known.
const noRegister = 1<<16 - 1

func (i instr) withA(a int) instr { return i&^(0xffff<<16) | instr(uint16(a))<<16 }
func (i instr) withB(b int) instr { return i&^(0xffff<<32) | instr(uint16(b))<<32 }
func (i instr) withC(c int) instr { return i&^(0xffff<<48) | instr(uint16(c))<<48 }

// tests reports whether an instruction skips the next one, an opJump.
func (i instr) tests() bool {
	switch i.op() {
	case opEq, opLt, opLe, opTest, opTestSet, opForIn:
		return true
	}
	return false
}

func (f *function) pc() int { return len(f.proto.code) }

func (f *function) emit(i instr) int {
	if len(f.here) > 0 {
		held := f.here
		f.here = nil
		f.patch(held, f.pc())
	}
	f.proto.code = append(f.proto.code, i)
	f.proto.lines = append(f.proto.lines, int32(f.line))
	return f.pc() - 1
}

// emitNil clears n registers.
func (f *function) emitNil(from, n int) {
	if last := f.pc() - 1; last >= f.labelled && last >= 0 {
		if i := f.proto.code[last]; i.op() == opLoadNil && i.a() <= from && from <= i.b()+1 {
			f.proto.code[last] = i.withB(max(i.b(), from+n-1))
			return
		}
	}
	f.emit(abc(opLoadNil, from, from+n-1, 0))
}

// jump emits a jump. What jumps to the next instruction goes with it.
func (f *function) jump() jumps {
	held := f.here
	f.here = nil
	return append(jumps{f.emit(abx(opJump, 0, 0))}, held...)
}

// testJump emits a test and its jump, and returns where that is.
func (f *function) testJump(i instr) int {
	f.emit(i)
	return f.emit(abx(opJump, 0, 0))
}

// label marks the next instruction as one that is jumped to, and returns where it is.
func (f *function) label() int {
	f.labelled = f.pc()
	return f.labelled
}

func (f *function) landHere(list jumps) {
	f.label()
	f.here = append(f.here, list...)
}

// land makes jumps go back to an instruction.
func (f *function) land(list jumps, at int) {
	if at == f.pc() {
		f.landHere(list)
		return
	}
	f.patch(list, at)
}

func (f *function) patch(list jumps, at int) { f.patchValues(list, at, noRegister, at) }

// patchValues makes the jumps that have a value go to one place, with the value in a register, and the others to another.
func (f *function) patchValues(list jumps, valued, reg, other int) {
	for _, pc := range list {
		if f.patchTest(pc, reg) {
			f.setJump(pc, valued)
		} else {
			f.setJump(pc, other)
		}
	}
}

func (f *function) setJump(pc, to int) {
	f.proto.code[pc] = abx(f.proto.code[pc].op(), f.proto.code[pc].a(), to-pc-1)
}

// control returns the test before a jump, or the jump.
func (f *function) control(pc int) *instr {
	if pc > 0 && f.proto.code[pc-1].tests() {
		return &f.proto.code[pc-1]
	}
	return &f.proto.code[pc]
}

// patchTest says where the value of a test goes. It reports false if that has none.
func (f *function) patchTest(pc, reg int) bool {
	i := f.control(pc)
	if i.op() != opTestSet {
		return false
	}
	if reg != noRegister && reg != i.b() {
		*i = i.withA(reg)
	} else {
		*i = abc(opTest, i.b(), 0, i.c())
	}
	return true
}

// dropValues is for jumps whose values nobody needs.
func (f *function) dropValues(list jumps) {
	for _, pc := range list {
		f.patchTest(pc, noRegister)
	}
}

// needValue reports whether a jump leaves it to its target to make the value.
func (f *function) needValue(list jumps) bool {
	for _, pc := range list {
		if f.control(pc).op() != opTestSet {
			return true
		}
	}
	return false
}

// room makes sure that there are n more registers.
func (f *function) room(n int) {
	if f.free+n > maxRegisters {
		f.fail("function or expression too complex")
	}
	f.proto.Slots = max(f.proto.Slots, f.free+n)
}

func (f *function) reserve(n int) {
	f.room(n)
	f.free += n
}

// release frees a register, unless a variable or a constant is meant.
func (f *function) release(reg int) {
	if reg&constBit == 0 && reg >= f.active {
		f.free--
	}
}

// constantKey tells constants apart that are no strings of the source.
type constantKey struct {
	ref   unsafe.Pointer
	bits  uint64
	title string
}

func (f *function) stringConstant(s string) int {
	i, ok := f.strings[s]
	if !ok {
		i = f.addConstant(String(s))
		f.strings[s] = i
	}
	return i
}

func (f *function) numberConstant(n float64) int { return f.valueConstant(Number(n), "") }

// valueConstant returns the constant of a value that error messages call title. As in PUC Lua 0 and -0 are one constant, the one that comes first.
func (f *function) valueConstant(v Value, title string) int {
	key := constantKey{v.ref, v.bits, title}
	if v.isNumber() && v.number() == 0 {
		key.bits = 0
	}
	i, ok := f.values[key]
	if !ok {
		i = f.addConstant(v)
		f.values[key] = i
		if title != "" {
			if f.titles == nil {
				f.titles = map[int]string{}
			}
			f.titles[i] = title
		}
	}
	return i
}

func (f *function) addConstant(v Value) int {
	f.proto.consts = append(f.proto.consts, v)
	return len(f.proto.consts) - 1
}

func (f *function) hashConstants() {
	f.proto.hashes = make([]uint32, len(f.proto.consts))
	for i, v := range f.proto.consts {
		if v.isString() {
			f.proto.hashes[i] = hashString(v.str())
		}
	}
}

// sizeHint is what PUC Lua makes of the number of items of a constructor: it has 5 bits of exponent and 3 of mantissa for it.
func sizeHint(n int) int {
	exponent := 0
	for n >= 16 {
		n = (n + 1) >> 1
		exponent++
	}
	return min(n<<exponent, math.MaxUint16)
}
