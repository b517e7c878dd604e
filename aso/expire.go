package aso

import (
	"context"
	"log/slog"
	"math"
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
	tx.removeUncounted(&e, key)
	if tx.feeding() {
		tx.feedTell(FeedExpire, key, "", nil)
	}
	tx.metrics().Expired.Add(1)
	tx.Notify(NotifyExpired, "expired", key)
	tx.Emit(EventExpire, key, sandbox.Value{})
}

// removeUncounted removes the record of e, whose object expires or is evicted. That counts as no change for save points, as in Redis, unless the object
// is active: after a restart without a snapshot its handlers would act again.
func (tx *Tx) removeUncounted(e *entry, key []byte) {
	before, active := tx.Changes(), tx.record(e).has(hasActive)
	tx.remove(e, key)
	if !active {
		tx.SetChanges(before)
	}
}

// RunDue lets all objects die whose deadline has passed and fires all timers that are due. It returns when none is left and what it did
// is durable.
func (ks *Keyspace) RunDue() error {
	r := dueRunner{ks: ks}
	for {
		if _, found, err := r.round(); err != nil || !found {
			return err
		}
	}
}

// dueRunner handles what is due, in rounds.
type dueRunner struct {
	ks   *Keyspace
	next int // partition that the next round begins with, so that a full round keeps none waiting for ever
	pace pacer
}

// round handles some of what is due, the oldest first, and waits until it is durable. While there is a master
// only what it does not know of is. late is by how many
// milliseconds the oldest was late; found is false if nothing was due.
func (r *dueRunner) round() (late int64, found bool, err error) {
	ks := r.ks
	if ks.frozen.Load() {
		return 0, false, nil
	}
	if ks.Follows() {
		gate, found := ks.expireLocal()
		return 0, found, ks.Wait(gate)
	}
	gate, began, first, now := uint64(0), time.Now(), ks.firstObject(), ks.now()
	until, still := horizon(first, now), ks.isStill()
	for range ks.parts {
		if still {
			break
		}
		i := r.next
		r.next = (i + 1) % partitions
		if ks.mailWaits(i, now) {
			found = true
			gate = max(gate, ks.deliverMail(i))
		}
		if ks.feedsWait(i) {
			found = true
			gate = max(gate, ks.moveFeeds(i))
		}
		if !ks.isDue(i, until) {
			continue
		}
		found = true
		var locks Locks
		locks.add(i)
		tx := ks.Begin(&locks)
		tx.runDue(&ks.parts[i], until)
		gate = max(gate, tx.Commit())
		if time.Since(began) > roundTime {
			break
		}
	}
	if n, evicted, _ := ks.evict(0, 0, nil); n > 0 {
		found = true
		gate = max(gate, evicted)
	}
	if at := ks.firstSecret(); at != 0 && at <= now {
		found = true
		gate = max(gate, ks.endSecrets())
	}
	if trimmed := ks.trimDead(); trimmed != 0 {
		found = true
		gate = max(gate, trimmed)
	}
	if found {
		ks.tellDuration(ExpireCycle, began)
		err = ks.Wait(gate) // one write for all partitions
	}
	if found && first != 0 {
		late = max(now-first, 0)
	}
	return late, found, err
}

func (ks *Keyspace) isDue(part int, until int64) bool {
	at := ks.parts[part].due.Load()
	return at != 0 && at <= until && ks.expiring.Load() && !ks.ageless.Load()
}

// FirstDue returns when the first object, message, entry for a feed or end of a secret is due, in Unix milliseconds, 0 if none is.
func (ks *Keyspace) FirstDue() int64 { return sooner(ks.firstObject(), ks.firstApart()) }

// firstApart is FirstDue without objects.
func (ks *Keyspace) firstApart() int64 {
	return sooner(ks.firstSecret(), sooner(ks.firstEntry(), ks.firstMail()))
}

// firstObject returns when the first object is due, 0 if none is.
func (ks *Keyspace) firstObject() (first int64) {
	for i := range ks.parts {
		if at := ks.parts[i].due.Load(); at != 0 && (first == 0 || at < first) {
			first = at
		}
	}
	return first
}

