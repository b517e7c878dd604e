package command

import "slices"

// fieldNames returns the fields or members of a value that the command names, in its order; nil if it is about the value as a whole.
func (c *Call) fieldNames() (names [][]byte) {
	first, step := c.Cmd.fieldArgs()
	if c.Cmd.Name == "zadd" { // options stand before its members
		var o zaddOptions
		for first, step = 2, 2; first < len(c.Args) && o.take(c.Args[first]); {
			first++
		}
		first++
	}
	if first == 0 {
		return nil
	}
	for i := first; i < len(c.Args); i += step {
		names = append(names, c.Args[i])
	}
	return names
}

// fieldArgs says which arguments of the command name fields or members: from the first on, every step-th. first 0 is none.
func (spec *Spec) fieldArgs() (first, step int) {
	at := 1
	for i := range spec.Arguments {
		a := &spec.Arguments[i]
		if slices.Contains(a.Flags, "optional") || a.Type == "oneof" {
			return 0, 0
		}
		parts := a.Arguments
		if len(parts) == 0 {
			parts = spec.Arguments[i : i+1]
		}
		for n := range parts {
			if name := parts[n].Name; name != "field" && name != "member" {
				continue
			}
			if slices.Contains(a.Flags, "multiple") {
				return at + n, len(parts)
			}
			return at + n, len(spec.Arguments) + 1
		}
		at += len(parts)
	}
	return 0, 0
}
