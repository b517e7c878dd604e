package sandbox

import "errors"

// encodeState encodes a Table for an object, as a run would. A nil or empty table
// is no bytes. Numbers, strings, booleans and tables are data; nothing else is.
func encodeState(v Value, max int) ([]byte, error) {
	if v.Kind == Nil || v.Kind == Table && (v.Tab == nil || len(v.Tab.Array)+len(v.Tab.Fields) == 0) {
		return nil, nil
	}
	if v.Kind != Table {
		return nil, errors.New("a state is a table")
	}
	e := encoder{buf: []byte{stateVersion}, max: max}
	e.value(v, 0)
	if e.err != nil {
		return nil, e.err
	}
	return e.buf, nil
}

func (e *encoder) value(v Value, depth int) {
	switch v.Kind {
	case Bool:
		e.bool(v.Num != 0)
	case Number:
		e.number(v.Num)
	case String:
		e.string(v.Str)
	case Table:
		e.tab(v.Tab, depth)
	default:
		e.fail(errors.New("a state holds only booleans, numbers, strings and tables"))
	}
}

func (e *encoder) tab(t *Tab, depth int) {
	if depth >= maxStateDepth {
		e.fail(errors.New("the state is nested too deeply"))
		return
	}
	if t == nil {
		t = &Tab{}
	}
	e.table(len(t.Array), len(t.Fields))
	for _, v := range t.Array {
		e.value(v, depth+1)
	}
	for _, f := range t.Fields {
		if _, whole := wholeNumber(f.Key.Num); f.Key.Kind != String && !(f.Key.Kind == Number && whole) {
			e.fail(errors.New("a key of a state is a string or an integer"))
			return
		}
		e.value(f.Key, depth+1)
		e.value(f.Value, depth+1)
	}
}
