package aso

import (
	"errors"
	"log/slog"
	"slices"
	"strings"

	"comet/aso/sandbox"
)

// failure is a handler run that failed. When its unit has ended, with nothing left of what the run did, onError of the same handler is told
// of it, in a unit of its own.
type failure struct {
	dbKey
	code *Code
	told told
	err  sandbox.Value
}

const (
	maxFailures   = 128      // of a unit, that onError is told of
	maxToldFields = 16 << 10 // bytes of the fields of an event that failed; what goes beyond is left out
)

// changesValue are the methods of self that onError does not have.
var changesValue = map[string]bool{"call": true, "callkey": true, "expire": true, "expireat": true, "persist": true, "delete": true}

// noteFailure remembers that the handler of c failed in an event of the object at key. The fields of the event are copied: what makes them
// belongs to the running command. An object that expires or is evicted is gone, and one that a handler could not be attached to does not have it.
func (tx *Tx) noteFailure(c *Code, key []byte, ev *Event, cause error) {
	if tx.dry != nil || !c.handles.Has(sandbox.OnError) || len(tx.failures) >= maxFailures || isDeath(ev.Handler) || ev.Handler == sandbox.OnAttach {
		return
	}
	tx.failures = append(tx.failures, failure{dbKey{tx.db, string(key)}, c, tell(ev), failureValue(cause)})
}

// isDeath reports whether the object is gone after the event, whatever its handler does.
func isDeath(h sandbox.Handler) bool { return h == sandbox.OnExpire || h == sandbox.OnEvict }

// SetReturned is SetValue for what a handler has returned in an event, which failed if v is nothing that the object can hold.
func (tx *Tx) SetReturned(key []byte, ev Event, v sandbox.Value) error {
	c := tx.decider
	err := tx.SetValue(key, v)
	if err != nil && c != nil {
		ev.ID = tx.decided
		tx.noteFailure(c, key, &ev, err)
	}
	return err
}

// failureValue returns what onError gets as err: the error as clients see it, and its parts.
func failureValue(cause error) sandbox.Value {
	text := handlerError(cause).Error()
	tab := &sandbox.Tab{}
	set := func(name string, v sandbox.Value) {
		tab.Fields = append(tab.Fields, sandbox.Field{Key: sandbox.StringValue(name), Value: v})
	}
	word, _, _ := strings.Cut(text, " ")
	set("text", sandbox.StringValue(text))
	set("code", sandbox.StringValue(word))
	var limit *sandbox.LimitError
	var script *sandbox.ScriptError
	switch {
	case errors.As(cause, &limit):
		set("limit", sandbox.StringValue(limit.Which))
	case errors.As(cause, &script):
		set("line", sandbox.NumberValue(float64(script.Line)))
		set("message", sandbox.StringValue(script.Msg))
	}
	return sandbox.Value{Kind: sandbox.Table, Tab: tab}
}

// told is what onError is told of an event that has passed.
type told struct {
	event  sandbox.Handler
	id     uint64
	fields []sandbox.Field
	by     Invoker
}

// Invoker returns the user who has set off the event that failed.
func (t *told) Invoker() Invoker { return t.by }

// tell copies what onError is told of an event.
func tell(ev *Event) told {
	t := told{event: ev.Handler, id: ev.ID, by: invokerOf(ev.Fields)}
	if ev.Fields == nil {
		return t
	}
	left := maxToldFields
	for _, name := range [...]string{
		"cmd", "user", "addr", "client", "message", "from", "hops", "cause", "error", "timer", "due", "late", "attempt", "missed", "data", "payload", "fields", "args",
	} {
		if v, ok := ev.Fields.Field(name); ok {
			if size := sizeOf(&v); size <= left {
				left -= size
				t.fields = append(t.fields, sandbox.Field{Key: sandbox.StringValue(name), Value: v})
			}
		}
	}
	return t
}

// sizeOf returns the bytes of text in v, and 16 for each value.
func sizeOf(v *sandbox.Value) int {
	n := 16 + len(v.Str)
	if v.Tab != nil {
		for i := range v.Tab.Array {
			n += sizeOf(&v.Tab.Array[i])
		}
	}
	return n
}

// Field returns ev.<name>.
func (t *told) Field(name string) (sandbox.Value, bool) {
	if name == "failed" {
		return sandbox.StringValue(t.event.String()), true
	}
	i := slices.IndexFunc(t.fields, func(f sandbox.Field) bool { return f.Key.Str == name })
	if i < 0 {
		return sandbox.Value{}, false
	}
	return t.fields[i].Value, true
}

// endFailures runs onError for what failed in the unit that has ended, each as a unit. None of them can fail anything else.
func (tx *Tx) endFailures() {
	selected := tx.db
	for len(tx.failures) > 0 {
		f := tx.failures[0]
		tx.failures = tx.failures[1:]
		tx.Start(f.db)
		tx.runOnError(&f)
		if err := tx.EndCommand(); err != nil {
			slog.Error("unit of onError not stored", "error", err)
		}
		tx.fireEvents()
		tx.undo.reset()
		tx.serveBlocked()
	}
	tx.failures = nil
	tx.Select(selected)
}

// runOnError runs onError for f. If it fails, nothing has happened but a line in the log of the object.
func (tx *Tx) runOnError(f *failure) {
	h := tx.takeHost([]byte(f.key), &Event{Handler: f.told.event, Cause: f.told.id})
	held := tx.holdTime()
	m := tx.Mark()
	if err := h.tellOfFailure(f); err == nil {
		tx.Release(m)
	} else {
		if err := tx.Rollback(m); err != nil {
			slog.Error("rollback failed", "error", err)
		}
		tx.ks.logs.add(LogEntry{
			Time: tx.now, DB: tx.db, Key: f.key, Handler: f.code.Program.Name(), Event: sandbox.OnError.String(), Text: handlerError(err).Error(),
			ID: h.id, Cause: f.told.id,
		})
	}
	tx.releaseTime(held)
	tx.giveHost(h)
}

// tellOfFailure runs onError of the version that failed, if the object has it still.
func (h *host) tellOfFailure(f *failure) error {
	if err := h.readSection(); err != nil {
		return err
	}
	if err := h.plan(); err != nil { // by the event that failed: rules look at it
		return err
	}
	i := slices.IndexFunc(h.acting, func(a acting) bool { return a.code == f.code && a.last == f.code.ID && !a.observe })
	if i < 0 {
		return nil
	}
	h.event, h.failure = Event{Handler: sandbox.OnError, Fields: &f.told, ID: h.id, Cause: f.told.id}, f.err
	if err := h.admit(&h.acting[i]); err != nil { // it is counted, and never refused
		return err
	}
	outcome, err := h.execute(&h.acting[i])
	h.measure(&h.acting[i], outcome, err)
	if err != nil {
		return err
	}
	return h.keep(&h.acting[i], outcome)
}
