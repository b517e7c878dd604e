package command

import (
	"encoding/binary"
	"hash/crc64"
	"math"
)

// The form of FUNCTION DUMP is that of Redis' RDB files: for each library an opcode and a string, then the version of the format and a CRC64.

const (
	rdbFunction2   = 245 // a library
	rdbFunctionOld = 246 // a library as release candidates of Redis 7.0 wrote it
	rdbVersion     = 10
	dumpTail       = 2 + 8
)

// jones is the CRC64 of Redis.
var jones = crc64.MakeTable(0x95ac9329ac4bc9b5)

func dumpSum(b []byte) uint64 { return ^crc64.Update(math.MaxUint64, jones, b) }

// sealDump appends version and sum to payload.
func sealDump(payload []byte) []byte {
	payload = binary.LittleEndian.AppendUint16(payload, rdbVersion)
	return binary.LittleEndian.AppendUint64(payload, dumpSum(payload))
}

// openDump returns what sealDump was given. It reports false if the version is later, or the sum is wrong.
func openDump(dump []byte) (payload []byte, ok bool) {
	n := len(dump) - dumpTail
	if n < 0 || binary.LittleEndian.Uint16(dump[n:]) > rdbVersion {
		return nil, false
	}
	return dump[:n], binary.LittleEndian.Uint64(dump[n+2:]) == dumpSum(dump[:n+2])
}

// Lengths of the format: what the two upper bits of the first byte say.
const (
	rdbLen6    = 0
	rdbLen14   = 1
	rdbLen32   = 0x80
	rdbLen64   = 0x81
	rdbPressed = 0xc3 // compressed by LZF
)

func appendRDBString(b, s []byte) []byte {
	switch n := len(s); {
	case n < 1<<6:
		b = append(b, byte(n))
	case n < 1<<14:
		b = append(b, rdbLen14<<6|byte(n>>8), byte(n))
	default:
		b = binary.BigEndian.AppendUint32(append(b, rdbLen32), uint32(n))
	}
	return append(b, s...)
}

// readRDBString reads a string, which is no number.
func readRDBString(b []byte) (s, rest []byte, ok bool) {
	if len(b) > 0 && b[0] == rdbPressed {
		return readPressed(b[1:])
	}
	n, b, ok := readRDBLength(b)
	if !ok || n > len(b) {
		return nil, nil, false
	}
	return b[:n], b[n:], true
}

func readRDBLength(b []byte) (n int, rest []byte, ok bool) {
	size := 0
	switch {
	case len(b) == 0:
		return 0, nil, false
	case b[0]>>6 == rdbLen6:
		return int(b[0] & 0x3f), b[1:], true
	case b[0]>>6 == rdbLen14 && len(b) >= 2:
		return int(b[0]&0x3f)<<8 | int(b[1]), b[2:], true
	case b[0] == rdbLen32:
		size = 4
	case b[0] == rdbLen64:
		size = 8
	}
	if size == 0 || len(b) < 1+size {
		return 0, nil, false
	}
	var wide [8]byte
	copy(wide[8-size:], b[1:1+size])
	length := binary.BigEndian.Uint64(wide[:])
	return int(length), b[1+size:], length <= math.MaxInt32
}

// readPressed reads a compressed string: its length, that of the text, and the string.
func readPressed(b []byte) (s, rest []byte, ok bool) {
	n, b, ok := readRDBLength(b)
	if !ok {
		return nil, nil, false
	}
	size, b, ok := readRDBLength(b)
	if !ok || n > len(b) || size > maxScriptBytes {
		return nil, nil, false
	}
	s, ok = unpressed(b[:n], size)
	return s, b[n:], ok
}

// unpressed expands what LZF made of size bytes: runs of literals, and references to what stands before.
func unpressed(b []byte, size int) ([]byte, bool) {
	var out []byte
	for len(b) > 0 {
		n := int(b[0])
		if n < 32 { // n+1 literals
			if len(b) < n+2 {
				return nil, false
			}
			out, b = append(out, b[1:n+2]...), b[n+2:]
			continue
		}
		length, back, used := n>>5, (n&0x1f)<<8, 2
		if length == 7 {
			if len(b) < 3 {
				return nil, false
			}
			length, used = length+int(b[1]), 3
		}
		if len(b) < used {
			return nil, false
		}
		from := len(out) - (back | int(b[used-1])) - 1
		if from < 0 || len(out)+length+2 > size {
			return nil, false
		}
		for range length + 2 {
			out = append(out, out[from])
			from++
		}
		b = b[used:]
	}
	return out, len(out) == size
}
