package persist

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strconv"
)

// A record is the value of one buntdb SET: a header of headerSize bytes and a body. All numbers are little endian.
//
//	 0  4  magic "CMET"
//	 4  1  format version
//	 5  1  kind
//	 6  2  zero
//	 8  8  file id: random, the same in all records of a file
//	16  8  sequence number (meaning depends on the kind)
//	24  4  count of units or chunks in the body
//	28  8  length of the body
//	36  4  CRC32C of the body
//	40  4  CRC32C of bytes 0 to 39
const headerSize = 44

const (
	magic         = "CMET"
	formatVersion = 2
)

type kind byte

const (
	kindFile   kind = 1 // first record of each file: what the file is; seq: the last unit before it, 0 in a journal
	kindUnits  kind = 2 // journal: one group commit; seq: number of its first unit
	kindClosed kind = 3 // journal: closed in order; seq: last unit; more may follow after a restart
	kindSealed kind = 4 // journal: continued in the next generation; seq: last unit; nothing may follow
	kindJump   kind = 5 // journal: after a repair the next unit is seq + 1
	kindChunks kind = 6 // snapshot: seq is zero
	kindEnd    kind = 7 // snapshot: complete; seq: highest unit any chunk may contain
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

var (
	errNotARecord = errors.New("not a record")
	errHeaderCRC  = errors.New("record header fails its checksum")
	errBodyCRC    = errors.New("record body fails its checksum")
	errCutShort   = errors.New("record is cut short")
	errTooNew     = errors.New("written by a newer version")
	errTooOld     = errors.New("written in an older format, which this version does not read")
	errBody       = errors.New("record body does not hold what its header says")
)

type header struct {
	kind    kind
	fileID  uint64
	seq     uint64
	count   uint32
	bodyLen uint64
	bodyCRC uint32
}

// seal fills in the header of rec, whose body stands behind headerSize bytes of room.
func seal(rec []byte, k kind, fileID, seq uint64, count uint32) {
	body := rec[headerSize:]
	copy(rec, magic)
	rec[4], rec[5], rec[6], rec[7] = formatVersion, byte(k), 0, 0
	binary.LittleEndian.PutUint64(rec[8:], fileID)
	binary.LittleEndian.PutUint64(rec[16:], seq)
	binary.LittleEndian.PutUint32(rec[24:], count)
	binary.LittleEndian.PutUint64(rec[28:], uint64(len(body)))
	binary.LittleEndian.PutUint32(rec[36:], crc32.Checksum(body, castagnoli))
	binary.LittleEndian.PutUint32(rec[40:], crc32.Checksum(rec[:40], castagnoli))
}

// parseHeader checks and decodes the first headerSize bytes of b; it must have that many.
func parseHeader(b []byte) (header, error) {
	if string(b[:4]) != magic {
		return header{}, errNotARecord
	}
	if crc32.Checksum(b[:40], castagnoli) != binary.LittleEndian.Uint32(b[40:]) {
		return header{}, errHeaderCRC
	}
	if b[4] > formatVersion {
		return header{}, errTooNew
	}
	if b[4] != 0 && b[4] < formatVersion {
		return header{}, errTooOld
	}
	if b[4] != formatVersion || b[6] != 0 || b[7] != 0 {
		return header{}, errNotARecord
	}
	return header{
		kind:    kind(b[5]),
		fileID:  binary.LittleEndian.Uint64(b[8:]),
		seq:     binary.LittleEndian.Uint64(b[16:]),
		count:   binary.LittleEndian.Uint32(b[24:]),
		bodyLen: binary.LittleEndian.Uint64(b[28:]),
		bodyCRC: binary.LittleEndian.Uint32(b[36:]),
	}, nil
}

// appendUnit adds one unit to the body of a kindUnits record.
func appendUnit(body, unit []byte) []byte {
	body = binary.AppendUvarint(body, uint64(len(unit)))
	return append(body, unit...)
}

// eachUnit calls fn for each of count units in body; the slices alias body.
func eachUnit(body []byte, count uint32, first uint64, fn func(seq uint64, unit []byte) error) error {
	for i := range uint64(count) {
		unit, rest, ok := cutBytes(body)
		if !ok {
			return errBody
		}
		if err := fn(first+i, unit); err != nil {
			return err
		}
		body = rest
	}
	if len(body) > 0 {
		return errBody
	}
	return nil
}

// checkUnits reports whether eachUnit will find count units in body.
func checkUnits(body []byte, count uint32) bool {
	return eachUnit(body, count, 0, func(uint64, []byte) error { return nil }) == nil
}

// appendChunk adds one chunk to the body of a kindChunks record.
func appendChunk(body []byte, seq uint64, chunk []byte) []byte {
	body = binary.AppendUvarint(body, seq)
	return appendUnit(body, chunk)
}

// eachChunk calls fn for each of count chunks in body; the slices alias body.
func eachChunk(body []byte, count uint32, fn func(seq uint64, chunk []byte) error) error {
	for range count {
		seq, n := binary.Uvarint(body)
		if n <= 0 {
			return errBody
		}
		chunk, rest, ok := cutBytes(body[n:])
		if !ok {
			return errBody
		}
		if err := fn(seq, chunk); err != nil {
			return err
		}
		body = rest
	}
	if len(body) > 0 {
		return errBody
	}
	return nil
}

func cutBytes(b []byte) (head, rest []byte, ok bool) {
	size, n := binary.Uvarint(b)
	if n <= 0 || size > uint64(len(b)-n) {
		return nil, nil, false
	}
	end := n + int(size)
	return b[n:end:end], b[end:], true
}

// fileInfo is the body of a kindFile record.
type fileInfo struct {
	journal    bool // else a snapshot
	generation uint64
}

const fileInfoSize = 9

func (fi fileInfo) append(body []byte) []byte {
	what := byte('s')
	if fi.journal {
		what = 'j'
	}
	return binary.LittleEndian.AppendUint64(append(body, what), fi.generation)
}

func parseFileInfo(body []byte) (fileInfo, error) {
	if len(body) != fileInfoSize || body[0] != 'j' && body[0] != 's' {
		return fileInfo{}, errBody
	}
	return fileInfo{journal: body[0] == 'j', generation: binary.LittleEndian.Uint64(body[1:])}, nil
}

// In the file each record stands in a frame, which is how buntdb writes the SET of one constant key.
const (
	recordKey  = "r"
	frameStart = "*3\r\n$3\r\nset\r\n$1\r\n" + recordKey + "\r\n$"
	frameEnd   = "\r\n"
	// frameHead is the most bytes before the record: the start, a length, CR LF.
	frameHead = len(frameStart) + maxLengthDigits + 2
	// maxLengthDigits keeps every parsed length far from overflow.
	maxLengthDigits = 18
)

// appendFrame writes rec as buntdb would.
func appendFrame(dst, rec []byte) []byte {
	dst = append(dst, frameStart...)
	dst = strconv.AppendInt(dst, int64(len(rec)), 10)
	dst = append(dst, frameEnd...)
	dst = append(dst, rec...)
	return append(dst, frameEnd...)
}

// frameSize is the number of bytes that a record of n bytes takes in the file.
func frameSize(n int) int64 {
	digits := 1
	for m := n; m >= 10; m /= 10 {
		digits++
	}
	return int64(len(frameStart) + digits + len(frameEnd) + n + len(frameEnd))
}

// parseFrame reads the start of a frame from b, which may hold less than all of it: where in b the record begins, and its
// length. Only what buntdb itself would write is accepted: no other command, no leading zeros.
func parseFrame(b []byte) (start int, length int64, err error) {
	if len(b) < len(frameStart) {
		if frameStart[:len(b)] == string(b) {
			return 0, 0, errCutShort
		}
		return 0, 0, errNotARecord
	}
	if string(b[:len(frameStart)]) != frameStart {
		return 0, 0, errNotARecord
	}
	i := len(frameStart)
	for ; i < len(b) && b[i] >= '0' && b[i] <= '9'; i++ {
		if i-len(frameStart) == maxLengthDigits {
			return 0, 0, errNotARecord
		}
		length = length*10 + int64(b[i]-'0')
	}
	switch {
	case len(b) < i+len(frameEnd):
		return 0, 0, errCutShort
	case b[len(frameStart)] == '0' || string(b[i:i+2]) != frameEnd || length < headerSize:
		return 0, 0, errNotARecord
	}
	return i + 2, length, nil
}
