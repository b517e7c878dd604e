package command

import (
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"comet/aso"
)

// pause is what CLIENT PAUSE asked for.
type pause struct {
	on atomic.Bool // a pause may be going on

	mu    sync.Mutex // guards all below; a leaf lock
	until time.Time
	all   bool          // not only commands that may change something
	over  chan struct{} // closed when the pause ends early, or another one takes its place
}

// begin pauses clients until a time, and returns until when. While a pause is going on, the later end and the wider one count.
func (p *pause) begin(until time.Time, all bool) time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.onLocked() {
		if p.until.After(until) {
			until = p.until
		}
		all = all || p.all
		close(p.over)
	}
	p.until, p.all, p.over = until, all, make(chan struct{})
	p.on.Store(true)
	return until
}

// end ends the pause.
func (p *pause) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.onLocked() {
		close(p.over)
	}
	p.on.Store(false)
}

// onLocked reports whether a pause is going on, and forgets one that is over.
func (p *pause) onLocked() bool {
	if p.on.Load() && !time.Now().Before(p.until) {
		p.on.Store(false)
	}
	return p.on.Load()
}

// wait returns until when a command has to wait, and what ends this earlier; nil if it need not wait.
func (p *pause) wait(changes bool) (over <-chan struct{}, until time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.onLocked() || !p.all && !changes {
		return nil, time.Time{}
	}
	return p.over, p.until
}

// mustWait reports whether a pause keeps r from running now. If so it runs in a later batch.
func (b *batch) mustWait(r *request) bool {
	if !b.s.pause.on.Load() {
		return false
	}
	b.changing = b.changes(r)
	over, _ := b.s.pause.wait(b.changing)
	b.paused = over != nil
	return b.paused
}

// changes reports whether r may change something, or tell others something.
func (b *batch) changes(r *request) bool {
	if r.cmd.Name == "exec" && b.ses.multi != nil {
		for i := range b.ses.multi.queued {
			if b.s.mayChange(&b.ses.multi.queued[i]) {
				return true
			}
		}
	}
	return b.s.mayChange(r)
}

func (s *Server) mayChange(r *request) bool {
	if r.cmd.script {
		return s.scriptMayChange(r)
	}
	return r.writes() || r.cmd.has(flagReplicates)
}

// scriptMayChange reports whether a script may write: as its first line says, else if its command may. What does not exist or compile may, as in Redis.
func (s *Server) scriptMayChange(r *request) bool {
	var flags scriptFlags
	switch {
	case r.cmd.function:
		if sc := s.functionNamed(r.args[1]); sc != nil {
			flags = sc.flags
		}
	case !strings.HasPrefix(r.cmd.Name, "evalsha"):
		if _, err := flags.read(string(r.args[1])); err != nil {
			flags = 0
		}
	case len(r.args[1]) == scriptNameSize:
		if sc := s.findScript(r.args[1]); sc != nil {
			flags = sc.flags
		}
	}
	if flags&scriptChecked != 0 {
		return flags&scriptNoWrites == 0
	}
	return !strings.HasSuffix(r.cmd.Name, "_ro")
}

// waitPause lets the client wait until the pause that keeps its next command from running is over. No locks are held.
func (s *Server) waitPause(ses *Session, changes bool) {
	over, until := s.pause.wait(changes)
	if over == nil {
		return
	}
	ses.show(true)
	defer ses.show(false)
	s.Stats.Blocked.Add(1)
	defer s.Stats.Blocked.Add(-1)
	if s.flush(ses) != nil || ses.Conn.Park(over, until) == ParkGone {
		ses.closing = true
	}
}

const errPauseMode = aso.Error("ERR CLIENT PAUSE mode must be WRITE or ALL")

// clientPause lets the commands of all clients wait, or only those that change something.
func clientPause(c *Call) error {
	if len(c.Args) > 4 {
		return errSubcommandSyntax(c)
	}
	all := true
	if len(c.Args) == 4 {
		if all = c.Is(3, "ALL"); !all && !c.Is(3, "WRITE") {
			return errPauseMode
		}
	}
	timeout, err := c.milliseconds(2)
	if err != nil {
		return err
	}
	until := c.Server.pause.begin(time.Now().Add(timeout), all)
	c.Server.ks.SetStill(time.Until(until))
	c.OK()
	return nil
}

// milliseconds returns argument i as a timeout.
func (c *Call) milliseconds(i int) (time.Duration, error) {
	n, err := c.Int(i)
	switch {
	case err != nil:
		return 0, aso.Error("ERR timeout is not an integer or out of range")
	case n < 0:
		return 0, errTimeoutSign
	}
	return time.Duration(min(n, maxTimeout)) * time.Millisecond, nil
}

// clientUnpause ends the pause.
func clientUnpause(c *Call) error {
	c.Server.pause.end()
	c.Server.ks.SetStill(0)
	c.OK()
	return nil
}
