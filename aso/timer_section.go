package aso

import (
	"slices"
	"strings"

	"comet/aso/cron"
)

// Timer is a named timer of an object: a schedule, which is a series of occurrences, and the occurrence of it that comes next.
type Timer struct {
	Name  string
	Again uint64 // number of the dead letter that this is another try of; such a timer stands beside the one of its name. 0 is the timer itself

	At      int64  // when it fires next, Unix milliseconds
	Due     int64  // when the next occurrence is due: earlier than At if it is jittered or was tried already
	Every   int64  // period in milliseconds; 0 if there is none
	Cron    string // expression that says when it is due; empty if there is none
	Zone    string // of Cron; empty is UTC
	Jitter  int64  // an occurrence fires up to so many milliseconds after it is due
	CatchUp CatchUp
	Retries int64 // how often a firing that failed is tried again
	Left    int64 // occurrences left, the next one among them; 0 is no limit
	Until   int64 // no occurrence is after this time, Unix milliseconds; 0 is no limit

	Attempt int64  // firings of the next occurrence that failed
	Err     string // how the last of them failed
	Data    []byte // what the handler gets as ev.data

	calendar *cron.Schedule // of Cron, once schedule was called
}

// DeadLetter returns the id of the dead letter that t, a timer of the object at key, is another try of; empty if it is none.
func (t *Timer) DeadLetter(key []byte) string {
	if t.Again == 0 {
		return ""
	}
	return DeadID{t.Again, Slot(key)}.String()
}

// DefaultRetries is how often a firing that failed is tried again where nothing else is said.
const DefaultRetries = 15

// NewTimer returns a timer without a schedule.
func NewTimer(name string) Timer { return Timer{Name: name, Retries: DefaultRetries} }

// CatchUp says what becomes of occurrences that were missed: whose time passed while the server was down or busy, or the clock jumped.
type CatchUp uint8

// The ways to catch up. The numbers are in the journal.
const (
	CatchUpOne  CatchUp = iota // one firing for all of them
	CatchUpSkip                // none
	CatchUpAll                 // each fires, in order
)

var catchUps = [...]string{CatchUpOne: "one", CatchUpSkip: "skip", CatchUpAll: "all"}

// String returns the name of c.
func (c CatchUp) String() string { return catchUps[c] }

// ParseCatchUp returns the way to catch up that has a name, in any case.
func ParseCatchUp(name string) (c CatchUp, ok bool) {
	i := slices.Index(catchUps[:], strings.ToLower(name))
	return CatchUp(max(i, 0)), i >= 0
}

// Parts of a timer that are there, in its flags.
const (
	timerRepeats = 1 << iota
	timerLeft
	timerUntil
	timerFailed
	timerData
	timerDue
	timerErr
	timerAgain
	timerJitter
	timerCatchUp
	timerRetries
	timerCron
)

func (t *Timer) flags() (f uint64) {
	set := func(flag uint64, on bool) {
		if on {
			f |= flag
		}
	}
	set(timerRepeats, t.Every != 0)
	set(timerLeft, t.Left != 0)
	set(timerUntil, t.Until != 0)
	set(timerFailed, t.Attempt != 0)
	set(timerData, len(t.Data) > 0)
	set(timerDue, t.Attempt == 0 && t.Due != t.At)
	set(timerErr, t.Err != "")
	set(timerAgain, t.Again != 0)
	set(timerJitter, t.Jitter != 0)
	set(timerCatchUp, t.CatchUp != CatchUpOne)
	set(timerRetries, t.Retries != DefaultRetries)
	set(timerCron, t.Cron != "")
	return f
}

// encode appends t: name, time, flags, and the parts that the flags name.
func (t *Timer) encode(log *effectLog) {
	f := t.flags()
	log.text(t.Name)
	log.int(t.At)
	log.uint(f)
	number := func(flags uint64, n int64) {
		if f&flags != 0 {
			log.int(n)
		}
	}
	number(timerRepeats, t.Every)
	number(timerLeft, t.Left)
	number(timerUntil, t.Until)
	number(timerFailed, t.Attempt)
	number(timerFailed|timerDue, t.Due)
	if f&timerData != 0 {
		log.bytes(t.Data)
	}
	if f&timerErr != 0 {
		log.text(t.Err)
	}
	if f&timerAgain != 0 {
		log.uint(t.Again)
	}
	number(timerJitter, t.Jitter)
	number(timerCatchUp, int64(t.CatchUp))
	number(timerRetries, t.Retries)
	if f&timerCron != 0 {
		log.text(t.Cron)
		log.text(t.Zone)
	}
}

// decodeTimer reads what encode wrote; Data aliases it.
func decodeTimer(d *decoder) (t Timer) {
	t.Name, t.At = string(d.bytes()), d.int()
	f := d.uint()
	number := func(flags uint64, absent int64) int64 {
		if f&flags != 0 {
			return d.int()
		}
		return absent
	}
	t.Every = number(timerRepeats, 0)
	t.Left = number(timerLeft, 0)
	t.Until = number(timerUntil, 0)
	t.Attempt = number(timerFailed, 0)
	t.Due = number(timerFailed|timerDue, t.At)
	if f&timerData != 0 {
		t.Data = d.bytes()
	}
	if f&timerErr != 0 {
		t.Err = string(d.bytes())
	}
	if f&timerAgain != 0 {
		t.Again = d.uint()
	}
	t.Jitter = number(timerJitter, 0)
	catchUp := number(timerCatchUp, int64(CatchUpOne))
	t.Retries = number(timerRetries, DefaultRetries)
	if f&timerCron != 0 {
		t.Cron, t.Zone = string(d.bytes()), string(d.bytes())
	}
	if min(t.At-1, t.Every, t.Left, t.Until, t.Attempt, t.Jitter, catchUp, t.Retries) < 0 || catchUp >= int64(len(catchUps)) {
		d.fail()
		return t
	}
	t.CatchUp = CatchUp(catchUp)
	return t
}

// timer returns the timer called name that is another try of the dead letter again, 0 for the timer itself; nil if there is none.
func (s *section) timer(name string, again uint64) *Timer {
	for i := range s.timers {
		if s.timers[i].Name == name && s.timers[i].Again == again {
			return &s.timers[i]
		}
	}
	return nil
}

// firstTimer returns the timer that fires first, or nil.
func (s *section) firstTimer() (first *Timer) {
	for i := range s.timers {
		if t := &s.timers[i]; first == nil || t.At < first.At {
			first = t
		}
	}
	return first
}

// remove removes t, one of the timers.
func (s *section) remove(t *Timer) {
	name, again := t.Name, t.Again
	s.timers = slices.DeleteFunc(s.timers, func(t Timer) bool { return t.Name == name && t.Again == again })
}

// cancel removes the timer called name, with other tries of its occurrences, and reports whether there was one.
func (s *section) cancel(name string) bool {
	n := len(s.timers)
	s.timers = slices.DeleteFunc(s.timers, func(t Timer) bool { return t.Name == name })
	return len(s.timers) < n
}
