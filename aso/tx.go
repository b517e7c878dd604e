package aso

import (
	"bytes"
	"slices"
	"sync/atomic"
	"time"

	"comet/aso/sandbox"
)

// Tx is access to the objects of some partitions while it holds their locks. It runs units (commands, transactions, handler runs), one
// after the other: Begin, then for each unit Start ... End, then Commit. A Tx belongs to one goroutine; all slices it hands out alias
// the keyspace and are valid until the next change or Commit.
//
// Time stands still during a Tx, so that what a unit decides by a deadline holds to its end.
type Tx struct {
	ks         *Keyspace
	locks      Locks
	db         int
	client     uint64 // see SetClient
	now        int64
	began      time.Time // when the locks were there
	reading    bool      // see SetReading
	reads      readTally
	lenient    bool // see SetLenient
	untouching bool // see SetTouching
	counted    countedUse
	rates      *frequencies // nil unless frequencies of use are counted
	replay     bool         // applying effects at load: no events, no expiry, no new effects

	hidden   [][]byte // keys whose values look missing
	immortal bool     // a handler is running: nothing expires
	obeys    uint64   // see Obey
	local    bool     // see SetLocal
	fuel     int64    // see Fuel

	interrupted bool // a handler runs because the object at another key of a command that is at work has expired

	effects   effectLog
	sections  int   // active sections recorded so far
	changed   Locks // partitions changed since Begin
	changes   int64 // since Begin, those that were taken back too
	uncounted int64 // of them, for save points
	timed     bool  // a due time changed since Begin
	flushed   bool  // databases were emptied since Begin
	common    bool  // what belongs to no object changed since Begin
	mailed    bool  // messages that wait changed since Begin
	tailed    bool  // entries for feeds that wait changed since Begin
	undo      undoLog
	events    []event
	heard     int // of them; see Hear
	messages  []message
	heardEnd  int            // of them; see HearEnd
	sent      []sentMessage  // by the running unit
	answers   []clientAnswer // of all units
	fed       feedNotes      // of the running unit
	cause     string         // see SetCause
	after     uint64         // see SetAfter
	advanced  historyPoint   // see Advance
	ready     []dbKey        // keys that blocked clients may be waiting for
	woken     []*Waiter
	serving   bool // inside serveBlocked
	deferred  []deferredServe
	secrets   []*Secret // that were there, and may be gone
	codes     []*Code   // built-in handlers whose source is among the effects
	failed    *Code     // whose run in the last RunHandler failed or refused; nil if none did
	stops     []stoppedTrial
	decider   *Code  // whose run returned the last value; nil if it has no onError
	decided   uint64 // the event of that run
	failures  []failure
	dry       *DryRun // the dry run that is under way, or nil

	open       []handle // collections changed by the running command and not stored yet
	pools      handlePools
	found      lastFind
	attached   attachedMemo
	hosts      []*host         // that do not run
	said       sandbox.Outcome // of the last RunHandler, if it was not nothing
	runs       runTally
	unmeasured int    // handler runs since the time of one was measured; see runTimed
	built      []byte // scratch for strings
	scratch    []byte // see Scratch
	active     []byte // scratch for sections
	dueKey     []byte // scratch for the key of what is due
	firing     firingScratch

	matched ruleMatches
	ruled   ruleVersion

	expected []byte // key of the next look-up, as Expect told
	hint     Hint
	ahead    ahead
	sink     byte // keeps Prefetch from being optimised away
}

// handle is a collection that a command has changed.
type handle interface {
	is(db int, key []byte, kind Kind) bool
	store() error
}

// lastFind remembers the last look-up that found a key, because commands look up a key and change it. Any change of where records stand
// ends it.
type lastFind struct {
	valid    bool
	expected bool // the key is tx.expected, so that its bytes need not be compared
	db       int
	entry    entry
}

// entry is where a key stands. r is 0 and i is -1 when it is not there.
type entry struct {
	p    *partition
	d    *database
	t    *table
	i    int
	r    ref
	hash uint64
	part int
}

func newTx(ks *Keyspace) *Tx { return &Tx{ks: ks} }

// BeginAll is Begin with the locks of all partitions.
func (ks *Keyspace) BeginAll() *Tx {
	var all Locks
	all.AddAll()
	return ks.Begin(&all)
}

