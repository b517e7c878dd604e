package command

import (
	"fmt"
	"runtime"
	"runtime/metrics"
)

// process is what the operating system says of this process.
type process struct {
	resident, systemMemory int64   // bytes; 0 if unknown
	user, system           float64 // seconds of CPU time
	childUser, childSystem float64
}

func (s *Server) infoMemory(c *Call, w *infoWriter) {
	p := thisProcess()
	used, limit, peak, tables := s.ks.MemoryUsed(), s.config.MaxMemory.Load(), s.ks.MemoryPeak(), int64(0)
	for _, st := range c.stats() {
		tables += st.Tables + st.Heaps
	}
	w.size("used_memory", used) // what maxmemory is compared with
	w.size("used_memory_rss", p.resident)
	w.size("used_memory_peak", peak)
	w.field("used_memory_peak_perc", fmt.Sprintf("%.2f%%", 100*ratio(used, peak)))
	w.field("used_memory_overhead", tables) // what finds the objects; maxmemory does not count it
	w.field("used_memory_startup", 0)       // of objects there are none then
	w.field("used_memory_dataset", used)
	w.field("used_memory_dataset_perc", fmt.Sprintf("%.2f%%", 100*ratio(used, used)))
	w.size("total_system_memory", p.systemMemory)
	heap, mapped := goHeap(), s.ks.MemoryMapped()
	w.field("used_memory_arena_mapped", mapped)
	allocated, reserved := s.ks.MemoryInArena()+heap, mapped+heap
	w.field("allocator_allocated", allocated)
	w.field("allocator_active", reserved)
	w.field("allocator_resident", p.resident)
	w.field("used_memory_go_heap", heap)
	infoInterpreters(w)
	s.infoScripts(w)
	w.size("maxmemory", limit)
	w.field("maxmemory_policy", s.config.MaxPolicy.Load())
	w.field("allocator_frag_ratio", decimal{ratio(reserved, allocated), 2})
	w.field("allocator_frag_bytes", reserved-allocated)
	w.field("allocator_rss_ratio", decimal{ratio(p.resident, reserved), 2})
	w.field("allocator_rss_bytes", p.resident-reserved)
	w.field("rss_overhead_ratio", decimal{1, 2}) // nothing beside the two allocators can be told apart
	w.field("rss_overhead_bytes", 0)
	if held := used + heap; held > 0 {
		w.field("mem_fragmentation_ratio", decimal{float64(p.resident) / float64(held), 2})
		w.field("mem_fragmentation_bytes", p.resident-held)
	}
	w.field("mem_not_counted_for_evict", 0) // of used_memory
	w.field("mem_replication_backlog", 0)
	w.field("mem_total_replication_buffers", 0)
	w.field("mem_clients_slaves", 0)
	w.field("mem_clients_normal", s.clientMemory().total)
	w.field("mem_cluster_links", 0)
	w.field("mem_aof_buffer", s.persistenceStatus().Store.PendingBytes)
	w.field("mem_allocator", "arena+"+runtime.Compiler)
	w.field("active_defrag_running", 0)
	w.field("lazyfree_pending_objects", 0)
	w.field("lazyfreed_objects", 0)
}

// infoInterpreters is about the interpreters of Lua, which handlers share and whose memory is part of the Go heap.
func infoInterpreters(w *infoWriter) {
	w.size("used_memory_lua", 0)
	w.field("used_memory_vm_eval", 0)
	w.field("used_memory_vm_functions", 0)
	w.size("used_memory_vm_total", 0)
}

// infoScripts writes how many scripts and functions there are, and the bytes of their sources.
func (s *Server) infoScripts(w *infoWriter) {
	cached, sources := s.scripts.size()
	set, libraries := s.functionSet(), 0
	for _, lib := range set.libraries {
		libraries += len(lib.text.Source)
	}
	w.field("number_of_cached_scripts", cached)
	w.field("number_of_functions", len(set.functions))
	w.field("number_of_libraries", len(set.libraries))
	w.field("used_memory_scripts_eval", sources)
	w.field("used_memory_functions", libraries)
	w.size("used_memory_scripts", int64(sources+libraries))
}

// goHeap returns the bytes of live and not yet collected objects.
func goHeap() int64 {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return int64(sample[0].Value.Uint64())
}

func (s *Server) infoCPU(_ *Call, w *infoWriter) {
	p := thisProcess()
	w.field("used_cpu_sys", decimal{p.system, 6})
	w.field("used_cpu_user", decimal{p.user, 6})
	w.field("used_cpu_sys_children", decimal{p.childSystem, 6})
	w.field("used_cpu_user_children", decimal{p.childUser, 6})
	w.field("used_cpu_sys_main_thread", decimal{p.system, 6}) // all threads run commands
	w.field("used_cpu_user_main_thread", decimal{p.user, 6})
}
