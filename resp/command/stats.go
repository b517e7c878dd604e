package command

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// commandStats counts what became of the calls of a command.
type commandStats struct {
	calls, nanoseconds atomic.Int64
	rejected           atomic.Int64 // before they ran
	failed             atomic.Int64
	latency            atomic.Pointer[histogram] // nil: no call was timed
}

func (st *commandStats) reset() {
	for _, n := range []*atomic.Int64{&st.calls, &st.nanoseconds, &st.rejected, &st.failed} {
		n.Store(0)
	}
	st.latency.Store(nil)
}

// errorStats counts error replies by their code.
type errorStats struct {
	mu     sync.Mutex // guards all below; a leaf lock
	counts map[string]int64
}

// maxErrorCodes bounds errorStats, because scripts choose the codes of their errors.
const maxErrorCodes = 128

func (e *errorStats) add(text string) {
	const longest = 31 // as in Redis, with the space
	code, _, found := strings.Cut(text[:min(len(text), longest)], " ")
	if !found {
		code = "ERR"
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.counts == nil {
		e.counts = map[string]int64{}
	}
	if _, known := e.counts[code]; known || len(e.counts) < maxErrorCodes {
		e.counts[code]++
	}
}

func (e *errorStats) reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.counts = nil
}

// rate is how fast a counter grew lately.
type rate struct {
	mu     sync.Mutex // guards all below; a leaf lock
	at     time.Time
	count  int64
	latest int64
}

// perSecond returns the growth a second between the last two calls that were at least 100 ms apart. count is the counter now.
func (r *rate) perSecond(now time.Time, count int64) int64 {
	const shortest = 100 * time.Millisecond
	r.mu.Lock()
	defer r.mu.Unlock()
	took := now.Sub(r.at)
	if took >= shortest {
		r.latest = int64(float64(max(count-r.count, 0)) / took.Seconds())
		r.at, r.count = now, count
	}
	return r.latest
}

// eachRow calls fn for each command and subcommand.
func (t table) eachRow(fn func(cmd *Command)) {
	for _, cmd := range t {
		fn(cmd)
		table(cmd.Subcommands).eachRow(fn)
		table(cmd.later).eachRow(fn)
	}
}

// refusal is an error for which a command counts as one that did not begin.
type refusal struct{ error }

func (e refusal) Unwrap() error { return e.error }

// fail replies with the error of the running command.
func (s *Server) fail(c *Call, err error) {
	c.failed, c.refused = true, errors.As(err, new(refusal))
	if ses := c.Session; ses.link != nil && !ses.inScript { // a script may expect an error of its commands
		if s.toleratesError(err) {
			slog.Warn("a command of the master failed here and is left out: clients write, too", "command", clip(c.Args[0], maxQuoted), "error", err)
			return
		}
		s.failMaster(ses, c.Args, err)
		return
	}
	s.replyError(c.Reply, err)
}

// resetStats sets the counters that INFO shows to zero.
func (s *Server) resetStats() {
	m := &s.ks.Metrics
	for _, n := range []*atomic.Int64{&s.Stats.Commands, &s.Stats.Errors, &s.Stats.EvictedClients, &s.Stats.Payloads, &s.Stats.MasterErrors, &s.Stats.MasterBytes, &s.Stats.ExpireTime, &s.shortage.total, &m.Hits, &m.Misses, &m.Expired, &m.Fired, &m.TimerErrors, &m.Missed, &m.Dead, &m.DeadDropped, &m.QuotaRefused, &m.QuotaPostponed} {
		n.Store(0)
	}
	if s.network != nil {
		n := s.network()
		s.networkReset.Store(&n)
	}
	s.errors.reset()
	s.table.eachRow(func(cmd *Command) { cmd.stats.reset() })
}
