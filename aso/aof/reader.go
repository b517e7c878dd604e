package aof

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"

	"comet/aso/rdb"
)

// Command is a command of a file.
type Command struct {
	Args   [][]byte
	Offset int64 // where it begins
}

// TruncatedError says that a file ends before a command or transaction does: the server that wrote it was stopped by force. It is the end of the file for who
// takes what is there.
type TruncatedError struct {
	Offset int64 // of what is not complete
	Bytes  int64 // how much of it there is
	Multi  bool  // it is a transaction
}

func (e *TruncatedError) Error() string {
	what := "command"
	if e.Multi {
		what = "transaction"
	}
	return fmt.Sprintf("byte %d: the last %d bytes are part of a %s that does not end", e.Offset, e.Bytes, what)
}

// Reader reads a file.
type Reader struct {
	// Base is the RDB part that the file begins with, nil if it does not. It is to be read to its end before Next.
	Base *rdb.File

	src   *bufio.Reader
	off   int64     // of the next byte, from the beginning of the file; of the part behind Base until commands are read
	ready []Command // of a transaction that is complete
	begun bool      // a command was read
}

// NewReader begins to read a file.
func NewReader(src io.Reader) (*Reader, error) {
	r := &Reader{src: bufio.NewReaderSize(src, rdb.BufferSize)}
	if head, _ := r.src.Peek(len("REDIS")); string(head) == "REDIS" {
		var err error
		r.Base, err = rdb.NewFile(r.src)
		return r, err
	}
	return r, nil
}

// Offset returns how many bytes have been read.
func (r *Reader) Offset() int64 {
	if r.Base != nil && !r.begun {
		return r.Base.Offset()
	}
	return r.off
}

// Next returns the next command; the end of the file is io.EOF. The commands of a transaction come one by one when all of it was read, without
// MULTI and EXEC; one that ends with DISCARD is left out.
func (r *Reader) Next() (Command, error) {
	if r.Base != nil && !r.begun {
		r.off = r.Base.Offset()
	}
	r.begun = true
	for len(r.ready) == 0 {
		c, err := r.read()
		if err != nil || !c.is("MULTI") {
			return c, r.cut(c.Offset, false, err)
		}
		if err := r.transaction(); err != nil {
			return c, r.cut(c.Offset, true, err)
		}
	}
	c := r.ready[0]
	r.ready = r.ready[1:]
	return c, nil
}

// cut returns the error for what begins at offset, and could not be read because of err.
func (r *Reader) cut(offset int64, multi bool, err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || multi && errors.Is(err, io.EOF) {
		return &TruncatedError{offset, r.off - offset, multi}
	}
	return err
}

// transaction reads the commands behind a MULTI.
func (r *Reader) transaction() error {
	var queued []Command
	for {
		c, err := r.read()
		switch {
		case err != nil:
			return err
		case c.is("EXEC"):
			r.ready = queued
			return nil
		case c.is("DISCARD"):
			return nil
		case c.is("MULTI"):
			return &rdb.FormatError{Offset: c.Offset, Reason: "MULTI inside a transaction"}
		}
		queued = append(queued, c)
	}
}

func (c *Command) is(word string) bool {
	return len(c.Args) == 1 && bytes.EqualFold(c.Args[0], []byte(word))
}

// read reads a command. The end of the file is io.EOF before one, and io.ErrUnexpectedEOF in it.
func (r *Reader) read() (c Command, err error) {
	for {
		c.Offset = r.off
		first, err := r.src.Peek(1)
		if err != nil {
			return c, err
		}
		if first[0] != '#' { // else a time stamp
			break
		}
		if err := r.comment(); err != nil {
			return c, err
		}
	}
	n, err := r.number('*')
	if err == nil && n == 0 {
		err = r.wrong(c.Offset, "a command without a name")
	}
	for ; n > 0 && err == nil; n-- {
		var arg []byte
		arg, err = r.argument()
		c.Args = append(c.Args, arg)
	}
	return c, err
}

// comment passes over a line.
func (r *Reader) comment() error {
	for {
		line, err := r.src.ReadSlice('\n')
		r.off += int64(len(line))
		switch {
		case err == nil:
			return nil
		case errors.Is(err, io.EOF):
			return io.ErrUnexpectedEOF
		case !errors.Is(err, bufio.ErrBufferFull):
			return err
		}
	}
}

func (r *Reader) wrong(offset int64, reason string) error {
	return &rdb.FormatError{Offset: offset, Reason: reason}
}

// mostDigits is how many a number has at most.
const mostDigits = 10

// number reads a line that is kind and a number.
func (r *Reader) number(kind byte) (int64, error) {
	at := r.off
	line := make([]byte, 0, mostDigits+3)
	for len(line) < cap(line) {
		b, err := r.src.ReadByte()
		if err != nil {
			return 0, unexpected(err)
		}
		r.off++
		line = append(line, b)
		if line[0] != kind {
			return 0, r.wrong(at, fmt.Sprintf("%q where %q must stand", line[0], kind))
		}
		if b == '\n' {
			break
		}
	}
	digits, ok := bytes.CutSuffix(line[1:], []byte("\r\n"))
	n, err := strconv.ParseUint(string(digits), 10, 32)
	if !ok || err != nil {
		return 0, r.wrong(at, "not a number")
	}
	return int64(n), nil
}

func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// firstRead is how much room is made for an argument before any of it has come.
const firstRead = 64 << 10

// argument reads a string and the end of the line behind it.
func (r *Reader) argument() ([]byte, error) {
	n, err := r.number('$')
	if err != nil {
		return nil, err
	}
	arg := []byte{}
	for piece := int64(firstRead); n > 0; piece *= 2 {
		now := min(n, piece)
		arg = append(arg, make([]byte, now)...)
		if err := r.full(arg[int64(len(arg))-now:]); err != nil {
			return nil, err
		}
		n -= now
	}
	at := r.off
	var end [2]byte
	if err := r.full(end[:]); err != nil {
		return nil, err
	}
	if string(end[:]) != "\r\n" {
		return nil, r.wrong(at, "an argument that does not end where its length says")
	}
	return arg, nil
}

func (r *Reader) full(p []byte) error {
	n, err := io.ReadFull(r.src, p)
	r.off += int64(n)
	return unexpected(err)
}
