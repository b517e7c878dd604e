package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
)

const (
	// readyVariable is in the environment of a process that daemonize has started. The process tells through file readyFile that it serves.
	readyVariable = "COMET_READY_FILE"
	readyFile     = 3
	// usualPidFile is where a daemon without a pidfile has one, as in Redis.
	usualPidFile = "/var/run/redis.pid"
)

// exitError is how the process has ended that daemonize has started; it has said itself why.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("the server ended with %d", int(e)) }

// daemonize starts this program anew, without a terminal, and returns when that process serves or has ended. Until it serves, it writes to our standard output and
// standard error.
func daemonize() error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("daemonize: %w", err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("daemonize: %w", err)
	}
	defer r.Close()
	cmd := exec.Command(self, os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), readyVariable+"=1")
	cmd.Stdout, cmd.Stderr, cmd.ExtraFiles = os.Stdout, os.Stderr, []*os.File{w}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := errors.Join(cmd.Start(), w.Close()); err != nil {
		return fmt.Errorf("daemonize: %w", err)
	}
	if n, _ := io.ReadFull(r, make([]byte, 1)); n == 1 {
		return cmd.Process.Release()
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) {
		return err
	}
	return exitError(exit.ExitCode())
}

// detachment is the other end of daemonize; nil in a process that was started by somebody else.
type detachment struct{ ready *os.File }

// findDetachment returns that of this process, once.
func findDetachment() *detachment {
	if os.Getenv(readyVariable) == "" {
		return nil
	}
	_ = os.Unsetenv(readyVariable) // it fails for bad names only
	return &detachment{os.NewFile(readyFile, "ready")}
}

// finish leaves the terminal and tells that this process serves.
func (d *detachment) finish() error {
	if d == nil {
		return nil
	}
	if err := closeTerminal(); err != nil {
		return fmt.Errorf("daemonize: %w", err)
	}
	_, _ = d.ready.Write([]byte{1}) // nobody may be there any more
	return d.ready.Close()
}

// closeTerminal lets standard input, output and error lead nowhere.
func closeTerminal() error {
	nowhere, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer nowhere.Close()
	for fd := range 3 {
		if err := replaceFile(int(nowhere.Fd()), fd); err != nil {
			return err
		}
	}
	return nil
}
