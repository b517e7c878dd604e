package replica_test

import (
	"strings"
	"testing"

	"comet/aso/redistest"
	"comet/resp/secure/securetest"
)

// TestTheLinkSpeaksTLS follows a master that asks for a certificate, and refuses one whose own is of another authority.
func TestTheLinkSpeaksTLS(t *testing.T) {
	ours, other := securetest.Parameters(securetest.Authority(t, "ours")), securetest.Parameters(securetest.Authority(t, "other"))
	port := redistest.FreePort()
	r := startRedis(t, append(ours, "--tls-port", port)...)
	r.do("SET k v")
	s := startComet(t, append(ours, "--tls-replication", "yes")...)
	s.do("REPLICAOF 127.0.0.1 " + port)
	s.caughtUp(r)
	s.equals(r)

	s = startComet(t, append(other, "--tls-replication", "yes")...)
	s.do("REPLICAOF 127.0.0.1 " + port)
	eventually(t, func() error {
		if log := s.log.String(); !strings.Contains(log, "certificate signed by unknown authority") {
			return errNotYet(log)
		}
		return nil
	})
}

// errNotYet is what a log does not say yet.
type errNotYet string

func (e errNotYet) Error() string { return "log: " + string(e) }
