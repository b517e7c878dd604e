//go:build linux

package resp

import (
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"comet/aso/randtest"
)

// awaitResting waits until n connections are open and all rest.
func awaitResting(t testing.TB, s *Server, n int) (conns []*Conn) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); runtime.Gosched() {
		conns = conns[:0]
		for c := range s.Conns() {
			if c.Rests() {
				conns = append(conns, c)
			}
		}
		if len(conns) == n && s.Count() == n {
			return conns
		}
	}
	t.Fatalf("%d of %d connections rest; %d were to", len(conns), s.Count(), n)
	return nil
}

func TestSilentConnectionsHaveNoGoroutine(t *testing.T) {
	s, addr := startServer(t, newTestHandler(), nil)
	before := runtime.NumGoroutine()
	clients := make([]*client, 100)
	for i := range clients {
		clients[i] = dial(t, addr)
	}
	for range 3 {
		for _, c := range awaitResting(t, s, len(clients)) {
			c.turns.mu.Lock()
			if c.turns.resting && c.work != nil {
				t.Error("a connection that rests holds a reader")
			}
			c.turns.mu.Unlock()
		}
		for n := runtime.NumGoroutine(); n > before+10; n = runtime.NumGoroutine() {
			runtime.Gosched() // the last of them are ending
		}
		for i, c := range clients {
			c.send(fmt.Sprintf("PING\r\nECHO %d\r\n", i))
			c.expect(fmt.Sprintf("+PONG\r\n$%d\r\n%d\r\n", len(fmt.Sprint(i)), i))
		}
	}
}

func TestWhatEndsAConnectionEndsOneThatRests(t *testing.T) {
	for name, end := range map[string]func(s *Server, c *client, conn *Conn){
		"close":      func(_ *Server, c *client, _ *Conn) { _ = c.Close() },
		"half close": func(_ *Server, c *client, _ *Conn) { _ = c.Conn.(*net.TCPConn).CloseWrite() },
		"reset":      func(_ *Server, c *client, _ *Conn) { _ = c.Conn.(*net.TCPConn).SetLinger(0); _ = c.Close() },
		"kill":       func(_ *Server, _ *client, conn *Conn) { conn.Kill() },
		"kills":      func(_ *Server, c *client, conn *Conn) { _ = c.Close(); conn.Kill(); conn.Kill() },
		"shutdown":   func(s *Server, _ *client, _ *Conn) { shutdown(t, s) },
		"timeout": func(s *Server, _ *client, _ *Conn) {
			settings := s.Settings()
			settings.Timeout = 10 * time.Millisecond
			s.Configure(settings)
		},
		"output limit": func(s *Server, c *client, conn *Conn) {
			settings := s.Settings()
			settings.OutputLimits[ClassNormal] = OutputLimit{Hard: 1}
			s.Configure(settings)
			conn.Push([]byte(">1\r\n+push\r\n"))
		},
		"quit": func(_ *Server, c *client, _ *Conn) { c.send("QUIT\r\n") },
	} {
		t.Run(name, func(t *testing.T) {
			h := newTestHandler()
			s, addr := startServer(t, h, nil)
			c := dial(t, addr)
			c.send("PING\r\n")
			c.expect("+PONG\r\n")
			end(s, c, awaitResting(t, s, 1)[0])
			waitEnded(t, h)
			h.mu.Lock()
			defer h.mu.Unlock()
			if h.opened != 1 || h.closed != 1 {
				t.Errorf("opened %d, closed %d", h.opened, h.closed)
			}
		})
	}
}

func TestTimeoutOfConnectionsThatRest(t *testing.T) {
	s, addr := startServer(t, newTestHandler(), func(s *Settings) { s.Timeout = time.Hour })
	normal, subscriber := dial(t, addr), dial(t, addr)
	for _, c := range awaitResting(t, s, 2) {
		if c.RemoteAddr() == subscriber.LocalAddr().String() {
			c.SetClass(ClassPubSub)
		}
	}
	settings := s.Settings()
	settings.Timeout = 20 * time.Millisecond
	s.Configure(settings)
	normal.expectEnd()
	conn := awaitResting(t, s, 1)[0]
	settings.Timeout = 0
	s.Configure(settings)
	conn.turns.mu.Lock()
	if conn.turns.timer != nil {
		t.Error("a timer without timeout")
	}
	conn.turns.mu.Unlock()
	subscriber.send("PING\r\n")
	subscriber.expect("+PONG\r\n")
	if n := s.Metrics().IdleDisconnects.Load(); n != 1 {
		t.Errorf("IdleDisconnects is %d", n)
	}
}

