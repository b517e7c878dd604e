package aso

import (
	"math/bits"
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
}

// logRing keeps the newest log entries of all handlers.
type logRing struct {
	mu      sync.Mutex // guards what follows; taken under partition locks
	entries [4096]LogEntry
	next    int // total number of entries added
}

func (l *logRing) add(e LogEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries[l.next%len(l.entries)] = e
	l.next++
}

// Log returns the newest entries of the object at key of database db, at most count, the newest first.
func (ks *Keyspace) Log(db int, key []byte, count int) (found []LogEntry) {
	l := &ks.logs
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := l.next - 1; i >= max(0, l.next-len(l.entries)) && len(found) < count; i-- {
		if e := &l.entries[i%len(l.entries)]; e.DB == db && e.Key == string(key) {
			found = append(found, *e)
		}
	}
	return found
}

// Histogram counts durations in milliseconds by powers of two: bucket i counts those below 2^i.
type Histogram struct{ buckets [40]atomic.Int64 }

// Observe counts a duration.
func (h *Histogram) Observe(ms int64) {
	h.buckets[min(bits.Len64(uint64(max(ms, 0))), len(h.buckets)-1)].Add(1)
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
