package resp

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = time.Minute

// testHandler knows PING, ECHO, BLOCK (parks), BIG n, PANIC, PANICLATE, SELF,
// QUIT and AUTH.
type testHandler struct {
	noAuth bool
	parked chan *Conn
	wake   chan struct{}
	ended  chan struct{}

	mu      sync.Mutex
	results []ParkResult
	opened  int
	closed  int
}

func newTestHandler() *testHandler {
	return &testHandler{parked: make(chan *Conn, 16), wake: make(chan struct{}, 16), ended: make(chan struct{}, 2048)}
}

func (h *testHandler) Opened(c *Conn) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.opened++
	c.SetAuthenticated(!h.noAuth)
	return nil
}

func (h *testHandler) Owes(*Conn) bool { return false }

func (h *testHandler) Settle(...*Conn) {}

func (h *testHandler) Refused(*Conn, string) {}

func (h *testHandler) Closed(*Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed++
	h.ended <- struct{}{}
}

func (h *testHandler) Batch(c *Conn, commands [][][]byte) int {
	for i, args := range commands {
		switch string(args[0]) {
		case "PING":
			c.Reply.Status("PONG")
		case "ECHO":
			c.Reply.Bulk(args[1])
		case "BIG":
			c.Reply.Bulk(bytes.Repeat([]byte("x"), 64<<20))
		case "PANIC":
			c.Reply.Array(3)
			panic("on purpose")
		case "SELF":
			c.PushSelf([]byte(">1\r\n+self\r\n"))
			c.Reply.Int(1)
		case "AUTH":
			c.SetAuthenticated(true)
			c.Reply.Status("OK")
		case "NONE":
			return 0
		case "QUIT":
			c.Reply.Status("OK")
			c.CloseAfterReply()
			return i + 1
		case "BLOCK":
			if i > 0 {
				return i
			}
			h.block(c, commands)
		}
		if c.ReplyFull() {
			return i + 1
		}
	}
	return len(commands)
}

func (h *testHandler) block(c *Conn, commands [][][]byte) {
	var deadline time.Time
	if len(commands[0]) > 1 {
		deadline = time.Now().Add(time.Millisecond)
	}
	c.Detach(commands)
	h.parked <- c
	result := c.Park(h.wake, deadline)
	h.mu.Lock()
	h.results = append(h.results, result)
	h.mu.Unlock()
	c.Reply.BulkString(string(commands[0][0]) + fmt.Sprint(result))
}

// client is one end of a connection to a Server under test.
type client struct {
	t testing.TB
	net.Conn
	r *bufio.Reader
}

func dial(t testing.TB, addr net.Addr) *client {
	t.Helper()
	nc, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	return &client{t: t, Conn: nc, r: bufio.NewReader(nc)}
}

func (c *client) send(s string) {
	c.t.Helper()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c.Conn, s); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) expect(want string) {
	c.t.Helper()
	_ = c.SetDeadline(time.Now().Add(patience))
	got := make([]byte, len(want))
	if n, err := io.ReadFull(c.r, got); err != nil || string(got) != want {
		c.t.Fatalf("got %.200q, %v; want %.200q", got[:n], err, want)
	}
}

func (c *client) expectEnd() {
	c.t.Helper()
	_ = c.SetDeadline(time.Now().Add(patience))
	rest, err := io.ReadAll(c.r)
	if len(rest) > 0 || (err != nil && !errors.Is(err, syscall.ECONNRESET)) {
		c.t.Fatalf("got %.200q, %v; want the end", rest, err)
	}
}

func startServer(t testing.TB, h Handler, change func(*Settings)) (*Server, net.Addr) {
	t.Helper()
	settings := defaultSettings()
	if change != nil {
		change(&settings)
	}
	s := NewServer(h, settings, slog.New(slog.DiscardHandler))
	addr, err := s.Listen(Endpoint{Network: "tcp", Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shutdown(t, s) })
	return s, addr
}

