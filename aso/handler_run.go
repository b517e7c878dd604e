package aso

import (
	"slices"

	"comet/aso/sandbox"
)

// acting is a handler that acts on the object of a host in one event.
type acting struct {
	code    *Code
	params  []byte
	tries   *Alias // whose candidate code is
	rule    *Rule  // that gives the handler; nil if it was attached to the object
	at      int    // in the section: the attachment, or the memory of the rule's handler; -1 if there is none
	last    CodeID // the version that the object ran last, as the section says
	observe bool
}

// plan finds the handlers that act in the event, in their order. Of one name only the first acts, and the object's own goes before that of
// any rule.
func (h *host) plan() error {
	tx, codes := h.tx, h.tx.ks.code.Load()
	h.acting = h.acting[:0]
	own := h.section.attached[:h.section.own()]
	if rules := tx.rulesOf(h.key); len(rules) > 0 {
		for _, r := range rules {
			if why := h.excludes(codes, r, own); why != applies {
				if h.explained != nil {
					h.explainRule(codes, r, why)
				}
				continue
			}
			a := h.next()
			a.params, a.rule, a.at, a.observe = r.params, r, codes.memoryOf(&h.section, r.Name()), r.Observe
			if a.code, a.tries = tx.versionOf(codes, r, h.key); a.code == nil {
				return errNoHandler(tx.ks.TargetName(r.Target))
			}
			a.last = a.code.ID
			if a.at >= 0 {
				a.last = h.section.attached[a.at].code
			}
			h.add(a, r.Target.alias)
		}
	}
	for i := range own {
		o := &own[i]
		a := h.next()
		a.params, a.rule, a.at, a.last, a.observe = o.params, nil, i, o.code, o.has(attachedObserve)
		if a.code, a.tries = h.attached.version(codes, i, h.key); a.code == nil {
			return Error("ASONOHANDLER no handler version " + o.code.String())
		}
		h.add(a, o.alias)
	}
	return nil
}

// next returns the memory of the next element of h.acting, to be set in place: a copy of what was just written is slow.
func (h *host) next() *acting {
	n := len(h.acting)
	h.acting = slices.Grow(h.acting, 1)
	return &h.acting[:n+1][n]
}

// add lets a, which next returned, act in the event, if it handles that, or the version that the object ran last might.
func (h *host) add(a *acting, alias AliasID) {
	if h.explained != nil {
		h.explainActing(a, alias)
	}
	if a.code.handles.Has(h.event.Handler) || a.last != a.code.ID {
		h.acting = h.acting[:len(h.acting)+1]
	}
}

// planned returns the rule whose handler called name acts already, or nil.
func (h *host) planned(name string) *Rule {
	for i := range h.acting {
		if r := h.acting[i].rule; r.Name() == name {
			return r
		}
	}
	return nil
}

// memoryOf returns where the section tells of a rule's handler called name, or -1.
func (t *codeTable) memoryOf(s *section, name string) int {
	for i := s.own(); i < len(s.attached); i++ {
		if t.isNamed(s.attached[i].code, name) {
			return i
		}
	}
	return -1
}

// act lets a do what it does in the event.
func (h *host) act(a *acting) (*sandbox.Outcome, error) {
	if err := h.admit(a); err != nil {
		if a.observe {
			h.code = a.code
			h.logText("not observed: " + err.Error())
			err = nil
		}
		return nothing, err
	}
	switch {
	case a.observe:
		return nothing, h.observe(a)
	case a.last != a.code.ID && a.at >= 0:
		if err := h.migrate(a); err != nil {
			return nothing, err
		}
	}
	if !a.code.handles.Has(h.event.Handler) {
		return nothing, nil
	}
	outcome, err := h.run(a)
	if err == nil {
		err = h.keep(a, outcome)
	}
	return outcome, err
}

// nothing is the outcome where no handler ran. Outcomes are only read here.
var nothing = &sandbox.Outcome{}

