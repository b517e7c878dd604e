package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestSignalsEndTheServerAsConfigured writes a key, and looks after the signal whether a start with save points finds it.
func TestSignalsEndTheServerAsConfigured(t *testing.T) {
	for _, tt := range []struct {
		name       string
		parameters []string
		signal     syscall.Signal
		kept       bool
	}{
		{"default", []string{"--save", "3600 1"}, syscall.SIGTERM, true},
		{"nosave of the other signal", []string{"--save", "3600 1", "--shutdown-on-sigterm", "nosave"}, syscall.SIGINT, true},
		{"nosave", []string{"--save", "3600 1", "--shutdown-on-sigterm", "nosave", "now"}, syscall.SIGTERM, false},
		{"nosave of SIGINT", []string{"--save", "3600 1", "--shutdown-on-sigint", "NOSAVE"}, syscall.SIGINT, false},
		{"save", []string{"--save", "", "--shutdown-on-sigint", "save", "--shutdown-on-sigterm", "nosave"}, syscall.SIGINT, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := startComet(t, append(tt.parameters, "--appendonly", "no", "--dir", filepath.Join(t.TempDir(), "data"))...)
			p.connect().want("OK", "SET", "k", "v")
			if err := p.cmd.Process.Signal(tt.signal); err != nil {
				t.Fatal(err)
			}
			p.wait()
			p.cmd = cometCommand(t, append(p.cmd.Args[1:], "--save", "3600 1")...)
			p.start()
			want := "nil"
			if tt.kept {
				want = "v"
			}
			p.connect().want(want, "GET", "k")
		})
	}
}

func TestASignalDoesNotEndAServerThatCannotSave(t *testing.T) {
	data, log := t.TempDir(), filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(filepath.Join(data, "of somebody else"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p := startComet(t, "--appendonly", "no", "--save", "", "--dir", data, "--logfile", log, "--shutdown-on-sigterm", "save")
	for tries := range 2 {
		if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		eventually(t, "that the server goes on", func() bool {
			text, _ := os.ReadFile(log)
			return strings.Count(string(text), "the server goes on") > tries
		})
		p.connect().want("PONG", "PING")
	}
	p.connect().want("OK", "CONFIG", "SET", "shutdown-on-sigterm", "save force")
	p.terminate()
}
