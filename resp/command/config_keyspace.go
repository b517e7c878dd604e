package command

import (
	"math"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/aso/value"
)

// configureKeyspace tells the keyspace the parameters that concern it.
func (s *Server) configureKeyspace() error {
	c := s.config
	limits := value.DefaultLimits()
	limits.HashMaxListpackEntries = intOf(&c.HashEntries)
	limits.HashMaxListpackValue = intOf(&c.HashValue)
	limits.SetMaxIntsetEntries = intOf(&c.SetInts)
	limits.ZSetMaxListpackEntries = intOf(&c.ZSetEntries)
	limits.ZSetMaxListpackValue = intOf(&c.ZSetValue)
	limits.ListMaxListpackSize = intOf(&c.ListSize)
	limits.StreamNodeMaxBytes = intOf(&c.StreamBytes)
	limits.StreamNodeMaxEntries = intOf(&c.StreamCount)
	s.ks.SetLimits(limits)

	handlers := sandbox.DefaultLimits()
	handlers.Instructions = c.Instructions.Load()
	handlers.Memory = c.Memory.Load()
	handlers.State = intOf(&c.State)
	handlers.Source = intOf(&c.Source)
	s.ks.SetHandlerLimits(handlers)
	s.ks.SetObjectLimits(aso.ObjectLimits{Timers: intOf(&c.Timers), Handlers: intOf(&c.Handlers), Messages: intOf(&c.Messages), Hops: intOf(&c.Hops)})

	s.ks.SetDeadMax(c.DeadMax.Load())
	s.ks.SetSlowRuns(c.SlowFuel.Load(), c.SlowTime.Load(), intOf(&c.SlowRuns))
	s.ks.SetMaxRules(intOf(&c.Rules))
	s.ks.SetMessageLimits(aso.MessageLimits{Pending: c.Pending.Load(), Payload: intOf(&c.Payload), DedupWindow: c.DedupWindow.Load()})
	s.ks.SetNotify(uint32(c.Notify.Load()))
	return nil
}

func intOf(n *Number) int { return int(min(n.Load(), math.MaxInt)) }
