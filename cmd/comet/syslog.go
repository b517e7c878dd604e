package main

import (
	"context"
	"fmt"
	"log/slog"
	"log/syslog"

	"comet/resp/command"
)

var facilities = map[string]syslog.Priority{
	"user": syslog.LOG_USER, "local0": syslog.LOG_LOCAL0, "local1": syslog.LOG_LOCAL1, "local2": syslog.LOG_LOCAL2, "local3": syslog.LOG_LOCAL3,
	"local4": syslog.LOG_LOCAL4, "local5": syslog.LOG_LOCAL5, "local6": syslog.LOG_LOCAL6, "local7": syslog.LOG_LOCAL7,
}

// severity is a severity of the system's log.
type severity func(line string) error

// Write logs a line.
func (s severity) Write(line []byte) (int, error) { return len(line), s(string(line)) }

// syslogHandler writes records to the system's log, each with its severity.
type syslogHandler struct {
	debug, info, notice, warning, failure slog.Handler
}

// openSyslog connects to the system's log, at an address of a network, or where it usually is if both are empty.
func openSyslog(config *command.Config, network, addr string, level slog.Leveler) (*syslogHandler, error) {
	w, err := syslog.Dial(network, addr, facilities[config.SyslogClass.Load()]|syslog.LOG_NOTICE, config.SyslogIdent.Load())
	if err != nil {
		return nil, fmt.Errorf("syslog-enabled: %w", err)
	}
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: withoutTime}
	to := func(s severity) slog.Handler { return slog.NewTextHandler(s, options) }
	return &syslogHandler{to(w.Debug), to(w.Info), to(w.Notice), to(w.Warning), to(w.Err)}, nil
}

// withoutTime leaves out what the system's log has of its own.
func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// at returns the handler of a level, as Redis has it: its notice is our info.
func (h *syslogHandler) at(level slog.Level) slog.Handler {
	switch {
	case level >= slog.LevelError:
		return h.failure
	case level >= slog.LevelWarn:
		return h.warning
	case level >= slog.LevelInfo:
		return h.notice
	case level >= verbose:
		return h.info
	}
	return h.debug
}

// Enabled reports whether records of a level are written.
func (h *syslogHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.debug.Enabled(ctx, level)
}

// Handle writes a record.
func (h *syslogHandler) Handle(ctx context.Context, r slog.Record) error {
	return h.at(r.Level).Handle(ctx, r)
}

// WithAttrs returns a handler that adds attributes.
func (h *syslogHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return h.each(func(to slog.Handler) slog.Handler { return to.WithAttrs(attrs) })
}

// WithGroup returns a handler that groups attributes.
func (h *syslogHandler) WithGroup(name string) slog.Handler {
	return h.each(func(to slog.Handler) slog.Handler { return to.WithGroup(name) })
}

func (h *syslogHandler) each(fn func(slog.Handler) slog.Handler) *syslogHandler {
	return &syslogHandler{fn(h.debug), fn(h.info), fn(h.notice), fn(h.warning), fn(h.failure)}
}