// Begin locks the partitions in locks and returns a Tx on database 0.
func (ks *Keyspace) Begin(locks *Locks) *Tx {
	tx := ks.txs.Get().(*Tx)
	tx.locks = *locks
	tx.lock()
	return tx
}

func (tx *Tx) lock() {
	tx.locks.each(func(p int) { tx.ks.parts[p].mu.Lock() })
	tx.began = time.Now()
	tx.now = tx.ks.timeAt(tx.began)
	tx.effects.on = tx.ks.wantsEffects()
	tx.rates = tx.ks.evictor.rules.Load().rates
}

// wantsEffects reports whether anybody reads effects.
func (ks *Keyspace) wantsEffects() bool { return ks.committer.Load() != nil || ks.capturing.Load() > 0 }

// Began returns when the Tx got its locks.
func (tx *Tx) Began() time.Time { return tx.began }

// Now returns the time of the Tx in Unix milliseconds.
func (tx *Tx) Now() int64 { return tx.now }

// Keyspace returns the keyspace of the Tx.
func (tx *Tx) Keyspace() *Keyspace { return tx.ks }

// Holds reports whether the Tx holds all of locks.
func (tx *Tx) Holds(locks *Locks) bool { return tx.locks.Contains(locks) }

// Start begins a unit on database db.
func (tx *Tx) Start(db int) {
	tx.Select(db)
	tx.counted = countedUse{}
}

// Select changes the database that keys are looked up in.
func (tx *Tx) Select(db int) { tx.db = db }

// DB returns the number of the selected database.
func (tx *Tx) DB() int { return tx.db }

// Flush stores what the running command changed in collections. A command calls it itself only where the order of its
// notifications needs it.
func (tx *Tx) Flush() error {
	if len(tx.open) == 0 {
		return nil
	}
	return tx.storeOpen()
}

func (tx *Tx) storeOpen() error {
	var first error
	for _, h := range tx.open {
		if err := h.store(); err != nil && first == nil {
			first = err
		}
	}
	tx.open = tx.open[:0]
	return first
}

// EndCommand stores what a command changed and forgets the collections it used.
func (tx *Tx) EndCommand() error {
	err := tx.Flush()
	tx.pools.reset()
	return err
}

// End ends a unit: its changes become visible to blocked clients, watchers and subscribers.
func (tx *Tx) End() error {
	err := tx.EndCommand()
	if len(tx.fed.keys) > 0 {
		tx.endFeeds()
	}
	tx.fireEvents()
	tx.undo.reset()
	tx.sent = tx.sent[:0]
	tx.serveBlocked()
	if len(tx.failures) > 0 {
		tx.endFailures()
	}
	return err
}

// HasEffects reports whether units since Begin have changed anything that the journal keeps.
func (tx *Tx) HasEffects() bool { return len(tx.effects.buf) > 0 }

// Flushed reports whether databases were emptied since Begin: Commit frees what they held, after it has unlocked.
func (tx *Tx) Flushed() bool { return tx.flushed }

