package aso

import (
	"strings"
	"sync/atomic"
	"time"

	"comet/aso/sandbox"
)

// EventStats counts the runs of a version for one event, but for those in mode observe. Its histograms are by powers of two.
type EventStats struct {
	Runs     atomic.Int64
	Denied   atomic.Int64 // refusals
	Failed   atomic.Int64 // errors but those by a limit
	Limited  atomic.Int64 // ends by a limit of the run
	Quota    atomic.Int64 // runs that a budget did not let begin; they are not among Runs
	Fuel     atomic.Int64 // instructions of all runs
	FuelMax  atomic.Int64
	FuelSize Histogram // instructions of a run
	Micros   Histogram // run time in microseconds, of one run of sampledRuns
	Lateness Histogram // of timers that fire the first time, in milliseconds
}

// sampledRuns says of how many runs the time of one is measured: reading the clock twice is a twentieth of a small run.
const sampledRuns = 16

// Stats returns what the version did in an event, nil if it never ran in one.
func (c *Code) Stats(h sandbox.Handler) *EventStats { return c.stats[h].Load() }

// ResetStats forgets what the version did.
func (c *Code) ResetStats() {
	for i := range c.stats {
		c.stats[i].Store(nil)
	}
}

// eventStats returns where to count what the version does in an event.
func (c *Code) eventStats(h sandbox.Handler) *EventStats {
	if s := c.stats[h].Load(); s != nil {
		return s
	}
	c.stats[h].CompareAndSwap(nil, &EventStats{})
	if s := c.stats[h].Load(); s != nil {
		return s
	}
	return &EventStats{} // reset meanwhile
}

// count counts a run.
func (s *EventStats) count(outcome *sandbox.Outcome, failure string) {
	s.Runs.Add(1)
	switch {
	case strings.HasPrefix(failure, "ASOLIMIT"):
		s.Limited.Add(1)
	case failure != "":
		s.Failed.Add(1)
	case outcome.Verdict == sandbox.Deny:
		s.Denied.Add(1)
	}
	s.Fuel.Add(outcome.Fuel)
	s.FuelSize.Observe(outcome.Fuel)
	for {
		most := s.FuelMax.Load()
		if outcome.Fuel <= most || s.FuelMax.CompareAndSwap(most, outcome.Fuel) {
			return
		}
	}
}

// measure counts a run of a that has ended: for the version, for the object, and in the log of costly runs.
func (h *host) measure(a *acting, outcome *sandbox.Outcome, err error) {
	failure := ""
	if err != nil {
		failure = handlerError(err).Error()
	}
	s := a.code.eventStats(h.event.Handler)
	s.count(outcome, failure)
	if h.took > 0 {
		s.Micros.Observe(h.took.Microseconds())
	}
	late := int64(0)
	if f, ok := h.event.Fields.(*firing); ok && f.attempt == 1 {
		late = h.tx.now - f.at
		s.Lateness.Observe(late)
	}
	h.noteObject(outcome, failure, late)
	h.noteSlow(a, outcome, err)
}

// runTimed runs the handler that h.call describes, and measures the time of some runs: all if a budget or the log of costly runs asks for it.
func (h *host) runTimed() (sandbox.Outcome, error) {
	workers, ks := h.tx.ks.workers, h.tx.ks
	h.took = 0
	if len(h.budgets) == 0 && ks.slow.micros.Load() < 0 && h.code.eventStats(h.event.Handler).Runs.Load()%sampledRuns != 0 {
		return workers.Run(&h.call)
	}
	began := time.Now()
	outcome, err := workers.Run(&h.call)
	h.took = max(time.Since(began), 1)
	return outcome, err
}

// RunTotals sums up what all loaded versions did.
type RunTotals struct{ Runs, Denied, Failed, Limited, Quota, Fuel int64 }

// RunTotals returns what all loaded versions did.
func (ks *Keyspace) RunTotals() (t RunTotals) {
	for _, c := range ks.Codes() {
		for h := range c.stats {
			s := c.Stats(sandbox.Handler(h))
			if s == nil {
				continue
			}
			t.Runs += s.Runs.Load()
			t.Denied += s.Denied.Load()
			t.Failed += s.Failed.Load()
			t.Limited += s.Limited.Load()
			t.Quota += s.Quota.Load()
			t.Fuel += s.Fuel.Load()
		}
	}
	return t
}

// IdleWorkers returns the number of Lua interpreters that are kept for the next runs.
func (ks *Keyspace) IdleWorkers() int { return ks.workers.Idle() }
