package resp

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestPanicCostsOneConnection(t *testing.T) {
	h := newTestHandler()
	s, addr := startServer(t, h, nil)
	other, bad := dial(t, addr), dial(t, addr)
	bad.send("PANIC\r\n")
	bad.expectEnd()
	other.send("PING\r\n")
	other.expect("+PONG\r\n")
	if n := s.Metrics().Panics.Load(); n != 1 {
		t.Errorf("Panics is %d", n)
	}
}

func TestHandlerThatConsumesNothingDoesNotSpin(t *testing.T) {
	_, addr := startServer(t, newTestHandler(), nil)
	c := dial(t, addr)
	c.send("NONE\r\n")
	c.expectEnd()
}

func TestQuitDropsWhatFollows(t *testing.T) {
	_, addr := startServer(t, newTestHandler(), nil)
	c := dial(t, addr)
	c.send("PING\r\nQUIT\r\nPING\r\n")
	c.expect("+PONG\r\n+OK\r\n")
	c.expectEnd()
}

func TestParkedClientIsWokenAndKeepsItsPipeline(t *testing.T) {
	h := newTestHandler()
	_, addr := startServer(t, h, nil)
	c := dial(t, addr)
	c.send("PING\r\nBLOCK\r\nECHO a\r\nECHO ")
	c.expect("+PONG\r\n") // the replies before it do not wait
	conn := <-h.parked
	c.send("b\r\n*2\r\n$4\r\nECHO\r\n$1\r\nc\r\n")
	h.wake <- struct{}{}
	c.expect("$6\r\nBLOCK0\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n")
	if conn.ID() == 0 {
		t.Error("no id")
	}
}

func TestParkTimesOut(t *testing.T) {
	h := newTestHandler()
	_, addr := startServer(t, h, nil)
	c := dial(t, addr)
	for range 20 {
		c.send("BLOCK 1\r\nPING\r\n")
		c.expect("$6\r\nBLOCK1\r\n+PONG\r\n")
		<-h.parked
	}
}