// Commit hands the effects of all units to the journal, unlocks, and returns the position to pass to Keyspace.Wait before any reply of
// these units leaves. The Tx must not be used afterwards.
func (tx *Tx) Commit() (gate uint64) {
	ks := tx.ks
	tx.runs.flush()
	tx.FlushReads()
	if len(tx.stops) > 0 {
		tx.endTrials()
	}
	if len(tx.fed.keys) > 0 { // of a unit that did not come to its end
		tx.endFeeds()
	}
	tx.effectAdvance()
	if unit := tx.effects.buf; len(unit) > 0 {
		if c := ks.committer.Load(); c != nil {
			gate = (*c).Append(unit)
		}
		if tx.common {
			raise(&ks.commonSeq, gate)
		}
		tx.changed.each(func(p int) {
			ks.parts[p].lastSeq = gate
			for _, c := range ks.parts[p].captures {
				c.follow(tx, unit)
			}
		})
		for _, e := range ks.exports {
			e.follow(tx, unit)
		}
	}
	if tx.advanced.set {
		tx.endAdvance(gate)
	}
	for _, c := range tx.codes {
		c.builtin.Store(false)
	}
	gate = max(gate, ks.commonSeq.Load())
	tx.locks.each(func(p int) { gate = max(gate, ks.parts[p].lastSeq) })
	if n := tx.Changes(); n > 0 {
		ks.Metrics.Changes.Add(n)
	}
	if tx.changed != (Locks{}) {
		ks.evictor.noteChange()
	}
	if tx.timed {
		tx.changed.each(func(p int) { ks.parts[p].updateDue() })
	}
	if tx.mailed {
		tx.changed.each(func(p int) { ks.parts[p].updateMail() })
	}
	if len(tx.messages) > 0 {
		ks.outbox.add(max(gate, tx.after), tx.messages)
	}
	if len(tx.secrets) > 0 {
		tx.wipeSecrets()
	}
	tx.answerClients()
	for _, w := range tx.woken {
		w.gate = gate
		close(w.done)
	}
	due := tx.firstDue()
	tx.locks.each(func(p int) { ks.parts[p].mu.Unlock() })
	ks.sleepUntil(due)
	ks.reportTrials(tx.stops)
	deferred, flushed := tx.deferred, tx.flushed
	tx.deferred = nil
	tx.reset()
	ks.txs.Put(tx)
	if flushed {
		ks.freeDiscarded()
	}
	for _, d := range deferred {
		gate = max(gate, ks.serveDeferred(d))
	}
	return gate
}

// raise makes v at least n.
func raise(v *atomic.Uint64, n uint64) {
	for old := v.Load(); old < n && !v.CompareAndSwap(old, n); old = v.Load() {
	}
}

func (tx *Tx) firstDue() (due int64) {
	if tx.common {
		due = tx.ks.firstSecret()
	}
	if !tx.timed && !tx.mailed && !tx.tailed {
		return due
	}
	tx.changed.each(func(p int) { due = sooner(due, tx.ks.parts[p].nextDue()) })
	return due
}

// reset makes tx ready for reuse; buffers of ordinary size are kept.
func (tx *Tx) reset() {
	const keep = 256 << 10
	tx.effects.reset(keep)
	tx.undo.reset()
	clear(tx.messages)
	clear(tx.woken)
	clear(tx.ready)
	clear(tx.codes)
	clear(tx.stops)
	tx.stops = tx.stops[:0]
	tx.codes, tx.failed, tx.decider, tx.failures = tx.codes[:0], nil, nil, nil
	tx.db, tx.client, tx.changed, tx.changes, tx.uncounted, tx.timed, tx.flushed, tx.mailed, tx.tailed = 0, 0, Locks{}, 0, 0, false, false, false, false
	clear(tx.answers)
	tx.answers = tx.answers[:0]
	tx.cause, tx.common = "", false
	clear(tx.sent)
	tx.sent = tx.sent[:0]
	tx.messages, tx.woken, tx.ready, tx.events = tx.messages[:0], tx.woken[:0], tx.ready[:0], tx.events[:0]
	tx.heard, tx.heardEnd = 0, 0
	tx.found, tx.expected, tx.ahead, tx.after, tx.fuel = lastFind{}, nil, ahead{}, 0, 0
	tx.obeys, tx.local, tx.advanced = 0, false, historyPoint{}
	if tx.said.Verdict != sandbox.None {
		tx.said = sandbox.Outcome{}
	}
	tx.open, tx.hidden, tx.immortal, tx.reading, tx.lenient, tx.untouching, tx.interrupted = tx.open[:0], tx.hidden[:0], false, false, false, false, false // a command that panicked leaves them
	tx.pools.reset()
	for _, h := range tx.hosts {
		tx.ks.workers.Release(&h.call)
	}
	if cap(tx.built) > keep {
		tx.built = nil
	}
	if cap(tx.scratch) > keep {
		tx.scratch = nil
	}
	clear(tx.matched.rules)
	tx.matched.set = nil
}

// find looks key up, whether expired or not.
func (tx *Tx) find(key []byte) entry { return *tx.locate(key) }

// locate is find for who needs the entry until the next look-up only.
func (tx *Tx) locate(key []byte) *entry {
	f := &tx.found
	expected := sameSlice(key, tx.expected)
	if f.valid && f.db == tx.db && (expected && f.expected || keyEquals(tx.ks.arena, f.entry.r, key)) {
		f.expected = f.expected || expected
		return &f.entry
	}
	tx.findHinted(&f.entry, key, tx.hintFor(key))
	f.valid, f.expected, f.db = f.entry.r != 0, expected, tx.db
	return &f.entry
}

