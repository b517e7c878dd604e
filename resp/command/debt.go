package command

import "time"

// debt is what the replies of a session tell of and may not be durable yet.
type debt struct {
	gate           uint64 // the journal position that has it
	start, replies int32  // where in Reply they begin, and how many they are
	promises       bool   // they become errors if the journal fails; others only show what is there
	owed           bool
}

// owe adds the replies of a batch, which stand behind those of the batches before.
func (ses *Session) owe(d debt) {
	if before := ses.debt; before.owed {
		d.gate = max(d.gate, before.gate)
		d.start = before.start
		d.replies += before.replies
		d.promises = d.promises || before.promises
	}
	ses.debt = d
}

// Owes reports whether Settle must be called before the replies leave.
func (ses *Session) Owes() bool { return ses.debt.owed }

// Settle waits until all that the replies of sessions tell of is durable: with one write and one fsync for all of them. If that fails, replies
// that promise it become errors.
func (s *Server) Settle(sessions ...*Session) {
	var gate uint64
	for _, ses := range sessions {
		gate = max(gate, ses.debt.gate)
	}
	err := s.waitDurable(gate)
	for _, ses := range sessions {
		ses.settled(s, err)
	}
}

// settle is Settle for one session, if it owes anything.
func (s *Server) settle(ses *Session) {
	if ses.debt.owed {
		ses.settled(s, s.waitDurable(ses.debt.gate))
	}
}

func (ses *Session) settled(s *Server, err error) {
	d := ses.debt
	ses.debt = debt{}
	if err == nil || !d.promises {
		return
	}
	s.StopWrites(err)
	ses.Reply.Truncate(int(d.start))
	for range d.replies {
		ses.Reply.Error(journalError(err))
	}
}

// waitDurable waits for a journal position.
func (s *Server) waitDurable(gate uint64) error {
	if s.config.LatencyThreshold.Load() == 0 {
		return s.ks.Wait(gate)
	}
	began, event := time.Now(), slowWrite
	if s.config.AppendFsync.Load() == "always" {
		event = slowFsync
	}
	err := s.ks.Wait(gate)
	s.noteLatency(event, time.Since(began))
	return err
}
