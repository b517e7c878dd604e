package command

import (
	"encoding/json"
	"maps"
	"slices"

	"comet/aso"
	"comet/aso/sandbox"
)

var stateCommands = family{
	"aso.state": {run: asoState, events: true, looks: looksAtState},
}

const errStateJSON = aso.Error("ERR the value is not JSON without null")

// looksAtState reports whether a request shows the state, and does not repair it.
func looksAtState(args [][]byte) bool {
	return len(args) == 2 || equalFold(args[2], "GET")
}

// asoState shows the state of an object, or shows or repairs a field of it, as JSON. No handler runs.
func asoState(c *Call) error {
	key := c.Arg(1)
	switch {
	case len(c.Args) == 2:
		return c.replyState(wholeState)
	case len(c.Args) == 4 && c.Is(2, "GET"):
		return c.replyState(func(state sandbox.Value) sandbox.Value { return state.Get(string(c.Arg(3))) })
	case len(c.Args) == 5 && c.Is(2, "SET"):
		var decoded any
		if err := json.Unmarshal(c.Arg(4), &decoded); err != nil {
			return errStateJSON
		}
		v, ok := stateOf(decoded)
		if !ok {
			return errStateJSON
		}
		if err := c.guarded(func() error { _, err := c.Tx.SetStateField(key, string(c.Arg(3)), v); return err }); err != nil {
			return err
		}
		c.OK()
		return nil
	case len(c.Args) == 4 && c.Is(2, "DEL"):
		there, err := c.Tx.SetStateField(key, string(c.Arg(3)), sandbox.Value{})
		if err == nil {
			c.intBool(there)
		}
		return err
	}
	return errSyntax
}

// replyState replies with what part returns of the state, null if that is nothing.
func (c *Call) replyState(part func(state sandbox.Value) sandbox.Value) error {
	state, err := c.Tx.State(c.Arg(1))
	if err != nil {
		return err
	}
	v := part(state)
	if v.Kind == sandbox.Nil {
		c.Reply.Null()
		return nil
	}
	text, err := aso.JSON(v)
	if err != nil {
		return aso.Failure("ERR", err.Error())
	}
	c.Reply.Bulk(text)
	return nil
}

// wholeState returns the state, nil if nothing is in it.
func wholeState(state sandbox.Value) sandbox.Value {
	if state.Tab != nil && len(state.Tab.Array)+len(state.Tab.Fields) == 0 {
		return sandbox.Value{}
	}
	return state
}

// stateOf returns decoded JSON as a state holds it; ok is false if null is in it.
func stateOf(decoded any) (v sandbox.Value, ok bool) {
	switch decoded := decoded.(type) {
	case bool:
		return sandbox.BoolValue(decoded), true
	case float64:
		return sandbox.NumberValue(decoded), true
	case string:
		return sandbox.StringValue(decoded), true
	case []any:
		v = sandbox.ArrayValue()
		for _, item := range decoded {
			inner, ok := stateOf(item)
			if !ok {
				return v, false
			}
			v.Tab.Array = append(v.Tab.Array, inner)
		}
		return v, true
	case map[string]any:
		v = sandbox.ArrayValue()
		for _, name := range slices.Sorted(maps.Keys(decoded)) {
			inner, ok := stateOf(decoded[name])
			if !ok {
				return v, false
			}
			v.Tab.Fields = append(v.Tab.Fields, sandbox.Field{Key: sandbox.StringValue(name), Value: inner})
		}
		return v, true
	}
	return v, false
}
