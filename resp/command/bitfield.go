package command

import (
	"bytes"
	"math"

	"comet/aso"
	"comet/aso/value"
)

var bitfieldCommands = family{
	"bitfield":    {run: bitfield},
	"bitfield_ro": {run: bitfield},
}

const (
	errBitfieldType  = aso.Error("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.")
	errOverflowType  = aso.Error("ERR Invalid OVERFLOW type specified")
	errBitfieldWrite = aso.Error("ERR BITFIELD_RO only supports the GET subcommand")
)

// overflow says what becomes of a result that its integer has no room for.
type overflow uint8

const (
	overflowWrap overflow = iota
	overflowSaturate
	overflowFail
)

// bitfieldOp is an operation of BITFIELD on one integer.
type bitfieldOp struct {
	write, add    bool // SET, or INCRBY if add
	signed        bool
	width, offset int // bits
	operand       int64
	over          overflow
}

// bitfield reads and changes integers of any width in the string.
func bitfield(c *Call) error {
	ops, end, err := c.bitfieldOps()
	if err != nil {
		return err
	}
	if end > 0 && c.Cmd.Name == "bitfield_ro" {
		return errBitfieldWrite
	}
	key := c.Arg(1)
	c.Tx.SetReading(end == 0)
	s, _, err := c.Tx.String(key)
	if err != nil {
		return err
	}
	c.Tx.SetReading(false) // once is enough
	grown, count := end > len(s), 0
	if grown {
		if _, err := c.Tx.Splice(key, end-1, []byte{0}); err != nil {
			return err
		}
	}
	c.Reply.Array(len(ops))
	for i := range ops {
		written, err := c.bitfieldOp(key, &ops[i])
		if err != nil {
			return err
		}
		if written == bitfieldChanged || written == bitfieldSame && grown {
			count++
		}
	}
	if end > 0 {
		c.countChanges(count)
	}
	if count > 0 {
		c.Tx.Notify(aso.NotifyString, "setbit", key)
	}
	return nil
}

// bitfieldOps reads the operations. end is the number of bytes that the string must have for those that write, 0 if none does.
func (c *Call) bitfieldOps() (ops []bitfieldOp, end int, err error) {
	over := overflowWrap
	for i := 2; i < len(c.Args); {
		op, left := bitfieldOp{over: over}, len(c.Args)-i-1
		switch {
		case c.Is(i, "GET") && left >= 2:
		case c.Is(i, "SET") && left >= 3:
			op.write = true
		case c.Is(i, "INCRBY") && left >= 3:
			op.write, op.add = true, true
		case c.Is(i, "OVERFLOW") && left >= 1:
			if over, err = c.overflow(i + 1); err != nil {
				return nil, 0, err
			}
			i += 2
			continue
		default:
			return nil, 0, errSyntax
		}
		if err := op.read(c, i+1); err != nil {
			return nil, 0, err
		}
		i += 3
		if op.write {
			i++
			end = max(end, (op.offset+op.width-1)/8+1)
		}
		ops = append(ops, op)
	}
	return ops, end, nil
}

func (c *Call) overflow(i int) (overflow, error) {
	switch {
	case c.Is(i, "WRAP"):
		return overflowWrap, nil
	case c.Is(i, "SAT"):
		return overflowSaturate, nil
	case c.Is(i, "FAIL"):
		return overflowFail, nil
	}
	return 0, errOverflowType
}

// read reads the type, the offset and, if it writes, the operand, from argument i on.
func (op *bitfieldOp) read(c *Call, i int) (err error) {
	if err := op.readType(c.Arg(i)); err != nil {
		return err
	}
	offset, times := c.Arg(i+1), int64(1)
	if len(offset) > 0 && offset[0] == '#' {
		offset, times = offset[1:], int64(op.width)
	}
	n, ok := value.ParseInt(offset)
	if !ok {
		return errBitOffset
	}
	if op.offset, err = c.checkBitOffset(n*times, nil); err != nil {
		return err
	}
	if op.write {
		op.operand, err = c.Int(i + 2)
	}
	return err
}

