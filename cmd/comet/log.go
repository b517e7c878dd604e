package main

import (
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

// openLog makes the logger that loglevel and logfile ask for the default one. Without a file it writes to stderr.
func openLog(config *command.Config, stderr io.Writer) (log *slog.Logger, done func() error, err error) {
	w, done := stderr, func() error { return nil }
	if path := config.LogFile.Load(); path != "" {
		f, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o640)
		if err != nil {
			return nil, nil, fmt.Errorf("logfile: %w", err)
		}
		w, done = f, f.Close
	}
	level := new(slog.LevelVar)
	follow := func() error {
		level.Set(levels[config.LogLevel.Load()])
		return nil
	}
	config.OnChange(command.ConcernProcess, follow)
	log = slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
	slog.SetDefault(log)
	return log, done, follow()
}
