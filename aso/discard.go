package aso

// discard takes database db of p, which is partition part, away. None of its objects has handlers.
func (tx *Tx) discard(p *partition, part, db int) {
	d := p.dbs[db]
	p.dbs[db] = nil
	p.discarded = append(p.discarded, d)
	tx.changed.add(part)
	tx.changes += int64(d.count)
	tx.found.valid = false
	p.updateDue()
}

// freeDiscarded frees the objects of databases that were discarded, some under each hold of a lock.
func (ks *Keyspace) freeDiscarded() {
	const batch = 512 // objects
	for part := range ks.parts {
		p := &ks.parts[part]
		for left := true; left; {
			p.mu.Lock()
			left = p.freeSome(ks.arena, batch)
			p.mu.Unlock()
		}
	}
	ks.giveBack()
}

// freeSome frees up to n discarded objects, and reports whether some may be left.
func (p *partition) freeSome(a *arena, n int) bool {
	for ; len(p.discarded) > 0; p.discarded = p.discarded[:len(p.discarded)-1] {
		d := p.discarded[len(p.discarded)-1]
		for i := range d.slots {
			t := &d.slots[i]
			for ; len(t.places) > 0; t.places = t.places[1:] {
				if n <= 0 {
					return true
				}
				if t.places[0] != 0 {
					p.free(a, t.ref(0))
					n--
				}
			}
		}
	}
	p.discarded = nil
	return false
}

func (p *partition) free(a *arena, r ref) {
	rec := a.record(r)
	if rec.has(isLarge) {
		p.large.remove(rec.handle())
	}
	a.freeBlock(r, rec.class())
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
