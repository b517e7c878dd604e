package command

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"comet/aso"
)

// infoConstants are the fields of Redis' INFO that have one value here, and why.
var infoConstants = []struct{ fields, value, why string }{
	{"active_defrag_running active_defrag_hits active_defrag_misses active_defrag_key_hits active_defrag_key_misses total_active_defrag_time current_active_defrag_time", "0", "objects lie in an arena, which needs no defragmentation"},
	{"aof_pending_rewrite", "0", "as in Redis 7.0"},
	{"async_loading loading", "0", "clients come when everything is loaded; a replica that loads says so in `master_sync_in_progress`"},
	{"cluster_connections cluster_enabled mem_cluster_links", "0", "there is no cluster"},
	{"connected_slaves sync_partial_ok sync_partial_err total_net_repl_output_bytes mem_replication_backlog mem_total_replication_buffers mem_clients_slaves repl_backlog_active repl_backlog_first_byte_offset repl_backlog_histlen", "0", "there are no replicas"},
	{"current_cow_peak current_cow_size current_cow_size_age rdb_last_cow_size aof_last_cow_size latest_fork_usec total_forks", "0", "no second process saves"},
	{"current_fork_perc", "0.00", "no second process saves"},
	{"expired_stale_perc", "0.00", "a heap by deadline finds what expires; what is past its deadline is as if it were gone"},
	{"expired_time_cap_reached_count", "0", "no round of expiry is cut short"},
	{"gcc_version", "0.0.0", "as in a Redis that another compiler made; `go_version` tells which"},
	{"instantaneous_output_repl_kbps", "0.00", "there are no replicas"},
	{"io_threads_active io_threaded_reads_processed io_threaded_writes_processed", "0", "each client is read from and written to by whoever runs its commands"},
	{"lazyfree_pending_objects lazyfreed_objects", "0", "nothing is left to be freed by another thread"},
	{"mem_not_counted_for_evict", "0", "of what `used_memory` says, all counts"},
	{"migrate_cached_sockets", "0", "each MIGRATE makes a connection of its own"},
	{"module_fork_in_progress module_fork_last_cow_size", "0", "there are no modules"},
	{"rdb_last_load_keys_expired", "0", "keys that are past their deadline are loaded, and expire then as all others"},
	{"redis_git_dirty", "0", "`comet_version` and `redis_build_id` tell which program it is"},
	{"redis_git_sha1", "00000000", "as `redis_git_dirty`"},
	{"redis_mode", "standalone", "there is no cluster, and this is no Sentinel"},
	{"reply_buffer_shrinks reply_buffer_expands", "0", "a connection that waits has no reply buffer"},
	{"rss_overhead_bytes", "0", "nothing beside the arena and the Go heap can be told apart"},
	{"rss_overhead_ratio", "1.00", "as `rss_overhead_bytes`"},
	{"used_memory_lua used_memory_vm_eval used_memory_vm_functions used_memory_vm_total", "0", "interpreters are shared with handlers, and part of `used_memory_go_heap`"},
	{"used_memory_startup", "0", "`used_memory` is of objects, of which there are none at the start"},
}

// infoOtherwise are the fields that mean a little else here.
var infoOtherwise = [][2]string{
	{"allocator_allocated allocator_active allocator_resident", "of the arena and the Go heap together, as in MEMORY STATS"},
	{"client_recent_max_input_buffer client_recent_max_output_buffer", "of the clients that are connected, at this moment"},
	{"dump_payload_sanitizations", "payloads of RESTORE, all of which are checked"},
	{"expire_cycle_cpu_milliseconds", "of the rounds in which objects expire, timers fire and messages are delivered"},
	{"hz configured_hz", "the parameter, which has no effect"},
	{"repl_backlog_size", "the parameter: there is no backlog"},
	{"total_eviction_exceeded_time current_eviction_exceeded_time", "the end of a shortage is noticed by the next command that makes room, or by INFO"},
	{"unexpected_error_replies", "commands of the master that failed here"},
	{"used_cpu_sys_main_thread used_cpu_user_main_thread", "of all threads, because all run commands"},
	{"used_memory used_memory_dataset", "of objects, as `maxmemory` counts them; what finds them is `used_memory_overhead`"},
}

