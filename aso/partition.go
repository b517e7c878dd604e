package aso

import (
	"slices"
	"sync"
	"sync/atomic"
)

const (
	partitionBits     = 8
	partitions        = 1 << partitionBits
	slotsPerPartition = Slots / partitions
)

// partition owns a range of slots. Its lock guards all it holds, and the arena's blocks its tables name. Locks of several partitions
// are taken in ascending order (see Locks).
type partition struct {
	mu        sync.Mutex
	dbs       []*database // by number; nil until used
	large     largeValues
	discarded []*database // flushed: nobody looks at them any more, their objects are yet to be freed
	dead      deadLetters
	objects   objectStats
	lastSeq   uint64 // journal position of the last change here
	watched   map[dbKey][]watcher
	blocked   map[dbKey]*waitQueue
	awaited   map[dbKey]*awaited
	captures  []*capture // of slots of which a part has been copied
	slotSeqs  []uint64   // while loading: the journal position the snapshot of each slot covers

	due     atomic.Int64 // earliest deadline or timer, Unix milliseconds; 0 is none. Written under mu, read by the expirer.
	mailDue atomic.Int64 // when the next message is to be delivered, likewise
	tailed  atomic.Int64 // entries for feeds that wait
	_       [64]byte     // keep neighbours' locks off this cache line
}

// database is what one numbered database holds in one partition.
type database struct {
	slots   [slotsPerPartition]table
	count   int     // objects with a value
	expires int     // of these, objects with a deadline
	active  int     // objects with an active section
	due     dueHeap // objects with a deadline, but those in timers
	timers  dueHeap // objects with timers
	mail    *mail   // nil until used
	tail    series[*feedEntry]
}

// dbKey names a key of a database in maps.
type dbKey struct {
	db  int
	key string
}

// partitionOf returns the number of the partition that owns slot.
func partitionOf(slot uint16) int { return int(slot / slotsPerPartition) }

// database returns the database with the number db, made if need be.
func (p *partition) database(db int, a *arena) *database {
	if p.dbs[db] == nil {
		p.dbs[db] = &database{due: dueHeap{arena: a}, timers: dueHeap{arena: a}}
	}
	return p.dbs[db]
}

// isNew reports whether p never held anything since the program started.
func (p *partition) isNew() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	used := func(d *database) bool { return d != nil }
	return p.lastSeq == 0 && len(p.dead.list) == 0 && !slices.ContainsFunc(p.dbs, used)
}

// heapOf returns the heap for an object with or without timers.
func (d *database) heapOf(timed bool) *dueHeap {
	if timed {
		return &d.timers
	}
	return &d.due
}

// nextDue returns when the first object of d is due, 0 if none is, and the heap that it is in.
func (d *database) nextDue() (at int64, h *dueHeap) {
	death, timer := d.due.next(), d.timers.next()
	if death == 0 || timer != 0 && timer < death {
		return timer, &d.timers
	}
	return death, &d.due
}

// endCapture lets c follow no more changes.
func (p *partition) endCapture(c *capture) {
	p.captures = slices.DeleteFunc(p.captures, func(other *capture) bool { return other == c })
}

// updateDue notes when the expirer has to look at p next.
func (p *partition) updateDue() {
	var due int64
	for _, db := range p.dbs {
		if db == nil {
			continue
		}
		if at, _ := db.nextDue(); at != 0 && (due == 0 || at < due) {
			due = at
		}
	}
	p.due.Store(due)
}

// nextDue returns when the first deadline, timer, message or entry for a feed of p is due, 0 for never. It needs no lock.
func (p *partition) nextDue() int64 {
	return sooner(min(p.tailed.Load(), 1), sooner(p.due.Load(), p.mailDue.Load()))
}

// sooner returns the earlier of two times, of which 0 is never.
func sooner(a, b int64) int64 {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

// largeValues holds the values that are too large for a record, by handle.
type largeValues struct {
	values []largeValue
	free   []uint32
	bytes  int64         // sum of size
	total  *atomic.Int64 // that of all partitions
}

type largeValue struct {
	content any   // *largeString, *value.LargeHash, ...
	size    int64 // bytes it held when last measured
}

func (l *largeValues) add(content any, size int) uint32 {
	var h uint32
	if n := len(l.free); n > 0 {
		h = l.free[n-1]
		l.free = l.free[:n-1]
		l.values[h] = largeValue{content, int64(size)}
	} else {
		h = uint32(len(l.values))
		l.values = append(l.values, largeValue{content, int64(size)})
	}
	l.count(int64(size))
	return h
}

func (l *largeValues) get(h uint32) any { return l.values[h].content }

// resize notes that the value of h holds size bytes now.
func (l *largeValues) resize(h uint32, size int) {
	l.count(int64(size) - l.values[h].size)
	l.values[h].size = int64(size)
}

func (l *largeValues) remove(h uint32) {
	l.count(-l.values[h].size)
	l.values[h] = largeValue{}
	l.free = append(l.free, h)
}

// count adds n bytes to the sums.
func (l *largeValues) count(n int64) {
	if n != 0 {
		l.bytes += n
		l.total.Add(n)
	}
}