func shutdown(t testing.TB, s *Server) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		t.Error(err)
	}
	if n := s.Count(); n != 0 {
		t.Errorf("%d connections after Shutdown", n)
	}
}

func TestPipelinesAreAnsweredInOrder(t *testing.T) {
	_, addr := startServer(t, newTestHandler(), nil)
	c := dial(t, addr)
	var in, want strings.Builder
	for i := range 50000 {
		fmt.Fprintf(&in, "*2\r\n$4\r\nECHO\r\n$5\r\n%05d\r\n", i)
		fmt.Fprintf(&want, "$5\r\n%05d\r\n", i)
	}
	go func() { _, _ = io.WriteString(c.Conn, in.String()) }()
	c.expect(want.String())
}

func TestCommandsArriveByteByByte(t *testing.T) {
	_, addr := startServer(t, newTestHandler(), nil)
	c := dial(t, addr)
	for range 3 {
		for _, b := range "*2\r\n$4\r\nECHO\r\n$2\r\nhi\r\nPING\r\n" {
			c.send(string(b))
		}
		c.expect("$2\r\nhi\r\n+PONG\r\n")
	}
}

func TestBigValueIsEchoed(t *testing.T) {
	_, addr := startServer(t, newTestHandler(), nil)
	c := dial(t, addr)
	frame := fmt.Sprintf("$%d\r\n%s\r\n", 16<<20, strings.Repeat("v", 16<<20))
	c.send("*2\r\n$4\r\nECHO\r\n" + frame)
	c.expect(frame)
}

func TestProtocolErrorIsToldAfterEarlierReplies(t *testing.T) {
	s, addr := startServer(t, newTestHandler(), nil)
	c := dial(t, addr)
	c.send("PING\r\n*1\r\n$-2\r\nPING\r\n")
	c.expect("+PONG\r\n-ERR Protocol error: invalid bulk length\r\n")
	c.expectEnd()
	if n := s.Metrics().ProtocolErrors.Load(); n != 1 {
		t.Errorf("ProtocolErrors is %d", n)
	}
}

func TestAuthLiftsLimitsForThePipelineBehindIt(t *testing.T) {
	h := newTestHandler()
	h.noAuth = true
	_, addr := startServer(t, h, nil)
	c := dial(t, addr)
	c.send("AUTH x\r\n*11\r\n" + strings.Repeat("$4\r\nPING\r\n", 11))
	c.expect("+OK\r\n+PONG\r\n")
	c = dial(t, addr)
	c.send("*11\r\n")
	c.expect("-ERR Protocol error: unauthenticated multibulk length\r\n")
	c.expectEnd()
}

func TestTooLargeCommandIsClosedWithoutReply(t *testing.T) {
	s, addr := startServer(t, newTestHandler(), func(s *Settings) { s.MaxQueryBuffer = 1000 })
	c := dial(t, addr)
	c.send("*1\r\n$2000\r\n")
	c.expectEnd()
	if n := s.Metrics().QueryLimitDisconnects.Load(); n != 1 {
		t.Errorf("QueryLimitDisconnects is %d", n)
	}
}

func TestMaxClients(t *testing.T) {
	s, addr := startServer(t, newTestHandler(), func(s *Settings) { s.MaxClients = 1 })
	first := dial(t, addr)
	first.send("PING\r\n")
	first.expect("+PONG\r\n")
	second := dial(t, addr)
	second.expect("-ERR max number of clients reached\r\n")
	second.expectEnd()
	settings := s.Settings()
	settings.MaxClients = 2
	s.Configure(settings)
	third := dial(t, addr)
	third.send("PING\r\n")
	third.expect("+PONG\r\n")
	if n := s.Metrics().ConnectionsRejected.Load(); n != 1 {
		t.Errorf("ConnectionsRejected is %d", n)
	}
}

// addrConn is a connection from an address of our choice.
type addrConn struct {
	net.Conn
	remote net.Addr
}

