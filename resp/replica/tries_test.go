package replica

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"
)

// TestTheSameCauseIsLoggedMoreAndMoreSeldom has a master that is away for a day, tries each five seconds, and another cause in between.
func TestTheSameCauseIsLoggedMoreAndMoreSeldom(t *testing.T) {
	var out bytes.Buffer
	log := slog.New(slog.NewTextHandler(&out, nil))
	var told tries
	now := time.Unix(0, 0)
	for i := range 24 * 3600 / 5 {
		port := net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1024 + i}
		err := error(&net.OpError{Op: "read", Net: "tcp", Source: &port, Err: errors.New("connection reset")})
		if i == 9000 {
			err = errors.New("no password")
		}
		told.failed(log, fmt.Errorf("PING: %w", err), longestPause, now)
		now = now.Add(5 * time.Second)
	}
	lines := strings.Count(out.String(), "\n")
	if lines < 20 || lines > 40 || strings.Count(out.String(), "no password") != 1 || !strings.Contains(out.String(), "tries_not_logged=719") {
		t.Errorf("%d lines:\n%s", lines, &out)
	}
}
