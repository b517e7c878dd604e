package aso

import (
	"cmp"
	"errors"
	"slices"

	"comet/aso/sandbox"
)

// DryRun is a part of a unit that is taken back whatever it does, and what it did until then.
type DryRun struct {
	Key  []byte // the object that With is for
	With string // handler, as Keyspace.Target takes it, that acts on the object instead; empty for none. See replaceHandler
	Now  int64  // time of the part, Unix milliseconds; 0 is that of the Tx

	Runs     []DryRunRun // handlers that ran, in order
	Effects  []Effect    // what the journal would get
	Notified []DryRunNotice
	Timers   []DryRunTimer
	Messages []DryRunMessage
	Sent     []DryRunSent
	Logs     []LogEntry
	Fuel     int64 // instructions of all runs
	Peak     int64 // bytes of the run that needed most

	limits   *sandbox.Limits // of handler runs; nil for the usual ones
	metrics  Metrics         // that nobody reads: those of the keyspace do not change
	lastID   uint64
	explains *Explanation // what comes instead of runs; nil if handlers run
	alone    bool         // the object has the handler With only, and none of rules
}

// DryRunRun is a run of a handler in a dry run.
type DryRunRun struct {
	Key            string
	Handler, Event string // name@version, onUpdate
	Rule           string // id of the rule that gave the handler; empty for the object's own
	Observe        bool
	Outcome        string // ok, replaced, keep, missing, or the error
	Fuel, Peak     int64  // instructions, bytes
}

// DryRunNotice is a keyspace notification.
type DryRunNotice struct {
	DB         int
	Event, Key string
}

// DryRunMessage is a message that would have been published.
type DryRunMessage struct{ Channel, Content string }

// DryRunSent is a message to an object that would have been sent.
type DryRunSent struct {
	To, Name, Payload string
	Due               int64 // when it would be delivered, Unix milliseconds
}

// DryRunTimer is a timer that would have been set or cancelled.
type DryRunTimer struct {
	DB        int
	Key       string
	Timer     Timer
	Cancelled bool
}

// DryRun runs fn as a part of the unit, tells in d what it did, and takes it back: objects, clocks, statistics, logs and trials are as they
// were, and nobody is told. No collection may be open. It returns an error only if the part could not run or could not be taken back.
func (tx *Tx) DryRun(d *DryRun, fn func()) (err error) {
	m := tx.Mark()
	held := tx.holdForDryRun(d)
	defer func() { // also if fn panics
		err = errors.Join(err, tx.takeBackDryRun(d, m))
		held.release(tx)
	}()
	if d.With != "" {
		if err := tx.replaceHandler(d); err != nil {
			return err
		}
	}
	tx.effects.truncate(m.effects) // the next effect names its object
	fn()
	if err := tx.EndCommand(); err != nil {
		return err
	}
	return tx.describe(d, m)
}

// dryRunHold is what a dry run changes of a Tx besides what undo knows.
type dryRunHold struct {
	now              int64
	reading, untouch bool
	reads            readTally
	effectsOn, timed bool
	mailed           bool
	fuel             int64
	immortal         bool
	changed          Locks
	db               int
	outer            *DryRun
}

func (tx *Tx) holdForDryRun(d *DryRun) dryRunHold {
	h := dryRunHold{
		tx.now, tx.reading, tx.untouching, tx.reads, tx.effects.on, tx.timed, tx.mailed, tx.fuel, tx.immortal, tx.changed, tx.db, tx.dry,
	}
	tx.dry, tx.effects.on, tx.reading, tx.untouching = d, true, false, true
	if d.Now != 0 {
		tx.now = d.Now
	}
	return h
}

func (h *dryRunHold) release(tx *Tx) {
	tx.now, tx.reading, tx.untouching, tx.reads, tx.effects.on, tx.timed = h.now, h.reading, h.untouch, h.reads, h.effectsOn, h.timed
	tx.mailed, tx.fuel, tx.immortal, tx.changed, tx.db, tx.dry = h.mailed, h.fuel, h.immortal, h.changed, h.db, h.outer
	tx.hidden = tx.hidden[:0]
}

// takeBackDryRun takes back all since m, and notes which timers that changed.
func (tx *Tx) takeBackDryRun(d *DryRun, m Mark) error {
	tx.immortal = true // nothing dies by the time of the dry run any more
	var keys []dbKey
	for _, k := range tx.undo.changed[m.changed:] {
		keys = append(keys, dbKey{k.db, string(k.key)})
	}
	after := tx.timersOf(keys)
	err := tx.Rollback(m)
	d.Timers = changedTimers(tx.timersOf(keys), after)
	return err
}

