package aso

import (
	"bytes"
	"cmp"
	"slices"

	"comet/aso/sandbox"
)

// takes reports whether the rule is for objects with a value of that kind.
func (r *Rule) takes(kind Kind) bool { return r.Kind == KindNone || r.Kind == kind }

// aside are the events that no rule names: onAttach of another version and onError are handled always.
const aside Handlers = 1<<sandbox.OnAttach | 1<<sandbox.OnError

// events returns the events that the rule lets its handler handle.
func (r *Rule) events() Handlers { return cmp.Or(r.Events, ^Handlers(0)) | aside }

// kindOf returns the kind of the value at key, whether expired or not.
func (tx *Tx) kindOf(key []byte) Kind {
	e := tx.find(key)
	if e.r == 0 {
		return KindNone
	}
	return tx.record(&e).kind()
}

// Why a handler acts on an object.
const (
	whyMatches  = "the pattern matches"
	whyAttached = "attached to the key"
)

// exclusion says why a rule whose pattern matches gives an object no handler in an event.
type exclusion uint8

const (
	applies   exclusion = iota // it gives one
	otherKind                  // it is for another type
	otherEvent
	ownFirst  // the object has a handler of that name itself
	ruleFirst // a rule before it gives a handler of that name
)

// text returns the exclusion of r, for an object with a value of that kind, for people.
func (x exclusion) text(r *Rule, kind Kind, ev sandbox.Handler) string {
	switch x {
	case otherKind:
		return "the rule is for type " + r.Kind.String() + ", the key has " + kind.String()
	case otherEvent:
		return "the rule is not for " + ev.String()
	case ownFirst:
		return "the handler is attached to the key itself"
	}
	return whyMatches
}

// whyFirst is the text of ruleFirst, for the rule before it.
func whyFirst(id string) string { return "rule " + id + " comes first with the same handler" }

// excludes reports why r, whose pattern matches, gives the object of h no handler in its event, if it does not.
func (h *host) excludes(t *codeTable, r *Rule, own []attachment) exclusion {
	switch {
	case !r.takes(h.kind):
		return otherKind
	case !r.events().Has(h.event.Handler):
		return otherEvent
	case t.owns(own, r.Name()):
		return ownFirst
	case h.planned(r.Name()) != nil:
		return ruleFirst
	}
	return applies
}

// Unveils reports whether a rule's onGet answers for the object at from, and would not under the name to: the same handler with the same parameters.
func (tx *Tx) Unveils(from, to []byte) bool {
	e := tx.find(from)
	var s section
	if e.r == 0 || tx.section(&e, &s) != nil {
		return false
	}
	codes, kind := tx.ks.code.Load(), tx.record(&e).kind()
	answering := func(r *Rule) bool {
		return r.takes(kind) && !r.Observe && r.events().Has(sandbox.OnGet) && !codes.owns(s.attached, r.Name()) // which goes along
	}
	there := slices.Clone(tx.rulesOf(to))
	return slices.ContainsFunc(tx.rulesOf(from), func(r *Rule) bool {
		c, _ := codes.resolve(r.Target.code, r.Target.alias, from)
		return answering(r) && c != nil && c.handles.Has(sandbox.OnGet) && !slices.ContainsFunc(there, func(o *Rule) bool {
			return answering(o) && o.Target == r.Target && bytes.Equal(o.params, r.params)
		})
	})
}

// Match tells of a handler that an object has of its own or by a rule whose pattern matches, whether it applies, and why not.
type Match struct {
	Attached
	By      *Rule // nil for the object's own
	Applies bool
	Why     string
	Events  Handlers // that it handles
}

// Match returns the handlers of the object at key in the order in which they run, those that do not apply among them.
func (tx *Tx) Match(key []byte) ([]Match, error) {
	tx.lookup(key)
	e := tx.find(key)
	var s section
	if err := tx.section(&e, &s); err != nil {
		return nil, err
	}
	return tx.matches(key, &s), nil
}

func (tx *Tx) matches(key []byte, s *section) (all []Match) {
	codes, kind := tx.ks.code.Load(), tx.kindOf(key)
	for _, r := range tx.rulesOf(key) {
		m := Match{By: r, Attached: Attached{Name: r.Name(), Rule: r.ID, Params: r.Params(), Observe: r.Observe}}
		if alias := codes.aliases[r.Target.alias]; alias != nil {
			m.Alias = alias.Alias
		}
		c, _ := codes.resolve(r.Target.code, r.Target.alias, key)
		if c != nil {
			m.Version, m.Events = c.ID.String(), c.handles&r.events()
		}
		shadowed, by := shadows(all, &m)
		switch {
		case c == nil:
			m.Why = "the version is not loaded"
		case codes.owns(s.attached, r.Name()):
			m.Why = ownFirst.text(r, kind, 0)
		case !r.takes(kind):
			m.Why = otherKind.text(r, kind, 0)
		case m.Events&^aside == 0:
			m.Why = "the handler has none of the events of the rule"
		case shadowed == m.Events&^aside:
			m.Why = whyFirst(by)
		default:
			m.Applies, m.Why = true, whyMatches
			if m.Events &^= shadowed; shadowed != 0 {
				m.Why = "the pattern matches; rule " + by + " comes first for other events"
			}
		}
		all = append(all, m)
	}
	for i := range s.attached[:s.own()] {
		a := &s.attached[i]
		m := Match{Attached: codes.attachedTo(a), Applies: true, Why: whyAttached, Events: codes.handledBy(a, key)}
		all = append(all, m)
	}
	return all
}

// shadows returns the events of m that a rule before it handles with the same handler, and one of these rules.
func shadows(before []Match, m *Match) (events Handlers, by string) {
	for i := range before {
		if b := &before[i]; b.Applies && b.Name == m.Name {
			if b.Events&m.Events&^aside != 0 {
				by = b.Rule
			}
			events |= b.Events & m.Events
		}
	}
	return events &^ aside, by
}
