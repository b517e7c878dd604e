package aso

import (
	"fmt"
	"strconv"

	"comet/aso/sandbox"
)

// ObjectLimits bound what an object may have and what a run may send.
type ObjectLimits struct {
	Timers   int // of an object
	Handlers int // of an object, besides those of rules
	Messages int // that a run sends or publishes
	Hops     int // messages of a chain, each sent while the one before was handled
}

// DefaultObjectLimits returns the limits of a new keyspace.
func DefaultObjectLimits() ObjectLimits {
	return ObjectLimits{Timers: 64, Handlers: 16, Messages: 16, Hops: 8}
}

// SetObjectLimits changes the limits from now on. What is there already stays.
func (ks *Keyspace) SetObjectLimits(l ObjectLimits) { ks.objectLimits.Store(&l) }

// lowered returns the limits, or what the source of p has lowered them to.
func (l ObjectLimits) lowered(p *sandbox.Program) ObjectLimits {
	l.Timers = int(p.Lower(sandbox.LimitTimers, int64(l.Timers)))
	l.Messages = int(p.Lower(sandbox.LimitMessages, int64(l.Messages)))
	l.Hops = int(p.Lower(sandbox.LimitHops, int64(l.Hops)))
	return l
}

// limit returns a limit that the running handler may have lowered.
func (h *host) limit(name string, limit int) int {
	return int(h.code.Program.Lower(name, int64(limit)))
}

// tooManyTimers is the error for a timer beyond the limit of an object.
func tooManyTimers(limit int) error {
	return &sandbox.LimitError{Which: sandbox.LimitTimers, Detail: strconv.Itoa(limit) + " an object"}
}

// tooLongChain is the error for a message beyond the limit of a chain.
func tooLongChain(limit int) error {
	return &sandbox.LimitError{Which: sandbox.LimitHops, Detail: strconv.Itoa(limit) + " a chain"}
}

// tooManyHandlers is the error for a handler beyond the limit of an object.
func tooManyHandlers(limit int) error {
	return Failure("ASOQUOTA", fmt.Sprint(limit, " handlers an object"))
}
