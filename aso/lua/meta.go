package lua

import "math"

// The names of the metamethods.
var (
	nameIndex    = String("__index")
	nameNewIndex = String("__newindex")
	nameCall     = String("__call")
	nameEq       = String("__eq")
	nameLt       = String("__lt")
	nameLe       = String("__le")
	nameConcat   = String("__concat")
	nameLen      = String("__len")
	nameNeg      = String("__unm")
	arithNames   = [...]Value{String("__add"), String("__sub"), String("__mul"), String("__div"), String("__mod"), String("__pow")}
)

// maxChain bounds the tables that an access goes through.
const maxChain = 100

// Metatable returns the metatable of a value, or nil.
func (L *State) Metatable(v Value) *Table {
	switch v.Kind() {
	case KindTable:
		return v.Table().Meta
	case KindUserData:
		return v.UserData().Meta
	case KindString:
		return L.Strings
	}
	return nil
}

// MetaField returns a field of the metatable of a value, or nil.
func (L *State) MetaField(v Value, name string) Value { return L.metaField(v, String(name)) }

func (L *State) metaField(v, name Value) Value {
	if mt := L.Metatable(v); mt != nil {
		if n := mt.findString(name); n != nil {
			return n.val
		}
	}
	return Nil
}

// Index is v[key].
func (L *State) Index(v, key Value) Value { return L.index(v, key, -1) }

// index is v[key], where v is in the register reg.
func (L *State) index(v, key Value, reg int) Value {
	for range maxChain {
		var handler Value
		if t := v.Table(); t != nil {
			if got := t.Get(key); !got.IsNil() {
				return got
			}
			if t.View != nil {
				return t.View(L, key)
			}
			if t.Meta == nil {
				return Nil
			}
			if handler = L.metaField(v, nameIndex); handler.IsNil() {
				return Nil
			}
		} else if handler = L.metaField(v, nameIndex); handler.IsNil() {
			L.typeError("index", v, reg)
		}
		if handler.Function() != nil {
			return L.Call1(handler, v, key)
		}
		v, reg = handler, -1
	}
	L.fail("loop in gettable")
	return Nil
}

// SetIndex is v[key] = val.
func (L *State) SetIndex(v, key, val Value) { L.setIndex(v, key, val, -1) }

func (L *State) setIndex(v, key, val Value, reg int) {
	for range maxChain {
		var handler Value
		if t := v.Table(); t != nil {
			if t.Access != Plain {
				L.Owner.Refuse(L, t, false)
			}
			if t.Meta == nil {
				L.RawSet(t, key, val)
				return
			}
			if p := t.at(key); p != nil && !p.IsNil() {
				*p = val
				return
			}
			if handler = L.metaField(v, nameNewIndex); handler.IsNil() {
				L.RawSet(t, key, val)
				return
			}
		} else if handler = L.metaField(v, nameNewIndex); handler.IsNil() {
			L.typeError("index", v, reg)
		}
		if handler.Function() != nil {
			L.callMeta(handler, 0, v, key, val)
			return
		}
		v, reg = handler, -1
	}
	L.fail("loop in settable")
}

// Writable lets the owner refuse a write to t. by is set for a library function.
func (L *State) Writable(t *Table, by bool) {
	if t.Access != Plain {
		L.Owner.Refuse(L, t, by)
	}
}

// RawSet stores a value without metamethods, and charges for a new key.
func (L *State) RawSet(t *Table, key, val Value) {
	if p := t.at(key); p != nil {
		*p = val
		return
	}
	if key.IsNil() {
		L.fail("table index is nil")
	}
	if key.isNumber() && math.IsNaN(key.number()) {
		L.fail("table index is NaN")
	}
	*t.insert(L, key) = val
}

// callMeta calls a metamethod for so many results, which are behind L.top.
func (L *State) callMeta(fn Value, results int, args ...Value) {
	at := L.top
	L.room(at + 1 + len(args))
	L.stack[at] = fn
	copy(L.stack[at+1:], args)
	L.top += 1 + len(args)
	L.call(at, len(args), results)
	L.top = at
}

// Call1 calls a function and returns its first result.
func (L *State) Call1(fn Value, args ...Value) Value {
	at := L.top
	L.callMeta(fn, 1, args...)
	return L.stack[at]
}

func toNumber(v Value) (float64, bool) {
	if v.isNumber() {
		return v.number(), true
	}
	if s, ok := v.Text(); ok {
		return ParseNumber(s)
	}
	return 0, false
}

// arith is an operation that is not on two numbers.
func (L *State) arith(op opcode, a, b Value, regA, regB int) Value {
	x, okX := L.toNumber(a)
	y, okY := L.toNumber(b)
	if okX && okY {
		return Number(arithmetic(op, x, y))
	}
	name := nameNeg
	if op != opNeg {
		name = arithNames[op-opAdd]
	}
	fn := L.metaField(a, name)
	if fn.IsNil() {
		fn = L.metaField(b, name)
	}
	if fn.IsNil() {
		L.arithError(a, b, regA, regB)
	}
	return L.Call1(fn, a, b)
}

