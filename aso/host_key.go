package aso

import (
	"errors"

	"comet/aso/sandbox"
)

var (
	errOtherSlot   = errors.New("the key is not in the hash slot of the object")
	errOtherActs   = errors.New("the object at the key has handlers of its own")
	errInterrupted = errors.New("other keys cannot be called while a command on several keys is at work")
)

// commandOn runs a data command on another object of the slot, which the handler was granted: self:callkey(key, name, ...). The partition of
// a slot is locked as a whole, so that no lock is missing.
func (h *host) commandOn(args []sandbox.Value) (sandbox.Value, error) {
	key, ok := argument(args, 0).AppendText(nil)
	if !ok || len(args) < 2 {
		return sandbox.Value{}, badArgument("self:callkey", "a key and the name of a command", argument(args, min(len(args), 1)))
	}
	switch {
	case !matchesAny(h.tx.ks.grantOf(h.code).keys(), key):
		return sandbox.Value{}, h.notGranted("KEYS", key)
	case Slot(key) != Slot(h.key):
		return sandbox.Value{}, errOtherSlot
	case h.tx.PossibleHandlers(key) != 0: // they would have to judge it, and handlers fire no handlers
		return sandbox.Value{}, errOtherActs
	case h.tx.interrupted:
		return sandbox.Value{}, errInterrupted
	}
	h.tx.letDie(key)
	return h.perform(key, args[1:])
}

// letDie ends the object at key, which has no handlers, if its deadline has passed: while a handler runs nothing expires by itself.
func (tx *Tx) letDie(key []byte) {
	held := tx.immortal
	tx.immortal = false
	tx.lookup(key)
	tx.immortal = held
}
