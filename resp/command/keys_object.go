package command

import (
	"math"

	"comet/aso"
	"comet/aso/value"
)

const (
	errNoLFU = aso.Error("ERR An LFU maxmemory policy is not selected, access frequency not tracked. " +
		"Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
	errNoLRU = aso.Error("ERR An LFU maxmemory policy is selected, idle time not tracked. " +
		"Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.")
)

// replyObject replies with what fn appends about the object of the command's key, or null if there is none.
func (c *Call) replyObject(fn func(o *aso.Object)) error {
	o, ok := c.Tx.Object(c.Arg(2))
	c.Tx.CountLookup(ok)
	c.Tx.SetReading(false) // once is enough
	if ok {
		fn(&o)
	} else {
		c.Reply.Null()
	}
	return nil
}

// objectEncoding replies with the name of the value's representation.
func objectEncoding(c *Call) error {
	return c.replyObject(func(o *aso.Object) { c.Reply.BulkString(o.Encoding) })
}

// objectIdletime replies with the seconds since the last access.
func objectIdletime(c *Call) error {
	if c.Server.config.countsUses() && c.Tx.Exists(c.Arg(2)) {
		c.Tx.CountLookup(true)
		return errNoLRU
	}
	return c.replyObject(func(o *aso.Object) { c.Reply.Int(o.Idle) })
}

// objectFreq replies with how often the object is used, on a logarithmic scale.
func objectFreq(c *Call) error {
	if !c.Server.config.countsUses() && c.Tx.Exists(c.Arg(2)) {
		c.Tx.CountLookup(true)
		return errNoLFU
	}
	return c.replyObject(func(o *aso.Object) { c.Reply.Int(int64(o.Frequency)) })
}

// objectRefcount replies with 1, or what Redis replies for the small integers that it shares.
func objectRefcount(c *Call) error {
	const sharedIntegers = 10000
	return c.replyObject(func(o *aso.Object) {
		refs := int64(1)
		if o.Encoding == "int" {
			s, _, _ := c.Tx.String(c.Arg(2))
			if n, ok := value.ParseInt(s); ok && n >= 0 && n < sharedIntegers {
				refs = math.MaxInt32
			}
		}
		c.Reply.Int(refs)
	})
}

// objectHelp replies with the forms of OBJECT.
func objectHelp(c *Call) error {
	return c.help("OBJECT",
		"ENCODING <key>",
		"    Return the kind of internal representation used in order to store the value",
		"    associated with a <key>.",
		"FREQ <key>",
		"    Return the access frequency index of the <key>. The returned integer is",
		"    proportional to the logarithm of the recent access frequency of the key.",
		"IDLETIME <key>",
		"    Return the idle time of the <key>, that is the approximated number of",
		"    seconds elapsed since the last access to the key.",
		"REFCOUNT <key>",
		"    Return the number of references of the value associated with the specified",
		"    <key>.",
	)
}