func TestPushesReachAConnectionThatRests(t *testing.T) {
	s, addr := startServer(t, newTestHandler(), nil)
	c := dial(t, addr)
	conn := awaitResting(t, s, 1)[0]
	for i := range 100 {
		frame := fmt.Sprintf(">1\r\n:%d\r\n", i)
		conn.Push([]byte(frame))
		c.expect(frame)
	}
	if !conn.Rests() {
		t.Error("a push woke it")
	}
	c.send("PING\r\n")
	c.expect("+PONG\r\n")
}

func TestConnectionInTheMiddleOfACommandRestsWithWhatCame(t *testing.T) {
	h := newTestHandler()
	s, addr := startServer(t, h, nil)
	half, blocked := dial(t, addr), dial(t, addr)
	conns := awaitResting(t, s, 2)
	blocked.send("BLOCK\r\n")
	conn := <-h.parked
	if conn.Rests() {
		t.Error("a client that blocks rests")
	}
	other := conns[0]
	if other == conn {
		other = conns[1]
	}
	big := strings.Repeat("x", 100<<10)
	for _, text := range []string{"hi", big} {
		head := fmt.Sprintf("*2\r\n$4\r\nECHO\r\n$%d\r\n%s", len(text), text[:len(text)-1])
		for _, cut := range []int{1, len(head) / 2, len(head)} {
			half.send(head[:cut])
			for other.Usage().QueryLen < int64(cut) || !other.Rests() {
				runtime.Gosched()
			}
			half.send(head[cut:] + text[len(text)-1:] + "\r\n")
			half.expect(fmt.Sprintf("$%d\r\n%s\r\n", len(text), text))
			for !other.Rests() {
				runtime.Gosched()
			}
			if u := other.Usage(); u.QueryLen != 0 || u.QueryFree != 0 {
				t.Errorf("after a whole command it holds %+v", u)
			}
		}
	}
	h.wake <- struct{}{}
	blocked.expect("$6\r\nBLOCK0\r\n")
	awaitResting(t, s, 2)
}

func TestSecureConnectionsAreNotOfTheLoop(t *testing.T) {
	files, cert := writeCertificate(t, "one")
	secure, err := loadCredentials(files)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := startServer(t, newTestHandler(), nil)
	addr, err := s.Listen(Endpoint{Network: "tcp", Address: "127.0.0.1:0", Secure: secure})
	if err != nil {
		t.Fatal(err)
	}
	c, _ := dialTLS(t, addr, cert)
	for range 50 {
		c.send("PING\r\nPING\r\n")
		c.expect("+PONG\r\n+PONG\r\n")
		for conn := range s.Conns() {
			if conn.Rests() {
				t.Fatal("it rests")
			}
		}
	}
}

func TestUnixSocketsAreOfTheLoop(t *testing.T) {
	s, _ := startServer(t, newTestHandler(), nil)
	addr, err := s.Listen(Endpoint{Network: "unix", Address: filepath.Join(t.TempDir(), "s")})
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, addr)
	for range 3 {
		awaitResting(t, s, 1)
		c.send("PING\r\n")
		c.expect("+PONG\r\n")
	}
	_ = c.Close()
	awaitResting(t, s, 0)
}

