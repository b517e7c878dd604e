package command

import (
	"fmt"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"comet/aso"
	"comet/resp/secure"
)

// Config holds the value of every parameter. Reading one is an atomic load and may be done by any goroutine at any time. Names,
// defaults, checks and what may change at run time stand in the table (config_table.go), under Redis' own names; parameters of ours
// begin with comet- or aso-.
type Config struct {
	changing sync.Mutex // held while parameters change at run time
	hooks    [concerns][]func() error
	file     string // absolute path of the file that was loaded; empty: none

	users     []userLine      // those of the configuration file
	renamings []renaming      // in their order
	userLines func() []string // returns the users to be written there; nil: none

	ineffective []string // parameters that were given although they have no effect

	// Network.
	Port              Number          // TCP port; 0 is none
	Backlog           Number          // tcp-backlog: connections that wait to be accepted; 0 leaves it to the system
	BindSource        Value[string]   // address from which other servers are connected to; empty: the system chooses
	SocketMark        Number          // socket-mark-id of the listeners; 0 is none
	Bind              Value[[]string] // addresses; with a leading "-" an address may be missing; "*" is all of IPv4, "::*" of IPv6
	UnixSocket        Value[string]   // path; empty is none
	UnixSocketPerm    Number          // mode of the socket; 0 leaves it to the umask
	TLSPort           Number          // TCP port for TLS; 0 is none
	TLSCertFile       Value[string]   // PEM
	TLSKeyFile        Value[string]   // PEM
	TLSCACertFile     Value[string]   // PEM; for the certificates of clients and of other servers
	TLSCACertDir      Value[string]   // folder of such files, named by openssl rehash
	TLSKeyPass        Value[string]   // tls-key-file-pass
	TLSClientCert     Value[string]   // tls-client-cert-file: shown to other servers
	TLSClientKey      Value[string]
	TLSClientKeyPass  Value[string]
	TLSProtocols      Value[string]       // TLSv1 to TLSv1.3; empty is 1.2 and 1.3
	TLSCiphers        Value[string]       // of TLS 1.2 and below, in OpenSSL's words
	TLSSessions       Switch              // tls-session-caching
	TLSAuthClients    Value[string]       // yes, no or optional
	ProtectedMode     Switch              // without a password only clients of this host are served
	TCPKeepAlive      Number              // seconds of silence before a client is probed; 0 is never
	Timeout           Number              // seconds after which an idle client is closed; 0 is never
	MaxClients        Number              // connections at most
	OutputLimits      Value[OutputLimits] // client-output-buffer-limit
	QueryBufferLimit  Number              // client-query-buffer-limit: bytes of one command at most
	ProtoMaxBulkLen   Number              // bytes of one argument at most
	RequirePass       Value[string]       // password of the default user; empty is none
	ACLFile           Value[string]       // path of the users; empty: they are in the configuration file
	PubsubDefault     Value[string]       // acl-pubsub-default of new users: allchannels or resetchannels
	ACLLogMaxLen      Number              // entries of ACL LOG
	EnableDebug       Value[string]       // enable-debug-command: no, yes or local
	ShutdownOnInt     Value[[]string]     // shutdown-on-sigint: options of SHUTDOWN
	ShutdownOnTerm    Value[[]string]     // shutdown-on-sigterm
	ShutdownTimeout   Number              // seconds that clients get to take their last replies
	SlowlogSlowerThan Number              // microseconds from which on a command is logged as slow; negative is off
	SlowlogMaxLen     Number              // entries
	LatencyThreshold  Number              // latency-monitor-threshold: milliseconds from which on something is noted; 0 is off
	LatencyTracking   Switch              // count how long each command takes
	Percentiles       Value[[]float64]    // latency-tracking-info-percentiles

	// Keyspace.
	Databases         Number
	MaxMemoryClients  Number // maxmemory-clients: bytes, below 0 percent of MaxMemory; 0 is no limit
	MaxMemory         Number // bytes of objects from which on some give way, or writes are refused; 0 is no limit
	MaxPolicy         Value[string]
	Samples           Number // maxmemory-samples
	Tenacity          Number // maxmemory-eviction-tenacity: 0 to 100
	LogFactor         Number // lfu-log-factor
	DecayTime         Number // lfu-decay-time, minutes
	Notify            Number // classes of keyspace notifications
	HashEntries       Number // hash-max-listpack-entries, and so on
	HashValue         Number
	SetInts           Number
	ZSetEntries       Number
	ZSetValue         Number
	HLLSparseMaxBytes Number // a HyperLogLog that would be longer becomes dense
	ListSize          Number
	TrackingKeys      Number        // tracking-table-max-keys; 0 is no limit
	StreamBytes       Number        // stream-node-max-bytes
	StreamCount       Number        // stream-node-max-entries
	Instructions      Number        // aso-max-instructions of a handler run
	Memory            Number        // aso-max-memory of a handler run, bytes
	State             Number        // aso-max-state of an object, bytes
	Source            Number        // aso-max-source of a handler, bytes
	Timers            Number        // aso-max-timers of an object
	Handlers          Number        // aso-max-handlers of an object
	Messages          Number        // aso-max-messages that a run sends or publishes
	Hops              Number        // aso-max-hops of a chain of messages
	DeadMax           Number        // aso-dlq-max dead letters
	Rules             Number        // aso-max-rules
	RecordMax         Number        // aso-replay-max failures of handlers
	SlowFuel          Number        // aso-slowlog-fuel: instructions from which a run is logged
	SlowTime          Number        // aso-slowlog-slower-than microseconds
	SlowRuns          Number        // aso-slowlog-max-len
	Pending           Number        // aso-max-pending: messages that wait for delivery
	Payload           Number        // aso-max-payload of a message, bytes
	DedupWindow       Number        // aso-dedup-window: milliseconds that a dedup id is remembered
	StrictGrants      Switch        // aso-strict-grants: a handler without a grant sends and publishes nothing
	SecretKey         Value[string] // aso-secret-key-file: path of the key that seals secrets

	// Scripts.
	ScriptInstructions Number // aso-script-max-instructions of a run
	ScriptMemory       Number // aso-script-max-memory of a run, bytes
	ScriptTime         Number // busy-reply-threshold of a run, milliseconds; 0 is no limit

	// Following a master.
	ReplicaOf        Value[[]string] // host and port of the master; none: nobody is followed
	MasterUser       Value[string]   // who to be there; empty is the default user
	MasterAuth       Value[string]   // the password for that; empty is none
	ReplTimeout      Number          // seconds of silence after which the link is given up
	ServeStale       Switch          // replica-serve-stale-data: clients may read while there is no link
	ReplicaReadOnly  Switch          // replica-read-only: clients may not write
	AnnounceIP       Value[string]   // replica-announce-ip: what the master is told of this server; empty: nothing
	AnnouncePort     Number          // replica-announce-port; 0 is the port that clients use
	ReplicaPriority  Number          // replica-priority: what INFO tells a Sentinel that chooses a new master
	ReplicaAnnounced Switch          // replica-announced: whether a Sentinel may tell others of this server
	TLSReplicate     Switch          // tls-replication: speak TLS to the master
	TLSCluster       Switch          // tls-cluster: MIGRATE speaks TLS to its target

	// Disk.
	Dir            Value[string]
	AppendOnly     Switch        // keep a journal
	AppendFsync    Value[string] // always, everysec or no
	Save           Value[[]SavePoint]
	RewritePercent Number // growth of the files since the last snapshot that causes the next; 0 is never
	RewriteMinSize Number // bytes the files have at least when that happens
	LoadTruncated  Switch // aof-load-truncated: start with a torn last record cut off
	Repair         Switch // comet-repair: start with the journal cut off at its first damage

	StopOnSaveError Switch // stop-writes-on-bgsave-error

	// Process.
	Daemonize   Switch
	PidFile     Value[string]
	Supervised  Value[string]  // no, systemd or auto
	OOMScoreAdj Value[string]  // no, yes, relative or absolute
	OOMScores   Value[[]int64] // oom-score-adj-values: of a master, a replica, and a child
	LogLevel    Value[string]
	LogFile     Value[string]
	Syslog      Switch        // syslog-enabled
	SyslogIdent Value[string] // who writes there
	SyslogClass Value[string] // syslog-facility: user, or local0 to local7
	CPUList     Value[string] // server_cpulist: where the process may run; empty is everywhere
	GOGC        Number        // percent; GC trades memory for time
	MaxProcs    Number        // processors that run Go code; 0 is all but one
	GOMemLimit  Number        // bytes; 0 is no limit
	Metrics     Value[string] // host:port where Prometheus finds the numbers; empty: nowhere

	hints []Value[string] // what is accepted and has no effect, in the order of the table of hints
}

