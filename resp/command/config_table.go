package command

import (
	"math"
	"slices"
	"strings"
)

// parameter is a row of the configuration table.
type parameter struct {
	name    string
	alias   string // another name of it
	initial string // as in a file
	kind    kind
	field   func(c *Config) paramField
	concern Concern
	traits  trait
}

// trait is what else there is to say of a parameter.
type trait uint8

const (
	immutable  trait = 1 << iota // only at the start
	protected                    // as immutable, in other words
	multiWord                    // takes several words
	cumulative                   // repeated in a file it adds to what was there
	hinted                       // accepted, without an effect
	unlisted                     // CONFIG GET shows it by its name only
)

func (p *parameter) has(t trait) bool { return p.traits&t != 0 }

// words splits text, a value as one string, into those that the parameter takes.
func (p *parameter) words(text string) []string {
	if p.has(multiWord) && text != "" {
		return strings.Fields(text)
	}
	return []string{text}
}

// parse returns the value that words stand for, given what is in force.
func (p *parameter) parse(c *Config, words []string) (any, error) {
	return p.kind.parse(words, p.field(c).get())
}

// text returns the value in force as CONFIG GET shows it.
func (p *parameter) text(c *Config) string { return p.kind.format(p.field(c).get()) }

var (
	anyNatural       = integerKind{0, math.MaxInt64}
	anyNatural32     = integerKind{0, math.MaxInt32}
	anySize          = memoryKind{0, math.MaxInt64}
	megabytes        = memoryKind{1 << 20, math.MaxInt64}
	portNumber       = integerKind{0, 65535}
	shutdownKind     = wordsKind{words: wordKind{"default", "save", "nosave", "now", "force"}, either: [2]string{"save", "nosave"}}
	evictionPolicies = wordKind{
		"volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl", "allkeys-lru", "allkeys-lfu", "allkeys-random", "noeviction",
	}
)

// parameters is the configuration table.
var parameters = slices.Concat(effective, hintRows())

