package command

import (
	"math"

	"comet/aso"
	"comet/resp/wire"
)

var limitCommands = family{
	"aso.limit|set": {run: asoLimitSet, access: accessAll},
	"aso.limit|del": {run: asoLimitDel, access: accessAll},
	"aso.limit|get": {run: asoLimitGet, access: accessNone},
}

const (
	errScope      = aso.Error("ERR the scope of a limit is HANDLER, PREFIX or USER")
	errWindow     = aso.Error("ERR WINDOW is 1 to 86400000 milliseconds")
	errBudget     = aso.Error("ERR the budget of a limit is 1 to 50000000000")
	errNoWindow   = aso.Error("ERR a limit needs WINDOW")
	errLimitTwice = aso.Error("ERR an option of a limit is given twice")
)

// asoLimitSet makes a limit, or changes it as a whole.
func asoLimitSet(c *Call) error {
	l, err := c.limitOptions()
	if err != nil {
		return err
	}
	if err := c.guarded(func() error { return c.Tx.SetLimit(l) }); err != nil {
		return err
	}
	c.OK()
	return nil
}

func (c *Call) limitOptions() (l aso.Limit, err error) {
	var ok bool
	if l.Scope, ok = aso.ParseScope(string(c.Arg(2))); !ok {
		return l, errScope
	}
	l.Name = string(c.Arg(3))
	for i := 4; i < len(c.Args); i += 2 {
		field, bad := (*int64)(nil), errBudget
		switch {
		case i+1 == len(c.Args):
			return l, errSyntax
		case c.Is(i, "FUEL"):
			field = &l.Fuel
		case c.Is(i, "RUNS"):
			field = &l.Runs
		case c.Is(i, "MS"):
			field = &l.Time
		case c.Is(i, "WINDOW"):
			field, bad = &l.Window, errWindow
		default:
			return l, errSyntax
		}
		if *field != 0 {
			return l, errLimitTwice
		}
		if *field, err = c.IntIn(i+1, 1, math.MaxInt64, bad); err != nil {
			return l, err
		}
	}
	return l, checkLimit(&l)
}

// checkLimit returns an error if a number of the limit is out of bounds.
func checkLimit(l *aso.Limit) error {
	outside := func(n, most int64) bool { return n < 0 || n > most }
	switch {
	case l.Window == 0:
		return errNoWindow
	case outside(l.Window, aso.MaxLimitWindow):
		return errWindow
	case outside(l.Fuel, aso.MaxLimitBudget), outside(l.Runs, aso.MaxLimitBudget), outside(l.Time, aso.MaxLimitBudget/1000):
		return errBudget
	}
	return nil
}

// asoLimitDel removes a limit: 1, or 0 if there is none.
func asoLimitDel(c *Call) error {
	scope, ok := aso.ParseScope(string(c.Arg(2)))
	if !ok {
		return errScope
	}
	c.intBool(c.Tx.DeleteLimit(scope, string(c.Arg(3))))
	return nil
}

// asoLimitGet replies with the limits, all or those of a scope or with a name, and what is used of them.
func asoLimitGet(c *Call) error {
	var scope aso.Scope
	if len(c.Args) > 2 {
		var ok bool
		if scope, ok = aso.ParseScope(string(c.Arg(2))); !ok {
			return errScope
		}
	}
	at, n := c.Reply.Defer(), 0
	for _, l := range c.Server.ks.BudgetLimits() {
		if len(c.Args) > 2 && l.Scope != scope || len(c.Args) > 3 && l.Name != string(c.Arg(3)) {
			continue
		}
		replyLimit(c.Reply, &l)
		n++
	}
	c.Reply.SetArray(at, n)
	return nil
}

func replyLimit(r *wire.Reply, l *aso.LimitUse) {
	r.Map(11)
	replyText(r, "scope", l.Scope.String())
	replyText(r, "name", l.Name)
	for _, n := range [...]struct {
		name string
		n    int64
	}{
		{"window", l.Window},
		{"fuel", l.Fuel},
		{"runs", l.Runs},
		{"ms", l.Time},
		{"used-fuel", l.UsedFuel},
		{"used-runs", l.UsedRuns},
		{"used-ms", l.UsedTime},
		{"refused", l.Refused},
		{"postponed", l.Postponed},
	} {
		replyInt(r, n.name, n.n)
	}
}
