package command

import (
	"math"
	"strings"
	"time"

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
	s.ks.SetStrictGrants(c.StrictGrants.Load())
	s.ks.SetObjectLimits(aso.ObjectLimits{Timers: intOf(&c.Timers), Handlers: intOf(&c.Handlers), Messages: intOf(&c.Messages), Hops: intOf(&c.Hops)})

	s.ks.SetEviction(c.eviction())
	s.ks.SetDeadMax(c.DeadMax.Load())
	s.ks.SetSlowRuns(c.SlowFuel.Load(), c.SlowTime.Load(), intOf(&c.SlowRuns))
	s.ks.SetRecordMax(intOf(&c.RecordMax))
	s.ks.SetMaxRules(intOf(&c.Rules))
	s.ks.SetMessageLimits(aso.MessageLimits{Pending: c.Pending.Load(), Payload: intOf(&c.Payload), DedupWindow: c.DedupWindow.Load()})
	s.ks.SetNotify(uint32(c.Notify.Load()))
	s.tracking.shrink()
	return nil
}

// evictionOrders are the orders of the policies, whose names begin with volatile- or allkeys-.
var evictionOrders = map[string]aso.EvictionOrder{
	"lru": aso.EvictIdle, "lfu": aso.EvictRare, "ttl": aso.EvictSoon, "random": aso.EvictRandom, "": aso.EvictNone,
}

func (c *Config) eviction() aso.Eviction {
	scope, order, _ := strings.Cut(c.MaxPolicy.Load(), "-")
	return aso.Eviction{
		Max: c.MaxMemory.Load(), Order: evictionOrders[order], Volatile: scope == "volatile",
		Samples: intOf(&c.Samples), Time: evictionTime(float64(c.Tenacity.Load())), LogFactor: c.LogFactor.Load(), Decay: c.DecayTime.Load(),
	}
}

// evictionTime returns how long a command evicts at most, 0 for no limit: the curve is that of Redis.
func evictionTime(tenacity float64) time.Duration {
	switch {
	case tenacity <= 10:
		return time.Duration(max(tenacity*50, 1)) * time.Microsecond
	case tenacity < 100:
		return time.Duration(500*math.Pow(1.15, tenacity-10)) * time.Microsecond
	}
	return 0
}

// countsUses reports whether the policy goes by how often objects are used.
func (c *Config) countsUses() bool { return strings.HasSuffix(c.MaxPolicy.Load(), "-lfu") }

func intOf(n *Number) int { return int(min(n.Load(), math.MaxInt)) }
