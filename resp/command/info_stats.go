package command

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"comet/aso"
)

func (s *Server) infoStats(c *Call, w *infoWriter) {
	if c.Tx != nil {
		c.Tx.FlushReads()
	}
	var n NetworkStats
	if s.network != nil {
		n = s.network()
		if reset := s.networkReset.Load(); reset != nil {
			n = n.since(*reset)
		}
	}
	m := &s.ks.Metrics
	commands := s.Stats.Commands.Load()
	w.field("total_connections_received", n.Received)
	w.field("total_commands_processed", commands)
	w.field("instantaneous_ops_per_sec", s.opsRate.perSecond(time.Now(), commands))
	w.field("total_net_input_bytes", n.BytesIn)
	w.field("total_net_output_bytes", n.BytesOut)
	link := s.Stats.MasterBytes.Load()
	w.field("total_net_repl_input_bytes", link)
	w.field("total_net_repl_output_bytes", 0) // to replicas
	w.field("instantaneous_input_kbps", kibibytes(s.inRate.perSecond(time.Now(), n.BytesIn)))
	w.field("instantaneous_output_kbps", kibibytes(s.outRate.perSecond(time.Now(), n.BytesOut)))
	w.field("instantaneous_input_repl_kbps", kibibytes(s.linkRate.perSecond(time.Now(), link)))
	w.field("instantaneous_output_repl_kbps", kibibytes(0))
	w.field("rejected_connections", n.Rejected)
	w.field("sync_full", s.Stats.Dumps.Load())
	w.field("sync_partial_ok", 0)
	w.field("sync_partial_err", 0)
	w.field("expired_keys", m.Expired.Load())
	w.field("expired_stale_perc", decimal{0, 2}) // what is past its deadline goes at once, or is as if it were gone
	w.field("expired_time_cap_reached_count", 0)
	w.field("expire_cycle_cpu_milliseconds", s.Stats.ExpireTime.Load()/int64(time.Millisecond))
	w.field("evicted_keys", m.Evicted.Load())
	w.field("evicted_clients", s.Stats.EvictedClients.Load())
	s.infoShortage(w)
	w.field("keyspace_hits", m.Hits.Load())
	w.field("keyspace_misses", m.Misses.Load())
	w.field("pubsub_channels", s.hub.size(toChannel))
	w.field("pubsub_patterns", s.hub.size(toPattern))
	w.field("pubsubshard_channels", s.hub.size(toShard))
	w.field("latest_fork_usec", 0)
	w.field("total_forks", 0)
	w.field("migrate_cached_sockets", 0)
	w.field("slave_expires_tracked_keys", s.ks.LocalDeadlines())
	infoDefrag(w)
	_, keys, items, prefixes := s.tracking.sizes()
	w.field("tracking_total_keys", keys)
	w.field("tracking_total_items", items)
	w.field("tracking_total_prefixes", prefixes)
	w.field("unexpected_error_replies", s.Stats.MasterErrors.Load())
	w.field("total_error_replies", s.Stats.Errors.Load())
	w.field("dump_payload_sanitizations", s.Stats.Payloads.Load())
	w.field("total_reads_processed", n.Reads)
	w.field("total_writes_processed", n.Writes)
	w.field("io_threaded_reads_processed", 0)
	w.field("io_threaded_writes_processed", 0)
	w.field("reply_buffer_shrinks", 0)
	w.field("reply_buffer_expands", 0)
	w.field("client_output_buffer_limit_disconnections", n.HardLimit+n.SoftLimit)
	w.field("client_query_buffer_limit_disconnections", n.QueryLimit)
	w.field("idle_disconnections", n.Idle)
	w.field("protocol_errors", n.ProtocolErrors)
	w.field("accept_failures", n.AcceptFailures)
}

// infoShortage is about times when nothing more could give way.
func (s *Server) infoShortage(w *infoWriter) {
	if !s.ks.IsShort() {
		s.shortage.note(false)
	}
	total, present := s.shortage.times()
	w.field("total_eviction_exceeded_time", total.Milliseconds())
	w.field("current_eviction_exceeded_time", present.Milliseconds())
}

// infoDefrag is about moving objects together in memory, which does not take place.
func infoDefrag(w *infoWriter) {
	for _, name := range []string{
		"active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits", "active_defrag_key_misses", "total_active_defrag_time", "current_active_defrag_time",
	} {
		w.field(name, 0)
	}
}

