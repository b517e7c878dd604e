package aso

import "comet/aso/sandbox"

// State returns the state of the object at key, a table.
func (tx *Tx) State(key []byte) (sandbox.Value, error) {
	tx.lookup(key)
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return sandbox.Value{}, err
	}
	return sandbox.DecodeState(s.state)
}

// SetStateField makes v a field of the state of the object at key, or removes it if v is nil, and reports whether that was there. No handler
// runs. An object without a section comes to have one.
func (tx *Tx) SetStateField(key []byte, field string, v sandbox.Value) (there bool, err error) {
	state, err := tx.State(key)
	if err != nil {
		return false, err
	}
	there = state.Get(field).Kind != sandbox.Nil
	if !there && v.Kind == sandbox.Nil {
		return false, nil
	}
	state.Tab = state.Tab.With(field, v)
	encoded, err := sandbox.EncodeState(state, tx.ks.runLimits().State)
	if err != nil {
		return there, stateError(err)
	}
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return there, err
	}
	s.state = encoded
	return there, tx.putSection(&e, key, &s)
}

func stateError(err error) error {
	if reply, ok := handlerError(err).(Error); ok {
		return reply
	}
	return Failure("ERR", err.Error())
}