// readType reads a type such as i16 or u8; what follows a zero byte does not count, as in Redis.
func (op *bitfieldOp) readType(text []byte) error {
	text, _, _ = bytes.Cut(text, []byte{0})
	if len(text) == 0 || text[0] != 'i' && text[0] != 'u' {
		return errBitfieldType
	}
	op.signed = text[0] == 'i'
	most := int64(63)
	if op.signed {
		most = 64
	}
	width, ok := value.ParseInt(text[1:])
	if !ok || width < 1 || width > most {
		return errBitfieldType
	}
	op.width = int(width)
	return nil
}

// bitfieldResult says what an operation did.
type bitfieldResult uint8

const (
	bitfieldNothing bitfieldResult = iota
	bitfieldSame                   // it wrote what was there
	bitfieldChanged
)

// bitfieldOp does an operation and replies with its result: what was there before SET, or null where it overflows and is to fail.
func (c *Call) bitfieldOp(key []byte, op *bitfieldOp) (bitfieldResult, error) {
	s, _, err := c.Tx.String(key)
	if err != nil {
		return bitfieldNothing, err
	}
	old := value.Bitfield(s, op.offset, op.width, op.signed)
	if !op.write {
		c.Reply.Int(old)
		return bitfieldNothing, nil
	}
	v, ok := op.result(old)
	if !ok {
		c.Reply.Null()
		return bitfieldNothing, nil
	}
	if op.add {
		c.Reply.Int(v)
	} else {
		c.Reply.Int(old)
	}
	if v == old {
		return bitfieldSame, nil
	}
	first, end := op.offset/8, (op.offset+op.width-1)/8+1
	var part [9]byte
	if first < len(s) { // else the value is hidden from the client
		copy(part[:], s[first:])
	}
	value.SetBitfield(part[:], op.offset%8, op.width, v)
	_, err = c.Tx.Splice(key, first, part[:end-first])
	return bitfieldChanged, err
}

// result returns what SET or INCRBY makes of old. ok is false if it overflows and is to fail.
func (op *bitfieldOp) result(old int64) (v int64, ok bool) {
	a, b := op.operand, int64(0)
	if op.add {
		a, b = old, op.operand
	}
	if op.signed {
		return op.addSigned(a, b)
	}
	return op.addUnsigned(uint64(a), b)
}

// addSigned adds b to a; only one of them may be out of the range of the integer. A number so far below the range that the way up is more than an int64
// holds is taken for one above it, as in Redis.
func (op *bitfieldOp) addSigned(a, b int64) (v int64, ok bool) {
	most := int64(math.MaxInt64) >> (64 - op.width)
	least := -most - 1
	sum := a + b
	above := a > most || b > 0 && (sum < a || sum > most) || a < least && most-a < 0
	below := !above && (a < least || b < 0 && (sum > a || sum < least))
	switch {
	case !above && !below:
		return sum, true
	case op.over == overflowFail:
		return 0, false
	case op.over == overflowWrap:
		return sum << (64 - op.width) >> (64 - op.width), true
	case above:
		return most, true
	}
	return least, true
}

// addUnsigned adds b to a, which may be out of the range of the integer only if b is 0.
func (op *bitfieldOp) addUnsigned(a uint64, b int64) (v int64, ok bool) {
	most := uint64(1)<<op.width - 1
	above := a > most || b > 0 && uint64(b) > most-a
	below := !above && b < 0 && uint64(-b) > a
	switch {
	case !above && !below:
		return int64(a + uint64(b)), true
	case op.over == overflowFail:
		return 0, false
	case op.over == overflowWrap:
		return int64((a + uint64(b)) & most), true
	case above:
		return int64(most), true
	}
	return 0, true
}

// bitfieldWrites reports whether a request of BITFIELD may write; one that makes no sense may.
func bitfieldWrites(args [][]byte) bool {
	for i := 2; i < len(args); i++ {
		left := len(args) - i - 1
		switch {
		case equalFold(args[i], "GET") && left >= 2:
			i += 2
		case equalFold(args[i], "OVERFLOW") && left >= 1:
			i++
		default:
			return true
		}
	}
	return false
}
