package command

import "strings"

// fixed are parameters of Redis for which one value, its default, says what is so here: it is shown and accepted, another one is not.
var fixed = map[string]fixedParameter{
	"activedefrag":                     {value: "no", why: "objects lie in an arena, which needs none"},
	"aof-disable-auto-gc":              {value: "no", why: "files that a snapshot replaces are removed"},
	"aof-timestamp-enabled":            {value: "no", why: "the journal can only be loaded to its end"},
	"aof_rewrite_cpulist":              {immutable: true, why: "no process or thread of its own does this; server_cpulist binds the whole process"},
	"bgsave_cpulist":                   {immutable: true, why: "no process or thread of its own does this; server_cpulist binds the whole process"},
	"bio_cpulist":                      {immutable: true, why: "no process or thread of its own does this; server_cpulist binds the whole process"},
	"cluster-enabled":                  {value: "no", immutable: true, why: "there is no cluster"},
	"enable-module-command":            {value: "no", immutable: true, why: "there are no modules"},
	"enable-protected-configs":         {value: "no", immutable: true, why: "give them at the start"},
	"min-replicas-to-write":            {value: "0", why: "there are no replicas"},
	"min-slaves-to-write":              {value: "0", why: "there are no replicas"},
	"propagation-error-behavior":       {value: "ignore", why: "a change of the master that cannot be made ends the following, and INFO says so"},
	"replica-ignore-disk-write-errors": {value: "no", why: "what cannot be kept is not acknowledged"},
	"replica-ignore-maxmemory":         {value: "yes", why: "what the master sends is never refused"},
	"slave-ignore-maxmemory":           {value: "yes", why: "what the master sends is never refused"},
	"tls-ciphersuites":                 {why: "all three of TLS 1.3 are used: Go's library has no choice of them"},
}

// fixedParameter is a parameter with one possible value.
type fixedParameter struct {
	value     string
	immutable bool   // Redis says that it cannot be set at run time
	why       string // nothing else is possible, or what to do instead
}

// checkFixed returns why value may not be given to the fixed parameter name.
func checkFixed(name, value string) error {
	p := fixed[name]
	if strings.EqualFold(value, p.value) {
		return nil
	}
	return paramError("not implemented by Comet: only '" + p.value + "' is accepted; " + p.why)
}

// absent are the directives of a redis.conf that would promise what is not there, with what to do instead.
var absent = map[string]string{
	"loadmodule": "there are no modules: handlers and functions are written in Lua",
	"sentinel":   "this is no Sentinel",
}
