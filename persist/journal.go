package persist

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// defaultMaxPending is how many appended bytes may wait to be written before every Commit waits with them.
	defaultMaxPending = 32 << 20
	// keepBuffer is the largest buffer kept for reuse.
	keepBuffer = 4 << 20
)

// journal is the group commit. Append fills a buffer in memory; whoever commits first takes the turn and writes the whole
// buffer as one record, for all who wait. There is no writer goroutine, so a lone client pays no hand-over.
type journal struct {
	policy     atomic.Int32
	maxPending int
	now        func() time.Time
	every      time.Duration // between two ticks

	written atomic.Uint64                // highest unit in the file
	synced  atomic.Uint64                // highest unit on the disk
	stopped atomic.Pointer[stoppedState] // why nothing is written; nil while all is well
	crowded atomic.Bool                  // more than maxPending bytes are pending
	company atomic.Int32                 // more than 0 when lately records held units of several callers

	mu struct {
		sync.Mutex        // nothing slow happens under it
		pending    []byte // headerSize bytes of room, then the units not taken yet
		count      uint32 // units in pending
		last       uint64 // newest unit
		next       *group // those who wait for pending
		turn       *group // whom the file belongs to now; nil: nobody
		spare      []byte // buffer for reuse
		idle       *group // group for reuse
		shared     bool   // somebody waited for the last group
		collecting bool   // the journal is stopped, and pending is for the file that will replace it
		state      journalState
	}

	file atomic.Pointer[dbFile] // written under the turn; replaced under the turn and fsync.mu

	fsync fsyncState
}

type journalState int

const (
	journalUnloaded journalState = iota
	journalOpen
	journalClosed
)

type stoppedState struct{ err error }

// group is the units of one record and those who wait for it. Its fields are guarded by journal.mu.
type group struct {
	last uint64        // newest unit of it; 0 while it collects
	led  bool          // somebody has promised to write it
	done chan struct{} // closed when it is over; nil: nobody waits
}

func newJournal(policy Policy, maxPending int, now func() time.Time) *journal {
	j := &journal{maxPending: maxPending, now: now, every: fsyncEvery}
	j.policy.Store(int32(policy))
	j.mu.next = &group{}
	j.mu.pending = make([]byte, headerSize, 4096)
	return j
}

// start hands over the file that ends with unit last, all of it on the disk.
func (j *journal) start(file *dbFile, last uint64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.file.Store(file)
	j.mu.last = last
	j.mu.state = journalOpen
	j.written.Store(last)
	j.synced.Store(last)
}

// append numbers a unit and copies it into the pending buffer.
func (j *journal) append(unit []byte) uint64 {
	j.mu.Lock()
	j.mu.last++
	seq := j.mu.last
	if j.mu.state == journalOpen && (j.stopped.Load() == nil || j.mu.collecting) {
		j.mu.pending = appendUnit(j.mu.pending, unit)
		j.mu.count++
		if len(j.mu.pending) > j.maxPending {
			j.crowded.Store(true)
		}
	}
	j.mu.Unlock()
	return seq
}

// commit returns when every unit up to seq is as durable as the policy promises.
func (j *journal) commit(seq uint64) error {
	for yielded := false; ; {
		if seq <= j.synced.Load() {
			return nil
		}
		if s := j.stopped.Load(); s != nil {
			return s.err
		}
		crowded := j.crowded.Load()
		if !crowded && j.kept(seq) {
			return nil
		}
		if !yielded && j.company.Load() > 0 { // let those who are about to append do so, and perhaps write for all
			yielded = true
			runtime.Gosched()
			continue
		}
		j.mu.Lock()
		if crowded || seq > j.mu.last {
			seq = j.mu.last // nobody goes on before all is written; there is no unit above it to wait for
		}
		if err := j.usableLocked(); err != nil {
			j.mu.Unlock()
			return err
		}
		if g := j.busyWithLocked(seq); g != nil {
			j.waitLocked(g)
			continue
		}
		if err := j.lead(); err != nil {
			return err
		}
	}
}

// keptNow reports whether commit has nothing to do for seq.
func (j *journal) keptNow(seq uint64) bool {
	return seq <= j.synced.Load() || j.stopped.Load() == nil && !j.crowded.Load() && j.kept(seq)
}

// kept reports whether the promise holds for seq.
func (j *journal) kept(seq uint64) bool {
	return Policy(j.policy.Load()) != Always && seq <= j.written.Load()
}

func (j *journal) usableLocked() error {
	switch j.mu.state {
	case journalUnloaded:
		return ErrNotLoaded
	case journalClosed:
		return ErrClosed
	default:
		return nil
	}
}

// busyWithLocked returns the group that will write seq when somebody has already promised to.
func (j *journal) busyWithLocked(seq uint64) *group {
	if t := j.mu.turn; t != nil && seq <= t.last {
		return t
	}
	if j.mu.next.led {
		return j.mu.next
	}
	return nil
}

