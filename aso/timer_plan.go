package aso

// The occurrences of a timer are a fixed series of times that its schedule gives, however late it fires and whatever the clock does. What
// comes next is computed from the occurrence before, never from the present, so a clock that jumps back makes nothing fire twice.

// punctual is how late a firing may be, in milliseconds, before CatchUpSkip drops it. It is less where the occurrences are closer.
const punctual = 60_000

// schedule makes t ready for planning.
func (ks *Keyspace) schedule(t *Timer) (err error) {
	if t.Cron != "" && t.calendar == nil {
		t.calendar, err = ks.calendars.Parse(t.Cron, t.Zone)
	}
	return err
}

// after returns the first occurrence after that at due; ok is false if there is none.
func (t *Timer) after(due int64) (next int64, ok bool) {
	switch {
	case t.Cron != "":
		next, ok = t.calendar.Next(due)
	case t.Every != 0:
		next, ok = due+t.Every, true
	}
	return next, ok && (t.Until == 0 || next <= t.Until)
}

// plan lets the occurrence at due be the next one.
func (t *Timer) plan(key []byte, due int64) {
	t.Due, t.At = due, due+t.delay(key, due)
	t.Attempt, t.Err = 0, ""
}

// delay returns how long after due the occurrence fires: always the same for the same key, timer and occurrence.
func (t *Timer) delay(key []byte, due int64) int64 {
	if t.Jitter == 0 {
		return 0
	}
	return int64(mix(t.seed(key, due)) % uint64(t.Jitter+1))
}

// seed returns a number that hardly any other occurrence has.
func (t *Timer) seed(key []byte, due int64) uint64 {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	h := uint64(offset)
	for _, b := range key {
		h = (h ^ uint64(b)) * prime
	}
	for i := range len(t.Name) {
		h = (h ^ uint64(t.Name[i])) * prime
	}
	return h ^ uint64(due)
}

// mix spreads the bits of n. Source: SplitMix64.
func mix(n uint64) uint64 {
	n = (n ^ n>>30) * 0xbf58476d1ce4e5b9
	n = (n ^ n>>27) * 0x94d049bb133111eb
	return n ^ n>>31
}

// skipMissed drops the occurrences that CatchUpSkip does not let fire any more at now, and returns how many; more is false if none is left.
func (t *Timer) skipMissed(key []byte, now int64) (dropped int64, more bool) {
	if t.CatchUp != CatchUpSkip || t.Attempt > 0 {
		return 0, true
	}
	late := int64(punctual)
	if next, ok := t.after(t.Due); ok {
		late = min(late, next-t.Due)
	}
	if now-t.At <= late {
		return 0, true
	}
	dropped, due, more := t.pass(now - late - t.Jitter)
	if more {
		t.drop(dropped)
		t.plan(key, due)
	}
	return dropped, more
}

// pass returns how many occurrences from the next one on are due before the time, and when the one after them is; more is false if that is
// none.
func (t *Timer) pass(before int64) (passed, due int64, more bool) {
	if t.Due >= before {
		return 0, t.Due, true
	}
	if t.Cron != "" {
		return t.passWhile(before, func(due int64) bool { return due < before })
	}
	if t.Every == 0 {
		return 1, 0, false
	}
	passed = (before - t.Due + t.Every - 1) / t.Every
	if t.Left != 0 && passed >= t.Left {
		return t.Left, 0, false
	}
	due = t.Due + passed*t.Every
	if t.Until != 0 && due > t.Until {
		return (t.Until-t.Due)/t.Every + 1, 0, false
	}
	return passed, due, true
}

// passWhile is pass for the occurrences of a cron expression, of which while tells whether they are to be passed. They must be looked at one
// by one, so beyond a thousand they are not counted.
func (t *Timer) passWhile(before int64, while func(due int64) bool) (passed, due int64, more bool) {
	const counted = 1000
	due, more = t.Due, true
	for more && while(due) {
		passed++
		switch passed {
		case t.Left:
			return passed, 0, false
		case counted:
			due = max(due, before-1)
		}
		due, more = t.after(due)
	}
	return passed, due, more
}

// drop takes n occurrences, not the last one, off those that are left.
func (t *Timer) drop(n int64) {
	if t.Left > 0 {
		t.Left -= n
	}
}

// following returns the timer as it is after its next occurrence; more is false if that was the last one. With merge the firing stands for
// all further occurrences that should have fired by now, which missed counts.
func (t *Timer) following(key []byte, now int64, merge bool) (next Timer, missed int64, more bool) {
	next = *t
	passed, due := int64(1), int64(0)
	if merge {
		passed, due, more = t.fired(key, now)
	} else {
		due, more = t.after(t.Due)
		more = more && t.Left != 1
	}
	if more {
		next.drop(passed)
		next.plan(key, due)
	}
	return next, passed - 1, more
}

// fired returns how many occurrences from the next one on should have fired by now, the next one at least, and when the one after them is
// due; more is false if that is none.
func (t *Timer) fired(key []byte, now int64) (passed, due int64, more bool) {
	if t.Cron != "" {
		return t.passWhile(now+1, func(due int64) bool { return due == t.Due || due+t.delay(key, due) <= now })
	}
	passed, due, more = t.pass(max(now, t.Due) + 1)
	for passed > 1 && t.Jitter > 0 {
		last := t.Due + (passed-1)*t.Every
		if last+t.delay(key, last) <= now {
			break
		}
		passed, due, more = passed-1, last, true
	}
	return passed, due, more
}
