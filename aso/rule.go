package aso

import (
	"cmp"
	"slices"

	"comet/aso/sandbox"
	"comet/aso/value"
)

// Rule gives the objects of all keys that match a pattern, in all databases, a handler. It is immutable.
type Rule struct {
	ID      string
	Glob    string // as KEYS takes it
	Target  Target
	Events  Handlers // the only events that it handles; 0 is all
	Kind    Kind     // the only kind of value that it is for; KindNone is any, also none
	Order   int64    // rules run by order, then by id
	Observe bool     // what the handler does is taken back, and counted only

	params []byte // as appendParams writes them
	prefix string // what Glob begins with, literally
	rest   string // of Glob behind prefix
}

// Bounds of rules.
const (
	MaxRuleID   = 128  // bytes
	MaxRuleGlob = 1024 // bytes
)

// ruleSet is all rules. It is replaced as a whole, by a Tx that holds all locks; a set without rules is nil.
type ruleSet struct {
	count    int
	byID     *radix[*Rule]
	byPrefix *radix[[]*Rule]
}

// with returns the set with r instead of the rule of its id.
func (s *ruleSet) with(r *Rule) *ruleSet {
	next := s.without(r.ID)
	if next == nil {
		next = &ruleSet{}
	}
	same, _ := next.byPrefix.get(r.prefix)
	return &ruleSet{
		count:    next.count + 1,
		byID:     next.byID.with(r.ID, r),
		byPrefix: next.byPrefix.with(r.prefix, append(slices.Clip(same), r)),
	}
}

// without returns the set without the rule of that id.
func (s *ruleSet) without(id string) *ruleSet {
	r := s.get(id)
	if r == nil {
		return s
	}
	if s.count == 1 {
		return nil
	}
	next := &ruleSet{count: s.count - 1, byID: s.byID.without(id), byPrefix: s.byPrefix.without(r.prefix)}
	same, _ := s.byPrefix.get(r.prefix)
	if left := slices.DeleteFunc(slices.Clone(same), func(o *Rule) bool { return o == r }); len(left) > 0 {
		next.byPrefix = next.byPrefix.with(r.prefix, left)
	}
	return next
}

func (s *ruleSet) get(id string) *Rule {
	if s == nil {
		return nil
	}
	r, _ := s.byID.get(id)
	return r
}

// each calls fn for the rules in the order of their ids, until it returns false.
func (s *ruleSet) each(fn func(r *Rule) bool) {
	if s != nil {
		s.byID.each(fn)
	}
}

// literal returns what every string that matches glob begins with, and the rest of glob.
func literal(glob string) (prefix, rest string) {
	var text []byte
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case c == '*' || c == '?' || c == '[':
			return string(text), glob[i:]
		case c == '\\' && i+1 < len(glob):
			i++
		}
		text = append(text, glob[i])
	}
	return string(text), ""
}

// matches reports whether the rule is for key, which begins with its prefix.
func (r *Rule) matches(key []byte) bool {
	switch r.rest {
	case "":
		return len(key) == len(r.prefix)
	case "*":
		return len(key) > 0
	}
	return value.Match([]byte(r.Glob), key, false)
}

// Name returns the name of the rule's handler.
func (r *Rule) Name() string { return r.Target.name }

// Params returns the parameters of the rule's handler.
func (r *Rule) Params() map[string]string { return decodeParams(r.params) }

// ruleMatches remembers the rules of the key looked up last.
type ruleMatches struct {
	set   *ruleSet
	key   []byte
	rules []*Rule
}

// rulesOf returns the rules whose pattern matches key, in their order, until the next call.
func (tx *Tx) rulesOf(key []byte) []*Rule {
	set := tx.ks.rules.Load()
	if set == nil || tx.dry != nil && tx.dry.without(key) {
		return nil
	}
	m := &tx.matched
	if m.set == set && string(m.key) == string(key) {
		return m.rules
	}
	m.set, m.key, m.rules = set, append(m.key[:0], key...), m.rules[:0]
	for n, rest := set.byPrefix, key; n != nil; n, rest = n.step(rest) {
		for _, r := range n.value {
			if r.matches(key) {
				m.rules = append(m.rules, r)
			}
		}
	}
	if len(m.rules) > 1 {
		slices.SortFunc(m.rules, func(a, b *Rule) int { return cmp.Or(cmp.Compare(a.Order, b.Order), cmp.Compare(a.ID, b.ID)) })
	}
	return m.rules
}

// ruleVersion remembers the version that a rule without an alias gave last: most objects have the rules of the one before.
type ruleVersion struct {
	codes *codeTable
	rule  *Rule
	code  *Code
}

