package wire

import (
	"errors"
	"math"
)

const (
	maxCount       = math.MaxInt32 // arguments of a command
	maxLine        = 64 << 10      // bytes of an inline command, or of a length line
	maxCountNoAuth = 10
	maxBulkNoAuth  = 16 << 10
)

// Limits bound what one command may announce. The zero value refuses every bulk
// string.
type Limits struct {
	// MaxBulk is the longest argument, in bytes.
	MaxBulk int64
	// MaxCommand bounds the memory of all arguments of one command, in bytes.
	MaxCommand int64
	// Unauthenticated adds Redis' bounds for clients that have yet to
	// authenticate: 10 arguments of at most 16 KiB.
	Unauthenticated bool
}

// ProtocolError says how a client broke the protocol. The server answers
// "-ERR " and its text, and closes the connection.
type ProtocolError string

// Error returns the text Redis sends after "ERR ".
func (e ProtocolError) Error() string { return "Protocol error: " + string(e) }

// ErrCommandTooLarge is returned when a command exceeds Limits.MaxCommand. As in
// Redis, the connection is closed without a reply.
var ErrCommandTooLarge = errors.New("command exceeds client-query-buffer-limit")

const (
	errInlineTooBig = ProtocolError("too big inline request")
	errUnbalanced   = ProtocolError("unbalanced quotes in request")
	errCountTooBig  = ProtocolError("too big mbulk count string")
	errCount        = ProtocolError("invalid multibulk length")
	errCountNoAuth  = ProtocolError("unauthenticated multibulk length")
	errLengthTooBig = ProtocolError("too big bulk count string")
	errLength       = ProtocolError("invalid bulk length")
	errLengthNoAuth = ProtocolError("unauthenticated bulk length")
)

func errExpectedDollar(got byte) error {
	return ProtocolError("expected '$', got '" + string([]byte{got}) + "'")
}
