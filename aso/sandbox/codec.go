package sandbox

import (
	"encoding/binary"
	"errors"
	"math"
	"strconv"
)

// The encoding of a state: a version byte and one table. A table is the number of
// its items 1..n, the number of its other pairs, the items, the pairs. These are
// written in the order of byKey, and a number that is an integer is always written
// as one, so that equal states have equal bytes. They are read in any order.
const (
	stateVersion  = 1
	maxStateDepth = 16
)

const (
	tagFalse  = 0
	tagTrue   = 1
	tagInt    = 2 // zigzag varint
	tagFloat  = 3 // 8 bytes, little endian
	tagString = 4 // length, bytes
	tagTable  = 5 // items, pairs
)

var errState = errors.New("stored state is damaged")

// encoder appends a state; the first error stops it.
type encoder struct {
	buf  []byte
	max  int // bytes
	err  error
	path string // of the part that err is of
}

func (e *encoder) fail(err error) {
	if e.err == nil {
		e.err = err
	}
}

// room checks the size before n more bytes are appended.
func (e *encoder) room(n int) bool {
	if e.err == nil && len(e.buf)+n > e.max {
		e.fail(&LimitError{LimitState, "self.state is larger than " + strconv.Itoa(e.max) + " bytes"})
	}
	return e.err == nil
}

func (e *encoder) table(items, fields int) {
	if e.room(2 + items + 2*fields) {
		e.buf = append(e.buf, tagTable)
		e.buf = binary.AppendUvarint(e.buf, uint64(items))
		e.buf = binary.AppendUvarint(e.buf, uint64(fields))
	}
}

func (e *encoder) bool(v bool) {
	if !e.room(1) {
		return
	}
	if v {
		e.buf = append(e.buf, tagTrue)
	} else {
		e.buf = append(e.buf, tagFalse)
	}
}

func (e *encoder) number(f float64) {
	if !e.room(1) {
		return
	}
	if n, ok := wholeNumber(f); ok {
		e.buf = append(e.buf, tagInt)
		e.buf = binary.AppendVarint(e.buf, n)
	} else {
		e.buf = append(e.buf, tagFloat)
		e.buf = binary.LittleEndian.AppendUint64(e.buf, math.Float64bits(f))
	}
	e.room(0)
}

// key appends a number that is a key, which the decoder takes only as an integer. -0 is the same key as 0.
func (e *encoder) key(f float64) {
	if f == 0 {
		f = 0
	}
	if _, ok := wholeNumber(f); !ok {
		e.fail(stateFault(" has a key that is no integer"))
		return
	}
	e.number(f)
}

// wholeNumber reports the integer that a number is written as; -0 has none.
func wholeNumber(f float64) (int64, bool) {
	const exact = 1 << 53
	if f != math.Trunc(f) || f > exact || f < -exact || f == 0 && math.Signbit(f) {
		return 0, false
	}
	return int64(f), true
}

func (e *encoder) string(s string) {
	if e.room(2 + len(s)) {
		e.buf = append(e.buf, tagString)
		e.buf = binary.AppendUvarint(e.buf, uint64(len(s)))
		e.buf = append(e.buf, s...)
		e.room(0)
	}
}

// decoder reads a state. It is strict: what the encoder would not write is bad.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.bad = true
		return 0xff
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 || n > 1 && d.b[n-1] == 0 { // a last byte of zero is a longer form
		d.bad = true
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) int() float64 {
	u := d.uvarint()
	n := int64(u>>1) ^ -int64(u&1)
	f := float64(n)
	if back, ok := wholeNumber(f); !ok || back != n {
		d.bad = true
	}
	return f
}

func (d *decoder) float() float64 {
	f := d.bits()
	if _, whole := wholeNumber(f); whole {
		d.bad = true
	}
	return f
}

func (d *decoder) bits() float64 {
	if len(d.b) < 8 {
		d.bad = true
		return 0
	}
	f := math.Float64frombits(binary.LittleEndian.Uint64(d.b))
	d.b = d.b[8:]
	return f
}

func (d *decoder) string() string { return string(d.text()) }

// text returns the bytes of a string, which alias the state.
func (d *decoder) text() []byte {
	n := d.uvarint()
	if d.bad || n > uint64(len(d.b)) {
		d.bad = true
		return nil
	}
	s := d.b[:n]
	d.b = d.b[n:]
	return s
}

// table reads the counts; each item takes at least one byte, each pair two.
func (d *decoder) table(depth int) (items, fields int) {
	a, b := d.uvarint(), d.uvarint()
	room := uint64(len(d.b))
	if d.bad || depth >= maxStateDepth || a > room || b > room || a+2*b > room {
		d.bad = true
		return 0, 0
	}
	return int(a), int(b)
}

// DecodeState decodes the state of an object into a Table.
func DecodeState(b []byte) (Value, error) {
	if len(b) == 0 {
		return Value{Kind: Table, Tab: &Tab{}}, nil
	}
	d := decoder{b: b}
	if d.byte() != stateVersion || d.byte() != tagTable {
		return Value{}, errState
	}
	v := d.tab(0)
	if d.bad || len(d.b) != 0 {
		return Value{}, errState
	}
	return v, nil
}

func (d *decoder) tab(depth int) Value {
	items, fields := d.table(depth)
	t := &Tab{Array: make([]Value, 0, items), Fields: make([]Field, 0, fields)}
	for i := 0; i < items && !d.bad; i++ {
		t.Array = append(t.Array, d.value(depth))
	}
	seen := make(map[Value]bool, fields)
	for i := 0; i < fields && !d.bad; i++ {
		k := d.value(depth)
		if _, whole := wholeNumber(k.Num); k.Kind != String && !(k.Kind == Number && whole) || seen[k] {
			d.bad = true
			break
		}
		if k.Kind == Number && k.Num >= 1 && k.Num <= float64(items+1) { // the next one is an item as well
			d.bad = true
			break
		}
		seen[k] = true
		t.Fields = append(t.Fields, Field{k, d.value(depth)})
	}
	return Value{Kind: Table, Tab: t}
}

func (d *decoder) value(depth int) Value {
	switch tag := d.byte(); tag {
	case tagFalse, tagTrue:
		return BoolValue(tag == tagTrue)
	case tagInt:
		return NumberValue(d.int())
	case tagFloat:
		return NumberValue(d.float())
	case tagString:
		return StringValue(d.string())
	case tagTable:
		return d.tab(depth + 1)
	default:
		d.bad = true
		return Value{}
	}
}