// run runs the handler of a. An error is as clients see it.
func (h *host) run(a *acting) (*sandbox.Outcome, error) {
	m := h.tx.Mark()
	outcome, err := h.execute(a)
	h.count(a, outcome, err)
	if err == nil {
		h.tx.Release(m)
	} else if rollbackErr := h.tx.Rollback(m); rollbackErr != nil {
		return outcome, rollbackErr
	} else if h.tx.dry == nil {
		h.record(a, outcome, err)
	}
	if err != nil || outcome.Verdict == sandbox.Deny {
		h.tx.failed = a.code
	}
	if err != nil {
		h.tx.noteFailure(a.code, h.key, &h.event, err)
		return outcome, runError(a.code, err)
	}
	h.tx.decider = nil
	if outcome.Verdict == sandbox.Replace {
		h.tx.decider, h.tx.decided = a.code, h.id
	}
	return outcome, nil
}

// count counts a run of a. A dry run notes it instead.
func (h *host) count(a *acting, outcome *sandbox.Outcome, err error) {
	if d := h.tx.dry; d != nil {
		d.noteRun(h, a, outcome, err)
		return
	}
	if a.tries != nil {
		h.tx.noteTrial(a.tries, err != nil)
	}
	h.measure(a, outcome, err)
}

// execute runs the handler of a, and leaves its new state in the outcome.
func (h *host) execute(a *acting) (*sandbox.Outcome, error) {
	tx, c := h.tx, a.code
	params, err := c.paramsOf(a.params)
	if err != nil {
		return nothing, err
	}
	h.code, h.messages, h.armed, h.observed = c, 0, false, a.observe
	if h.changes != tx.changes { // another handler of the object has run
		h.look()
	}
	r := &h.call
	r.Program, r.Handler, r.Host, r.Params = c.Program, h.event.Handler, h, params
	r.State, r.StateBuf, r.Now, r.Seed, r.Secret, r.Keeps = h.section.state, h.stateBuf, tx.now, h.id, nil, true
	r.Limits = tx.ks.runLimits()
	if tx.ks.secrets.Load() != nil {
		r.Secret = h.secretOf
	}
	if tx.dry != nil && tx.dry.limits != nil {
		r.Limits = *tx.dry.limits
	}
	if r.Handler == sandbox.OnError {
		r.Failure, r.Limits = h.failure, r.Limits.Reserve()
	}
	outcome, err := h.runCounted()
	if endErr := tx.EndCommand(); err == nil {
		err = endErr
	}
	if err == nil && outcome.Verdict == sandbox.Replace && outcome.Value.Kind == sandbox.Err {
		err = &sandbox.ScriptError{Name: c.Program.Name(), Version: c.Program.Version(), Msg: outcome.Value.Str} // never data
	}
	return outcome, err
}

// deleted reports whether the handler that ran last has deleted the object, with all that belongs to it.
func (h *host) deleted() bool {
	if h.changes == h.tx.changes {
		return false
	}
	e := h.tx.find(h.key)
	return h.there && e.r == 0 || h.wasActive && !h.tx.record(&e).has(hasActive)
}

// keep stores the state that a left and, if a rule gave the handler, which version left it or its timers.
func (h *host) keep(a *acting, outcome *sandbox.Outcome) error {
	if !outcome.StateChanged && !h.armed || h.deleted() {
		return nil
	}
	if outcome.StateChanged {
		h.section.state, h.stateBuf = outcome.State, h.spareBuf // the state stays in its buffer while another handler runs
		h.spareBuf = outcome.State
	}
	e := h.tx.find(h.key)
	isActive := e.r != 0 && h.tx.record(&e).has(hasActive)
	switch {
	case a.rule != nil && a.at < 0 && (h.armed && isActive || outcome.StateChanged && len(outcome.State) > 0):
		return h.remember(&e, a)
	case outcome.StateChanged && isActive:
		return h.tx.setState(&e, h.key, outcome.State)
	}
	return nil
}

