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
	"syscall"
	"time"
)

// Redis is a private redis-server process: a free port of the loopback interface,
// no persistence, DEBUG allowed.
type Redis struct {
	Addr string
	cmd  *exec.Cmd
}

// StartRedis starts the given redis-server binary with dir as its working directory
// and waits until it answers.
func StartRedis(ctx context.Context, binary, dir string) (*Redis, error) {
	port := FreePort()
	cmd := exec.CommandContext(ctx, binary,
		"--port", port, "--bind", "127.0.0.1", "--dir", dir, "--save", "", "--appendonly", "no",
		"--enable-debug-command", "yes", "--daemonize", "no", "--loglevel", "warning")
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", binary, err)
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