// effective are the parameters that do something.
var effective = []parameter{
	{name: "port", initial: "6379", kind: portNumber, concern: ConcernPort, field: func(c *Config) paramField { return &c.Port }},
	{name: "tcp-backlog", initial: "511", kind: anyNatural32, traits: immutable, field: func(c *Config) paramField { return &c.Backlog }},
	{name: "bind", initial: "* -::*", kind: bindKind{}, traits: multiWord, concern: ConcernBind, field: func(c *Config) paramField { return &c.Bind }},
	{name: "bind-source-addr", kind: textKind{}, field: func(c *Config) paramField { return &c.BindSource }},
	{
		name: "socket-mark-id", initial: "0", kind: integerKind{0, math.MaxUint32}, traits: immutable,
		field: func(c *Config) paramField { return &c.SocketMark },
	},
	{name: "unixsocket", kind: textKind{}, traits: immutable, field: func(c *Config) paramField { return &c.UnixSocket }},
	{name: "unixsocketperm", initial: "0", kind: octalKind{}, traits: immutable, field: func(c *Config) paramField { return &c.UnixSocketPerm }},
	{name: "tls-port", initial: "0", kind: portNumber, concern: ConcernTLSPort, field: func(c *Config) paramField { return &c.TLSPort }},
	{name: "tls-cert-file", kind: textKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TLSCertFile }},
	{name: "tls-key-file", kind: textKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TLSKeyFile }},
	{name: "tls-ca-cert-file", kind: textKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TLSCACertFile }},
	{name: "tls-ca-cert-dir", kind: textKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TLSCACertDir }},
	{name: "tls-key-file-pass", kind: textKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TLSKeyPass }},
	{name: "tls-client-cert-file", kind: textKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TLSClientCert }},
	{name: "tls-client-key-file", kind: textKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TLSClientKey }},
	{name: "tls-client-key-file-pass", kind: textKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TLSClientKeyPass }},
	{name: "tls-protocols", kind: textKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TLSProtocols }},
	{name: "tls-ciphers", kind: textKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TLSCiphers }},
	{name: "tls-session-caching", initial: "yes", kind: yesNoKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TLSSessions }},
	{
		name: "tls-auth-clients", initial: "yes", kind: wordKind{"no", "yes", "optional"}, concern: ConcernNetwork,
		field: func(c *Config) paramField { return &c.TLSAuthClients },
	},
	{name: "protected-mode", initial: "yes", kind: yesNoKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.ProtectedMode }},
	{name: "tcp-keepalive", initial: "300", kind: anyNatural32, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TCPKeepAlive }},
	{name: "timeout", initial: "0", kind: anyNatural32, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.Timeout }},
	{
		name: "maxclients", initial: "10000", kind: integerKind{1, math.MaxUint32}, concern: ConcernNetwork,
		field: func(c *Config) paramField { return &c.MaxClients },
	},
	{
		name: "client-output-buffer-limit", initial: "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60", kind: limitsKind{},
		traits: multiWord, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.OutputLimits },
	},
	{
		name: "client-query-buffer-limit", initial: "1gb", kind: megabytes, concern: ConcernNetwork,
		field: func(c *Config) paramField { return &c.QueryBufferLimit },
	},
	{
		name: "proto-max-bulk-len", initial: "512mb", kind: megabytes, concern: ConcernNetwork,
		field: func(c *Config) paramField { return &c.ProtoMaxBulkLen },
	},
	{name: "requirepass", kind: textKind{}, concern: ConcernAccess, field: func(c *Config) paramField { return &c.RequirePass }},
	{name: "aclfile", kind: textKind{}, traits: immutable, field: func(c *Config) paramField { return &c.ACLFile }},
	{
		name: "acl-pubsub-default", initial: "resetchannels", kind: wordKind{"allchannels", "resetchannels"},
		field: func(c *Config) paramField { return &c.PubsubDefault },
	},
	{name: "acllog-max-len", initial: "128", kind: anyNatural, field: func(c *Config) paramField { return &c.ACLLogMaxLen }},
	{
		name: "enable-debug-command", initial: "no", kind: wordKind{"no", "yes", "local"}, traits: immutable,
		field: func(c *Config) paramField { return &c.EnableDebug },
	},
	{
		name: "shutdown-on-sigint", initial: "default", kind: shutdownKind, traits: multiWord,
		field: func(c *Config) paramField { return &c.ShutdownOnInt },
	},
	{
		name: "shutdown-on-sigterm", initial: "default", kind: shutdownKind, traits: multiWord,
		field: func(c *Config) paramField { return &c.ShutdownOnTerm },
	},
	{name: "shutdown-timeout", initial: "10", kind: anyNatural32, field: func(c *Config) paramField { return &c.ShutdownTimeout }},
	{
		name: "slowlog-log-slower-than", initial: "10000", kind: integerKind{-1, math.MaxInt64},
		field: func(c *Config) paramField { return &c.SlowlogSlowerThan },
	},
	{name: "latency-monitor-threshold", initial: "0", kind: anyNatural, field: func(c *Config) paramField { return &c.LatencyThreshold }},
	{name: "latency-tracking", initial: "yes", kind: yesNoKind{}, field: func(c *Config) paramField { return &c.LatencyTracking }},
	{
		name: "latency-tracking-info-percentiles", initial: "50 99 99.9", kind: percentilesKind{}, traits: multiWord,
		field: func(c *Config) paramField { return &c.Percentiles },
	},
	{name: "slowlog-max-len", initial: "128", kind: anyNatural, field: func(c *Config) paramField { return &c.SlowlogMaxLen }},

	{name: "databases", initial: "16", kind: integerKind{1, 1 << 16}, traits: immutable, field: func(c *Config) paramField { return &c.Databases }},
	{
		name: "maxmemory-clients", initial: "0", kind: shareKind{}, concern: ConcernClients,
		field: func(c *Config) paramField { return &c.MaxMemoryClients },
	},
	{name: "maxmemory", initial: "0", kind: anySize, concern: ConcernKeyspace, field: func(c *Config) paramField { return &c.MaxMemory }},
	{
		name: "maxmemory-policy", initial: "noeviction", kind: evictionPolicies, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.MaxPolicy },
	},
	{
		name: "maxmemory-samples", initial: "5", kind: integerKind{1, math.MaxInt32}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.Samples },
	},
	{
		name: "maxmemory-eviction-tenacity", initial: "10", kind: integerKind{0, 100}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.Tenacity },
	},
	{name: "lfu-log-factor", initial: "10", kind: anyNatural32, concern: ConcernKeyspace, field: func(c *Config) paramField { return &c.LogFactor }},
	{name: "lfu-decay-time", initial: "1", kind: anyNatural32, concern: ConcernKeyspace, field: func(c *Config) paramField { return &c.DecayTime }},
	{name: "notify-keyspace-events", kind: notifyKind{}, concern: ConcernKeyspace, field: func(c *Config) paramField { return &c.Notify }},
	{
		name: "hash-max-listpack-entries", alias: "hash-max-ziplist-entries", initial: "512", kind: anyNatural, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.HashEntries },
	},
	{
		name: "hash-max-listpack-value", alias: "hash-max-ziplist-value", initial: "64", kind: anySize, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.HashValue },
	},
	{
		name: "set-max-intset-entries", initial: "512", kind: anyNatural, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.SetInts },
	},
	{
		name: "zset-max-listpack-entries", alias: "zset-max-ziplist-entries", initial: "128", kind: anyNatural, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.ZSetEntries },
	},
	{
		name: "zset-max-listpack-value", alias: "zset-max-ziplist-value", initial: "64", kind: anySize, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.ZSetValue },
	},
	{
		name: "hll-sparse-max-bytes", initial: "3000", kind: anySize, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.HLLSparseMaxBytes },
	},
	{
		name: "list-max-listpack-size", alias: "list-max-ziplist-size", initial: "-2", kind: integerKind{math.MinInt32, math.MaxInt32},
		concern: ConcernKeyspace, field: func(c *Config) paramField { return &c.ListSize },
	},
	{
		name: "stream-node-max-bytes", initial: "4096", kind: anySize, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.StreamBytes },
	},
	{
		name: "stream-node-max-entries", initial: "100", kind: anyNatural, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.StreamCount },
	},
	{
		name: "aso-max-instructions", initial: "100000", kind: integerKind{1, math.MaxInt64}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.Instructions },
	},
	{
		name: "tracking-table-max-keys", initial: "1000000", kind: anyNatural, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.TrackingKeys },
	},
	{
		name: "aso-script-max-instructions", initial: "200000000", kind: integerKind{1, math.MaxInt64},
		field: func(c *Config) paramField { return &c.ScriptInstructions },
	},
	{
		name: "aso-script-max-memory", initial: "256mb", kind: memoryKind{1, math.MaxInt64},
		field: func(c *Config) paramField { return &c.ScriptMemory },
	},
	{
		name: "busy-reply-threshold", alias: "lua-time-limit", initial: "5000", kind: anyNatural,
		field: func(c *Config) paramField { return &c.ScriptTime },
	},
	{
		name: "aso-max-memory", initial: "1mb", kind: memoryKind{1, math.MaxInt64}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.Memory },
	},
	{
		name: "aso-max-state", initial: "64kb", kind: memoryKind{1, math.MaxInt32}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.State },
	},
	{
		name: "aso-max-source", initial: "64kb", kind: memoryKind{1, math.MaxInt32}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.Source },
	},
	{
		name: "aso-max-timers", initial: "64", kind: integerKind{0, 1000}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.Timers },
	},
	{
		name: "aso-max-handlers", initial: "16", kind: integerKind{0, 1000}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.Handlers },
	},
	{
		name: "aso-max-messages", initial: "16", kind: integerKind{0, 10000}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.Messages },
	},
	{
		name: "aso-max-hops", initial: "8", kind: integerKind{0, 1000}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.Hops },
	},
	{
		name: "aso-strict-grants", initial: "no", kind: yesNoKind{}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.StrictGrants },
	},
	{name: "aso-secret-key-file", kind: textKind{}, traits: immutable, field: func(c *Config) paramField { return &c.SecretKey }},
	{
		name: "aso-dlq-max", initial: "10000", kind: anyNatural, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.DeadMax },
	},
	{
		name: "aso-max-rules", initial: "65536", kind: integerKind{0, math.MaxInt32}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.Rules },
	},
	{
		name: "aso-replay-max", initial: "64", kind: integerKind{0, 1 << 20}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.RecordMax },
	},
	{
		name: "aso-slowlog-fuel", initial: "50000", kind: integerKind{-1, math.MaxInt64}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.SlowFuel },
	},
	{
		name: "aso-slowlog-slower-than", initial: "-1", kind: integerKind{-1, math.MaxInt64}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.SlowTime },
	},
	{
		name: "aso-slowlog-max-len", initial: "128", kind: integerKind{0, 1 << 20}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.SlowRuns },
	},
	{name: "aso-max-pending", initial: "1000000", kind: anyNatural, concern: ConcernKeyspace, field: func(c *Config) paramField { return &c.Pending }},
	{
		name: "aso-max-payload", initial: "64kb", kind: memoryKind{1, math.MaxInt32}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.Payload },
	},
	{
		name: "aso-dedup-window", initial: "86400000", kind: integerKind{0, 1 << 40}, concern: ConcernKeyspace,
		field: func(c *Config) paramField { return &c.DedupWindow },
	},

	{name: "replicaof", alias: "slaveof", kind: masterKind{}, traits: immutable | multiWord, field: func(c *Config) paramField { return &c.ReplicaOf }},
	{name: "masteruser", kind: textKind{}, field: func(c *Config) paramField { return &c.MasterUser }},
	{name: "masterauth", kind: textKind{}, field: func(c *Config) paramField { return &c.MasterAuth }},
	{name: "repl-timeout", initial: "60", kind: integerKind{1, math.MaxInt32}, field: func(c *Config) paramField { return &c.ReplTimeout }},
	{
		name: "replica-serve-stale-data", alias: "slave-serve-stale-data", initial: "yes", kind: yesNoKind{},
		field: func(c *Config) paramField { return &c.ServeStale },
	},
	{
		name: "replica-read-only", alias: "slave-read-only", initial: "yes", kind: yesNoKind{},
		field: func(c *Config) paramField { return &c.ReplicaReadOnly },
	},
	{name: "replica-announce-ip", alias: "slave-announce-ip", kind: textKind{}, field: func(c *Config) paramField { return &c.AnnounceIP }},
	{
		name: "replica-announce-port", alias: "slave-announce-port", initial: "0", kind: portNumber,
		field: func(c *Config) paramField { return &c.AnnouncePort },
	},
	{
		name: "replica-priority", alias: "slave-priority", initial: "100", kind: anyNatural32,
		field: func(c *Config) paramField { return &c.ReplicaPriority },
	},
	{name: "replica-announced", initial: "yes", kind: yesNoKind{}, field: func(c *Config) paramField { return &c.ReplicaAnnounced }},
	{name: "tls-replication", initial: "no", kind: yesNoKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TLSReplicate }},
	{name: "tls-cluster", initial: "no", kind: yesNoKind{}, concern: ConcernNetwork, field: func(c *Config) paramField { return &c.TLSCluster }},

	{name: "dir", initial: "comet-data", kind: pathKind{}, traits: protected, field: func(c *Config) paramField { return &c.Dir }},
	{name: "appendonly", initial: "yes", kind: yesNoKind{}, concern: ConcernDisk, field: func(c *Config) paramField { return &c.AppendOnly }},
	{
		name: "appendfsync", initial: "everysec", kind: wordKind{"everysec", "always", "no"}, concern: ConcernDisk,
		field: func(c *Config) paramField { return &c.AppendFsync },
	},
	{name: "save", kind: saveKind{}, traits: multiWord | cumulative, concern: ConcernDisk, field: func(c *Config) paramField { return &c.Save }},
	{
		name: "auto-aof-rewrite-percentage", initial: "100", kind: anyNatural32, concern: ConcernDisk,
		field: func(c *Config) paramField { return &c.RewritePercent },
	},
	{
		name: "auto-aof-rewrite-min-size", initial: "64mb", kind: anySize, concern: ConcernDisk,
		field: func(c *Config) paramField { return &c.RewriteMinSize },
	},
	{name: "aof-load-truncated", initial: "yes", kind: yesNoKind{}, field: func(c *Config) paramField { return &c.LoadTruncated }},
	{
		name: "stop-writes-on-bgsave-error", initial: "yes", kind: yesNoKind{},
		field: func(c *Config) paramField { return &c.StopOnSaveError },
	},
	{name: "comet-repair", initial: "no", kind: yesNoKind{}, traits: immutable, field: func(c *Config) paramField { return &c.Repair }},

	{name: "daemonize", initial: "no", kind: yesNoKind{}, traits: immutable, field: func(c *Config) paramField { return &c.Daemonize }},
	{name: "pidfile", kind: textKind{}, traits: immutable, field: func(c *Config) paramField { return &c.PidFile }},
	{
		name: "supervised", initial: "no", kind: wordKind{"systemd", "auto", "no"}, traits: immutable,
		field: func(c *Config) paramField { return &c.Supervised },
	},
	{
		name: "oom-score-adj", initial: "no", kind: wordKind{"no", "yes", "relative", "absolute"}, concern: ConcernProcess,
		field: func(c *Config) paramField { return &c.OOMScoreAdj },
	},
	{
		name: "oom-score-adj-values", initial: "0 200 800", kind: scoresKind{}, traits: multiWord, concern: ConcernProcess,
		field: func(c *Config) paramField { return &c.OOMScores },
	},
	{
		name: "loglevel", initial: "notice", kind: wordKind{"debug", "verbose", "notice", "warning"}, concern: ConcernProcess,
		field: func(c *Config) paramField { return &c.LogLevel },
	},
	{name: "logfile", kind: textKind{}, traits: immutable, field: func(c *Config) paramField { return &c.LogFile }},
	{name: "syslog-enabled", initial: "no", kind: yesNoKind{}, traits: immutable, field: func(c *Config) paramField { return &c.Syslog }},
	{name: "syslog-ident", initial: "redis", kind: textKind{}, traits: immutable, field: func(c *Config) paramField { return &c.SyslogIdent }},
	{
		name: "syslog-facility", initial: "local0", kind: syslogFacilities, traits: immutable,
		field: func(c *Config) paramField { return &c.SyslogClass },
	},
	{name: "server_cpulist", kind: cpusKind{}, traits: immutable, field: func(c *Config) paramField { return &c.CPUList }},
	{
		name: "comet-gogc", initial: "200", kind: integerKind{-1, math.MaxInt32}, concern: ConcernProcess,
		field: func(c *Config) paramField { return &c.GOGC },
	},
	{
		name: "comet-maxprocs", initial: "0", kind: anyNatural32, concern: ConcernProcess,
		field: func(c *Config) paramField { return &c.MaxProcs },
	},
	{name: "comet-metrics-address", kind: textKind{}, traits: immutable, field: func(c *Config) paramField { return &c.Metrics }},
	{name: "comet-gomemlimit", initial: "0", kind: anySize, concern: ConcernProcess, field: func(c *Config) paramField { return &c.GOMemLimit }},
}

// parametersByName finds the rows of implemented parameters by their lower-case names and aliases.
var parametersByName = indexParameters()

func indexParameters() map[string]*parameter {
	index := map[string]*parameter{}
	for i := range parameters {
		p := &parameters[i]
		index[p.name] = p
		if p.alias != "" {
			index[p.alias] = p
		}
	}
	return index
}