// remember notes in the section, which may be new, the version of the rule's handler a, with the state.
func (h *host) remember(e *entry, a *acting) error {
	var s section
	if err := h.tx.section(e, &s); err != nil {
		return err
	}
	memory := attachment{code: a.code.ID, flags: attachedByRule}
	s.attached = append(s.attached, memory)
	s.state = h.section.state
	a.at = len(h.section.attached)
	h.section.attached = append(h.section.attached, memory)
	return h.tx.putSection(e, h.key, &s)
}

// setState makes state the state of the object at e, which has a section.
func (tx *Tx) setState(e *entry, key, state []byte) error {
	if len(state) == 0 { // the section may be empty now
		var s section
		if err := tx.section(e, &s); err != nil {
			return err
		}
		s.state = nil
		return tx.putSection(e, key, &s)
	}
	active, err := withState(tx.active[:0], tx.record(e).active(), state)
	if err != nil {
		return err
	}
	tx.active = active
	tx.effectActive(key, active)
	return tx.setActive(e, key, active)
}

// migrate brings the object to the version of a: onAttach runs with ev.from. If it refuses or fails, a is the version that the object ran
// last.
func (h *host) migrate(a *acting) error {
	tx, from := h.tx, h.tx.ks.code.Load().byID[a.last]
	event, state := h.event, slices.Clone(h.section.state)
	h.event = Event{Handler: sandbox.OnAttach, Fields: &attaching{event.Fields, a.last}, ID: h.id, Cause: event.Cause}
	m := tx.Mark()
	if tx.dry == nil {
		a.code.Migrated.Add(1)
	}
	refused := h.runMigration(a)
	h.event = event
	if refused == nil {
		tx.Release(m)
		return nil
	}
	if err := tx.Rollback(m); err != nil {
		return err
	}
	h.section.state = state
	if tx.dry == nil {
		a.code.Stayed.Add(1)
	}
	tx.log(LogEntry{
		Time: tx.now, DB: tx.db, Key: string(h.key), Handler: a.code.Program.Name(), Event: sandbox.OnAttach.String(), Text: oneLine(refused.Error()),
		ID: h.id, Cause: event.Cause,
	})
	if from == nil {
		return refused
	}
	a.code, a.tries = from, nil
	return nil
}

func (h *host) runMigration(a *acting) error {
	if a.code.handles.Has(sandbox.OnAttach) {
		outcome, err := h.run(a)
		if err == nil && outcome.Verdict == sandbox.Deny {
			err = Denied(outcome)
		}
		if err == nil {
			err = h.keep(a, outcome)
		}
		if err != nil {
			return err
		}
	} else if _, err := a.code.paramsOf(a.params); err != nil {
		return err
	}
	return h.moveTo(a)
}

// moveTo notes in the section that the object runs the version of a.
func (h *host) moveTo(a *acting) error {
	e := h.tx.find(h.key)
	var s section
	if err := h.tx.section(&e, &s); err != nil {
		return err
	}
	if a.at >= len(s.attached) {
		return errDeleted // by onAttach
	}
	s.attached[a.at].code = a.code.ID
	return h.tx.putSection(&e, h.key, &s)
}

// observe runs the handler of a, takes back all it did, and counts what it would have decided. It never fails but where taking back does.
func (h *host) observe(a *acting) error {
	if !a.code.handles.Has(h.event.Handler) {
		return nil
	}
	tx := h.tx
	m := tx.Mark()
	outcome, err := h.execute(a)
	if rollbackErr := tx.Rollback(m); rollbackErr != nil {
		return rollbackErr
	}
	if tx.dry != nil {
		tx.dry.noteRun(h, a, outcome, err)
		return nil
	}
	if text := a.code.Observed.count(outcome, err); text != "" {
		h.logText("observed: " + text)
	}
	return nil
}
