package aso

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"comet/aso/sandbox"
)

// expire lets the object at key, whose deadline has passed, die.
func (tx *Tx) expire(key []byte) {
	key = slices.Clone(key)
	if tx.keptAlive(key) {
		return
	}
	e := tx.find(key)
	if e.r == 0 {
		return // its handler deleted it
	}
	tx.remove(&e, key)
	tx.ks.Metrics.Expired.Add(1)
	tx.Notify(NotifyExpired, "expired", key)
}

// dueBatch is how many due objects are handled under one hold of a partition's lock.
const dueBatch = 128

// RunDue lets all objects die whose deadline has passed and fires all timers that are due. It returns when none is left and what it did
// is durable.
func (ks *Keyspace) RunDue() error {
	for {
		found, gate := false, uint64(0)
		for i := range ks.parts {
			if !ks.isDue(i) {
				continue
			}
			found = true
			var locks Locks
			locks.add(i)
			tx := ks.Begin(&locks)
			tx.runDue(&ks.parts[i])
			gate = max(gate, tx.Commit())
		}
		trimmed := ks.trimDead()
		if !found && trimmed == 0 {
			return nil
		}
		gate = max(gate, trimmed)
		if err := ks.Wait(gate); err != nil { // one write for all partitions
			return err
		}
	}
}

func (ks *Keyspace) isDue(part int) bool {
	at := ks.parts[part].due.Load()
	return at != 0 && at <= ks.now() && ks.expiring.Load()
}

// runDue handles up to dueBatch due objects of p, each as a unit.
func (tx *Tx) runDue(p *partition) {
	left := dueBatch
	for db, d := range p.dbs {
		if d == nil {
			continue
		}
		for at := d.due.next(); at != 0 && at <= tx.now && left > 0; at = d.due.next() {
			left--
			tx.Start(db)
			key := slices.Clone(recordKey(tx.ks.arena, d.due.entries[0].r))
			e := tx.find(key)
			if deadline := tx.record(&e).deadline(); deadline != 0 && deadline <= tx.now {
				tx.expire(key)
			} else {
				tx.fireTimers(key)
			}
			_ = tx.End()
		}
	}
	p.updateDue()
}

// Run lets objects die at their deadline and timers fire when they are due, until ctx ends. It returns the error of the journal if that
// stops.
func (ks *Keyspace) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ks.wake:
		case <-timer.C:
		}
		if err := ks.RunDue(); err != nil {
			return err
		}
		timer.Reset(ks.untilDue())
	}
}

// untilDue returns how long nothing is due, and notes that for sleepUntil.
func (ks *Keyspace) untilDue() time.Duration {
	const forever = time.Hour
	ks.nextDue.Store(0)
	var first int64
	if ks.expiring.Load() {
		for i := range ks.parts {
			if at := ks.parts[i].due.Load(); at != 0 && (first == 0 || at < first) {
				first = at
			}
		}
	}
	if first == 0 {
		return forever
	}
	ks.nextDue.CompareAndSwap(0, first)
	return time.Duration(min(first-ks.now(), forever.Milliseconds())) * time.Millisecond
}

// sleepUntil wakes the expirer if it sleeps longer than to due; 0 is no due time.
func (ks *Keyspace) sleepUntil(due int64) {
	if due == 0 {
		return
	}
	for {
		next := ks.nextDue.Load()
		if next != 0 && next <= due {
			return
		}
		if ks.nextDue.CompareAndSwap(next, due) {
			ks.wakeExpirer()
			return
		}
	}
}

func (ks *Keyspace) wakeExpirer() {
	select {
	case ks.wake <- struct{}{}:
	default:
	}
}

// maxKeep is the longest time that onExpire may keep an object alive at once, in milliseconds: ten years.
const maxKeep = 10 * 365 * 24 * 3600 * 1000

// keptAlive runs the onExpire handler of the object at key and reports whether that keeps it. A handler that fails keeps nothing.
func (tx *Tx) keptAlive(key []byte) bool {
	if tx.ks.active.Load() == 0 || !tx.Handlers(key).Has(sandbox.OnExpire) {
		return false
	}
	open, pools := tx.open, tx.pools // a command may be at work on other objects
	tx.open, tx.pools = nil, handlePools{}
	kept := tx.LetExpire(key)
	tx.open, tx.pools = open, pools
	return kept
}

// LetExpire asks the onExpire handler of the object at key, which is about to expire, and reports whether that keeps it.
func (tx *Tx) LetExpire(key []byte) (kept bool) {
	m := tx.Mark()
	kept, err := tx.judgeExpiry(key)
	if err == nil {
		tx.Release(m)
		return kept
	}
	tx.ks.logs.add(LogEntry{Time: tx.now, DB: tx.db, Key: string(key), Event: sandbox.OnExpire.String(), Text: oneLine(err.Error())})
	if err := tx.Rollback(m); err != nil {
		slog.Error("rollback failed", "error", err)
	}
	return false
}

func (tx *Tx) judgeExpiry(key []byte) (kept bool, err error) {
	at, _ := tx.deadlineOf(key)
	outcome, err := tx.RunHandler(key, Event{Handler: sandbox.OnExpire})
	switch {
	case err != nil:
		return false, err
	case outcome.Verdict == sandbox.Deny:
		return false, Denied(outcome)
	case outcome.Verdict == sandbox.Keep:
		keep := min(outcome.KeepMS, maxKeep)
		if keep == 0 {
			keep = maxKeep
		}
		return tx.setDeadlineOf(key, tx.now+keep)
	}
	now, ok := tx.deadlineOf(key)
	return ok && now != at && (now == 0 || now > tx.now), nil
}

// setDeadlineOf is SetDeadline also for an object whose deadline has passed; ok is false if its handler deleted it.
func (tx *Tx) setDeadlineOf(key []byte, at int64) (ok bool, err error) {
	immortal := tx.immortal
	tx.immortal = true
	defer func() { tx.immortal = immortal }()
	return tx.Exists(key), tx.SetDeadline(key, at)
}

// Alive reports whether key has a value, also if its deadline has passed and it has not died yet.
func (tx *Tx) Alive(key []byte) bool {
	e := tx.find(key)
	return e.r != 0 && tx.record(&e).kind() != KindNone
}

// deadlineOf returns the deadline of the object at key, also if it has passed.
func (tx *Tx) deadlineOf(key []byte) (at int64, ok bool) {
	e := tx.find(key)
	if e.r == 0 {
		return 0, false
	}
	return tx.record(&e).deadline(), true
}
