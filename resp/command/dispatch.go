package command

import (
	"bytes"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"comet/aso"
)

// request is a command of a batch with its row.
type request struct {
	args  [][]byte
	cmd   *Command // nil if unknown
	err   error    // why it cannot run
	locks aso.Locks
	hint  aso.Hint   // of the key, if it is one
	hints []aso.Hint // of the keys of a command that may have several
}

const (
	maxBatch   = 128       // commands that share one hold of locks, so that one client's pipeline does not keep others out for long
	maxHints   = 256       // keys of a command that are looked up together
	replyChunk = 256 << 10 // bytes of replies that are collected before they leave
)

// Batch runs the commands of a pipeline in order, appends their replies to ses.Reply, and returns how many it has run: fewer than all if
// the client is to be closed, or replies should leave first. When it returns, the effects of all that ran are as durable as the
// configuration promises, unless the session owes that.
func (s *Server) Batch(ses *Session, cmds [][][]byte) (consumed int) {
	for consumed < len(cmds) && !ses.closing && ses.Reply.Len() < replyChunk {
		b := batches.Get().(*batch)
		b.s, b.ses = s, ses
		if ses.tracking.Load() != nil {
			ses.subs.hold() // else a message about what this batch reads could come before the reply, and what the client keeps would be stale
		}
		n := b.run(cmds[consumed:min(len(cmds), consumed+maxBatch)])
		paused, changes := b.paused, b.changing
		b.release()
		consumed += n
		if paused {
			s.waitPause(ses, changes)
		}
	}
	if ses.subs.isHolding() {
		_ = s.flush(ses) // the connection notices an error itself
	}
	return consumed
}

// batch is the running of some commands of one client, whose replies leave together.
type batch struct {
	s    *Server
	ses  *Session
	tx   *aso.Tx
	gate uint64
	rest []request // the running command and what follows it
	stop bool      // end the batch after the running command
	used int       // requests

	start, replied int  // where the replies that may still be taken back begin, and how many they are
	before         int  // where the reply of the running command begins
	paused         bool // the next command has to wait for the end of a CLIENT PAUSE
	changing       bool // it may change something

	promises bool // a reply may tell that something is kept; others show what is there, also while the journal has failed

	fuel  int64 // instructions of handlers of the running command
	acted bool  // a handler has run

	lapped  time.Duration // when the clock was read last, since the server started; 0 if not in this batch
	untimed int           // commands since
	tally   tally

	call  Call // the running command
	reqs  [maxBatch]request
	hints [maxBatch]aso.Hint
	items [maxBatch][]byte

	keyHints []aso.Hint // of commands with several keys
}

var batches = sync.Pool{New: func() any { return new(batch) }}

// release makes b ready for another client.
func (b *batch) release() {
	clear(b.reqs[:b.used])
	clear(b.items[:b.used])
	b.s, b.ses, b.tx, b.gate, b.rest, b.stop, b.call, b.used = nil, nil, nil, 0, nil, false, Call{}, 0
	b.start, b.replied, b.before, b.paused, b.changing, b.promises = 0, 0, 0, false, false, false
	b.lapped, b.untimed, b.tally, b.fuel, b.acted = 0, 0, tally{}, 0, false
	if b.keyHints = b.keyHints[:0]; cap(b.keyHints) > 16*maxHints {
		b.keyHints = nil
	}
	batches.Put(b)
}

// run runs some of cmds and waits until their effects are durable.
func (b *batch) run(cmds [][][]byte) (n int) {
	defer b.recover()
	b.used = len(cmds)
	reqs := b.reqs[:b.used]
	b.start = b.ses.Reply.Len()
	b.call.Reply, b.call.Session, b.call.Server = b.ses.Reply, b.ses, b.s
	for i, args := range cmds {
		var before *request
		if i > 0 {
			before = &reqs[i-1]
		}
		b.prepare(&reqs[i], args, before)
	}
	for n < len(reqs) && !b.stop && !b.ses.closing && b.ses.Reply.Len() < replyChunk {
		b.rest = reqs[n:]
		if !b.runOne(&reqs[n]) {
			break
		}
		n++
		if b.ses.Reply.Len() > b.before { // else CLIENT REPLY silenced it
			b.replied++
		}
		b.ses.replyAround(b.before)
		if b.ses.link != nil {
			b.ses.link.next++
		}
	}
	b.settle()
	b.flushTally()
	b.show()
	return n
}

// recover ends a batch whose command panicked: the locks are given back, and the connection ends, whose goroutine reports the panic.
func (b *batch) recover() {
	if cause := recover(); cause != nil {
		slog.Error("command panicked", "cause", cause, "stack", string(debug.Stack()))
		b.storeChanges()
		b.commit()
		b.ses.closing = true
		b.ses.Conn.Kill()
	}
}

