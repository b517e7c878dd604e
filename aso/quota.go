package aso

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"comet/aso/value"
)

// Scope says whose runs a limit is for.
type Scope byte

// The scopes of limits.
const (
	ScopeHandler Scope = iota // all versions of a handler
	ScopePrefix               // keys that match a pattern
	ScopeUser                 // the user whose command caused the run
	scopeCount
)

var scopeNames = [scopeCount]string{"handler", "prefix", "user"}

// String returns the name of the scope, such as "handler".
func (s Scope) String() string { return scopeNames[s] }

// ParseScope returns the scope of that name, in any case.
func ParseScope(name string) (Scope, bool) {
	i := slices.IndexFunc(scopeNames[:], func(s string) bool { return strings.EqualFold(s, name) })
	return Scope(max(i, 0)), i >= 0
}

// Limit is a budget of handler runs: in each window so much may be used. 0 is no bound.
type Limit struct {
	Scope            Scope
	Name             string // of the handler or user, or the pattern of the keys
	Fuel, Runs, Time int64  // instructions; runs; milliseconds of run time
	Window           int64  // milliseconds
}

// LimitUse is what is used of a limit now, and what it did since it was set.
type LimitUse struct {
	Limit
	UsedFuel, UsedRuns, UsedTime int64 // as those of Limit
	Refused, Postponed           int64 // runs
}

// Bounds of limits: the products of the arithmetic fit 64 bits.
const (
	MaxLimitWindow = 24 * 3600 * 1000
	MaxLimitBudget = 50_000_000_000
	MaxLimitName   = 1024
	maxLimits      = 4096
	maxPrefixes    = 128 // limits by pattern, which each run looks at
)

// budget is a limit with what is used of it.
type budget struct {
	Limit
	mu                 sync.Mutex // guards the rest; a leaf lock, taken under partition locks
	fuel, runs, time   bucket     // time in microseconds; max is 0 where there is no bound
	slot               int64      // the next postponed run is not before it, Unix milliseconds
	refused, postponed int64
}

func newBudget(l Limit) *budget {
	b := &budget{Limit: l}
	b.fuel = bucket{max: l.Fuel, window: l.Window}
	b.runs = bucket{max: l.Runs, window: l.Window}
	b.time = bucket{max: l.Time * 1000, window: l.Window}
	return b
}

// each calls fn for the buckets that bound something.
func (b *budget) each(fn func(u *bucket)) {
	for _, u := range [...]*bucket{&b.fuel, &b.runs, &b.time} {
		if u.max > 0 {
			fn(u)
		}
	}
}

// take counts a run that begins now, unless it has to wait, which is for so many milliseconds. A forced run never waits.
func (b *budget) take(now int64, forced bool) (wait int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.each(func(u *bucket) {
		u.drain(now)
		wait = max(wait, u.wait())
	})
	if wait > 0 && !forced {
		return wait
	}
	if b.runs.max > 0 {
		b.runs.use(1)
	}
	return 0
}

// giveBack takes back what take has counted.
func (b *budget) giveBack() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.runs.max > 0 {
		b.runs.giveBack()
	}
}

// spend counts what a run has used.
func (b *budget) spend(fuel int64, took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.fuel.max > 0 {
		b.fuel.use(fuel)
	}
	if b.time.max > 0 {
		b.time.use(took.Microseconds())
	}
}

// refuse counts a run that was refused.
func (b *budget) refuse() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused++
}

// postpone returns when to try a run that was refused, and could not be before until. Those that are postponed together get times as far
// apart as the budget lets them run.
func (b *budget) postpone(until int64) int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refused--
	b.postponed++
	until = max(until, b.slot)
	gap := int64(1)
	b.each(func(u *bucket) { gap = max(gap, u.gap()) })
	b.slot = until + min(gap, MaxLimitWindow)
	return until
}

func (b *budget) use(now int64) LimitUse {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.each(func(u *bucket) { u.drain(now) })
	use := LimitUse{Limit: b.Limit, Refused: b.refused, Postponed: b.postponed}
	if b.fuel.max > 0 {
		use.UsedFuel = b.fuel.used()
	}
	if b.runs.max > 0 {
		use.UsedRuns = b.runs.used()
	}
	if b.time.max > 0 {
		use.UsedTime = (b.time.used() + 999) / 1000
	}
	return use
}

// text describes the budget for people.
func (b *budget) text() string {
	var parts []string
	for _, part := range [...]struct {
		n    int64
		unit string
	}{{b.Fuel, "instructions"}, {b.Runs, "runs"}, {b.Time, "ms of run time"}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprint(part.n, " ", part.unit))
		}
	}
	return fmt.Sprintf("%s %s may use %s in %d ms", b.Scope, b.Name, strings.Join(parts, ", "), b.Window)
}

