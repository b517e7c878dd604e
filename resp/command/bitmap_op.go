package command

import (
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
	if err := c.Tx.SetRawString(key, result, 0); err != nil {
		return err
	}
	c.Tx.Notify(aso.NotifyString, "set", key)
	return nil
}

// bitOperation is what BITOP does with each pair of words; nil is NOT.
type bitOperation func(a, b uint64) uint64

func (c *Call) bitOperation(i int) (bitOperation, error) {
	switch {
	case c.Is(i, "AND"):
		return func(a, b uint64) uint64 { return a & b }, nil
	case c.Is(i, "OR"):
		return func(a, b uint64) uint64 { return a | b }, nil
	case c.Is(i, "XOR"):
		return func(a, b uint64) uint64 { return a ^ b }, nil
	case !c.Is(i, "NOT"):
		return nil, errSyntax
	case len(c.Args) != 4:
		return nil, errBitNot
	}
	return nil, nil
}

// combine returns the result for sources, which stay as they are.
func (op bitOperation) combine(sources [][]byte) []byte {
	size := 0
	for _, s := range sources {
		size = max(size, len(s))
	}
	result := make([]byte, size, (size+7)/8*8)
	copy(result, sources[0])
	words := result[:cap(result)]
	if op == nil {
		for at := 0; at < len(words); at += 8 {
			binary.LittleEndian.PutUint64(words[at:], ^binary.LittleEndian.Uint64(words[at:]))
		}
		return result
	}
	for _, s := range sources[1:] {
		op.apply(words, s)
	}
	return result
}

// apply changes words, a multiple of 8 bytes, by s, which is not longer.
func (op bitOperation) apply(words, s []byte) {
	at := 0
	for ; at+8 <= len(s); at += 8 {
		binary.LittleEndian.PutUint64(words[at:], op(binary.LittleEndian.Uint64(words[at:]), binary.LittleEndian.Uint64(s[at:])))
	}
	var rest [8]byte
	copy(rest[:], s[at:])
	for ; at < len(words); at += 8 {
		binary.LittleEndian.PutUint64(words[at:], op(binary.LittleEndian.Uint64(words[at:]), binary.LittleEndian.Uint64(rest[:])))
		rest = [8]byte{}
	}
}
