package aso

import (
	"slices"
	"strconv"

	"comet/aso/sandbox"
)

// MaxDelay is the longest time a timer may wait, in milliseconds: a hundred years.
const MaxDelay = 100 * 365 * 24 * 3600 * 1000

// MaxRetries is how often a firing that failed may be tried again at most.
const MaxRetries = 1000

// maxTimerBytes bounds the names and the data of an object's timers, because all of them are copied when one changes.
const maxTimerBytes = 64 << 10

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
	ErrTimerTime   = Error("ERR a timer needs one of IN, AT, EVERY and CRON")
	ErrTimerZone   = Error("ERR TZ needs CRON")
	ErrTimerNever  = Error("ERR the timer would never fire")
	ErrTimerJitter = Error("ERR JITTER is longer than EVERY")
	ErrNoTimer     = Error("ERR no such timer")
)

// SetTimer arms the timer t.Name of the object at key, or changes it; an object without a value comes to be. t.At is when the first
// occurrence is due: it may lie in the past, and is one period away if it is 0.
func (tx *Tx) SetTimer(key []byte, t Timer, mode TimerMode) (TimerResult, error) {
	result, err := tx.setTimer(key, t, mode, tx.ks.objectLimits.Load().Timers)
	if err != nil {
		err = handlerError(err)
	}
	return result, err
}

// setTimer is SetTimer on an object that may have so many timers.
func (tx *Tx) setTimer(key []byte, t Timer, mode TimerMode, limit int) (TimerResult, error) {
	if err := tx.begin(key, &t); err != nil {
		return TimerBlocked, err
	}
	return tx.armTimer(key, t, mode, limit)
}

// begin plans the first occurrence of t.
func (tx *Tx) begin(key []byte, t *Timer) error {
	if err := tx.ks.schedule(t); err != nil {
		return Failure("ERR invalid CRON:", err.Error())
	}
	switch {
	case t.Zone != "" && t.Cron == "":
		return ErrTimerZone
	case t.Cron != "":
		if t.At != 0 || t.Every != 0 {
			return ErrTimerTime
		}
		if t.At, _ = t.calendar.Next(tx.now); t.At == 0 {
			return ErrTimerNever
		}
	case t.At == 0 && t.Every > 0:
		t.At = tx.now + t.Every
	}
	switch {
	case t.At <= 0:
		return ErrTimerTime
	case t.Until != 0 && t.At > t.Until:
		return ErrTimerNever
	case t.Every != 0 && t.Jitter > t.Every: // occurrences would change places
		return ErrTimerJitter
	}
	t.plan(key, t.At)
	return nil
}

// armTimer puts t, which is planned, on the object at key, which may have so many.
func (tx *Tx) armTimer(key []byte, t Timer, mode TimerMode, limit int) (TimerResult, error) {
	tx.lookup(key) // an expired object dies first
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return TimerBlocked, err
	}
	old := s.timer(t.Name, t.Again)
	size := t.size()
	for i := range s.timers {
		if o := &s.timers[i]; o != old {
			size += o.size()
		}
	}
	switch {
	case old == nil && mode == TimerIfThere, old != nil && mode == TimerIfNew:
		return TimerBlocked, nil
	case size > maxTimerBytes:
		return TimerBlocked, &sandbox.LimitError{Which: sandbox.LimitTimers, Detail: strconv.Itoa(maxTimerBytes) + " bytes an object"}
	case old != nil:
		*old = t
		return TimerChanged, tx.putSection(&e, key, &s)
	case len(s.timers) >= limit:
		return TimerBlocked, tooManyTimers(limit)
	}
	s.timers = append(s.timers, t)
	return TimerCreated, tx.putSection(&e, key, &s)
}

// size returns how much t counts towards maxTimerBytes.
func (t *Timer) size() int { return len(t.Name) + len(t.Data) + len(t.Cron) + len(t.Zone) }

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
