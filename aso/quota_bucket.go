package aso

import "math"

// bucket is what is used of a budget of so many units per window. What is used comes back evenly: max units in each window. So no stretch of
// time of length t sees more than max + t*max/window units begin. The arithmetic is exact: levels are in units times milliseconds.
type bucket struct {
	max, window int64 // units; milliseconds
	level       int64 // used, in units times window; beyond max*window after a unit whose cost nobody knew before
	at          int64 // Unix milliseconds of level
	last        int64 // units used last
}

// drain lets what has come back until now be unused. A clock that jumps back brings nothing back, and takes nothing.
func (b *bucket) drain(now int64) {
	if elapsed := now - b.at; elapsed > 0 {
		b.level = max(b.level-min(elapsed, b.level/b.max+1)*b.max, 0)
	}
	b.at = now
}

// wait returns after how many milliseconds a unit can be used, 0 if at once. The bucket is drained.
func (b *bucket) wait() int64 {
	over := b.level - (b.max-1)*b.window
	if over <= 0 {
		return 0
	}
	return (over-1)/b.max + 1
}

// mostUsed is the highest level: twice that of the largest budget, and low enough that no sum of two overflows.
const mostUsed = math.MaxInt64 / 2

// use counts units as used.
func (b *bucket) use(units int64) {
	b.last = units
	if units > (mostUsed-b.level)/b.window {
		b.level = mostUsed
		return
	}
	b.level += units * b.window
}

// giveBack takes back the use of one unit.
func (b *bucket) giveBack() { b.level = max(b.level-b.window, 0) }

// used returns the units that count as used, rounded up.
func (b *bucket) used() int64 { return (b.level + b.window - 1) / b.window }

// gap returns how many milliseconds bring back what was used last, at least one.
func (b *bucket) gap() int64 {
	windows := min(b.last/b.max, math.MaxInt32)
	return max(windows*b.window+(b.last%b.max*b.window+b.max-1)/b.max, 1)
}
