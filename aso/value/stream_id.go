package value

import (
	"bytes"
	"cmp"
	"math"
	"strconv"
)

// StreamID names an entry of a stream: a time in milliseconds and a number among the entries of that time.
type StreamID struct{ Ms, Seq uint64 }

// MaxStreamID is the greatest ID.
var MaxStreamID = StreamID{math.MaxUint64, math.MaxUint64}

// Compare returns -1, 0 or 1 as id is less than, equal to or greater than other.
func (id StreamID) Compare(other StreamID) int {
	if c := cmp.Compare(id.Ms, other.Ms); c != 0 {
		return c
	}
	return cmp.Compare(id.Seq, other.Seq)
}

// Less reports whether id comes before other.
func (id StreamID) Less(other StreamID) bool {
	return id.Ms < other.Ms || id.Ms == other.Ms && id.Seq < other.Seq
}

// Next returns the ID that follows id; ok is false if there is none.
func (id StreamID) Next() (next StreamID, ok bool) {
	switch {
	case id.Seq < math.MaxUint64:
		return StreamID{id.Ms, id.Seq + 1}, true
	case id.Ms < math.MaxUint64:
		return StreamID{id.Ms + 1, 0}, true
	}
	return StreamID{}, false
}

// Prev returns the ID before id; ok is false if there is none.
func (id StreamID) Prev() (prev StreamID, ok bool) {
	switch {
	case id.Seq > 0:
		return StreamID{id.Ms, id.Seq - 1}, true
	case id.Ms > 0:
		return StreamID{id.Ms - 1, math.MaxUint64}, true
	}
	return MaxStreamID, false
}

// AppendText appends id as "milliseconds-number".
func (id StreamID) AppendText(dst []byte) []byte {
	dst = strconv.AppendUint(dst, id.Ms, 10)
	dst = append(dst, '-')
	return strconv.AppendUint(dst, id.Seq, 10)
}

// maxIDText is the length of the longest text that Redis takes for an ID.
const maxIDText = 127

// ParseStreamID reads "milliseconds" or "milliseconds-number"; without a number it is seq. As in Redis the text ends at a zero byte.
func ParseStreamID(b []byte, seq uint64) (id StreamID, ok bool) {
	if len(b) > maxIDText {
		return id, false
	}
	ms, number, both := bytes.Cut(CString(b), []byte{'-'})
	if id.Ms, ok = ParseUnsigned(ms); !ok || !both {
		id.Seq = seq
		return id, ok
	}
	id.Seq, ok = ParseUnsigned(number)
	return id, ok
}

// ParseUnsigned reads a number as Redis does with strtoull: with space in front, a sign and leading zeros, but not a plain negative number.
func ParseUnsigned(b []byte) (v uint64, ok bool) {
	if v, ok := ParseInt(b); ok {
		return uint64(v), v >= 0
	}
	b = bytes.TrimLeft(b, " \t\n\v\f\r")
	negative := len(b) > 0 && b[0] == '-'
	if negative || len(b) > 0 && b[0] == '+' {
		b = b[1:]
	}
	if len(b) == 0 || b[0] < '0' || b[0] > '9' {
		return 0, false
	}
	v, err := strconv.ParseUint(string(b), 10, 64)
	if negative {
		v = -v
	}
	return v, err == nil
}
