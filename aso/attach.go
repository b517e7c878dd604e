package aso

import (
	"slices"

	"comet/aso/sandbox"
)

// Attached describes a handler that acts on an object.
type Attached struct {
	Name, Version, Alias string
	Params               map[string]string
	Observe              bool
	Rule                 string // the id of the rule that gives the handler; empty if it was attached to the object
}

// attachedTo describes the attachment a.
func (t *codeTable) attachedTo(a *attachment) Attached {
	shown := Attached{Version: a.code.String(), Params: decodeParams(a.params), Observe: a.has(attachedObserve)}
	if c := t.byID[a.code]; c != nil {
		shown.Name = c.Program.Name()
	}
	if alias := t.aliases[a.alias]; alias != nil {
		shown.Alias = alias.Alias
	}
	return shown
}

// Attachment is a handler that is to be attached.
type Attachment struct {
	Target  Target
	Params  map[string]string
	Observe bool
}

// Attach puts a handler on the object at key, which comes to be if it is not there, or changes the parameters, the version and the mode of
// the handler if one of that name is there. It reports whether the handler is new on the object. Its onAttach runs with fields, and may
// refuse, which is an error: the caller rolls back.
func (tx *Tx) Attach(key []byte, what Attachment, fields Fields) (added bool, err error) {
	codes := tx.ks.code.Load()
	c, _ := codes.resolve(what.Target.code, what.Target.alias, key)
	if c == nil {
		return false, errNoHandler(tx.ks.TargetName(what.Target))
	}
	a := attachment{code: c.ID, alias: what.Target.alias, params: encodeParams(what.Params)}
	for _, c := range what.Target.versions(codes) {
		if _, err := c.paramsOf(a.params); err != nil {
			return false, err
		}
		tx.keepCode(c) // another version of the program may bring another source
	}
	if what.Observe {
		a.flags |= attachedObserve
	}
	tx.lookup(key)
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return false, err
	}
	i, from := codes.attachedAs(&s, what.Target.name), CodeID{}
	limit := tx.ks.objectLimits.Load().Handlers
	switch own := s.own(); {
	case i >= 0:
		from = s.attached[i].code
		s.attached[i] = a
	case own >= limit:
		return false, tooManyHandlers(limit)
	default:
		if memory := codes.memoryOf(&s, what.Target.name); memory >= 0 { // what a rule's handler left is its own now
			from = s.attached[memory].code
			s.attached = slices.Delete(s.attached, memory, memory+1)
		}
		s.attached = slices.Insert(s.attached, own, a)
		added = true
	}
	if err := tx.putSection(&e, key, &s); err != nil {
		return added, err
	}
	tx.Reread(key)
	return added, tx.runAttach(key, c, &a, &attaching{fields, from})
}

// runAttach runs onAttach of c for the attachment a, new or changed, of the object at key.
func (tx *Tx) runAttach(key []byte, c *Code, a *attachment, fields Fields) error {
	if !c.handles.Has(sandbox.OnAttach) {
		return nil
	}
	h := tx.takeHost(key, &Event{Handler: sandbox.OnAttach, Fields: fields})
	defer tx.giveHost(h)
	defer tx.releaseTime(tx.holdTime())
	if err := h.readSection(); err != nil {
		return err
	}
	attached := acting{code: c, params: a.params, observe: a.has(attachedObserve), at: -1}
	if e := tx.explains(); e != nil {
		return h.explain(e, func() error { h.explainActing(&attached, a.alias); return nil })
	}
	outcome, err := h.act(&attached)
	if err == nil && outcome.Verdict == sandbox.Deny {
		err = Denied(outcome)
	}
	return err
}

// attaching tells onAttach which version the object had before.
type attaching struct {
	Fields
	from CodeID
}

// Invoker returns the user who has set off the event.
func (f *attaching) Invoker() Invoker { return invokerOf(f.Fields) }

// Field returns ev.<name>; ev.from is nil for a handler that the object did not have.
func (f *attaching) Field(name string) (sandbox.Value, bool) {
	switch {
	case name == "from" && f.from == CodeID{}:
		return sandbox.Value{}, true
	case name == "from":
		return sandbox.StringValue(f.from.String()), true
	case f.Fields == nil:
		return sandbox.Value{}, false
	}
	return f.Fields.Field(name)
}

// attachedAs returns the index of the handler called name that was attached to the object itself, or -1.
func (t *codeTable) attachedAs(s *section, name string) int {
	return slices.IndexFunc(s.attached[:s.own()], func(a attachment) bool { return t.isNamed(a.code, name) })
}

func (t *codeTable) isNamed(id CodeID, name string) bool {
	c := t.byID[id]
	return c != nil && c.Program.Name() == name
}

// Attached reports whether the object at key has a handler called name of its own.
func (tx *Tx) Attached(key []byte, name string) (bool, error) {
	tx.lookup(key)
	e := tx.find(key)
	var s section
	err := tx.section(&e, &s)
	return err == nil && tx.ks.code.Load().attachedAs(&s, name) >= 0, err
}

// Detach removes the handler called name, all if name is empty, from the object at key, and what the object remembers of handlers of rules,
// and returns how many it removed. With the last one go the state, unless keepState, and the timers. What rules give stays in force.
func (tx *Tx) Detach(key []byte, name string, keepState bool) (removed int, err error) {
	tx.lookup(key)
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return 0, err
	}
	n, codes := len(s.attached), tx.ks.code.Load()
	s.attached = slices.DeleteFunc(s.attached, func(a attachment) bool { return name == "" || codes.isNamed(a.code, name) })
	if removed = n - len(s.attached); removed == 0 {
		return 0, nil
	}
	if len(s.attached) == 0 {
		s.timers = nil
		if !keepState {
			s.state = nil
		}
	}
	return removed, tx.putSection(&e, key, &s)
}
