package command

import (
	"sync"
	"sync/atomic"

	"comet/aso/value"
	"comet/resp/command/acl"
	"comet/resp/wire"
)

// hub knows who listens to what, and delivers messages. It is the aso.Publisher of keyspace notifications. Messages that are there at
// once reach a client's connection together, in Flush.
//
// Lock order: hub.dirtyMu, hub.mu, then the mu of a subscriptions, then what Conn.Push takes. None of them is held while anything waits.
type hub struct {
	total atomic.Int64 // subscriptions of all kinds, so that a server without subscribers pays nothing

	mu     sync.RWMutex // guards all below, and names, left of all subscriptions. Held for reading while a message is delivered
	topics [subscriptionKinds]map[string]*topic

	dirtyMu sync.Mutex // guards dirty; held while messages are delivered, so one comes after the other
	dirty   []*subscriptions
}

// subscriptionKind is what a client can subscribe to.
type subscriptionKind uint8

const (
	toChannel subscriptionKind = iota
	toPattern
	toShard // a channel that belongs to a slot, with a namespace of its own
	subscriptionKinds
)

// The names of the messages of each kind.
var (
	messageNames     = [subscriptionKinds]string{"message", "pmessage", "smessage"}
	subscribeNames   = [subscriptionKinds]string{"subscribe", "psubscribe", "ssubscribe"}
	unsubscribeNames = [subscriptionKinds]string{"unsubscribe", "punsubscribe", "sunsubscribe"}
)

// topic is a channel or pattern with its subscribers, in the order in which they came.
type topic struct {
	name        []byte
	subscribers []*subscriptions
}

// subscriptions are what a client listens to. Only its own goroutine adds to them.
type subscriptions struct {
	conn     Conn
	protocol atomic.Int32 // of the client: 2 or 3
	count    atomic.Int32 // of all kinds

	names [subscriptionKinds]map[string]struct{} // guarded by hub.mu
	left  bool                                   // the client is gone; guarded by hub.mu

	mu      sync.Mutex // guards all below
	holding bool       // messages wait until the reply that says so to the subscriber is out
	dirty   bool       // Flush will come
	held    *[]byte    // messages that wait; nil if there are none
}

// heldBuffers are for held. A client has one only while messages wait.
var heldBuffers = sync.Pool{New: func() any { return new([]byte) }}

// maxHeld is how many bytes of messages wait for Flush, and the largest buffer that is used again.
const maxHeld = 64 << 10

func newHub() *hub {
	h := &hub{}
	for kind := range h.topics {
		h.topics[kind] = map[string]*topic{}
	}
	return h
}

// subscribe adds a subscription of sub and returns how many the client has then, as subscribers are told.
func (h *hub) subscribe(sub *subscriptions, kind subscriptionKind, name []byte) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, ok := sub.names[kind][string(name)]; ok || sub.left {
		return sub.told(kind)
	}
	t := h.topics[kind][string(name)]
	if t == nil {
		t = &topic{name: []byte(string(name))}
		h.topics[kind][string(t.name)] = t
	}
	t.subscribers = append(t.subscribers, sub)
	if sub.names[kind] == nil {
		sub.names[kind] = map[string]struct{}{}
	}
	sub.names[kind][string(t.name)] = struct{}{}
	sub.count.Add(1)
	h.total.Add(1)
	return sub.told(kind)
}

// unsubscribe ends a subscription of sub, if it has it, and returns how many the client has left, as subscribers are told. No message
// of it is delivered later.
func (h *hub) unsubscribe(sub *subscriptions, kind subscriptionKind, name []byte) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.removeLocked(sub, kind, string(name))
	return sub.told(kind)
}

func (h *hub) removeLocked(sub *subscriptions, kind subscriptionKind, name string) {
	if _, ok := sub.names[kind][name]; !ok {
		return
	}
	delete(sub.names[kind], name)
	sub.count.Add(-1)
	h.total.Add(-1)
	t := h.topics[kind][name]
	if len(t.subscribers) == 1 {
		delete(h.topics[kind], name)
		return
	}
	for i, other := range t.subscribers {
		if other == sub {
			copy(t.subscribers[i:], t.subscribers[i+1:])
			t.subscribers[len(t.subscribers)-1] = nil
			t.subscribers = t.subscribers[:len(t.subscribers)-1]
			return
		}
	}
}

