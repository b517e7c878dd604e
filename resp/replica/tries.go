package replica

import (
	"errors"
	"log/slog"
	"net"
	"time"
)

// How long the same cause of failed tries is not logged again: ever longer.
const (
	firstSilence   = time.Minute
	longestSilence = time.Hour
)

// tries logs why tries to get a link fail: each cause at once, and ever more seldom as long as it stays.
type tries struct {
	cause   string // of the last one; "" if the link was in use since
	told    time.Time
	silence time.Duration
	untold  int // tries since, of the same cause
}

// failed notes a failed try.
func (t *tries) failed(log *slog.Logger, err error, pause time.Duration, now time.Time) {
	switch cause := causeOf(err); {
	case cause != t.cause:
		*t = tries{cause: cause, silence: firstSilence}
	case now.Sub(t.told) < t.silence:
		t.untold++
		return
	default:
		t.silence = min(2*t.silence, longestSilence)
	}
	log.Warn("no link to the master", "error", err, "next_try", pause, "tries_not_logged", t.untold)
	t.told, t.untold = now, 0
}

// causeOf returns what err says, without the ports of this end, which are others each time.
func causeOf(err error) string {
	var op *net.OpError
	if errors.As(err, &op) {
		return op.Op + ": " + op.Err.Error()
	}
	return err.Error()
}