func TestConnectionHasAGoroutineIfTheLoopRefusesIt(t *testing.T) {
	s := NewServer(newTestHandler(), defaultSettings(), slog.New(slog.DiscardHandler))
	s.loop, s.looping = &loop{server: s, epoll: -1}, true
	addr, err := s.Listen(Endpoint{Network: "tcp", Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	c := dial(t, addr)
	for range 10 {
		c.send("PING\r\n")
		c.expect("+PONG\r\n")
	}
	_ = c.Close()
	awaitResting(t, s, 0)
	s.mu.Lock()
	s.looping = false // there is none to be stopped
	s.mu.Unlock()
	shutdown(t, s)
}

// onceHandler answers ECHO, and notices when two goroutines serve a connection.
type onceHandler struct {
	testHandler
	serving sync.Map // of Conn: *atomic.Bool
	twice   atomic.Int64
}

func (h *onceHandler) Batch(c *Conn, commands [][][]byte) int {
	busy, _ := h.serving.LoadOrStore(c, new(atomic.Bool))
	if !busy.(*atomic.Bool).CompareAndSwap(false, true) {
		h.twice.Add(1)
	}
	runtime.Gosched()
	n := h.testHandler.Batch(c, commands)
	busy.(*atomic.Bool).Store(false)
	return n
}

// Connections that rest between all reads lose no byte, are served by one worker at a time, and end once, whatever clients, kills and
// changes of the configuration do meanwhile. Closed ones leave their descriptors to those that come.
func TestTurnsLoseNothing(t *testing.T) {
	const clients, rounds, steps = 16, 6, 30
	seed := randtest.Seed(t)
	h := &onceHandler{testHandler: *newTestHandler()}
	s, addr := startServer(t, h, nil)
	turns := make(chan struct{}, 1)
	var disturber, wg sync.WaitGroup
	disturber.Go(func() {
		rnd := rand.New(rand.NewPCG(seed, 1))
		settings := s.Settings()
		for range turns {
			settings.Timeout = time.Duration(rnd.IntN(2)) * time.Hour
			s.Configure(settings)
			for c := range s.Conns() {
				c.wake() // as a late event does
			}
		}
	})
	for id := range clients {
		rnd := rand.New(rand.NewPCG(seed, uint64(id+2)))
		wg.Go(func() {
			for range rounds {
				echoAtRandom(t, s, addr, rnd, steps, turns)
			}
		})
	}
	wg.Wait()
	awaitResting(t, s, 0)
	close(turns)
	disturber.Wait()
	shutdown(t, s) // a connection is told to be closed after it has left the list
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.twice.Load() > 0 || h.opened != clients*rounds || h.closed != h.opened {
		t.Errorf("%d times served twice, %d opened, %d closed", h.twice.Load(), h.opened, h.closed)
	}
}

// echoAtRandom runs one connection to an end of some kind; now and then it is the turn of who disturbs.
func echoAtRandom(t *testing.T, s *Server, addr net.Addr, rnd *rand.Rand, steps int, turns chan<- struct{}) {
	nc, err := net.Dial(addr.Network(), addr.String())
	if err != nil {
		t.Error(err)
		return
	}
	defer func() { _ = nc.Close() }()
	for i := range steps {
		select {
		case turns <- struct{}{}:
		default:
		}
		var in, want strings.Builder
		for range 1 + rnd.IntN(3) {
			fmt.Fprintf(&in, "*2\r\n$4\r\nECHO\r\n$5\r\n%05d\r\n", i)
			fmt.Fprintf(&want, "$5\r\n%05d\r\n", i)
		}
		for rest := in.String(); rest != ""; {
			n := len(rest)
			if rnd.IntN(2) == 0 {
				n = 1 + rnd.IntN(n)
			}
			_, _ = io.WriteString(nc, rest[:n]) // reading tells of an error
			rest = rest[n:]
			for range rnd.IntN(20) {
				runtime.Gosched()
			}
		}
		got := make([]byte, want.Len())
		_ = nc.SetDeadline(time.Now().Add(patience))
		if n, err := io.ReadFull(nc, got); err != nil || string(got) != want.String() {
			t.Errorf("got %q, %v; want %q", got[:n], err, want.String())
			return
		}
	}
	switch rnd.IntN(4) {
	case 0:
		_ = nc.(*net.TCPConn).SetLinger(0)
	case 1:
		_, _ = io.WriteString(nc, "PING\r\n")
	case 2:
		for c := range s.Conns() {
			if c.RemoteAddr() == nc.LocalAddr().String() {
				c.Kill()
			}
		}
	}
}
