// Command comet is the server, and the tools of those who write handlers.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"comet/aso/rdb"
	"comet/resp/command"
)

func main() {
	signal.Ignore(syscall.SIGHUP) // as Redis: a terminal that is closed does not end the server
	err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr)
	var ended exitError
	switch {
	case err == nil || errors.Is(err, flag.ErrHelp):
	case errors.As(err, &ended):
		os.Exit(int(ended))
	default:
		fmt.Fprintln(os.Stderr, "comet:", err)
		os.Exit(exitCode(err))
	}
}

// exitCode is 2 for a file to import that is not in the format, 1 for all else.
func exitCode(err error) int {
	var format *rdb.FormatError
	if errors.As(err, &format) {
		return 2
	}
	return 1
}

// run is the program: it returns when the server has ended, by ctx, by a signal, by SHUTDOWN or by an error.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) > 0 {
		switch args[0] {
		case "--version", "-v":
			fmt.Fprintln(stdout, "comet", command.Version)
			return nil
		case "--help", "-h":
			return writeHelp(stdout)
		case "check":
			return check(args[1:], stdout, stderr)
		case "new":
			return newHandler(args[1:], stdout, stderr)
		case "test":
			return test(args[1:], stdout, stderr)
		case "import":
			ctx, stop := untilSignal(ctx)
			defer stop()
			return importFile(ctx, args[1:], stdout, stderr)
		case "export":
			ctx, stop := untilSignal(ctx)
			defer stop()
			return exportFile(ctx, args[1:], stdout, stderr)
		}
	}
	config, err := command.NewConfig()
	if err != nil {
		return err
	}
	if err := config.Load(args); err != nil {
		return err
	}
	if config.Daemonize.Load() && config.Supervisor() == "no" && os.Getenv(readyVariable) == "" {
		return daemonize()
	}
	return serve(ctx, config, stdout, stderr)
}