// journalled is a Persistence with a journal.
type journalled struct{ Persistence }

func (journalled) Status() PersistenceStatus {
	return PersistenceStatus{Kept: true, Journal: true, LastSave: time.Unix(1700000000, 0)}
}

// infoSections returns the fields of each section, by name.
func infoSections(t *testing.T) map[string]map[string]string {
	t.Helper()
	s, err := NewServer(aso.New(aso.Options{}), Options{Config: newTestConfig(t), Persistence: journalled{}})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]map[string]string{}
	for i := range sections {
		var w infoWriter
		sections[i].write(s, &Call{Server: s}, &w)
		fields := map[string]string{}
		for line := range strings.SplitSeq(w.String(), "\r\n") {
			if name, value, ok := strings.Cut(line, ":"); ok {
				fields[name] = value
			}
		}
		all[sections[i].title] = fields
	}
	return all
}

// TestInfoHasAllFieldsOfRedis compares names, section by section.
func TestInfoHasAllFieldsOfRedis(t *testing.T) {
	text, err := os.ReadFile(RedisInfoFile)
	if err != nil {
		t.Fatal(err)
	}
	all := infoSections(t)
	section, count := "", 0
	for line := range strings.Lines(string(text)) {
		name := strings.TrimSuffix(line, "\n")
		if title, ok := strings.CutPrefix(name, "# "); ok {
			section = title
			continue
		}
		count++
		if _, ok := all[section][name]; !ok {
			t.Errorf("section %s lacks %s", section, name)
		}
	}
	if count < 150 {
		t.Errorf("only %d fields are recorded", count)
	}
}

// TestConstantsOfInfoAreWhatThePageSays also finds fields that the page names and that are not there.
func TestConstantsOfInfoAreWhatThePageSays(t *testing.T) {
	got := map[string]string{}
	for _, fields := range infoSections(t) {
		maps.Copy(got, fields)
	}
	seen := map[string]bool{}
	for _, row := range infoConstants {
		for name := range strings.FieldsSeq(row.fields) {
			if value, ok := got[name]; !ok || value != row.value || seen[name] {
				t.Errorf("%s is %q, there %v, said before %v; want %q", name, value, ok, seen[name], row.value)
			}
			seen[name] = true
		}
	}
	for _, row := range infoOtherwise {
		for name := range strings.FieldsSeq(row[0]) {
			if _, ok := got[name]; !ok || seen[name] {
				t.Errorf("%s is there: %v, said before: %v", name, ok, seen[name])
			}
			seen[name] = true
		}
	}
}

// infoMarkdown returns the part of docs/compat.md about INFO.
func infoMarkdown() []byte {
	var page bytes.Buffer
	page.WriteString("\n## Fields of INFO\n\nAll fields of Redis 7.0.15 are there. These have one value, because what they count does not exist here:\n\n| field | value | why |\n|---|---|---|\n")
	rows := slices.Clone(infoConstants)
	slices.SortFunc(rows, func(a, b struct{ fields, value, why string }) int { return strings.Compare(a.fields, b.fields) })
	for _, row := range rows {
		fmt.Fprintf(&page, "| %s | `%s` | %s |\n", codeWords(row.fields), row.value, row.why)
	}
	page.WriteString("\nThese mean a little else:\n\n| field | what it is |\n|---|---|\n")
	for _, row := range infoOtherwise {
		fmt.Fprintf(&page, "| %s | %s |\n", codeWords(row[0]), row[1])
	}
	return page.Bytes()
}

// codeWords writes words as code, with commas.
func codeWords(words string) string { return "`" + strings.Join(strings.Fields(words), "`, `") + "`" }
