package main

import (
	"net"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"comet/aso/redistest"
	rclient "comet/resp/client"
	"comet/resp/secure"
	"comet/resp/secure/securetest"
)

// TestListenersChangeAtRunTimeAsInRedis asks for the same changes of both servers, and where they can be reached afterwards.
func TestListenersChangeAtRunTimeAsInRedis(t *testing.T) {
	t.Run("comet", func(t *testing.T) {
		c, addr := startOurs(t, "--bind", "127.0.0.1")
		changeListeners(t, c, addr)
	})
	t.Run("redis", func(t *testing.T) {
		if _, err := exec.LookPath("redis-server"); err != nil {
			t.Skip("no redis-server")
		}
		c, addr := startRedis(t, t.TempDir())
		changeListeners(t, c, addr)
	})
}

func changeListeners(t *testing.T, c *rclient.Conn, addr string) {
	const (
		cannotListen = "ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check server logs."
		cannotBind   = "ERR CONFIG SET failed (possibly related to argument 'bind') - Failed to bind to specified addresses."
		badTLS       = "ERR CONFIG SET failed (possibly related to argument 'tls-port') - Unable to update TLS configuration. Check server logs."
		outOfRange   = "ERR CONFIG SET failed (possibly related to argument 'port') - argument must be between 0 and 65535 inclusive"
		tooMany      = "ERR CONFIG SET failed (possibly related to argument 'bind') - Too many bind addresses specified."
		immutable    = "ERR CONFIG SET failed (possibly related to argument 'unixsocket') - can't set immutable config"
		cannotTLS    = "ERR CONFIG SET failed (possibly related to argument 'tls-port') - Unable to listen on this port. Check server logs."
	)
	taken, err := net.Listen("tcp", "127.0.0.1:"+redistest.FreePort())
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	first := strings.TrimPrefix(addr, "127.0.0.1:")
	second, securePort := redistest.FreePort(), redistest.FreePort()
	used := strings.TrimPrefix(taken.Addr().String(), "127.0.0.1:")
	files := securetest.Authority(t, "ours")
	withFiles := []string{"tls-cert-file", files.Cert, "tls-key-file", files.Key, "tls-ca-cert-file", files.CA, "tls-port"}
	local := func(ports ...string) (all []string) {
		for _, port := range ports {
			all = append(all, "127.0.0.1:"+port)
		}
		return all
	}
	for _, step := range []struct {
		set     []string // CONFIG SET
		want    string
		reached []string // who answers then
	}{
		{[]string{"port", second}, "OK", local(second)},
		{[]string{"maxmemory", "10mb", "PORT", used, "timeout", "7"}, cannotListen, local(second)},
		{[]string{"bind", "127.0.0.1 999.999.999.999"}, cannotBind, local(second)},
		{[]string{"bind", strings.Repeat("127.0.0.1 ", 17)}, tooMany, local(second)},
		{[]string{"bind", "127.0.0.2 127.0.0.1", "port", first}, "OK", append(local(first), "127.0.0.2:"+first)},
		{[]string{"bind", "* -::*"}, "OK", append(local(first), "127.0.0.2:"+first)},
		{[]string{"bind", "127.0.0.2"}, "OK", []string{"127.0.0.2:" + first}},
		{[]string{"bind", "127.0.0.1 -192.0.2.1"}, "OK", local(first)},
		{[]string{"bind", ""}, "OK", nil},
		{[]string{"bind", "127.0.0.1"}, "OK", local(first)},
		{[]string{"port", "0"}, "OK", nil},
		{[]string{"Port", "70000"}, outOfRange, nil},
		{[]string{"bind", "127.0.0.1", "port", used}, cannotBind, nil},
		{[]string{"port", first}, "OK", local(first)},
		{[]string{"tls-port", securePort}, badTLS, local(first)},
		{append(withFiles, used), cannotTLS, local(first)},
		{append(withFiles, securePort), "OK", local(first, securePort)},
		{[]string{"port", "0", "bind", "127.0.0.2"}, "OK", []string{"127.0.0.2:" + securePort}},
		{[]string{"tls-port", "0"}, "OK", nil},
		{[]string{"unixsocket", "/nowhere"}, immutable, nil},
	} {
		if got := reply(c, append([]string{"CONFIG", "SET"}, step.set...)...); got != step.want {
			t.Errorf("%q: %s, want %s", step.set, got, step.want)
		}
		for _, port := range []string{first, second, securePort} {
			for _, at := range []string{"127.0.0.1:" + port, "127.0.0.2:" + port} {
				if got := answers(t, at, port == securePort, files); got != slices.Contains(step.reached, at) {
					t.Errorf("after %q %s answers: %v", step.set, at, got)
				}
			}
		}
	}
	for _, name := range []string{"maxmemory", "timeout"} {
		if r, err := c.Do("CONFIG", "GET", name); err != nil || string(r.Items[1].Text) != "0" {
			t.Errorf("%s was not put back: %v, %v", name, r, err)
		}
	}
}

// answers reports whether there is a server at addr, which is one of TLS if secure.
func answers(t *testing.T, addr string, tlsPort bool, files secure.Files) bool {
	t.Helper()
	var c *rclient.Conn
	var err error
	if tlsPort {
		peer, peerErr := files.Peer()
		if peerErr != nil {
			t.Fatal(peerErr)
		}
		c, err = rclient.DialWith(t.Context(), &net.Dialer{Timeout: patience}, addr, peer)
	} else {
		c, err = rclient.Dial(t.Context(), addr, patience)
	}
	if err != nil {
		return false
	}
	defer c.Close()
	return reply(c, "PING") == "PONG"
}

// TestOtherServersAreReachedFromTheConfiguredAddress follows a master, as Redis does, and moves a key, which Redis does from any address.
func TestOtherServersAreReachedFromTheConfiguredAddress(t *testing.T) {
	for _, kind := range []string{"comet", "redis"} {
		t.Run(kind, func(t *testing.T) {
			var c *rclient.Conn
			if kind == "redis" {
				c, _ = startRedis(t, t.TempDir())
			} else {
				c, _ = startOurs(t)
			}
			ask(t, c, "CONFIG SET bind-source-addr 127.0.0.2")
			master, masterPort := listenLocally(t)
			ask(t, c, "REPLICAOF 127.0.0.1 "+masterPort)
			if got := acceptOne(t, master); got != "127.0.0.2" {
				t.Errorf("the master sees %s", got)
			}
			ask(t, c, "REPLICAOF NO ONE")
			if kind == "redis" {
				return
			}
			ask(t, c, "SET k v")
			target, port := listenLocally(t)
			replied := make(chan string)
			go func() { replied <- reply(c, "MIGRATE", "127.0.0.1", port, "k", "0", "1000") }()
			if got := acceptOne(t, target); got != "127.0.0.2" {
				t.Errorf("the target of MIGRATE sees %s", got)
			}
			if got := <-replied; !strings.HasPrefix(got, "IOERR") {
				t.Error(got)
			}
			ask(t, c, "CONFIG SET bind-source-addr 192.0.2.1")
			if got := reply(c, "MIGRATE", "127.0.0.1", port, "k", "0", "5000"); got != "IOERR error or timeout connecting to the client" {
				t.Errorf("from an address of somebody else: %s", got)
			}
		})
	}
}

func listenLocally(t *testing.T) (l net.Listener, port string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:"+redistest.FreePort())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return l, port
}

// acceptOne accepts a connection, closes it, and returns where it came from.
func acceptOne(t *testing.T, l net.Listener) string {
	t.Helper()
	nc, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	host, _, _ := net.SplitHostPort(nc.RemoteAddr().String())
	return host
}
