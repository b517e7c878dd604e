package lua

import (
	"fmt"
	"strconv"
)

// Error is what a failing function raises: Lua code can catch it.
type Error struct {
	Value  Value
	Source string // where it was raised: as PUC Lua has it, "@" and a name, "=[C]" or the source itself; "" if that is unknown
	Line   int    // -1 in a function of the host
}

func (e *Error) Error() string {
	if s, ok := e.Value.Text(); ok {
		return s
	}
	return "(error object is a " + e.Value.TypeName() + " value)"
}

// RaiseError raises a text, behind the place of the Lua code that runs or, in a function of the host, of its call.
func (L *State) RaiseError(format string, args ...any) {
	level := 1
	if L.depth > 0 && L.frames[L.depth-1].fn.Go == nil {
		level = 0 // Views and Refuse have no frame
	}
	L.raise(L.Where(level), fmt.Sprintf(format, args...))
}

// fail raises a text, behind the place where Lua code runs.
func (L *State) fail(format string, args ...any) {
	L.raise(L.Where(0), fmt.Sprintf(format, args...))
}

func (L *State) raise(where, text string) {
	L.Owner.Charge(len(where) + len(text) + 64)
	panic(L.newError(String(where + text)))
}

// newError makes an error with its place: of the function that runs or, if that is one of the host, of what called it.
func (L *State) newError(v Value) *Error {
	e := &Error{Value: v}
	at := L.depth - 1
	if at > 0 && L.frames[at].fn.Go != nil {
		at--
	}
	if at < 0 {
		return e
	}
	fr := &L.frames[at]
	switch {
	case fr.fn.Go == nil:
		e.Source, e.Line = fr.fn.Proto.source(), fr.line()
	case at < L.depth-1:
		e.Source, e.Line = "=[C]", -1
	}
	return e
}

// Error raises a value. With a level above 0 a text gets the place in front, as Where says it.
func (L *State) Error(v Value, level int) {
	if s, ok := v.Text(); ok && level > 0 {
		L.raise(L.Where(level), s)
	}
	panic(L.newError(v))
}

// Where returns the place of a level, "name:line: ", or nothing for a function of the host. Level 0 is the running function, 1 the one that called it.
func (L *State) Where(level int) string {
	fr := L.level(level)
	if fr == nil || fr.fn.Go != nil {
		return ""
	}
	return fr.fn.Proto.Name + ":" + strconv.Itoa(fr.line()) + ": "
}

// Place returns where a level is, which is at least 1: as Error has it, or "=(tail call)" and -1 if a tail call took its frame. ok is false if it does not exist.
func (L *State) Place(level int) (source string, line int, ok bool) {
	if caller := L.level(1); caller != nil && caller.fn.Go == nil {
		if i := caller.fn.Proto.code[caller.pc-1]; i.op() == opTailCall { // PUC Lua's function, which is none of the host, took its frame
			return "=(tail call)", -1, true
		}
	}
	switch fr := L.level(level); {
	case fr == nil:
		return "=(tail call)", -1, L.depth > level
	case fr.fn.Go != nil:
		return "=[C]", -1, true
	default:
		return fr.fn.Proto.source(), fr.line(), true
	}
}

// level finds a call. One whose frame a tail call took is nil.
func (L *State) level(level int) *frame {
	for i := L.depth - 1; i >= 0; i-- {
		fr := &L.frames[i]
		if level == 0 {
			return fr
		}
		level--
		if level < int(fr.tails) {
			return nil
		}
		level -= int(fr.tails)
	}
	return nil
}

func (fr *frame) line() int {
	pc := int(fr.pc) - 1
	if lines := fr.fn.Proto.lines; pc >= 0 && pc < len(lines) {
		return int(lines[pc])
	}
	return fr.fn.Proto.Line
}

// typeError raises that a value cannot be used in some way. reg is the register or constant that the instruction found it in, -1 if it is no operand.
func (L *State) typeError(verb string, v Value, reg int) {
	if name := L.operandName(reg); name != "" {
		L.fail("attempt to %s %s (a %s value)", verb, name, v.TypeName())
	}
	L.fail("attempt to %s a %s value", verb, v.TypeName())
}

func (L *State) operandName(reg int) string {
	if reg < 0 || L.depth == 0 {
		return ""
	}
	fr := &L.frames[L.depth-1]
	if fr.fn.Go != nil {
		return ""
	}
	return fr.fn.Proto.names[operand{int(fr.pc) - 1, reg}]
}

func (L *State) arithError(a, b Value, regA, regB int) {
	if _, ok := toNumber(a); ok {
		a, regA = b, regB
	}
	L.typeError("perform arithmetic on", a, regA)
}

func (L *State) concatError(a, b Value, regA, regB int) {
	if a.isString() || a.isNumber() {
		a, regA = b, regB
	}
	L.typeError("concatenate", a, regA)
}

// orderError compares the third letters of types, as PUC Lua does: to it a thread and a string are "two thread values".
func (L *State) orderError(a, b Value) {
	if x, y := a.TypeName(), b.TypeName(); x[2] != y[2] {
		L.fail("attempt to compare %s with %s", x, y)
	}
	L.fail("attempt to compare two %s values", a.TypeName())
}
