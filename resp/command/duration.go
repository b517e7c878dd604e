package command

import "time"

// tally counts the calls of one command in a batch, so that the counters that all connections share are touched seldom.
type tally struct {
	of          *commandStats
	calls       int64
	nanoseconds int64
}

// flushTally adds what was counted to the counters.
func (b *batch) flushTally() {
	if t := &b.tally; t.of != nil {
		t.of.calls.Add(t.calls)
		t.of.nanoseconds.Add(t.nanoseconds)
		b.s.Stats.Commands.Add(t.calls)
		*t = tally{}
	}
}

const (
	maxUntimed = 16   // commands that are timed together
	briefBytes = 1024 // of arguments, and of replies, of a command that is timed with others
	briefArgs  = 6    //
	briefFuel  = 100  // instructions of its handlers
	briefLimit = 1000 // the lowest slowlog-log-slower-than for which commands are timed together, in microseconds
)

// lap returns the time since the last lap, or since the locks were taken.
func (b *batch) lap() time.Duration {
	now := time.Since(b.s.started)
	took := now - b.lapped
	b.lapped = now
	return took
}

// noteDuration counts the command of c, which has just run, and records how long it took; of a brief one that goes on in the next one,
// later.
func (b *batch) noteDuration(c *Call) {
	st := &c.Cmd.stats
	if b.tally.of != st {
		b.flushTally()
		b.tally.of = st
	}
	switch {
	case c.refused:
		st.rejected.Add(1)
	case c.failed:
		st.failed.Add(1)
		fallthrough
	default:
		b.tally.calls++
	}
	if b.untimed++; !b.goesOn(c) {
		b.readClock(c)
	}
}

// readClock records how long the commands since the last reading took together, the last of which is that of c.
func (b *batch) readClock(c *Call) {
	took, n := b.lap(), b.untimed
	b.untimed = 0
	b.tally.nanoseconds += int64(took)
	s := b.s
	if c.park != nil {
		s.noteLatency(c.Cmd.latencyEvent(), took)
		c.took = took // the rest when it is served
		return
	}
	if n > 0 && s.config.LatencyTracking.Load() {
		c.Cmd.stats.noteLatency(took/time.Duration(n), int64(n))
	}
	s.noteTime(c, took)
}

// noteServed records how long the command of c took when it was served after a wait. It was counted, and its first part timed, when the wait began.
func (s *Server) noteServed(c *Call, took time.Duration) {
	c.Cmd.stats.nanoseconds.Add(int64(took))
	s.noteLatency(slowServing, took)
	if s.config.LatencyTracking.Load() {
		c.Cmd.stats.noteLatency(c.took+took, 1)
	}
	s.noteSlow(c, c.took+took)
}

// noteTime tells LATENCY and SLOWLOG how long the command of c took.
func (s *Server) noteTime(c *Call, took time.Duration) {
	s.noteLatency(c.Cmd.latencyEvent(), took)
	s.noteSlow(c, took)
}

func (s *Server) noteSlow(c *Call, took time.Duration) {
	if limit := s.config.SlowlogSlowerThan.Load(); limit >= 0 && took.Microseconds() >= limit && !c.Cmd.has(flagSkipSlowlog) {
		s.slowlog.add(c, took, int(s.config.SlowlogMaxLen.Load()))
	}
}

// goesOn reports whether the clock need not be read behind the command of c, because the next one is the same with other arguments, and
// each is so brief that reading the clock would be a good part of its time: brief by the table, with few bytes in and out, and with few
// instructions of handlers, if any. What keeps one of these up is not its work, so SLOWLOG may take the last of them for all.
func (b *batch) goesOn(c *Call) bool {
	if b.untimed >= maxUntimed || len(b.rest) < 2 || c != &b.call || c.Tx != b.tx || c.Tx == nil && c.Cmd.access != accessBare || c.park != nil || !c.Cmd.brief {
		return false
	}
	next := &b.rest[1]
	if next.cmd != c.Cmd || next.err != nil || len(c.Args) > briefArgs || b.ses.Reply.Len()-b.before > briefBytes || b.fuel > briefFuel {
		return false
	}
	if limit := b.s.config.SlowlogSlowerThan.Load(); 0 <= limit && limit < briefLimit {
		return false
	}
	size := 0
	for _, arg := range c.Args {
		size += len(arg)
	}
	return size <= briefBytes && (b.tx == nil || b.tx.Holds(&next.locks))
}

// latencyEvent returns the event of the latency monitor that a long run of the command is.
func (cmd *Command) latencyEvent() string {
	if cmd.has(flagFast) {
		return slowFastCommand
	}
	return slowCommand
}
