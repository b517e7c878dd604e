package lua

import (
	"math"
	"unsafe"
)

// Kind is the type of a value.
type Kind uint8

// The kinds. A cell is a local variable that closures share; no Lua code sees one.
const (
	KindNil Kind = iota
	KindBool
	KindNumber
	KindString
	KindTable
	KindFunction
	KindUserData
	KindThread
	kindCell
)

var kindNames = [...]string{"nil", "boolean", "number", "string", "table", "function", "userdata", "thread", "cell"}

func (k Kind) String() string { return kindNames[k] }

// Value is a Lua value in two words, so that a number needs no memory of its own:
//
//	nil        ref nil, bits 0
//	boolean    ref nil, bits the kind and 0 or 1
//	number     ref &numberTag, bits the IEEE 754 number
//	string     ref the first byte, bits the kind and the length
//	otherwise  ref the object, bits the kind
//
// The zero Value is nil. Values are compared with Equal, never with ==.
type Value struct {
	ref  unsafe.Pointer
	bits uint64
}

const (
	kindShift = 56
	lowBits   = 1<<kindShift - 1
	cellBits  = uint64(kindCell) << kindShift
)

var (
	numberTag byte
	emptyByte byte // where empty strings point
)

// The values that are always the same.
var (
	Nil   = Value{}
	False = Value{nil, uint64(KindBool) << kindShift}
	True  = Value{nil, uint64(KindBool)<<kindShift | 1}
)

// Bool makes a boolean.
func Bool(b bool) Value {
	if b {
		return True
	}
	return False
}

// Number makes a number.
func Number(f float64) Value { return Value{unsafe.Pointer(&numberTag), math.Float64bits(f)} }

// String makes a string. It keeps s.
func String(s string) Value {
	if len(s) == 0 {
		return Value{unsafe.Pointer(&emptyByte), uint64(KindString) << kindShift}
	}
	return Value{unsafe.Pointer(unsafe.StringData(s)), uint64(KindString)<<kindShift | uint64(len(s))}
}

func object(p unsafe.Pointer, k Kind) Value { return Value{p, uint64(k) << kindShift} }

// Value returns t as a value; that of a nil table is nil.
func (t *Table) Value() Value {
	if t == nil {
		return Nil
	}
	return object(unsafe.Pointer(t), KindTable)
}

// Value returns f as a value.
func (f *Function) Value() Value { return object(unsafe.Pointer(f), KindFunction) }

// Value returns u as a value.
func (u *UserData) Value() Value { return object(unsafe.Pointer(u), KindUserData) }

// Value returns the thread as a value.
func (L *State) Value() Value { return object(unsafe.Pointer(L), KindThread) }

func cellValue(c *cell) Value { return object(unsafe.Pointer(c), kindCell) }

// UserData is an object of the host.
type UserData struct {
	Data any
	Meta *Table
}

// cell is a local variable that closures share and that is assigned after it was captured.
type cell struct{ v Value }

// Kind returns the type of v.
func (v Value) Kind() Kind {
	if v.isNumber() {
		return KindNumber
	}
	return Kind(v.bits >> kindShift)
}

// IsNil reports whether v is nil.
func (v Value) IsNil() bool { return v.ref == nil && v.bits == 0 }

// True reports what v is in a condition: all but nil and false.
func (v Value) True() bool { return v.ref != nil || v.bits == True.bits }

func (v Value) isNumber() bool { return v.ref == unsafe.Pointer(&numberTag) }

func (v Value) number() float64 { return math.Float64frombits(v.bits) }

// Number returns v if it is a number. A string is none.
func (v Value) Number() (float64, bool) {
	if v.isNumber() {
		return v.number(), true
	}
	return 0, false
}

func (v Value) is(k Kind) bool { return !v.isNumber() && Kind(v.bits>>kindShift) == k }

func (v Value) isString() bool { return v.is(KindString) }

func (v Value) str() string { return unsafe.String((*byte)(v.ref), int(v.bits&lowBits)) }

// Text returns v if it is a string. A number is none.
func (v Value) Text() (string, bool) {
	if v.isString() {
		return v.str(), true
	}
	return "", false
}

// Table returns v if it is a table, else nil.
func (v Value) Table() *Table {
	if v.is(KindTable) {
		return (*Table)(v.ref)
	}
	return nil
}

// Function returns v if it is a function, else nil.
func (v Value) Function() *Function {
	if v.is(KindFunction) {
		return (*Function)(v.ref)
	}
	return nil
}

// UserData returns v if it is one, else nil.
func (v Value) UserData() *UserData {
	if v.is(KindUserData) {
		return (*UserData)(v.ref)
	}
	return nil
}

// Thread returns v if it is a coroutine, else nil.
func (v Value) Thread() *State {
	if v.is(KindThread) {
		return (*State)(v.ref)
	}
	return nil
}

// cell returns what only the compiler says is a cell: hence the check.
func (v Value) cell() *cell {
	if v.bits != cellBits || v.isNumber() {
		panic("lua: a variable is no cell")
	}
	return (*cell)(v.ref)
}

// TypeName is what type() returns.
func (v Value) TypeName() string { return v.Kind().String() }

// Equal reports whether two values are equal without metamethods.
func Equal(a, b Value) bool {
	if a.isNumber() {
		return b.isNumber() && a.number() == b.number()
	}
	if a.bits != b.bits {
		return false
	}
	if a.ref == b.ref {
		return true
	}
	return a.isString() && b.isString() && a.str() == b.str()
}

// ID tells values apart that are objects: two are the same object if their IDs are equal.
func (v Value) ID() unsafe.Pointer { return v.ref }

const stringBytes = 16 // of a string besides its text

// ownedString makes a string of bytes that nobody changes any more.
func ownedString(b []byte) Value { return String(unsafe.String(unsafe.SliceData(b), len(b))) }
