package aso

import "math"

// discard takes database db of p, which is partition part, away: objects, timers and messages are gone at once, whatever their number, and are yet to be
// freed.
func (tx *Tx) discard(p *partition, part, db int) {
	d := p.dbs[db]
	p.dbs[db] = nil
	p.discarded = append(p.discarded, d)
	tx.changed.add(part)
	tx.changes += int64(max(d.count, d.active))
	tx.found.valid = false
	tx.ks.active.Add(int64(-d.active))
	if d.mail != nil {
		tx.ks.pending.Add(-d.mail.count())
		tx.mailed = true
		p.updateMail()
	}
	p.updateDue()
}

// count returns how many messages wait.
func (ml *mail) count() (n int64) {
	for _, box := range ml.boxes {
		if box != nil {
			n += int64(box.messages.len())
		}
	}
	return n
}

// freeDiscarded frees what databases that were discarded held, some under each hold of a lock.
func (ks *Keyspace) freeDiscarded() {
	const batch = 512 // objects
	for part := range ks.parts {
		p := &ks.parts[part]
		for left := true; left; {
			p.mu.Lock()
			left = p.freeSome(ks, batch)
			p.mu.Unlock()
		}
	}
	ks.giveBack()
}

// finishFlush frees what the Tx has discarded now: what counts the users of handlers needs them. The Tx holds all locks.
func (tx *Tx) finishFlush() {
	if tx.flushed {
		tx.ks.freeAll()
	}
}

// freeAll frees what was discarded now. All locks are held.
func (ks *Keyspace) freeAll() {
	for part := range ks.parts {
		ks.parts[part].freeSome(ks, math.MaxInt)
	}
}

// freeSome frees up to n discarded objects, or the messages of a slot, and reports whether some may be left.
func (p *partition) freeSome(ks *Keyspace, n int) bool {
	for ; len(p.discarded) > 0; p.discarded = p.discarded[:len(p.discarded)-1] {
		d := p.discarded[len(p.discarded)-1]
		for i := range d.slots {
			t := &d.slots[i]
			for ; len(t.places) > 0; t.places = t.places[1:] {
				if n <= 0 {
					return true
				}
				if t.places[0] != 0 {
					p.free(ks, t.ref(0))
					n--
				}
			}
			n -= d.mail.free(ks, i)
		}
	}
	p.discarded = nil
	return false
}

// free forgets the messages of slot i, and returns their number.
func (ml *mail) free(ks *Keyspace, i int) int {
	if ml == nil || ml.boxes[i] == nil {
		return 0
	}
	count, size := ml.boxes[i].weight()
	ks.mailBytes.Add(-size)
	ml.boxes[i] = nil
	return int(count)
}

func (p *partition) free(ks *Keyspace, r ref) {
	rec := ks.arena.record(r)
	ks.users.addSection(rec.active(), -1)
	if rec.has(isLarge) {
		p.large.remove(rec.handle())
	}
	ks.arena.freeBlock(r, rec.class())
}

// giveBack returns the memory of an empty keyspace to the operating system.
func (ks *Keyspace) giveBack() {
	if ks.arena.used.Load() != 0 {
		return
	}
	var all Locks
	all.AddAll()
	all.each(func(p int) { ks.parts[p].mu.Lock() })
	mappings := ks.arena.reset()
	all.each(func(p int) { ks.parts[p].mu.Unlock() })
	for _, m := range mappings { // a system call each, in which pages are freed
		unmapMemory(m)
	}
}
