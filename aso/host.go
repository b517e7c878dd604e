package aso

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"

	"comet/aso/sandbox"
)

// host is what a running handler may see and do: its own object, and nothing else. It implements sandbox.Host.
type host struct {
	tx        *Tx
	key       []byte // does not change during the run
	keyBuf    []byte // for key, unless it is an argument of the command
	event     Event
	failure   sandbox.Value // of the run that onError is told of
	code      *Code
	id        uint64
	acting    []acting
	explained *ExplainedEvent // what plan finds is noted there; nil if handlers run
	messages  int             // sent or published in this run
	raw       []byte          // copy of the object's state: the record may move while the handler runs
	attached  attachedMemo
	section   section // aliases raw and attached
	part      *partition
	hash      uint64 // of the key
	changes   int64  // of the Tx before this run
	kind      Kind   // of the object's value then
	there     bool   // the object was there then
	wasActive bool   // and had a section
	armed     bool   // this run has armed a timer
	observed  bool   // what this run does is taken back whatever it is
	call      sandbox.Run
	secretOf  func(name string) ([]byte, bool) // secret
	args      [][]byte
	budgets   []*budget     // that this run counts to
	took      time.Duration // of the last run, 0 if it was not measured

	stateBuf, spareBuf []byte // the next state is written to the first; the second may hold the present one
}

func (tx *Tx) takeHost(key []byte, ev *Event) *host {
	var h *host
	if last := len(tx.hosts) - 1; last >= 0 {
		h, tx.hosts = tx.hosts[last], tx.hosts[:last]
	} else {
		h = &host{}
		h.secretOf = h.secret
	}
	h.tx = tx
	e := &h.event // set by parts, see readSection
	e.Handler, e.Fields, e.Hops, e.Cause = ev.Handler, ev.Fields, ev.Hops, ev.Cause
	if h.key = key; !sameSlice(key, tx.expected) {
		h.keyBuf = append(h.keyBuf[:0], key...)
		h.key = h.keyBuf
	}
	if h.id = ev.ID; h.id == 0 {
		h.id = tx.eventID()
	}
	e.ID = h.id
	return h
}

// readSection takes a copy of the object's handlers and state.
func (h *host) readSection() error {
	active := h.look()
	if active == nil {
		h.raw, h.section = h.raw[:0], section{}
		return nil
	}
	d := h.attached.read(h.tx.ks.code.Load(), active)
	h.raw = append(h.raw[:0], d.bytes()...)
	s := &h.section // whose fields are set one by one: a whole is slow to copy just after its parts were written
	s.attached, s.state, s.timers = slices.Clip(h.attached.list), h.raw, nil
	return d.err
}

// look notes what there is of the object, and returns its section.
func (h *host) look() (active []byte) {
	e := h.tx.locate(h.key)
	h.part, h.hash, h.changes = e.p, e.hash, h.tx.changes
	h.there, h.wasActive, h.kind = e.r != 0, false, KindNone
	if h.there {
		rec := h.tx.record(e)
		active = rec.active()
		h.wasActive, h.kind = active != nil, rec.kind()
	}
	return active
}

func (tx *Tx) giveHost(h *host) {
	h.tx, h.key, h.event.Fields, h.code, h.part = nil, nil, nil, nil, nil
	if h.event.Handler == sandbox.OnError {
		h.failure = sandbox.Value{}
	}
	clear(h.budgets)
	h.budgets = h.budgets[:0]
	tx.hosts = append(tx.hosts, h)
}

// eventID returns a number that no other event of this keyspace has, increasing with time.
func (ks *Keyspace) eventID(now int64) uint64 {
	for {
		last := ks.lastEvent.Load()
		next := max(last+1, uint64(now)<<20)
		if ks.lastEvent.CompareAndSwap(last, next) {
			return next
		}
	}
}

// passEvent lets all events to come have higher numbers than id.
func (ks *Keyspace) passEvent(id uint64) { raise(&ks.lastEvent, id) }

// Event returns ev.<field>.
func (h *host) Event(field string) (sandbox.Value, bool) {
	switch field {
	case "id":
		return sandbox.StringValue(eventText(h.id)), true
	case "now":
		return sandbox.NumberValue(float64(h.tx.now)), true
	case "ttl":
		return h.ttl(), true
	}
	if h.event.Fields == nil {
		return sandbox.Value{}, false
	}
	return h.event.Fields.Field(field)
}

// words is a Fields with fields that are lists of words.
type words interface {
	// Words returns ev.<name> if it is one, in memory that may change after the call.
	Words(name string) ([][]byte, bool)
}

// Words returns ev.<field> if it is a list of words.
func (h *host) Words(field string) ([][]byte, bool) {
	if w, ok := h.event.Fields.(words); ok {
		return w.Words(field)
	}
	return nil, false
}

// Self returns self.<field>.
func (h *host) Self(field string) (sandbox.Value, bool) {
	switch field {
	case "key":
		return sandbox.StringValue(string(h.key)), true
	case "type":
		return sandbox.StringValue(h.tx.Kind(h.key).String()), true
	case "value":
		return h.tx.VisibleValue(h.key), true
	}
	return sandbox.Value{}, false
}

// ttl returns the time to live in milliseconds, nil if the object has no deadline.
func (h *host) ttl() sandbox.Value {
	at, ok := h.tx.Deadline(h.key)
	if !ok || at == 0 {
		return sandbox.Value{}
	}
	return sandbox.NumberValue(float64(max(at-h.tx.now, 0)))
}

var errDeleted = errors.New("the object is deleted")

