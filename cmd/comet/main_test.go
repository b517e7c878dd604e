package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// asComet makes this test binary be comet.
const asComet = "COMET_TEST_RUN"

func TestMain(m *testing.M) {
	if os.Getenv(asComet) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// patience is how long anything may take before a test gives up.
const patience = time.Minute

// process is a running comet. It listens on a socket in a folder of its own.
type process struct {
	t      testing.TB
	cmd    *exec.Cmd
	socket string
	ready  string // the line it printed
	stderr bytes.Buffer
}

func cometCommand(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, args...)
	cmd.Env = append(os.Environ(), asComet+"=1", "GORACE=atexit_sleep_ms=0") // with -race a process would end a second later
	cmd.Dir = t.TempDir()
	return cmd
}

// startComet starts comet with a socket beside the arguments, and waits until it is ready.
func startComet(t testing.TB, args ...string) *process {
	t.Helper()
	p := newProcess(t, args)
	p.start()
	return p
}

// limit makes the process run under a limit of the shell's ulimit.
func (p *process) limit(option string, n int) {
	p.t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		p.t.Skip(err)
	}
	script := fmt.Sprintf(`ulimit %s %d && exec "$0" "$@"`, option, n)
	p.cmd.Args = append([]string{"sh", "-c", script, p.cmd.Path}, p.cmd.Args[1:]...)
	p.cmd.Path = shell
}

func newProcess(t testing.TB, args []string) *process {
	t.Helper()
	folder, err := os.MkdirTemp("", "comet") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	p := &process{t: t, socket: filepath.Join(folder, "s")}
	p.cmd = cometCommand(t, append(args, "--port", "0", "--unixsocket", p.socket)...)
	return p
}

// start starts the process and waits until it is ready.
func (p *process) start() {
	p.t.Helper()
	p.cmd.Stderr = &p.stderr
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		p.t.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	p.ready, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		_ = p.cmd.Wait()
		p.t.Fatalf("%q did not start: %v\n%s", p.cmd.Args, err, &p.stderr)
	}
}

// kill ends the process as a crash does.
func (p *process) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	_ = p.cmd.Wait() // says that it was killed
}

// wait waits for the process to end by itself, without an error.
func (p *process) wait() {
	p.t.Helper()
	if err := p.cmd.Wait(); err != nil {
		p.t.Fatalf("comet ended with %v\n%s", err, &p.stderr)
	}
}

// terminate asks the process to end and waits for it.
func (p *process) terminate() {
	p.t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		p.t.Fatal(err)
	}
	p.wait()
}

// client is a connection to a process.
type client struct {
	t  testing.TB
	nc net.Conn
	r  *bufio.Reader
}

func (p *process) connect() *client {
	p.t.Helper()
	return dialClient(p.t, "unix", p.socket)
}

func dialClient(t testing.TB, network, addr string) *client {
	t.Helper()
	nc, err := net.Dial(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	return &client{t, nc, bufio.NewReader(nc)}
}

// do sends a command and returns its reply as text, without the types: an array is its elements between brackets.
func (c *client) do(args ...string) string {
	c.t.Helper()
	reply, err := c.try(args...)
	if err != nil {
		c.t.Fatalf("%q: %v", args, err)
	}
	return reply
}

func (c *client) try(args ...string) (string, error) {
	if err := c.send(args...); err != nil {
		return "", err
	}
	return c.read()
}

func (c *client) send(args ...string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, arg := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(arg), arg)
	}
	_ = c.nc.SetDeadline(time.Now().Add(patience))
	_, err := io.WriteString(c.nc, b.String())
	return err
}

func (c *client) read() (string, error) {
	line, err := c.r.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimRight(line, "\r\n")
	n, _ := strconv.Atoi(line[1:])
	switch line[0] {
	case '$':
		return c.readBulk(n)
	case '*':
		return c.readArray(n)
	default:
		return line[1:], nil
	}
}

func (c *client) readBulk(n int) (string, error) {
	if n < 0 {
		return "nil", nil
	}
	b := make([]byte, n+2)
	_, err := io.ReadFull(c.r, b)
	return string(b[:n]), err
}

func (c *client) readArray(n int) (string, error) {
	if n < 0 {
		return "nil", nil
	}
	items := make([]string, n)
	for i := range items {
		item, err := c.read()
		if err != nil {
			return "", err
		}
		items[i] = item
	}
	return "[" + strings.Join(items, " ") + "]", nil
}

// want sends a command and compares the reply.
func (c *client) want(reply string, args ...string) {
	c.t.Helper()
	if got := c.do(args...); got != reply {
		c.t.Errorf("%q: got %q, want %q", args, got, reply)
	}
}

// eventually waits until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("not in time: %s", what)
		}
	}
}
