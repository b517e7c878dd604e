package aso

import (
	"slices"

	"comet/aso/sandbox"
	"comet/aso/value"
)

// entryValue returns an entry as handlers see it, and the memory that a run is charged for it.
func entryValue(e *value.StreamEntry) (v sandbox.Value, size int) {
	items := make([]sandbox.Value, 0, 2*e.Len())
	add := func(b []byte) {
		items = append(items, sandbox.StringValue(string(b)))
		size += len(b) + chargePerString
	}
	e.Each(func(field, text []byte) {
		add(field)
		add(text)
	})
	id := string(e.ID.AppendText(nil))
	return sandbox.ArrayValue(sandbox.StringValue(id), sandbox.ArrayValue(items...)), size + len(id) + chargePerString
}

// streamContent returns a stream of the entries that a handler gave, whose IDs must ascend.
func streamContent(entries []sandbox.Value, limits *value.Limits) (content, error) {
	s := &value.Stream{}
	s.SetMeta(value.StreamID{}, 0, value.StreamID{})
	for i := range entries {
		id, pairs, ok := entryContent(entries[i])
		if !ok || !s.LastID().Less(id) {
			return nil, ErrWrongContent
		}
		s.Append(limits, id, pairs)
	}
	return s, nil
}

// entryContent reads an entry in the form of entryValue.
func entryContent(v sandbox.Value) (id value.StreamID, pairs [][]byte, ok bool) {
	if v.Kind != sandbox.Table || len(v.Tab.Array) != 2 || len(v.Tab.Fields) > 0 {
		return id, nil, false
	}
	text, ok := plainText(v.Tab.Array[0])
	if !ok {
		return id, nil, false
	}
	fields := v.Tab.Array[1]
	if id, ok = value.ParseStreamID(text, 0); !ok || fields.Kind != sandbox.Table || len(fields.Tab.Fields) > 0 {
		return id, nil, false
	}
	for i := range fields.Tab.Array {
		item, ok := plainText(fields.Tab.Array[i])
		if !ok {
			return id, nil, false
		}
		pairs = append(pairs, item)
	}
	return id, pairs, len(pairs) > 0 && len(pairs)%2 == 0
}

// replaceEntries makes the entries of next those of the stream at key, which exists. The groups stay, and IDs and counters do not go back.
func (tx *Tx) replaceEntries(key []byte, next *value.Stream) error {
	s, err := tx.Stream(slices.Clone(key))
	if err != nil {
		return err
	}
	last, added, maxDeleted := s.LastID(), s.Added(), s.MaxDeletedID()
	s.Trim(&value.StreamTrim{})
	s.SetMeta(value.StreamID{}, added, maxDeleted)
	next.Ascend(value.StreamID{}, func(e *value.StreamEntry) bool {
		var pairs [][]byte
		e.Each(func(field, v []byte) { pairs = append(pairs, slices.Clone(field), slices.Clone(v)) })
		s.Append(e.ID, pairs)
		return true
	})
	if s.LastID().Less(last) {
		s.SetMeta(last, s.Added(), maxDeleted)
	}
	return tx.EndCommand()
}