func (c addrConn) RemoteAddr() net.Addr { return c.remote }

func TestProtectedModeDeniesForeignClients(t *testing.T) {
	s, _ := startServer(t, newTestHandler(), nil)
	for ip, denied := range map[string]bool{"127.0.0.1": false, "127.9.9.9": false, "::1": false, "::ffff:127.0.0.1": false, "10.0.0.1": true, "2001:db8::1": true} {
		nc := addrConn{remote: &net.TCPAddr{IP: net.ParseIP(ip), Port: 1}}
		if got := s.refusal(nc, s.settings.Load()); (got == deniedText) != denied {
			t.Errorf("%s: %q", ip, got)
		}
	}
	open := s.Settings()
	open.DefaultUserNoPass = false
	if got := s.refusal(addrConn{remote: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}}, &open); got != "" {
		t.Error("denied though a password is set")
	}
}

func TestUnixSocketReplacesAStaleOne(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: path})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	_ = stale.Close()
	s, _ := startServer(t, newTestHandler(), nil)
	addr, err := s.Listen(Endpoint{Network: "unix", Address: path, Mode: 0o700})
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, addr)
	c.send("PING\r\n")
	c.expect("+PONG\r\n")
	for conn := range s.Conns() {
		if conn.RemoteAddr() != path+":0" {
			t.Errorf("address is %s", conn.RemoteAddr())
		}
	}
}

func TestOptionalAddressMayBeMissing(t *testing.T) {
	s, _ := startServer(t, newTestHandler(), nil)
	e := Endpoint{Network: "tcp", Address: "192.0.2.1:0", Optional: true}
	if addr, err := s.Listen(e); addr != nil || err != nil {
		t.Error(addr, err)
	}
	e.Optional = false
	if _, err := s.Listen(e); err == nil {
		t.Error("no error")
	}
}

// brokenListener fails as a process without descriptors does.
type brokenListener struct {
	net.Listener
	fail chan error
}

func (l brokenListener) Accept() (net.Conn, error) {
	if err, ok := <-l.fail; ok {
		return nil, err
	}
	return l.Listener.Accept()
}

func TestAcceptSurvivesRunningOutOfDescriptors(t *testing.T) {
	s, _ := startServer(t, newTestHandler(), nil)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	fail := make(chan error, 3)
	for range 3 {
		fail <- syscall.EMFILE
	}
	close(fail)
	s.start()
	go s.accept(brokenListener{l, fail}, nil)
	c := dial(t, l.Addr())
	c.send("PING\r\n")
	c.expect("+PONG\r\n")
	if n := s.Metrics().AcceptErrors.Load(); n != 3 {
		t.Errorf("AcceptErrors is %d", n)
	}
	_ = l.Close()
}

func TestShutdownEndsIdleParkedAndHalfSentClients(t *testing.T) {
	h := newTestHandler()
	s, addr := startServer(t, h, nil)
	idle, half, parked := dial(t, addr), dial(t, addr), dial(t, addr)
	idle.send("PING\r\n")
	idle.expect("+PONG\r\n")
	half.send("PING\r\n*2\r\n$4\r\nEC")
	half.expect("+PONG\r\n")
	parked.send("BLOCK\r\n")
	<-h.parked
	shutdown(t, s)
	idle.expectEnd()
	half.expectEnd()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.opened != 3 || h.closed != 3 {
		t.Errorf("opened %d, closed %d", h.opened, h.closed)
	}
	if _, err := s.Listen(Endpoint{Network: "tcp", Address: "127.0.0.1:0"}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Listen after Shutdown: %v", err)
	}
}

func TestShutdownKillsASlowReaderWhenTimeIsUp(t *testing.T) {
	s, addr := startServer(t, newTestHandler(), nil)
	c := dial(t, addr)
	c.send("BIG\r\n")
	c.expect("$67108864\r\n")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := s.Shutdown(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
