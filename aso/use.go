package aso

import "math/rand/v2"

// The clock of a record tells how its object is used. Without frequencies it is the time of the last use in seconds, modulo 2^24. With them it is,
// as in Redis, the time of the last use in minutes, modulo 2^16, in the upper 16 bits and below a count on a logarithmic scale.

const (
	clockMask      = 1<<24 - 1
	minuteMask     = 1<<16 - 1
	countBits      = 8
	maxCount       = 1<<countBits - 1
	newCount       = 5 // so that a new object is not the first to go
	secondsInClock = 1000
	minuteInClock  = 60 * 1000
)

// frequencies says how uses are counted.
type frequencies struct {
	logFactor int64 // the higher, the more uses it takes for the same count
	decay     int64 // minutes without use that lower the count by one; 0 is never
}

// secondsOf and minutesOf return a time in the units of clocks.
func secondsOf(now int64) uint32 { return uint32(now/secondsInClock) & clockMask }
func minutesOf(now int64) uint32 { return uint32(now/minuteInClock) & minuteMask }

// idleSeconds returns how long ago the last use was.
func idleSeconds(clock uint32, now int64) int64 { return int64((secondsOf(now) - clock) & clockMask) }

// count returns the count of a clock, less what it has lost since the last use.
func (f *frequencies) count(clock uint32, now int64) uint8 {
	count := int64(clock & maxCount)
	if f.decay > 0 {
		minutes := int64((minutesOf(now) - clock>>countBits) & minuteMask)
		count -= min(count, minutes/f.decay)
	}
	return uint8(count)
}

// used returns the clock after another use.
func (f *frequencies) used(clock uint32, now int64) uint32 {
	count := f.count(clock, now)
	above := float64(max(int64(count)-newCount, 0))
	if count < maxCount && rand.Float64()*(above*float64(f.logFactor)+1) < 1 {
		count++
	}
	return minutesOf(now)<<countBits | uint32(count)
}

// newClock returns the clock of a new object.
func (tx *Tx) newClock() uint32 {
	if tx.rates != nil {
		return minutesOf(tx.now)<<countBits | newCount
	}
	return secondsOf(tx.now)
}

// countedUse is the object whose use was counted last: a command that looks it up again uses it once.
type countedUse struct {
	valid bool
	db    int
	hash  uint64
}

// use notes that the running command uses the object at e, whose record is rec.
func (tx *Tx) use(e *entry, rec record) {
	if !tx.untouching {
		rec.setClock(tx.usedClock(e))
	}
}

// usedClock returns the clock of the object at e when the running command has used it; a new one if there is none.
func (tx *Tx) usedClock(e *entry) uint32 {
	if tx.rates == nil || e.r == 0 {
		return tx.newClock()
	}
	clock := tx.record(e).clock()
	use := countedUse{true, tx.db, e.hash}
	if tx.counted == use {
		return clock
	}
	tx.counted = use
	return tx.rates.used(clock, tx.now)
}
