package rdb

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
)

// ErrPayload is returned for bytes that are no payload of DUMP: their version or checksum is wrong.
var ErrPayload = errors.New("version or checksum of the payload are wrong")

// footer is the length of what ends a payload: version and checksum.
const footer = 2 + 8

// A Payload is what DUMP replies: the type of a value, the value, version and checksum.
type Payload []byte

// Check returns ErrPayload unless version and checksum are right.
func (p Payload) Check() error {
	if len(p) < footer {
		return ErrPayload
	}
	end := p[len(p)-footer:]
	if v := binary.LittleEndian.Uint16(end); v > maxVersion || checksum(0, p[:len(p)-8]) != binary.LittleEndian.Uint64(end[2:]) {
		return ErrPayload
	}
	return nil
}

// Kind returns the kind of the value, 0 if it is of a type that is not known or of a module.
func (p Payload) Kind() Kind {
	if len(p) <= footer {
		return 0
	}
	return Type(p[0]).Kind()
}

// IsListpack is that of the type of the value.
func (p Payload) IsListpack() bool { return len(p) > footer && Type(p[0]).IsListpack() }

// Read passes the parts of the value to put, whose errors become those of the format. It is ErrEmpty if there are none.
func (p Payload) Read(put func(*Item) error) error {
	if len(p) <= footer {
		return &FormatError{0, "unexpected end"}
	}
	body := p[1 : len(p)-footer]
	r := &reader{src: bufio.NewReaderSize(bytes.NewReader(body), 16), off: 1}
	return r.value(Type(p[0]), put)
}

// seal appends version and checksum to a type and a value, which b has from start on.
func seal(b []byte, start, version int) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(version))
	return binary.LittleEndian.AppendUint64(b, checksum(0, b[start:]))
}
