package aso

// Error is an error that a client sees: its text, whose first word is a code that clients rely on.
type Error string

// Error returns the text of the reply.
func (e Error) Error() string { return string(e) }

// Errors in the words of Redis 7.
const (
	// ErrWrongType is returned when a key holds another type of value than the command is for.
	ErrWrongType = Error("WRONGTYPE Operation against a key holding the wrong kind of value")
	// ErrNoSuchKey is returned where a command needs an existing key.
	ErrNoSuchKey = Error("ERR no such key")
)
