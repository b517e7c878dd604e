package command

import (
	"comet/aso"
	"comet/aso/value"
)

var bitmapCommands = family{
	"bitcount": {run: bitcount},
	"bitop":    {run: bitop, reads: true},
	"bitpos":   {run: bitpos},
	"getbit":   {run: getbit},
	"setbit":   {run: setbit},
}

const (
	errBitOffset = aso.Error("ERR bit offset is not an integer or out of range")
	errBit       = aso.Error("ERR bit is not an integer or out of range")
	errBitArg    = aso.Error("ERR The bit argument must be 1 or 0.")
)

// bitOffset returns argument i as the number of a bit.
func (c *Call) bitOffset(i int) (int, error) { return c.checkBitOffset(c.Int(i)) }

// checkBitOffset returns n as the number of a bit of a string that is not too long.
func (c *Call) checkBitOffset(n int64, err error) (int, error) {
	if err != nil || n < 0 || n>>3 >= c.Server.config.ProtoMaxBulkLen.Load() {
		return 0, errBitOffset
	}
	return int(n), nil
}

// getbit replies with a bit of the string.
func getbit(c *Call) error {
	at, err := c.bitOffset(2)
	if err != nil {
		return err
	}
	s, _, err := c.Tx.String(c.Arg(1))
	if err != nil {
		return err
	}
	c.Reply.Int(value.Bitfield(s, at, 1, false))
	return nil
}

// setbit changes a bit of the string and replies with what it was.
func setbit(c *Call) error {
	at, err := c.bitOffset(2)
	if err != nil {
		return err
	}
	bit, err := c.IntIn(3, 0, 1, errBit)
	if err != nil {
		return err
	}
	key := c.Arg(1)
	s, _, err := c.Tx.String(key)
	if err != nil {
		return err
	}
	old := value.Bitfield(s, at, 1, false)
	if at/8 >= len(s) || old != bit {
		var part [1]byte
		if at/8 < len(s) {
			part[0] = s[at/8]
		}
		value.SetBitfield(part[:], at%8, 1, bit)
		if _, err := c.Tx.Splice(key, at/8, part[:]); err != nil {
			return err
		}
		c.Tx.Notify(aso.NotifyString, "setbit", key)
	}
	c.Reply.Int(old)
	return nil
}

// bitRange is the bits from from to to, exclusively.
type bitRange struct{ from, to int }

// bitRange reads the bounds of a part of a string of n bytes: both are included, negative ones count from the end, and the unit after them may say
// that they count bits. It has at least one argument.
func (c *Call) bitRange(first, n int) (bitRange, error) {
	start, err := c.Int(first)
	if err != nil {
		return bitRange{}, err
	}
	unit := 8
	if first+2 < len(c.Args) {
		if unit, err = c.bitUnit(first + 2); err != nil {
			return bitRange{}, err
		}
	}
	size := int64(n) * int64(8/unit)
	end := size - 1
	if first+1 < len(c.Args) {
		if end, err = c.Int(first + 1); err != nil {
			return bitRange{}, err
		}
	}
	if start < 0 {
		start = max(start+size, 0)
	}
	if end < 0 {
		end = max(end+size, 0)
	}
	if end = min(end, size-1); start > end {
		return bitRange{}, nil
	}
	return bitRange{int(start) * unit, int(end+1) * unit}, nil
}

// bitUnit returns how many bits the unit in argument i is.
func (c *Call) bitUnit(i int) (int, error) {
	switch {
	case c.Is(i, "BIT"):
		return 1, nil
	case c.Is(i, "BYTE"):
		return 8, nil
	}
	return 0, errSyntax
}

// bitcount replies with the number of bits that are set.
func bitcount(c *Call) error {
	s, found, err := c.Tx.String(c.Arg(1))
	if err != nil {
		return err
	}
	r := bitRange{0, 8 * len(s)}
	switch {
	case !found:
		r = bitRange{}
	case len(c.Args) == 3 || len(c.Args) > 5:
		return errSyntax
	case len(c.Args) > 3:
		if r, err = c.countRange(len(s)); err != nil {
			return err
		}
	}
	c.Reply.Int(int64(value.CountBits(s, r.from, r.to)))
	return nil
}

// countRange is bitRange for BITCOUNT, which replies with 0, whatever the unit is, if both bounds are negative and the first one is greater.
func (c *Call) countRange(n int) (bitRange, error) {
	start, err := c.Int(2)
	if err != nil {
		return bitRange{}, err
	}
	end, err := c.Int(3)
	if err != nil || start < 0 && end < 0 && start > end {
		return bitRange{}, err
	}
	return c.bitRange(2, n)
}

// bitpos replies with the first bit that is set, or that is not.
func bitpos(c *Call) error {
	bit, err := c.Int(2)
	switch {
	case err != nil:
		return err
	case bit != 0 && bit != 1:
		return errBitArg
	}
	s, found, err := c.Tx.String(c.Arg(1))
	switch {
	case err != nil:
		return err
	case !found:
		c.Reply.Int(-bit)
		return nil
	case len(c.Args) > 6:
		return errSyntax
	}
	r := bitRange{0, 8 * len(s)}
	if len(c.Args) > 3 {
		if r, err = c.bitRange(3, len(s)); err != nil {
			return err
		}
	}
	at := value.FindBit(s, r.from, r.to, bit == 1)
	if at < 0 && bit == 0 && len(c.Args) < 5 && r.from < r.to {
		at = r.to // after its end a string goes on with zeros, unless the command names an end
	}
	c.Reply.Int(int64(at))
	return nil
}
