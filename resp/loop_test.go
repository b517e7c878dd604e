//go:build linux

package resp

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"

	"comet/aso/randtest"
)

// orderHandler notes the order in which commands run.
type orderHandler struct {
	testHandler
	ran []string
}

func (h *orderHandler) Batch(c *Conn, commands [][][]byte) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, args := range commands {
		h.ran = append(h.ran, string(args[len(args)-1]))
		c.Reply.Status("OK")
	}
	return len(commands)
}

// What clients send one after the other runs in that order, though nobody waits for replies. A worker can lose the processor between taking a connection and
// running its commands, so a few rounds may differ.
func TestCommandsOfSeveralClientsRunInTheOrderInWhichTheyCame(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	const rounds, most = 100, 20
	rnd := rand.New(rand.NewPCG(randtest.Seed(t), 0))
	h := &orderHandler{testHandler: *newTestHandler()}
	s, addr := startServer(t, h, nil)
	clients := make([]*client, 20)
	for i := range clients {
		clients[i] = dial(t, addr)
	}
	awaitResting(t, s, len(clients))
	differ := 0
	for range rounds {
		h.mu.Lock()
		h.ran = nil
		h.mu.Unlock()
		order := rnd.Perm(len(clients))
		var want []string
		for _, i := range order {
			clients[i].send(fmt.Sprintf("NOTE %d\r\n", i))
			want = append(want, fmt.Sprint(i))
		}
		for _, i := range order {
			clients[i].expect("+OK\r\n")
		}
		awaitResting(t, s, len(clients))
		h.mu.Lock()
		if !slices.Equal(h.ran, want) {
			differ++
		}
		h.mu.Unlock()
	}
	if differ > most {
		t.Errorf("in %d of %d rounds they ran in another order", differ, rounds)
	}
}

// stuckHandler waits in the turn of a connection that sends STUCK.
type stuckHandler struct {
	testHandler
	free chan struct{}
}

func (h *stuckHandler) Batch(c *Conn, commands [][][]byte) int {
	if string(commands[0][0]) == "STUCK" {
		<-h.free
		c.Reply.Status("FREE")
		return 1
	}
	return h.testHandler.Batch(c, commands)
}

// Whatever number of workers blocks, the others are served.
func TestTurnsThatBlockHoldUpNobody(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	h := &stuckHandler{testHandler: *newTestHandler(), free: make(chan struct{})}
	s, addr := startServer(t, h, nil)
	other := dial(t, addr)
	before := runtime.NumGoroutine()
	for range 3 {
		stuck := make([]*client, 3*maxSpares)
		for i := range stuck {
			stuck[i] = dial(t, addr)
			stuck[i].send("STUCK\r\nPING\r\n")
			other.send("PING\r\n")
			other.expect("+PONG\r\n")
		}
		for range stuck {
			h.free <- struct{}{}
		}
		for _, c := range stuck {
			c.expect("+FREE\r\n+PONG\r\n")
			_ = c.Close()
		}
		awaitResting(t, s, 1)
		for runtime.NumGoroutine() > before+maxSpares+2 {
			runtime.Gosched() // the last workers are ending
		}
	}
}

// A client that sends without end shares the loop with the others.
func TestTurnsAreShared(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	s, addr := startServer(t, newTestHandler(), nil)
	flood, other := dial(t, addr), dial(t, addr)
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		text := make([]byte, 1<<20)
		for i := range text {
			text[i] = '\n' // nothing: no reply, and so no reader of replies
		}
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := flood.Conn.Write(text); err != nil {
					return
				}
			}
		}
	}()
	for s.Metrics().BytesIn.Load() < 1<<20 {
		runtime.Gosched()
	}
	for range 10 {
		other.send("PING\r\n")
		other.expect("+PONG\r\n")
	}
	close(stop)
	_ = flood.Close()
	<-done
}
