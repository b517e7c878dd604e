package sandbox

import (
	"encoding/binary"
	"errors"
	"math"
)

// The encoding of a payload: a tag and what it says. Unlike a state it may be any Value, the reply shapes included.
const (
	payloadNil = iota
	payloadFalse
	payloadTrue
	payloadNumber // 8 bytes, little endian
	payloadString // length, bytes
	payloadTable  // items, pairs
	payloadOK     // as a string
	payloadErr    // as a string
	payloadDouble // as a number
	payloadMap    // as a table
	payloadSet    // as a table
)

const maxPayloadDepth = 16

var (
	errPayloadDepth = errors.New("the payload is nested too deeply")
	errPayload      = errors.New("stored payload is damaged")
)

var payloadTags = [...]byte{
	Nil: payloadNil, Number: payloadNumber, String: payloadString, Table: payloadTable, OK: payloadOK, Err: payloadErr, Double: payloadDouble,
	MapReply: payloadMap, SetReply: payloadSet,
}

// AppendPayload appends the encoding of v to dst. It fails if v is nested more than 16 deep.
func AppendPayload(dst []byte, v Value) ([]byte, error) { return appendPayload(dst, v, 0) }

func appendPayload(dst []byte, v Value, depth int) ([]byte, error) {
	if v.Kind == Bool {
		return append(dst, payloadFalse+byte(v.Num)), nil
	}
	dst = append(dst, payloadTags[v.Kind])
	switch v.Kind {
	case Number, Double:
		return binary.LittleEndian.AppendUint64(dst, math.Float64bits(v.Num)), nil
	case String, OK, Err:
		dst = binary.AppendUvarint(dst, uint64(len(v.Str)))
		return append(dst, v.Str...), nil
	case Table, MapReply, SetReply:
		return appendPayloadTab(dst, v.Tab, depth+1)
	}
	return dst, nil
}

func appendPayloadTab(dst []byte, t *Tab, depth int) (_ []byte, err error) {
	if depth > maxPayloadDepth {
		return dst, errPayloadDepth
	}
	if t == nil {
		t = &Tab{}
	}
	dst = binary.AppendUvarint(dst, uint64(len(t.Array)))
	dst = binary.AppendUvarint(dst, uint64(len(t.Fields)))
	for i := 0; i < len(t.Array) && err == nil; i++ {
		dst, err = appendPayload(dst, t.Array[i], depth)
	}
	for i := 0; i < len(t.Fields) && err == nil; i++ {
		if dst, err = appendPayload(dst, t.Fields[i].Key, depth); err == nil {
			dst, err = appendPayload(dst, t.Fields[i].Value, depth)
		}
	}
	return dst, err
}

// DecodePayload returns the value that b encodes.
func DecodePayload(b []byte) (Value, error) {
	d := decoder{b: b}
	v := d.payload(0)
	if d.bad || len(d.b) != 0 {
		return Value{}, errPayload
	}
	return v, nil
}

func (d *decoder) payload(depth int) Value {
	tag := d.byte()
	switch tag {
	case payloadNil:
		return Value{}
	case payloadFalse, payloadTrue:
		return BoolValue(tag == payloadTrue)
	case payloadNumber:
		return NumberValue(d.bits())
	case payloadDouble:
		return Value{Kind: Double, Num: d.bits()}
	case payloadString:
		return StringValue(d.string())
	case payloadOK:
		return Value{Kind: OK, Str: d.string()}
	case payloadErr:
		return Value{Kind: Err, Str: d.string()}
	case payloadTable:
		return Value{Kind: Table, Tab: d.payloadTab(depth + 1)}
	case payloadMap:
		return Value{Kind: MapReply, Tab: d.payloadTab(depth + 1)}
	case payloadSet:
		return Value{Kind: SetReply, Tab: d.payloadTab(depth + 1)}
	}
	d.bad = true
	return Value{}
}

func (d *decoder) payloadTab(depth int) *Tab {
	items, fields, room := d.uvarint(), d.uvarint(), uint64(len(d.b))
	if d.bad || depth > maxPayloadDepth || items > room || fields > room {
		d.bad = true
		return nil
	}
	t := &Tab{}
	for ; items > 0 && !d.bad; items-- {
		t.Array = append(t.Array, d.payload(depth))
	}
	for ; fields > 0 && !d.bad; fields-- {
		k := d.payload(depth)
		if k.Kind != String && k.Kind != Number && k.Kind != Bool || k.Num != k.Num {
			d.bad = true // Lua has no such key
		}
		t.Fields = append(t.Fields, Field{k, d.payload(depth)})
	}
	return t
}
