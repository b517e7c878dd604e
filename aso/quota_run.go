package aso

import (
	"errors"
	"fmt"

	"comet/aso/sandbox"
)

// QuotaError is the refusal of a run before it began, because a limit is used up.
type QuotaError struct {
	by    *budget
	until int64 // it cannot begin before, Unix milliseconds
	now   int64
}

// Error returns the text of the reply.
func (e *QuotaError) Error() string { return string(e.reply()) }

// Unwrap returns the error as clients see it.
func (e *QuotaError) Unwrap() error { return e.reply() }

func (e *QuotaError) reply() Error {
	return Failure("ASOQUOTA", fmt.Sprintf("%s, again in %d ms", e.by.text(), e.until-e.now))
}

// postponed returns when to try again what err, an error of RunHandler, refused; ok is false if it was no limit that did.
func (tx *Tx) postponed(err error) (until int64, ok bool) {
	var quota *QuotaError
	if !errors.As(err, &quota) {
		return 0, false
	}
	tx.ks.Metrics.QuotaRefused.Add(-1)
	tx.ks.Metrics.QuotaPostponed.Add(1)
	return quota.by.postpone(quota.until), true
}

// unlimited are the events that nobody can be refused, or that nobody could repeat. They count all the same.
const unlimited Handlers = 1<<sandbox.OnExpire | 1<<sandbox.OnError

// admit counts a run of a, which may be refused.
func (h *host) admit(a *acting) error {
	set := h.tx.ks.budgets.Load()
	if set == nil || h.tx.dry != nil {
		return nil
	}
	h.collectBudgets(set, a)
	forced := unlimited.Has(h.event.Handler)
	for i, b := range h.budgets {
		wait := b.take(h.tx.now, forced)
		if wait == 0 {
			continue
		}
		for _, taken := range h.budgets[:i] {
			taken.giveBack()
		}
		h.budgets = h.budgets[:0]
		b.refuse()
		h.tx.ks.Metrics.QuotaRefused.Add(1)
		a.code.eventStats(h.event.Handler).Quota.Add(1)
		return &QuotaError{b, h.tx.now + wait, h.tx.now}
	}
	return nil
}

// collectBudgets finds the budgets that a run of a counts to.
func (h *host) collectBudgets(set *budgets, a *acting) {
	h.budgets = set.prefixesOf(h.key, h.budgets[:0])
	if b := set.get(ScopeHandler, a.code.Program.Name()); b != nil {
		h.budgets = append(h.budgets, b)
	}
	if h.event.Fields == nil {
		return
	}
	if user, ok := h.event.Fields.Field("user"); ok {
		if b := set.get(ScopeUser, user.Str); b != nil {
			h.budgets = append(h.budgets, b)
		}
	}
}

// runCounted runs the handler that h.call describes, and counts what it uses.
func (h *host) runCounted() (*sandbox.Outcome, error) {
	outcome, err := h.runTimed()
	for _, b := range h.budgets {
		b.spend(outcome.Fuel, h.took)
	}
	return outcome, err
}