// clear ends all subscriptions of a client.
func (h *hub) clear(sub *subscriptions) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clearLocked(sub)
}

func (h *hub) clearLocked(sub *subscriptions) {
	for kind := range subscriptionKinds {
		for name := range sub.names[kind] {
			h.removeLocked(sub, kind, name)
		}
	}
}

// leave ends all subscriptions of a client that is going away, for good. It may be called by any goroutine, and more than once.
func (h *hub) leave(sub *subscriptions) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.clearLocked(sub)
	sub.left = true
}

// names returns what sub listens to.
func (h *hub) names(sub *subscriptions, kind subscriptionKind) [][]byte {
	h.mu.RLock()
	defer h.mu.RUnlock()
	names := make([][]byte, 0, len(sub.names[kind]))
	for name := range sub.names[kind] {
		names = append(names, []byte(name))
	}
	return names
}

// allows reports whether u may listen to all that sub listens to.
func (h *hub) allows(sub *subscriptions, u *acl.User) bool {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for kind := range subscriptionKinds {
		for name := range sub.names[kind] {
			if !u.MayListen([]byte(name), kind == toPattern) {
				return false
			}
		}
	}
	return true
}

// counts returns the number of subscriptions of each kind.
func (h *hub) counts(sub *subscriptions) (n [subscriptionKinds]int) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for kind := range n {
		n[kind] = len(sub.names[kind])
	}
	return n
}

// told returns the count that a subscriber is told: channels and patterns are counted together, shard channels apart.
func (sub *subscriptions) told(kind subscriptionKind) int {
	if kind == toShard {
		return len(sub.names[toShard])
	}
	return len(sub.names[toChannel]) + len(sub.names[toPattern])
}

// active reports whether the client listens to anything.
func (sub *subscriptions) active() bool { return sub.count.Load() > 0 }

// hold lets messages wait until release.
func (sub *subscriptions) hold() {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	sub.holding = true
}

// release sends the messages that waited and ends the holding.
func (sub *subscriptions) release() {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	sub.holding = false
	sub.pushLocked()
}

// pushLocked sends the messages that waited.
func (sub *subscriptions) pushLocked() {
	if sub.held != nil {
		sub.conn.Push(*sub.held)
		sub.dropLocked()
	}
}

// dropLocked forgets the messages that waited.
func (sub *subscriptions) dropLocked() {
	if cap(*sub.held) <= maxHeld {
		*sub.held = (*sub.held)[:0]
		heldBuffers.Put(sub.held)
	}
	sub.held = nil
}

// moveHeld appends the messages that waited, which then wait no more, to the replies of the client.
func (sub *subscriptions) moveHeld(reply *wire.Reply) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	if sub.held != nil {
		reply.Raw(*sub.held)
		sub.dropLocked()
	}
}

// isHolding reports whether messages wait for release.
func (sub *subscriptions) isHolding() bool {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	return sub.holding
}

// send keeps a message, a push of RESP3 whose first byte it changes for RESP2, for Flush. It reports whether it is the first one.
func (sub *subscriptions) send(frame []byte) (first bool) {
	frame[0] = '>'
	if sub.protocol.Load() == 2 {
		frame[0] = '*'
	}
	sub.mu.Lock()
	defer sub.mu.Unlock()
	if sub.held == nil {
		sub.held = heldBuffers.Get().(*[]byte)
	}
	*sub.held = append(*sub.held, frame...)
	if len(*sub.held) >= maxHeld && !sub.holding {
		sub.pushLocked()
	}
	first = !sub.dirty
	sub.dirty = true
	return first
}

// sendNow sends frame without waiting for Flush, behind what waits already.
func (sub *subscriptions) sendNow(frame []byte) {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	if sub.held == nil {
		if !sub.holding {
			sub.conn.Push(frame)
			return
		}
		sub.held = heldBuffers.Get().(*[]byte)
	}
	*sub.held = append(*sub.held, frame...)
	if !sub.holding {
		sub.pushLocked()
	}
}