// waitEnded waits for the end of a connection and returns how its Parks ended.
func waitEnded(t *testing.T, h *testHandler) []ParkResult {
	t.Helper()
	select {
	case <-h.ended:
	case <-time.After(patience):
		t.Fatal("the connection is still open")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.results
}

func TestClientThatGoesAwayWhileParkedIsNoticed(t *testing.T) {
	for name, leave := range map[string]func(c *client){
		"close":             func(c *client) { _ = c.Close() },
		"close behind data": func(c *client) { c.send("PING\r\n"); _ = c.Close() },
		"half close":        func(c *client) { _ = c.Conn.(*net.TCPConn).CloseWrite() },
		"reset":             func(c *client) { _ = c.Conn.(*net.TCPConn).SetLinger(0); _ = c.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			h := newTestHandler()
			_, addr := startServer(t, h, nil)
			c := dial(t, addr)
			c.send("BLOCK\r\n")
			<-h.parked
			leave(c)
			if got := waitEnded(t, h); len(got) != 1 || got[0] != Gone {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestKillEndsAParkedClient(t *testing.T) {
	h := newTestHandler()
	s, addr := startServer(t, h, nil)
	c := dial(t, addr)
	c.send("BLOCK\r\n")
	s.Conn((<-h.parked).ID()).Kill()
	c.expectEnd()
	if got := waitEnded(t, h); len(got) != 1 || got[0] != Killed {
		t.Errorf("got %v", got)
	}
}

func TestConfigureDoesNotDisturbParkedClients(t *testing.T) {
	h := newTestHandler()
	s, addr := startServer(t, h, nil)
	c := dial(t, addr)
	c.send("BLOCK\r\n")
	<-h.parked
	settings := s.Settings()
	settings.Timeout = time.Hour
	s.Configure(settings)
	h.wake <- struct{}{}
	c.expect("$6\r\nBLOCK0\r\n")
	c.send("PING\r\n")
	c.expect("+PONG\r\n")
}

func TestIdleClientsAreClosedAfterTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := defaultSettings()
		s := NewServer(newTestHandler(), settings, slog.New(slog.DiscardHandler))
		normal, subscriber := pipeClient(t, s), pipeClient(t, s)
		for _, c := range []*client{normal, subscriber} {
			c.send("PING\r\n")
			c.expect("+PONG\r\n")
		}
		s.Conn(2).SetClass(ClassPubSub)
		settings.Timeout = 10 * time.Second
		s.Configure(settings)
		<-time.After(9 * time.Second)
		normal.send("PING\r\n")
		normal.expect("+PONG\r\n")
		<-time.After(9 * time.Second)
		synctest.Wait()
		if n := s.Count(); n != 2 {
			t.Errorf("%d clients after 9 s of silence", n)
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if n, m := s.Count(), s.Metrics().IdleDisconnects.Load(); n != 1 || m != 1 {
			t.Errorf("%d clients, %d idle disconnects after 11 s", n, m)
		}
		shutdown(t, s)
	})
}

func pipeClient(t *testing.T, s *Server) *client {
	near, far := net.Pipe()
	t.Cleanup(func() { _ = near.Close() })
	s.admit(far, nil)
	c := &client{t: t, Conn: near, r: bufio.NewReader(near)}
	return c
}

func TestSlowReaderDoesNotHoldUpOthersAndCanBeKilled(t *testing.T) {
	s, addr := startServer(t, newTestHandler(), nil)
	slow, other := dial(t, addr), dial(t, addr)
	slow.send("BIG\r\n")
	slow.expect("$67108864\r\n")
	other.send("PING\r\n")
	other.expect("+PONG\r\n")
	for c := range s.Conns() {
		if c.Usage().Replies > 0 {
			c.Kill()
		}
	}
	if n, err := io.Copy(io.Discard, slow.r); n >= 64<<20 {
		t.Errorf("got all %d bytes, %v", n, err)
	}
}

func TestGarbageIsAnsweredAndClosed(t *testing.T) {
	_, addr := startServer(t, newTestHandler(), nil)
	for _, garbage := range []string{"*1\r\n$9223372036854775807\r\n", "*99999999999\r\n", "*1\r\nfoo\r\n", strings.Repeat("x", 80<<10)} {
		c := dial(t, addr)
		_, _ = io.WriteString(c.Conn, garbage)
		answer, _ := io.ReadAll(c.r)
		if !strings.HasPrefix(string(answer), "-ERR Protocol error: ") && len(garbage) < 1000 {
			t.Errorf("%.40q: answer %q", garbage, answer)
		}
	}
}

func TestIdleConnectionsHoldNoBuffers(t *testing.T) {
	s, addr := startServer(t, newTestHandler(), nil)
	const n = 200
	for i := range n {
		c := dial(t, addr)
		c.send(fmt.Sprintf("ECHO %d\r\n*2\r\n$4\r\nEC", i))
		c.expect(fmt.Sprintf("$%d\r\n%d\r\n", len(fmt.Sprint(i)), i))
	}
	// The buffer goes back after the reply has left, so give that a moment.
	for c := range s.Conns() {
		for end := time.Now().Add(patience); c.Usage().Total > 4<<10; runtime.Gosched() {
			if time.Now().After(end) {
				t.Fatalf("connection %d: %+v", c.ID(), c.Usage())
			}
		}
	}
}

func BenchmarkIdleConnectionMemory(b *testing.B) {
	_, addr := startServer(b, newTestHandler(), nil)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const n = 1000
	for range n {
		c := dial(b, addr)
		c.r = nil
		c.send("PING\r\n")
		if _, err := io.ReadFull(c.Conn, make([]byte, 7)); err != nil {
			b.Fatal(err)
		}
	}
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	held := float64(after.HeapInuse+after.StackInuse) - float64(before.HeapInuse+before.StackInuse)
	for b.Loop() { // the number is what counts
	}
	b.ReportMetric(held/n, "B/conn")
}
