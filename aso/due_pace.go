package aso

import "time"

// overdue is how late work may be, in milliseconds, before it counts as a backlog: what a stop of the server or a jump of the clock left.
// Work that is less late is done at once.
const overdue = 1000

// horizon returns up to when work is handled next, if the first is due at a time. A backlog is handled the oldest first, all partitions side
// by side: nothing goes before what is older by more than an eighth of the backlog's age.
func horizon(first, now int64) int64 {
	if now-first <= overdue {
		return now
	}
	return first + (now-first)/8
}

const (
	holdUnits = 128                  // objects handled under one hold of a partition's lock
	runUnits  = 8                    // how many of these an object counts as whose handlers may run: 16 of them fill a hold
	holdTime  = time.Millisecond     // after it the hold ends with the running object
	roundTime = 5 * time.Millisecond // after it no further hold begins before what was done is durable and the pacer had its say
)

// hold is how much may still be done under one hold of a lock.
type hold struct {
	units int
	began time.Time
}

func newHold() hold { return hold{holdUnits, time.Now()} }

// more reports whether another object may be handled.
func (h *hold) more() bool { return h.units > 0 }

// did counts an object.
func (h *hold) did(active bool) {
	if !active {
		h.units--
		return
	}
	if h.units -= runUnits; time.Since(h.began) > holdTime {
		h.units = 0
	}
}

// pacer keeps a backlog from taking the machine: while there is one, the loop rests as long as it works. If that is too slow, because
// the oldest work gets older, it rests less, down to not at all.
type pacer struct {
	share   int   // percent of the time that is worked; 0 without a backlog
	checked int64 // when share was looked at last, Unix milliseconds
	late    int64 // how late the oldest work was then
}

// rest returns how long to rest after a round that took some time at now. The oldest work was late by so many milliseconds.
func (p *pacer) rest(worked time.Duration, now, late int64) time.Duration {
	const first, step, every = 50, 10, 1000
	if late <= overdue {
		*p = pacer{}
		return 0
	}
	switch {
	case p.share == 0:
		*p = pacer{first, now, late}
	case now-p.checked >= every:
		if late >= p.late {
			p.share = min(p.share+step, 100)
		}
		p.checked, p.late = now, late
	}
	return worked * time.Duration(100-p.share) / time.Duration(p.share)
}
