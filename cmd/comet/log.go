package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"comet/resp/command"
)

// verbose is the level between debug and notice.
const verbose = slog.LevelDebug + 2

var levels = map[string]slog.Level{
	"debug": slog.LevelDebug, "verbose": verbose, "notice": slog.LevelInfo, "warning": slog.LevelWarn,
}

// logFile is the path of the log. It is opened for each line, as by Redis: a program that rotates logs renames the file, and tells nobody.
type logFile string

func (path logFile) Write(line []byte) (int, error) {
	f, err := os.OpenFile(string(path), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
	if err != nil {
		return 0, err
	}
	n, err := f.Write(line)
	return n, errors.Join(err, f.Close())
}

// openLog makes the logger that loglevel, logfile and syslog-enabled ask for the default one. Without a file it writes to stderr.
func openLog(config *command.Config, stderr io.Writer) (*slog.Logger, error) {
	w := stderr
	if path := config.LogFile.Load(); path != "" {
		w = logFile(path)
		if _, err := w.Write(nil); err != nil {
			return nil, fmt.Errorf("logfile: %w", err)
		}
	}
	level := new(slog.LevelVar)
	follow := func() error {
		level.Set(levels[config.LogLevel.Load()])
		return nil
	}
	config.OnChange(command.ConcernProcess, follow)
	var to slog.Handler = slog.NewTextHandler(w, &slog.HandlerOptions{Level: level})
	if config.Syslog.Load() {
		system, err := openSyslog(config, "", "", level)
		if err != nil {
			return nil, err
		}
		to = slog.NewMultiHandler(to, system)
	}
	log := slog.New(to)
	slog.SetDefault(log)
	return log, follow()
}
