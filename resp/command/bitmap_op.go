package command

import (
	"bytes"
	"crypto/subtle"
	"encoding/binary"

	"comet/aso"
)

const errBitNot = aso.Error("ERR BITOP NOT must be called with a single source key.")

// bitop combines strings bit by bit, the shorter ones with zeros after their ends, stores the result, and replies with its length.
func bitop(c *Call) error {
	op, err := c.bitOperation(1)
	if err != nil {
		return err
	}
	var sources [][]byte
	for _, key := range c.Args[3:] {
		s, _, err := c.Tx.String(key)
		if err != nil {
			return err
		}
		sources = append(sources, s)
	}
	result := op.combine(sources)
	key := c.Arg(2)
	c.Reply.Int(int64(len(result)))
	if len(result) == 0 {
		c.delete(key)
		return nil
	}
	if err := c.Tx.GiveString(key, result); err != nil {
		return err
	}
	c.Tx.Notify(aso.NotifyString, "set", key)
	return nil
}

// bitOperation is what BITOP does.
type bitOperation struct {
	apply func(bits, others []byte) // changes bits by others, which are as many; nil is NOT
	masks bool                      // where others have ended nothing stays
}

func (c *Call) bitOperation(i int) (bitOperation, error) {
	switch {
	case c.Is(i, "AND"):
		return bitOperation{apply: bitAnd, masks: true}, nil
	case c.Is(i, "OR"):
		return bitOperation{apply: bitOr}, nil
	case c.Is(i, "XOR"):
		return bitOperation{apply: func(bits, others []byte) { subtle.XORBytes(bits, bits, others) }}, nil
	case !c.Is(i, "NOT"):
		return bitOperation{}, errSyntax
	case len(c.Args) != 4:
		return bitOperation{}, errBitNot
	}
	return bitOperation{}, nil
}

// combine returns the result for sources, which stay as they are.
func (op bitOperation) combine(sources [][]byte) []byte {
	longest := 0
	for i, s := range sources {
		if len(s) > len(sources[longest]) {
			longest = i
		}
	}
	result := bytes.Clone(sources[longest])
	if op.apply == nil {
		bitNot(result)
	}
	for i, s := range sources {
		if i == longest {
			continue
		}
		op.apply(result[:len(s)], s)
		if op.masks {
			clear(result[len(s):])
		}
	}
	return result
}

// bitBlock is how many bytes bitAnd and bitOr take at a time, four words.
const bitBlock = 32

func bitAnd(bits, others []byte) {
	for ; len(bits) >= bitBlock && len(others) >= bitBlock; bits, others = bits[bitBlock:], others[bitBlock:] {
		a, b := bits[:bitBlock:bitBlock], others[:bitBlock:bitBlock]
		binary.LittleEndian.PutUint64(a, binary.LittleEndian.Uint64(a)&binary.LittleEndian.Uint64(b))
		binary.LittleEndian.PutUint64(a[8:], binary.LittleEndian.Uint64(a[8:])&binary.LittleEndian.Uint64(b[8:]))
		binary.LittleEndian.PutUint64(a[16:], binary.LittleEndian.Uint64(a[16:])&binary.LittleEndian.Uint64(b[16:]))
		binary.LittleEndian.PutUint64(a[24:], binary.LittleEndian.Uint64(a[24:])&binary.LittleEndian.Uint64(b[24:]))
	}
	for i := range bits {
		bits[i] &= others[i]
	}
}

func bitOr(bits, others []byte) {
	for ; len(bits) >= bitBlock && len(others) >= bitBlock; bits, others = bits[bitBlock:], others[bitBlock:] {
		a, b := bits[:bitBlock:bitBlock], others[:bitBlock:bitBlock]
		binary.LittleEndian.PutUint64(a, binary.LittleEndian.Uint64(a)|binary.LittleEndian.Uint64(b))
		binary.LittleEndian.PutUint64(a[8:], binary.LittleEndian.Uint64(a[8:])|binary.LittleEndian.Uint64(b[8:]))
		binary.LittleEndian.PutUint64(a[16:], binary.LittleEndian.Uint64(a[16:])|binary.LittleEndian.Uint64(b[16:]))
		binary.LittleEndian.PutUint64(a[24:], binary.LittleEndian.Uint64(a[24:])|binary.LittleEndian.Uint64(b[24:]))
	}
	for i := range bits {
		bits[i] |= others[i]
	}
}

var ones = bytes.Repeat([]byte{0xff}, 4096)

func bitNot(bits []byte) {
	for len(bits) > 0 {
		n := subtle.XORBytes(bits, bits, ones)
		bits = bits[n:]
	}
}
