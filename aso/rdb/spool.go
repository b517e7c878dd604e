package rdb

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
)

// Spool keeps keys in a file without a name, until it is known which of them belong to a dump.
type Spool struct {
	file *os.File
	w    *bufio.Writer
	n    int // keys
	head []byte
}

// NewSpool makes an empty one in the folder dir.
func NewSpool(dir string) (*Spool, error) {
	file, err := TempFile(dir)
	if err != nil {
		return nil, err
	}
	return &Spool{file: file, w: bufio.NewWriterSize(file, BufferSize)}, nil
}

// TempFile makes a file in the folder dir that has no name, and is gone when it is closed.
func TempFile(dir string) (*os.File, error) {
	file, err := os.CreateTemp(dir, "temp-*.rdb")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(file.Name()); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return file, nil
}

// Close frees the room of the file.
func (s *Spool) Close() error { return s.file.Close() }

// Reset removes all keys.
func (s *Spool) Reset() error {
	s.n = 0
	if err := s.file.Truncate(0); err != nil {
		return err
	}
	_, err := s.file.Seek(0, io.SeekStart)
	s.w.Reset(s.file)
	return err
}

// Add adds a key. deadline is in Unix milliseconds, 0 for none.
func (s *Spool) Add(db int, name []byte, deadline int64, p Payload) error {
	s.n++
	b := binary.AppendUvarint(s.head[:0], uint64(db))
	b = binary.AppendVarint(b, deadline)
	b = binary.AppendUvarint(b, uint64(len(name)))
	b = binary.AppendUvarint(b, uint64(len(p)))
	s.head = append(b, name...)
	if _, err := s.w.Write(s.head); err != nil {
		return err
	}
	_, err := s.w.Write(p)
	return err
}

// Each passes the keys in the order in which they were added, with their numbers from 1; name and p are borrowed.
func (s *Spool) Each(fn func(n uint64, db int, name []byte, deadline int64, p Payload) error) error {
	if err := s.w.Flush(); err != nil {
		return err
	}
	r := bufio.NewReaderSize(io.NewSectionReader(s.file, 0, math.MaxInt64), BufferSize)
	var body []byte
	for n := range s.n {
		db, errDB := binary.ReadUvarint(r)
		deadline, errDeadline := binary.ReadVarint(r)
		head, errHead := binary.ReadUvarint(r)
		rest, errRest := binary.ReadUvarint(r)
		if err := errors.Join(errDB, errDeadline, errHead, errRest); err != nil {
			return err
		}
		size := int(head + rest)
		if cap(body) < size {
			body = make([]byte, size)
		}
		body = body[:size]
		if _, err := io.ReadFull(r, body); err != nil {
			return err
		}
		if err := fn(uint64(n+1), int(db), body[:head], deadline, body[head:]); err != nil {
			return err
		}
	}
	return nil
}
