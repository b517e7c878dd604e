package wire

import (
	"strings"
	"sync"

	"github.com/tidwall/redcon"
)

const (
	// replySize is the size of a pooled reply buffer.
	replySize = 16 << 10
	// maxPooledReply is the largest buffer that goes back to the pool.
	maxPooledReply = 512 << 10
)

var replies = sync.Pool{New: func() any {
	b := make([]byte, 0, replySize)
	return &b
}}

// Reply collects replies in one buffer, in the protocol version of its client. The
// zero value speaks RESP2.
type Reply struct {
	buf    []byte
	pooled *[]byte // where buf came from; nil when nothing is borrowed
	resp3  bool
}

// SetProtocol chooses RESP2 (2) or RESP3 (3) for what is appended from now on.
func (r *Reply) SetProtocol(version int) { r.resp3 = version == 3 }

// Protocol returns 2 or 3.
func (r *Reply) Protocol() int {
	if r.resp3 {
		return 3
	}
	return 2
}

// Acquire borrows a buffer from the pool, so that appending need not allocate.
func (r *Reply) Acquire() {
	if r.pooled == nil && cap(r.buf) == 0 {
		r.pooled = replies.Get().(*[]byte)
		r.buf = (*r.pooled)[:0]
	}
}

// Release drops the content and gives the buffer back.
func (r *Reply) Release() {
	if r.pooled != nil && cap(r.buf) <= maxPooledReply {
		*r.pooled = r.buf[:0]
		replies.Put(r.pooled)
	}
	r.pooled, r.buf = nil, nil
}

// Reset drops the content and keeps the buffer.
func (r *Reply) Reset() { r.buf = r.buf[:0] }

// Len returns the number of bytes collected.
func (r *Reply) Len() int { return len(r.buf) }

// Bytes returns what was collected, borrowed until Reset or Release.
func (r *Reply) Bytes() []byte { return r.buf }

// Truncate drops everything after the first n bytes, so that a reply begun at n
// can be replaced.
func (r *Reply) Truncate(n int) { r.buf = r.buf[:n] }

// Raw appends bytes that are already in the client's protocol.
func (r *Reply) Raw(b []byte) { r.buf = append(r.buf, b...) }

// Status appends a simple string. Line ends in it become spaces.
func (r *Reply) Status(s string) {
	switch s {
	case "OK":
		r.buf = redcon.AppendOK(r.buf)
	case "PONG":
		r.buf = append(r.buf, "+PONG\r\n"...)
	default:
		r.buf = redcon.AppendString(r.buf, s)
	}
}

// Error appends an error, whose text begins with its code ("ERR ..."). Line ends
// at the end are cut, others become spaces.
func (r *Reply) Error(text string) {
	r.buf = redcon.AppendError(r.buf, strings.Trim(text, "\r\n"))
}

// Int appends an integer.
func (r *Reply) Int(n int64) { r.buf = redcon.AppendInt(r.buf, n) }

// Bulk appends a bulk string.
func (r *Reply) Bulk(b []byte) { r.buf = redcon.AppendBulk(r.buf, b) }

// BulkString appends a bulk string.
func (r *Reply) BulkString(s string) { r.buf = redcon.AppendBulkString(r.buf, s) }

// Null appends the null of a missing value: a null bulk string in RESP2.
func (r *Reply) Null() {
	if r.resp3 {
		r.buf = append(r.buf, "_\r\n"...)
		return
	}
	r.buf = redcon.AppendNull(r.buf)
}

// NullArray appends the null of a missing array: a null array in RESP2.
func (r *Reply) NullArray() {
	if r.resp3 {
		r.buf = append(r.buf, "_\r\n"...)
		return
	}
	r.buf = append(r.buf, "*-1\r\n"...)
}

// Bool appends a boolean: 1 or 0 in RESP2.
func (r *Reply) Bool(b bool) {
	text := ":0\r\n"
	switch {
	case r.resp3 && b:
		text = "#t\r\n"
	case r.resp3:
		text = "#f\r\n"
	case b:
		text = ":1\r\n"
	}
	r.buf = append(r.buf, text...)
}

// BigNumber appends an integer of any size in decimal digits: a bulk string in
// RESP2.
func (r *Reply) BigNumber(digits string) {
	if !r.resp3 {
		r.BulkString(digits)
		return
	}
	r.buf = append(r.buf, '(')
	r.buf = append(r.buf, digits...)
	r.buf = append(r.buf, '\r', '\n')
}

// Verbatim appends text with its format ("txt", "mkd"), which is cut or padded to
// three bytes: a bulk string in RESP2.
func (r *Reply) Verbatim(format, text string) {
	if !r.resp3 {
		r.BulkString(text)
		return
	}
	r.buf = appendHeader(r.buf, '=', len(text)+4)
	for i := range 3 {
		c := byte(' ')
		if i < len(format) {
			c = format[i]
		}
		r.buf = append(r.buf, c)
	}
	r.buf = append(r.buf, ':')
	r.buf = append(r.buf, text...)
	r.buf = append(r.buf, '\r', '\n')
}
