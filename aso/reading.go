package aso

// SetReading tells whether the running command counts as a reader of the keys that it looks up.
func (tx *Tx) SetReading(on bool) { tx.reading = on }

// SetLenient tells whether the running command leaves objects whose time is over where they are while ks is still: it must not write then.
func (tx *Tx) SetLenient(on bool) { tx.lenient = on }

// SetTouching tells, when a command begins, whether its look-ups count as uses of the objects.
func (tx *Tx) SetTouching(on bool) {
	tx.untouching = !on
	tx.counted = countedUse{}
}

// readTally counts look-ups for reading, so that the counters that all connections share are touched once in a Tx.
type readTally struct{ hits, misses int64 }

// FlushReads adds what was counted to the counters.
func (tx *Tx) FlushReads() {
	if t := &tx.reads; *t != (readTally{}) {
		tx.metrics().Hits.Add(t.hits)
		tx.metrics().Misses.Add(t.misses)
		*t = readTally{}
	}
}

// CountRead counts that a command that reads looked up key, and publishes a miss to those who asked for that.
func (tx *Tx) CountRead(key []byte, found bool) {
	if tx.CountLookup(found); tx.reading && !found {
		tx.Notify(NotifyKeyMiss, "keymiss", key)
	}
}

// CountLookup is CountRead of a command that looks at more than the value: a miss is no event.
func (tx *Tx) CountLookup(found bool) {
	switch {
	case !tx.reading:
	case found:
		tx.reads.hits++
	default:
		tx.reads.misses++
	}
}
