package command

import "strings"

// fixed are parameters of Redis for which one value, its default, says what is so here: it is shown and accepted, another one is not.
var fixed = map[string]string{
	"active-expire-effort":                "1",
	"activedefrag":                        "no",
	"aof-timestamp-enabled":               "no",
	"cluster-enabled":                     "no",
	"daemonize":                           "no",
	"enable-module-command":               "no",
	"enable-protected-configs":            "no",
	"io-threads":                          "1",
	"maxmemory-clients":                   "0",
	"min-replicas-to-write":               "0",
	"no-appendfsync-on-rewrite":           "no",
	"replica-lazy-flush":                  "no",
	"replica-priority":                    "100",
	"replica-ignore-maxmemory":            "yes",
	"supervised":                          "no",
	"syslog-enabled":                      "no",
	"cluster-allow-reads-when-down":       "no",
	"cluster-require-full-coverage":       "yes",
	"cluster-allow-pubsubshard-when-down": "yes",
}

// fixedImmutable are those of which Redis says that they cannot be set at run time.
var fixedImmutable = map[string]bool{
	"cluster-enabled": true, "daemonize": true, "io-threads": true, "supervised": true, "syslog-enabled": true,
	"enable-module-command": true, "enable-protected-configs": true,
}

// fixedAdvice says what to do instead, where there is something.
var fixedAdvice = map[string]string{
	"daemonize":  "run comet under a service manager, or with & in a shell",
	"supervised": "a service manager needs no help: use its simple mode",
	"io-threads": "all processors are used; GOMAXPROCS in the environment limits them",
}

// checkFixed returns why value may not be given to the fixed parameter name.
func checkFixed(name, value string) error {
	want := fixed[name]
	if strings.EqualFold(value, want) {
		return nil
	}
	text := "not implemented by Comet: only '" + want + "' is accepted"
	if advice := fixedAdvice[name]; advice != "" {
		text += "; " + advice
	}
	return paramError(text)
}

// absent are the other parameters of Redis 7.0: known, so that whoever gives them learns that they are not there.
var absent = makeSet(`
	active-defrag-cycle-max active-defrag-cycle-min active-defrag-ignore-bytes active-defrag-max-scan-fields
	active-defrag-threshold-lower active-defrag-threshold-upper activerehashing always-show-logo aof-disable-auto-gc
	aof-rewrite-incremental-fsync aof-use-rdb-preamble aof_rewrite_cpulist appenddirname appendfilename bgsave_cpulist bind-source-addr
	bio_cpulist cluster-allow-replica-migration cluster-announce-bus-port cluster-announce-hostname cluster-announce-ip
	cluster-announce-port cluster-announce-tls-port cluster-config-file cluster-link-sendbuf-limit cluster-migration-barrier
	cluster-node-timeout cluster-port cluster-preferred-endpoint-type cluster-replica-no-failover cluster-replica-validity-factor
	cluster-slave-no-failover cluster-slave-validity-factor crash-log-enabled crash-memcheck-enabled dbfilename disable-thp dynamic-hz
	ignore-warnings io-threads-do-reads jemalloc-bg-thread loadmodule min-replicas-max-lag min-slaves-max-lag
	min-slaves-to-write oom-score-adj oom-score-adj-values pidfile proc-title-template propagation-error-behavior rdb-del-sync-files
	rdb-save-incremental-fsync rdbchecksum rdbcompression rename-command repl-backlog-size repl-backlog-ttl repl-disable-tcp-nodelay
	repl-diskless-load repl-diskless-sync repl-diskless-sync-delay repl-diskless-sync-max-replicas repl-ping-replica-period
	repl-ping-slave-period replica-announced replica-ignore-disk-write-errors
	sanitize-dump-payload sentinel server_cpulist set-proc-title shutdown-on-sigint
	shutdown-on-sigterm slave-ignore-maxmemory slave-lazy-flush slave-priority
	socket-mark-id stop-writes-on-bgsave-error syslog-facility syslog-ident tls-ca-cert-dir tls-ciphers
	tls-ciphersuites tls-client-cert-file tls-client-key-file tls-client-key-file-pass tls-dh-params-file tls-key-file-pass
	tls-prefer-server-ciphers tls-protocols tls-session-cache-size tls-session-cache-timeout tls-session-caching`)

func makeSet(words string) map[string]bool {
	set := map[string]bool{}
	for word := range strings.FieldsSeq(words) {
		set[word] = true
	}
	return set
}
