package aso

import (
	"container/list"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
)

// LogEntry is what a handler logged, or an error of one.
type LogEntry struct {
	Time           int64 // Unix milliseconds
	DB             int
	Key            string
	Handler, Event string
	Text           string
	ID             uint64 // of the event: ev.id
	Cause          uint64 // the event that led to it: ev.cause, and of onError the one that failed; 0 if there is none
}

// EventID returns ev.id.
func (e *LogEntry) EventID() string { return eventText(e.ID) }

// CauseID returns the id of the event that led to this one, empty if there is none.
func (e *LogEntry) CauseID() string {
	if e.Cause == 0 {
		return ""
	}
	return eventText(e.Cause)
}

const (
	logLines   = 32   // of an object
	logObjects = 1024 // that have lines
)

// logRing keeps the newest log entries of each object, so that one that logs much takes the place of its own lines only. If too many
// objects have lines, the one that has logged nothing for longest loses its.
type logRing struct {
	mu      sync.Mutex              // guards what follows; taken under partition locks
	objects map[dbKey]*list.Element // of recent
	recent  list.List               // of *objectLog, the one that logged last first
}

// objectLog is the newest lines of an object, the oldest first.
type objectLog struct {
	dbKey
	lines []LogEntry
}

func (l *logRing) add(e LogEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o := l.of(dbKey{e.DB, e.Key})
	if len(o.lines) == logLines {
		copy(o.lines, o.lines[1:])
		o.lines = o.lines[:logLines-1]
	}
	o.lines = append(o.lines, e)
}

// of returns the log of an object, which becomes the most recent.
func (l *logRing) of(k dbKey) *objectLog {
	if at := l.objects[k]; at != nil {
		l.recent.MoveToFront(at)
		return at.Value.(*objectLog)
	}
	if l.objects == nil {
		l.objects = map[dbKey]*list.Element{}
	}
	if l.recent.Len() == logObjects {
		delete(l.objects, l.recent.Remove(l.recent.Back()).(*objectLog).dbKey)
	}
	o := &objectLog{dbKey: k}
	l.objects[k] = l.recent.PushFront(o)
	return o
}

// Log returns the newest entries of the object at key of database db, at most count, the newest first.
func (ks *Keyspace) Log(db int, key []byte, count int) (found []LogEntry) {
	l := &ks.logs
	l.mu.Lock()
	defer l.mu.Unlock()
	at := l.objects[dbKey{db, string(key)}]
	if at == nil {
		return nil
	}
	for _, e := range slices.Backward(at.Value.(*objectLog).lines) {
		if len(found) == count {
			break
		}
		found = append(found, e)
	}
	return found
}

// Histogram counts durations in milliseconds by powers of two: bucket i counts those below 2^i.
type Histogram struct {
	buckets [40]atomic.Int64
	sum     atomic.Int64
}

// Observe counts a duration.
func (h *Histogram) Observe(ms int64) { h.ObserveTimes(ms, 1) }

// ObserveTimes counts n equal durations.
func (h *Histogram) ObserveTimes(ms, n int64) {
	ms = max(ms, 0)
	h.buckets[min(bits.Len64(uint64(ms)), len(h.buckets)-1)].Add(n)
	h.sum.Add(n * ms)
}

// Below returns the sum of what was counted, and how many were below each power of two, from 1 on; the last is all.
func (h *Histogram) Below() (sum int64, below []int64) {
	count := int64(0)
	for i := range h.buckets {
		count += h.buckets[i].Load()
		below = append(below, count)
	}
	return h.sum.Load(), below
}

// Quantile returns an upper bound of the q-quantile, 0 <= q <= 1, in milliseconds; 0 if nothing was counted.
func (h *Histogram) Quantile(q float64) int64 {
	var total, sum int64
	for i := range h.buckets {
		total += h.buckets[i].Load()
	}
	if total == 0 {
		return 0
	}
	for i := range h.buckets {
		if sum += h.buckets[i].Load(); float64(sum) >= q*float64(total) {
			return 1<<i - 1
		}
	}
	return 1<<len(h.buckets) - 1
}
