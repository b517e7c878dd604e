package aso

import (
	"slices"

	"comet/aso/sandbox"
)

// ObjectStats is what the handlers of an object did since a partition remembers it.
type ObjectStats struct {
	DB           int
	Key          string
	Runs, Errors int64 // refusals are no errors
	Fuel         int64 // instructions
	Late         int64 // most milliseconds that a timer fired late
	State        int   // encoded bytes, after the last run that changed it
	ErrorTime    int64 // of the last error, Unix milliseconds; 0 if there was none
	ErrorEvent   sandbox.Handler
	ErrorText    string
	Timers       []TimerLate // of the timers that have fired, those that fired last

	weight int64 // that it is kept for: the cost of its runs, and what the object cost whose place it took
}

// TimerLate tells of the last firing of a timer.
type TimerLate struct {
	Name string
	Late int64 // milliseconds
}

// rememberedTimers is how many timers of an object are remembered.
const rememberedTimers = 64

// fired notes how late a timer was.
func (s *ObjectStats) fired(name string, late int64) {
	i := slices.IndexFunc(s.Timers, func(t TimerLate) bool { return t.Name == name })
	if i >= 0 {
		s.Timers[i].Late = late
		return
	}
	if len(s.Timers) == rememberedTimers {
		s.Timers = slices.Delete(s.Timers, 0, 1)
	}
	s.Timers = append(s.Timers, TimerLate{name, late})
}

// LateOf returns by how many milliseconds the last firing of a timer was late, -1 if that is not remembered.
func (s *ObjectStats) LateOf(name string) int64 {
	if s != nil {
		for _, t := range s.Timers {
			if t.Name == name {
				return t.Late
			}
		}
	}
	return -1
}

const (
	rememberedObjects = 16   // of a partition
	rememberedKey     = 1024 // bytes; objects with longer keys are not remembered
	errorWeight       = 1000 // instructions that an error counts as much as
)

// objectStats remembers the objects of a partition whose handlers cost most (the algorithm space-saving): a new one takes the place of the
// one with the least weight, and begins with that, so that what costs much comes to stay. Guarded by the partition's lock.
type objectStats struct {
	filter [4]uint64 // has a bit of each hash that is, or was, in hashes: most runs look for one in vain
	hashes []uint64  // of the keys in list
	list   []ObjectStats
	runs   int // of objects that are not remembered, while the list is full
	added  int // since the filter was made
}

// mayHave reports whether an object whose key has that hash may be in the list.
func (o *objectStats) mayHave(hash uint64) bool { return o.filter[hash>>8&3]&(1<<(hash&63)) != 0 }

// pass lets a hash through the filter, which is made anew when it lets too many through that are not in the list any more.
func (o *objectStats) pass(hash uint64) {
	if o.added++; o.added > 2*rememberedObjects {
		o.filter, o.added = [4]uint64{}, 0
		for _, other := range o.hashes {
			o.pass(other)
		}
	}
	o.filter[hash>>8&3] |= 1 << (hash & 63)
}

// sampledObjects says how many runs of objects that are not remembered it takes until one of them is, as if it had made them all: to take
// the place of another one costs more than a small run.
const sampledObjects = 8

// of returns the stats of an object, which may be new, and how many times a run of it counts for its weight; nil if it is not remembered.
func (o *objectStats) of(db int, key []byte, hash uint64, failed bool) (*ObjectStats, int64) {
	if o.mayHave(hash) {
		for i, other := range o.hashes {
			if s := &o.list[i]; other == hash && s.DB == db && s.Key == string(key) {
				return s, 1
			}
		}
	}
	times, at := int64(1), len(o.list)
	if at < rememberedObjects {
		o.hashes, o.list = append(o.hashes, 0), append(o.list, ObjectStats{})
	} else {
		if !failed {
			if o.runs++; o.runs < sampledObjects {
				return nil, 0
			}
			o.runs, times = 0, sampledObjects
		}
		at = o.least()
	}
	s := &o.list[at]
	*s, o.hashes[at] = ObjectStats{DB: db, Key: string(key), weight: s.weight}, hash
	o.pass(hash)
	return s, times
}

// least returns the place of the object with the least weight.
func (o *objectStats) least() (least int) {
	for i := range o.list {
		if o.list[i].weight < o.list[least].weight {
			least = i
		}
	}
	return least
}

// noteObject counts a run for the object of h.
func (h *host) noteObject(outcome *sandbox.Outcome, failure string, late int64) {
	if len(h.key) > rememberedKey {
		return
	}
	s, times := h.part.objects.of(h.tx.db, h.key, h.hash, failure != "")
	if s == nil {
		return
	}
	s.Runs++
	s.Fuel += outcome.Fuel
	s.weight += outcome.Fuel * times
	s.Late = max(s.Late, late)
	if outcome.StateChanged {
		s.State = len(outcome.State)
	}
	if f, ok := h.event.Fields.(*firing); ok {
		s.fired(f.name, h.tx.now-f.at)
	}
	if failure != "" {
		s.Errors++
		s.weight += errorWeight * times
		s.ErrorTime, s.ErrorEvent, s.ErrorText = h.tx.now, h.event.Handler, failure
	}
}

// ObjectStats returns what is remembered of the object at key, if anything is.
func (tx *Tx) ObjectStats(key []byte) (ObjectStats, bool) {
	for _, s := range tx.find(key).p.objects.list {
		if s.DB == tx.db && s.Key == string(key) {
			s.Timers = slices.Clone(s.Timers)
			return s, true
		}
	}
	return ObjectStats{}, false
}

// TopObjects returns the objects that are remembered with the highest positive values of by, the highest first, at most count. The Tx holds
// all locks.
func (tx *Tx) TopObjects(by func(*ObjectStats) int64, count int) (top []ObjectStats) {
	for i := range tx.ks.parts {
		for _, s := range tx.ks.parts[i].objects.list {
			if by(&s) > 0 {
				top = append(top, s)
			}
		}
	}
	slices.SortStableFunc(top, func(a, b ObjectStats) int { return int(max(min(by(&b)-by(&a), 1), -1)) })
	return top[:min(count, len(top))]
}

// ResetStats forgets what all handlers and objects did. The Tx holds all locks.
func (tx *Tx) ResetStats() {
	for _, c := range tx.ks.Codes() {
		c.ResetStats()
	}
	for i := range tx.ks.parts {
		tx.ks.parts[i].objects = objectStats{}
	}
}
