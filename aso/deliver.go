package aso

// SetPublisher sets who delivers keyspace notifications. It is called once, before the first unit.
func (ks *Keyspace) SetPublisher(p Publisher) { ks.outbox.publisher = p }

// Deliver calls fn when the unit is durable, in order with the messages of the unit and with those of the units before. fn must not
// wait, and must not use the keyspace.
func (tx *Tx) Deliver(fn func()) {
	tx.messages = append(tx.messages, message{run: fn})
}

// DeliverInTurn is Deliver for what comes after the notifications of what the unit did so far. own is what the client of the Tx is to Hear of it.
func (tx *Tx) DeliverInTurn(fn func(), own []byte) {
	tx.events = append(tx.events, event{run: fn, own: own})
}

// Notice is a message that the client of a Tx is told by who runs its commands.
type Notice struct {
	Event            string // of the notification; "" if it is none
	Channel, Content []byte
	Own              []byte // what DeliverInTurn was given, instead of a channel and its content
}

// Hear calls fn with the messages that are to be published of what the unit did since the last call. The client of the Tx gets them from fn, at
// their place among its replies, and not with the other subscribers: what stands behind in its pipeline must not overtake them, nor subscribe to them.
// fn is nil if the client subscribes to nothing.
func (tx *Tx) Hear(fn func(n Notice)) {
	for ; tx.heard < len(tx.events); tx.heard++ {
		e := &tx.events[tx.heard]
		e.heard = e.class != 0 && e.class != emitted && e.class&forTracker == 0
		switch {
		case fn == nil:
		case len(e.own) > 0:
			fn(Notice{Own: e.own})
		case e.heard:
			tx.eachNotice(e, func(channel, content []byte) { fn(Notice{Event: e.name, Channel: channel, Content: content}) })
		}
	}
}

// HearEnd is Hear, after End, for what the end of the unit brought about, and what handlers published.
func (tx *Tx) HearEnd(fn func(n Notice)) {
	for ; tx.heardEnd < len(tx.messages); tx.heardEnd++ {
		if m := &tx.messages[tx.heardEnd]; m.run == nil && m.told == 0 {
			m.told = tx.client
			if fn != nil {
				fn(Notice{Channel: m.channel, Content: m.content})
			}
		}
	}
}

// Unheard reports whether Hear has to be called.
func (tx *Tx) Unheard() bool { return tx.heard < len(tx.events) }

// UnheardEnd reports whether HearEnd has to be called.
func (tx *Tx) UnheardEnd() bool { return tx.heardEnd < len(tx.messages) }

// SetAfter lets the messages of all units of the Tx wait for the journal position gate at least: that of what their sender did before.
func (tx *Tx) SetAfter(gate uint64) { tx.after = max(tx.after, gate) }
