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
	Micros   Histogram // run time in microseconds, of the first and of one of sampledRuns
	Lateness Histogram // of timers that fire the first time, in milliseconds
}

// sampledRuns says of how many runs the time of one is measured, besides the first: reading the clock twice is a tenth of a small run.
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

// runTally counts runs of a version for an event that used as much, until another one comes or the Tx ends: most runs are like the one
// before, and a counter that all processors share costs as much as a few instructions of Lua.
type runTally struct {
	code  *Code
	event sandbox.Handler
	fuel  int64 // of each
	n     int64
}

// add counts a run.
func (t *runTally) add(c *Code, event sandbox.Handler, fuel int64) {
	if t.code != c || t.event != event || t.fuel != fuel {
		t.flush()
		t.code, t.event, t.fuel = c, event, fuel
	}
	t.n++
}

// flush hands on what was counted.
func (t *runTally) flush() {
	if t.n > 0 {
		t.code.eventStats(t.event).count(t.n, t.fuel)
	}
	t.code, t.n = nil, 0
}

// count counts n runs that used fuel each.
func (s *EventStats) count(n, fuel int64) {
	s.Runs.Add(n)
	s.Fuel.Add(n * fuel)
	s.FuelSize.ObserveTimes(fuel, n)
	for {
		most := s.FuelMax.Load()
		if fuel <= most || s.FuelMax.CompareAndSwap(most, fuel) {
			return
		}
	}
}

// countEnd counts how a run ended, if not well.
func (s *EventStats) countEnd(outcome *sandbox.Outcome, failure string) {
	switch {
	case strings.HasPrefix(failure, "ASOLIMIT"):
		s.Limited.Add(1)
	case failure != "":
		s.Failed.Add(1)
	case outcome.Verdict == sandbox.Deny:
		s.Denied.Add(1)
	}
}

// measure counts a run of a that has ended: for the version, for the object, and in the log of costly runs.
func (h *host) measure(a *acting, outcome *sandbox.Outcome, err error) {
	failure := ""
	if err != nil {
		failure = handlerError(err).Error()
	}
	h.tx.fuel += outcome.Fuel
	h.tx.runs.add(a.code, h.event.Handler, outcome.Fuel)
	if failure != "" || outcome.Verdict == sandbox.Deny {
		a.code.eventStats(h.event.Handler).countEnd(outcome, failure)
	}
	if h.took > 0 {
		a.code.eventStats(h.event.Handler).Micros.Observe(h.took.Microseconds())
	}
	late := int64(0)
	if f, ok := h.event.Fields.(*firing); ok && f.attempt == 1 {
		late = h.tx.now - f.at
		a.code.eventStats(h.event.Handler).Lateness.Observe(late)
	}
	h.noteObject(outcome, failure, late)
	h.noteSlow(a, outcome, err)
}

// runTimed runs the handler that h.call describes, and measures the time of some runs: all if a budget or the log of costly runs asks for it.
func (h *host) runTimed() (*sandbox.Outcome, error) {
	workers, ks := h.tx.ks.workers, h.tx.ks
	h.took = 0
	h.tx.unmeasured++
	if len(h.budgets) == 0 && ks.slow.micros.Load() < 0 && h.tx.unmeasured < sampledRuns && h.code.Stats(h.event.Handler) != nil {
		return workers.Run(&h.call)
	}
	h.tx.unmeasured = 0
	began := time.Now()
	outcome, err := workers.Run(&h.call)
	h.took = max(time.Since(began), 1)
	return outcome, err
}

// Runs returns the number of runs of the version, for all events.
func (c *Code) Runs() (n int64) {
	for i := range c.stats {
		if s := c.stats[i].Load(); s != nil {
			n += s.Runs.Load()
		}
	}
	return n
}

// Errors returns the number of runs of the version that failed, for all events.
func (c *Code) Errors() (n int64) {
	for i := range c.stats {
		if s := c.stats[i].Load(); s != nil {
			n += s.Failed.Load() + s.Limited.Load()
		}
	}
	return n
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
