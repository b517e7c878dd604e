package command

import (
	"fmt"
	"runtime/debug"
	"strings"

	"comet/aso"
)

var memoryCommands = family{
	"memory|doctor":       {run: memoryDoctor, access: accessAlone},
	"memory|help":         {run: memoryHelp, access: accessNone},
	"memory|malloc-stats": {run: memoryMallocStats, access: accessAlone},
	"memory|purge":        {run: memoryPurge, access: accessAlone},
	"memory|stats":        {run: memoryStats, access: accessAlone},
	"memory|usage":        {run: memoryUsage},
}

// memoryUsage replies with the bytes that a key and its value hold. They are counted and not sampled, so SAMPLES changes nothing.
func memoryUsage(c *Call) error {
	for i := 3; i < len(c.Args); i += 2 {
		if !c.Is(i, "SAMPLES") || i+1 == len(c.Args) {
			return errSyntax
		}
		n, err := c.Int(i + 1)
		switch {
		case err != nil:
			return err
		case n < 0:
			return errSyntax
		}
	}
	if o, ok := c.Tx.Object(c.Arg(2)); ok {
		c.Reply.Int(int64(o.Memory))
	} else {
		c.Reply.Null()
	}
	return nil
}

// memoryFigures are what MEMORY reports on.
type memoryFigures struct {
	dataset, tables     int64 // bytes of objects, and of what finds them
	peak                int64
	heap, mapped        int64 // of Go; of the arena
	resident            int64
	keys                int64
	databases           []aso.Stat
	journal             int64
	allocated, reserved int64 // of both allocators
}

func (c *Call) memoryFigures() (f memoryFigures) {
	s := c.Server
	f.databases = c.stats()
	for i := range f.databases {
		f.tables += f.databases[i].Tables + f.databases[i].Heaps
		f.keys += int64(f.databases[i].Keys)
	}
	f.dataset, f.heap, f.mapped, f.resident = s.ks.MemoryUsed(), goHeap(), s.ks.MemoryMapped(), thisProcess().resident
	f.peak = max(s.ks.MemoryPeak(), f.total())
	f.journal = s.persistenceStatus().Store.PendingBytes
	f.allocated, f.reserved = s.ks.MemoryInArena()+f.heap, f.mapped+f.heap
	return f
}

// stats returns the number of keys of each database.
func (c *Call) stats() []aso.Stat {
	if c.Tx != nil {
		return c.Tx.Stats()
	}
	return c.Server.ks.Stats()
}

func (f *memoryFigures) total() int64 { return f.dataset + f.tables }

// ratio returns a/b, 0 if b is 0.
func ratio(a, b int64) float64 {
	if b == 0 {
		return 0
	}
	return float64(a) / float64(b)
}

// memoryStats replies with the fields of Redis, as far as they mean something here: its allocator is the arena and the heap of Go.
func memoryStats(c *Call) error {
	f := c.memoryFigures()
	used := 0
	for i := range f.databases {
		if f.databases[i].Keys > 0 {
			used++
		}
	}
	c.Reply.Map(27 + used)
	field := func(name string, n int64) {
		c.Reply.BulkString(name)
		c.Reply.Int(n)
	}
	share := func(name string, n float64) {
		c.Reply.BulkString(name)
		c.Reply.Double(n)
	}
	field("peak.allocated", f.peak)
	field("total.allocated", f.total())
	for _, none := range []string{"startup.allocated", "replication.backlog", "clients.slaves"} {
		field(none, 0)
	}
	field("clients.normal", int64(c.Server.clientMemory().total))
	field("cluster.links", 0)
	field("aof.buffer", f.journal)
	field("lua.caches", 0)
	field("functions.caches", 0)
	for i := range f.databases {
		if st := &f.databases[i]; st.Keys > 0 {
			c.Reply.BulkString(fmt.Sprint("db.", i))
			c.Reply.Map(3)
			field("overhead.hashtable.main", st.Tables)
			field("overhead.hashtable.expires", st.Heaps)
			field("overhead.hashtable.slot-to-keys", 0)
		}
	}
	field("overhead.total", f.tables)
	field("keys.count", f.keys)
	field("keys.bytes-per-key", int64(ratio(f.total(), f.keys)))
	field("dataset.bytes", f.dataset)
	share("dataset.percentage", 100*ratio(f.dataset, f.total()))
	share("peak.percentage", 100*ratio(f.total(), f.peak))
	field("allocator.allocated", f.allocated)
	field("allocator.active", f.reserved)
	field("allocator.resident", f.resident)
	share("allocator-fragmentation.ratio", ratio(f.reserved, f.allocated))
	field("allocator-fragmentation.bytes", f.reserved-f.allocated)
	share("allocator-rss.ratio", ratio(f.resident, f.reserved))
	field("allocator-rss.bytes", f.resident-f.reserved)
	share("rss-overhead.ratio", 1) // there is nothing beside the two allocators that could be told apart
	field("rss-overhead.bytes", 0)
	share("fragmentation", ratio(f.resident, f.total()))
	field("fragmentation.bytes", f.resident-f.total())
	return nil
}

