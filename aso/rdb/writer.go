package rdb

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
)

// Writer writes a file.
type Writer struct {
	dst *bufio.Writer
	enc Encoder
	crc uint64
	db  int
	err error
}

// NewDump begins a file as a Redis 7.0 writes it at a time, in Unix seconds.
func NewDump(dst io.Writer, now int64) *Writer {
	return NewWriter(dst, [2]string{"redis-ver", "7.0.15"}, [2]string{"redis-bits", "64"}, [2]string{"ctime", strconv.FormatInt(now, 10)}, [2]string{"aof-base", "0"})
}

// NewWriter begins a file, with pairs of names and texts about it.
func NewWriter(dst io.Writer, about ...[2]string) *Writer {
	w := &Writer{dst: bufio.NewWriterSize(dst, BufferSize), db: -1}
	w.enc.Buf = fmt.Appendf(nil, "%s%04d", magic, Version)
	for _, pair := range about {
		w.enc.Buf = append(w.enc.Buf, opAux)
		w.enc.bytes([]byte(pair[0]))
		w.enc.bytes([]byte(pair[1]))
	}
	w.flush()
	return w
}

// flush writes what was encoded.
func (w *Writer) flush() {
	w.crc = checksum(w.crc, w.enc.Buf)
	if w.err == nil {
		_, w.err = w.dst.Write(w.enc.Buf)
	}
	w.enc.Buf = w.enc.Buf[:0]
}

// Key writes a key. Those of a database come together. deadline is in Unix milliseconds, 0 for none.
func (w *Writer) Key(db int, name []byte, deadline int64, p Payload) error {
	if len(p) <= footer {
		return ErrPayload
	}
	e := &w.enc
	if db != w.db {
		w.db = db
		e.Buf = append(e.Buf, opSelect)
		e.length(uint64(db))
	}
	if deadline != 0 {
		e.Buf = binary.LittleEndian.AppendUint64(append(e.Buf, opExpireMS), uint64(deadline))
	}
	e.Buf = append(e.Buf, p[0])
	e.bytes(name)
	e.Buf = append(e.Buf, p[1:len(p)-footer]...)
	w.flush()
	return w.err
}

// Function writes the source of a library of functions.
func (w *Writer) Function(source []byte) {
	w.enc.Buf = append(w.enc.Buf, opFunction)
	w.enc.bytes(source)
	w.flush()
}

// Close ends the file. It does not close what it was written to.
func (w *Writer) Close() error {
	w.enc.Buf = append(w.enc.Buf, opEOF)
	w.flush()
	if w.err == nil {
		_, w.err = w.dst.Write(binary.LittleEndian.AppendUint64(nil, w.crc))
	}
	if w.err != nil {
		return w.err
	}
	return w.dst.Flush()
}
