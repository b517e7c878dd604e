package command

import (
	"fmt"
	"hash/fnv"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

var infoCommands = family{
	"info": {run: info, access: accessAlone},
}

// NetworkStats is what INFO shows of the network.
type NetworkStats struct {
	Received, Rejected             int64 // connections
	Reads, Writes                  int64
	BytesIn, BytesOut              int64
	HardLimit, SoftLimit           int64 // clients closed at their output limit
	QueryLimit, Idle               int64 // clients closed for what they sent, or did not send
	ProtocolErrors, AcceptFailures int64
}

// since returns what was counted since n was before.
func (n NetworkStats) since(before NetworkStats) NetworkStats {
	return NetworkStats{
		Received: n.Received - before.Received, Rejected: n.Rejected - before.Rejected,
		Reads: n.Reads - before.Reads, Writes: n.Writes - before.Writes,
		BytesIn: n.BytesIn - before.BytesIn, BytesOut: n.BytesOut - before.BytesOut,
		HardLimit: n.HardLimit - before.HardLimit, SoftLimit: n.SoftLimit - before.SoftLimit,
		QueryLimit: n.QueryLimit - before.QueryLimit, Idle: n.Idle - before.Idle,
		ProtocolErrors: n.ProtocolErrors - before.ProtocolErrors, AcceptFailures: n.AcceptFailures - before.AcceptFailures,
	}
}

// SetNetwork says where INFO gets the numbers of the network from. It is called before the server starts.
func (s *Server) SetNetwork(stats func() NetworkStats) { s.network = stats }

// section is a part of INFO.
type section struct {
	title string
	extra bool // shown only when asked for by its name, or by all
	write func(s *Server, c *Call, w *infoWriter)
}

var sections = []section{
	{"Server", false, (*Server).infoServer},
	{"Clients", false, (*Server).infoClients},
	{"Memory", false, (*Server).infoMemory},
	{"Persistence", false, (*Server).infoPersistence},
	{"Stats", false, (*Server).infoStats},
	{"Replication", false, (*Server).infoReplication},
	{"CPU", false, (*Server).infoCPU},
	{"Modules", false, func(*Server, *Call, *infoWriter) {}},
	{"Commandstats", true, (*Server).infoCommandstats},
	{"Errorstats", false, (*Server).infoErrorstats},
	{"Latencystats", true, (*Server).infoLatencystats},
	{"Aso", false, (*Server).infoAso},
	{"Cluster", false, func(_ *Server, _ *Call, w *infoWriter) { w.field("cluster_enabled", 0) }},
	{"Keyspace", false, (*Server).infoKeyspace},
}

// infoWriter collects the lines of INFO, or only its numbers.
type infoWriter struct {
	strings.Builder
	numbers map[string]float64 // nil: the lines
}

func (w *infoWriter) field(name string, v any) {
	if w.numbers != nil {
		w.note(name, v)
		return
	}
	fmt.Fprintf(w, "%s:%v\r\n", name, v)
}

// size writes bytes as a number and for humans.
func (w *infoWriter) size(name string, bytes int64) {
	w.field(name, bytes)
	w.field(name+"_human", humanSize(bytes))
}

func (w *infoWriter) flag(name string, on bool) {
	n := 0
	if on {
		n = 1
	}
	w.field(name, n)
}

// humanSize returns bytes as Redis writes them for humans: 1.50K.
func humanSize(bytes int64) string {
	const step = 1024
	if bytes < step {
		return fmt.Sprintf("%dB", bytes)
	}
	n, unit := float64(bytes)/step, 0
	for n >= step && unit < 4 {
		n /= step
		unit++
	}
	return fmt.Sprintf("%.2f%c", n, "KMGTP"[unit])
}

// info replies with numbers about the server, in the sections that the client asks for.
func info(c *Call) error {
	wanted := wantedSections(c.Args[1:])
	var w infoWriter
	for i := range sections {
		sec := &sections[i]
		if !wanted(sec) {
			continue
		}
		if w.Len() > 0 {
			w.WriteString("\r\n")
		}
		w.WriteString("# " + sec.title + "\r\n")
		sec.write(c.Server, c, &w)
	}
	c.Reply.Verbatim("txt", w.String())
	return nil
}

func wantedSections(names [][]byte) func(*section) bool {
	if len(names) == 0 {
		return func(sec *section) bool { return !sec.extra }
	}
	return func(sec *section) bool {
		return slices.ContainsFunc(names, func(name []byte) bool {
			switch {
			case equalFold(name, "ALL"):
				return sec.title != "Modules"
			case equalFold(name, "EVERYTHING"):
				return true
			case equalFold(name, "DEFAULT"):
				return !sec.extra
			}
			return equalFold(name, strings.ToUpper(sec.title))
		})
	}
}

func (s *Server) infoServer(_ *Call, w *infoWriter) {
	now := time.Now()
	uptime := int64(now.Sub(s.started).Seconds())
	executable, _ := os.Executable() // shown empty if unknown
	w.field("redis_version", RedisVersion)
	w.field("comet_version", Version)
	w.field("redis_git_sha1", "00000000")
	w.field("redis_git_dirty", 0)
	w.field("redis_build_id", buildID())
	w.field("redis_mode", "standalone")
	w.field("os", osName())
	w.field("arch_bits", 32<<(^uint(0)>>63))
	w.field("monotonic_clock", "Go "+clockName)
	w.field("multiplexing_api", pollerName)
	w.field("atomicvar_api", "sync/atomic")
	w.field("gcc_version", "0.0.0")
	w.field("go_version", runtime.Version())
	w.field("process_id", os.Getpid())
	w.field("process_supervised", s.config.Supervisor())
	w.field("run_id", s.runID)
	w.field("tcp_port", s.config.Port.Load())
	w.field("server_time_usec", now.UnixMicro())
	w.field("uptime_in_seconds", uptime)
	w.field("uptime_in_days", uptime/(24*3600))
	hz, _ := s.config.text("hz")
	w.field("hz", hz)
	w.field("configured_hz", hz)
	w.field("lru_clock", now.Unix()&(1<<24-1))
	w.field("executable", executable)
	w.field("config_file", s.config.File())
	w.field("io_threads_active", 0)
}

func (s *Server) infoClients(_ *Call, w *infoWriter) {
	trackers, _, _, _ := s.tracking.sizes()
	w.field("connected_clients", s.clients.count())
	w.field("cluster_connections", 0)
	w.field("maxclients", s.config.MaxClients.Load())
	use := s.clientMemory()
	w.field("client_recent_max_input_buffer", use.mostInput)
	w.field("client_recent_max_output_buffer", use.mostOutput)
	w.field("blocked_clients", s.Stats.Blocked.Load())
	w.field("tracking_clients", trackers)
	w.field("clients_in_timeout_table", s.Stats.Timed.Load())
	w.field("pubsub_clients", s.clients.subscribers())
}

// clientMemory is what the connections of clients hold, in bytes.
type clientMemory struct{ total, mostInput, mostOutput int }

func (s *Server) clientMemory() (m clientMemory) {
	for _, ses := range s.clients.all() {
		if ses.link != nil {
			continue
		}
		u := ses.Conn.Usage()
		m.total += u.Total
		m.mostInput, m.mostOutput = max(m.mostInput, u.QueryBuffer+u.QueryBufferFree), max(m.mostOutput, u.Output+u.OutputList)
	}
	return m
}

// buildID tells builds of this program apart.
func buildID() string {
	h := fnv.New64a()
	if build, ok := debug.ReadBuildInfo(); ok {
		h.Write([]byte(build.String()))
	}
	return fmt.Sprintf("%x", h.Sum64())
}

func (s *Server) infoKeyspace(c *Call, w *infoWriter) {
	for db, st := range c.stats() {
		if st.Keys > 0 {
			w.field(fmt.Sprintf("db%d", db), fmt.Sprintf("keys=%d,expires=%d,avg_ttl=%d", st.Keys, st.Expires, st.TTL))
		}
	}
}