// versionOf returns the version that r gives the object at key, nil if it is not loaded, and the alias if that tries it.
func (tx *Tx) versionOf(codes *codeTable, r *Rule, key []byte) (*Code, *Alias) {
	if r.Target.alias != (AliasID{}) {
		return codes.resolve(r.Target.code, r.Target.alias, key)
	}
	m := &tx.ruled
	if m.rule != r || m.codes != codes {
		*m = ruleVersion{codes, r, codes.byID[r.Target.code]}
	}
	return m.code, nil
}

// RuleCount returns the number of rules.
func (ks *Keyspace) RuleCount() int {
	if set := ks.rules.Load(); set != nil {
		return set.count
	}
	return 0
}

// Rules calls fn for all rules in the order of their ids, until it returns false.
func (ks *Keyspace) Rules(fn func(r *Rule) bool) { ks.rules.Load().each(fn) }

const defaultMaxRules = 65536

// Rule returns the rule of that id, or nil.
func (ks *Keyspace) Rule(id string) *Rule { return ks.rules.Load().get(id) }

// SetMaxRules bounds the number of rules that may be made.
func (ks *Keyspace) SetMaxRules(n int) { ks.maxRules.Store(int64(n)) }

// SetRule makes r, with parameters, the rule of its id. The Tx holds all locks.
func (tx *Tx) SetRule(r Rule, params map[string]string) error {
	r.params = encodeParams(params)
	r.prefix, r.rest = literal(r.Glob)
	switch {
	case r.ID == "" || len(r.ID) > MaxRuleID:
		return Error("ERR the id of a rule has 1 to 128 bytes")
	case r.Glob == "" || len(r.Glob) > MaxRuleGlob:
		return Error("ERR the pattern of a rule has 1 to 1024 bytes")
	}
	set := tx.ks.rules.Load()
	if old := set.get(r.ID); old == nil && int64(tx.ks.RuleCount()) >= tx.ks.maxRules.Load() {
		return Error("ASOQUOTA aso-max-rules is reached")
	}
	for _, c := range r.Target.versions(tx.ks.code.Load()) {
		if _, err := c.paramsOf(r.params); err != nil {
			return err
		}
		tx.keepCode(c)
	}
	tx.replaceRules(set.with(&r))
	tx.effectRule(r.ID, &r)
	return nil
}

// DeleteRule removes a rule and reports whether it was there. The Tx holds all locks.
func (tx *Tx) DeleteRule(id string) bool {
	set := tx.ks.rules.Load()
	if set.get(id) == nil {
		return false
	}
	tx.replaceRules(set.without(id))
	tx.effectRule(id, nil)
	return true
}

func (tx *Tx) replaceRules(next *ruleSet) {
	replace(tx, &tx.ks.rules, next)
	tx.handlersChanged()
}

// effectRule records that r is the rule called id, or that there is none.
func (tx *Tx) effectRule(id string, r *Rule) {
	tx.effectCommon(func(l *effectLog) { l.rule(id, r) })
}

// rule appends the effect that makes r, nil for none, the rule called id.
func (l *effectLog) rule(id string, r *Rule) {
	l.op(opRule)
	l.bytes([]byte(id))
	if r == nil {
		l.bytes(nil)
		return
	}
	l.bytes([]byte(r.Glob))
	l.target(&r.Target)
	l.bytes(r.params)
	l.uint(uint64(r.Events))
	l.op(byte(r.Kind))
	l.int(r.Order)
	if r.Observe {
		l.op(1)
	} else {
		l.op(0)
	}
}

// applyRule makes the rule that an effect tells of.
func (tx *Tx) applyRule(d *decoder, skip bool) error {
	r := Rule{ID: string(d.bytes()), Glob: string(d.bytes())}
	if r.Glob == "" {
		if skip {
			return d.err
		}
		tx.ks.rules.Store(tx.ks.rules.Load().without(r.ID))
		return d.err
	}
	r.Target = d.target()
	r.params = slices.Clone(d.bytes())
	events, kind := d.uint(), d.byte()
	r.Order, r.Observe = d.int(), d.byte() != 0
	if events >= 1<<(sandbox.OnAttach+1) || int(kind) >= len(kindNames) {
		return errCorrupt
	}
	r.Events, r.Kind = Handlers(events), Kind(kind)
	r.prefix, r.rest = literal(r.Glob)
	if d.err == nil && !skip {
		tx.ks.rules.Store(tx.ks.rules.Load().with(&r))
	}
	return d.err
}