// storeChanges stores what a command that panicked had changed: its effects go to the journal, and memory must not differ from that.
func (b *batch) storeChanges() {
	defer func() { _ = recover() }() // the damage goes further: the journal is right
	if b.tx != nil {
		_ = b.tx.EndCommand()
	}
}

// settle waits until all that the batch did and saw is durable, or has the session owe it.
func (b *batch) settle() {
	b.commit()
	b.ses.owe(debt{gate: b.gate, start: int32(b.start), replies: int32(b.replied), promises: b.promises, owed: true})
	if !b.ses.Defers || !b.acted && b.s.ks.IsKept(b.ses.debt.gate) {
		b.s.settle(b.ses)
	}
}

// prepare finds the row, the errors and the locks of a command; r is empty. before is the command before it in the pipeline, or nil: most often
// the two are the same.
func (b *batch) prepare(r *request, args [][]byte, before *request) {
	r.args = args
	if before != nil && before.err == nil && before.cmd.named && len(args) == len(before.args) && bytes.Equal(args[0], before.args[0]) {
		r.cmd = before.cmd
	} else {
		r.cmd, r.err = b.s.names.lookup(args)
	}
	switch {
	case r.err != nil:
	case before != nil && r.hasKeyOf(before):
		r.hint, r.hints, r.locks = before.hint, before.hints, before.locks
	case r.cmd.single:
		r.hint = aso.HintFor(args[r.cmd.keys.first])
		r.locks.AddHint(r.hint)
	case r.cmd.several:
		b.hintAll(r)
	default:
		r.cmd.addLocks(args, &r.locks)
	}
}

// hintAll finds the locks and the hints of a command with several keys.
func (b *batch) hintAll(r *request) {
	keys, end := r.cmd.keys, r.cmd.keys.end(r.args)
	if end-keys.first > maxHints*keys.step {
		r.cmd.addLocks(r.args, &r.locks)
		return
	}
	from := len(b.keyHints)
	for i := keys.first; i < end; i += keys.step {
		h := aso.HintFor(r.args[i])
		r.locks.AddHint(h)
		b.keyHints = append(b.keyHints, h)
	}
	if r.hints = b.keyHints[from:]; len(r.hints) == 1 {
		r.hint = r.hints[0]
	}
}

// hasKeyOf reports whether r and before, the same command, have the same key and no other.
func (r *request) hasKeyOf(before *request) bool {
	if before.err != nil || before.cmd != r.cmd || !r.cmd.single && (len(before.hints) != 1 || len(r.args) != len(before.args)) {
		return false
	}
	first := r.cmd.keys.first
	return bytes.Equal(r.args[first], before.args[first])
}

func (r *request) hasOneKey() bool { return r.cmd.single || len(r.hints) == 1 }

// runOne runs one command, with the checks that come before. It reports false if the command has to wait for the end of a pause.
func (b *batch) runOne(r *request) bool {
	ses := b.ses
	b.before = ses.Reply.Len()
	if r.cmd != nil {
		ses.last = r.cmd
	}
	err := b.check(r)
	switch {
	case err != nil:
		b.reject(r, err)
	case b.mustWait(r):
		return false
	case ses.multi != nil && !r.cmd.inMulti():
		ses.multi.queue(r)
		ses.Reply.Status("QUEUED")
	default:
		b.execute(r)
	}
	ses.applySilence(b.before)
	if ses.caching {
		ses.endCaching(r.cmd)
	}
	return true
}

// execute runs a command that has passed all checks.
func (b *batch) execute(r *request) {
	if b.untimed > 0 && r.cmd != b.call.Cmd {
		b.readClock(&b.call)
	}
	c := &b.call
	c.Args, c.Cmd, c.Tx, c.failed, c.refused, c.again, c.park, c.ready = r.args, r.cmd, nil, false, false, false, nil, nil
	b.notePromise(r.cmd, r.args)
	if r.cmd.script && (b.s.usesAny(r) || b.s.monitors.watch()) { // no script runs twice where somebody looks on
		r.locks.AddAll()
	}
	switch {
	case r.cmd.special != nil:
		began := time.Since(b.s.started)
		r.cmd.special(b, c)
		b.lapped = began // its time is that of all it ran
	case r.cmd.access == accessAlone, r.cmd.alone != nil && r.cmd.alone(r.args):
		b.settleBefore()
		b.lap()
		b.s.invoke(c)
	case r.cmd.access == accessBare && b.tx == nil && b.ses.link == nil: // a master's position is noted in a Tx
		if b.lapped == 0 {
			b.lap()
		}
		b.s.invoke(c)
	default:
		b.acquire(r)
		c.Tx, c.began = b.tx, b.lapped
		c.Tx.Start(b.ses.db)
		switch {
		case r.hasOneKey():
			c.Tx.Expect(r.args[r.cmd.keys.first], r.hint)
		case len(r.hints) > 1:
			c.Tx.ExpectEach(r.args[r.cmd.keys.first:], r.cmd.keys.step, r.hints)
		}
		b.s.invoke(c)
		if c.again {
			b.runWide(c)
		}
		b.fuel = c.Tx.Fuel()
		b.acted = b.acted || b.fuel > 0
		if c.Tx.Unheard() {
			b.hear(c, b.before)
		}
		if c.park == nil {
			b.endUnit()
		}
	}
	b.noteDuration(c)
	b.s.monitors.feed(c)
	if b.ses.link != nil {
		b.noteApplied()
	}
	if b.tx != nil && b.tx.Flushed() { // give all those locks back, and free the memory before the next command asks for some
		b.commit()
	}
	if c.park != nil {
		b.wait(c)
	}
}