// findHinted lets e be where key stands, whose hint is h.
func (tx *Tx) findHinted(e *entry, key []byte, h Hint) {
	e.part, e.hash = partitionOf(h.slot), h.hash
	e.p = &tx.ks.parts[e.part]
	e.d = e.p.database(tx.db, tx.ks.arena)
	e.t = &e.d.slots[h.slot%slotsPerPartition]
	if e.i, e.r = e.t.find(tx.ks.arena, key, e.hash), 0; e.i >= 0 {
		e.r = e.t.ref(e.i)
	}
}

func (tx *Tx) record(e *entry) record { return tx.ks.arena.record(e.r) }

// Over reports whether the time of an object with this deadline is over, which a master has to say of its objects. 0 is none.
func (tx *Tx) Over(deadline int64) bool {
	return deadline != 0 && deadline <= tx.now && tx.obeys == 0 && !tx.ks.ageless.Load()
}

// lookup returns where key stands if it has a value. An object whose deadline has passed dies here.
func (tx *Tx) lookup(key []byte) (entry, record) {
	e, rec := tx.reach(key)
	return *e, rec
}

// reach is lookup for who needs the entry until the next look-up only.
func (tx *Tx) reach(key []byte) (*entry, record) {
	e := tx.locate(key)
	if e.r == 0 {
		return e, nil
	}
	rec := tx.record(e)
	if tx.Over(rec.deadline()) && !tx.replay && !tx.immortal {
		if tx.ks.Follows() && !tx.local || tx.lenient && tx.ks.isStill() {
			return e, nil // the master will delete it, or the end of the pause
		}
		began := time.Now()
		tx.expire(key)
		tx.ks.tellDuration(ExpireOne, began)
		return tx.reach(key)
	}
	if rec.kind() == KindNone || len(tx.hidden) > 0 && tx.isHidden(key) {
		return e, nil
	}
	return e, rec
}

// Hide lets the values at keys look missing to reads, until it is called without any.
func (tx *Tx) Hide(keys ...[]byte) { tx.hidden = keys }

func (tx *Tx) isHidden(key []byte) bool {
	return slices.ContainsFunc(tx.hidden, func(h []byte) bool { return bytes.Equal(h, key) })
}

// lookupRead is reach for a command that uses the value: it notes the access.
func (tx *Tx) lookupRead(key []byte) (*entry, record) {
	e, rec := tx.reach(key)
	tx.CountRead(key, rec != nil)
	if rec != nil {
		tx.use(e, rec)
	}
	return e, rec
}

// mustBe returns ErrWrongType unless rec is of kind.
func mustBe(rec record, kind Kind) error {
	if rec.kind() != kind {
		return ErrWrongType
	}
	return nil
}

// put makes img the record of key, which e was found for.
func (tx *Tx) put(e *entry, img *image) error {
	tx.undo.save(tx, e, img.key)
	tx.feedBefore(e, img.key)
	tx.markChanged(e)
	if img.deadline != 0 {
		tx.noteDeadline(img.key)
	}
	if e.r != 0 {
		old := tx.record(e)
		if old.kind() == KindStream && img.kind != KindStream {
			tx.signalReady(e.p, img.key)
		}
		if old.has(isLarge) && !(img.large && old.handle() == handleOf(img.value)) {
			e.p.large.remove(old.handle())
		}
		if tx.putInPlace(e, old, img) {
			return nil
		}
		tx.account(e, old.kind(), old.deadline() != 0, old.has(hasActive), -1)
		tx.ks.users.recount(old.active(), img.active)
	} else {
		tx.ks.users.addSection(img.active, 1)
	}
	if err := tx.replaceRecord(e, img); err != nil {
		return err
	}
	tx.account(e, img.kind, img.deadline != 0, img.active != nil, 1)
	tx.found = lastFind{valid: true, expected: sameSlice(img.key, tx.expected), db: tx.db, entry: *e}
	return nil
}

