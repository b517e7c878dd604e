package handlertest

import (
	"bytes"
	"errors"
	"strconv"

	"comet/aso/sandbox"
)

var errReply = errors.New("not a reply")

// readReply reads a RESP2 reply as tests see it: a status is its text, an error {err = text}, null nil, inside arrays false.
func readReply(reply []byte) (v sandbox.Value, rest []byte, err error) {
	line, rest, ok := bytes.Cut(reply, []byte("\r\n"))
	if !ok || len(line) == 0 {
		return v, nil, errReply
	}
	text := string(line[1:])
	switch line[0] {
	case '+':
		return sandbox.StringValue(text), rest, nil
	case '-':
		return sandbox.Value{Kind: sandbox.Err, Str: text}, rest, nil
	}
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return v, nil, errReply
	case line[0] == ':':
		return sandbox.NumberValue(float64(n)), rest, nil
	case n < 0:
		return v, rest, nil
	case line[0] == '$' && len(rest) >= n+2:
		return sandbox.StringValue(string(rest[:n])), rest[n+2:], nil
	case line[0] != '*':
		return v, nil, errReply
	}
	items := make([]sandbox.Value, n)
	for i := range items {
		if items[i], rest, err = readReply(rest); err != nil {
			return v, nil, err
		}
	}
	return sandbox.ArrayValue(items...), rest, nil
}
