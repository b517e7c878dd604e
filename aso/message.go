package aso

import (
	"strconv"
	"sync/atomic"

	"comet/aso/sandbox"
)

// Message is on its way from an object or a client to an object. It waits in the slot of the object that sent it, or in that of the object
// that gets it, and is immutable: what changes is a message of the same ID in its place.
type Message struct {
	ID      uint64 // of its event; later messages of a slot have higher ones
	Client  uint64 // number of the connection that sent it; 0 if an object did
	From    string // key of the object that sent it; empty if a client did
	To      string // key of the object that gets it, in the database of the sender
	There   bool   // it waits in the slot of To: a client sent it, or it was a dead letter
	Name    string // ev.message
	Payload []byte // as the sandbox encodes it
	Due     int64  // when it is to be delivered, Unix milliseconds; of one without a delay, when it was sent
	Delayed bool   // it waits until it is due
	Hops    int64  // messages of its chain up to it
	Cause   uint64 // the event in which it was sent; 0 if a client sent it
	Dedup   string // the receiver takes only one of the messages of this name; empty takes all
	ReplyTo string // what an answer to it has to name; empty if it cannot be answered
	ReplyAs string // the name that the answer will have. Only for Send: it is kept apart from the message
	Answers string // the ReplyTo of the message that it answers
	Failure string // why the message that it answers was not handled
	Attempt int64  // deliveries that failed
	RetryAt int64  // when the next one is planned, Unix milliseconds; 0 if none failed or was postponed
}

// MessageLimits bound messages.
type MessageLimits struct {
	Pending     int64 // messages that wait, in the whole keyspace
	Payload     int   // bytes of a message: its name, its payload and the key of the receiver
	DedupWindow int64 // milliseconds that a dedup id is remembered, and an answer is waited for
}

// DefaultMessageLimits returns the limits of a new keyspace.
func DefaultMessageLimits() MessageLimits {
	return MessageLimits{Pending: 1_000_000, Payload: 64 << 10, DedupWindow: 24 * 3600 * 1000}
}

// MessageMetrics counts what became of messages since the keyspace was opened.
type MessageMetrics struct {
	Delivered   atomic.Int64 // handled
	Retried     atomic.Int64 // deliveries that failed and are repeated
	Refused     atomic.Int64 // denied by the handler
	Dead        atomic.Int64 // given up
	Duplicates  atomic.Int64 // the receiver had had one with the dedup id
	LateAnswers atomic.Int64 // nobody waited for them
}

// maxHops returns how many messages one chain may have: each sent while the one before was handled.
func (ks *Keyspace) maxHops() int64 { return int64(ks.objectLimits.Load().Hops) }

// SetMessageLimits changes the limits for messages sent from now on.
func (ks *Keyspace) SetMessageLimits(l MessageLimits) { ks.mailLimits.Store(&l) }

// PendingMessages returns the number of messages that wait.
func (ks *Keyspace) PendingMessages() int64 { return ks.pending.Load() }

// owner returns the key whose slot m waits in.
func (m *Message) owner() string {
	if m.There {
		return m.To
	}
	return m.From
}

// text returns ID as handlers and clients see it.
func (m *Message) text() string { return eventText(m.ID) }

// size returns the bytes that m holds, about.
func (m *Message) size() int64 {
	const fixed = 400 // with its places in the maps and heaps
	return fixed + int64(len(m.From)+len(m.To)+len(m.Name)+len(m.Payload)+len(m.Dedup)+len(m.ReplyTo)+len(m.Answers)+len(m.Failure))
}

// Parts of a message that are there, in its flags.
const (
	messageThere = 1 << iota
	messageDelayed
	messageAnswers
	messageFailed
	messageCaused
)

func (m *Message) encode() []byte {
	var log effectLog
	log.op(m.flags())
	log.uint(m.ID)
	log.uint(m.Client)
	log.bytes([]byte(m.From))
	log.bytes([]byte(m.To))
	log.bytes([]byte(m.Name))
	log.bytes(m.Payload)
	log.int(m.Due)
	log.int(m.Hops)
	log.bytes([]byte(m.Dedup))
	log.bytes([]byte(m.ReplyTo))
	if m.Answers != "" {
		log.bytes([]byte(m.Answers))
		log.bytes([]byte(m.Failure))
	}
	if m.RetryAt != 0 {
		log.int(m.Attempt)
		log.int(m.RetryAt)
	}
	if m.Cause != 0 {
		log.uint(m.Cause)
	}
	return log.buf
}

// flags tells which parts an encoded m has.
func (m *Message) flags() (flags byte) {
	for _, part := range [...]struct {
		flag byte
		on   bool
	}{{messageThere, m.There}, {messageDelayed, m.Delayed}, {messageAnswers, m.Answers != ""}, {messageFailed, m.RetryAt != 0}, {messageCaused, m.Cause != 0}} {
		if part.on {
			flags |= part.flag
		}
	}
	return flags
}

func decodeMessage(encoded []byte) (*Message, error) {
	d := &decoder{buf: encoded}
	flags := d.byte()
	m := &Message{ID: d.uint(), Client: d.uint(), From: string(d.bytes()), To: string(d.bytes()), Name: string(d.bytes())}
	m.There, m.Delayed = flags&messageThere != 0, flags&messageDelayed != 0
	m.Payload = append(m.Payload, d.bytes()...)
	m.Due, m.Hops, m.Dedup, m.ReplyTo = d.int(), d.int(), string(d.bytes()), string(d.bytes())
	if flags&messageAnswers != 0 {
		m.Answers, m.Failure = string(d.bytes()), string(d.bytes())
	}
	if flags&messageFailed != 0 {
		m.Attempt, m.RetryAt = d.int(), d.int()
	}
	if flags&messageCaused != 0 {
		m.Cause = d.uint()
	}
	if d.err == nil && (len(d.buf) > 0 || flags != m.flags()) {
		return nil, errCorrupt
	}
	return m, d.err
}

// Field returns ev.<name> for the handler that gets m.
func (m *Message) Field(name string) (sandbox.Value, bool) {
	switch name {
	case "message":
		return sandbox.StringValue(m.Name), true
	case "payload":
		v, err := sandbox.DecodePayload(m.Payload)
		return v, err == nil
	case "from":
		return textOrNil(m.From, m.Client == 0), true
	case "hops":
		return sandbox.NumberValue(float64(m.Hops)), true
	case "cause":
		return textOrNil(eventText(m.Cause), m.Cause != 0), true
	case "attempt":
		return sandbox.NumberValue(float64(m.Attempt + 1)), true
	case "reply_to":
		return textOrNil(m.ReplyTo, len(m.ReplyTo) > 0), true
	case "error":
		return textOrNil(m.Failure, len(m.Failure) > 0), true
	}
	return sandbox.Value{}, false
}

func textOrNil(text string, there bool) sandbox.Value {
	if !there {
		return sandbox.Value{}
	}
	return sandbox.StringValue(text)
}

// eventText returns the number of an event as handlers and clients see it.
func eventText(id uint64) string { return strconv.FormatUint(id, 36) }
