package aso

import (
	"crypto/cipher"
	"sync"
	"sync/atomic"
	"time"

	"comet/aso/cron"
	"comet/aso/sandbox"
	"comet/aso/value"
)

// Committer makes units durable. Append is called under the locks of all that the unit touched, so it must not wait; the order of its
// calls is the order of the units. Commit waits until everything up to seq is as durable as the configuration promises; after an error
// that is not known of seq before a later Commit says so. Kept reports whether Commit would return nil at once.
type Committer interface {
	Append(unit []byte) (seq uint64)
	Commit(seq uint64) error
	Kept(seq uint64) bool
}

// Publisher delivers a message to the subscribers of a channel but for the client told, which has it already; 0 is none. It must not wait for them.
type Publisher interface {
	Publish(channel, message []byte, told uint64)
}

// Flusher is a Publisher that may keep messages back until Flush, which is called after the last of some that were there at once.
type Flusher interface{ Flush() }

// Options are what a keyspace is opened with.
type Options struct {
	Databases int          // number of databases; 0 is 16
	Limits    value.Limits // sizes above which collections change their encoding
	Now       func() int64 // the clock, Unix milliseconds; nil is the wall clock
	Committer Committer    // nil keeps everything in memory only
	Publisher Publisher    // nil drops keyspace notifications
}

// Keyspace holds all objects of a node. Its methods may be called by any goroutine; objects are reached through a Tx.
type Keyspace struct {
	arena       *arena
	parts       [partitions]partition
	databases   int
	clock       func() int64              // nil is the wall clock
	committer   atomic.Pointer[Committer] // nil: everything is in memory only
	limits      atomic.Pointer[value.Limits]
	notify      atomic.Uint32 // classes of keyspace notifications that are on
	outbox      outbox
	tracker     Tracker
	tracking    atomic.Bool // the tracker wants to know of changes
	txs         sync.Pool
	wake        chan struct{} // tells the expirer of an earlier due time
	onDuration  func(event string, took time.Duration)
	nextDue     atomic.Int64 // what the expirer sleeps until; 0 is for ever
	active      atomic.Int64 // objects with an active section
	swaps       atomic.Int64 // SWAPDBs so far
	largeBytes  atomic.Int64 // that large values hold
	peak        atomic.Int64 // see MemoryPeak
	capturing   atomic.Int32 // snapshots and exports being made
	exports     []*export    // under way; changed under all locks, read under any
	evictor     evictor
	master      masterState
	localExpiry localExpiry
	hold        int           // see captureHold
	commonSeq   atomic.Uint64 // journal position of the last change of what belongs to no object

	code          atomic.Pointer[codeTable]
	rules         atomic.Pointer[ruleSet] // nil if there are none
	maxRules      atomic.Int64
	scripts       atomic.Pointer[scriptTable]
	libraries     atomic.Pointer[LibraryTable]
	users         userCounts
	budgets       atomic.Pointer[budgets] // nil if there are none
	secrets       atomic.Pointer[secretSet]
	sealer        cipher.AEAD // nil without a key
	grants        atomic.Pointer[grantSet]
	strictGrants  atomic.Bool
	handlerLimits atomic.Pointer[sandbox.Limits]
	objectLimits  atomic.Pointer[ObjectLimits]
	workers       *sandbox.Pool
	execute       Executor
	lastEvent     atomic.Uint64
	logs          logRing
	troubles      troubles
	slow          slowRuns
	failed        failedRuns
	dead          deadTotals
	calendars     cron.Cache

	mailLimits atomic.Pointer[MessageLimits]
	pending    atomic.Int64 // messages that wait
	mailBytes  atomic.Int64 // that messages and their tickets hold
	callers    callers
	awaiting   atomic.Int64 // clients that wait for an event

	feeds     atomic.Pointer[feedSet] // nil if there are none
	tailed    atomic.Int64            // entries for feeds that wait
	tailBytes atomic.Int64            // that they hold

	expiring atomic.Bool  // the expirer is on (DEBUG SET-ACTIVE-EXPIRE)
	ageless  atomic.Bool  // see SetAgeless
	still    atomic.Int64 // Unix milliseconds, see SetStill
	frozen   atomic.Bool  // see Freeze
	Metrics  Metrics
}

// Metrics counts what happened in a keyspace since it was opened.
type Metrics struct {
	Hits, Misses  atomic.Int64 // look-ups for reading
	Expired       atomic.Int64 // objects whose deadline took them
	Evicted       atomic.Int64 // objects that gave way for lack of memory
	Changes       atomic.Int64 // changes since the last snapshot began
	Captured      atomic.Int64 // objects that the snapshot that is being made has; 0 if none is
	Fired         atomic.Int64 // timers fired
	TimerErrors   atomic.Int64 // firings that failed
	Lateness      Histogram    // of timers, in milliseconds
	Missed        atomic.Int64 // occurrences of timers that did not fire by themselves
	Dead          atomic.Int64 // firings and messages given up
	DeadDropped   atomic.Int64 // dead letters that gave way to newer ones
	TrialsStopped atomic.Int64 // versions on trial that failed too often
	Troubles      atomic.Int64 // see Trouble

	QuotaRefused   atomic.Int64 // runs that a limit refused
	QuotaPostponed atomic.Int64 // firings of timers and deliveries of messages that a limit postponed

	Messages MessageMetrics
}

// idleWorkers is how many Lua interpreters are kept for reuse.
const idleWorkers = 64

