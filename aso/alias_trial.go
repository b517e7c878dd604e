package aso

import (
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
)

const (
	trialWindow  = 60_000 // milliseconds
	trialSamples = 20     // runs in a window before they can end a trial
)

// trial counts the runs of the candidate of an alias.
type trial struct {
	began        atomic.Int64 // of the window, Unix milliseconds
	runs, errors atomic.Int64 // in the window
	stopped      atomic.Bool  // nobody runs the candidate any more
}

// noteTrial counts a run of the candidate of a. If it has failed too often, nobody runs it from now on, and the alias loses it when the Tx
// commits: what the failed unit did is taken back before.
func (tx *Tx) noteTrial(a *Alias, failed bool) {
	if a.StopOn == 0 {
		return
	}
	w := a.trial
	if began := w.began.Load(); tx.now-began >= trialWindow && w.began.CompareAndSwap(began, tx.now) {
		w.runs.Store(0)
		w.errors.Store(0)
	}
	runs, errors := w.runs.Add(1), w.errors.Load()
	if failed {
		errors = w.errors.Add(1)
	}
	if runs >= trialSamples && errors*int64(Whole) > runs*int64(a.StopOn) && !w.stopped.Swap(true) {
		tx.stops = append(tx.stops, stoppedTrial{a, Stop{a.Candidate, tx.now, runs, errors}})
	}
}

// stoppedTrial is a trial that ends with the Tx.
type stoppedTrial struct {
	alias *Alias
	stop  Stop
}

// endTrials takes the candidates of trials that were stopped from their aliases. A Tx that changes aliases holds all locks, and this one
// holds some, so only the end of another trial can come between.
func (tx *Tx) endTrials() {
	for _, s := range tx.stops {
		for {
			t := tx.ks.code.Load()
			a := t.aliases[s.alias.id]
			if a != s.alias {
				break // somebody has set it anew
			}
			next := t.clone()
			ended := &Alias{Name: a.Name, Alias: a.Alias, Version: a.Version, Before: a.Before, Stopped: s.stop, id: a.id, trial: &trial{}}
			next.aliases[a.id] = ended
			if tx.ks.code.CompareAndSwap(t, next) {
				tx.effectAlias(ended, false)
				break
			}
		}
	}
}

// reportTrials tells the operator of the trials that the Tx has ended. No lock is held.
func (ks *Keyspace) reportTrials(stops []stoppedTrial) {
	for _, s := range stops {
		ks.Metrics.TrialsStopped.Add(1)
		ks.trouble("alias "+s.alias.FullName(), fmt.Sprintf("version %s stopped: %d of %d runs failed", s.stop.Version, s.stop.Errors, s.stop.Runs))
		slog.Warn("handler version stopped", "alias", s.alias.FullName(), "version", s.stop.Version.String(), "runs", s.stop.Runs, "errors", s.stop.Errors)
	}
}

// effectAlias records what a stands for, or that it is gone.
func (tx *Tx) effectAlias(a *Alias, gone bool) {
	tx.effectCommon(func(l *effectLog) { l.alias(a, gone) })
}

// alias appends the effect that makes a what it is, or removes it.
func (l *effectLog) alias(a *Alias, gone bool) {
	l.op(opAlias)
	l.bytes([]byte(a.Name))
	l.bytes([]byte(a.Alias))
	if gone {
		l.op(0)
		return
	}
	l.op(1)
	l.buf = append(l.buf, a.Version[:]...)
	l.uint(uint64(len(a.Before)))
	for _, id := range a.Before {
		l.buf = append(l.buf, id[:]...)
	}
	l.buf = append(l.buf, a.Candidate[:]...)
	l.uint(uint64(a.Share))
	l.uint(uint64(a.StopOn))
	l.buf = append(l.buf, a.Stopped.Version[:]...)
	l.int(a.Stopped.At)
	l.int(a.Stopped.Runs)
	l.int(a.Stopped.Errors)
}

func (d *decoder) codeID() (id CodeID) {
	if len(d.buf) < len(id) {
		d.fail()
		return id
	}
	copy(id[:], d.buf)
	d.buf = d.buf[len(id):]
	return id
}

// applyAlias makes the alias what an effect tells. Its version may be one that a later unit drops, and that a snapshot does not have any more.
func (tx *Tx) applyAlias(d *decoder, skip bool) error {
	a := &Alias{Name: string(d.bytes()), Alias: string(d.bytes()), trial: &trial{}}
	a.id = idOf(a.Name, a.Alias)
	next := tx.ks.code.Load().clone()
	if d.byte() == 0 {
		delete(next.aliases, a.id)
		if a.Alias == Latest {
			next.setLatest(a.Name)
		}
	} else {
		a.Version = d.codeID()
		for n := d.uint(); n > 0 && d.err == nil; n-- {
			a.Before = append(a.Before, d.codeID())
		}
		a.Before = slices.Clip(a.Before)
		a.Candidate, a.Share, a.StopOn = d.codeID(), Share(d.uint()), Share(d.uint())
		a.Stopped = Stop{Version: d.codeID(), At: d.int(), Runs: d.int(), Errors: d.int()}
		next.aliases[a.id] = a
		if a.Share < 0 || a.Share > Whole || a.StopOn < 0 || a.StopOn > Whole {
			return errCorrupt
		}
	}
	if d.err == nil && !skip {
		tx.ks.code.Store(next)
	}
	return d.err
}
