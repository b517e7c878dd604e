package aso

import "comet/aso/sandbox"

// Explanation tells which events a command fires, if no handler interferes, and which handlers act on each.
type Explanation struct{ Events []ExplainedEvent }

// ExplainedEvent is an event of an object, and the handlers that it has, in the order in which they run.
type ExplainedEvent struct {
	Event    sandbox.Handler
	DB       int
	Key      string
	Handlers []ExplainedHandler
}

// ExplainedHandler is a handler that was attached to an object, or that a rule gives whose pattern matches.
type ExplainedHandler struct {
	Attached
	By   *Rule  // nil for the object's own
	Acts bool   // on the event
	Why  string // it acts, or does not

	// What follows is of handlers that act.
	Candidate bool   // the alias chose the version that is tried
	From      string // the version that the object ran last, which onAttach makes this one before; empty if that is the same
	Rights    sandbox.Rights
	Limits    sandbox.Limits // of the run, as the source has lowered them
	Objects   ObjectLimits   // the same
	Budgets   []LimitUse     // that the run counts to
	Grant     *Grant         // nil if there is none
}

// Explain runs fn, a command, as a part of the unit in which no handler runs, and takes back what it did. It notes in e the events that come.
func (tx *Tx) Explain(e *Explanation, fn func()) error { return tx.DryRun(&DryRun{explains: e}, fn) }

// explains returns what is to be told of events instead of running handlers, or nil.
func (tx *Tx) explains() *Explanation {
	if tx.dry == nil {
		return nil
	}
	return tx.dry.explains
}

// IsExplained reports whether events are told of instead of running handlers.
func (tx *Tx) IsExplained() bool { return tx.explains() != nil }

// MayAct is that of the keyspace; what is explained may always act.
func (tx *Tx) MayAct() bool { return tx.ks.MayAct() || tx.explains() != nil }

// asExplained returns the events that an explanation is to tell of, for an object that handles set: all. What ends by a time that has passed fires
// onExpire, unless the object has only onDelete.
func (set Handlers) asExplained() Handlers {
	all := Handlers(1<<(sandbox.OnError+1) - 1)
	if set.Has(sandbox.OnDelete) && !set.Has(sandbox.OnExpire) {
		all &^= 1 << sandbox.OnExpire
	}
	return all
}

// explain notes the event and, by looking for them, the handlers that act. The error is that of a run.
func (h *host) explain(e *Explanation, look func() error) error {
	h.explained = &ExplainedEvent{Event: h.event.Handler, DB: h.tx.db, Key: string(h.key)}
	err := look()
	e.Events = append(e.Events, *h.explained)
	h.explained = nil
	return err
}

// explainRule notes why r, whose pattern matches, gives the object no handler in the event.
func (h *host) explainRule(t *codeTable, r *Rule, why exclusion) {
	x := ExplainedHandler{Attached: Attached{Name: r.Name(), Rule: r.ID, Params: r.Params(), Observe: r.Observe}, By: r}
	if x.Why = why.text(r, h.kind, h.event.Handler); why == ruleFirst {
		x.Why = whyFirst(h.planned(r.Name()).ID)
	}
	if c, _ := t.resolve(r.Target.code, r.Target.alias, h.key); c != nil {
		x.Version = c.ID.String()
	}
	if alias := t.aliases[r.Target.alias]; alias != nil {
		x.Alias = alias.Alias
	}
	h.explained.Handlers = append(h.explained.Handlers, x)
}

// explainActing notes a, which acts if it handles the event.
func (h *host) explainActing(a *acting, alias AliasID) {
	tx, c := h.tx, a.code
	x := ExplainedHandler{
		Attached: Attached{Name: c.Program.Name(), Version: c.ID.String(), Params: decodeParams(a.params), Observe: a.observe},
		By:       a.rule, Acts: c.handles.Has(h.event.Handler), Why: whyAttached,
	}
	if shown := tx.ks.code.Load().aliases[alias]; shown != nil {
		x.Alias = shown.Alias
	}
	if a.rule != nil {
		x.Rule, x.Why = a.rule.ID, whyMatches
	}
	if !x.Acts {
		x.Why = "the version has no " + h.event.Handler.String()
	}
	if a.at >= 0 && a.last != c.ID {
		x.From = a.last.String()
	}
	x.Candidate, x.Rights, x.Grant = a.tries != nil, c.Program.Rights(), tx.ks.grantOf(c)
	x.Limits, x.Objects = c.Program.Lowered(tx.ks.runLimits()), tx.ks.objectLimits.Load().lowered(c.Program)
	if set := tx.ks.budgets.Load(); set != nil {
		h.collectBudgets(set, a)
		for _, b := range h.budgets {
			x.Budgets = append(x.Budgets, b.use(tx.now))
		}
	}
	h.explained.Handlers = append(h.explained.Handlers, x)
}
