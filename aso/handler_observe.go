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
	if err != nil {
		o.Failed.Add(1)
		return handlerError(err).Error()
	}
	switch outcome.Verdict {
	case sandbox.Deny:
		o.Denied.Add(1)
		return Denied(*outcome).Error()
	case sandbox.Replace:
		o.Replaced.Add(1)
		return "replaced"
	case sandbox.Keep:
		o.Kept.Add(1)
		return "keep"
	case sandbox.Missing:
		o.Hidden.Add(1)
		return "missing"
	}
	return ""
}
