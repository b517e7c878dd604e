package command

import (
	"errors"
	"time"

	"comet/aso"
	"comet/resp/wire"
)

// blockState is what CLIENT UNBLOCK and INFO see of a waiting client. Guarded by Server.blockMu.
type blockState struct {
	waiter  *aso.Waiter
	timed   bool  // there is a timeout
	ended   bool  // somebody ended the wait
	failure error // and with this; nil: it is as if its timeout were over
}

// wait lets the client of c wait until it is served, and appends the reply.
func (b *batch) wait(c *Call) {
	block := b.block
	if c.park.register != nil {
		block = b.listen
	}
	b.ses.replyAround(b.before)
	w, reply := block(c)
	b.stop = true
	b.commit()
	b.flushTally()
	if err := b.s.ks.Wait(b.gate); err != nil && b.promises {
		b.s.ks.Unblock(w)
		b.s.replyError(b.ses.Reply, aso.Error(journalError(err)))
		return
	}
	b.s.setBlocked(b.ses, c.Args, blockState{waiter: w, timed: !c.park.deadline.IsZero()})
	if c.Cmd.has(flagWrite) && b.s.isReadOnly(c.Cmd) && b.ses.link == nil { // REPLICAOF may have looked for those who wait before
		b.s.unblock(nil, b.ses, errRoleChanged)
	}
	result := ParkGone
	if b.flush() == nil {
		result = b.ses.Conn.Park(w.Done(), c.park.deadline)
	}
	b.lap()
	state := b.s.clearBlocked(b.ses)
	b.s.ks.Unblock(w)
	switch {
	case w.Served():
		<-w.Done()
		b.gate = max(b.gate, w.Gate())
		b.ses.Reply.Raw(reply.Bytes())
	case result == ParkGone:
		b.ses.closing = true
	case errors.Is(state.failure, errRoleChanged):
		b.s.replyError(c.Reply, state.failure) // a failure of REPLICAOF
		b.ses.close()
	case state.failure != nil:
		b.s.fail(c, state.failure)
		c.countFailure()
	default:
		c.park.timeout()
		c.failed = state.ended // also without an error, as in Redis
		c.countFailure()
	}
}

// block registers the client of c with the keys that it waits for. The locks of these are held.
func (b *batch) block(c *Call) (*aso.Waiter, *wire.Reply) {
	reply := &wire.Reply{}
	reply.SetProtocol(c.Reply.Protocol())
	said := cloneArgs(c.Args)
	args := said
	if c.park.args != nil {
		args = cloneArgs(c.park.args)
	}
	again := Call{Args: args, took: c.took, Cmd: c.Cmd, Reply: reply, Session: c.Session, Server: c.Server}
	w := &aso.Waiter{Gone: c.park.gone, Client: c.Session.Conn.ID(), Serve: func(tx *aso.Tx, key []byte) bool {
		attempt := again
		attempt.Tx, attempt.ready = tx, key
		began := time.Now()
		served := b.s.serve(&attempt)
		attempt.countFailure()
		if served {
			shown := attempt
			shown.Args = said
			b.s.noteServed(&shown, time.Since(began))
		}
		return served
	}}
	c.Cmd.addLocks(c.Args, &w.Locks)
	b.tx.Block(w, c.park.keys)
	b.endUnit()
	return w, reply
}

// countFailure counts the command if it failed after it had waited. Its call was counted when the wait began.
func (c *Call) countFailure() {
	if c.failed {
		c.Cmd.stats.failed.Add(1)
	}
}

// serve runs the command of a client that waited, and reports whether its wait is over. A handler's refusal ends it, too, and so does it
// that the client's user may no longer run the command.
func (s *Server) serve(c *Call) bool {
	if err := c.Session.MayRun(c.Cmd, c.Args); err != nil {
		s.noteDenial(c.Session, err, false)
		s.fail(c, err)
		return true
	}
	err := s.try(c)
	if err != nil && isHandlerError(err) {
		s.fail(c, err)
		return true
	}
	return err == nil && c.park == nil
}

// flush sends the replies so far, which then cannot be taken back.
func (b *batch) flush() error {
	b.start, b.replied, b.before = 0, 0, 0
	return b.s.flush(b.ses)
}

func (s *Server) setBlocked(ses *Session, args [][]byte, state blockState) {
	ses.showAt(time.Now(), true, bytesOf(args))
	s.blockMu.Lock()
	defer s.blockMu.Unlock()
	ses.blocking = state
	s.Stats.Blocked.Add(1)
	if state.timed {
		s.Stats.Timed.Add(1)
	}
}

// clearBlocked ends what setBlocked began and returns what has become of it.
func (s *Server) clearBlocked(ses *Session) (state blockState) {
	ses.show(false)
	s.blockMu.Lock()
	defer s.blockMu.Unlock()
	state, ses.blocking = ses.blocking, blockState{}
	if state.timed {
		s.Stats.Timed.Add(-1)
	}
	s.Stats.Blocked.Add(-1)
	return state
}

// unblock ends the wait of ses, as if its timeout were over or with an error if failure is one, and reports whether it was waiting. tx holds all locks; if
// it is nil, those that are needed are taken.
func (s *Server) unblock(tx *aso.Tx, ses *Session, failure error) bool {
	s.blockMu.Lock()
	w := ses.blocking.waiter
	if w != nil {
		ses.blocking.ended, ses.blocking.failure = true, failure
	}
	s.blockMu.Unlock()
	switch {
	case w == nil:
		return false
	case tx != nil:
		return tx.Interrupt(w)
	}
	return s.ks.Interrupt(w)
}
