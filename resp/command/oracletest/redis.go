package oracletest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Redis is a private redis-server process: a free port of the loopback interface,
// no persistence, DEBUG allowed.
type Redis struct {
	Addr string
	cmd  *exec.Cmd
}

// Defaults are what a redis-server says of itself that was started in an empty folder without a configuration: all of CONFIG GET, and the names of the fields of INFO by
// section.
type Defaults struct {
	Parameters map[string]string
	Info       []string // "# Section" and names of fields, in order
}

// AskDefaults starts the given redis-server binary for a moment.
func AskDefaults(ctx context.Context, binary, dir string) (d Defaults, err error) {
	const usual = "6379"
	port := FreePort()
	cmd := exec.CommandContext(ctx, binary, "--port", port)
	cmd.Dir = dir
	r, err := run(cmd, port)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	c, err := dial(r.Addr, 2)
	if err != nil {
		return d, err
	}
	defer c.net.Close()
	pairs, err := c.call("CONFIG", "GET", "*")
	if err != nil {
		return d, err
	}
	d.Parameters = map[string]string{}
	for words := pairs.texts(); len(words) > 1; words = words[2:] {
		d.Parameters[words[0]] = words[1]
	}
	d.Parameters["port"], d.Parameters["dir"] = usual, "the working directory"
	if _, err := c.call("CONFIG", "SET", "appendonly", "yes"); err != nil { // it has fields of its own
		return d, err
	}
	info, err := c.call("INFO", "server", "clients", "memory", "persistence", "stats", "replication", "cpu", "cluster")
	for line := range strings.SplitSeq(info.Text, "\r\n") {
		if name, _, _ := strings.Cut(line, ":"); name != "" {
			d.Info = append(d.Info, name)
		}
	}
	return d, err
}

// StartRedis starts the given redis-server binary with dir as its working directory
// and waits until it answers.
func StartRedis(ctx context.Context, binary, dir string) (*Redis, error) {
	port := FreePort()
	cmd := exec.CommandContext(ctx, binary,
		"--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "no",
		"--enable-debug-command", "yes", "--daemonize", "no", "--loglevel", "warning")
	return run(cmd, port)
}

// run starts a redis-server that is to listen on port, and waits until it answers.
func run(cmd *exec.Cmd, port string) (*Redis, error) {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	r := &Redis{Addr: net.JoinHostPort("127.0.0.1", port), cmd: cmd}
	if err := r.waitReady(); err != nil {
		return nil, errors.Join(err, r.Close())
	}
	return r, nil
}

func (r *Redis) waitReady() error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	var last error
	for range 6000 {
		c, err := dial(r.Addr, 2)
		if err == nil {
			return c.net.Close()
		}
		last = err
		<-tick.C
	}
	return fmt.Errorf("redis-server does not answer: %w", last)
}

// Close ends the process and waits for it.
func (r *Redis) Close() error {
	if err := r.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	if err := r.cmd.Wait(); r.cmd.ProcessState == nil {
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
