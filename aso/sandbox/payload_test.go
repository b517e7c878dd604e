package sandbox

import (
	"bytes"
	"math"
	"reflect"
	"testing"
)

func nested(depth int) Value {
	v := NumberValue(1)
	for range depth {
		v = ArrayValue(v)
	}
	return v
}

func TestPayloadsKeepTheirShape(t *testing.T) {
	tab := &Tab{
		Array:  []Value{NumberValue(1), StringValue("two"), BoolValue(false), ArrayValue(BoolValue(true))},
		Fields: []Field{{StringValue("k"), NumberValue(-0.5)}, {NumberValue(-7), Value{Kind: Double, Num: math.Inf(1)}}, {BoolValue(true), StatusValue("fine")}},
	}
	for _, v := range []Value{
		{},
		BoolValue(true), BoolValue(false), NumberValue(1e300), NumberValue(math.Copysign(0, -1)), StringValue(""), StringValue("a\x00b"), StatusValue("OK"),
		{Kind: Err, Str: "no"},
		{Kind: Double, Num: 0.1},
		{Kind: Table, Tab: tab},
		{Kind: MapReply, Tab: &Tab{Fields: tab.Fields}},
		{Kind: SetReply, Tab: &Tab{Fields: tab.Fields}},
		{Kind: Table, Tab: &Tab{}},
		nested(16),
	} {
		b, err := AppendPayload([]byte("head"), v)
		if err != nil {
			t.Errorf("%v: %v", v, err)
			continue
		}
		if got, err := DecodePayload(b[4:]); err != nil || !reflect.DeepEqual(got, v) {
			t.Errorf("%v came back as %v, %v", v, got, err)
		}
	}
	if _, err := AppendPayload(nil, nested(17)); err == nil {
		t.Error("a payload nested 17 deep was encoded")
	}
}

func FuzzDecodePayload(f *testing.F) {
	for _, v := range []Value{{}, NumberValue(1), StringValue("x"), nested(3), {Kind: MapReply, Tab: &Tab{Fields: []Field{{StringValue("k"), NumberValue(2)}}}}} {
		b, _ := AppendPayload(nil, v)
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		v, err := DecodePayload(b)
		if err != nil {
			return
		}
		again, err := AppendPayload(nil, v)
		if err != nil {
			t.Fatal(err)
		}
		v2, err := DecodePayload(again)
		if err != nil {
			t.Fatal(err)
		}
		if third, err := AppendPayload(nil, v2); err != nil || !bytes.Equal(third, again) {
			t.Fatalf("%v came back as %v, %v", v, v2, err)
		}
	})
}
