package aso

import (
	"math"
	"slices"

	"comet/aso/sandbox"
	"comet/aso/value"
)

// ErrWrongContent is returned when a handler gives a value that its object cannot hold.
const ErrWrongContent = Error("ASOTYPE the handler's value does not fit the type of the object")

// Value returns the value at key as handlers see it: a string, an array of a list or set, a table of a hash (field to value) or sorted
// set (member to score), an array of the entries of a stream, each an array of its ID and an array of fields and values; nil if there is none.
func (tx *Tx) Value(key []byte) sandbox.Value { return tx.valueUpTo(key, math.MaxInt) }

// VisibleValue is Value for a handler. Of a value that is larger than a run's memory it returns a part that is still larger, so that the
// run ends with that limit and nobody waits for the rest to be copied.
func (tx *Tx) VisibleValue(key []byte) sandbox.Value { return tx.valueUpTo(key, tx.ks.RunMemory()) }

// RunMemory returns the bytes of memory that a run may use.
func (ks *Keyspace) RunMemory() int {
	if memory := ks.runLimits().Memory; memory > 0 {
		return int(memory)
	}
	return int(sandbox.DefaultLimits().Memory)
}

func (tx *Tx) valueUpTo(key []byte, limit int) sandbox.Value {
	e, rec := tx.lookup(key)
	switch {
	case rec == nil:
		return sandbox.Value{}
	case rec.kind() == KindString:
		s, _, _ := tx.stringOf(&e, rec)
		if len(s) > limit {
			s = s[:limit+1]
		}
		return sandbox.StringValue(string(s))
	}
	c := newCollection(rec.kind())
	tx.loadInto(c, &e, rec)
	v, _ := collectionUpTo(c, limit)
	return v
}

// chargePerString is what the sandbox charges for a string besides its bytes.
const chargePerString = 16

// collectionUpTo returns the items of c as a handler sees them, until they use more than limit bytes, and how many they use.
func collectionUpTo(c content, limit int) (v sandbox.Value, used int) {
	t := &sandbox.Tab{}
	item := func(b []byte) bool {
		t.Array = append(t.Array, sandbox.StringValue(string(b)))
		used += len(b) + chargePerString
		return used <= limit
	}
	field := func(name []byte, v sandbox.Value) bool {
		t.Fields = append(t.Fields, sandbox.Field{Key: sandbox.StringValue(string(name)), Value: v})
		used += len(name) + len(v.Str) + chargePerString
		return used <= limit
	}
	switch c := c.(type) {
	case *value.Hash:
		c.Each(func(name, v []byte) bool { return field(name, sandbox.StringValue(string(v))) })
	case *value.ZSet:
		c.Ascend(0, func(member []byte, score float64) bool { return field(member, sandbox.NumberValue(score)) })
	case *value.Set:
		c.Each(item)
	case *value.List:
		c.Ascend(0, item)
	case *value.Stream:
		c.Ascend(value.StreamID{}, func(e *value.StreamEntry) bool {
			v, size := entryValue(e)
			t.Array = append(t.Array, v)
			used += size
			return used <= limit
		})
	}
	return sandbox.Value{Kind: sandbox.Table, Tab: t}, used
}

// SetValue makes v the value at key, which exists, in the form that Value returns; the kind and the deadline stay. A string takes
// numbers, too.
func (tx *Tx) SetValue(key []byte, v sandbox.Value) error {
	kind := tx.Kind(key)
	switch kind {
	case KindNone:
		return ErrWrongContent
	case KindString:
		text, ok := plainText(v)
		if !ok {
			return ErrWrongContent
		}
		return tx.SetString(key, text, KeepDeadline)
	}
	content, err := newContent(kind, v, tx.ks.limits.Load())
	if err != nil {
		return err
	}
	if s, ok := content.(*value.Stream); ok {
		return tx.replaceEntries(key, s)
	}
	deadline, _ := tx.Deadline(key)
	return tx.replace(slices.Clone(key), kind, content, deadline)
}

// plainText returns the bytes of a string or a number. Other values, a status or an error among them, are no data.
func plainText(v sandbox.Value) ([]byte, bool) {
	if v.Kind != sandbox.String && v.Kind != sandbox.Number {
		return nil, false
	}
	return v.AppendText(nil)
}

// newContent returns a collection of the kind that holds the items of v.
func newContent(kind Kind, v sandbox.Value, limits *value.Limits) (content, error) {
	keyed := kind == KindHash || kind == KindZSet
	if v.Kind != sandbox.Table || keyed && len(v.Tab.Array) > 0 || !keyed && len(v.Tab.Fields) > 0 {
		return nil, ErrWrongContent
	}
	if kind == KindStream {
		return streamContent(v.Tab.Array, limits)
	}
	c := newCollection(kind)
	for i := range v.Tab.Array {
		text, ok := plainText(v.Tab.Array[i])
		if !ok {
			return nil, ErrWrongContent
		}
		addItem(c, text, limits)
	}
	for i := range v.Tab.Fields {
		if !addField(c, &v.Tab.Fields[i], limits) {
			return nil, ErrWrongContent
		}
	}
	if c.Len() == 0 {
		return nil, ErrWrongContent
	}
	return c, nil
}

func addItem(c content, item []byte, limits *value.Limits) {
	switch c := c.(type) {
	case *value.Set:
		c.Add(limits, item)
	case *value.List:
		c.PushBack(limits, item)
	}
}

// addField adds a field of a hash or a member of a sorted set to c, and reports whether it is one.
func addField(c content, f *sandbox.Field, limits *value.Limits) bool {
	name, ok := plainText(f.Key)
	if !ok {
		return false
	}
	switch c := c.(type) {
	case *value.Hash:
		text, ok := plainText(f.Value)
		if ok {
			c.Set(limits, name, text)
		}
		return ok
	case *value.ZSet:
		score := f.Value.Num
		if f.Value.Kind != sandbox.Number || math.IsNaN(score) {
			return false
		}
		c.Set(limits, name, score)
		return true
	}
	return false
}
