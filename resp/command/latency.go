package command

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"comet/aso"
)

var latencyCommands = family{
	"latency|doctor":    {run: latencyDoctor, access: accessNone},
	"latency|graph":     {run: latencyGraph, access: accessNone},
	"latency|help":      {run: latencyHelp, access: accessNone},
	"latency|histogram": {run: latencyHistogram, access: accessNone},
	"latency|history":   {run: latencyHistory, access: accessNone},
	"latency|latest":    {run: latencyLatest, access: accessNone},
	"latency|reset":     {run: latencyReset, access: accessNone},
}

// Events of the latency monitor, with the names that Redis gives them. Those of the keyspace come from there.
const (
	slowCommand     = "command"
	slowFastCommand = "fast-command"       // of a command that should be fast by its row
	slowServing     = "command-unblocking" // of a command of a client that waited
	slowWrite       = "aof-write"          // the wait for the journal to be written
	slowFsync       = "aof-fsync-always"   // the same with appendfsync always
)

// latencySamples is how many seconds with samples are kept of an event.
const latencySamples = 160

// latencyMonitor keeps what took latency-monitor-threshold or longer.
type latencyMonitor struct {
	mu     sync.Mutex // guards all below; a leaf lock
	events map[string]*latencyEvent
}

// latencyEvent is the history of an event.
type latencyEvent struct {
	name    string
	longest int64           // of all times, in milliseconds
	samples []latencySample // the oldest first, one a second
}

// latencySample is the longest time within a second.
type latencySample struct {
	at int64 // Unix time
	ms int64
}

// noteDuration takes what the keyspace tells of what took how long.
func (s *Server) noteDuration(event string, d time.Duration) {
	if event == aso.ExpireCycle {
		s.Stats.ExpireTime.Add(int64(d))
	}
	s.noteLatency(event, d)
}

// noteLatency adds a sample if d reaches the threshold.
func (s *Server) noteLatency(event string, d time.Duration) {
	threshold := s.config.LatencyThreshold.Load()
	if threshold > 0 && d.Milliseconds() >= threshold {
		s.latency.add(event, d.Milliseconds(), time.Now().Unix())
	}
}

func (m *latencyMonitor) add(event string, ms, at int64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.events[event]
	if e == nil {
		if m.events == nil {
			m.events = map[string]*latencyEvent{}
		}
		e = &latencyEvent{name: event}
		m.events[event] = e
	}
	e.longest = max(e.longest, ms)
	if n := len(e.samples); n > 0 && e.samples[n-1].at == at {
		e.samples[n-1].ms = max(e.samples[n-1].ms, ms)
		return
	}
	e.samples = append(e.samples, latencySample{at, ms})
	if n := len(e.samples); n > latencySamples {
		e.samples = slices.Delete(e.samples, 0, n-latencySamples)
	}
}

// all returns copies of the histories, by name.
func (m *latencyMonitor) all() []latencyEvent {
	m.mu.Lock()
	defer m.mu.Unlock()
	var events []latencyEvent
	for _, e := range m.events {
		events = append(events, latencyEvent{e.name, e.longest, slices.Clone(e.samples)})
	}
	slices.SortFunc(events, func(a, b latencyEvent) int { return strings.Compare(a.name, b.name) })
	return events
}

// find returns a copy of the history of an event.
func (m *latencyMonitor) find(name string) (latencyEvent, bool) {
	events := m.all()
	i := slices.IndexFunc(events, func(e latencyEvent) bool { return e.name == name })
	if i < 0 {
		return latencyEvent{}, false
	}
	return events[i], true
}

// reset forgets the named events, or all, and returns how many those were.
func (m *latencyMonitor) reset(names []string) (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(names) == 0 {
		n = len(m.events)
		m.events = nil
		return n
	}
	for _, name := range names {
		if m.events[name] != nil {
			delete(m.events, name)
			n++
		}
	}
	return n
}

// latencyLatest replies with the latest sample and the longest time of every event.
func latencyLatest(c *Call) error {
	events := c.Server.latency.all()
	c.Reply.Array(len(events))
	for _, e := range events {
		last := e.samples[len(e.samples)-1]
		c.Reply.Array(4)
		c.Reply.BulkString(e.name)
		c.Reply.Int(last.at)
		c.Reply.Int(last.ms)
		c.Reply.Int(e.longest)
	}
	return nil
}

// latencyHistory replies with the samples of an event.
func latencyHistory(c *Call) error {
	e, _ := c.Server.latency.find(string(c.Arg(2)))
	c.Reply.Array(len(e.samples))
	for _, sample := range e.samples {
		c.Reply.Array(2)
		c.Reply.Int(sample.at)
		c.Reply.Int(sample.ms)
	}
	return nil
}

// latencyReset replies with how many events it has forgotten.
func latencyReset(c *Call) error {
	c.Reply.Int(int64(c.Server.latency.reset(stringArgs(c.Args[2:]))))
	return nil
}

// latencyGraph replies with a drawing of the history of an event.
func latencyGraph(c *Call) error {
	e, ok := c.Server.latency.find(string(c.Arg(2)))
	if !ok {
		return aso.Error(fmt.Sprintf("ERR No samples available for event '%s'", quotable(c.Arg(2))))
	}
	c.Reply.Verbatim("txt", e.graph(time.Now().Unix()))
	return nil
}

func latencyHelp(c *Call) error {
	return c.help("LATENCY",
		"DOCTOR",
		"    Return a human readable latency analysis report.",
		"GRAPH <event>",
		"    Return an ASCII latency graph for the <event> class.",
		"HISTORY <event>",
		"    Return time-latency samples for the <event> class.",
		"LATEST",
		"    Return the latest latency samples for all events.",
		"RESET [<event> ...]",
		"    Reset latency data of one or more <event> classes.",
		"    (default: reset all data for all event classes)",
		"HISTOGRAM [COMMAND ...]",
		"    Return a cumulative distribution of latencies in the format of a histogram for the specified command names.",
		"    If no commands are specified then all histograms are replied.")
}
