package sandbox

import (
	"cmp"
	"errors"
	"slices"
)

var errStateKind = errors.New("a state holds booleans, numbers, texts and tables only")

// EncodeState is the inverse of DecodeState: v is a Table, and its encoding has at most max bytes, else the error is a *LimitError.
func EncodeState(v Value, max int) ([]byte, error) {
	if v.Tab == nil || len(v.Tab.Array)+len(v.Tab.Fields) == 0 {
		return nil, nil
	}
	e := encoder{buf: []byte{stateVersion}, max: max}
	e.encode(v, 0)
	return e.buf, e.err
}

// encode appends v, which is at a depth if it is a table.
func (e *encoder) encode(v Value, depth int) {
	switch {
	case e.err != nil:
	case v.Kind == Bool:
		e.bool(v.Num != 0)
	case v.Kind == Number:
		e.number(v.Num)
	case v.Kind == String:
		e.string(v.Str)
	case v.Kind == Table && depth >= maxStateDepth:
		e.fail(errStateDepth)
	case v.Kind == Table:
		e.table(len(v.Tab.Array), len(v.Tab.Fields))
		for _, item := range v.Tab.Array {
			e.encode(item, depth+1)
		}
		for _, f := range slices.SortedFunc(slices.Values(v.Tab.Fields), byFieldKey) {
			if f.Key.Kind == Number {
				e.key(f.Key.Num)
			} else {
				e.encode(f.Key, depth+1)
			}
			e.encode(f.Value, depth+1)
		}
	default:
		e.fail(errStateKind)
	}
}

// byFieldKey is byKey for fields: their keys are texts and numbers, which have no text.
func byFieldKey(a, b Field) int {
	if a.Key.Kind != b.Key.Kind {
		return cmp.Compare(b.Key.Kind, a.Key.Kind) // String comes behind Number among the kinds
	}
	return cmp.Or(cmp.Compare(a.Key.Str, b.Key.Str), cmp.Compare(a.Key.Num, b.Key.Num))
}

// With returns the table with v in the field of that name, without it if v is nil. t does not change.
func (t *Tab) With(name string, v Value) *Tab {
	next := &Tab{Array: t.Array, Fields: slices.Clone(t.Fields)}
	i := slices.IndexFunc(next.Fields, func(f Field) bool { return f.Key.Kind == String && f.Key.Str == name })
	switch {
	case v.Kind == Nil && i >= 0:
		next.Fields = slices.Delete(next.Fields, i, i+1)
	case i >= 0:
		next.Fields[i].Value = v
	case v.Kind != Nil:
		next.Fields = append(next.Fields, Field{StringValue(name), v})
	}
	return next
}
