package main

import (
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"comet/resp/command"
)

func TestRecordsGoToTheSystemsLog(t *testing.T) {
	folder, err := os.MkdirTemp("", "comet") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	at := &net.UnixAddr{Name: filepath.Join(folder, "log"), Net: "unixgram"}
	system, err := net.ListenUnixgram("unixgram", at)
	if err != nil {
		t.Fatal(err)
	}
	defer system.Close()
	config, err := command.NewConfig()
	if err == nil {
		err = config.Load([]string{"--syslog-enabled", "yes", "--syslog-ident", "mine", "--syslog-facility", "local3"})
	}
	if err != nil {
		t.Fatal(err)
	}
	h, err := openSyslog(config, "unixgram", at.Name, verbose)
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(h).With("a", 1).WithGroup("g")
	log.Debug("too little")
	const local3 = 19 << 3
	for _, tt := range []struct {
		level    slog.Level
		severity int
	}{{verbose, 6}, {slog.LevelInfo, 5}, {slog.LevelWarn, 4}, {slog.LevelError, 3}} {
		log.Log(t.Context(), tt.level, "hello", "b", 2)
		line := make([]byte, 1000)
		n, err := system.Read(line)
		if err != nil {
			t.Fatal(err)
		}
		want := fmt.Sprintf(`^<%d>.* mine\[%d\]: level=[A-Z0-9+]+ msg=hello a=1 g\.b=2\n$`, local3|tt.severity, os.Getpid())
		if !regexp.MustCompile(want).Match(line[:n]) {
			t.Errorf("got %q, want %s", line[:n], want)
		}
	}
	if _, err := openSyslog(config, "unixgram", at.Name+"-not", verbose); err == nil {
		t.Error("no error where there is no log")
	}
}
