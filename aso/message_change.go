package aso

// What a Tx changes of the mail of its partitions. Each change is an effect on the key that owns the message, and can be undone.

// mailOf returns the mail that key belongs to in the selected database, and the number of its slot in there.
func (tx *Tx) mailOf(key string) (*mail, int) {
	slot := Slot([]byte(key))
	d := tx.ks.parts[partitionOf(slot)].database(tx.db, tx.ks.arena)
	if d.mail == nil {
		d.mail = &mail{}
	}
	return d.mail, int(slot % slotsPerPartition)
}

// changeMail is mailOf for a change.
func (tx *Tx) changeMail(key string) (*mail, int) {
	tx.changed.add(partitionOf(Slot([]byte(key))))
	tx.mailed = true
	return tx.mailOf(key)
}

// putMessage adds m, or puts it in the place of the message with its ID.
func (tx *Tx) putMessage(m *Message) {
	tx.effect([]byte(m.owner()), opMessage, m.encode())
	tx.changes++
	old := tx.takeMessage(m)
	tx.addMessage(m)
	db := tx.db
	tx.undo.add(noDB, nil, func() {
		tx.inDB(db, func() {
			tx.takeMessage(m)
			if old != nil {
				tx.addMessage(old)
			}
		})
	})
}

// endMessage removes m.
func (tx *Tx) endMessage(m *Message) {
	l := &tx.effects
	if l.on && !tx.replay {
		l.object(tx.db, []byte(m.owner()))
		l.op(opMessageEnd)
		l.uint(m.ID)
	}
	tx.changes++
	if tx.takeMessage(m) == nil {
		return
	}
	db := tx.db
	tx.undo.add(noDB, nil, func() { tx.inDB(db, func() { tx.addMessage(m) }) })
}

func (tx *Tx) addMessage(m *Message) {
	ml, i := tx.changeMail(m.owner())
	ml.put(i, m, tx.now)
	tx.ks.pending.Add(1)
	tx.ks.mailBytes.Add(m.size())
}

// takeMessage removes the message with the ID of m, and returns it, nil if it is not there.
func (tx *Tx) takeMessage(m *Message) *Message {
	ml, i := tx.changeMail(m.owner())
	old := ml.take(i, m.ID, tx.now)
	if old != nil {
		tx.ks.pending.Add(-1)
		tx.ks.mailBytes.Add(-old.size())
	}
	return old
}

// findTicket returns the ticket called n, or nil.
func (tx *Tx) findTicket(n ticketName) *ticket {
	ml, i := tx.mailOf(n.key)
	if ml.boxes[i] == nil {
		return nil
	}
	return ml.boxes[i].tickets.find(n, tx.now)
}

// putTicket adds t, and forgets those that have ended.
func (tx *Tx) putTicket(t *ticket) {
	tx.effect([]byte(t.key), opTicket, t.encode())
	tx.changes++
	ml, i := tx.mailOf(t.key)
	if old := ml.box(i).tickets.byName[t.ticketName]; old != nil {
		tx.takeTicket(old)
	}
	tx.addTicket(t)
	for end := ml.boxes[i].tickets.ended(tx.now); end != nil && end != t; end = ml.boxes[i].tickets.ended(tx.now) {
		tx.takeTicket(end)
	}
}

// useTicket removes t.
func (tx *Tx) useTicket(t *ticket) {
	tx.effect([]byte(t.key), opTicketEnd, t.encode())
	tx.changes++
	tx.takeTicket(t)
}

func (tx *Tx) addTicket(t *ticket) {
	ml, i := tx.changeMail(t.key)
	ml.box(i).tickets.add(t)
	tx.ks.mailBytes.Add(t.size())
	db := tx.db
	tx.undo.add(noDB, nil, func() { tx.inDB(db, func() { tx.takeTicket(t) }) })
}

func (tx *Tx) takeTicket(t *ticket) {
	ml, i := tx.changeMail(t.key)
	ml.boxes[i].tickets.remove(t)
	ml.tidy(i)
	tx.ks.mailBytes.Add(-t.size())
	db := tx.db
	tx.undo.add(noDB, nil, func() { tx.inDB(db, func() { tx.addTicket(t) }) })
}

// inDB calls fn with the database db selected.
func (tx *Tx) inDB(db int, fn func()) {
	selected := tx.db
	tx.Select(db)
	fn()
	tx.Select(selected)
}

// flushMail forgets all messages of the slot i of p in d, which is database db.
func (tx *Tx) flushMail(p *partition, d *database, part, i int) {
	if d.mail == nil || d.mail.boxes[i] == nil {
		return
	}
	ml := d.mail
	box := ml.detach(i)
	count, size := box.weight()
	tx.changed.add(part)
	tx.mailed = true
	tx.changes++
	tx.ks.pending.Add(-count)
	tx.ks.mailBytes.Add(-size)
	tx.undo.add(noDB, nil, func() {
		ml.adopt(i, box, tx.now)
		tx.ks.pending.Add(count)
		tx.ks.mailBytes.Add(size)
	})
}

// weight returns the number of messages and the bytes of all that is in b.
func (b *mailbox) weight() (count, size int64) {
	b.messages.from(0, func(m *Message) bool {
		size += m.size()
		return true
	})
	b.tickets.byEnd.from(0, func(t *ticket) bool {
		size += t.size()
		return true
	})
	return int64(b.messages.len()), size
}

// applyMail makes an effect on the messages that key owns take place, or only reads it if it is covered.
func (tx *Tx) applyMail(key []byte, op byte, d *decoder, covered bool) error {
	if op == opMessageEnd {
		if id := d.uint(); !covered && d.err == nil {
			tx.endMessage(&Message{ID: id, From: string(key)})
		}
		return nil
	}
	encoded := d.bytes()
	if covered || d.err != nil {
		return nil
	}
	if op == opMessage {
		m, err := decodeMessage(encoded)
		if err != nil || m.owner() != string(key) {
			return errCorrupt
		}
		tx.ks.passEvent(m.ID)
		tx.putMessage(m)
		return nil
	}
	t, err := decodeTicket(key, encoded)
	switch {
	case err != nil:
		return err
	case op == opTicket:
		tx.putTicket(t)
	case tx.findTicket(t.ticketName) != nil:
		tx.useTicket(t)
	}
	return nil
}

// updateMail notes when the next message of p is to be delivered.
func (p *partition) updateMail() {
	var due int64
	for _, d := range p.dbs {
		if d == nil || d.mail == nil {
			continue
		}
		if at := d.mail.due(); at != 0 && (due == 0 || at < due) {
			due = at
		}
	}
	p.mailDue.Store(due)
}
