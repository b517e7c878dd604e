package resp

import (
	"errors"
	"net"
	"strings"
	"syscall"
	"testing"

	"comet/aso/redistest"
)

// at are endpoints of a port, of which 0.0.0.0 contains the others.
func at(port string, hosts ...string) (all []Endpoint) {
	for _, host := range hosts {
		all = append(all, Endpoint{Network: "tcp", Address: net.JoinHostPort(host, port)})
	}
	return all
}

// wantAnswers fails unless exactly those of hosts that answers names can be reached.
func wantAnswers(t *testing.T, port string, answers string) {
	t.Helper()
	for _, host := range []string{"127.0.0.1", "127.0.0.2"} {
		nc, err := net.Dial("tcp", net.JoinHostPort(host, port))
		if (err == nil) != strings.Contains(answers, host) {
			t.Errorf("port %s of %s: %v", port, host, err)
		}
		if err == nil {
			c := dial(t, nc.RemoteAddr())
			c.send("PING\r\n")
			c.expect("+PONG\r\n")
			_ = nc.Close()
		}
	}
}

func TestRelisten(t *testing.T) {
	s, _ := startServer(t, newTestHandler(), nil)
	one, two := redistest.FreePort(), redistest.FreePort()
	relisten := func(endpoints []Endpoint, want int) {
		t.Helper()
		if addrs, err := s.Relisten(endpoints); err != nil || len(addrs) != want {
			t.Fatalf("%v: %v, %v", endpoints, addrs, err)
		}
	}
	relisten(at(one, "127.0.0.1"), 1)
	first := s.listeners[0].Listener
	old := dial(t, first.Addr())

	relisten(append(at(one, "127.0.0.1"), at(two, "127.0.0.1", "127.0.0.2")...), 3)
	if s.listeners[0].Listener != first {
		t.Error("what is wanted was opened anew")
	}
	wantAnswers(t, one, "127.0.0.1")
	wantAnswers(t, two, "127.0.0.1 127.0.0.2")
	relisten(at(two, "0.0.0.0"), 1)
	wantAnswers(t, one, "")
	wantAnswers(t, two, "127.0.0.1 127.0.0.2")
	relisten(at(two, "127.0.0.2"), 1)
	wantAnswers(t, two, "127.0.0.2")
	relisten(nil, 0)
	wantAnswers(t, two, "")
	old.send("PING\r\n") // through all of it
	old.expect("+PONG\r\n")
}

func TestRelistenThatFailsChangesNothing(t *testing.T) {
	s, _ := startServer(t, newTestHandler(), nil)
	taken, err := net.Listen("tcp", "127.0.0.2:"+redistest.FreePort())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	_, takenPort, _ := net.SplitHostPort(taken.Addr().String())
	port := redistest.FreePort()
	if _, err := s.Relisten(at(port, "127.0.0.1")); err != nil {
		t.Fatal(err)
	}
	for _, endpoints := range [][]Endpoint{
		at(takenPort, "127.0.0.1", "127.0.0.2"),
		append(at(port, "0.0.0.0"), at(takenPort, "127.0.0.2")...), // the old one was closed for the first
		at(port, "127.0.0.2", "127.0.0.2"),
		at(port, "127.0.0.1", "127.0.0.1"),
	} {
		if _, err := s.Relisten(endpoints); !errors.Is(err, syscall.EADDRINUSE) {
			t.Errorf("%v: %v", endpoints, err)
		}
		wantAnswers(t, port, "127.0.0.1")
	}
	if len(s.listeners) != 1 {
		t.Errorf("listens at %v", s.listeners)
	}
	shutdown(t, s)
	if _, err := s.Relisten(at(port, "127.0.0.1")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("after the end: %v", err)
	}
}
