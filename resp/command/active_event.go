package command

import (
	"strings"

	"comet/aso/sandbox"
)

// Field returns ev.<name> for a command that runs on o.
func (o *observed) Field(name string) (sandbox.Value, bool) {
	switch name {
	case "old":
		if !o.existed || o.judging != sandbox.OnUpdate && o.judging != sandbox.OnDelete {
			return sandbox.Value{}, true
		}
		return o.run.c.Tx.ValueBefore(*o.run.mark, o.key), true
	case "new":
		if o.judging != sandbox.OnPut && o.judging != sandbox.OnUpdate {
			return sandbox.Value{}, true
		}
		return o.run.written(o), true
	}
	return o.run.c.Field(name)
}

// Words returns ev.<name> if it is a list of words.
func (o *observed) Words(name string) ([][]byte, bool) { return o.run.c.Words(name) }

// Words returns ev.<name> if it is a list of words.
func (c *Call) Words(name string) ([][]byte, bool) {
	switch name {
	case "args":
		return c.Args[1:], true
	case "fields":
		names := c.fieldNames()
		return names, names != nil
	}
	return nil, false
}

// Field returns ev.<name> for what the command and its client say.
func (c *Call) Field(name string) (sandbox.Value, bool) {
	if words, ok := c.Words(name); ok {
		return stringValues(words), true
	}
	switch name {
	case "cmd":
		return sandbox.StringValue(c.Cmd.full), true
	case "fields":
		return sandbox.Value{}, true
	case "user":
		return sandbox.StringValue(c.Session.user()), true
	case "addr":
		return sandbox.StringValue(c.Session.Conn.RemoteAddr().String()), true
	case "client":
		return sandbox.NumberValue(float64(c.Session.Conn.ID())), true
	}
	return sandbox.Value{}, false
}

func stringValues(args [][]byte) sandbox.Value {
	var text strings.Builder // one piece of memory for all
	size := 0
	for _, arg := range args {
		size += len(arg)
	}
	text.Grow(size)
	items := make([]sandbox.Value, len(args))
	for i, arg := range args {
		text.Write(arg)
		items[i] = sandbox.StringValue(text.String()[text.Len()-len(arg):])
	}
	return sandbox.ArrayValue(items...)
}
