package aso

import "strconv"

// errPending is returned when as many messages wait as may.
func errPending(most int64) Error {
	return Failure("ASOQUOTA", "messages "+strconv.FormatInt(most, 10)+" wait for delivery")
}

// errPayload is returned for a message that is too large.
func errPayload(most int) Error {
	return Failure("ASOLIMIT", "payload "+strconv.Itoa(most)+" bytes a message")
}

// Send lets m wait for its delivery, which is a unit of its own, in the slot that owns it. It returns the ID, as handlers see it; ok is false
// if a message with the dedup id of m was sent to the receiver before, by the same sender or, of messages of clients, any client.
func (tx *Tx) Send(m Message) (id string, ok bool, err error) {
	limits := tx.ks.mailLimits.Load()
	switch {
	case len(m.Name)+len(m.Payload)+len(m.To) > limits.Payload:
		return "", false, errPayload(limits.Payload)
	case tx.ks.pending.Load() >= limits.Pending:
		return "", false, errPending(limits.Pending)
	case m.Dedup != "" && tx.findTicket(m.dedup(m.owner())) != nil:
		return "", false, nil
	}
	m.ID = tx.eventID()
	if !m.Delayed {
		m.Due = tx.now
	}
	if m.ReplyAs != "" {
		m.ReplyTo = newReplyTo(m.From)
	}
	tx.enqueue(&m)
	return m.text(), true, nil
}

// enqueue adds m, which may be sent, with the tickets that belong to it.
func (tx *Tx) enqueue(m *Message) {
	tx.putMessage(m)
	until := max(tx.now, m.Due) + tx.ks.mailLimits.Load().DedupWindow
	if m.Dedup != "" {
		tx.putTicket(&ticket{ticketName: m.dedup(m.owner()), value: m.text(), until: until})
	}
	if m.ReplyAs != "" {
		tx.putTicket(&ticket{ticketName: ticketName{answer: true, key: m.From, name: m.ReplyTo}, value: m.ReplyAs, until: until})
	}
	tx.sent = append(tx.sent, sentMessage{tx.db, m})
}

// sentMessage is a message that the running unit has sent.
type sentMessage struct {
	db int
	m  *Message
}

// sendAgain sends messages that a rollback has taken back.
func (tx *Tx) sendAgain(sent []sentMessage) {
	for _, s := range sent {
		tx.inDB(s.db, func() { tx.enqueue(s.m) })
	}
}

// dedup returns the name of the ticket of m in the slot of key. There may be two: where the message is sent, and where it is delivered.
func (m *Message) dedup(key string) ticketName {
	if Slot([]byte(key)) == Slot([]byte(m.To)) {
		key = m.To
	}
	return ticketName{key: key, name: m.To + "\x00" + m.Dedup}
}
