package aso

import (
	"errors"

	"comet/aso/sandbox"
)

// Event is what a handler is told of why it runs. A command, a timer or an expiry makes it.
type Event struct {
	Handler sandbox.Handler
	Fields  Fields // nil if nothing is known beyond the object
	ID      uint64 // the same for all attempts to handle it; 0 for a new one
	Hops    int64  // messages of the chain that led to it
	Cause   uint64 // the event that led to it; 0 if there is none
}

// Fields tells what the caller knows of an event.
type Fields interface {
	// Field returns ev.<name>, false if there is no such field.
	Field(name string) (sandbox.Value, bool)
}

// Executor runs a data command for self:call and self:callkey. The command may touch the key only, and fires no handlers.
type Executor func(tx *Tx, key []byte, args [][]byte) (sandbox.Value, error)

// SetExecutor sets what runs the commands of handlers. It is called once, before the first handler runs.
func (ks *Keyspace) SetExecutor(run Executor) { ks.execute = run }

// MayAct reports whether any object may act: there are objects with handlers, state or timers, or rules, and no master
// decides what they are. It is the one check that plain commands pay.
func (ks *Keyspace) MayAct() bool {
	return (ks.active.Load() != 0 || ks.rules.Load() != nil) && !ks.Follows()
}

// ActiveObjects returns the number of objects with handlers, state or timers of their own.
func (ks *Keyspace) ActiveObjects() int64 { return ks.active.Load() }

// Handlers is a set of events that an object handles.
type Handlers uint16

// Has reports whether h is in the set.
func (s Handlers) Has(h sandbox.Handler) bool { return s&(1<<h) != 0 }

// Handlers returns the events that the object at key handles, by its own handlers and by rules.
func (tx *Tx) Handlers(key []byte) Handlers { return tx.handledAt(key, false) }

// PossibleHandlers returns the events that the object at key handles, or would with a value of another type: a command may make one.
func (tx *Tx) PossibleHandlers(key []byte) Handlers { return tx.handledAt(key, true) }

func (tx *Tx) handledAt(key []byte, anyKind bool) Handlers {
	var rec record
	if e := tx.locate(key); e.r != 0 {
		rec = tx.record(e)
	}
	return tx.handledWith(rec, key, anyKind)
}

// Acting returns the PossibleHandlers of the object at key before a command, and reports whether it has a value. An active object whose time is over
// dies here; of one without handlers, existed says nothing.
func (tx *Tx) Acting(key []byte) (existed bool, on Handlers) {
	e := tx.locate(key)
	if e.r == 0 {
		return false, tx.handledWith(nil, key, true)
	}
	rec := tx.record(e)
	if !rec.has(hasActive) && len(tx.rulesOf(key)) == 0 {
		return false, 0
	}
	if tx.Over(rec.deadline()) || len(tx.hidden) > 0 {
		return tx.Exists(key), tx.PossibleHandlers(key)
	}
	return rec.kind() != KindNone, tx.handledWith(rec, key, true)
}

// handledWith returns the events that the object at key handles; rec is its record, nil if there is none.
func (tx *Tx) handledWith(rec record, key []byte, anyKind bool) Handlers {
	set := tx.handlersWith(rec, key, anyKind)
	if tx.explains() != nil {
		return set.asExplained()
	}
	return set
}

func (tx *Tx) handlersWith(rec record, key []byte, anyKind bool) (set Handlers) {
	kind, active := KindNone, []byte(nil)
	if rec != nil {
		kind, active = rec.kind(), rec.active()
	}
	rules := tx.rulesOf(key)
	if len(rules) == 0 && active == nil {
		return 0
	}
	codes := tx.ks.code.Load()
	var own []attachment
	if active != nil {
		tx.attached.read(codes, active)
		own, set = tx.attached.list, tx.attached.handles(codes, key)
	}
	for _, r := range rules {
		if c, _ := tx.versionOf(codes, r, key); c != nil && (anyKind || r.takes(kind)) && !codes.owns(own, r.Name()) {
			set |= c.handles & r.events()
		}
	}
	return set
}

// handledBy returns the events of a handler that was attached to the object at key. With an alias those of the version that the object ran
// last are among them: it may stay there.
func (t *codeTable) handledBy(a *attachment, key []byte) (set Handlers) {
	if a.has(attachedByRule) {
		return 0
	}
	if c := t.byID[a.code]; c != nil {
		set = c.handles
	}
	if a.alias == (AliasID{}) {
		return set
	}
	if c, _ := t.resolve(a.code, a.alias, key); c != nil {
		set |= c.handles
	}
	return set
}

