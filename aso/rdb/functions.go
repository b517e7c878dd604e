package rdb

import (
	"bufio"
	"bytes"
	"errors"
)

// What a payload of FUNCTION DUMP may have that is no library.
var (
	ErrOldFunction = errors.New("a library as release candidates of Redis 7.0 wrote it")
	ErrNoFunction  = errors.New("not a library")
)

// Functions returns the libraries with these sources as FUNCTION DUMP replies with them.
func Functions(sources [][]byte) Payload {
	var e Encoder
	for _, source := range sources {
		e.Buf = append(e.Buf, opFunction)
		e.bytes(source)
	}
	return seal(e.Buf, 0, Version)
}

// Functions passes the sources of the libraries of p, which Check accepts, to each. They are valid until the next one.
func (p Payload) Functions(each func(source []byte) error) error {
	body := p[:len(p)-footer]
	r := &reader{src: bufio.NewReaderSize(bytes.NewReader(body), 16)}
	for r.off < int64(len(body)) {
		switch r.byte() {
		case opFunction:
		case opFunctionOld:
			return ErrOldFunction
		default:
			return ErrNoFunction
		}
		source := r.string()
		if r.err != nil {
			return r.err
		}
		if err := each(source); err != nil {
			return err
		}
	}
	return r.err
}
