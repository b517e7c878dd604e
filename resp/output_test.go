package resp

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestPushesNeverInterleaveWithReplies(t *testing.T) {
	s, addr := startServer(t, newTestHandler(), nil)
	c := dial(t, addr)
	c.send("PING\r\n")
	c.expect("+PONG\r\n")
	const pushes, pings, senders = 2000, 2000, 2
	var wg sync.WaitGroup
	for sender := range senders {
		wg.Go(func() {
			for i := range pushes {
				s.Conn(1).Push(fmt.Appendf(nil, ">2\r\n:%d\r\n:%d\r\n", sender, i))
			}
		})
	}
	go func() { _, _ = io.WriteString(c.Conn, strings.Repeat("ECHO hello\r\n", pings)) }()
	var next [senders]int
	echoes := 0
	for echoes < pings || next[0] < pushes || next[1] < pushes {
		line, err := c.r.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		switch line {
		case "$5\r\n":
			c.expect("hello\r\n")
			echoes++
		case ">2\r\n":
			var sender, i int
			if _, err := fmt.Fscanf(c.r, ":%d\r\n:%d\r\n", &sender, &i); err != nil {
				t.Fatal(err)
			}
			if next[sender] != i {
				t.Fatalf("push %d of sender %d, want %d", i, sender, next[sender])
			}
			next[sender]++
		default:
			t.Fatalf("got %q", line)
		}
	}
	wg.Wait()
}

func TestOwnPushesKeepTheirPlace(t *testing.T) {
	_, addr := startServer(t, newTestHandler(), nil)
	c := dial(t, addr)
	c.send("PING\r\nSELF\r\nPING\r\n")
	c.expect("+PONG\r\n>1\r\n+self\r\n:1\r\n+PONG\r\n")
}

func TestSubscriberOverItsHardLimitIsClosed(t *testing.T) {
	h := newTestHandler()
	s, addr := startServer(t, h, func(s *Settings) {
		s.OutputLimits[ClassPubSub] = OutputLimit{Hard: 32 << 20}
	})
	c := dial(t, addr)
	c.send("PING\r\n")
	c.expect("+PONG\r\n")
	conn := s.Conn(1)
	conn.SetClass(ClassPubSub)
	frame := []byte("$1048576\r\n" + strings.Repeat("x", 1<<20) + "\r\n")
	for range 64 { // does not block though nobody reads
		conn.Push(frame)
	}
	waitEnded(t, h)
	if n := s.Metrics().OutputLimitHard.Load(); n != 1 {
		t.Errorf("OutputLimitHard is %d", n)
	}
	conn.Push(frame) // is no error
}

func TestReplyOverTheHardLimitIsNotSent(t *testing.T) {
	_, addr := startServer(t, newTestHandler(), func(s *Settings) {
		s.OutputLimits[ClassNormal] = OutputLimit{Hard: 1 << 20}
	})
	c := dial(t, addr)
	c.send("BIG\r\n")
	c.expectEnd()
}

func TestSoftLimitClosesAfterItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		settings := defaultSettings()
		settings.OutputLimits[ClassNormal] = OutputLimit{Soft: 1000, SoftFor: time.Minute}
		s := NewServer(newTestHandler(), settings, slog.New(slog.DiscardHandler))
		pipeClient(t, s)
		patient := pipeClient(t, s)
		for id := range uint64(2) {
			s.Conn(id + 1).Push(make([]byte, 2000))
		}
		<-time.After(59 * time.Second)
		if _, err := io.ReadFull(patient, make([]byte, 2000)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if n := s.Count(); n != 2 {
			t.Errorf("%d clients after 59 s", n)
		}
		<-time.After(2 * time.Second)
		synctest.Wait()
		if n, m := s.Count(), s.Metrics().OutputLimitSoft.Load(); n != 1 || m != 1 {
			t.Errorf("%d clients, %d closed at the soft limit after 61 s", n, m)
		}
		shutdown(t, s)
	})
}

func TestKillDuringPushes(t *testing.T) {
	h := newTestHandler()
	s, addr := startServer(t, h, nil)
	c := dial(t, addr)
	c.send("PING\r\n")
	c.expect("+PONG\r\n")
	conn := s.Conn(1)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 200 {
				conn.Push(make([]byte, 64<<10))
			}
		})
	}
	conn.Kill()
	wg.Wait()
	waitEnded(t, h)
}