// notePromise notes whether the reply of cmd, which is about to run, may promise that something is kept. That of a command that writes may also where it
// changes nothing: what it wanted is there then.
func (b *batch) notePromise(cmd *Command, args [][]byte) {
	if cmd.writes(args) || cmd.script && b.s.writesStopped.Load() == nil {
		b.promises = true
	}
}

// runWide runs the command of c, which did nothing, with all locks.
func (b *batch) runWide(c *Call) {
	b.endUnit()
	b.commit()
	var all aso.Locks
	all.AddAll()
	b.begin(&all)
	c.again, c.Tx = false, b.tx
	c.Tx.Start(b.ses.db)
	b.s.invoke(c)
}

func (b *batch) endUnit() {
	if err := b.tx.End(); err != nil {
		slog.Error("unit not stored", "error", err)
	}
	if b.tx.UnheardEnd() {
		b.hearEnd()
	}
}

// acquire gets the locks of r, and with them those of the commands after it that only need the locks of their keys.
func (b *batch) acquire(r *request) {
	if b.tx != nil && b.tx.Holds(&r.locks) {
		return
	}
	b.commit()
	locks, n := r.locks, 1
	for ; n < len(b.rest); n++ {
		next := &b.rest[n]
		if next.err != nil || next.cmd.special != nil || next.cmd.access != accessKeys {
			break
		}
		locks.AddLocks(&next.locks)
	}
	b.begin(&locks)
	if n > 1 {
		b.prefetch(b.rest[:n])
	}
}

// begin takes locks. What the client publishes under them comes after all that it did before.
func (b *batch) begin(locks *aso.Locks) {
	b.tx = b.s.ks.Begin(locks)
	b.tx.SetAfter(b.gate)
	b.tx.SetClient(b.ses.Conn.ID())
	if b.ses.link != nil {
		b.tx.Obey(b.ses.link.epoch)
	}
	b.lapped = b.tx.Began().Sub(b.s.started)
}

// commit gives the locks back.
func (b *batch) commit() {
	if b.untimed > 0 {
		b.readClock(&b.call)
	}
	if b.tx != nil {
		b.promises = b.promises || b.tx.HasEffects()
		b.gate = max(b.gate, b.tx.Commit())
		b.tx = nil
	}
}

// settleBefore makes what ran so far durable, before a command that may take long or reads the state of the journal.
func (b *batch) settleBefore() {
	b.commit()
	b.flushTally()
	b.stop = true                                 // its reply leaves when it has run
	_ = b.s.ks.Wait(max(b.gate, b.ses.debt.gate)) // an error is sticky: settle replies with it
}

// invoke runs the command of c, with the handlers of its objects, and replies with its error if it fails.
func (s *Server) invoke(c *Call) {
	if m, ok := c.tracksRead(); ok {
		s.invokeTracked(c, m)
		return
	}
	s.run(c)
}

func (s *Server) run(c *Call) {
	if err := s.try(c); err != nil {
		s.fail(c, err)
	}
}

// try runs the command of c, with the handlers of its objects. If it fails there is no reply.
func (s *Server) try(c *Call) error {
	start, before := c.Reply.Len(), int64(0)
	c.counted, c.changes = false, 0
	if c.Tx != nil {
		before = c.Tx.Changes()
		c.Tx.SetReading(c.Cmd.counts)
		c.Tx.SetLenient(!c.Cmd.writes(c.Args))
		c.Tx.SetTouching(!c.Session.noTouch || c.Cmd.Name == "touch")
		c.Tx.SetCause(c.Cmd.Name)
	}
	err := c.mayWrite()
	if err == nil {
		err = c.guardFeeds()
	}
	if err == nil {
		err = s.runActive(c)
	}
	if c.Tx != nil {
		if endErr := c.Tx.EndCommand(); err == nil {
			err = endErr
		}
	}
	if c.counted && err == nil {
		c.Tx.SetChanges(before + c.changes)
	}
	if err != nil {
		c.Reply.Truncate(start)
	}
	return err
}
