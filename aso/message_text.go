package aso

import (
	"encoding/json"
	"strconv"

	"comet/aso/sandbox"
)

// payloadText returns the payload for people: a string as it is, nothing for nil, anything else as JSON.
func (m *Message) payloadText() []byte {
	v, err := sandbox.DecodePayload(m.Payload)
	if err != nil {
		return nil
	}
	return valueText(v)
}

func valueText(v sandbox.Value) []byte {
	switch v.Kind {
	case sandbox.Nil:
		return nil
	case sandbox.String:
		return []byte(v.Str)
	}
	text, err := JSON(v)
	if err != nil {
		return []byte(err.Error()) // a number that JSON does not have
	}
	return text
}

// JSON returns v as JSON. It fails for a number that JSON does not have.
func JSON(v sandbox.Value) ([]byte, error) { return json.Marshal(plain(v)) }

// plain returns v as encoding/json knows it.
func plain(v sandbox.Value) any {
	switch v.Kind {
	case sandbox.Nil:
		return nil
	case sandbox.Bool:
		return v.Num != 0
	case sandbox.Number, sandbox.Double:
		return v.Num
	case sandbox.Table, sandbox.MapReply, sandbox.SetReply:
		return plainTab(v.Tab)
	}
	return v.Str
}

func plainTab(t *sandbox.Tab) any {
	if len(t.Fields) == 0 {
		items := make([]any, len(t.Array))
		for i := range t.Array {
			items[i] = plain(t.Array[i])
		}
		return items
	}
	fields := map[string]any{}
	for i := range t.Array {
		fields[strconv.Itoa(i+1)] = plain(t.Array[i])
	}
	for i := range t.Fields {
		name, _ := t.Fields[i].Key.AppendText(nil)
		fields[string(name)] = plain(t.Fields[i].Value)
	}
	return fields
}