// memoryDoctor replies with what could be wrong, in the words of Redis where it looks at the same.
func memoryDoctor(c *Call) error {
	const little, much = 5 << 20, 10 << 20
	f := c.memoryFigures()
	if f.total() < little {
		c.Reply.Verbatim("txt", "Hi Sam, this instance is empty or is using very little memory, my issues detector can't be used in these conditions. "+
			"Please, leave for your mission on Earth and fill it with some data. The new Sam and I will be back to our programming as soon as I "+
			"finished rebooting.\n")
		return nil
	}
	var issues []string
	if f.peak > f.total()*3/2 {
		issues = append(issues, " * Peak memory: In the past this instance used more than 150% the memory that is currently using. Freed memory is used again for new "+
			"objects; only an empty keyspace gives it back to the system.\n\n")
	}
	if f.resident > f.allocated*7/5 && f.resident-f.allocated > much {
		issues = append(issues, " * High total RSS: The resident memory is more than 1.4 times of what is in use. It is garbage that the Go runtime has not collected yet (see "+
			"comet-gogc and comet-gomemlimit), or blocks of a size that is not needed any more. MEMORY PURGE gives back what it can.\n\n")
	}
	if limit := c.Server.config.MaxMemory.Load(); limit > 0 && f.dataset > limit {
		issues = append(issues, " * Above maxmemory: The objects hold more than maxmemory, and none of them may be evicted by the policy.\n\n")
	}
	if len(issues) == 0 {
		c.Reply.Verbatim("txt", "Hi Sam, I can't find any memory issue in your instance. I can only account for what occurs on this base.\n")
		return nil
	}
	c.Reply.Verbatim("txt", "Sam, I detected a few issues in this Redis instance memory implants:\n\n"+strings.Join(issues, "")+
		"I'm here to keep you safe, Sam. I want to help you.\n")
	return nil
}

// memoryMallocStats replies with what the arena and the Go runtime hold.
func memoryMallocStats(c *Call) error {
	c.Reply.Verbatim("txt", c.Server.ks.ArenaReport()+fmt.Sprintf("Go heap: %d bytes of objects\n", goHeap()))
	return nil
}

// memoryPurge collects garbage and gives the free memory of the Go heap back to the system.
func memoryPurge(c *Call) error {
	debug.FreeOSMemory()
	c.OK()
	return nil
}

func memoryHelp(c *Call) error {
	return c.help("MEMORY",
		"DOCTOR",
		"    Return memory problems reports.",
		"MALLOC-STATS",
		"    Return internal statistics report from the memory allocator.",
		"PURGE",
		"    Attempt to purge dirty pages for reclamation by the allocator.",
		"STATS",
		"    Return information about the memory usage of the server.",
		"USAGE <key> [SAMPLES <count>]",
		"    Return memory in bytes used by <key> and its value. Nested values are",
		"    sampled up to <count> times (default: 5, 0 means sample all).",
	)
}
