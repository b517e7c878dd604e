package lua

// instr is an instruction: an operation and three operands of 16 bits, or one of 16 and one of 32.
//
//	bits  0..7   operation
//	bits 16..31  a
//	bits 32..47  b    bits 32..63  bx, signed
//	bits 48..63  c
//
// R is a register, K a constant, RK a register or, with constBit, a constant.
type instr uint64

const constBit = 1 << 15

func (i instr) op() opcode { return opcode(i & 0xff) }
func (i instr) a() int     { return int(uint16(i >> 16)) }
func (i instr) b() int     { return int(uint16(i >> 32)) }
func (i instr) c() int     { return int(i >> 48) }
func (i instr) bx() int    { return int(int32(i >> 32)) }

func abc(op opcode, a, b, c int) instr {
	return instr(op) | instr(uint16(a))<<16 | instr(uint16(b))<<32 | instr(uint16(c))<<48
}

func abx(op opcode, a, bx int) instr {
	return instr(op) | instr(uint16(a))<<16 | instr(uint32(int32(bx)))<<32
}

type opcode uint8

const (
	opMove      opcode = iota // R[a] = R[b]
	opLoadK                   // R[a] = K[bx]
	opLoadNil                 // R[a..b] = nil
	opLoadBool                // R[a] = b != 0; if c != 0 skip the next
	opNewCell                 // R[a] = a cell that holds R[a]
	opGetCell                 // R[a] = what the cell R[b] holds
	opSetCell                 // the cell R[a] holds RK[b]
	opGetUp                   // R[a] = captured[b], a copy
	opGetUpCell               // R[a] = what the cell captured[b] holds
	opSetUpCell               // the cell captured[a] holds RK[b]
	opGetGlobal               // R[a] = globals[K[bx]]
	opSetGlobal               // globals[K[bx]] = R[a]
	opGetField                // R[a] = R[b][K[c]], a string
	opGetIndex                // R[a] = R[b][RK[c]]
	opSetField                // R[a][K[b]] = RK[c], a string
	opSetIndex                // R[a][RK[b]] = RK[c]
	opNewTable                // R[a] = {} with room for b items and c fields
	opSetList                 // R[a][c+1..c+b] = R[a+1..a+b]; b = openEnd: up to the top; c is in the next instruction, an opExtra, if it is openEnd
	opSelf                    // R[a+1] = R[b]; R[a] = R[b][K[c]], a string
	opAdd                     // R[a] = RK[b] + RK[c]
	opSub
	opMul
	opDiv
	opMod
	opPow
	opNeg      // R[a] = -RK[b]
	opNot      // R[a] = not R[b]
	opLen      // R[a] = #R[b]
	opConcat   // R[a] = R[b] .. ... .. R[c]
	opJump     // pc += bx
	opEq       // if (RK[b] == RK[c]) != (a != 0) skip the next, which is an opJump
	opLt       // the same with <
	opLe       // the same with <=
	opTest     // if R[a].True() != (c != 0) skip the next, which is an opJump
	opTestSet  // if R[b].True() == (c != 0) R[a] = R[b], else skip the next, which is an opJump
	opCall     // R[a], ..., R[a+c-1] = R[a](R[a+1], ..., R[a+b]); b = openEnd: arguments up to the top; c = openEnd: results set the top
	opTailCall // return R[a](R[a+1], ..., R[a+b])
	opReturn   // return R[a], ..., R[a+b-1]; b = openEnd: up to the top
	opForPrep  // R[a] -= R[a+2], numbers are checked; pc += bx
	opForLoop  // R[a] += R[a+2]; if R[a] is not behind R[a+1]: R[a+3] = R[a], pc += bx
	opForIn    // R[a+3], ..., R[a+2+c] = R[a](R[a+1], R[a+2]); if R[a+3] is not nil: R[a+2] = R[a+3], else skip the next, which is an opJump
	opClosure  // R[a] = a closure of protos[bx]
	opVararg   // R[a], ..., R[a+b-1] = ...; b = openEnd: all, sets the top
	opExtra    // bx belongs to the instruction before
)

// openEnd as a count means up to the top of the stack.
const openEnd = 1<<16 - 1
