package command

import (
	"bytes"
	"encoding/binary"
	"math/bits"

	"comet/aso"
	"comet/aso/value"
)

var hllCommands = family{
	"pfadd":      {run: pfadd},
	"pfcount":    {run: pfcount, brief: true},
	"pfmerge":    {run: pfmerge, reads: true},
	"pfdebug":    {run: pfdebug},
	"pfselftest": {run: pfselftest},
}

const (
	errNotHLL     = aso.Error("WRONGTYPE Key is not a valid HyperLogLog string value.")
	errCorruptHLL = aso.Error("INVALIDOBJ Corrupted HLL object detected")
)

// hll returns the HyperLogLog at key; found is false if there is none.
func (c *Call) hll(key []byte) (b []byte, found bool, err error) {
	b, found, err = c.Tx.String(key)
	if found && !value.IsHLL(b) {
		return nil, false, errNotHLL
	}
	return b, found, err
}

// pfadd adds elements and replies whether that changed any register, or made the key.
func pfadd(c *Call) error {
	key := c.Arg(1)
	b, found, err := c.hll(key)
	if err != nil {
		return err
	}
	n := 0
	if found && value.HLLIsDense(b) {
		n, err = c.addDense(key, b)
	} else {
		n, err = c.addSparse(key, b, found)
	}
	if err != nil {
		return err
	}
	if n > 0 {
		c.countChanges(n)
		c.Tx.Notify(aso.NotifyString, "pfadd", key)
	}
	c.intBool(n > 0)
	return nil
}

// addDense adds the elements to the dense HyperLogLog b by changing a byte or two for each, and returns how many registers it raised.
func (c *Call) addDense(key, b []byte) (raised int, err error) {
	_, fresh := value.HLLCached(b)
	for _, element := range c.Args[2:] {
		register, rank := value.HLLRank(element)
		at, patch, n, ok := value.HLLPatch(b, register, rank)
		if !ok {
			continue
		}
		if _, err := c.Tx.Splice(key, at, patch[:n]); err != nil {
			return 0, err
		}
		raised++
		if b, _, err = c.Tx.String(key); err != nil {
			return 0, err
		}
	}
	if raised > 0 && fresh {
		_, err = c.Tx.Splice(key, value.HLLStaleAt, []byte{b[value.HLLStaleAt] | value.HLLStale})
	}
	return raised, err
}

// addSparse adds the elements to a copy of b, stores it, and returns how many changes that were: the registers it raised, and the key if it made that.
func (c *Call) addSparse(key, b []byte, found bool) (changes int, err error) {
	const room = 64 // what is added rarely takes more bytes
	var after []byte
	if found {
		after = c.Tx.Scratch(b, room)
	} else {
		after = value.NewHLL()
		changes++
	}
	most := int(c.Server.config.HLLSparseMaxBytes.Load())
	for _, element := range c.Args[2:] {
		register, rank := value.HLLRank(element)
		var raised, ok bool
		if after, raised, ok = value.HLLSet(after, register, rank, most); !ok {
			return 0, errCorruptHLL
		}
		if raised {
			changes++
		}
	}
	if changes == 0 {
		return 0, nil
	}
	value.HLLMarkStale(after)
	return changes, c.storeHLL(key, b, after)
}

// storeHLL makes after the string at key, which was before. The journal gets what differs, if that is not shorter than it was.
func (c *Call) storeHLL(key, before, after []byte) error {
	if len(before) == 0 || len(after) < len(before) {
		return c.Tx.SetRawString(key, after, aso.KeepDeadline)
	}
	first, end := samePrefix(before, after), len(after)
	for len(before) == len(after) && end > first && before[end-1] == after[end-1] {
		end--
	}
	_, err := c.Tx.Splice(key, first, after[first:end])
	return err
}

// samePrefix returns how many bytes a and b, which is not shorter, begin with alike.
func samePrefix(a, b []byte) (n int) {
	for ; n+8 <= len(a); n += 8 {
		if differ := binary.LittleEndian.Uint64(a[n:]) ^ binary.LittleEndian.Uint64(b[n:]); differ != 0 {
			return n + bits.TrailingZeros64(differ)/8
		}
	}
	for n < len(a) && a[n] == b[n] {
		n++
	}
	return n
}

// pfcount replies with about how many different elements one HyperLogLog has had, or several together.
func pfcount(c *Call) error {
	if len(c.Args) > 2 {
		return c.countUnion()
	}
	key := c.Arg(1)
	b, found, err := c.hll(key)
	if err != nil {
		return err
	}
	if !found {
		c.Reply.Int(0)
		return nil
	}
	n, fresh := value.HLLCached(b)
	if !fresh {
		var ok bool
		if n, ok = value.HLLEstimate(b); !ok {
			return errCorruptHLL
		}
		if err := c.cacheEstimate(key, n); err != nil {
			return err
		}
	}
	c.Reply.Int(int64(n))
	return nil
}

// cacheEstimate keeps an estimate in the HyperLogLog at key, unless nothing may be written.
func (c *Call) cacheEstimate(key []byte, n uint64) error {
	if c.Server.whyNoWrites() != nil || c.Session.link == nil && c.Server.isReadOnly(c.Cmd) {
		return nil
	}
	var cached [8]byte
	binary.LittleEndian.PutUint64(cached[:], n)
	_, err := c.Tx.Splice(key, value.HLLCacheAt, cached[:])
	return err
}

func (c *Call) countUnion() error {
	var registers value.HLLRegisters
	for _, key := range c.Args[1:] {
		if _, err := c.mergeHLL(&registers, key); err != nil {
			return err
		}
	}
	c.Reply.Int(int64(registers.Estimate()))
	return nil
}

// mergeHLL raises registers to those of the HyperLogLog at key, and reports whether it is dense.
func (c *Call) mergeHLL(registers *value.HLLRegisters, key []byte) (dense bool, err error) {
	b, found, err := c.hll(key)
	if err != nil || !found {
		return false, err
	}
	if !registers.Merge(b) {
		return false, errCorruptHLL
	}
	return value.HLLIsDense(b), nil
}

// pfmerge makes the first HyperLogLog the union of all.
func pfmerge(c *Call) error {
	var registers value.HLLRegisters
	dense := false
	for _, key := range c.Args[1:] {
		isDense, err := c.mergeHLL(&registers, key)
		if err != nil {
			return err
		}
		dense = dense || isDense
	}
	key := c.Arg(1)
	c.Tx.SetReading(false)
	b, found, err := c.Tx.String(key)
	if err != nil {
		return err
	}
	after := value.NewHLL()
	if found {
		after = bytes.Clone(b)
	}
	if dense {
		after, _ = value.HLLToDense(after) // it is not corrupt: its registers are among those merged
		registers.PutDense(after)
	} else {
		most := int(c.Server.config.HLLSparseMaxBytes.Load())
		for register, rank := range registers {
			if rank > 0 {
				after, _, _ = value.HLLSet(after, register, rank, most)
			}
		}
	}
	value.HLLMarkStale(after)
	if err := c.storeHLL(key, b, after); err != nil {
		return err
	}
	c.Tx.Notify(aso.NotifyString, "pfadd", key)
	c.OK()
	return nil
}
