package scripts_test

import (
	"net"
	"strings"
	"testing"
	"time"

	"comet/aso"
	"comet/aso/value"
	"comet/resp/command"
	"comet/resp/wire"
	"comet/scripts"
)

// store is an engine in process, on a virtual clock, with the catalogue loaded.
type store struct {
	t      *testing.T
	now    int64
	ks     *aso.Keyspace
	server *command.Server
	conn   *conn
	ses    *command.Session
	heard  []string // "channel message" of all messages published
}

func newStore(t *testing.T) *store {
	t.Helper()
	s := &store{t: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()}
	s.ks = aso.New(aso.Options{Limits: value.DefaultLimits(), Now: func() int64 { return s.now }, Publisher: s})
	sources, err := scripts.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		if err := s.ks.LoadBuiltin(source); err != nil {
			t.Fatalf("%.40q: %v", source, err)
		}
	}
	config, err := command.NewConfig()
	if err != nil {
		t.Fatal(err)
	}
	if s.server, err = command.NewServer(s.ks, command.Options{Config: config}); err != nil {
		t.Fatal(err)
	}
	s.ks.SetPublisher(s) // instead of the server's clients
	s.conn = &conn{}
	s.ses = s.server.NewSession(s.conn, &s.conn.reply)
	return s
}

// Publish notes a message; the engine publishes it when the unit is durable.
func (s *store) Publish(channel, message []byte) {
	s.heard = append(s.heard, string(channel)+" "+string(message))
}

// do runs a command line, split at spaces, and returns its RESP2 reply with | between lines.
func (s *store) do(line string) string {
	s.t.Helper()
	var args [][]byte
	for word := range strings.FieldsSeq(line) {
		args = append(args, []byte(strings.Trim(word, `"`)))
	}
	if n := s.server.Batch(s.ses, [][][]byte{args}); n != 1 {
		s.t.Fatalf("%s: not run", line)
	}
	reply := strings.TrimSuffix(strings.ReplaceAll(string(s.conn.reply.Bytes()), "\r\n", "|"), "|")
	s.conn.reply.Reset()
	return reply
}

// want fails unless the command's reply is as given.
func (s *store) want(line, reply string) {
	s.t.Helper()
	if got := s.do(line); got != reply {
		s.t.Errorf("%s\n got %s\nwant %s", line, got, reply)
	}
}

// advance lets time pass, and what is due happen.
func (s *store) advance(d time.Duration) {
	s.t.Helper()
	s.now += d.Milliseconds()
	if err := s.ks.RunDue(); err != nil {
		s.t.Fatal(err)
	}
}

// conn is a connection that leads nowhere.
type conn struct{ reply wire.Reply }

func (*conn) ID() uint64 { return 1 }

func (*conn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 5000} }

func (*conn) LocalAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 6379} }

func (*conn) Push([]byte) {}

func (*conn) Kill() {}

func (*conn) CloseAfterReply() {}

func (*conn) Flush() error { return nil }

func (*conn) SetAuthenticated() {}

func (*conn) SetSubscriber(bool) {}

func (*conn) Usage() command.ConnUsage { return command.ConnUsage{} }

func (*conn) Park(<-chan struct{}, time.Time) command.ParkResult { return command.ParkTimeout }
