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

// CountRead counts that a command that reads looked up key, and publishes a miss to those who asked for that.
func (tx *Tx) CountRead(key []byte, found bool) {
	switch {
	case !tx.reading:
	case found:
		tx.metrics().Hits.Add(1)
	default:
		tx.metrics().Misses.Add(1)
		tx.Notify(NotifyKeyMiss, "keymiss", key)
	}
}