// putInPlace overwrites the value where it stands if nothing else changes and the block fits it well.
func (tx *Tx) putInPlace(e *entry, old record, img *image) bool {
	if old.deadline() != img.deadline || !sameActive(old, img.active) || old.kind() == KindNone || img.kind == KindNone {
		return false
	}
	offset := old.valueOffset()
	class := old.class()
	if classFor(offset+len(img.value)) != class || class == hugeClass {
		return false
	}
	block := tx.ks.arena.bytes(e.r, classSizes[class])
	block[1] = byte(img.kind) | img.encoding<<4
	block[2] &^= isLarge
	if img.large {
		block[2] |= isLarge
	}
	record(block).setClock(img.clock)
	setSlack(block, offset+copy(block[offset:], img.value))
	return true
}

func sameActive(old record, active []byte) bool {
	if !old.has(hasActive) {
		return active == nil
	}
	return active != nil && bytes.Equal(old.active(), active)
}

// replaceRecord writes img to a new block and lets the table and the heap name it.
func (tx *Tx) replaceRecord(e *entry, img *image) error {
	a := tx.ks.arena
	r, class, err := a.alloc(img.size())
	if err != nil {
		return err
	}
	img.write(a.bytes(r, a.blockSize(r, class)), class)
	due := img.due()
	if e.r == 0 {
		e.i, e.r = e.t.insert(a, r, e.hash), r
		if due != 0 {
			e.d.heapOf(img.timed()).push(due, r)
			tx.timed = true
		}
		return nil
	}
	tx.moveDue(e, r, img)
	a.freeBlock(e.r, tx.record(e).class())
	e.t.setRef(e.i, r)
	e.r = r
	return nil
}

// moveDue lets the heaps name the new record r of e, made of img.
func (tx *Tx) moveDue(e *entry, r ref, img *image) {
	old, due := tx.record(e), img.due()
	from, to := e.d.heapOf(old.timed()), e.d.heapOf(img.timed())
	tx.timed = tx.timed || old.has(hasDue) || due != 0
	if old.has(hasDue) && due != 0 && from == to {
		i := old.heapIndex()
		to.moved(i, r)
		to.set(i, due)
		return
	}
	if old.has(hasDue) {
		from.remove(old.heapIndex())
	}
	if due != 0 {
		to.push(due, r)
	}
}

// drop removes the record of e, which exists, with its active section and a large value.
func (tx *Tx) drop(e *entry, key []byte) {
	tx.undo.save(tx, e, key)
	rec := tx.record(e)
	if rec.kind() == KindStream {
		tx.signalReady(e.p, key)
	}
	tx.release(e, rec)
	e.t.remove(tx.ks.arena, e.i)
	e.i, e.r = -1, 0
}

// release frees all that the record rec of e holds, and the record. Its place in the table is the caller's to empty, before anybody
// looks at it: the table reads no block of a place that it removes.
func (tx *Tx) release(e *entry, rec record) {
	tx.markChanged(e)
	tx.account(e, rec.kind(), rec.deadline() != 0, rec.has(hasActive), -1)
	tx.ks.users.addSection(rec.active(), -1)
	if rec.has(hasDue) {
		e.d.heapOf(rec.timed()).remove(rec.heapIndex())
		tx.timed = true
	}
	if rec.has(isLarge) {
		e.p.large.remove(rec.handle())
	}
	tx.ks.arena.freeBlock(e.r, rec.class())
	tx.found.valid = false
}

// account adds n to the counts an object of this form belongs to.
func (tx *Tx) account(e *entry, kind Kind, expires, active bool, n int) {
	if kind != KindNone {
		e.d.count += n
		if expires {
			e.d.expires += n
		}
	}
	if active {
		e.d.active += n
		tx.ks.active.Add(int64(n))
	}
}

// Changes is how many changes the commands of the unit count as, for save points.
func (tx *Tx) Changes() int64 { return tx.changes - tx.uncounted }

// SetChanges is for commands that Redis counts otherwise than by objects and items: n is what Changes was before the command, and what it counts as.
// A command that removes an object counts as something.
func (tx *Tx) SetChanges(n int64) { tx.uncounted = tx.changes - n }

func (tx *Tx) markChanged(e *entry) {
	tx.changed.add(e.part)
	tx.changes++
}
