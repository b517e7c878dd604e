package client

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"
)

// Dump asks the server for a dump of all it holds and copies that to dst, as redis-cli --rdb does. Nothing else can be asked of the connection afterwards.
func (c *Conn) Dump(dst io.Writer) error {
	for _, words := range [][]string{{"REPLCONF", "capa", "eof"}, {"REPLCONF", "rdb-only", "1"}} {
		var refused ServerError
		if _, err := c.Do(words...); err != nil && !errors.As(err, &refused) { // an old server that refuses sends the length
			return err
		}
	}
	if err := c.Send([]byte("SYNC")); err != nil {
		return err
	}
	if err := c.Flush(); err != nil {
		return err
	}
	head, err := c.dumpHead()
	if err != nil {
		return err
	}
	p, ok := NewPayload(string(head), dumpReader{c})
	if !ok {
		return fmt.Errorf("%w: %q", ErrProtocol, clip(head))
	}
	_, err = io.Copy(dst, p)
	return err
}

// dumpHead reads the line before a dump. Empty lines before it say that the server is at work.
func (c *Conn) dumpHead() ([]byte, error) {
	for {
		if err := c.net.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
			return nil, err
		}
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		switch line = bytes.TrimRight(line, "\r\n"); {
		case len(line) == 0:
		case line[0] == '-':
			return nil, ServerError(line[1:])
		case line[0] == '$':
			return line, nil
		default:
			return nil, fmt.Errorf("%w: %q", ErrProtocol, clip(line))
		}
	}
}

// dumpReader reads from the connection, which may be silent for its timeout.
type dumpReader struct{ *Conn }

func (r dumpReader) Read(p []byte) (int, error) {
	if err := r.net.SetReadDeadline(time.Now().Add(r.timeout)); err != nil {
		return 0, err
	}
	return r.r.Read(p)
}