func (s *Server) infoCommandstats(_ *Call, w *infoWriter) {
	for _, st := range s.CommandStats() {
		usec, perCall := float64(st.Time)/1000, 0.0
		if st.Calls > 0 {
			perCall = usec / float64(st.Calls)
		}
		w.field("cmdstat_"+st.Name, fmt.Sprintf("calls=%d,usec=%d,usec_per_call=%.2f,rejected_calls=%d,failed_calls=%d",
			st.Calls, int64(usec), perCall, st.Rejected, st.Failed))
	}
}

func (s *Server) infoErrorstats(_ *Call, w *infoWriter) {
	counts := s.ErrorCounts()
	for _, code := range slices.Sorted(maps.Keys(counts)) {
		w.field("errorstat_"+code, fmt.Sprintf("count=%d", counts[code]))
	}
}

// infoAso is about active objects.
func (s *Server) infoAso(c *Call, w *infoWriter) {
	m := &s.ks.Metrics
	late := c.backlog()
	w.field("aso_objects", s.ks.ActiveObjects())
	w.field("aso_handlers_loaded", len(s.ks.Codes()))
	w.field("aso_rules", s.ks.RuleCount())
	t := s.ks.RunTotals()
	w.field("aso_runs", t.Runs)
	w.field("aso_runs_denied", t.Denied)
	w.field("aso_runs_failed", t.Failed)
	w.field("aso_runs_limited", t.Limited)
	w.field("aso_runs_quota", t.Quota)
	w.field("aso_fuel", t.Fuel)
	w.field("aso_slowlog_len", s.ks.SlowRunCount())
	w.field("aso_interpreters_idle", s.ks.IdleWorkers())
	w.field("aso_trials_stopped", m.TrialsStopped.Load())
	w.field("aso_limits", len(s.ks.BudgetLimits()))
	w.field("aso_quota_refused", m.QuotaRefused.Load())
	w.field("aso_quota_postponed", m.QuotaPostponed.Load())
	w.field("aso_timers_fired", m.Fired.Load())
	w.field("aso_timer_errors", m.TimerErrors.Load())
	w.field("aso_timers_missed", m.Missed.Load())
	w.field("aso_timers_overdue", late.Timers)
	w.field("aso_timers_overdue_age_ms", late.TimersAge)
	w.field("aso_dead_letters", s.ks.DeadCount())
	w.field("aso_dead_letters_total", m.Dead.Load())
	w.field("aso_dead_letters_dropped", m.DeadDropped.Load())
	w.field("aso_timer_lateness_p50_ms", m.Lateness.Quantile(0.5))
	w.field("aso_timer_lateness_p99_ms", m.Lateness.Quantile(0.99))
	w.field("aso_messages_pending", s.ks.PendingMessages())
	w.field("aso_messages_overdue", late.Messages)
	w.field("aso_messages_overdue_age_ms", late.MessagesAge)
	w.field("aso_messages_retrying", late.Retrying)
	w.field("aso_messages_delivered", m.Messages.Delivered.Load())
	w.field("aso_messages_retried", m.Messages.Retried.Load())
	w.field("aso_messages_refused", m.Messages.Refused.Load())
	w.field("aso_messages_dead", m.Messages.Dead.Load())
	w.field("aso_messages_duplicate", m.Messages.Duplicates.Load())
	w.field("aso_answers_late", m.Messages.LateAnswers.Load())
	w.field("aso_feeds", len(s.ks.Feeds()))
	w.field("aso_feed_entries_pending", s.ks.PendingFeedEntries())
	w.field("aso_clients_waiting", s.ks.Awaiting())
	w.field("aso_grants", len(s.ks.Grants()))
	w.field("aso_secrets", len(s.ks.Secrets()))
	w.field("aso_secrets_unusable", late.SecretsUnknown)
	w.field("aso_errors", m.Troubles.Load())
}

// backlog returns what is overdue: in a transaction of what it holds, which is all.
func (c *Call) backlog() aso.Backlog {
	if c.Tx != nil {
		return c.Tx.Backlog()
	}
	return c.Server.ks.Backlog()
}

func kibibytes(n int64) decimal { return decimal{float64(n) / 1024, 2} }
