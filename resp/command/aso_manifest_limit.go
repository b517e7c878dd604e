package command

import "comet/aso"

// manifestLimit is a limit as ASO.LIMIT makes it.
type manifestLimit struct {
	Scope  string `json:"scope"`
	Name   string `json:"name"`
	Window int64  `json:"window"` // milliseconds
	Fuel   int64  `json:"fuel,omitempty"`
	Runs   int64  `json:"runs,omitempty"`
	Time   int64  `json:"ms,omitempty"`
	Base64 bool   `json:"base64,omitempty"` // Name is: it is no UTF-8
}

func manifestLimitOf(l *aso.Limit) manifestLimit {
	m := manifestLimit{Scope: l.Scope.String(), Name: l.Name, Window: l.Window, Fuel: l.Fuel, Runs: l.Runs, Time: l.Time}
	m.Base64 = encodeTexts(&m.Name)
	return m
}

func (m *manifestLimit) limit() (*aso.Limit, error) {
	l := &aso.Limit{Name: m.Name, Window: m.Window, Fuel: m.Fuel, Runs: m.Runs, Time: m.Time}
	var ok bool
	if l.Scope, ok = aso.ParseScope(m.Scope); !ok {
		return nil, errScope
	}
	if err := decodeTexts(m.Base64, &l.Name); err != nil {
		return nil, err
	}
	return l, checkLimit(l)
}

// exportLimits returns the limits by scope and name.
func exportLimits(ks *aso.Keyspace) []*aso.Limit {
	var limits []*aso.Limit
	for _, use := range ks.BudgetLimits() {
		limits = append(limits, &use.Limit)
	}
	return limits
}

// limits makes the limits what the manifest says. What is used of one that does not change stays used.
func (a *applying) limits() error {
	want, err := converted(a.m.Limits, (*manifestLimit).limit)
	if err != nil {
		return err
	}
	list := manifestList[aso.Limit]{
		what: "limit", given: a.m.Limits != nil, want: want, have: exportLimits(a.c.Server.ks),
		name: func(l *aso.Limit) string { return l.Scope.String() + " " + l.Name },
		line: func(l *aso.Limit) []byte { return asJSON(manifestLimitOf(l), "") },
		set:  func(l *aso.Limit, _ bool) error { return a.c.Tx.SetLimit(*l) },
		del:  func(l *aso.Limit) error { a.c.Tx.DeleteLimit(l.Scope, l.Name); return nil },
	}
	return list.apply(a)
}
