package command

import (
	"bytes"
	"fmt"
	"strings"

	"comet/aso"
)

// Error texts of Redis 7.0, word for word.
const (
	errSyntax      = aso.Error("ERR syntax error")
	errNotInteger  = aso.Error("ERR value is not an integer or out of range")
	errNotFloat    = aso.Error("ERR value is not a valid float")
	errOutOfRange  = aso.Error("ERR value is out of range")
	errNotPositive = aso.Error("ERR value is out of range, must be positive")
	errIndexRange  = aso.Error("ERR index out of range")
	errDBIndex     = aso.Error("ERR DB index is out of range")
	errSameObject  = aso.Error("ERR source and destination objects are the same")
	errTimeout     = aso.Error("ERR timeout is not a float or out of range")
	errTimeoutSign = aso.Error("ERR timeout is negative")
	errStringSize  = aso.Error("ERR string exceeds maximum allowed size (proto-max-bulk-len)")
	errIncrRange   = aso.Error("ERR increment or decrement would overflow")
	errNaN         = aso.Error("ERR increment would produce NaN or Infinity")
)

// errOption tells at which argument the options of a command of ours end to make sense.
func (c *Call) errOption(i int) error {
	return aso.Error(string(errSyntax) + " at '" + string(clip(c.Arg(i), maxQuoted)) + "'")
}

func errArity(name string) error {
	return aso.Error("ERR wrong number of arguments for '" + name + "' command")
}

// errExpire is the error for a time to live that no deadline can be made of.
func errExpire(name string) error {
	return aso.Error("ERR invalid expire time in '" + name + "' command")
}

// maxQuoted is how much of an unknown command and its arguments an error repeats, in bytes.
const maxQuoted = 128

func errUnknownCommand(args [][]byte) error {
	var quoted strings.Builder
	for _, arg := range args[1:] {
		if quoted.Len() >= maxQuoted {
			break
		}
		fmt.Fprintf(&quoted, "'%s' ", clip(arg, maxQuoted-quoted.Len()))
	}
	return aso.Error(fmt.Sprintf("ERR unknown command '%s', with args beginning with: %s", clip(args[0], maxQuoted), &quoted))
}

func errUnknownSubcommand(args [][]byte) error {
	return aso.Error(fmt.Sprintf("ERR unknown subcommand '%s'. Try %s HELP.", clip(args[1], maxQuoted), strings.ToUpper(string(clip(args[0], maxQuoted)))))
}

// clip returns at most n bytes of b, and none from the first NUL on, where Redis' C strings end.
func clip(b []byte, n int) []byte {
	b = b[:min(len(b), max(n, 0))]
	if before, _, ok := bytes.Cut(b, []byte{0}); ok {
		return before
	}
	return b
}

// quotable returns what an error of Redis shows of b, all up to the first NUL.
func quotable(b []byte) string { return string(clip(b, len(b))) }
