package aso

import (
	"sync/atomic"

	"comet/aso/sandbox"
)

// ObservedCounts counts what a version would have decided in mode observe.
type ObservedCounts struct {
	Runs, Denied, Failed, Replaced, Kept, Hidden atomic.Int64
}

// count counts a run and returns the outcome for people, empty if it would have changed no reply.
func (o *ObservedCounts) count(outcome *sandbox.Outcome, err error) string {
	o.Runs.Add(1)
	switch {
	case err != nil:
		o.Failed.Add(1)
	case outcome.Verdict == sandbox.Deny:
		o.Denied.Add(1)
	case outcome.Verdict == sandbox.Replace:
		o.Replaced.Add(1)
	case outcome.Verdict == sandbox.Keep:
		o.Kept.Add(1)
	case outcome.Verdict == sandbox.Missing:
		o.Hidden.Add(1)
	}
	return outcomeText(outcome, err)
}

// outcomeText returns how a run ended for people, empty if it changed no reply.
func outcomeText(outcome *sandbox.Outcome, err error) string {
	if err != nil {
		return handlerError(err).Error()
	}
	switch outcome.Verdict {
	case sandbox.Deny:
		return Denied(outcome).Error()
	case sandbox.Replace:
		return "replaced"
	case sandbox.Keep:
		return "keep"
	case sandbox.Missing:
		return "missing"
	}
	return ""
}
