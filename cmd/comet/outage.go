package main

import (
	"time"

	"comet/resp/command"
)

const (
	// firstRetry is how long after the journal has stopped a snapshot is tried, which replaces it.
	firstRetry = time.Second
	// longestRetry bounds the time between two tries, unless a try itself takes longer.
	longestRetry = 10 * time.Second
	// tellEvery is how often failed tries of an outage are logged.
	tellEvery = time.Minute
)

// writeGate is told whether what clients write can be kept.
type writeGate interface {
	StopWrites(cause error)
	ResumeWrites()
	WritesStopped() error
	NoteSave(err error)
}

// outage is the time in which the journal cannot be written. It ends with a snapshot of all that is in memory, in new files: what the failed ones hold is not
// known.
type outage struct {
	next  time.Time     // of the next try; zero: all is well
	pause time.Duration // before it
	told  time.Time     // when a failed try was logged last
}

// due reports whether a stopped journal is to be replaced now.
func (o *outage) due(now time.Time) bool {
	if o.next.IsZero() {
		o.pause = firstRetry
		o.next = now.Add(o.pause)
	}
	return !now.Before(o.next)
}

// failed notes the end of a try, and reports whether it is to be logged. The next one comes later each time, and not before as much time has gone by as this one
// took: on a disk without enough room each fills what there is.
func (o *outage) failed(now time.Time, took time.Duration) bool {
	if o.next.IsZero() {
		return true
	}
	o.pause = min(2*o.pause, longestRetry)
	o.next = now.Add(max(o.pause, took))
	if now.Sub(o.told) < tellEvery {
		return false
	}
	o.told = now
	return true
}

// watchJournal stops writes when the journal has stopped, and lets it be replaced from time to time. It reports whether all is well.
func (s *saver) watchJournal() bool {
	var err error
	if s.journal.Load() {
		err = s.disk.store.Load().Err()
	}
	if err == nil {
		s.endOutage()
		return true
	}
	s.writes.StopWrites(err)
	s.retry(time.Now())
	return false
}

// retry begins a snapshot when it is time to try one.
func (s *saver) retry(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.outage.due(now) {
		return
	}
	if _, err := s.beginLocked(command.SaveRewrite, false); err != nil {
		s.log.Debug("snapshot not begun", "reason", err) // one is being made already
	}
}

// endOutage lets writes go on. They may have been stopped late, by a command that was told of an outage that is over.
func (s *saver) endOutage() {
	s.outage = outage{}
	s.writes.ResumeWrites()
}
