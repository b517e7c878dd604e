package sandbox

import "strconv"

// Kind is the type of a Value.
type Kind uint8

// The kinds. OK, Err, Double, MapReply and SetReply are the reply shapes of the
// Redis dialect, {ok=...}, {err=...}, {double=...}, {map=...} and {set=...}.
const (
	Nil Kind = iota
	Bool
	Number
	String
	Table
	OK       // Str is the status
	Err      // Str is the message
	Double   // Num is the number
	MapReply // Tab.Fields are the pairs
	SetReply // Tab.Fields has the members as keys
)

// Value is what crosses between Lua and Go. The zero Value is nil.
type Value struct {
	Kind Kind
	Num  float64 // Number, Double; 1 for a true Bool
	Str  string  // String, OK, Err
	Tab  *Tab    // Table, MapReply, SetReply
}

// Tab is the content of a table: the items 1..n, then the other pairs in the
// order of the table.
type Tab struct {
	Array  []Value
	Fields []Field
}

// Field is one key and its value.
type Field struct {
	Key, Value Value
}

// BoolValue makes a Bool.
func BoolValue(b bool) Value {
	if b {
		return Value{Kind: Bool, Num: 1}
	}
	return Value{Kind: Bool}
}

// NumberValue makes a Number.
func NumberValue(f float64) Value { return Value{Kind: Number, Num: f} }

// StringValue makes a String.
func StringValue(s string) Value { return Value{Kind: String, Str: s} }

// ArrayValue makes a Table with the items 1..n.
func ArrayValue(items ...Value) Value { return Value{Kind: Table, Tab: &Tab{Array: items}} }

// StatusValue makes the reply {ok=text}.
func StatusValue(text string) Value { return Value{Kind: OK, Str: text} }

// True reports what Lua thinks of the value in a condition.
func (v Value) True() bool { return v.Kind != Nil && (v.Kind != Bool || v.Num != 0) }

// Get returns the value of a string key of a table, or nil.
func (v Value) Get(key string) Value {
	if v.Tab == nil {
		return Value{}
	}
	for i := range v.Tab.Fields {
		if f := &v.Tab.Fields[i]; f.Key.Kind == String && f.Key.Str == key {
			return f.Value
		}
	}
	return Value{}
}

// Int returns a Number that is a whole int64.
func (v Value) Int() (int64, bool) {
	if v.Kind != Number || v.Num != v.Num || v.Num < -1<<63 || v.Num >= 1<<63 {
		return 0, false
	}
	n := int64(v.Num)
	return n, float64(n) == v.Num
}

// AppendText appends the argument a command gets for a String, Number or Bool, and
// reports whether the value has one. As in Redis, a number is written as an
// integer if it is one and with 17 digits otherwise; true is "1" and false is "0".
func (v Value) AppendText(b []byte) ([]byte, bool) {
	switch v.Kind {
	case String, OK, Err:
		return append(b, v.Str...), true
	case Number, Double:
		return appendArgument(b, v.Num), true
	case Bool:
		return strconv.AppendInt(b, int64(v.Num), 10), true
	default:
		return b, false
	}
}
