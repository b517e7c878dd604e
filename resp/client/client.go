// Package client speaks to another server: commands go out, replies come back in their order.
package client

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"
)

// Conn is a connection in RESP2. It belongs to one goroutine.
type Conn struct {
	net     net.Conn
	r       *bufio.Reader
	w       *bufio.Writer
	timeout time.Duration
}

// Reply is what a server has replied.
type Reply struct {
	Kind  byte   // its first byte: + - : $ *
	Text  []byte // of what is no array; an integer in decimal digits
	Null  bool
	Items []Reply
}

// Err returns the error that a reply is, or nil.
func (r *Reply) Err() error {
	if r.Kind == '-' {
		return ServerError(r.Text)
	}
	return nil
}

// ServerError is an error that the other server replied.
type ServerError string

func (e ServerError) Error() string { return string(e) }

// ErrProtocol is wrapped by errors of replies that are not in the protocol.
var ErrProtocol = errors.New("not a reply of Redis' protocol")

const bufferSize = 64 << 10

// Dial connects to host:port. Connecting, and each wait for the other side, takes at most timeout.
func Dial(ctx context.Context, addr string, timeout time.Duration) (*Conn, error) {
	return DialWith(ctx, &net.Dialer{Timeout: timeout}, addr, nil)
}

// DialWith is Dial as d and its timeout say, and with TLS if config is not nil. The handshake is part of connecting.
func DialWith(ctx context.Context, d *net.Dialer, addr string, config *tls.Config) (*Conn, error) {
	connect := d.DialContext
	if config != nil {
		connect = (&tls.Dialer{NetDialer: d, Config: config}).DialContext
	}
	c, err := connect(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	return newConn(c, d.Timeout), nil
}

func newConn(c net.Conn, timeout time.Duration) *Conn {
	return &Conn{c, bufio.NewReaderSize(c, bufferSize), bufio.NewWriterSize(pieces{c, timeout}, bufferSize), timeout}
}

// pieces writes in pieces, so that a long text may take longer than the timeout if it goes on.
type pieces struct {
	net     net.Conn
	timeout time.Duration
}

func (w pieces) Write(p []byte) (n int, err error) {
	for err == nil && n < len(p) {
		if err = w.net.SetWriteDeadline(time.Now().Add(w.timeout)); err != nil {
			return n, err
		}
		var written int
		written, err = w.net.Write(p[n:min(len(p), n+bufferSize)])
		n += written
	}
	return n, err
}

// ParseReply reads a reply that is there as a whole.
func ParseReply(b []byte) (Reply, error) {
	c := Conn{r: bufio.NewReader(bytes.NewReader(b))}
	return c.read(0)
}

// Close ends the connection.
func (c *Conn) Close() error { return c.net.Close() }

// Send adds a command to those that Flush sends.
func (c *Conn) Send(words ...[]byte) error {
	c.header('*', len(words))
	for _, word := range words {
		c.header('$', len(word))
		_, _ = c.w.Write(word)
		_, _ = c.w.WriteString("\r\n")
	}
	_, err := c.w.Write(nil) // the first error stays
	return err
}

func (c *Conn) header(kind byte, n int) {
	var b [24]byte
	_, _ = c.w.Write(append(strconv.AppendInt(append(b[:0], kind), int64(n), 10), '\r', '\n'))
}

// Flush sends what was added.
func (c *Conn) Flush() error { return c.w.Flush() }

// Receive waits for the next reply.
func (c *Conn) Receive() (Reply, error) {
	if err := c.net.SetReadDeadline(time.Now().Add(c.timeout)); err != nil {
		return Reply{}, err
	}
	return c.read(0)
}

// Do sends a command and waits for its reply. An error that the server replies is one.
func (c *Conn) Do(words ...string) (Reply, error) {
	args := make([][]byte, len(words))
	for i, word := range words {
		args[i] = []byte(word)
	}
	if err := c.Send(args...); err != nil {
		return Reply{}, err
	}
	if err := c.Flush(); err != nil {
		return Reply{}, err
	}
	r, err := c.Receive()
	if err != nil {
		return r, err
	}
	return r, r.Err()
}

// The bounds of what a server may reply.
const (
	maxDepth = 8
	maxBulk  = 1 << 32
	maxItems = 1 << 24
	firstTry = 64 << 10 // bytes that are made room for before any of them came
)

func (c *Conn) read(depth int) (r Reply, err error) {
	line, err := c.line()
	if err != nil {
		return r, err
	}
	r.Kind, r.Text = line[0], line[1:]
	switch r.Kind {
	case '+', '-', ':':
		r.Text = append([]byte(nil), r.Text...)
		return r, nil
	case '$', '*':
	default:
		return r, fmt.Errorf("%w: %q", ErrProtocol, clip(line))
	}
	n, err := strconv.ParseInt(string(r.Text), 10, 64)
	r.Text = nil
	switch {
	case err != nil || n < -1 || n > maxBulk || depth > maxDepth || r.Kind == '*' && n > maxItems:
		return r, fmt.Errorf("%w: %q", ErrProtocol, clip(line))
	case n < 0:
		r.Null = true
		return r, nil
	case r.Kind == '$':
		r.Text, err = c.bulk(n)
		return r, err
	}
	for range n {
		item, err := c.read(depth + 1)
		if err != nil {
			return r, err
		}
		r.Items = append(r.Items, item)
	}
	return r, nil
}

// line reads a line that is not empty, without its end.
func (c *Conn) line() ([]byte, error) {
	line, err := c.r.ReadSlice('\n')
	if err != nil {
		return nil, err
	}
	if len(line) < 3 || line[len(line)-2] != '\r' {
		return nil, fmt.Errorf("%w: %q", ErrProtocol, clip(line))
	}
	return line[:len(line)-2], nil
}

func clip(b []byte) []byte { return b[:min(len(b), 64)] }

// bulk reads n bytes and the end of the line behind them. Room is made as they come.
func (c *Conn) bulk(n int64) ([]byte, error) {
	text := []byte{}
	for piece := int64(firstTry); n > 0; piece *= 2 {
		now := min(n, piece)
		text = append(text, make([]byte, now)...)
		if _, err := io.ReadFull(c.r, text[int64(len(text))-now:]); err != nil {
			return nil, err
		}
		n -= now
	}
	var end [2]byte
	if _, err := io.ReadFull(c.r, end[:]); err != nil {
		return nil, err
	}
	if string(end[:]) != "\r\n" {
		return nil, fmt.Errorf("%w: a string that does not end", ErrProtocol)
	}
	return text, nil
}
