package aso

import (
	"errors"
	"log/slog"
	"slices"

	"comet/aso/sandbox"
)

// fireFirst fires the timer of the object at key and e that is due first, unless it was missed and is to be skipped, together with the
// planning of what follows.
func (tx *Tx) fireFirst(key []byte, e *entry) {
	var s section
	err := tx.section(e, &s)
	if t := s.firstTimer(); err == nil && t != nil && t.At <= tx.now {
		err = tx.fireOrSkip(key, e, &s, t)
	}
	if err != nil {
		slog.Error("timer not planned", "error", err)
	}
}

func (tx *Tx) fireOrSkip(key []byte, e *entry, s *section, t *Timer) error {
	if err := tx.ks.schedule(t); err != nil { // a zone that the server knew before
		return tx.giveUp(key, t, err.Error())
	}
	dropped, more := t.skipMissed(key, tx.now)
	tx.ks.Metrics.Missed.Add(dropped)
	if !more {
		s.remove(t)
	}
	if !more || t.At > tx.now {
		return tx.putSection(e, key, s)
	}
	was := *t
	was.Data = slices.Clone(t.Data)
	if err := tx.fire(key, e, s, t); err != nil {
		return tx.retryTimer(key, &was, err)
	}
	return nil
}

// fire plans what follows the next occurrence of the timer t of s, and runs onTimer; both or, with an error, neither take place. It uses s
// up.
func (tx *Tx) fire(key []byte, e *entry, s *section, t *Timer) error {
	f := &firing{name: t.Name, due: t.Due, now: tx.now, attempt: t.Attempt + 1, data: slices.Clone(t.Data)}
	at := t.At
	next, missed, more := t.following(key, tx.now, t.CatchUp == CatchUpOne)
	f.missed = missed
	if more {
		*t = next
	} else {
		s.remove(t)
	}
	m := tx.Mark()
	err := tx.putSection(e, key, s)
	if err == nil {
		err = tx.runTimer(key, f)
	}
	if err != nil {
		return errors.Join(err, tx.Rollback(m))
	}
	tx.Release(m)
	tx.ks.Metrics.Fired.Add(1)
	tx.ks.Metrics.Missed.Add(missed)
	if f.attempt == 1 {
		tx.ks.Metrics.Lateness.Observe(tx.now - at)
	}
	return nil
}

// FireTimer fires a timer of the object at key at once. If an occurrence is due, or was tried before, it is that one that fires, and the next
// is planned; else the plan stays as it is. If the firing fails nothing has changed.
func (tx *Tx) FireTimer(key []byte, name string) error {
	tx.lookup(key)
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return err
	}
	t := s.timer(name, 0)
	switch {
	case t == nil:
		return ErrNoTimer
	case !tx.Handlers(key).Has(sandbox.OnTimer):
		return errNoTimerHandler
	case t.At <= tx.now || t.Attempt > 0:
		if err := tx.ks.schedule(t); err != nil {
			return err
		}
		return tx.fire(key, &e, &s, t)
	}
	m := tx.Mark()
	if err := tx.runTimer(key, &firing{name: name, due: tx.now, now: tx.now, attempt: 1, data: slices.Clone(t.Data)}); err != nil {
		return errors.Join(err, tx.Rollback(m))
	}
	tx.Release(m)
	return nil
}

const errNoTimerHandler = Error("ASONOHANDLER the object has no onTimer handler")

// runTimer runs onTimer for a firing.
func (tx *Tx) runTimer(key []byte, f *firing) error {
	if !tx.Handlers(key).Has(sandbox.OnTimer) {
		return nil
	}
	outcome, err := tx.RunHandler(key, Event{Handler: sandbox.OnTimer, Fields: f})
	if err == nil && outcome.Verdict == sandbox.Deny {
		err = Denied(outcome)
	}
	return err
}

const (
	firstRetry  = int64(1000)        // milliseconds after the first failure; each later one doubles it
	longestWait = int64(3600 * 1000) // milliseconds between retries at most, but for the jitter
)

// backOff returns how long to wait after a firing that failed: longer each time, and up to a quarter more by chance, so that what failed
// together does not come back together.
func (t *Timer) backOff(key []byte) int64 {
	wait := min(firstRetry<<min(t.Attempt, 20), longestWait)
	return wait + int64(mix(t.seed(key, t.Due)+uint64(t.Attempt))%uint64(wait/4+1))
}

// retryTimer plans another attempt of the firing of t that failed, or gives this occurrence up.
func (tx *Tx) retryTimer(key []byte, t *Timer, cause error) error {
	text := oneLine(cause.Error())
	tx.ks.Metrics.TimerErrors.Add(1)
	tx.ks.logs.add(LogEntry{Time: tx.now, DB: tx.db, Key: string(key), Event: sandbox.OnTimer.String(), Text: text})
	if t.Attempt >= t.Retries {
		return tx.giveUp(key, t, text)
	}
	again := *t
	again.At = tx.now + t.backOff(key)
	again.Attempt++
	again.Err = text
	return tx.changeTimer(key, t, &again, true)
}

// giveUp makes the next occurrence of t a dead letter.
func (tx *Tx) giveUp(key []byte, t *Timer, text string) error {
	tx.deadLetter(&DeadLetter{
		Kind: DeadTimer, Key: string(key), Name: t.Name, Due: t.Due, Attempts: t.Attempt + 1, Error: text, Data: slices.Clone(t.Data),
		Private: timerPrivate(t),
	})
	if t.Cron != "" && t.calendar == nil {
		return tx.changeTimer(key, t, nil, false)
	}
	next, _, more := t.following(key, tx.now, false)
	return tx.changeTimer(key, t, &next, more)
}

// changeTimer makes the timer t of the object at key next, or removes it unless more. It is there: a firing that failed left it.
func (tx *Tx) changeTimer(key []byte, t, next *Timer, more bool) error {
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return err
	}
	there := s.timer(t.Name, t.Again)
	switch {
	case there == nil:
		return ErrNoTimer
	case more:
		*there = *next
	default:
		s.remove(there)
	}
	return tx.putSection(&e, key, &s)
}

// timerPrivate returns what rearmTimer needs beyond what a dead letter shows.
func timerPrivate(t *Timer) []byte {
	var log effectLog
	log.int(t.Retries)
	return log.buf
}

// rearmTimer lets the occurrence of a timer that was given up fire again, beside the timer of that name.
func (tx *Tx) rearmTimer(l *DeadLetter) error {
	key := []byte(l.Key)
	tx.lookup(key)
	if e := tx.find(key); e.r == 0 {
		return ErrNoSuchKey
	}
	d := decoder{buf: l.Private}
	t := Timer{Name: l.Name, Again: l.ID.Number, At: tx.now, Due: l.Due, Retries: d.int(), Data: l.Data}
	if d.err != nil {
		return d.err
	}
	_, err := tx.armTimer(key, t, TimerAlways)
	return err
}
