package oracletest

import (
	"fmt"
	"strings"
)

// Kind is the type of a frame: the first byte on the wire where there is one.
type Kind byte

// Kinds of frames. The last four have no byte of their own on the wire.
const (
	Status     Kind = '+'
	Error      Kind = '-'
	Integer    Kind = ':'
	Bulk       Kind = '$'
	Double     Kind = ','
	Boolean    Kind = '#'
	BigNumber  Kind = '('
	Verbatim   Kind = '='
	Null       Kind = '_'
	Array      Kind = '*'
	Map        Kind = '%'
	Set        Kind = '~'
	Push       Kind = '>'
	NullBulk   Kind = 'b' // $-1
	NullArray  Kind = 'a' // *-1
	Replies    Kind = '[' // several replies of one step
	Disconnect Kind = 'c' // the server closed the connection
)

// Frame is one reply as it came over the wire, or, with Any, every reply of its kind.
type Frame struct {
	Kind  Kind
	Text  string  // scalars: the bytes without framing; Verbatim: with its "txt:"
	Items []Frame // aggregates; a Map has keys and values in turn
	Any   bool
}

const lineWidth = 110

// String gives the frame in the form of the package documentation, on one line.
func (f Frame) String() string { return f.line(true) }

// line writes a frame on one line. Only a top-level status or error may hold
// spaces without quotes, since it ends with its line.
func (f Frame) line(top bool) string {
	switch f.Kind {
	case Null:
		return "_"
	case NullBulk:
		return "$-1"
	case NullArray:
		return "*-1"
	case Disconnect:
		return "closed"
	}
	if f.Any {
		return string(f.Kind) + "?"
	}
	switch f.Kind {
	case Bulk:
		return quote(f.Text)
	case Verbatim:
		format, text, _ := strings.Cut(f.Text, ":")
		return "=" + format + ":" + quote(text)
	case Status, Error:
		if bareText(f.Text, top) {
			return string(f.Kind) + f.Text
		}
		return string(f.Kind) + quote(f.Text)
	case Array, Map, Set, Push, Replies:
		var b strings.Builder
		b.WriteString(f.open())
		for i, item := range f.Items {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(item.line(false))
		}
		b.WriteByte(']')
		return b.String()
	}
	return string(f.Kind) + f.Text
}

func (f Frame) open() string {
	if f.Kind == Replies {
		return "["
	}
	return string(f.Kind) + "["
}

// lines writes a frame on as many lines as it needs to be readable. Every line
// but the first starts with indent.
func (f Frame) lines(indent string, top bool) string {
	one := f.line(top)
	fits := len(indent)+len(one) <= lineWidth && (f.Kind != Replies || len(f.Items) == 1)
	if fits || len(f.Items) == 0 {
		return one
	}
	deeper := indent + "  "
	var b strings.Builder
	b.WriteString(f.open())
	width := lineWidth // of the line so far; the first item starts a new one
	for i, item := range f.Items {
		text := item.lines(deeper, false)
		switch {
		case f.Kind == Map && i%2 == 1, width+1+len(text) <= lineWidth && len(item.Items) == 0:
			b.WriteString(" " + text)
			width += 1 + len(text)
		default:
			b.WriteString("\n" + deeper + text)
			width = len(deeper) + len(text)
		}
		if f.Kind == Map || len(item.Items) > 0 {
			width = lineWidth
		}
	}
	b.WriteString("\n" + indent + "]")
	return b.String()
}

// bareText tells whether the text of a status or error can do without quotes.
func bareText(s string, top bool) bool {
	if s == "" || s[0] == '"' || s[0] == '?' || s[0] == ' ' || s[len(s)-1] == ' ' {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || !top && (c == ' ' || c == '[' || c == ']' || c == '"') {
			return false
		}
	}
	return true
}

// quote writes bytes as redis-cli does.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\', '"':
			b.WriteByte('\\')
			b.WriteByte(c)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		case '\a':
			b.WriteString(`\a`)
		case '\b':
			b.WriteString(`\b`)
		default:
			if c < ' ' || c > '~' {
				fmt.Fprintf(&b, `\x%02x`, c)
			} else {
				b.WriteByte(c)
			}
		}
	}
	b.WriteByte('"')
	return b.String()
}
