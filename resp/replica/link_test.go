package replica_test

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
)

// proxy passes connections on to a server, and breaks each after a random number of bytes that come from there while it is on.
type proxy struct {
	port string
	l    net.Listener
	to   string

	mu     sync.Mutex
	random *rand.Rand
	most   int // bytes after which a connection breaks at most; 0: none does
	open   sync.WaitGroup
}

func startProxy(t *testing.T, to string) *proxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{l: l, to: to, random: rand.New(rand.NewPCG(5, 6)), port: fmt.Sprint(l.Addr().(*net.TCPAddr).Port)}
	p.open.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			p.open.Go(func() { p.pass(c) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); p.open.Wait() })
	return p
}

// breakAfter lets connections that are made from now on break.
func (p *proxy) breakAfter(most int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.most = most
}

func (p *proxy) pass(c net.Conn) {
	defer c.Close()
	server, err := net.Dial("tcp", "127.0.0.1:"+p.to)
	if err != nil {
		return
	}
	defer server.Close()
	var other sync.WaitGroup
	defer other.Wait()
	other.Go(func() { _, _ = io.Copy(server, c); _ = server.Close() })
	p.mu.Lock()
	var from io.Reader = server
	if p.most > 0 {
		from = io.LimitReader(server, int64(100+p.random.IntN(p.most)))
	}
	p.mu.Unlock()
	_, _ = io.Copy(c, from)
	_ = c.Close()
}

// TestBrokenLinksGoOn breaks the link again and again at random bytes: in the middle of commands and of transactions.
func TestBrokenLinksGoOn(t *testing.T) {
	r := startRedis(t, "--repl-backlog-size", "16mb")
	p := startProxy(t, r.port)
	s := startComet(t)
	p.breakAfter(0)
	s.do("REPLICAOF 127.0.0.1 " + p.port)
	s.caughtUp(r)
	p.breakAfter(4000)
	s.do("CLIENT KILL TYPE master")
	random := rand.New(rand.NewPCG(7, 8))
	for s.follower.Link().Partial < 12 {
		write(r, random, 200)
		r.do("MULTI")
		for i := range 40 {
			r.do(fmt.Sprint("RPUSH together ", i))
		}
		r.do("EXEC")
		r.do("INCR total")
	}
	p.breakAfter(0)
	s.do("CLIENT KILL TYPE master")
	s.equals(r)
	if link := s.follower.Link(); link.Full != 1 {
		t.Errorf("link: %+v", link)
	}
}

// TestALostHistoryComesAgain lets the master forget what the link missed, and then be another one.
func TestALostHistoryComesAgain(t *testing.T) {
	r := startRedis(t, "--repl-backlog-size", "16kb")
	s := startComet(t)
	s.do("REPLICAOF 127.0.0.1 " + r.port)
	s.caughtUp(r)
	r.do("CLIENT KILL TYPE replica")
	r.do("DEBUG POPULATE 2000 more 100")
	r.do("DEBUG CHANGE-REPL-ID")
	r.do("CLIENT KILL TYPE replica")
	eventually(t, func() error {
		if n := s.follower.Link().Full; n < 2 {
			return fmt.Errorf("%d transfers of all data", n)
		}
		return nil
	})
	s.equals(r)

	other := startRedis(t)
	other.do("SET other v")
	s.do("REPLICAOF 127.0.0.1 " + other.port)
	s.caughtUp(other)
	s.equals(other)
	if got := s.do("GET other"); got != "v" {
		t.Errorf("GET other: %q", got)
	}
}
