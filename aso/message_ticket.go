package aso

import "cmp"

// ticket is what a slot remembers of a message for a while: that the object at Key has taken the one with a dedup id, or that it waits for
// the answer to one.
type ticket struct {
	ticketName
	value string // of a dedup id the message that was taken; of an answer the name it will have
	until int64  // Unix milliseconds
}

type ticketName struct {
	answer bool // name is the ReplyTo of a message, otherwise a dedup id
	key    string
	name   string
}

// maxTickets is how many tickets a slot has: beyond it those that end first are forgotten.
const maxTickets = 1 << 16

// tickets are those of a slot. Neither the time nor the number that ends one is in the journal: the next that is added tells.
type tickets struct {
	byName map[ticketName]*ticket
	byEnd  series[*ticket]
}

func (s *tickets) find(n ticketName, now int64) *ticket {
	if t := s.byName[n]; t != nil && t.until > now {
		return t
	}
	return nil
}

func (s *tickets) add(t *ticket) {
	if s.byName == nil {
		s.byName = map[ticketName]*ticket{}
	}
	s.byName[t.ticketName] = t
	s.byEnd.add(t)
}

func (s *tickets) remove(t *ticket) {
	delete(s.byName, t.ticketName)
	s.byEnd.remove(t)
}

// ended returns a ticket that is to be forgotten, or nil.
func (s *tickets) ended(now int64) *ticket {
	t, ok := s.byEnd.first()
	if ok && (t.until <= now || s.byEnd.len() > maxTickets) {
		return t
	}
	return nil
}

// compare orders tickets by their ends.
func (t *ticket) compare(other *ticket) int {
	return cmp.Or(cmp.Compare(t.until, other.until), cmp.Compare(t.key, other.key), cmp.Compare(t.name, other.name), t.kind()-other.kind())
}

func (t *ticket) kind() int {
	if t.answer {
		return 1
	}
	return 0
}

func (t *ticket) size() int64 {
	const fixed = 200
	return fixed + int64(len(t.key)+len(t.name)+len(t.value))
}

func (t *ticket) encode() []byte {
	var log effectLog
	log.op(byte(t.kind()))
	log.bytes([]byte(t.name))
	log.bytes([]byte(t.value))
	log.int(t.until)
	return log.buf
}

// decodeTicket reads a ticket of the object at key.
func decodeTicket(key, encoded []byte) (*ticket, error) {
	d := &decoder{buf: encoded}
	t := &ticket{ticketName: ticketName{d.byte() != 0, string(key), string(d.bytes())}, value: string(d.bytes()), until: d.int()}
	if len(d.buf) > 0 {
		return nil, errCorrupt
	}
	return t, d.err
}
