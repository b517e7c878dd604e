package command

import (
	"bytes"
	"strconv"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/resp/wire"
)

// maxReplyDepth bounds how deep a handler may nest a reply.
const maxReplyDepth = 16

// replyValue appends what a handler returned, by the rules of Redis scripts: numbers become integers, false is null, an array ends
// at its first nil. A table with other keys is a map. An error is always ASOFAIL, so that no handler can steer a client.
func replyValue(r *wire.Reply, v sandbox.Value) { replyNested(r, v, 0) }

func replyNested(r *wire.Reply, v sandbox.Value, depth int) {
	if depth > maxReplyDepth {
		r.Error("ASOFAIL the reply is nested too deep")
		return
	}
	switch v.Kind {
	case sandbox.Bool:
		if v.Num == 0 {
			r.Null()
		} else {
			r.Int(1)
		}
	case sandbox.Number:
		r.Int(truncated(v.Num))
	case sandbox.String:
		r.BulkString(v.Str)
	case sandbox.OK:
		r.Status(v.Str)
	case sandbox.Err:
		r.Error(string(aso.Failure("ASOFAIL", v.Str)))
	case sandbox.Double:
		r.Double(v.Num)
	case sandbox.Table:
		replyTable(r, v.Tab, depth)
	case sandbox.MapReply:
		replyMap(r, v.Tab, depth)
	case sandbox.SetReply:
		r.Set(len(v.Tab.Fields))
		for i := range v.Tab.Fields {
			replyNested(r, v.Tab.Fields[i].Key, depth+1)
		}
	default:
		r.Null()
	}
}

// truncated returns f as Redis converts a Lua number: towards zero, and the lowest integer for what is none.
func truncated(f float64) int64 {
	if f >= -1<<63 && f < 1<<63 {
		return int64(f)
	}
	return -1 << 63
}

func replyTable(r *wire.Reply, t *sandbox.Tab, depth int) {
	if len(t.Array) == 0 && len(t.Fields) > 0 {
		replyMap(r, t, depth)
		return
	}
	r.Array(len(t.Array))
	for i := range t.Array {
		replyNested(r, t.Array[i], depth+1)
	}
}

func replyMap(r *wire.Reply, t *sandbox.Tab, depth int) {
	r.Map(len(t.Fields))
	for i := range t.Fields {
		replyNested(r, t.Fields[i].Key, depth+1)
		replyNested(r, t.Fields[i].Value, depth+1)
	}
}

// intReply returns the integer of a reply that is one.
func intReply(reply []byte) (int64, bool) {
	if len(reply) < 4 || reply[0] != ':' {
		return 0, false
	}
	n, err := strconv.ParseInt(string(reply[1:len(reply)-2]), 10, 64)
	return n, err == nil
}

// valueOf reads one RESP3 reply as a handler sees it; rest is what follows it. The reply was made by this package, so it is well formed.
func valueOf(reply []byte) (v sandbox.Value, rest []byte, err error) {
	line, rest, ok := bytes.Cut(reply, []byte("\r\n"))
	if !ok || len(line) == 0 {
		return v, nil, errInternal
	}
	text := string(line[1:])
	n, _ := strconv.Atoi(text)
	switch line[0] {
	case '+':
		return sandbox.StatusValue(text), rest, nil
	case '-':
		return v, rest, aso.Error(text)
	case ':':
		return sandbox.NumberValue(float64(n)), rest, nil
	case ',':
		f, err := strconv.ParseFloat(text, 64)
		return sandbox.NumberValue(f), rest, err
	case '#':
		return sandbox.BoolValue(text == "t"), rest, nil
	case '_':
		return v, rest, nil
	case '$', '=':
		if n < 0 || len(rest) < n+2 {
			return v, rest, errInternal
		}
		return sandbox.StringValue(string(rest[:n])), rest[n+2:], nil
	case '*', '~':
		return arrayOf(rest, n)
	case '%':
		return mapOf(rest, n)
	}
	return v, nil, errInternal
}

func arrayOf(reply []byte, n int) (v sandbox.Value, rest []byte, err error) {
	items := make([]sandbox.Value, n)
	for i := range items {
		if items[i], reply, err = valueOf(reply); err != nil {
			return v, nil, err
		}
	}
	return sandbox.ArrayValue(items...), reply, nil
}

func mapOf(reply []byte, n int) (v sandbox.Value, rest []byte, err error) {
	t := &sandbox.Tab{Fields: make([]sandbox.Field, n)}
	for i := range t.Fields {
		f := &t.Fields[i]
		if f.Key, reply, err = valueOf(reply); err != nil {
			return v, nil, err
		}
		if f.Value, reply, err = valueOf(reply); err != nil {
			return v, nil, err
		}
	}
	return sandbox.Value{Kind: sandbox.Table, Tab: t}, reply, nil
}
