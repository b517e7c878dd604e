package command

import (
	"bytes"
	"crypto/subtle"
	"encoding/binary"
	"slices"

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
	key := c.Arg(2)
	n := longest(sources)
	c.Reply.Int(int64(n))
	if n == 0 {
		c.delete(key)
		return nil
	}
	var result []byte
	if slices.ContainsFunc(c.Args[3:], func(source []byte) bool { return bytes.Equal(source, key) }) {
		result = make([]byte, n)
	} else {
		result = c.Tx.StringMemory(key, n)
	}
	op.combine(result, sources)
	if err := c.Tx.GiveString(key, result); err != nil {
		return err
	}
	c.Tx.Notify(aso.NotifyString, "set", key)
	return nil
}

func longest(sources [][]byte) (n int) {
	for _, s := range sources {
		n = max(n, len(s))
	}
	return n
}

// bitOperation is what BITOP does.
type bitOperation struct {
	apply func(dst, a, b []byte) // sets dst, which may be a, and is not longer than a and b; nil is NOT
	masks bool                   // where one has ended nothing stays
}

func (c *Call) bitOperation(i int) (bitOperation, error) {
	switch {
	case c.Is(i, "AND"):
		return bitOperation{apply: bitAnd, masks: true}, nil
	case c.Is(i, "OR"):
		return bitOperation{apply: bitOr}, nil
	case c.Is(i, "XOR"):
		return bitOperation{apply: bitXor}, nil
	case !c.Is(i, "NOT"):
		return bitOperation{}, errSyntax
	case len(c.Args) != 4:
		return bitOperation{}, errBitNot
	}
	return bitOperation{}, nil
}

// combine makes dst, as long as the longest source, the result for sources, which stay as they are.
func (op bitOperation) combine(dst []byte, sources [][]byte) {
	if op.apply == nil {
		bitNot(dst, sources[0])
		return
	}
	so := sources[0] // the result so far: the bytes after its end are 0
	for _, s := range sources[1:] {
		if len(s) > len(so) {
			so, s = s, so
		}
		n := len(s)
		op.apply(dst[:n], so, s)
		if op.masks {
			so = dst[:n]
			continue
		}
		copy(dst[n:], so[n:])
		so = dst[:len(so)]
	}
	if len(sources) == 1 {
		copy(dst, so)
	}
	clear(dst[len(so):])
}

// bitBlock is how many bytes bitAnd and bitOr take at a time, eight words.
const bitBlock = 64

func bitAnd(dst, a, b []byte) {
	for ; len(dst) >= bitBlock; dst, a, b = dst[bitBlock:], a[bitBlock:], b[bitBlock:] {
		d, x, y := (*[bitBlock]byte)(dst), (*[bitBlock]byte)(a), (*[bitBlock]byte)(b)
		binary.NativeEndian.PutUint64(d[0:], binary.NativeEndian.Uint64(x[0:])&binary.NativeEndian.Uint64(y[0:]))
		binary.NativeEndian.PutUint64(d[8:], binary.NativeEndian.Uint64(x[8:])&binary.NativeEndian.Uint64(y[8:]))
		binary.NativeEndian.PutUint64(d[16:], binary.NativeEndian.Uint64(x[16:])&binary.NativeEndian.Uint64(y[16:]))
		binary.NativeEndian.PutUint64(d[24:], binary.NativeEndian.Uint64(x[24:])&binary.NativeEndian.Uint64(y[24:]))
		binary.NativeEndian.PutUint64(d[32:], binary.NativeEndian.Uint64(x[32:])&binary.NativeEndian.Uint64(y[32:]))
		binary.NativeEndian.PutUint64(d[40:], binary.NativeEndian.Uint64(x[40:])&binary.NativeEndian.Uint64(y[40:]))
		binary.NativeEndian.PutUint64(d[48:], binary.NativeEndian.Uint64(x[48:])&binary.NativeEndian.Uint64(y[48:]))
		binary.NativeEndian.PutUint64(d[56:], binary.NativeEndian.Uint64(x[56:])&binary.NativeEndian.Uint64(y[56:]))
	}
	for i := range dst {
		dst[i] = a[i] & b[i]
	}
}

func bitOr(dst, a, b []byte) {
	for ; len(dst) >= bitBlock; dst, a, b = dst[bitBlock:], a[bitBlock:], b[bitBlock:] {
		d, x, y := (*[bitBlock]byte)(dst), (*[bitBlock]byte)(a), (*[bitBlock]byte)(b)
		binary.NativeEndian.PutUint64(d[0:], binary.NativeEndian.Uint64(x[0:])|binary.NativeEndian.Uint64(y[0:]))
		binary.NativeEndian.PutUint64(d[8:], binary.NativeEndian.Uint64(x[8:])|binary.NativeEndian.Uint64(y[8:]))
		binary.NativeEndian.PutUint64(d[16:], binary.NativeEndian.Uint64(x[16:])|binary.NativeEndian.Uint64(y[16:]))
		binary.NativeEndian.PutUint64(d[24:], binary.NativeEndian.Uint64(x[24:])|binary.NativeEndian.Uint64(y[24:]))
		binary.NativeEndian.PutUint64(d[32:], binary.NativeEndian.Uint64(x[32:])|binary.NativeEndian.Uint64(y[32:]))
		binary.NativeEndian.PutUint64(d[40:], binary.NativeEndian.Uint64(x[40:])|binary.NativeEndian.Uint64(y[40:]))
		binary.NativeEndian.PutUint64(d[48:], binary.NativeEndian.Uint64(x[48:])|binary.NativeEndian.Uint64(y[48:]))
		binary.NativeEndian.PutUint64(d[56:], binary.NativeEndian.Uint64(x[56:])|binary.NativeEndian.Uint64(y[56:]))
	}
	for i := range dst {
		dst[i] = a[i] | b[i]
	}
}

func bitXor(dst, a, b []byte) { subtle.XORBytes(dst, a[:len(dst)], b[:len(dst)]) }

var ones = bytes.Repeat([]byte{0xff}, 4096)

func bitNot(dst, s []byte) {
	for len(dst) > 0 {
		n := subtle.XORBytes(dst, s, ones)
		dst, s = dst[n:], s[n:]
	}
}
