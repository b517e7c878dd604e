package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"comet/resp/metrics"
)

// listenMetrics lets Prometheus have the numbers of the server, if the configuration says where.
func (s *server) listenMetrics() error {
	address := s.config.Metrics.Load()
	if address == "" {
		return nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return fmt.Errorf("comet-metrics-address %s: %w", address, err)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler(s.cmds))
	s.metrics = &http.Server{
		Handler: mux, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10,
	}
	s.metricsAt = "http://" + listener.Addr().String() + "/metrics"
	s.background.Go(func() {
		if err := s.metrics.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			s.log.Error("metrics are not served any more", "error", err)
		}
	})
	return nil
}

// closeMetrics ends what listenMetrics began. A scrape that is under way has a moment to end.
func (s *server) closeMetrics() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.metrics.Shutdown(ctx); err != nil {
		return s.metrics.Close()
	}
	return nil
}
