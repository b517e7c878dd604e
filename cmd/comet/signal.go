package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"comet/resp/command"
)

// caught is the cause of the end of a context that a signal has ended.
type caught struct{ os.Signal }

func (s caught) Error() string { return "signal: " + s.String() }

// untilSignal returns a context that SIGINT or SIGTERM ends; another one after that ends the process at once. stop is to be called in any case.
func untilSignal(parent context.Context) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(parent)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case sig := <-signals:
			signal.Stop(signals)
			cancel(caught{sig})
		case <-ctx.Done():
			signal.Stop(signals)
		}
	}()
	return ctx, func() {
		cancel(nil)
		<-ended
	}
}

// isToEnd waits until ctx has ended, which is one of untilSignal, or a client says SHUTDOWN. It reports whether the server can end: after a signal not
// if a snapshot is wanted and cannot be made.
func (s *server) isToEnd(ctx context.Context) bool {
	select {
	case <-s.end:
		s.log.Info("ending on SHUTDOWN")
		return true
	case <-ctx.Done():
	}
	sig, ok := context.Cause(ctx).(caught)
	if !ok {
		s.log.Info("ending")
		return true
	}
	s.log.Info("ending on a signal", "signal", sig.String())
	how := s.onSignal(sig.Signal)
	if how == (command.Shutdown{}) {
		return true
	}
	err := s.shutdown(how)
	if err != nil {
		s.log.Error("the server goes on: the snapshot at its end failed", "error", err)
	}
	return err == nil
}

// onSignal returns what shutdown-on-sigint or shutdown-on-sigterm says.
func (s *server) onSignal(sig os.Signal) command.Shutdown {
	if sig == os.Interrupt {
		return command.ShutdownOptions(s.config.ShutdownOnInt.Load())
	}
	return command.ShutdownOptions(s.config.ShutdownOnTerm.Load())
}