// replaceHandler lets the handler With of the key act in place of the one of that name, with its parameters, for all its events; if there
// is none of that name, in place of all handlers of the key.
func (tx *Tx) replaceHandler(d *DryRun) error {
	code, err := tx.ks.Code(d.With)
	if err != nil {
		return err
	}
	tx.lookup(d.Key)
	e := tx.find(d.Key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return err
	}
	a := attachment{code: code.ID}
	codes, name := tx.ks.code.Load(), code.Program.Name()
	i := codes.attachedAs(&s, name)
	byRule := slices.IndexFunc(tx.matches(d.Key, &s), func(m Match) bool { return m.Applies && m.By != nil && m.Name == name })
	switch {
	case i >= 0:
		a.params = s.attached[i].params
		s.attached[i] = a
	case byRule >= 0:
		a.params = tx.rulesOf(d.Key)[byRule].params
		s.attached = slices.Insert(s.attached, s.own(), a)
	default:
		s.attached, d.alone = []attachment{a}, true
	}
	if _, err := code.paramsOf(a.params); err != nil {
		return err
	}
	return tx.putSection(&e, d.Key, &s)
}

// describe notes what was done since m.
func (tx *Tx) describe(d *DryRun, m Mark) (err error) {
	d.Effects, err = ReadEffects(tx.effects.buf[m.effects:])
	for _, e := range tx.events[m.events:] {
		if e.class != 0 && e.class != emitted {
			d.Notified = append(d.Notified, DryRunNotice{e.db, e.name, e.key})
		}
	}
	for _, msg := range tx.messages[m.messages:] {
		if msg.run == nil {
			d.Messages = append(d.Messages, DryRunMessage{string(msg.channel), string(msg.content)})
		}
	}
	for _, s := range tx.sent[m.sent:] {
		d.Sent = append(d.Sent, DryRunSent{s.m.To, s.m.Name, string(s.m.payloadText()), s.m.Due})
	}
	return err
}

// noteRun notes that a acted on the object of h.
func (d *DryRun) noteRun(h *host, a *acting, outcome *sandbox.Outcome, err error) {
	r := DryRunRun{
		Key: string(h.key), Handler: a.code.Name(), Event: h.event.Handler.String(), Observe: a.observe,
		Outcome: cmp.Or(outcomeText(outcome, err), "ok"), Fuel: outcome.Fuel, Peak: outcome.Peak,
	}
	if a.rule != nil {
		r.Rule = a.rule.ID
	}
	d.Runs = append(d.Runs, r)
	d.Fuel += r.Fuel
	d.Peak = max(d.Peak, r.Peak)
}

// without reports whether rules give the object at key nothing.
func (d *DryRun) without(key []byte) bool { return d.alone && string(key) == string(d.Key) }

// notices reports whether a dry run shows notifications of class also if nobody is to get them.
func (d *DryRun) notices(class uint32) bool { return d != nil && class&(NotifyKeyMiss|NotifyNew) == 0 }

// IsDryRun reports whether a dry run is under way.
func (tx *Tx) IsDryRun() bool { return tx.dry != nil }

// metrics returns what the Tx counts in.
func (tx *Tx) metrics() *Metrics {
	if tx.dry != nil {
		return &tx.dry.metrics
	}
	return &tx.ks.Metrics
}

// log adds e to the log of handlers, or to that of the dry run.
func (tx *Tx) log(e LogEntry) {
	if tx.dry != nil {
		tx.dry.Logs = append(tx.dry.Logs, e)
		return
	}
	tx.ks.logs.add(e)
}

// eventID returns an id for an event. One of a dry run uses none up.
func (tx *Tx) eventID() uint64 {
	if d := tx.dry; d != nil {
		d.lastID = max(d.lastID+1, tx.ks.lastEvent.Load()+1, uint64(tx.now)<<20)
		return d.lastID
	}
	return tx.ks.eventID(tx.now)
}

// timersOf returns the timers of the objects at keys, by object and name, and the objects in order.
func (tx *Tx) timersOf(keys []dbKey) (all []DryRunTimer) {
	selected := tx.db
	defer tx.Select(selected)
	seen := map[dbKey]bool{}
	for _, k := range keys {
		if k.db == noDB || seen[k] {
			continue
		}
		seen[k] = true
		tx.Select(k.db)
		timers, err := tx.Timers([]byte(k.key))
		for i := range timers {
			if err == nil {
				all = append(all, DryRunTimer{DB: k.db, Key: k.key, Timer: timers[i]})
			}
		}
	}
	return all
}

// changedTimers returns the timers of after that before has not, or not so, and those that only before has.
func changedTimers(before, after []DryRunTimer) (changed []DryRunTimer) {
	same := func(a, b *DryRunTimer) bool {
		return a.DB == b.DB && a.Key == b.Key && a.Timer.Name == b.Timer.Name && a.Timer.Again == b.Timer.Again
	}
	encoded := func(t *DryRunTimer) string {
		var log effectLog
		t.Timer.encode(&log)
		return string(log.buf)
	}
	for i := range after {
		t := &after[i]
		at := slices.IndexFunc(before, func(b DryRunTimer) bool { return same(&b, t) })
		if at < 0 || encoded(&before[at]) != encoded(t) {
			changed = append(changed, *t)
		}
	}
	for i := range before {
		t := before[i]
		if !slices.ContainsFunc(after, func(a DryRunTimer) bool { return same(&a, &t) }) {
			t.Cancelled = true
			changed = append(changed, t)
		}
	}
	return changed
}
