package client

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
)

// Payload reads a dump as the reply to SYNC and PSYNC has it, and ends where that ends: the line before it says its length, or a mark that follows it.
type Payload struct {
	Size    int64 // -1: until the mark
	Count   int64 // bytes read
	OnBytes func(count int64)

	src   io.Reader
	mark  []byte
	held  []byte // the last bytes that came, which may be the mark
	ready []byte // bytes before these
	ended bool
}

const (
	markLen   = 40
	pieceSize = 64 << 10
)

// NewPayload reads from src what follows line; ok is false if that does not say what follows. Nothing may follow the mark before the other side has
// heard that the dump has come.
func NewPayload(line string, src io.Reader) (p *Payload, ok bool) {
	p = &Payload{Size: -1, OnBytes: func(int64) {}, src: src}
	text, ok := strings.CutPrefix(line, "$")
	if !ok {
		return nil, false
	}
	if mark, ok := strings.CutPrefix(text, "EOF:"); ok && len(mark) == markLen {
		p.mark = []byte(mark)
		return p, true
	}
	var err error
	p.Size, err = strconv.ParseInt(text, 10, 64)
	return p, err == nil && p.Size >= 0
}

// Read reads from the dump.
func (p *Payload) Read(b []byte) (n int, err error) {
	if p.mark != nil {
		n, err = p.readMarked(b)
	} else {
		n, err = p.readSized(b)
	}
	p.Count += int64(n)
	p.OnBytes(p.Count)
	return n, err
}

func (p *Payload) readSized(b []byte) (int, error) {
	left := p.Size - p.Count
	if left == 0 {
		return 0, io.EOF
	}
	n, err := p.src.Read(b[:min(int64(len(b)), left)])
	return n, broken(err)
}

// readMarked keeps back as many bytes as the mark has.
func (p *Payload) readMarked(b []byte) (int, error) {
	for len(p.ready) == 0 {
		if p.ended {
			return 0, io.EOF
		}
		if err := p.more(); err != nil {
			return 0, broken(err)
		}
	}
	n := copy(b, p.ready)
	p.ready = p.ready[n:]
	return n, nil
}

func (p *Payload) more() error {
	buf := make([]byte, len(p.held)+pieceSize)
	n := copy(buf, p.held)
	got, err := p.src.Read(buf[n:])
	if err != nil {
		return err
	}
	buf = buf[:n+got]
	keep := min(len(buf), markLen)
	p.ready, p.held = buf[:len(buf)-keep], buf[len(buf)-keep:]
	p.ended = bytes.Equal(p.held, p.mark)
	return nil
}

// broken is err, in other words if the connection has ended: that is not the end of the dump.
func broken(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
