package command

import (
	"math"
	"slices"
	"strings"
)

// hint is a parameter of Redis that says how to do what is done otherwise here, or what is not there to be done: its value is checked, kept and shown, and no
// reply depends on it.
type hint struct {
	name, alias, initial string
	kind                 kind
	why                  string // it has no effect
	traits               trait
}

const (
	whyNoCluster  = "there is no cluster; Redis does nothing with it either while `cluster-enabled` is `no`"
	whyNoDefrag   = "objects lie in an arena, whose free space is used again by size"
	whyNoDump     = "snapshots have a format and names of their own"
	whyNoFree     = "freeing is cheap or left to the garbage collector"
	whyNoReplicas = "there are no replicas to feed"
	whyNoSessions = "sessions are resumed by tickets, which the clients keep"
	whyNoTitle    = "the process keeps its command line"
	whySlowTest   = "a test of Redis slows it down with it"
	whyOwnJournal = "the journal has a format and names of its own"
	whyProcessors = "all processors are used; `comet-maxprocs` limits them"
)

var (
	anyPositive32 = integerKind{1, math.MaxInt32}
	anyInt32      = integerKind{math.MinInt32, math.MaxInt32}
)

// hints are in the order of docs/compat.md.
var hints = []hint{
	{name: "active-defrag-cycle-max", initial: "25", kind: integerKind{1, 99}, why: whyNoDefrag},
	{name: "active-defrag-cycle-min", initial: "1", kind: integerKind{1, 99}, why: whyNoDefrag},
	{name: "active-defrag-ignore-bytes", initial: "100mb", kind: memoryKind{1, math.MaxInt64}, why: whyNoDefrag},
	{name: "active-defrag-max-scan-fields", initial: "1000", kind: integerKind{1, math.MaxInt64}, why: whyNoDefrag},
	{name: "active-defrag-threshold-lower", initial: "10", kind: integerKind{0, 1000}, why: whyNoDefrag},
	{name: "active-defrag-threshold-upper", initial: "100", kind: integerKind{0, 1000}, why: whyNoDefrag},
	{name: "active-expire-effort", initial: "1", kind: integerKind{1, 10}, why: "a heap by deadline finds what expires, at its time"},
	{name: "activerehashing", initial: "yes", kind: yesNoKind{}, why: "nothing is rehashed in the background"},
	{name: "always-show-logo", initial: "no", kind: yesNoKind{}, why: "there is no logo", traits: immutable},
	{name: "aof-rewrite-incremental-fsync", initial: "yes", kind: yesNoKind{}, why: whyOwnJournal},
	{name: "aof-use-rdb-preamble", initial: "yes", kind: yesNoKind{}, why: whyOwnJournal},
	{name: "appenddirname", initial: "appendonlydir", kind: fileNameKind{"appenddirname", "dirname"}, why: whyOwnJournal, traits: immutable},
	{name: "appendfilename", initial: "appendonly.aof", kind: fileNameKind{"appendfilename", "filename"}, why: whyOwnJournal, traits: immutable},
	{name: "cluster-allow-pubsubshard-when-down", initial: "yes", kind: yesNoKind{}, why: whyNoCluster},
	{name: "cluster-allow-reads-when-down", initial: "no", kind: yesNoKind{}, why: whyNoCluster},
	{name: "cluster-allow-replica-migration", initial: "yes", kind: yesNoKind{}, why: whyNoCluster},
	{name: "cluster-announce-bus-port", initial: "0", kind: portNumber, why: whyNoCluster},
	{name: "cluster-announce-hostname", kind: hostNameKind{}, why: whyNoCluster},
	{name: "cluster-announce-ip", kind: textKind{}, why: whyNoCluster},
	{name: "cluster-announce-port", initial: "0", kind: portNumber, why: whyNoCluster},
	{name: "cluster-announce-tls-port", initial: "0", kind: portNumber, why: whyNoCluster},
	{name: "cluster-config-file", initial: "nodes.conf", kind: textKind{}, why: whyNoCluster, traits: immutable},
	{name: "cluster-link-sendbuf-limit", initial: "0", kind: anySize, why: whyNoCluster},
	{name: "cluster-migration-barrier", initial: "1", kind: anyNatural32, why: whyNoCluster},
	{name: "cluster-node-timeout", initial: "15000", kind: anyNatural, why: whyNoCluster},
	{name: "cluster-port", initial: "0", kind: portNumber, why: whyNoCluster, traits: immutable},
	{name: "cluster-preferred-endpoint-type", initial: "ip", kind: wordKind{"ip", "hostname", "unknown-endpoint"}, why: whyNoCluster},
	{name: "cluster-replica-no-failover", alias: "cluster-slave-no-failover", initial: "no", kind: yesNoKind{}, why: whyNoCluster},
	{name: "cluster-replica-validity-factor", alias: "cluster-slave-validity-factor", initial: "10", kind: anyNatural32, why: whyNoCluster},
	{name: "cluster-require-full-coverage", initial: "yes", kind: yesNoKind{}, why: whyNoCluster},
	{name: "crash-log-enabled", initial: "yes", kind: yesNoKind{}, why: "a command that fails badly is logged with its stack, and costs one connection"},
	{name: "crash-memcheck-enabled", initial: "yes", kind: yesNoKind{}, why: "Go's memory is safe from what this looks for"},
	{name: "dbfilename", initial: "dump.rdb", kind: fileNameKind{"dbfilename", "filename"}, why: whyNoDump, traits: protected},
	{name: "disable-thp", initial: "yes", kind: yesNoKind{}, why: "Go decides which memory is in huge pages; there is no fork that would copy them", traits: immutable},
	{name: "dynamic-hz", initial: "yes", kind: yesNoKind{}, why: "as `hz`"},
	{name: "hz", initial: "10", kind: clampedKind{1, 500}, why: "nothing is done in cycles: deadlines and timers have heaps"},
	{name: "ignore-warnings", kind: textKind{}, why: "there is no warning to ignore: Redis has one, about a bug of Linux that concerns fork"},
	{name: "io-threads", initial: "1", kind: integerKind{1, 128}, why: whyProcessors, traits: immutable},
	{name: "io-threads-do-reads", initial: "no", kind: yesNoKind{}, why: whyProcessors, traits: immutable},
	{name: "jemalloc-bg-thread", initial: "yes", kind: yesNoKind{}, why: "there is no jemalloc"},
	{name: "lazyfree-lazy-eviction", initial: "no", kind: yesNoKind{}, why: whyNoFree},
	{name: "lazyfree-lazy-expire", initial: "no", kind: yesNoKind{}, why: whyNoFree},
	{name: "lazyfree-lazy-server-del", initial: "no", kind: yesNoKind{}, why: whyNoFree},
	{name: "lazyfree-lazy-user-del", initial: "no", kind: yesNoKind{}, why: whyNoFree},
	{name: "lazyfree-lazy-user-flush", initial: "no", kind: yesNoKind{}, why: whyNoFree},
	{name: "list-compress-depth", initial: "0", kind: anyNatural32, why: "lists are not compressed"},
	{name: "min-replicas-max-lag", alias: "min-slaves-max-lag", initial: "10", kind: anyNatural32, why: whyNoReplicas},
	{name: "no-appendfsync-on-rewrite", initial: "no", kind: yesNoKind{}, why: "fsync goes on as `appendfsync` says while a snapshot is made"},
	{name: "proc-title-template", initial: "{title} {listen-addr} {server-mode}", kind: titleKind{}, why: whyNoTitle},
	{name: "rdb-del-sync-files", initial: "no", kind: yesNoKind{}, why: whyNoReplicas},
	{name: "rdb-save-incremental-fsync", initial: "yes", kind: yesNoKind{}, why: whyNoDump},
	{name: "rdbchecksum", initial: "yes", kind: yesNoKind{}, why: "snapshots always have checksums", traits: immutable},
	{name: "rdbcompression", initial: "yes", kind: yesNoKind{}, why: whyNoDump},
	{name: "repl-backlog-size", initial: "1mb", kind: memoryKind{1, math.MaxInt64}, why: whyNoReplicas},
	{name: "repl-backlog-ttl", initial: "3600", kind: anyNatural, why: whyNoReplicas},
	{name: "repl-disable-tcp-nodelay", initial: "no", kind: yesNoKind{}, why: whyNoReplicas},
	{name: "repl-diskless-load", initial: "disabled", kind: wordKind{"disabled", "on-empty-db", "swapdb"}, why: "what a master sends is read off the network, into a keyspace that takes the place of the old one when it is whole"},
	{name: "repl-diskless-sync", initial: "yes", kind: yesNoKind{}, why: whyNoReplicas},
	{name: "repl-diskless-sync-delay", initial: "5", kind: anyNatural32, why: whyNoReplicas},
	{name: "repl-diskless-sync-max-replicas", initial: "0", kind: anyNatural32, why: whyNoReplicas},
	{name: "repl-ping-replica-period", alias: "repl-ping-slave-period", initial: "10", kind: anyPositive32, why: whyNoReplicas},
	{name: "replica-lazy-flush", alias: "slave-lazy-flush", initial: "no", kind: yesNoKind{}, why: whyNoFree},
	{name: "sanitize-dump-payload", initial: "no", kind: wordKind{"no", "yes", "clients"}, why: "all payloads and dumps are checked"},
	{name: "set-proc-title", initial: "yes", kind: yesNoKind{}, why: whyNoTitle, traits: immutable},
	{name: "tls-dh-params-file", kind: textKind{}, why: "only elliptic curves are used to agree on keys"},
	{name: "tls-prefer-server-ciphers", initial: "no", kind: yesNoKind{}, why: "Go's library chooses"},
	{name: "tls-session-cache-size", initial: "20480", kind: anyNatural32, why: whyNoSessions},
	{name: "tls-session-cache-timeout", initial: "300", kind: anyNatural32, why: whyNoSessions},

	{name: "key-load-delay", initial: "0", kind: anyInt32, why: whySlowTest, traits: unlisted},
	{name: "loading-process-events-interval-bytes", initial: "2097152", kind: integerKind{1024, math.MaxInt32}, why: "clients come when everything is loaded", traits: unlisted},
	{name: "rdb-key-save-delay", initial: "0", kind: anyInt32, why: whySlowTest, traits: unlisted},
	{name: "use-exit-on-panic", initial: "no", kind: yesNoKind{}, why: "it is how Redis ends after a failed assertion", traits: unlisted},
	{name: "watchdog-period", initial: "0", kind: anyNatural32, why: "`latency-monitor-threshold` and SLOWLOG tell what is slow", traits: unlisted},
}

