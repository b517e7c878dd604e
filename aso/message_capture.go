package aso

// copyMail copies messages and tickets that have not ended of the slot in the next database. All effects on them are followed: they are absolute.
func (c *capture) copyMail(p *partition, now int64) {
	const step = 8 // the cost of an empty slot
	c.room -= step
	d := p.dbs[c.mailDB]
	if d == nil || d.mail == nil {
		c.mailDB++
		return
	}
	if box := d.mail.boxes[c.slot%slotsPerPartition]; box != nil && !c.copyBox(box, now) {
		return
	}
	c.mailDB, c.mailAt, c.ticket = c.mailDB+1, 0, nil
}

// copyBox copies what one hold allows of b, one thing at least, and reports whether that was the rest.
func (c *capture) copyBox(b *mailbox, now int64) (end bool) {
	end = b.messages.from(b.messages.search(&Message{ID: c.mailAt}), func(m *Message) bool {
		c.copyEffect(m.owner(), opMessage, m.encode())
		c.mailAt = m.ID + 1
		return c.room > 0
	})
	if !end {
		return false
	}
	i := 0
	if c.ticket != nil {
		i = b.tickets.byEnd.search(c.ticket)
	}
	return b.tickets.byEnd.from(i, func(t *ticket) bool {
		if t.until > now && (c.ticket == nil || c.ticket.compare(t) != 0) {
			c.copyEffect(t.key, opTicket, t.encode())
			c.ticket = t
			return c.room > 0
		}
		return true
	})
}

func (c *capture) copyEffect(key string, op byte, encoded []byte) {
	c.log.object(c.mailDB, []byte(key))
	c.log.op(op)
	c.log.bytes(encoded)
	c.room -= len(encoded) + recordCost
}
