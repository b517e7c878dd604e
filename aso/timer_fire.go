package aso

import (
	"errors"
	"log/slog"
	"slices"

	"comet/aso/sandbox"
)

// firingScratch is what a Tx fires timers with.
type firingScratch struct {
	section section
	firing  firing
	was     Timer // as it was before it fired
}

// fireFirst fires the timer of the object at key and e that is due first, unless it was missed and is to be skipped, together with the
// planning of what follows.
func (tx *Tx) fireFirst(key []byte, e *entry) {
	s := &tx.firing.section
	err := tx.section(e, s)
	if t := s.firstTimer(); err == nil && t != nil && t.At <= tx.now {
		err = tx.fireOrSkip(key, e, s, t)
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
	tx.metrics().Missed.Add(dropped)
	if !more {
		s.remove(t)
	}
	if !more || t.At > tx.now {
		return tx.putSection(e, key, s)
	}
	was := &tx.firing.was
	*was = *t
	f, err := tx.planNext(key, e, s, t)
	if err != nil {
		return err
	}
	was.Data = f.data
	m, sections := tx.Mark(), tx.sections // without the plan: a failure plans anew
	if err := tx.runTimer(key, f); err != nil {
		return tx.retryTimer(key, was, f.id, errors.Join(err, tx.Rollback(m)))
	}
	tx.Release(m)
	tx.recordSection(key, sections)
	tx.countFiring(key, f)
	return nil
}

// planNext lets the timer t of s, the section of the object at key, go on to what follows its next occurrence, and returns the firing of that.
// It uses s up. The plan is not recorded yet: onTimer may change the section again.
func (tx *Tx) planNext(key []byte, e *entry, s *section, t *Timer) (*firing, error) {
	f := &tx.firing.firing
	*f = firing{name: t.Name, at: t.At, due: t.Due, now: tx.now, attempt: t.Attempt + 1, id: tx.eventID(), data: append(f.data[:0], t.Data...)}
	next, missed, more := t.following(key, tx.now, t.CatchUp == CatchUpOne)
	f.missed = missed
	if more {
		*t = next
	} else {
		s.remove(t)
	}
	return f, tx.setActive(e, key, tx.encodeSection(s))
}

// countFiring tells of a firing of the object at key, which has succeeded.
func (tx *Tx) countFiring(key []byte, f *firing) {
	if tx.feeding() {
		tx.feedTell(FeedTimer, key, f.name, f.data)
	}
	tx.Emit(EventTimer, key, sandbox.StringValue(f.name))
	m := tx.metrics()
	m.Fired.Add(1)
	m.Missed.Add(f.missed)
	if f.attempt == 1 {
		m.Lateness.Observe(tx.now - f.at)
	}
}

// FireTimer fires a timer of the object at key at once. If an occurrence is due, or was tried before, it is that one that fires, and the next
// is planned; else the plan stays as it is. The caller rolls back if it fails.
func (tx *Tx) FireTimer(key []byte, name string) error {
	tx.lookup(key)
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return err
	}
	t := s.timer(name, 0)
	if t == nil {
		return ErrNoTimer
	}
	if !tx.Handlers(key).Has(sandbox.OnTimer) {
		return errNoTimerHandler
	}
	f := &firing{name: name, at: tx.now, due: tx.now, now: tx.now, attempt: 1, id: tx.eventID(), data: slices.Clone(t.Data)}
	sections, pending := tx.sections, t.At <= tx.now || t.Attempt > 0
	if pending {
		err := tx.ks.schedule(t)
		if err == nil {
			f, err = tx.planNext(key, &e, &s, t)
		}
		if err != nil {
			return err
		}
	}
	if err := tx.runTimer(key, f); err != nil {
		return err
	}
	if pending {
		tx.recordSection(key, sections)
	}
	tx.countFiring(key, f)
	return nil
}

const errNoTimerHandler = Error("ASONOHANDLER the object has no onTimer handler")

// runTimer runs onTimer for a firing.
func (tx *Tx) runTimer(key []byte, f *firing) error {
	if !tx.Handlers(key).Has(sandbox.OnTimer) {
		return nil
	}
	outcome, err := tx.RunHandler(key, &Event{Handler: sandbox.OnTimer, Fields: f, ID: f.id})
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
func (t *Timer) backOff(key []byte) int64 { return backOff(t.Attempt, t.seed(key, t.Due)) }

// backOff returns the wait after the attempt with a number, counted from 0. seed is another one for all that may fail together.
func backOff(attempt int64, seed uint64) int64 {
	wait := min(firstRetry<<min(attempt, 20), longestWait)
	return wait + int64(mix(seed+uint64(attempt))%uint64(wait/4+1))
}

// retryTimer plans another attempt of the firing of t that failed, which was the event id, or gives this occurrence up.
func (tx *Tx) retryTimer(key []byte, t *Timer, id uint64, cause error) error {
	if until, ok := tx.postponed(cause); ok { // it was not tried
		again := *t
		again.At = until
		return tx.changeTimer(key, t, &again, true)
	}
	text := oneLine(cause.Error())
	tx.metrics().TimerErrors.Add(1)
	tx.log(LogEntry{Time: tx.now, DB: tx.db, Key: string(key), Event: sandbox.OnTimer.String(), Text: text, ID: id})
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

// changeTimer makes the timer t of the object at key next, or removes it unless more. Its firing may have removed it.
func (tx *Tx) changeTimer(key []byte, t, next *Timer, more bool) error {
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return err
	}
	there := s.timer(t.Name, t.Again)
	switch {
	case there != nil && more:
		*there = *next
	case there != nil:
		s.remove(there)
	case more:
		s.timers = append(s.timers, *next)
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
	t := Timer{Name: l.Name, Again: l.ID.Number, At: max(tx.now, l.Due), Due: l.Due, Retries: d.int(), Data: l.Data}
	if d.err != nil {
		return d.err
	}
	if _, err := tx.armTimer(key, t, TimerAlways, tx.ks.objectLimits.Load().Timers); err != nil {
		return handlerError(err)
	}
	return nil
}
