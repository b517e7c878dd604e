package command

import (
	"errors"
	"fmt"
	"strings"

	"comet/aso"
	"comet/aso/sandbox"
)

// scriptFlags are what the first line of a script says of it.
type scriptFlags uint8

const (
	scriptChecked    scriptFlags = 1 << iota // it has such a line, so that what it may do is known before it runs
	scriptNoWrites                           // no-writes
	scriptAllowOOM                           // allow-oom
	scriptAllowStale                         // allow-stale
)

// scriptFlagNames are all flags that Redis knows; those without an effect here stand for 0.
var scriptFlagNames = map[string]scriptFlags{
	"no-writes": scriptNoWrites, "allow-oom": scriptAllowOOM, "allow-stale": scriptAllowStale, "no-cluster": 0, "allow-cross-slot-keys": 0,
}

const errShebang = aso.Error("ERR Invalid script shebang")

// read sets the flags from the first line of source, and returns the rest, whose first line is empty instead.
func (f *scriptFlags) read(source string) (code string, err error) {
	if !strings.HasPrefix(source, "#!") {
		return source, nil
	}
	end := strings.IndexAny(source, "\n\x00") // as in C
	if end < 0 || source[end] == 0 {
		return "", errShebang
	}
	words := strings.Fields(source[:end])
	if len(words) == 0 || words[0] != "#!lua" {
		engine := ""
		if len(words) > 0 {
			engine = words[0]
		}
		return "", aso.Error("ERR Unexpected engine in script shebang: " + engine)
	}
	*f |= scriptChecked
	for _, word := range words[1:] {
		list, ok := strings.CutPrefix(word, "flags=")
		if !ok {
			return "", aso.Error("ERR Unknown lua shebang option: " + word)
		}
		if err := f.add(list); err != nil {
			return "", err
		}
	}
	return source[end:], nil
}

func (f *scriptFlags) add(list string) error {
	if list == "" {
		return nil
	}
	for name := range strings.SplitSeq(list, ",") {
		flag, ok := scriptFlagNames[name]
		if !ok {
			return aso.Error("ERR Unexpected flag in script shebang: " + name)
		}
		*f |= flag
	}
	return nil
}

// compileError makes the error for a source that is no Lua, in the words of Redis.
func compileError(prefix string, err error) error {
	var c *sandbox.CompileError
	if !errors.As(err, &c) {
		return aso.Failure("ASOLIMIT", err.Error())
	}
	return aso.Error(fmt.Sprintf("%s%d: %s", prefix, max(c.Line, 1), c.Msg))
}