// waitLocked unlocks mu and waits for the end of g.
func (j *journal) waitLocked(g *group) {
	if g.done == nil {
		g.done = make(chan struct{})
	}
	done := g.done
	j.mu.Unlock()
	<-done
}

// lead takes the turn, writes everything that is pending by then and wakes the group. It is entered with mu locked and
// unlocks it.
func (j *journal) lead() error {
	g := j.mu.next
	g.led = true
	if j.mu.shared {
		j.mu.Unlock()
		runtime.Gosched() // let those who are about to append join the group
		j.mu.Lock()
	}
	for j.mu.turn != nil {
		j.waitLocked(j.mu.turn)
		j.mu.Lock()
	}
	j.mu.turn = g
	j.newGroupLocked()
	var err error
	switch s := j.stopped.Load(); {
	case s != nil: // what is pending may be for another file
		err = s.err
	case j.mu.state == journalOpen: // else commit finds out what became of its unit
		err = j.writePendingLocked(g)
	}
	j.endTurnLocked()
	return err
}

// writePendingLocked writes what is pending, for the group g that has the turn. mu is unlocked meanwhile.
func (j *journal) writePendingLocked(g *group) error {
	buf, count, last := j.mu.pending, j.mu.count, j.mu.last
	g.last = last
	j.newBufferLocked()
	j.mu.Unlock()
	free, err := j.write(buf, count, last)
	j.mu.Lock()
	if j.mu.spare == nil && free != nil && cap(free) <= keepBuffer {
		j.mu.spare = free
	}
	return err
}

func (j *journal) newGroupLocked() {
	if j.mu.next = j.mu.idle; j.mu.next == nil {
		j.mu.next = &group{}
	}
	j.mu.idle = nil
}

func (j *journal) newBufferLocked() {
	if j.mu.pending = j.mu.spare; j.mu.pending == nil {
		j.mu.pending = make([]byte, headerSize, 4096)
	}
	j.mu.spare = nil
	j.mu.pending = j.mu.pending[:headerSize]
	j.mu.count = 0
	j.crowded.Store(false)
}

// takeTurn waits until nobody writes and keeps writers out until endTurnLocked. It returns with mu locked.
func (j *journal) takeTurn() {
	j.mu.Lock()
	for j.mu.turn != nil {
		j.waitLocked(j.mu.turn)
		j.mu.Lock()
	}
	j.mu.turn = &group{led: true}
}

// endTurnLocked gives the turn back, unlocks mu and wakes those who waited.
func (j *journal) endTurnLocked() {
	g := j.mu.turn
	j.mu.turn = nil
	done := g.done
	j.mu.shared = done != nil
	if done == nil {
		*g = group{}
		j.mu.idle = g
	}
	j.mu.Unlock()
	if done != nil {
		close(done)
	}
}

// write puts count units, the newest of which is last, into the file as one record, and on the disk where the policy says
// so. The caller has the turn. free is a buffer for reuse.
func (j *journal) write(buf []byte, count uint32, last uint64) (free []byte, err error) {
	if s := j.stopped.Load(); s != nil {
		return nil, s.err
	}
	if count == 0 {
		free = buf
	} else {
		j.noteCompany(count)
		j.awaitSlowFsync()
		file := j.file.Load()
		seal(buf, kindUnits, file.id, last-uint64(count)+1, count)
		if free, err = file.append(buf); err != nil {
			return nil, j.stop(err)
		}
		j.written.Store(last)
	}
	if Policy(j.policy.Load()) == Always && j.synced.Load() < last {
		return free, j.syncFile()
	}
	return free, nil
}

// noteCompany remembers for some records that one held several units: then it pays to let other callers run before writing. To a
// lone caller that would only cost a wake-up.
func (j *journal) noteCompany(count uint32) {
	const records = 16
	if count > 1 {
		j.company.Store(records)
	} else if left := j.company.Load(); left > 0 {
		j.company.Store(left - 1)
	}
}

// stop ends all writing until resume; the first reason stays.
func (j *journal) stop(reason error) error {
	s := &stoppedState{fmt.Errorf("%w: %w", ErrStopped, reason)}
	if !j.stopped.CompareAndSwap(nil, s) {
		s = j.stopped.Load()
	}
	return s.err
}

// err is nil while writes can succeed.
func (j *journal) err() error {
	if s := j.stopped.Load(); s != nil {
		return s.err
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.usableLocked()
}

// newest is the number of the newest unit.
func (j *journal) newest() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.mu.last
}

// pendingBytes is what no record holds yet.
func (j *journal) pendingBytes() int64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return int64(len(j.mu.pending) - headerSize)
}

// fileSize is the size of the file that takes the units.
func (j *journal) fileSize() int64 {
	if file := j.file.Load(); file != nil {
		return file.size.Load()
	}
	return 0
}
