package main

import (
	"path/filepath"
	"strings"
	"testing"

	"comet/aso/redistest"
	rclient "comet/resp/client"
	"comet/resp/secure/securetest"
)

// TestKeysMoveOverTLSAsInRedis moves keys with tls-cluster, from and to both servers: to a port of TLS, to one without, to one whose authority is another, and to one where nobody listens.
func TestKeysMoveOverTLSAsInRedis(t *testing.T) {
	ours, strange := securetest.Parameters(securetest.Authority(t, "ours")), securetest.Parameters(securetest.Authority(t, "strange"))
	start := func(kind string, parameters []string) (c *rclient.Conn, tlsPort, port string) {
		tlsPort = redistest.FreePort()
		parameters = append(parameters, "--tls-port", tlsPort)
		var addr string
		if kind == "redis" {
			c, addr = startRedis(t, t.TempDir(), parameters...)
		} else {
			c, addr = startOurs(t, parameters...)
		}
		return c, tlsPort, strings.TrimPrefix(addr, "127.0.0.1:")
	}
	for _, from := range []string{"redis", "comet"} {
		source, _, _ := start(from, ours)
		for _, to := range []string{"redis", "comet"} {
			target, tlsPort, port := start(to, ours)
			_, strangePort, _ := start(to, strange)
			for _, c := range []struct{ name, secure, port, want string }{
				{"TLS", "yes", tlsPort, "OK"},
				{"no TLS there", "yes", port, "IOERR error or timeout connecting to the client"},
				{"no TLS here", "no", port, "OK"}, // afterwards a Redis has a connection to it left
				{"another authority", "yes", strangePort, "IOERR error or timeout connecting to the client"},
				{"nobody", "yes", redistest.FreePort(), "IOERR error or timeout connecting to the client"},
			} {
				ask(t, source, "CONFIG SET tls-cluster "+c.secure)
				ask(t, source, "SET k "+strings.Repeat("v", 100_000))
				ask(t, target, "DEL k")
				if got := reply(source, "MIGRATE", "127.0.0.1", c.port, "k", "0", "2000"); got != c.want {
					t.Errorf("%s to %s, %s: %s, want %s", from, to, c.name, got, c.want)
				}
				if got := reply(target, "EXISTS", "k"); (got == "1") != (c.want == "OK") {
					t.Errorf("%s to %s, %s: %s keys there", from, to, c.name, got)
				}
			}
		}
	}
}

// TestCertificatesForOtherServersAreRead refuses files that are no good when they are to be used, not when a key moves.
func TestCertificatesForOtherServersAreRead(t *testing.T) {
	files := securetest.Authority(t, "ours")
	ours, _ := startOurs(t)
	for _, c := range []struct {
		words []string
		want  string // how the reply begins
	}{
		{[]string{"tls-cert-file", "/nowhere"}, "OK"},
		{[]string{"tls-cluster", "yes"}, "ERR CONFIG SET failed (possibly related to argument 'tls-cluster') - load certificate"},
		{[]string{"tls-replication", "yes"}, "ERR CONFIG SET failed (possibly related to argument 'tls-replication') - load certificate"},
		{[]string{"tls-cert-file", files.Cert, "tls-key-file", files.Key, "tls-ca-cert-file", files.Key, "tls-cluster", "yes"}, "ERR CONFIG SET failed"},
		{[]string{"tls-cert-file", files.Cert, "tls-key-file", files.Key, "tls-ca-cert-file", files.CA, "tls-cluster", "yes"}, "OK"},
		{[]string{"tls-key-file", "/nowhere"}, "ERR CONFIG SET failed (possibly related to argument 'tls-key-file') - load certificate"},
	} {
		if got := reply(ours, append([]string{"CONFIG", "SET"}, c.words...)...); !strings.HasPrefix(got, c.want) {
			t.Errorf("%v: %s", c.words, got)
		}
	}
	out, err := cometCommand(t, "--dir", filepath.Join(t.TempDir(), "data"), "--port", redistest.FreePort(), "--tls-cluster", "yes", "--tls-cert-file", "/nowhere").CombinedOutput()
	if err == nil || !strings.Contains(string(out), "load certificate") {
		t.Errorf("%v: %s", err, out)
	}
}
