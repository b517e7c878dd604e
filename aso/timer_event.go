package aso

import "comet/aso/sandbox"

// firing tells a handler of a timer that fires.
type firing struct {
	name     string
	at       int64 // when it was to fire: after due, if it is jittered
	due, now int64
	attempt  int64
	id       uint64 // of this attempt
	missed   int64  // occurrences that this firing stands for besides its own
	data     []byte
}

// Field returns ev.<name>.
func (f *firing) Field(name string) (sandbox.Value, bool) {
	switch name {
	case "timer":
		return sandbox.StringValue(f.name), true
	case "due":
		return sandbox.NumberValue(float64(f.due)), true
	case "late":
		return sandbox.NumberValue(float64(f.now - f.due)), true
	case "attempt":
		return sandbox.NumberValue(float64(f.attempt)), true
	case "missed":
		return sandbox.NumberValue(float64(f.missed)), true
	case "data":
		if len(f.data) == 0 {
			return sandbox.Value{}, true
		}
		return sandbox.StringValue(string(f.data)), true
	}
	return sandbox.Value{}, false
}