// budgets are all limits. They are replaced as a whole, by a Tx that holds all locks; nil are none.
type budgets struct {
	all      map[limitID]*budget
	prefixes []*budget
}

type limitID struct {
	scope Scope
	name  string
}

// with returns the limits with b, without the one called id if b is nil.
func (s *budgets) with(id limitID, b *budget) *budgets {
	next := &budgets{all: map[limitID]*budget{}}
	if s != nil {
		maps.Copy(next.all, s.all)
	}
	delete(next.all, id)
	if b != nil {
		next.all[id] = b
	}
	for _, b := range next.all {
		if b.Scope == ScopePrefix {
			next.prefixes = append(next.prefixes, b)
		}
	}
	if len(next.all) == 0 {
		return nil
	}
	return next
}

// prefixesOf appends to list the budgets of the patterns that key matches.
func (s *budgets) prefixesOf(key []byte, list []*budget) []*budget {
	for _, b := range s.prefixes {
		if value.Match([]byte(b.Name), key, false) {
			list = append(list, b)
		}
	}
	return list
}

func (s *budgets) get(scope Scope, name string) *budget {
	if s == nil {
		return nil
	}
	return s.all[limitID{scope, name}]
}

// sorted returns all budgets by scope and name.
func (s *budgets) sorted() []*budget {
	if s == nil {
		return nil
	}
	return slices.SortedFunc(maps.Values(s.all), func(a, b *budget) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Name, b.Name))
	})
}

// BudgetLimits returns the limits, by scope and name, with what is used of them.
func (ks *Keyspace) BudgetLimits() []LimitUse {
	var uses []LimitUse
	for _, b := range ks.budgets.Load().sorted() {
		uses = append(uses, b.use(ks.now()))
	}
	return uses
}

// SetLimit makes l the limit of its scope and name, of which nothing is used yet. The Tx holds all locks.
func (tx *Tx) SetLimit(l Limit) error {
	switch {
	case l.Name == "" || len(l.Name) > MaxLimitName:
		return Error("ERR the name of a limit has 1 to 1024 bytes")
	case l.Fuel+l.Runs+l.Time == 0:
		return Error("ERR a limit needs one of FUEL, RUNS and MS")
	}
	set := tx.ks.budgets.Load()
	if set.get(l.Scope, l.Name) == nil && set != nil {
		if len(set.all) >= maxLimits || l.Scope == ScopePrefix && len(set.prefixes) >= maxPrefixes {
			return Error("ASOQUOTA 4096 limits, 128 of them by pattern")
		}
	}
	replace(tx, &tx.ks.budgets, set.with(limitID{l.Scope, l.Name}, newBudget(l)))
	tx.effectLimit(&l)
	return nil
}

// DeleteLimit removes a limit and reports whether it was there. The Tx holds all locks.
func (tx *Tx) DeleteLimit(scope Scope, name string) bool {
	set := tx.ks.budgets.Load()
	if set.get(scope, name) == nil {
		return false
	}
	replace(tx, &tx.ks.budgets, set.with(limitID{scope, name}, nil))
	tx.effectLimit(&Limit{Scope: scope, Name: name})
	return true
}

// effectLimit records a limit; without a window it is gone.
func (tx *Tx) effectLimit(limit *Limit) {
	tx.effectCommon(func(l *effectLog) { l.limit(limit) })
}

func (log *effectLog) limit(l *Limit) {
	log.op(opLimit)
	log.text(l.Name)
	log.op(byte(l.Scope))
	for _, n := range [...]int64{l.Window, l.Fuel, l.Runs, l.Time} {
		log.int(n)
	}
}

// applyLimit makes the limit that an effect tells of.
func (tx *Tx) applyLimit(d *decoder, skip bool) error {
	l := Limit{Name: string(d.bytes()), Scope: Scope(d.byte()), Window: d.int(), Fuel: d.int(), Runs: d.int(), Time: d.int()}
	if l.Scope >= scopeCount || l.Window < 0 || l.Window > MaxLimitWindow || l.Time > MaxLimitBudget/1000 {
		return errCorrupt
	}
	for _, n := range [...]int64{l.Fuel, l.Runs, l.Time} {
		if n < 0 || n > MaxLimitBudget {
			return errCorrupt
		}
	}
	if d.err != nil || skip {
		return d.err
	}
	var b *budget
	if l.Window > 0 {
		b = newBudget(l)
	}
	tx.ks.budgets.Store(tx.ks.budgets.Load().with(limitID{l.Scope, l.Name}, b))
	return nil
}
