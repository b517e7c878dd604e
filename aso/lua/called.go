package lua

import "strings"

// Called tells what Lua code called the running function of the host as: "method", "field", "global", "local" or "upvalue", and the name. The name
// is "?" if it was called in another way.
func (L *State) Called() (kind, name string) {
	fr := L.level(1)
	if fr == nil || fr.fn.Go != nil {
		return "", "?"
	}
	pc := int(fr.pc) - 1
	switch i := fr.fn.Proto.code[pc]; i.op() {
	case opCall, opTailCall:
		if kind, name, ok := strings.Cut(fr.fn.Proto.names[operand{pc, i.a()}], " '"); ok {
			return kind, strings.TrimSuffix(name, "'")
		}
	case opForIn:
		return "local", "(for generator)"
	}
	return "", "?"
}