// send delivers a frame to one client.
func (h *hub) send(sub *subscriptions, frame []byte) {
	h.dirtyMu.Lock()
	defer h.dirtyMu.Unlock()
	if sub.send(frame) {
		h.dirty = append(h.dirty, sub)
	}
}

// Flush sends the messages that were published since the last one.
func (h *hub) Flush() {
	h.dirtyMu.Lock()
	defer h.dirtyMu.Unlock()
	for i, sub := range h.dirty {
		sub.flush()
		h.dirty[i] = nil
	}
	h.dirty = h.dirty[:0]
}

func (sub *subscriptions) flush() {
	sub.mu.Lock()
	defer sub.mu.Unlock()
	sub.dirty = false
	if !sub.holding {
		sub.pushLocked()
	}
}

// Publish delivers a message to the subscribers of channel and of the patterns that match it.
func (h *hub) Publish(channel, message []byte, told uint64) {
	h.deliver(toChannel, channel, message, told)
}

// deliver sends a message to all its subscribers but the client told, which has it already. It is formatted once for each channel or pattern.
func (h *hub) deliver(kind subscriptionKind, channel, message []byte, told uint64) {
	if h.total.Load() == 0 {
		return
	}
	h.dirtyMu.Lock()
	defer h.dirtyMu.Unlock()
	h.eachTopic(kind, channel, func(kind subscriptionKind, t *topic) {
		var frame []byte
		for _, sub := range t.subscribers {
			if told != 0 && sub.conn.ID() == told {
				continue
			}
			if frame == nil {
				frame = messageFrame(kind, t.name, channel, message)
			}
			if sub.send(frame) {
				h.dirty = append(h.dirty, sub)
			}
		}
	})
}

// receivers returns how many times a message to channel is received, and the frames of those that sub receives.
func (h *hub) receivers(kind subscriptionKind, channel, message []byte, sub *subscriptions) (n int, own []byte) {
	h.eachTopic(kind, channel, func(kind subscriptionKind, t *topic) {
		n += len(t.subscribers)
		if _, ok := sub.names[kind][string(t.name)]; ok {
			frame := messageFrame(kind, t.name, channel, message)
			if sub.protocol.Load() == 2 {
				frame[0] = '*'
			}
			own = append(own, frame...)
		}
	})
	return n, own
}

// eachTopic calls fn for what a message to channel is a message of.
func (h *hub) eachTopic(kind subscriptionKind, channel []byte, fn func(kind subscriptionKind, t *topic)) {
	if h.total.Load() == 0 {
		return
	}
	h.mu.RLock()
	defer h.mu.RUnlock()
	if t := h.topics[kind][string(channel)]; t != nil {
		fn(kind, t)
	}
	if kind != toChannel {
		return
	}
	for _, t := range h.topics[toPattern] {
		if value.Match(t.name, channel, false) {
			fn(toPattern, t)
		}
	}
}

// messageFrame returns a message as RESP3. RESP2 differs in the first byte only.
func messageFrame(kind subscriptionKind, name, channel, message []byte) []byte {
	var r wire.Reply
	r.SetProtocol(3)
	if kind == toPattern {
		r.Push(4)
		r.BulkString(messageNames[kind])
		r.Bulk(name)
	} else {
		r.Push(3)
		r.BulkString(messageNames[kind])
	}
	r.Bulk(channel)
	r.Bulk(message)
	return r.Bytes()
}

// list returns the channels with subscribers, or the patterns; match, if any, is what their names have to match.
func (h *hub) list(kind subscriptionKind, match []byte) (names []string) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for name, t := range h.topics[kind] {
		if match == nil || value.Match(match, t.name, false) {
			names = append(names, name)
		}
	}
	return names
}

// subscribers returns the number of subscribers of a channel.
func (h *hub) subscribers(kind subscriptionKind, name []byte) int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	if t := h.topics[kind][string(name)]; t != nil {
		return len(t.subscribers)
	}
	return 0
}

// size returns the number of channels with subscribers, or of patterns.
func (h *hub) size(kind subscriptionKind) int {
	h.mu.RLock()
	defer h.mu.RUnlock()
	return len(h.topics[kind])
}
