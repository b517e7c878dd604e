package aso

import (
	"errors"
	"strconv"

	"comet/aso/sandbox"
)

// Event is what a handler is told of why it runs. A command, a timer or an expiry makes it.
type Event struct {
	Handler sandbox.Handler
	Fields  Fields // nil if nothing is known beyond the object
}

// Fields tells what the caller knows of an event.
type Fields interface {
	// Field returns ev.<name>, false if there is no such field.
	Field(name string) (sandbox.Value, bool)
}

// Executor runs a data command for self:call. The command may touch the key only, and fires no handlers.
type Executor func(tx *Tx, key []byte, args [][]byte) (sandbox.Value, error)

// SetExecutor sets what runs the commands of handlers. It is called once, before the first handler runs.
func (ks *Keyspace) SetExecutor(run Executor) { ks.execute = run }

// ActiveObjects returns the number of objects with handlers, state or timers.
func (ks *Keyspace) ActiveObjects() int64 { return ks.active.Load() }

// Handlers is a set of events that an object handles.
type Handlers uint16

// Has reports whether h is in the set.
func (s Handlers) Has(h sandbox.Handler) bool { return s&(1<<h) != 0 }

// Handlers returns the events that the object at key handles.
func (tx *Tx) Handlers(key []byte) (set Handlers) {
	e := tx.find(key)
	if e.r == 0 {
		return 0
	}
	rec := tx.record(&e)
	if !rec.has(hasActive) {
		return 0
	}
	codes := tx.ks.code.Load()
	d := attachments(rec.active())
	for n := d.uint(); n > 0 && d.err == nil; n-- {
		if c := codes.byID[d.attachment().code]; c != nil {
			set |= c.handles
		}
	}
	return set
}

// IsActive reports whether the object at key has handlers, state or timers.
func (tx *Tx) IsActive(key []byte) bool {
	e := tx.find(key)
	return e.r != 0 && tx.record(&e).has(hasActive)
}

// RunHandler runs the handlers of the object at key for ev, in the order in which they were attached, until one returns a verdict or
// deletes the object. What they change is part of the running unit; if one fails, the caller rolls back. No collection may be open.
// Meanwhile nothing expires, and what the handlers look up does not count as read.
func (tx *Tx) RunHandler(key []byte, ev Event) (sandbox.Outcome, error) {
	h := tx.takeHost(key, ev)
	tx.failed = nil
	immortal, reading := tx.immortal, tx.reading
	tx.immortal, tx.reading, tx.handled = true, false, true
	outcome, err := h.runAll()
	tx.immortal, tx.reading = immortal, reading
	tx.giveHost(h)
	return outcome, err
}

// RanHandlers reports whether any handler has run since it was asked last, or since Begin.
func (tx *Tx) RanHandlers() bool {
	ran := tx.handled
	tx.handled = false
	return ran
}

func (h *host) runAll() (sandbox.Outcome, error) {
	if err := h.readSection(); err != nil {
		return sandbox.Outcome{}, err
	}
	codes := h.tx.ks.code.Load()
	for i := range h.section.attached {
		a := &h.section.attached[i]
		c := codes.byID[a.code]
		if c == nil {
			return sandbox.Outcome{}, Error("ASONOHANDLER no handler version " + a.code.String())
		}
		if !c.handles.Has(h.event.Handler) {
			continue
		}
		outcome, err := h.run(c, a.params)
		if err != nil || outcome.Verdict != sandbox.None || !h.tx.IsActive(h.key) {
			return outcome, err
		}
	}
	return sandbox.Outcome{}, nil
}

// run runs one handler and keeps the state it leaves.
func (h *host) run(c *Code, encoded []byte) (sandbox.Outcome, error) {
	tx := h.tx
	params, err := c.paramsOf(encoded)
	if err != nil {
		return sandbox.Outcome{}, err
	}
	h.code, h.messages = c, 0
	h.call = sandbox.Run{
		Program: c.Program, Handler: h.event.Handler, Host: h, State: h.section.state, StateBuf: h.stateBuf, Params: params,
		Now: tx.now, Seed: h.id, Limits: tx.ks.runLimits(),
	}
	c.Runs.Add(1)
	outcome, err := tx.ks.workers.Run(&h.call)
	if endErr := tx.EndCommand(); err == nil {
		err = endErr
	}
	if err == nil && outcome.Verdict == sandbox.Replace && outcome.Value.Kind == sandbox.Err {
		err = &sandbox.ScriptError{Name: c.Program.Name(), Version: c.Program.Version(), Msg: outcome.Value.Str} // never data
	}
	if outcome.Verdict == sandbox.Deny {
		tx.failed = c
	}
	if err == nil && outcome.StateChanged {
		h.section.state, h.stateBuf = outcome.State, h.spareBuf // the state stays in its buffer while another handler runs
		h.spareBuf = outcome.State
		err = tx.setState(h.key, outcome.State)
	}
	if err != nil {
		c.Errors.Add(1)
		tx.failed = c
		return sandbox.Outcome{}, handlerError(err)
	}
	return outcome, nil
}

// setState makes state the state of the object at key, unless the handler deleted the object.
func (tx *Tx) setState(key, state []byte) error {
	e := tx.find(key)
	if e.r == 0 || !tx.record(&e).has(hasActive) {
		return nil
	}
	active, err := withState(tx.active[:0], tx.record(&e).active(), state)
	if err != nil {
		return err
	}
	tx.active = active
	tx.effectActive(key, active)
	return tx.setActive(&e, key, active)
}

// handlerError returns err as clients see it: its first word is never one that steers a client.
func handlerError(err error) error {
	var limit *sandbox.LimitError
	var script *sandbox.ScriptError
	switch {
	case errors.As(err, &limit):
		return Failure("ASOLIMIT", limit.Which+" "+limit.Detail)
	case errors.As(err, &script):
		return Failure("ASOFAIL", script.Name+"@"+script.Version+":"+strconv.Itoa(script.Line)+" "+script.Msg)
	}
	return err
}

// Failure returns the error of a handler that clients see: its first word and a text, as one line of at most 512 bytes.
func Failure(word, text string) Error { return Error(oneLine(word + " " + text)) }

// Denied returns the error for a handler that refused.
func Denied(o sandbox.Outcome) Error { return Failure("ASODENY", o.Text) }

// runLimits returns the limits of a handler run.
func (ks *Keyspace) runLimits() sandbox.Limits { return *ks.handlerLimits.Load() }

// SetHandlerLimits changes the limits of handler runs from now on.
func (ks *Keyspace) SetHandlerLimits(l sandbox.Limits) { ks.handlerLimits.Store(&l) }
