package replica

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// payload reads the file that a master sends, and ends where that ends: a master says its length, or if it does not know that, a mark that
// follows it.
type payload struct {
	c    *conn
	size int64 // -1: until mark
	read int64

	mark    []byte
	held    []byte // the last bytes that came, which may be the mark
	ready   []byte // bytes before these
	ended   bool
	onBytes func(read int64)
}

const (
	markLen   = 40
	pieceSize = 64 << 10
)

// newPayload reads what the master says of the file to come.
func newPayload(c *conn) (*payload, error) {
	line, err := c.line()
	if err != nil {
		return nil, err
	}
	p := &payload{c: c, size: -1, onBytes: func(int64) {}}
	text, ok := strings.CutPrefix(line, "$")
	if !ok {
		return nil, fmt.Errorf("instead of a file the master sends %q", clip(line))
	}
	if mark, ok := strings.CutPrefix(text, "EOF:"); ok && len(mark) == markLen {
		p.mark = []byte(mark)
		return p, nil
	}
	if p.size, err = strconv.ParseInt(text, 10, 64); err != nil || p.size < 0 {
		return nil, fmt.Errorf("instead of the size of a file the master sends %q", clip(line))
	}
	return p, nil
}

// Read reads from the file.
func (p *payload) Read(b []byte) (n int, err error) {
	if p.mark != nil {
		n, err = p.readMarked(b)
	} else {
		n, err = p.readSized(b)
	}
	p.read += int64(n)
	p.onBytes(p.read)
	return n, err
}

func (p *payload) readSized(b []byte) (int, error) {
	left := p.size - p.read
	if left == 0 {
		return 0, io.EOF
	}
	n, err := p.c.r.Read(b[:min(int64(len(b)), left)])
	return n, broken(err)
}

// readMarked keeps back as many bytes as the mark has: nothing follows the mark before the master has heard that the file has come.
func (p *payload) readMarked(b []byte) (int, error) {
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

func (p *payload) more() error {
	buf := make([]byte, len(p.held)+pieceSize)
	n := copy(buf, p.held)
	got, err := p.c.r.Read(buf[n:])
	if err != nil {
		return err
	}
	buf = buf[:n+got]
	keep := min(len(buf), markLen)
	p.ready, p.held = buf[:len(buf)-keep], buf[len(buf)-keep:]
	p.ended = bytes.Equal(p.held, p.mark)
	return nil
}

// broken is err, in other words if the connection has ended: that is not the end of the file.
func broken(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