var syslogFacilities = wordKind{"user", "local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}

// deprecated are parameters that Redis 7.0 takes from a file and forgets.
var deprecated = map[string]bool{"list-max-ziplist-entries": true, "list-max-ziplist-value": true, "lua-replicate-commands": true}

// hintRows returns the rows of hints; their values are kept as text.
func hintRows() []parameter {
	rows := make([]parameter, 0, len(hints))
	for i := range hints {
		h := &hints[i]
		rows = append(rows, parameter{
			name: h.name, alias: h.alias, initial: h.initial, kind: asTextKind{h.kind}, traits: h.traits | hinted,
			field: func(c *Config) paramField { return &c.hints[i] },
		})
	}
	return rows
}

// asTextKind is a kind whose values are kept as text.
type asTextKind struct{ kind }

func (k asTextKind) parse(words []string, old any) (any, error) {
	v, err := k.kind.parse(words, old)
	if err != nil {
		return nil, err
	}
	return k.kind.format(v), nil
}

func (k asTextKind) format(v any) string { return v.(string) }

// fileNameKind is a name without a folder, of the parameter whose name it has.
type fileNameKind struct{ parameter, what string }

func (k fileNameKind) parse(words []string, _ any) (any, error) {
	switch {
	case words[0] == "":
		return nil, paramError(k.parameter + " can't be empty")
	case strings.ContainsAny(words[0], "/\\"):
		return nil, paramError(k.parameter + " can't be a path, just a " + k.what)
	}
	return words[0], nil
}

func (fileNameKind) format(v any) string { return v.(string) }

// hostNameKind is a name of a host.
type hostNameKind struct{}

func (hostNameKind) parse(words []string, _ any) (any, error) {
	isOther := func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '.'
	}
	switch name := words[0]; {
	case len(name) >= 256:
		return nil, paramError("Hostnames must be less than 256 characters")
	case strings.ContainsFunc(name, isOther):
		return nil, paramError("Hostnames may only contain alphanumeric characters, hyphens or dots")
	}
	return words[0], nil
}

func (hostNameKind) format(v any) string { return v.(string) }

var errTitle = paramError("template format is invalid or contains unknown variables")

var titleVariables = []string{"title", "listen-addr", "server-mode", "port", "tls-port", "unixsocket", "config-file"}

// titleKind is a text with variables in braces. One that says nothing but the title, which Redis checks while it is empty, is refused as there.
type titleKind struct{}

func (titleKind) parse(words []string, _ any) (any, error) {
	text := strings.ReplaceAll(words[0], "{{", "")
	if strings.TrimSpace(strings.ReplaceAll(text, "{title}", "")) == "" {
		return nil, errTitle
	}
	for {
		_, rest, found := strings.Cut(text, "{")
		if !found {
			return words[0], nil
		}
		name, rest, closed := strings.Cut(rest, "}")
		if !closed || !slices.Contains(titleVariables, name) {
			return nil, errTitle
		}
		text = rest
	}
}

func (titleKind) format(v any) string { return v.(string) }
