package value

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"

	"comet/aso/redistest"
)

// redis is a connection to a real server, the oracle of these tests.
type redis struct {
	t    *testing.T
	conn net.Conn
	r    *bufio.Reader
}

// startRedis starts a private server, or skips the test if there is none.
func startRedis(t *testing.T) *redis {
	t.Helper()
	conn, err := net.Dial("tcp", redistest.Start(t).Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &redis{t, conn, bufio.NewReader(conn)}
}

// do runs a command. An error reply comes with a minus sign in front.
func (r *redis) do(args ...any) []string {
	r.t.Helper()
	b := fmt.Appendf(nil, "*%d\r\n", len(args))
	for _, a := range args {
		s := fmt.Sprint(a)
		if bytes, ok := a.([]byte); ok {
			s = string(bytes)
		}
		b = fmt.Appendf(b, "$%d\r\n%s\r\n", len(s), s)
	}
	if _, err := r.conn.Write(b); err != nil {
		r.t.Fatal(err)
	}
	return r.reply()
}

func (r *redis) reply() []string {
	r.t.Helper()
	line, err := r.r.ReadString('\n')
	if err != nil {
		r.t.Fatal(err)
	}
	line = strings.TrimSuffix(line, "\r\n")
	n, _ := strconv.Atoi(line[1:])
	switch line[0] {
	case '-':
		return []string{line}
	case '$':
		if n < 0 {
			return nil
		}
		b := make([]byte, n+2)
		if _, err := io.ReadFull(r.r, b); err != nil {
			r.t.Fatal(err)
		}
		return []string{string(b[:n])}
	case '*':
		var all []string
		for range n {
			all = append(all, r.reply()...)
		}
		return all
	}
	return []string{line[1:]}
}

func failed(reply []string) bool { return len(reply) == 1 && strings.HasPrefix(reply[0], "-ERR") }
