package aso

import "slices"

// Shown is what an object is besides its value.
type Shown struct {
	Kind     Kind
	Handlers []Match // its own and those of rules, in the order in which they run, those that do not apply among them
	State    []byte  // as the sandbox encodes it
	Timers   []Timer
	Runs     *ObjectStats // what is remembered of the runs of its handlers, nil if nothing is
	Budgets  []LimitUse   // that runs of its handlers count to, whoever causes them

	To, From MessageCount // messages that wait
	Answers  int          // messages that it has sent, and whose answer it waits for
	Dedups   int          // ids of messages that it takes no second time
	Waiting  int          // clients that wait for its value or its events
}

// MessageCount counts messages that wait.
type MessageCount struct {
	Pending  int64
	Retrying int64 // that failed before
	Age      int64 // milliseconds for which the oldest could have been delivered
}

func (n *MessageCount) add(m *Message, now int64) {
	n.Pending++
	n.Age = max(n.Age, now-m.Due)
	if m.Attempt > 0 {
		n.Retrying++
	}
}

// Show describes the object at key. Of messages it sees those of the partitions that the Tx holds.
func (tx *Tx) Show(key []byte) (shown Shown, err error) {
	shown, err = tx.show(key)
	tx.eachDatabase(tx.db, func(d *database) { shown.countMessages(d, string(key), tx.now) })
	return shown, err
}

// Show is Tx.Show of an object of database db outside a Tx: for its messages it locks one partition after the other. gate is the position to
// pass to Wait before it leaves.
func (ks *Keyspace) Show(db int, key []byte) (shown Shown, gate uint64, err error) {
	var locks Locks
	locks.Add(key)
	tx := ks.Begin(&locks)
	tx.SetReading(true)
	tx.SetTouching(false)
	tx.Start(db)
	shown, err = tx.show(key)
	_ = tx.End()
	gate = tx.Commit()
	for part := range ks.parts {
		if ks.parts[part].mailDue.Load() == 0 {
			continue
		}
		var locks Locks
		locks.add(part)
		tx := ks.Begin(&locks)
		tx.eachDatabase(db, func(d *database) { shown.countMessages(d, string(key), tx.now) })
		gate = max(gate, tx.Commit())
	}
	return shown, gate, err
}

// show is Show but for messages.
func (tx *Tx) show(key []byte) (shown Shown, err error) {
	tx.lookup(key)
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return shown, err
	}
	shown.Kind = tx.Kind(key)
	shown.Handlers = tx.matches(key, &s)
	shown.State = slices.Clone(s.state)
	shown.Budgets = tx.budgetsOf(key, shown.Handlers)
	if stats, ok := tx.ObjectStats(key); ok {
		shown.Runs = &stats
	}
	tx.countTickets(key, &shown)
	shown.Waiting = e.p.waitersOf(dbKey{tx.db, string(key)})
	shown.Timers, err = tx.Timers(key)
	return shown, err
}

// budgetsOf returns the limits by key and by handler that runs of handlers on the object at key count to.
func (tx *Tx) budgetsOf(key []byte, handlers []Match) (uses []LimitUse) {
	set := tx.ks.budgets.Load()
	if set == nil {
		return nil
	}
	list := set.prefixesOf(key, nil)
	for i := range handlers {
		if b := set.get(ScopeHandler, handlers[i].Name); handlers[i].Applies && b != nil && !slices.Contains(list, b) {
			list = append(list, b)
		}
	}
	for _, b := range list {
		uses = append(uses, b.use(tx.now))
	}
	return uses
}

func (tx *Tx) countTickets(key []byte, shown *Shown) {
	ml, i := tx.mailOf(string(key))
	if ml.boxes[i] == nil {
		return
	}
	for name, t := range ml.boxes[i].tickets.byName {
		switch {
		case name.key != string(key) || t.until <= tx.now:
		case name.answer:
			shown.Answers++
		default:
			shown.Dedups++
		}
	}
}

// waitersOf returns how many clients wait for the value or the events of k.
func (p *partition) waitersOf(k dbKey) (n int) {
	if q := p.blocked[k]; q != nil {
		n += len(q.waiters)
	}
	if a := p.awaited[k]; a != nil {
		n += len(a.waiters)
	}
	return n
}

// countMessages counts the messages of d that key gets or has sent.
func (s *Shown) countMessages(d *database, key string, now int64) {
	if d.mail == nil {
		return
	}
	for _, box := range d.mail.boxes {
		if box == nil {
			continue
		}
		for k, l := range box.lanes {
			if k.to == key {
				l.count(&s.To, now)
			}
			if k.from == key && k.client == 0 {
				l.count(&s.From, now)
			}
		}
	}
}

func (l *lane) count(n *MessageCount, now int64) {
	for _, list := range [...]messageHeap{l.next, l.delayed} {
		for _, m := range list {
			n.add(m, now)
		}
	}
	if l.retrying != nil {
		n.add(l.retrying, now)
	}
}
