package command

import (
	"sync/atomic"
	"time"
)

// shortage measures how long objects hold more memory than they may, although others gave way. It is looked at by commands that need memory, and by INFO.
type shortage struct {
	since atomic.Int64 // Unix nanoseconds; 0: it is none now
	total atomic.Int64 // nanoseconds of those that are over
}

// note tells whether it is one.
func (s *shortage) note(short bool) {
	now := time.Now().UnixNano()
	if short {
		s.since.CompareAndSwap(0, now)
		return
	}
	if since := s.since.Swap(0); since != 0 {
		s.total.Add(now - since)
	}
}

// times returns how long all of them and the present one have taken.
func (s *shortage) times() (total, present time.Duration) {
	if since := s.since.Load(); since != 0 {
		present = time.Since(time.Unix(0, since))
	}
	return time.Duration(s.total.Load()) + present, present
}
