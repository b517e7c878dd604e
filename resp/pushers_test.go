package resp

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// A client that does not read delays no other one, and has missed nothing when it reads.
func TestPushesPassASlowClient(t *testing.T) {
	s, addr := startServer(t, newTestHandler(), nil)
	const pushes = 100
	slow, quick := dial(t, addr), dial(t, addr)
	for _, c := range []*client{slow, quick} {
		c.send("PING\r\n")
		c.expect("+PONG\r\n")
	}
	text := strings.Repeat("x", 200<<10)
	frame := func(i int) string { return fmt.Sprintf(">1\r\n+%d %s\r\n", i, text) }
	for i := range pushes {
		s.Conn(1).Push([]byte(frame(i)))
		s.Conn(2).Push([]byte(frame(i)))
	}
	for _, c := range []*client{quick, slow} {
		for i := range pushes {
			c.expect(frame(i))
		}
		c.send("PING\r\n")
		c.expect("+PONG\r\n")
	}
}

// Many publishers push to many clients, which send and end meanwhile. Who stays gets all, in the order of each publisher.
func TestPushesToManyClients(t *testing.T) {
	s, addr := startServer(t, newTestHandler(), nil)
	const clients, publishers, pushes = 150, 4, 60
	var all []*client
	for range clients {
		c := dial(t, addr)
		c.send("PING\r\n")
		c.expect("+PONG\r\n")
		all = append(all, c)
	}
	var publishing, reading sync.WaitGroup
	for publisher := range publishers {
		publishing.Go(func() {
			for i := range pushes {
				for c := range s.Conns() {
					c.Push(fmt.Appendf(nil, ">2\r\n:%d\r\n:%d\r\n", publisher, i))
				}
			}
		})
	}
	for i, c := range all {
		if i%5 == 0 {
			s.Conn(uint64(i + 1)).Kill()
			continue
		}
		reading.Go(func() { readPushes(t, c, publishers, pushes) })
	}
	publishing.Wait()
	reading.Wait()
}

// readPushes reads what TestPushesToManyClients sends to one client, with an ECHO of its own in between.
func readPushes(t *testing.T, c *client, publishers, pushes int) {
	if _, err := c.Write([]byte("ECHO hello\r\n")); err != nil {
		t.Error(err)
		return
	}
	next, echoes := make([]int, publishers), 0
	for left := publishers*pushes + 1; left > 0; left-- {
		line, err := c.r.ReadString('\n')
		if err != nil {
			t.Error(err)
			return
		}
		if line == "$5\r\n" {
			if line, err = c.r.ReadString('\n'); err != nil || line != "hello\r\n" || echoes > 0 {
				t.Errorf("got %q, %v in an ECHO", line, err)
				return
			}
			echoes++
			continue
		}
		var publisher, i int
		if line != ">2\r\n" {
			t.Errorf("got %q", line)
			return
		}
		if _, err := fmt.Fscanf(c.r, ":%d\r\n:%d\r\n", &publisher, &i); err != nil || next[publisher] != i {
			t.Errorf("push %d of publisher %d, want %d: %v", i, publisher, next[publisher], err)
			return
		}
		next[publisher]++
	}
}
