package aso

import (
	"errors"
	"log/slog"
	"slices"

	"comet/aso/sandbox"
)

// MaxDelay is the longest time a timer may wait, in milliseconds: a hundred years.
const MaxDelay = 100 * 365 * 24 * 3600 * 1000

// TimerMode says whether a timer may be new or must be.
type TimerMode int

// The modes of SetTimer, as NX and XX.
const (
	TimerAlways TimerMode = iota
	TimerIfNew
	TimerIfThere
)

// TimerResult says what SetTimer did.
type TimerResult int

// The results of SetTimer.
const (
	TimerChanged TimerResult = iota
	TimerCreated
	TimerBlocked
)

// Errors of timers.
const (
	ErrTimerTime  = Error("ERR a timer needs IN, AT or EVERY")
	ErrTimerLimit = Error("ASOLIMIT timers 64 an object")
	ErrTimerSize  = Error("ASOLIMIT timers 65536 bytes an object")
)

// SetTimer arms the timer t.Name of the object at key, or changes it; an object without a value comes to be. t.At may lie in the past: it
// fires at once. If it is 0, the first firing is one period away.
func (tx *Tx) SetTimer(key []byte, t Timer, mode TimerMode) (TimerResult, error) {
	if t.At == 0 && t.Every > 0 {
		t.At = tx.now + t.Every
	}
	if t.At <= 0 {
		return TimerBlocked, ErrTimerTime
	}
	tx.lookup(key) // an expired object dies first
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return TimerBlocked, err
	}
	old := s.timer(t.Name)
	size := len(t.Name) + len(t.Data)
	for i := range s.timers {
		if o := &s.timers[i]; o != old {
			size += len(o.Name) + len(o.Data)
		}
	}
	switch {
	case old == nil && mode == TimerIfThere, old != nil && mode == TimerIfNew:
		return TimerBlocked, nil
	case size > maxTimerBytes:
		return TimerBlocked, ErrTimerSize
	case old != nil:
		*old = t
		return TimerChanged, tx.putSection(&e, key, &s)
	case len(s.timers) >= maxTimers:
		return TimerBlocked, ErrTimerLimit
	}
	s.timers = append(s.timers, t)
	return TimerCreated, tx.putSection(&e, key, &s)
}

// CancelTimer removes a timer and reports whether it was there.
func (tx *Tx) CancelTimer(key []byte, name string) (bool, error) {
	tx.lookup(key)
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil || !s.cancel(name) {
		return false, err
	}
	return true, tx.putSection(&e, key, &s)
}

// Timers returns the timers of the object at key, the next one first.
func (tx *Tx) Timers(key []byte) ([]Timer, error) {
	tx.lookup(key)
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return nil, err
	}
	for i := range s.timers {
		s.timers[i].Data = slices.Clone(s.timers[i].Data)
	}
	slices.SortFunc(s.timers, func(a, b Timer) int { return int(a.At - b.At) })
	return s.timers, nil
}

// maxTimerBytes bounds the names and the data of an object's timers, because all of them are copied when one changes.
const maxTimerBytes = 64 << 10

// fireTimers fires the timers of the object at key that are due, the earliest first, each together with the planning of the next firing.
func (tx *Tx) fireTimers(key []byte) {
	for range maxTimers { // a retry may be due again by now: that is for the next round
		e := tx.find(key)
		var s section
		if err := tx.section(&e, &s); err != nil {
			slog.Error("object has a damaged section", "error", err)
			return
		}
		t, ok := s.firstTimer()
		if !ok || t.At > tx.now {
			return
		}
		t.Data = slices.Clone(t.Data)
		if err := tx.fire(key, t); err != nil {
			tx.retryTimer(key, t, err)
		}
	}
}

// fire plans the next firing of t and runs onTimer; both or, with an error, neither take place.
func (tx *Tx) fire(key []byte, t Timer) error {
	m := tx.Mark()
	err := tx.planNext(key, t)
	if err == nil && tx.Handlers(key).Has(sandbox.OnTimer) {
		var outcome sandbox.Outcome
		outcome, err = tx.RunHandler(key, Event{Handler: sandbox.OnTimer, Fields: &firing{t, tx.now}})
		if err == nil && outcome.Verdict == sandbox.Deny {
			err = Denied(outcome)
		}
	}
	if err != nil {
		return errors.Join(err, tx.Rollback(m))
	}
	tx.Release(m)
	tx.ks.Metrics.Fired.Add(1)
	tx.ks.Metrics.Lateness.Observe(tx.now - t.due())
	return nil
}

// due returns when the firing was due at first, before any retries.
func (t *Timer) due() int64 {
	if t.Attempt > 0 {
		return t.Due
	}
	return t.At
}

// firing tells a handler of a timer that fires.
type firing struct {
	Timer
	now int64
}

// Field returns ev.<name>.
func (f *firing) Field(name string) (sandbox.Value, bool) {
	switch name {
	case "timer":
		return sandbox.StringValue(f.Name), true
	case "due":
		return sandbox.NumberValue(float64(f.due())), true
	case "late":
		return sandbox.NumberValue(float64(f.now - f.due())), true
	case "attempt":
		return sandbox.NumberValue(float64(f.Attempt + 1)), true
	case "data":
		if f.Data == nil {
			return sandbox.Value{}, true
		}
		return sandbox.StringValue(string(f.Data)), true
	}
	return sandbox.Value{}, false
}

// planNext replaces t by its next occurrence after now, or removes it after its last. Occurrences that were missed are skipped.
func (tx *Tx) planNext(key []byte, t Timer) error {
	next := t
	next.At, next.Attempt, next.Due = 0, 0, 0
	if t.Every > 0 && t.Left != 1 {
		due := t.due()
		next.At = due + t.Every*((tx.now-due)/t.Every+1)
	}
	if t.Left > 1 {
		next.Left--
	}
	if next.At == 0 || next.Until != 0 && next.At > next.Until {
		_, err := tx.CancelTimer(key, t.Name)
		return err
	}
	_, err := tx.SetTimer(key, next, TimerIfThere)
	return err
}

const (
	firstRetry  = int64(1000)        // milliseconds after the first failure; each later one doubles it
	longestWait = int64(3600 * 1000) // milliseconds between retries at most
	maxAttempts = 16                 // firings of one occurrence before it is given up
)

// retryTimer plans another attempt of a firing that failed, or gives this occurrence up.
func (tx *Tx) retryTimer(key []byte, t Timer, cause error) {
	tx.ks.Metrics.TimerErrors.Add(1)
	tx.ks.logs.add(LogEntry{Time: tx.now, DB: tx.db, Key: string(key), Event: sandbox.OnTimer.String(), Text: oneLine(cause.Error())})
	if t.Attempt+1 >= maxAttempts {
		slog.Warn("timer given up", "timer", t.Name, "attempts", maxAttempts)
		if err := tx.planNext(key, t); err != nil {
			slog.Error("timer not planned", "error", err)
		}
		return
	}
	t.Due = t.due()
	t.At = tx.now + min(firstRetry<<t.Attempt, longestWait)
	t.Attempt++
	if _, err := tx.SetTimer(key, t, TimerIfThere); err != nil {
		slog.Error("timer not planned", "error", err)
	}
}
