package command

import (
	"math"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/resp/wire"
)

var statsCommands = family{
	"aso.stats":         {run: asoStats, access: accessNone, plain: true},
	"aso.stats|reset":   {run: asoStatsReset, access: accessAll},
	"aso.top":           {run: asoTop, access: accessAll},
	"aso.slowlog|get":   {run: asoSlowlogGet, access: accessNone},
	"aso.slowlog|len":   {run: asoSlowlogLen, access: accessNone},
	"aso.slowlog|reset": {run: asoSlowlogReset, access: accessNone},
}

const errTop = aso.Error("ERR the order is fuel, errors, late or state")

// asoStats replies with what the versions of all handlers, or of one, did in each event.
func asoStats(c *Call) error {
	codes := c.Server.ks.Codes()
	if len(c.Args) > 1 {
		code, err := c.Server.ks.Code(string(c.Arg(1)))
		if err != nil {
			return err
		}
		codes = []*aso.Code{code}
	}
	at, n := c.Reply.Defer(), 0
	for _, code := range codes {
		for h := sandbox.OnPut; h <= sandbox.OnError; h++ {
			if s := code.Stats(h); s != nil {
				replyEventStats(c.Reply, code, h, s)
				n++
			}
		}
	}
	c.Reply.SetArray(at, n)
	return nil
}

func replyEventStats(r *wire.Reply, code *aso.Code, h sandbox.Handler, s *aso.EventStats) {
	r.Map(15)
	replyText(r, "handler", code.Name())
	replyText(r, "event", h.String())
	for _, n := range [...]struct {
		name string
		n    int64
	}{
		{"runs", s.Runs.Load()},
		{"denied", s.Denied.Load()},
		{"failed", s.Failed.Load()},
		{"limited", s.Limited.Load()},
		{"quota", s.Quota.Load()},
		{"fuel", s.Fuel.Load()},
		{"fuel_max", s.FuelMax.Load()},
		{"fuel_p50", s.FuelSize.Quantile(0.5)},
		{"fuel_p99", s.FuelSize.Quantile(0.99)},
		{"usec_p50", s.Micros.Quantile(0.5)},
		{"usec_p99", s.Micros.Quantile(0.99)},
		{"late_ms_p50", s.Lateness.Quantile(0.5)},
		{"late_ms_p99", s.Lateness.Quantile(0.99)},
	} {
		r.BulkString(n.name)
		r.Int(n.n)
	}
}

// asoStatsReset forgets what all handlers and objects did.
func asoStatsReset(c *Call) error {
	c.Tx.ResetStats()
	c.OK()
	return nil
}

// asoTop replies with the objects whose handlers did most of something.
func asoTop(c *Call) error {
	var by func(*aso.ObjectStats) int64
	switch {
	case c.Is(1, "FUEL"):
		by = func(s *aso.ObjectStats) int64 { return s.Fuel }
	case c.Is(1, "ERRORS"):
		by = func(s *aso.ObjectStats) int64 { return s.Errors }
	case c.Is(1, "LATE"):
		by = func(s *aso.ObjectStats) int64 { return s.Late }
	case c.Is(1, "STATE"):
		by = func(s *aso.ObjectStats) int64 { return int64(s.State) }
	default:
		return errTop
	}
	count, err := c.countOption(2)
	if err != nil {
		return err
	}
	top := c.Tx.TopObjects(by, count)
	c.Reply.Array(len(top))
	for i := range top {
		c.Reply.Map(2 + objectFields)
		replyInt(c.Reply, "db", int64(top[i].DB))
		replyText(c.Reply, "key", top[i].Key)
		replyObjectStats(c.Reply, &top[i])
	}
	return nil
}

// objectFields is how many pairs replyObjectStats writes.
const objectFields = 6

func replyObjectStats(r *wire.Reply, s *aso.ObjectStats) {
	for _, n := range [...]struct {
		name string
		n    int64
	}{{"runs", s.Runs}, {"errors", s.Errors}, {"fuel", s.Fuel}, {"late_ms", s.Late}, {"state", int64(s.State)}} {
		r.BulkString(n.name)
		r.Int(n.n)
	}
	r.BulkString("last_error")
	if s.ErrorTime == 0 {
		r.Null()
		return
	}
	r.Map(3)
	replyInt(r, "time", s.ErrorTime)
	replyText(r, "event", s.ErrorEvent.String())
	replyText(r, "text", s.ErrorText)
}

// asoSlowlogGet replies with the latest costly handler runs.
func asoSlowlogGet(c *Call) error {
	n, err := c.slowlogCount(math.MaxInt32, errSyntax)
	if err != nil {
		return err
	}
	runs := c.Server.ks.SlowRuns(int(n))
	c.Reply.Array(len(runs))
	for i := range runs {
		replySlowRun(c.Reply, &runs[i])
	}
	return nil
}

func replySlowRun(r *wire.Reply, run *aso.SlowRun) {
	r.Map(10)
	for _, text := range [...]string{"key", run.Key, "handler", run.Handler, "event", run.Event, "outcome", run.Outcome} {
		r.BulkString(text)
	}
	for _, n := range [...]struct {
		name string
		n    int64
	}{{"id", run.ID}, {"time", run.Time}, {"db", int64(run.DB)}, {"fuel", run.Fuel}, {"usec", run.Micros}, {"peak", run.Peak}} {
		r.BulkString(n.name)
		r.Int(n.n)
	}
}

func asoSlowlogLen(c *Call) error {
	c.Reply.Int(int64(c.Server.ks.SlowRunCount()))
	return nil
}

func asoSlowlogReset(c *Call) error {
	c.Server.ks.ResetSlowRuns()
	c.OK()
	return nil
}
