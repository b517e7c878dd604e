package command

import "time"

func (s *Server) infoPersistence(c *Call, w *infoWriter) {
	st := s.persistenceStatus()
	snapshot, rewrite := &st.Snapshots[SaveSnapshot], &st.Snapshots[SaveRewrite]
	w.field("loading", 0)
	w.field("async_loading", 0)
	w.field("current_cow_peak", 0) // there is no second process that memory would be copied for
	w.field("current_cow_size", 0)
	w.field("current_cow_size_age", 0)
	w.field("current_fork_perc", decimal{0, 2})
	saved, of := c.saveProgress(&st)
	w.field("current_save_keys_processed", saved)
	w.field("current_save_keys_total", of)
	w.field("rdb_changes_since_last_save", st.Changes)
	w.flag("rdb_bgsave_in_progress", snapshot.Running)
	w.field("rdb_last_save_time", st.LastSave.Unix())
	w.field("rdb_last_bgsave_status", okOrErr(snapshot.Err))
	w.field("rdb_last_bgsave_time_sec", seconds64(snapshot.Took))
	w.field("rdb_current_bgsave_time_sec", snapshot.runningFor())
	w.field("rdb_saves", snapshot.Count)
	w.field("rdb_last_cow_size", 0)
	w.field("rdb_last_load_keys_expired", 0) // they are loaded, and expire as all others
	w.field("rdb_last_load_keys_loaded", st.Keys)
	w.flag("aof_enabled", st.Journal)
	w.flag("aof_rewrite_in_progress", rewrite.Running)
	w.flag("aof_rewrite_scheduled", rewrite.Scheduled)
	w.field("aof_last_rewrite_time_sec", seconds64(rewrite.Took))
	w.field("aof_current_rewrite_time_sec", rewrite.runningFor())
	w.field("aof_last_bgrewrite_status", okOrErr(rewrite.Err))
	w.field("aof_rewrites", rewrite.Count)
	w.field("aof_rewrites_consecutive_failures", rewrite.Failures)
	writeErr := st.Store.FsyncErr
	if cause := s.WritesStopped(); cause != nil {
		writeErr = cause
	}
	w.field("aof_last_write_status", okOrErr(writeErr))
	w.field("aof_last_cow_size", 0)
	w.field("module_fork_in_progress", 0)
	w.field("module_fork_last_cow_size", 0)
	if !st.Journal {
		return
	}
	w.field("aof_current_size", st.Store.SnapshotBytes+st.Store.JournalBytes)
	w.field("aof_base_size", st.Store.BaseBytes)
	w.field("aof_pending_rewrite", 0)
	w.field("aof_buffer_length", st.Store.PendingBytes)
	w.flag("aof_pending_bio_fsync", st.Store.FsyncRunning)
	w.field("aof_delayed_fsync", st.Store.FsyncDelays)
	w.field("journal_generation", st.Store.Generation)
	w.field("journal_last_unit", st.Store.Newest)
	w.field("journal_written_unit", st.Store.Written)
	w.field("journal_synced_unit", st.Store.Synced)
	w.field("journal_last_fsync_usec", st.Store.FsyncLatency.Microseconds())
	w.field("load_time_msec", st.Loaded.Milliseconds())
}

// saveProgress returns how many keys the snapshot has that is being made, and how many there are; 0 if none is being made.
func (c *Call) saveProgress(st *PersistenceStatus) (saved, of int64) {
	if !st.Snapshots[SaveSnapshot].Running && !st.Snapshots[SaveRewrite].Running {
		return 0, 0
	}
	for _, db := range c.stats() {
		of += int64(db.Keys)
	}
	return c.Server.ks.Metrics.Captured.Load(), of
}

// runningFor returns the seconds since a running snapshot began, -1 if none is running.
func (st *SaveStatus) runningFor() int64 {
	if !st.Running {
		return -1
	}
	return seconds64(time.Since(st.Began))
}

// seconds64 returns whole seconds; -1 for what did not happen yet.
func seconds64(d time.Duration) int64 {
	if d < 0 {
		return -1
	}
	return int64(d.Seconds())
}

func okOrErr(err error) string {
	if err != nil {
		return "err"
	}
	return "ok"
}