// Concern is a part of the server that has to be told when certain parameters change.
type Concern uint8

// The parts that parameters concern.
const (
	ConcernNone Concern = iota // whoever reads the parameter reads it each time
	ConcernPort                // this one and the next two: where to listen
	ConcernTLSPort
	ConcernBind
	ConcernClients
	ConcernNetwork
	ConcernAccess
	ConcernKeyspace
	ConcernDisk
	ConcernProcess
	concerns
)

// SavePoint asks for a snapshot when some time has passed since the last one and there were changes meanwhile.
type SavePoint struct{ Seconds, Changes int64 }

// OutputLimit closes clients that do not read: at Hard bytes, or after Seconds with Soft bytes or more; 0 is no limit.
type OutputLimit struct{ Hard, Soft, Seconds int64 }

// OutputLimits are those of ordinary clients, replicas and subscribers.
type OutputLimits [3]OutputLimit

// userLine is a user of the configuration file: its name and its rules.
type userLine struct {
	where string // in the file, for errors
	words []string
}

// NewConfig returns the defaults.
func NewConfig() (*Config, error) {
	c := &Config{hints: make([]Value[string], len(hints))}
	for i := range parameters {
		p := &parameters[i]
		v, err := p.parse(c, p.words(p.initial))
		if err != nil {
			return nil, &ParameterError{p.name, err}
		}
		p.field(c).set(v)
	}
	return c, nil
}