// toNumber is that of arithmetic. Reading a text takes work.
func (L *State) toNumber(v Value) (float64, bool) {
	if s, ok := v.Text(); ok {
		L.read(len(s))
	}
	return toNumber(v)
}

func arithmetic(op opcode, x, y float64) float64 {
	switch op {
	case opAdd:
		return x + y
	case opSub:
		return x - y
	case opMul:
		return x * y
	case opDiv:
		return x / y
	case opMod:
		return modulo(x, y)
	case opPow:
		return Pow(x, y)
	}
	return -x
}

// Pow is x^y. The C library's NaN of what has no value is negative.
func Pow(x, y float64) float64 {
	f := math.Pow(x, y)
	if f == f {
		return f
	}
	if x != x {
		if odd := math.Abs(math.Mod(y, 2)) == 1; odd {
			return math.Abs(x)
		}
		return x
	}
	if y != y {
		return y
	}
	return math.Copysign(f, -1)
}

// modulo is the macro of Lua 5.1; the conversion keeps the compiler from fusing.
func modulo(x, y float64) float64 { return x - float64(math.Floor(x/y)*y) }

// equal is a == b.
func (L *State) equal(a, b Value) bool {
	if a.isNumber() || b.isNumber() {
		return a.isNumber() && b.isNumber() && a.number() == b.number()
	}
	if a.bits != b.bits || a.ref == b.ref {
		return a == b
	}
	switch a.Kind() {
	case KindString:
		return L.text(a) == b.str()
	case KindTable, KindUserData:
		fn := L.metaField(a, nameEq)
		return !fn.IsNil() && Equal(fn, L.metaField(b, nameEq)) && L.Call1(fn, a, b).True()
	}
	return false
}

// Less is a < b.
func (L *State) Less(a, b Value) bool {
	if a.isNumber() && b.isNumber() {
		return a.number() < b.number()
	}
	if a.isString() && b.isString() {
		return L.text(a) < L.text(b)
	}
	less, ok := L.order(nameLt, a, b)
	if !ok {
		L.orderError(a, b)
	}
	return less
}

func (L *State) lessEqual(a, b Value) bool {
	if a.isNumber() && b.isNumber() {
		return a.number() <= b.number()
	}
	if a.isString() && b.isString() {
		return L.text(a) <= L.text(b)
	}
	less, ok := L.order(nameLe, a, b)
	if !ok {
		if less, ok = L.order(nameLt, b, a); !ok {
			L.orderError(a, b)
		}
		less = !less
	}
	return less
}

// text is a string that is about to be compared.
func (L *State) text(v Value) string {
	s := v.str()
	L.read(len(s))
	return s
}

// read takes the work of looking at n bytes.
func (L *State) read(n int) {
	if n >= 64 {
		L.work(n >> 6)
	}
}

// order asks a metamethod that both values have.
func (L *State) order(name, a, b Value) (less, ok bool) {
	fn := L.metaField(a, name)
	if a.Kind() != b.Kind() || fn.IsNil() || !Equal(fn, L.metaField(b, name)) {
		return false, false
	}
	return L.Call1(fn, a, b).True(), true
}

// length is #v.
func (L *State) length(v Value, reg int) Value {
	switch v.Kind() {
	case KindTable:
		return Number(float64(v.Table().Len()))
	case KindString:
		return Number(float64(len(v.str())))
	}
	fn := L.metaField(v, nameLen)
	if fn.IsNil() {
		L.typeError("get length of", v, reg)
	}
	return L.Call1(fn, v)
}

// concat joins the registers first..last from the right.
func (L *State) concat(regs []Value, first, last int) Value {
	acc := regs[last]
	for i := last - 1; i >= first; {
		from := i + 1
		if isText(acc) {
			for from > first && isText(regs[from-1]) {
				from--
			}
		}
		if from <= i {
			acc = L.join(regs[from:i+1], acc)
			i = from - 1
			continue
		}
		acc = L.concatMeta(regs[i], acc, i, i+1)
		i--
	}
	return acc
}

func (L *State) concatMeta(a, b Value, regA, regB int) Value {
	fn := L.metaField(a, nameConcat)
	if fn.IsNil() {
		fn = L.metaField(b, nameConcat)
	}
	if fn.IsNil() {
		L.concatError(a, b, regA, regB)
	}
	return L.Call1(fn, a, b)
}

func isText(v Value) bool { return v.isNumber() || v.isString() }

const numberSize = 24 // of its text at most

// join concatenates texts.
func (L *State) join(parts []Value, last Value) Value {
	size := textSize(last)
	for _, v := range parts {
		size += textSize(v)
	}
	if size > math.MaxInt32 {
		L.fail("string length overflow")
	}
	L.Owner.Charge(size + stringBytes)
	buf := make([]byte, 0, size)
	for _, v := range parts {
		buf = appendText(buf, v)
	}
	buf = appendText(buf, last)
	return ownedString(buf)
}

func textSize(v Value) int {
	if v.isString() {
		return len(v.str())
	}
	return numberSize
}

func appendText(b []byte, v Value) []byte {
	if v.isString() {
		return append(b, v.str()...)
	}
	return AppendNumber(b, v.number())
}
