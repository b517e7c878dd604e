package command

import "slices"

// arranged returns the arguments of a command of a handler, where its key stands after the name, in the order of the command: OBJECT key ENCODING
// is OBJECT ENCODING key, LMPOP key LEFT is LMPOP 1 key LEFT, XREAD key STREAMS 0 is XREAD STREAMS key 0.
func (t table) arranged(args [][]byte) [][]byte {
	var buf [64]byte
	cmd := t[string(lower(buf[:0], args[0]))]
	if cmd == nil || len(args) < 3 || cmd.keys.first == 1 {
		return args
	}
	if sub := cmd.subcommand(lower(buf[:0], args[2])); sub != nil {
		cmd = sub
	}
	if len(cmd.Keys) != 1 {
		return args
	}
	words := slices.Delete(slices.Clone(args), 1, 2)
	at, spec := 0, &cmd.Keys[0]
	if at = spec.begin(words); at <= 0 || at > len(words) {
		return args
	}
	if spec.Find.Type == "keynum" {
		return slices.Insert(words, at, []byte("1"), args[1])
	}
	return slices.Insert(words, at, args[1])
}