// OnChange registers what to do after parameters of a concern have changed at run time. An error undoes the change; the client sees it
// if it is an aso.Error. It is called before the server starts, and fn never at the same time as another one.
func (c *Config) OnChange(concern Concern, fn func() error) {
	c.hooks[concern] = append(c.hooks[concern], fn)
}

// Certificates returns the files of TLS, and what else is said of it.
func (c *Config) Certificates() secure.Files {
	return secure.Files{
		Cert: c.TLSCertFile.Load(), Key: c.TLSKeyFile.Load(), KeyPass: c.TLSKeyPass.Load(),
		ClientCert: c.TLSClientCert.Load(), ClientKey: c.TLSClientKey.Load(), ClientKeyPass: c.TLSClientKeyPass.Load(),
		CA: c.TLSCACertFile.Load(), CADir: c.TLSCACertDir.Load(),
		Policy: secure.Policy{Protocols: c.TLSProtocols.Load(), Ciphers: c.TLSCiphers.Load(), NoSessions: !c.TLSSessions.Load()},
	}
}

// Dialer returns how to connect to other servers, which takes at most timeout.
func (c *Config) Dialer(timeout time.Duration) (*net.Dialer, error) {
	d := &net.Dialer{Timeout: timeout}
	if source := c.BindSource.Load(); source != "" {
		addr, err := net.ResolveTCPAddr("tcp", net.JoinHostPort(source, "0"))
		if err != nil {
			return nil, fmt.Errorf("bind-source-addr: %w", err)
		}
		d.LocalAddr = addr
	}
	return d, nil
}

// File returns the absolute path of the file that was loaded, empty if there was none.
func (c *Config) File() string { return c.file }

// Ineffective returns the names of parameters that Load was given and that have no effect, because Comet does otherwise what they are for.
func (c *Config) Ineffective() []string { return c.ineffective }

// Supervisor is who watches over this process, in the words of INFO: systemd if it wants to be told, else no.
func (c *Config) Supervisor() string {
	if c.Supervised.Load() != "no" && os.Getenv("NOTIFY_SOCKET") != "" {
		return "systemd"
	}
	return "no"
}

// paramField is a place of Config that a value is kept in.
type paramField interface {
	get() any
	set(v any)
}

// Number is a parameter that is a number.
type Number struct{ v atomic.Int64 }

// Load returns the number.
func (n *Number) Load() int64 { return n.v.Load() }

func (n *Number) get() any  { return n.v.Load() }
func (n *Number) set(v any) { n.v.Store(v.(int64)) }

// Switch is a parameter that is yes or no.
type Switch struct{ v atomic.Bool }

// Load reports whether it is yes.
func (s *Switch) Load() bool { return s.v.Load() }

func (s *Switch) get() any  { return s.v.Load() }
func (s *Switch) set(v any) { s.v.Store(v.(bool)) }

// Value is a parameter of any other kind. The value is never changed, only replaced.
type Value[T any] struct{ v atomic.Pointer[T] }

// Load returns the value.
func (s *Value[T]) Load() (v T) {
	if p := s.v.Load(); p != nil {
		v = *p
	}
	return v
}

func (s *Value[T]) get() any { return s.Load() }

func (s *Value[T]) set(v any) {
	t := v.(T)
	s.v.Store(&t)
}

// ParameterError says which parameter has a bad value.
type ParameterError struct {
	Name   string
	Reason error
}

func (e *ParameterError) Error() string { return e.Name + ": " + e.Reason.Error() }

// Unwrap returns the reason.
func (e *ParameterError) Unwrap() error { return e.Reason }

// paramError is why a value is refused, in words for the client.
func paramError(text string) error { return aso.Error(text) }
