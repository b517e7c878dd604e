package aso

// Backlog is what should have happened more than a second ago, and has not.
type Backlog struct {
	Timers, Messages         int64 // objects with such a timer; messages, those that failed and are tried again among them
	TimersAge, MessagesAge   int64 // milliseconds by which the oldest is late
	Retrying, SecretsUnknown int64 // messages that failed before; secrets that the key of the server does not open
}

// Backlog returns what is overdue. It locks one partition after the other, and only those in which something is.
func (ks *Keyspace) Backlog() (b Backlog) {
	for part := range ks.parts {
		p := &ks.parts[part]
		if due := p.due.Load(); (due == 0 || due > ks.now()-overdue) && p.mailDue.Load() == 0 {
			continue
		}
		var locks Locks
		locks.add(part)
		tx := ks.Begin(&locks)
		tx.addBacklog(&b)
		tx.Commit()
	}
	b.countSecrets(ks)
	return b
}

// Backlog returns what is overdue in the partitions that the Tx holds.
func (tx *Tx) Backlog() (b Backlog) {
	tx.addBacklog(&b)
	b.countSecrets(tx.ks)
	return b
}

func (tx *Tx) addBacklog(b *Backlog) {
	for db := range tx.ks.databases {
		tx.eachDatabase(db, func(d *database) {
			if at := d.timers.next(); at != 0 && at < tx.now-overdue {
				b.Timers += d.timers.before(tx.now - overdue)
				b.TimersAge = max(b.TimersAge, tx.now-at)
			}
			if d.mail != nil {
				d.mail.addBacklog(b, tx.now)
			}
		})
	}
}

func (ml *mail) addBacklog(b *Backlog, now int64) {
	for _, box := range ml.boxes {
		if box == nil {
			continue
		}
		box.messages.from(0, func(m *Message) bool {
			if m.Attempt > 0 {
				b.Retrying++
			}
			if late := now - m.Due; late > overdue {
				b.Messages++
				b.MessagesAge = max(b.MessagesAge, late)
			}
			return true
		})
	}
}

// before returns how many entries come before a time.
func (h *dueHeap) before(at int64) (n int64) {
	todo := []int{0}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if i >= len(h.entries) || h.entries[i].at >= at {
			continue
		}
		n++
		for c := 4*i + 1; c < 4*i+5; c++ {
			todo = append(todo, c)
		}
	}
	return n
}

func (b *Backlog) countSecrets(ks *Keyspace) {
	for _, s := range ks.Secrets() {
		if !s.Usable() {
			b.SecretsUnknown++
		}
	}
}
