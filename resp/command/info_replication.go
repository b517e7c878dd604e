package command

import (
	"fmt"
	"strings"
	"time"

	"comet/aso"
)

// infoReplication is about following a master; there are never replicas.
func (s *Server) infoReplication(_ *Call, w *infoWriter) {
	m, _ := s.ks.Master()
	if m.Phase == aso.Alone {
		w.field("role", "master")
	} else {
		s.infoReplica(&m, w)
	}
	w.field("connected_slaves", 0)
	w.field("master_failover_state", "no-failover")
	s.infoHistory(&m, w)
	w.field("repl_backlog_active", 0)
	size, _ := s.config.text("repl-backlog-size")
	w.field("repl_backlog_size", size) // of a backlog that there is not
	w.field("repl_backlog_first_byte_offset", 0)
	w.field("repl_backlog_histlen", 0)
}

// infoReplica is about the link to the master.
func (s *Server) infoReplica(m *aso.Master, w *infoWriter) {
	link := s.link()
	w.field("role", "slave")
	w.field("master_host", m.Host)
	w.field("master_port", m.Port)
	status, lastIO := "down", int64(-1)
	if link.State == LinkUp {
		status, lastIO = "up", secondsSince(link.LastIO)
	}
	w.field("master_link_status", status)
	w.field("master_last_io_seconds_ago", lastIO)
	w.flag("master_sync_in_progress", link.State == LinkSync)
	w.field("slave_read_repl_offset", max(link.Received, link.Offset))
	w.field("slave_repl_offset", link.Offset)
	if link.State == LinkSync {
		infoTransfer(&link.Sync, w)
	}
	if link.State != LinkUp {
		down := int64(-1)
		if !link.Down.IsZero() {
			down = secondsSince(link.Down)
		}
		w.field("master_link_down_since_seconds", down)
	}
	if link.Failure != "" {
		w.field("comet_following_stopped", oneLine(link.Failure))
	}
	w.field("slave_priority", s.config.ReplicaPriority.Load())
	w.flag("slave_read_only", s.config.ReplicaReadOnly.Load())
	w.flag("replica_announced", s.config.ReplicaAnnounced.Load())
}

func infoTransfer(t *Transfer, w *infoWriter) {
	left, percent := int64(-1), -1.0
	size := max(t.Size, 0)
	if t.Size > 0 {
		left, percent = t.Size-t.Read, float64(t.Read)/float64(t.Size)*100
	}
	w.field("master_sync_total_bytes", size)
	w.field("master_sync_read_bytes", t.Read)
	w.field("master_sync_left_bytes", left)
	w.field("master_sync_perc", fmt.Sprintf("%.2f", percent))
	w.field("master_sync_last_io_seconds_ago", secondsSince(t.LastIO))
}

// infoHistory is about the histories of changes that the data are part of.
func (s *Server) infoHistory(m *aso.Master, w *infoWriter) {
	id, second, secondOffset := *s.replID.Load(), strings.Repeat("0", len(s.runID)), int64(-1)
	switch left := s.left.Load(); {
	case m.Phase != aso.Alone && m.ReplID != "":
		id = m.ReplID
	case m.Phase == aso.Alone && left != nil && left.ReplID != "":
		second, secondOffset = left.ReplID, left.Offset+1
	}
	w.field("master_replid", id)
	w.field("master_replid2", second)
	w.field("master_repl_offset", s.masterOffset())
	w.field("second_repl_offset", secondOffset)
}

// masterOffset returns the offset of the history that the data are part of; without replicas it stands still.
func (s *Server) masterOffset() int64 {
	m, _ := s.ks.Master()
	if link := s.link(); m.Phase == aso.Following {
		return max(m.Offset, link.Offset)
	}
	return m.Offset
}

func secondsSince(t time.Time) int64 { return int64(time.Since(t).Seconds()) }

// oneLine is text as the value of a field.
func oneLine(text string) string { return strings.NewReplacer("\r", " ", "\n", " ").Replace(text) }
