package resp

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"testing"

	"comet/resp/secure/securetest"
)

// writeCertificate makes a self-signed certificate that is its own authority.
func writeCertificate(t *testing.T, name string) (CertificateFiles, tls.Certificate) {
	t.Helper()
	files := securetest.Authority(t, name)
	cert, err := tls.LoadX509KeyPair(files.Cert, files.Key)
	if err != nil {
		t.Fatal(err)
	}
	return CertificateFiles{Files: files}, cert
}

func loadCredentials(files CertificateFiles) (*Credentials, error) {
	c := new(Credentials)
	return c, c.Load(files)
}

func dialTLS(t *testing.T, addr net.Addr, certs ...tls.Certificate) (*client, *tls.Conn) {
	t.Helper()
	plain := dial(t, addr)
	secure := tls.Client(plain.Conn, &tls.Config{InsecureSkipVerify: true, Certificates: certs})
	return &client{t: t, Conn: secure, r: bufio.NewReader(secure)}, secure
}

func TestTLS(t *testing.T) {
	files, cert := writeCertificate(t, "one")
	secure, err := loadCredentials(files)
	if err != nil {
		t.Fatal(err)
	}
	h := newTestHandler()
	s, _ := startServer(t, h, nil)
	addr, err := s.Listen(Endpoint{Network: "tcp", Address: "127.0.0.1:0", Secure: secure})
	if err != nil {
		t.Fatal(err)
	}
	stranger, _ := dialTLS(t, addr)
	_, _ = io.WriteString(stranger, "PING\r\n")
	if got, _ := io.ReadAll(stranger.r); len(got) > 0 {
		t.Errorf("a client without certificate got %q", got)
	}

	c, _ := dialTLS(t, addr, cert)
	for _, b := range "\nPING\r\n" {
		c.send(string(b))
	}
	c.expect("+PONG\r\n")
	big := strings.Repeat("v", 1<<20)
	c.send("*2\r\n$4\r\nECHO\r\n$1048576\r\n" + big + "\r\n")
	c.expect("$1048576\r\n" + big + "\r\n")
	c.send("BLOCK\r\nECHO a\r\n")
	<-h.parked
	c.send("ECHO b\r\n")
	h.wake <- struct{}{}
	c.expect("$6\r\nBLOCK0\r\n$1\r\na\r\n$1\r\nb\r\n")
	c.send("QUIT\r\n")
	c.expect("+OK\r\n")
	if _, err := c.r.ReadByte(); err != io.EOF {
		t.Errorf("the stream ends with %v", err)
	}

	gone, raw := dialTLS(t, addr, cert)
	gone.send("BLOCK\r\n")
	<-h.parked
	_ = raw.NetConn().Close()
	<-h.ended
	<-h.ended
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.results) != 2 || h.results[1] != Gone {
		t.Errorf("results %v", h.results)
	}
}

func TestCertificatesCanBeReloaded(t *testing.T) {
	files, _ := writeCertificate(t, "one")
	files.AuthClients = AuthClientsNo
	secure, err := loadCredentials(files)
	if err != nil {
		t.Fatal(err)
	}
	s, _ := startServer(t, newTestHandler(), nil)
	addr, err := s.Listen(Endpoint{Network: "tcp", Address: "127.0.0.1:0", Secure: secure})
	if err != nil {
		t.Fatal(err)
	}
	next, _ := writeCertificate(t, "two")
	next.AuthClients = AuthClientsOptional
	broken := next
	broken.Cert = files.Key
	for _, step := range []struct {
		files CertificateFiles
		fails bool
		want  string
	}{{files, false, "one"}, {next, false, "two"}, {broken, true, "two"}} {
		if err := secure.Load(step.files); (err != nil) != step.fails {
			t.Fatal(err)
		}
		c, conn := dialTLS(t, addr)
		c.send("PING\r\n")
		c.expect("+PONG\r\n")
		if got := conn.ConnectionState().PeerCertificates[0].Subject.CommonName; got != step.want {
			t.Errorf("got certificate %q, want %q", got, step.want)
		}
	}
}

func TestHalfOpenHandshakeDoesNotHoldUpShutdown(t *testing.T) {
	files, _ := writeCertificate(t, "one")
	secure, err := loadCredentials(files)
	if err != nil {
		t.Fatal(err)
	}
	h := newTestHandler()
	s, _ := startServer(t, h, nil)
	addr, err := s.Listen(Endpoint{Network: "tcp", Address: "127.0.0.1:0", Secure: secure})
	if err != nil {
		t.Fatal(err)
	}
	dial(t, addr).send("\x16\x03")
	shutdown(t, s)
	if h.opened != 0 || h.closed != 0 {
		t.Error("the handler heard of it")
	}
}
