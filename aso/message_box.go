package aso

import (
	"cmp"
	"container/heap"
	"slices"
)

// mail is the messages that wait in a database of a partition. Guarded by the partition's lock.
type mail struct {
	boxes [slotsPerPartition]*mailbox // nil if there is nothing
	ready laneHeap                    // lanes whose first message may be delivered now, the oldest message first
	later laneHeap                    // lanes whose first message is not due, the earliest first
}

// mailbox is the messages that wait in a slot.
type mailbox struct {
	messages series[*Message] // by ID
	lanes    map[laneKey]*lane
	tickets  tickets
}

// laneKey names a sender and a receiver: what one sends to the other is delivered in order.
type laneKey struct {
	client   uint64 // see Message.Client
	from, to string
}

// lane is the messages of one sender to one receiver.
type lane struct {
	box      *mailbox
	key      laneKey
	next     messageHeap // those without a delay, in the order sent
	delayed  messageHeap // in the order of their due times
	retrying *Message    // the first delivery failed, or was postponed; it holds back the others. It is in neither heap

	in    *laneHeap // that the lane is in
	index int       // there
	rank  int64     // there
}

func (m *Message) lane() laneKey { return laneKey{m.Client, m.From, m.To} }

// head returns the message that is delivered first.
func (l *lane) head(now int64) *Message {
	switch {
	case l.retrying != nil:
		return l.retrying
	case len(l.next) == 0:
		return l.delayed.first()
	case len(l.delayed) == 0 || l.delayed[0].Due > now || compareMessages(l.next[0], l.delayed[0]) < 0:
		return l.next[0]
	}
	return l.delayed[0]
}

// wait returns when m may be delivered, 0 for at once: also after the clock jumped back.
func (m *Message) wait() int64 {
	switch {
	case m.RetryAt > 0:
		return m.RetryAt
	case m.Delayed:
		return m.Due
	}
	return 0
}

// compare orders the messages of a slot by their IDs.
func (m *Message) compare(other *Message) int { return cmp.Compare(m.ID, other.ID) }

// compareMessages orders messages by when they are due, then by when they were sent; those without a delay only by that.
func compareMessages(a, b *Message) int {
	if a.Delayed || b.Delayed {
		if c := cmp.Compare(a.Due, b.Due); c != 0 {
			return c
		}
	}
	return cmp.Compare(a.ID, b.ID)
}

// put adds m to the slot with the number i of the partition, in place of the message with its ID.
func (ml *mail) put(i int, m *Message, now int64) {
	ml.take(i, m.ID, now)
	box := ml.box(i)
	box.messages.add(m)
	l := box.lanes[m.lane()]
	if l == nil {
		l = &lane{box: box, key: m.lane()}
		box.lanes[l.key] = l
	}
	if m.RetryAt > 0 && l.retrying == nil {
		l.retrying = m
	} else {
		heap.Push(l.heapOf(m), m)
	}
	ml.place(l, now)
}

func (l *lane) heapOf(m *Message) *messageHeap {
	if m.Delayed {
		return &l.delayed
	}
	return &l.next
}

// take removes the message with an ID from the slot i and returns it, nil if it is not there.
func (ml *mail) take(i int, id uint64, now int64) *Message {
	box := ml.boxes[i]
	if box == nil {
		return nil
	}
	m, ok := box.messages.find(&Message{ID: id})
	if !ok {
		return nil
	}
	box.messages.remove(m)
	l := box.lanes[m.lane()]
	if m == l.retrying {
		l.retrying = nil
	} else {
		l.heapOf(m).remove(m)
	}
	ml.place(l, now)
	ml.tidy(i)
	return m
}

func (ml *mail) box(i int) *mailbox {
	if ml.boxes[i] == nil {
		ml.boxes[i] = &mailbox{lanes: map[laneKey]*lane{}}
	}
	return ml.boxes[i]
}

// tidy forgets the slot i if nothing is there.
func (ml *mail) tidy(i int) {
	if box := ml.boxes[i]; box.messages.len() == 0 && len(box.tickets.byName) == 0 {
		ml.boxes[i] = nil
	}
}

// place puts l where it belongs by its first message; a lane without any is gone.
func (ml *mail) place(l *lane, now int64) {
	l.leave()
	m := l.head(now)
	if m == nil {
		delete(l.box.lanes, l.key)
		return
	}
	at := m.wait()
	if at > now {
		l.enter(&ml.later, at)
	} else {
		l.enter(&ml.ready, int64(m.ID))
	}
}

func (l *lane) leave() {
	if l.in != nil {
		heap.Remove(l.in, l.index)
		l.in = nil
	}
}

func (l *lane) enter(h *laneHeap, rank int64) {
	l.in, l.rank = h, rank
	heap.Push(h, l)
}

// first returns the message to be delivered now, or nil.
func (ml *mail) first(now int64) *Message {
	for len(ml.later) > 0 && ml.later[0].rank <= now {
		ml.place(ml.later[0], now)
	}
	for len(ml.ready) > 0 {
		l := ml.ready[0]
		m := l.head(now)
		if m.wait() <= now {
			return m
		}
		ml.place(l, now) // the clock jumped back
	}
	return nil
}

// due returns when the next message may be delivered, 0 if there is none, and a time long ago for at once.
func (ml *mail) due() int64 {
	switch {
	case len(ml.ready) > 0:
		return 1
	case len(ml.later) > 0:
		return ml.later[0].rank
	}
	return 0
}

// detach takes the slot i out of ml, with its lanes, and returns it.
func (ml *mail) detach(i int) *mailbox {
	box := ml.boxes[i]
	ml.boxes[i] = nil
	for _, l := range box.lanes {
		l.leave()
	}
	return box
}

// adopt is the inverse of detach.
func (ml *mail) adopt(i int, box *mailbox, now int64) {
	ml.boxes[i] = box
	for _, l := range box.lanes {
		ml.place(l, now)
	}
}

// messageHeap is a heap.Interface.
type messageHeap []*Message

func (h messageHeap) first() *Message {
	if len(h) == 0 {
		return nil
	}
	return h[0]
}

func (h *messageHeap) remove(m *Message) {
	if i := slices.Index(*h, m); i >= 0 { // mostly it is the first
		heap.Remove(h, i)
	}
}

func (h messageHeap) Len() int           { return len(h) }
func (h messageHeap) Less(i, j int) bool { return compareMessages(h[i], h[j]) < 0 }
func (h messageHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *messageHeap) Push(m any)        { *h = append(*h, m.(*Message)) }
func (h *messageHeap) Pop() any {
	last := len(*h) - 1
	m := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return m
}

// laneHeap is a heap.Interface; its lanes know their places.
type laneHeap []*lane

func (h laneHeap) Len() int           { return len(h) }
func (h laneHeap) Less(i, j int) bool { return h[i].rank < h[j].rank }
func (h laneHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

func (h *laneHeap) Push(l any) {
	l.(*lane).index = len(*h)
	*h = append(*h, l.(*lane))
}

func (h *laneHeap) Pop() any {
	last := len(*h) - 1
	l := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return l
}
