package command_test

import (
	"context"
	"log/slog"
	"testing"

	"comet/aso"
	"comet/resp"
	"comet/resp/command"
	"comet/resp/replica"
)

func init() { startServer = startRealServer }

// startRealServer serves an empty keyspace over the real network, without persistence. Parameters are as of the command line.
func startRealServer(t testing.TB, parameters ...string) string {
	t.Helper()
	config, err := command.NewConfig()
	if err == nil {
		err = config.Load(append([]string{"--port", "0", "--enable-debug-command", "yes", "--loglevel", "warning", "--appendonly", "no"}, parameters...))
	}
	if err != nil {
		t.Fatal(err)
	}
	ks := aso.New(aso.Options{})
	commands, err := command.NewServer(ks, command.Options{Config: config})
	if err != nil {
		t.Fatal(err)
	}
	follower := replica.New(commands, slog.New(slog.DiscardHandler))
	commands.SetFollower(follower)
	server := resp.Connect(commands, slog.New(slog.DiscardHandler))
	addr, err := server.Listen(resp.Endpoint{Network: "tcp", Address: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	following := make(chan struct{})
	go func() { follower.Run(ctx); close(following) }()
	expirer := make(chan error, 1)
	go func() { expirer <- ks.Run(ctx) }()
	t.Cleanup(func() {
		killed, kill := context.WithCancel(context.Background())
		kill() // clients of a test that failed need not be waited for
		_ = server.Shutdown(killed)
		cancel()
		<-following
		if err := <-expirer; err != nil {
			t.Error(err)
		}
	})
	return addr.String()
}
