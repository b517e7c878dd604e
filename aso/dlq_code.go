package aso

import "bytes"

// encode appends the effect that keeps l.
func (l *DeadLetter) encode(log *effectLog) {
	var body effectLog
	body.uint(l.ID.Number)
	body.op(byte(l.Kind))
	body.int(l.Time)
	body.int(l.Due)
	body.text(l.Name)
	body.text(l.Handler)
	body.int(l.Attempts)
	body.text(l.Error)
	body.bytes(l.Data)
	body.bytes(l.Private)
	log.object(l.DB, []byte(l.Key))
	log.op(opDead)
	log.bytes(body.buf)
}

// decodeDead reads what encode wrote for an object.
func decodeDead(db int, key, body []byte) (*DeadLetter, error) {
	d := decoder{buf: body}
	l := &DeadLetter{DB: db, Key: string(key), ID: DeadID{d.uint(), Slot(key)}, Kind: DeadKind(d.byte()), Time: d.int(), Due: d.int()}
	l.Name, l.Handler, l.Attempts, l.Error = string(d.bytes()), string(d.bytes()), d.int(), string(d.bytes())
	l.Data, l.Private = bytes.Clone(d.bytes()), bytes.Clone(d.bytes())
	if d.err == nil && (len(d.buf) > 0 || l.Kind == 0 || int(l.Kind) >= len(deadKinds)) {
		d.fail()
	}
	return l, d.err
}

// applyDead keeps a dead letter of the object key, as an effect says.
func (tx *Tx) applyDead(key []byte, d *decoder, covered bool) error {
	body := d.bytes()
	if covered || d.err != nil {
		return nil
	}
	l, err := decodeDead(tx.db, key, body)
	if err != nil {
		return err
	}
	tx.insertDead(l)
	tx.ks.lastEvent.Store(max(tx.ks.lastEvent.Load(), l.ID.Number)) // no other event gets the number
	return nil
}

// applyDeadGone removes a dead letter of the object key, as an effect says.
func (tx *Tx) applyDeadGone(key []byte, d *decoder, covered bool) {
	if number := d.uint(); !covered && d.err == nil {
		tx.removeDead(DeadID{number, Slot(key)})
	}
}

// copyDead copies dead letters of the slot, the oldest first. All effects on them are followed: they are absolute.
func (c *capture) copyDead(p *partition) {
	const step = 8 // the cost of a dead letter of another slot
	i, _ := p.dead.search(c.dead + 1)
	for _, l := range p.dead.list[i:] {
		if c.room <= 0 {
			return
		}
		c.room -= step
		if c.dead = l.ID.Number; int(l.ID.Slot) == c.slot {
			before := len(c.log.buf)
			l.encode(&c.log)
			c.room -= len(c.log.buf) - before + recordCost
		}
	}
	c.allDead = true
}
