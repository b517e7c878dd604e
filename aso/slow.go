package aso

import (
	"cmp"
	"slices"
	"sync"
	"sync/atomic"

	"comet/aso/sandbox"
)

// SlowRun is a handler run that cost more than a threshold.
type SlowRun struct {
	ID             int64
	Time           int64 // Unix milliseconds
	DB             int
	Key            string
	Handler, Event string // name@version, onUpdate
	Fuel, Peak     int64  // instructions, bytes
	Micros         int64  // run time; -1 if it was not measured
	Outcome        string // ok, replaced, keep, missing, or the error
}

// slowRuns keeps the latest costly runs.
type slowRuns struct {
	fuel, micros atomic.Int64 // thresholds; below 0 for none

	mu     sync.Mutex // guards the rest; a leaf, taken under partition locks
	runs   []SlowRun  // the oldest first
	nextID int64
	max    int
}

const (
	defaultSlowFuel = 50_000
	defaultSlowMax  = 128
	slowKeyBytes    = 1024 // of a key
)

// SetSlowRuns sets from how many instructions and microseconds on a run is logged, below 0 for none, and how many are kept.
func (ks *Keyspace) SetSlowRuns(fuel, micros int64, kept int) {
	l := &ks.slow
	l.fuel.Store(fuel)
	l.micros.Store(micros)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.max = kept
	l.trim()
}

func (l *slowRuns) trim() {
	if surplus := len(l.runs) - l.max; surplus > 0 {
		l.runs = slices.Delete(l.runs, 0, surplus)
	}
}

// noteSlow logs a run of a if it was costly.
func (h *host) noteSlow(a *acting, outcome *sandbox.Outcome, err error) {
	l := &h.tx.ks.slow
	fuel, micros := l.fuel.Load(), l.micros.Load()
	if !(fuel >= 0 && outcome.Fuel >= fuel || micros >= 0 && h.took.Microseconds() >= micros) {
		return
	}
	run := SlowRun{
		Time: h.tx.now, DB: h.tx.db, Key: string(h.key[:min(len(h.key), slowKeyBytes)]), Handler: a.code.Name(), Event: h.event.Handler.String(),
		Fuel: outcome.Fuel, Peak: outcome.Peak, Micros: -1, Outcome: cmp.Or(outcomeText(outcome, err), "ok"),
	}
	if h.took > 0 {
		run.Micros = h.took.Microseconds()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	run.ID = l.nextID
	l.nextID++
	l.runs = append(l.runs, run)
	l.trim()
}

// SlowRuns returns the latest costly runs, the newest first, at most count.
func (ks *Keyspace) SlowRuns(count int) []SlowRun {
	l := &ks.slow
	l.mu.Lock()
	defer l.mu.Unlock()
	runs := slices.Clone(l.runs[len(l.runs)-min(count, len(l.runs)):])
	slices.Reverse(runs)
	return runs
}

// SlowRunCount returns how many costly runs are kept.
func (ks *Keyspace) SlowRunCount() int {
	ks.slow.mu.Lock()
	defer ks.slow.mu.Unlock()
	return len(ks.slow.runs)
}

// ResetSlowRuns forgets the costly runs.
func (ks *Keyspace) ResetSlowRuns() {
	ks.slow.mu.Lock()
	defer ks.slow.mu.Unlock()
	ks.slow.runs = nil
}
