package aso

// SetPublisher sets who delivers keyspace notifications. It is called once, before the first unit.
func (ks *Keyspace) SetPublisher(p Publisher) { ks.outbox.publisher = p }

// Deliver calls fn when the unit is durable, in order with the messages of the unit and with those of the units before. fn must not
// wait, and must not use the keyspace.
func (tx *Tx) Deliver(fn func()) {
	tx.messages = append(tx.messages, message{run: fn})
}

// DeliverInTurn is Deliver for what comes after the notifications of what the unit did so far.
func (tx *Tx) DeliverInTurn(fn func()) { tx.events = append(tx.events, event{run: fn}) }

// SetAfter lets the messages of all units of the Tx wait for the journal position gate at least: that of what their sender did before.
func (tx *Tx) SetAfter(gate uint64) { tx.after = max(tx.after, gate) }
