package aso

import (
	"errors"
	"strconv"
	"strings"

	"comet/aso/sandbox"
)

// maxHops returns how many messages a chain may have in which the running handler sends one.
func (h *host) maxHops() int64 { return int64(h.limit(sandbox.LimitHops, int(h.tx.ks.maxHops()))) }

// limitQuota is the Which of a limit that is no handler's own: clients see ASOQUOTA.
const limitQuota = "quota"

// countMessage ends the run if it sends too much.
func (h *host) countMessage() error {
	limit := h.limit(sandbox.LimitMessages, h.tx.ks.objectLimits.Load().Messages)
	if h.messages++; h.messages > limit {
		return &sandbox.LimitError{Which: sandbox.LimitMessages, Detail: strconv.Itoa(limit) + " a run"}
	}
	return nil
}

// send lets another object, or this one, handle a message later: self:send(key, message, payload, options).
func (h *host) send(args []sandbox.Value) (sandbox.Value, error) {
	to, ok := argument(args, 0).AppendText(nil)
	if !ok {
		return sandbox.Value{}, badArgument("self:send", "the key of the receiver", argument(args, 0))
	}
	name, ok := argument(args, 1).AppendText(nil)
	if !ok {
		return sandbox.Value{}, badArgument("self:send", "the name of a message", argument(args, 1))
	}
	if len(args) > 4 {
		return sandbox.Value{}, badArgument("self:send", "a key, a message, a payload and options", args[4])
	}
	if !h.maySend(to) {
		return sandbox.Value{}, h.notGranted("SEND", to)
	}
	if err := h.may([]byte("aso.send"), to, name); err != nil {
		return sandbox.Value{}, err
	}
	m := Message{From: string(h.key), To: string(to), Name: string(name), Hops: h.event.Hops + 1, Cause: h.id}
	if len(args) == 4 {
		if err := h.sendOptions(&m, args[3]); err != nil {
			return sandbox.Value{}, err
		}
	}
	if limit := h.maxHops(); m.Hops > limit {
		return sandbox.Value{}, tooLongChain(int(limit))
	}
	if err := h.countMessage(); err != nil {
		return sandbox.Value{}, err
	}
	var payload sandbox.Value
	if len(args) > 2 {
		payload = args[2]
	}
	var err error
	if m.Payload, err = sandbox.AppendPayload(nil, payload); err != nil {
		return sandbox.Value{}, err
	}
	id, ok, err := h.tx.Send(m)
	if err != nil || !ok {
		return sandbox.Value{}, asLimit(err)
	}
	return sandbox.StringValue(id), nil
}

// sendOptions reads the options of self:send, a table or nil.
func (h *host) sendOptions(m *Message, options sandbox.Value) error {
	if options.Kind == sandbox.Nil {
		return nil
	}
	if options.Kind != sandbox.Table || len(options.Tab.Array) > 0 {
		return badArgument("self:send", "a table of options by name", options)
	}
	for _, f := range options.Tab.Fields {
		n, whole := f.Value.Int()
		text, isText := f.Value.AppendText(nil)
		switch f.Key.Str {
		case "delay":
			if !whole || n < 0 || n > MaxDelay {
				return badArgument("delay", wholeNumber(0, MaxDelay), f.Value)
			}
			m.Due, m.Delayed = h.tx.now+n, n > 0
		case "at":
			if !whole || n < 0 || n > latest {
				return badArgument("at", wholeNumber(0, latest), f.Value)
			}
			m.Due, m.Delayed = n, true
		case "id":
			if m.Dedup = string(text); !isText || m.Dedup == "" {
				return badArgument("id", "a text that is not empty", f.Value)
			}
		case "reply":
			if m.ReplyAs = string(text); !isText || m.ReplyAs == "" {
				return badArgument("reply", "the name of a message", f.Value)
			}
		default:
			return errors.New("unknown option " + oneLine(f.Key.Str) + " of a message")
		}
	}
	return nil
}

// asLimit returns err as one that Lua code cannot catch if it is that of a limit.
func asLimit(err error) error {
	var e Error
	if !errors.As(err, &e) {
		return err
	}
	word, detail, _ := strings.Cut(string(e), " ")
	which := limitQuota
	if word == "ASOLIMIT" {
		which, detail, _ = strings.Cut(detail, " ")
	}
	return &sandbox.LimitError{Which: which, Detail: detail}
}

// reply answers a message: self:reply(reply_to, payload).
func (h *host) reply(args []sandbox.Value) (sandbox.Value, error) {
	if len(args) < 1 || len(args) > 2 || args[0].Kind != sandbox.String {
		return sandbox.Value{}, badArgument("self:reply", "ev.reply_to and a payload", argument(args, 0))
	}
	if limit := h.maxHops(); h.event.Hops >= limit && !strings.HasPrefix(args[0].Str, callMark) {
		return sandbox.Value{}, tooLongChain(int(limit))
	}
	if err := h.countMessage(); err != nil {
		return sandbox.Value{}, err
	}
	var payload sandbox.Value
	if len(args) == 2 {
		payload = args[1]
	}
	ok, err := h.tx.answerWith(string(h.key), args[0].Str, payload, h.event.Hops+1, h.id)
	return sandbox.BoolValue(ok), asLimit(err)
}

// emit wakes the clients that wait for an event of the object: self:emit(event, payload).
func (h *host) emit(args []sandbox.Value) (sandbox.Value, error) {
	if len(args) < 1 || len(args) > 2 || args[0].Kind != sandbox.String || args[0].Str == "" {
		return sandbox.Value{}, badArgument("self:emit", "the name of an event and a payload", argument(args, 0))
	}
	switch name := args[0].Str; name {
	case EventPut, EventUpdate, EventDelete, EventExpire, EventTimer, EventMessage:
		return sandbox.Value{}, errors.New(name + " is an event that handlers do not make")
	}
	var payload sandbox.Value
	if len(args) == 2 {
		payload = args[1]
	}
	if err := h.countMessage(); err != nil {
		return sandbox.Value{}, err
	}
	h.tx.Emit(args[0].Str, h.key, payload)
	if h.tx.feeding() {
		h.tx.feedTell(FeedEmit, h.key, args[0].Str, valueText(payload))
	}
	return sandbox.BoolValue(true), nil
}
