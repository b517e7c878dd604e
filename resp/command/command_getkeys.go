package command

import (
	"slices"

	"comet/aso"
)

const (
	errNoSuchCommand = aso.Error("ERR Invalid command specified")
	errNoKeyArgs     = aso.Error("ERR The command has no key arguments")
	errGetKeysArity  = aso.Error("ERR Invalid number of arguments specified for command")
	errGetKeysArgs   = aso.Error("ERR Invalid arguments specified for command")
)

// commandGetKeys replies with the keys in the request that the arguments are.
func commandGetKeys(c *Call) error {
	keys, err := requestKeys(c.Server.names, c.Args[2:])
	if err != nil {
		return err
	}
	c.Reply.Array(len(keys))
	for _, key := range keys {
		c.Reply.Bulk(key.name)
	}
	return nil
}

// commandGetKeysAndFlags replies with the keys in the request that the arguments are, and with what the command does to each.
func commandGetKeysAndFlags(c *Call) error {
	keys, err := requestKeys(c.Server.names, c.Args[2:])
	if err != nil {
		return err
	}
	c.Reply.Array(len(keys))
	for _, key := range keys {
		c.Reply.Array(2)
		c.Reply.Bulk(key.name)
		statusSet(c.Reply, key.flags)
	}
	return nil
}

// requestKey is a key of a request, and what the command does to it.
type requestKey struct {
	name  []byte
	flags []string
}

// keysIn returns where the keys of k are in a request, first after last if it has none. ok is false if they cannot be told.
func (k *KeySpec) keysIn(args [][]byte) (first, last, step int, ok bool) {
	if k.has("not_key") {
		return 1, 0, 1, true
	}
	first, last, step = k.find(args)
	if first == 0 && (k.Begin.Type != "index" || k.locate != nil) { // the keyword is not there
		return 1, 0, 1, true
	}
	return first, last, step, first != 0 && first <= last && last < len(args)
}

// requestKeys returns the keys in a request.
func requestKeys(t table, args [][]byte) ([]requestKey, error) {
	cmd := t.routed(args)
	switch {
	case cmd == nil:
		return nil, errNoSuchCommand
	case !cmd.hasKeys():
		return nil, errNoKeyArgs
	case !cmd.acceptsArity(len(args)):
		return nil, errGetKeysArity
	}
	keys, ok := cmd.requestKeys(args)
	switch {
	case ok && len(keys) > 0:
		return keys, nil
	case slices.Contains(cmd.Flags, "no_mandatory_keys"):
		return nil, nil
	}
	return nil, errGetKeysArgs
}

// hasKeys reports whether a request for cmd can have keys; the channels of sharded publishing are none.
func (cmd *Command) hasKeys() bool {
	return slices.ContainsFunc(cmd.Keys, func(k KeySpec) bool { return !k.has("not_key") })
}

// requestKeys returns the keys in a request of cmd with the right number of arguments. ok is false if they cannot be told.
func (cmd *Command) requestKeys(args [][]byte) (keys []requestKey, ok bool) {
	for i := range cmd.Keys {
		spec := &cmd.Keys[i]
		first, last, step, ok := spec.keysIn(args)
		if !ok {
			return nil, false
		}
		flags := spec.flagsIn(args)
		for i := first; i <= last; i += step {
			keys = append(keys, requestKey{args[i], flags})
		}
	}
	return keys, true
}

var (
	flagsOfSet    = []string{"OW", "update"}
	flagsOfSetGet = []string{"RW", "access", "update"}
	flagsOfReads  = []string{"RO", "access"}
)

// flagsIn returns what a request does to the keys of k. Those of SET depend on the option GET, those of BITFIELD on its operations.
func (k *KeySpec) flagsIn(args [][]byte) []string {
	switch {
	case equalFold(args[0], "MIGRATE"):
		return k.Flags[:3] // that they may be incomplete concerns the specification
	case !k.has("variable_flags"):
		return k.Flags
	case equalFold(args[0], "BITFIELD"):
		if bitfieldWrites(args) {
			return flagsOfSetGet
		}
		return flagsOfReads
	}
	for _, arg := range args[min(3, len(args)):] {
		if equalFold(arg, "GET") {
			return flagsOfSetGet
		}
	}
	return flagsOfSet
}