// owns reports whether a handler called name is among those that were attached to an object itself.
func (t *codeTable) owns(attached []attachment, name string) bool {
	for i := range attached {
		if !attached[i].has(attachedByRule) && t.isNamed(attached[i].code, name) {
			return true
		}
	}
	return false
}

// IsActive reports whether the object at key has handlers, state or timers, or a rule is for it.
func (tx *Tx) IsActive(key []byte) bool {
	e := tx.find(key)
	return e.r != 0 && tx.record(&e).has(hasActive) || len(tx.rulesOf(key)) > 0
}

// RunHandler runs the handlers of the object at key for ev, until one returns a verdict or deletes the object: first those of rules, by
// order and id, then its own, in the order in which they were attached. What they change is part of the running unit; if one fails, the
// caller rolls back. No collection may be open. Meanwhile nothing expires, and what the handlers look up does not count as read. The outcome
// stands until the next handler runs.
func (tx *Tx) RunHandler(key []byte, ev *Event) (*sandbox.Outcome, error) {
	h := tx.takeHost(key, ev)
	tx.failed = nil
	held := tx.holdTime()
	outcome, err := h.runAll()
	tx.releaseTime(held)
	said := nothing
	if err == nil && outcome.Verdict != sandbox.None {
		tx.said = *outcome
		said = &tx.said
	}
	tx.giveHost(h)
	return said, err
}

// Fuel returns the instructions that handlers have used since it was asked last, or since Begin.
func (tx *Tx) Fuel() int64 {
	fuel := tx.fuel
	tx.fuel = 0
	return fuel
}

// heldTime is how a Tx treated time before a handler ran.
type heldTime struct{ immortal, reading, lenient bool }

// holdTime lets nothing expire, and no look-up count as read, until releaseTime.
func (tx *Tx) holdTime() heldTime {
	held := heldTime{tx.immortal, tx.reading, tx.lenient}
	tx.immortal, tx.reading, tx.lenient = true, false, false
	return held
}

func (tx *Tx) releaseTime(held heldTime) {
	tx.immortal, tx.reading, tx.lenient = held.immortal, held.reading, held.lenient
}

func (h *host) runAll() (*sandbox.Outcome, error) {
	if err := h.readSection(); err != nil {
		return nothing, err
	}
	if e := h.tx.explains(); e != nil {
		return nothing, h.explain(e, h.plan)
	}
	if err := h.plan(); err != nil {
		return nothing, err
	}
	for i := range h.acting {
		outcome, err := h.act(&h.acting[i])
		if err != nil || outcome.Verdict != sandbox.None || h.deleted() {
			return outcome, err
		}
	}
	return nothing, nil
}

// handlerError returns err as clients see it: its first word is never one that steers a client.
func handlerError(err error) error {
	var limit *sandbox.LimitError
	var script *sandbox.ScriptError
	switch {
	case errors.As(err, &limit) && limit.Which == limitQuota:
		return Failure("ASOQUOTA", limit.Detail)
	case errors.As(err, &limit):
		return Failure("ASOLIMIT", limit.Which+" "+limit.Detail)
	case errors.As(err, &script):
		return Failure("ASOFAIL", script.Error())
	}
	return err
}

// runError is handlerError for the end of a run of c, which the error names.
func runError(c *Code, err error) error {
	var limit *sandbox.LimitError
	if errors.As(err, &limit) && limit.Which != limitQuota {
		return Failure("ASOLIMIT", limit.Which+" "+limit.Detail+", by "+c.Name())
	}
	return handlerError(err)
}

// Failure returns the error of a handler that clients see: its first word and a text, as one line of at most 512 bytes.
func Failure(word, text string) Error { return Error(oneLine(word + " " + text)) }

// Denied returns the error for a handler that refused.
func Denied(o *sandbox.Outcome) Error { return Failure("ASODENY", o.Text) }

// runLimits returns the limits of a handler run.
func (ks *Keyspace) runLimits() sandbox.Limits { return *ks.handlerLimits.Load() }

// SetHandlerLimits changes the limits of handler runs from now on.
func (ks *Keyspace) SetHandlerLimits(l sandbox.Limits) { ks.handlerLimits.Store(&l) }
