// Package redistest gives tests real redis-servers.
package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is how long a server may take to answer.
const patience = time.Minute

// Server is a redis-server process on a port of the loopback interface.
type Server struct {
	Addr, Port string
	cmd        *exec.Cmd
}

// Start starts the redis-server of this machine for a test, which is skipped if there is none: without persistence, with DEBUG, in a folder of its
// own. Parameters as of its command line come behind these, and count instead of them.
func Start(t testing.TB, parameters ...string) *Server {
	t.Helper()
	binary, err := exec.LookPath("redis-server")
	if err != nil {
		t.Skip("no redis-server")
	}
	return StartBinary(t, binary, parameters...)
}

// StartBinary is Start with another program.
func StartBinary(t testing.TB, binary string, parameters ...string) *Server {
	t.Helper()
	usual := []string{"--bind", "127.0.0.1", "--dir", t.TempDir(), "--save", "", "--appendonly", "no", "--enable-debug-command", "yes", "--loglevel", "warning"}
	s, err := Run(binary, "", append(usual, parameters...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("stop redis-server: %v", err)
		}
	})
	return s
}

// Run starts a redis-server in a working directory, "" for that of the test, with no parameters but these and a port, and waits until it answers.
func Run(binary, workingDir string, parameters ...string) (*Server, error) {
	port := FreePort()
	s := &Server{Addr: net.JoinHostPort("127.0.0.1", port), Port: port, cmd: exec.Command(binary, append([]string{"--port", port}, parameters...)...)}
	s.cmd.Dir = workingDir
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
	}
	if err := s.waitReady(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Server) waitReady() (err error) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); time.Now().Before(end); <-tick.C {
		if err = s.ping(); err == nil {
			return nil
		}
	}
	return fmt.Errorf("redis-server does not answer: %w", err)
}

// ping fails while the server starts or loads data. It leaves no trace in the counters.
func (s *Server) ping() error {
	c, err := net.DialTimeout("tcp", s.Addr, patience)
	if err != nil {
		return err
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(patience))
	if _, err := c.Write([]byte("PING\r\nCONFIG RESETSTAT\r\n")); err != nil {
		return err
	}
	replies := bufio.NewReader(c)
	line, err := replies.ReadString('\n')
	if err == nil && strings.HasPrefix(line, "-LOADING") {
		return errors.New(line)
	}
	if err == nil {
		_, err = replies.ReadString('\n')
	}
	return err
}

// Close ends the process and waits for it.
func (s *Server) Close() error {
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if err := s.cmd.Wait(); s.cmd.ProcessState == nil {
		return err // it did not end; that it was killed is no error
	}
	return nil
}

// FreePort returns a port of the loopback interface that nobody has. It mostly stays so until a server listens on it, which the kernel's own choice
// would not: the port is below those that the kernel gives to whoever connects or does not care.
func FreePort() string {
	for {
		port := strconv.Itoa(20_000 + rand.IntN(12_000))
		if l, err := net.Listen("tcp", "127.0.0.1:"+port); err == nil {
			_ = l.Close()
			return port
		}
	}
}