// notGranted is the error for what the running handler may not do to name. kind is the word of ASO.GRANT for it.
func (h *host) notGranted(kind string, name []byte) error {
	return fmt.Errorf("the handler was not granted this: ASO.GRANT SET %s %s with a pattern of %q", h.code.Program.Name(), kind, name[:min(len(name), 64)])
}

// latest is the last time that a handler may name, in Unix milliseconds: Lua's numbers are exact up to it.
const latest = 1 << 53

// Call performs an effect of the handler.
func (h *host) Call(fn string, args []sandbox.Value) (sandbox.Value, error) {
	if h.event.Handler == sandbox.OnError && changesValue[fn] {
		return sandbox.Value{}, errors.New("self:" + fn + " is not available in onError")
	}
	switch fn {
	case "call":
		return h.perform(h.key, args)
	case "callkey":
		return h.commandOn(args)
	case "expire", "expireat":
		return h.expire(fn, args)
	case "persist":
		return h.setDeadline(0)
	case "ttl":
		return h.ttl(), nil
	case "delete":
		if err := h.may([]byte("del"), h.key); err != nil {
			return sandbox.Value{}, err
		}
		return sandbox.BoolValue(h.delete()), nil
	case "timer":
		return h.setTimer(args)
	case "cancel":
		return h.cancelTimer(args)
	case "timers":
		return h.timers()
	case "publish":
		return h.publish(args)
	case "send":
		return h.send(args)
	case "reply":
		return h.reply(args)
	case "emit":
		return h.emit(args)
	case "log":
		return h.log(args)
	}
	return sandbox.Value{}, errors.New("self:" + fn + " is not available")
}

// perform runs a data command on the object at key, which is implied.
func (h *host) perform(key []byte, args []sandbox.Value) (sandbox.Value, error) {
	if len(args) == 0 {
		return sandbox.Value{}, badArgument("self:call", "the name of a command", sandbox.Value{})
	}
	h.args = h.args[:0]
	texts := make([]byte, 0, 64) // what takes back a change may hold on to them
	for i := range args {
		from, ok := len(texts), false
		if texts, ok = args[i].AppendText(texts); !ok {
			return sandbox.Value{}, badArgument("a command", "strings and numbers", args[i])
		}
		h.args = append(h.args, slices.Clip(texts[from:]))
		if i == 0 {
			h.args = append(h.args, key)
		}
	}
	if err := h.may(h.args...); err != nil {
		return sandbox.Value{}, err
	}
	v, err := h.tx.ks.execute(h.tx, key, h.args)
	if endErr := h.tx.EndCommand(); err == nil {
		err = endErr
	}
	if err != nil && len(h.args) > 2 && bytes.Equal(h.args[2], key) {
		err = fmt.Errorf("%w (the key is named already: leave it out)", err)
	}
	return v, err
}

func (h *host) expire(fn string, args []sandbox.Value) (sandbox.Value, error) {
	limit := int64(latest)
	if fn == "expire" {
		limit = MaxDelay
	}
	ms, ok := argument(args, 0).Int()
	if !ok || ms <= 0 || ms > limit {
		return sandbox.Value{}, badArgument("self:"+fn, wholeNumber(1, limit), argument(args, 0))
	}
	if fn == "expire" {
		ms += h.tx.now
	}
	return h.setDeadline(ms)
}

// setDeadline changes when the object expires, and tells whether it has a value that can.
func (h *host) setDeadline(at int64) (sandbox.Value, error) {
	if err := h.mayExpire(at); err != nil {
		return sandbox.Value{}, err
	}
	if !h.tx.Exists(h.key) {
		return sandbox.BoolValue(false), nil
	}
	if at != 0 && at <= h.tx.now {
		return sandbox.BoolValue(h.delete()), nil
	}
	if was, _ := h.tx.Deadline(h.key); was == at {
		return sandbox.BoolValue(true), nil
	}
	name := "expire"
	if at == 0 {
		name = "persist"
	}
	h.tx.Notify(NotifyGeneric, name, h.key)
	return sandbox.BoolValue(true), h.tx.SetDeadline(h.key, at)
}

// delete deletes the object and reports whether it had a value.
func (h *host) delete() bool {
	if !h.tx.Delete(h.key) {
		return false
	}
	h.tx.Notify(NotifyGeneric, "del", h.key)
	return true
}

func (h *host) publish(args []sandbox.Value) (sandbox.Value, error) {
	channel, ok := argument(args, 0).AppendText(nil)
	if !ok {
		return sandbox.Value{}, badArgument("self:publish", "a channel", argument(args, 0))
	}
	content, ok := argument(args, 1).AppendText(nil)
	if !ok {
		return sandbox.Value{}, badArgument("self:publish", "a message, a string or a number", argument(args, 1))
	}
	if !h.mayPublish(channel) {
		return sandbox.Value{}, h.notGranted("CHANNEL", channel)
	}
	if err := h.may([]byte("publish"), channel, content); err != nil {
		return sandbox.Value{}, err
	}
	if err := h.countMessage(); err != nil {
		return sandbox.Value{}, err
	}
	h.tx.Publish(channel, content)
	return sandbox.BoolValue(true), nil
}

func (h *host) log(args []sandbox.Value) (sandbox.Value, error) {
	if len(args) > 0 {
		text, _ := args[0].AppendText(nil)
		h.logText(string(text))
	}
	return sandbox.Value{}, nil
}

func (h *host) logText(text string) {
	h.tx.log(LogEntry{
		Time: h.tx.now, DB: h.tx.db, Key: string(h.key), Handler: h.code.Program.Name(), Event: h.event.Handler.String(), Text: oneLine(text),
		ID: h.id, Cause: h.event.Cause,
	})
}
