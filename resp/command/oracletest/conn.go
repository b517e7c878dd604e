package oracletest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// replyTimeout is long enough for a machine that has several times its work to do.
const replyTimeout = 30 * time.Second

// conn is a client's connection to the server under test.
type conn struct {
	net  net.Conn
	r    *bufio.Reader
	id   string // CLIENT ID; empty when the server did not tell it
	resp int    // protocol the connection was opened with
}

// dial opens a connection and switches it to a protocol. A server that wants a
// password first may refuse to; the script has to authenticate then.
func dial(addr string, resp int) (*conn, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	k := &conn{net: c, r: bufio.NewReader(c), resp: resp}
	if resp == 3 {
		if _, err := k.call("HELLO", "3"); err != nil {
			return nil, errors.Join(fmt.Errorf("HELLO 3: %w", err), c.Close())
		}
	}
	id, err := k.call("CLIENT", "ID")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("CLIENT ID: %w", err), c.Close())
	}
	if id.Kind == Integer {
		k.id = id.Text
	}
	return k, nil
}

func (c *conn) send(words ...string) error {
	b := append(strconv.AppendInt([]byte("*"), int64(len(words)), 10), "\r\n"...)
	for _, w := range words {
		b = append(strconv.AppendInt(append(b, '$'), int64(len(w)), 10), "\r\n"...)
		b = append(append(b, w...), "\r\n"...)
	}
	return c.write(b)
}

func (c *conn) write(b []byte) error {
	if err := c.net.SetWriteDeadline(time.Now().Add(replyTimeout)); err != nil {
		return err
	}
	_, err := c.net.Write(b)
	return err
}

// read reads one reply. A connection that the server closed gives a Disconnect.
func (c *conn) read() (Frame, error) {
	if err := c.net.SetReadDeadline(time.Now().Add(replyTimeout)); err != nil {
		return Frame{}, err
	}
	f, err := ReadFrame(c.r)
	if errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return Frame{Kind: Disconnect}, nil
	}
	return f, err
}

func (c *conn) call(words ...string) (Frame, error) {
	if err := c.send(words...); err != nil {
		if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
			return Frame{Kind: Disconnect}, nil
		}
		return Frame{}, err
	}
	return c.read()
}

// drain reads all replies that were sent before this moment: a PING is sent after
// them, and its reply is the end.
func (c *conn) drain() (Frame, error) {
	const end = "oracletest: end of replies"
	all := Frame{Kind: Replies}
	if err := c.send("PING", end); err != nil {
		return all, err
	}
	for {
		f, err := c.read()
		if err != nil || f.Kind == Disconnect {
			return all, err
		}
		subscribed := f.Kind == Array && len(f.Items) == 2 && f.Items[0].Text == "pong" && f.Items[1].Text == end
		if f.Text == end || subscribed {
			return all, nil
		}
		all.Items = append(all.Items, f)
	}
}

// ready waits up to d for bytes to read.
func (c *conn) ready(d time.Duration) (bool, error) {
	if err := c.net.SetReadDeadline(time.Now().Add(d)); err != nil {
		return false, err
	}
	_, err := c.r.Peek(1)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false, nil
	}
	return true, nil // also an end of the stream is something to read
}

// settled returns once the server has handled what c sent: there is a reply, or CLIENT LIST on another connection shows the client as blocked.
func (c *conn) settled(other *conn) (blocked bool, err error) {
	for deadline := time.Now().Add(replyTimeout); time.Now().Before(deadline); {
		if ready, err := c.ready(time.Millisecond); ready || err != nil {
			return false, err
		}
		line, err := other.clientLine(c.id)
		if err != nil {
			return false, err
		}
		if isBlocked(line) {
			return true, nil
		}
	}
	return false, errors.New("the client is neither answered nor shown as blocked by CLIENT LIST")
}

// clientLine gives the CLIENT LIST line of another client, empty when there is none.
func (c *conn) clientLine(id string) (string, error) {
	f, err := c.call("CLIENT", "LIST", "ID", id)
	if err != nil {
		return "", err
	}
	if f.Kind == Error {
		return "", fmt.Errorf("CLIENT LIST ID: %s", f.Text)
	}
	return strings.TrimPrefix(f.Text, "txt:"), nil
}

// isBlocked tells whether a CLIENT LIST line is one of a blocked client.
func isBlocked(line string) bool {
	_, rest, _ := strings.Cut(line, " flags=")
	flags, _, _ := strings.Cut(rest, " ")
	return strings.Contains(flags, "b")
}