// New returns an empty keyspace.
func New(opt Options) *Keyspace {
	ks := &Keyspace{
		arena: newArena(), databases: opt.Databases, clock: opt.Now,
		wake: make(chan struct{}, 1), hold: captureHold,
	}
	if ks.databases == 0 {
		ks.databases = 16
	}
	if opt.Committer != nil {
		ks.committer.Store(&opt.Committer)
	}
	ks.outbox.publisher = opt.Publisher
	limits := opt.Limits
	ks.limits.Store(&limits)
	ks.expiring.Store(true)
	ks.master.epoch.Store(1)
	ks.dead.max.Store(defaultDeadMax)
	ks.SetEviction(Eviction{})
	ks.SetMessageLimits(DefaultMessageLimits())
	for i := range ks.parts {
		ks.parts[i].dbs = make([]*database, ks.databases)
		ks.parts[i].large.total = &ks.largeBytes
	}
	ks.code.Store(&codeTable{byID: map[CodeID]*Code{}, aliases: map[AliasID]*Alias{}})
	ks.SetSlowRuns(defaultSlowFuel, -1, defaultSlowMax)
	ks.SetRecordMax(defaultRecordMax)
	ks.SetMaxRules(defaultMaxRules)
	ks.scripts.Store(&scriptTable{})
	ks.libraries.Store(&LibraryTable{})
	ks.SetHandlerLimits(sandbox.DefaultLimits())
	ks.SetObjectLimits(DefaultObjectLimits())
	ks.workers = sandbox.NewPool(idleWorkers)
	ks.txs.New = func() any { return newTx(ks) }
	return ks
}

// now returns the time in Unix milliseconds.
func (ks *Keyspace) now() int64 { return ks.timeAt(time.Now()) }

// timeAt returns the time of the keyspace when that of the machine is t.
func (ks *Keyspace) timeAt(t time.Time) int64 {
	if ks.clock != nil {
		return ks.clock()
	}
	return t.UnixMilli()
}

// Databases returns the number of databases.
func (ks *Keyspace) Databases() int { return ks.databases }

// Limits returns the sizes above which collections change their encoding.
func (ks *Keyspace) Limits() value.Limits { return *ks.limits.Load() }

// SetLimits changes the limits for values written from now on.
func (ks *Keyspace) SetLimits(l value.Limits) { ks.limits.Store(&l) }

// SetActiveExpiry switches the removal of expired objects nobody asks for off or on.
func (ks *Keyspace) SetActiveExpiry(on bool) {
	ks.expiring.Store(on)
	ks.wakeExpirer()
}

// SetAgeless says whether objects live on when their deadlines have passed, and timers rest: while the log of another server is applied,
// which tells itself what has died.
func (ks *Keyspace) SetAgeless(on bool) {
	ks.ageless.Store(on)
	ks.wakeExpirer()
}

// SetStill lets nothing expire, be evicted, fire or be delivered by itself for some time. To commands that read, what has expired is not there; one that
// writes removes it.
func (ks *Keyspace) SetStill(d time.Duration) {
	ks.still.Store(ks.now() + d.Milliseconds())
	ks.wakeExpirer()
}

// Freeze lets nothing happen by itself, as SetStill does, until it is called with false: while the journal has failed. What is due by then comes later.
func (ks *Keyspace) Freeze(on bool) {
	if ks.frozen.Swap(on) != on {
		ks.wakeExpirer()
	}
}

func (ks *Keyspace) isStill() bool {
	until := ks.still.Load()
	return ks.frozen.Load() || until != 0 && ks.now() < until
}

// MemoryUsed returns the bytes that objects hold.
func (ks *Keyspace) MemoryUsed() int64 {
	return ks.arena.used.Load() + ks.largeBytes.Load() + ks.dead.bytes.Load() + ks.mailBytes.Load() + ks.tailBytes.Load()
}

// MemoryPeak returns the most that objects have held. It is looked at once a second or more often.
func (ks *Keyspace) MemoryPeak() int64 {
	for used := ks.MemoryUsed(); ; {
		peak := ks.peak.Load()
		if used <= peak {
			return peak
		}
		ks.peak.CompareAndSwap(peak, used)
	}
}

// MemoryInArena returns the bytes of blocks in use in the arena.
func (ks *Keyspace) MemoryInArena() int64 { return ks.arena.used.Load() }

// ArenaReport describes the blocks of the arena, a line for each size in use.
func (ks *Keyspace) ArenaReport() string { return ks.arena.report() }

// MemoryMapped returns the bytes of address space that the arena took from the operating system.
func (ks *Keyspace) MemoryMapped() int64 { return ks.arena.mapped.Load() }

// Wait blocks until everything up to the journal position gate is durable, then delivers the messages that waited for it. If the journal fails they are
// delivered, too: what they tell of is there, and is durable when the journal has been replaced.
func (ks *Keyspace) Wait(gate uint64) error {
	var err error
	if c := ks.committer.Load(); c != nil {
		err = (*c).Commit(gate)
	}
	ks.outbox.deliver(gate)
	return err
}

// IsKept reports whether Wait has nothing to wait for.
func (ks *Keyspace) IsKept(gate uint64) bool {
	c := ks.committer.Load()
	return c == nil || (*c).Kept(gate)
}

// WaitToShow is Wait for who promises nothing, but shows what is there. While the journal has failed that is shown, too.
func (ks *Keyspace) WaitToShow(gate uint64) { _ = ks.Wait(gate) }

// Stat describes one database.
type Stat struct {
	Keys, Expires int
	TTL           int64 // mean time to live of the keys with a deadline, in milliseconds
	Tables, Heaps int64 // bytes of what finds objects by their keys, and by what is due
}
