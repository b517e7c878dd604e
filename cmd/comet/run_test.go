package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

// TestRunLeavesNothingBehind runs the server inside the test, twice with the same data.
func TestRunLeavesNothingBehind(t *testing.T) {
	// buntdb's own goroutine ends within a second after a file is closed; nobody can wait for it.
	defer goleak.VerifyNone(t, goleak.IgnoreTopFunction("github.com/tidwall/buntdb.(*DB).backgroundManager"), goleak.IgnoreCurrent())
	folder, err := os.MkdirTemp("", "comet")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	socket := filepath.Join(folder, "s")
	args := []string{"--port", "0", "--unixsocket", socket, "--dir", filepath.Join(folder, "data"), "--loglevel", "warning"}
	for round := range 2 {
		ctx, cancel := context.WithCancel(t.Context())
		stdout, ready := io.Pipe()
		var stderr bytes.Buffer
		ended := make(chan error, 1)
		go func() { ended <- run(ctx, args, ready, &stderr) }()
		if line, err := bufio.NewReader(stdout).ReadString('\n'); err != nil {
			t.Fatal(line, err)
		}
		nc, err := net.Dial("unix", socket)
		if err != nil {
			t.Fatal(err)
		}
		c := &client{t, nc, bufio.NewReader(nc)}
		if round == 0 {
			fill(c)
			c.want("OK", "SAVE")
		}
		wantFilled(c)
		parked := &client{t, nc, c.r}
		if err := parked.send("BLPOP", "nothing", "0"); err != nil {
			t.Fatal(err)
		}
		cancel()
		if err := <-ended; err != nil || stderr.Len() > 0 {
			t.Errorf("run returned %v and printed %q", err, &stderr)
		}
		_ = nc.Close()
	}
}