// runDue handles objects of p that are due until a time, the first one first and each as a unit, as many as one hold may.
func (tx *Tx) runDue(p *partition, until int64) {
	until = min(until, tx.now)
	for h := newHold(); h.more() && !tx.ks.ageless.Load(); {
		db, d := p.firstDue()
		if d == nil {
			break
		}
		at, due := d.nextDue()
		if at > until {
			break
		}
		tx.Start(db)
		key := append(tx.dueKey[:0], recordKey(tx.ks.arena, due.entries[0].r)...)
		tx.dueKey = key
		e, active := tx.find(key), tx.IsActive(key)
		if tx.Over(tx.record(&e).deadline()) {
			tx.SetCause(causeExpiry)
			tx.expire(key)
		} else {
			tx.SetCause(causeTimer)
			tx.fireFirst(key, &e)
		}
		_ = tx.End()
		h.did(active)
	}
	p.updateDue()
}

// firstDue returns the database of the object of p that is due first, nil if none is.
func (p *partition) firstDue() (db int, first *database) {
	var least int64
	for i, d := range p.dbs {
		if d == nil {
			continue
		}
		if at, _ := d.nextDue(); at != 0 && (first == nil || at < least) {
			db, first, least = i, d, at
		}
	}
	return db, first
}

// Run lets objects die at their deadline and timers fire when they are due, until ctx ends. It returns the error of the journal if that
// fails, and may be called again: while ks is frozen it does nothing.
func (ks *Keyspace) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	r, wake := dueRunner{ks: ks}, ks.wake
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		case <-timer.C:
		}
		began := time.Now()
		late, found, err := r.round()
		if err != nil {
			return err
		}
		if found {
			wake = nil // nothing ends a rest
			timer.Reset(r.pace.rest(time.Since(began), ks.now(), late))
		} else {
			wake = ks.wake
			timer.Reset(ks.untilDue())
		}
	}
}

// untilDue returns how long to sleep, and notes for sleepUntil when something is due.
func (ks *Keyspace) untilDue() time.Duration {
	const (
		longest    = time.Second            // so that a jump of the wall clock is noticed
		localRound = 100 * time.Millisecond // between two looks at the deadlines that a master does not know of
	)
	ks.nextDue.Store(0)
	ks.MemoryPeak()
	if ks.Follows() {
		ks.nextDue.Store(1) // nothing that comes is due earlier
		if ks.localExpiry.count() > 0 {
			return localRound
		}
		return longest
	}
	if ks.frozen.Load() {
		return longest
	}
	if ks.isStill() {
		wait := min(ks.still.Load(), sooner(ks.firstSecret(), math.MaxInt64)) - ks.now()
		return time.Duration(max(min(wait, longest.Milliseconds()), 1)) * time.Millisecond
	}
	first := ks.firstApart()
	if ks.expiring.Load() && !ks.ageless.Load() {
		first = sooner(first, ks.firstObject())
	}
	if first == 0 {
		return longest
	}
	ks.nextDue.CompareAndSwap(0, first)
	return time.Duration(min(first-ks.now(), longest.Milliseconds())) * time.Millisecond
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
	if !tx.ks.MayAct() || !tx.Handlers(key).Has(sandbox.OnExpire) {
		return false
	}
	open, pools := tx.open, tx.pools // a command may be at work on other objects
	interrupted := tx.interrupted
	tx.open, tx.pools, tx.interrupted = nil, handlePools{}, interrupted || pools.busy()
	kept := tx.LetExpire(key)
	tx.open, tx.pools, tx.interrupted = open, pools, interrupted
	return kept
}

// LetExpire asks the onExpire handler of the object at key, which is about to expire, and reports whether that keeps it.
func (tx *Tx) LetExpire(key []byte) (kept bool) {
	m := tx.Mark()
	ev := Event{Handler: sandbox.OnExpire, ID: tx.eventID()}
	kept, err := tx.judgeExpiry(key, ev)
	if err == nil {
		tx.Release(m)
		return kept
	}
	tx.takeBackDeath(m, key, ev, err)
	return false
}

// takeBackDeath takes back what a handler that was told of the end of the object at key did since m, because it failed.
func (tx *Tx) takeBackDeath(m Mark, key []byte, ev Event, cause error) {
	tx.log(LogEntry{Time: tx.now, DB: tx.db, Key: string(key), Event: ev.Handler.String(), Text: oneLine(cause.Error()), ID: ev.ID})
	if err := tx.Rollback(m); err != nil {
		slog.Error("rollback failed", "error", err)
	}
}

func (tx *Tx) judgeExpiry(key []byte, ev Event) (kept bool, err error) {
	at, _ := tx.deadlineOf(key)
	outcome, err := tx.RunHandler(key, &ev)
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
