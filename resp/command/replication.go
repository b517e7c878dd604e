package command

import (
	"math"
	"strconv"
	"strings"

	"comet/aso"
)

// replicationCommands are about following a master. There are never replicas.
var replicationCommands = family{
	"failover":  {run: failover, access: accessNone},
	"replicaof": {run: replicaof, access: accessAll},
	"role":      {run: role, access: accessNone},
	"slaveof":   {run: replicaof, access: accessAll},
	"wait":      {run: waitReplicas, access: accessNone},
}

const (
	errMasterPort      = aso.Error("ERR Invalid master port")
	errNoReplication   = aso.Error("ERR REPLICAOF with a host is not supported: this server cannot be a replica")
	errReplicaFailover = aso.Error("ERR FAILOVER is not valid when server is a replica.")
	errReplicaWait     = aso.Error("ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable (which is not the default) writes to replicas are just local and are not propagated.")
	errRoleChanged     = aso.Error("UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)")
	errNoReplicas      = aso.Error("ERR FAILOVER requires connected replicas.")
	errNoFailover      = aso.Error("ERR No failover in progress.")
	errFailoverTimeout = aso.Error("ERR FAILOVER timeout must be greater than 0")
	errFailoverForce   = aso.Error("ERR FAILOVER with force option requires both a timeout and target HOST and IP.")
)

// replicaof lets this server follow another one, or nobody any more.
func replicaof(c *Call) error {
	if c.Is(1, "NO") && c.Is(2, "ONE") {
		c.Server.promote(c.Tx)
		c.OK()
		return nil
	}
	port, err := c.IntIn(2, 0, math.MaxUint16, errMasterPort)
	if err != nil {
		return errMasterPort
	}
	s := c.Server
	if s.follower == nil {
		return errNoReplication
	}
	host := string(c.Arg(1))
	if m, _ := s.ks.Master(); m.Phase != aso.Alone && strings.EqualFold(m.Host, host) && m.Port == int(port) {
		c.Reply.Status("OK Already connected to specified master")
		return nil
	}
	c.failed = s.follow(c.Tx, host, int(port)) // as in Redis: their errors, though it has none
	c.OK()
	return nil
}

// follow lets this server follow another one, and reports whether clients that waited get an error. tx holds all locks.
func (s *Server) follow(tx *aso.Tx, host string, port int) (disconnected bool) {
	tx.Follow(host, port)
	s.config.ReplicaOf.set([]string{host, strconv.Itoa(port)})
	disconnected = s.disconnectBlocked(tx)
	s.follower.Changed()
	return disconnected
}

// promote lets this server follow nobody. tx holds all locks.
func (s *Server) promote(tx *aso.Tx) {
	if !s.ks.Follows() {
		return
	}
	m, _ := s.ks.Master()
	s.left.Store(&m)
	replID := newRunID()
	s.replID.Store(&replID)
	tx.FollowNobody()
	s.config.ReplicaOf.set([]string(nil))
	if s.follower != nil {
		s.follower.Changed()
	}
}

// disconnectBlocked ends the connections of clients that wait for keys: what they wait for may be a write. It reports whether there were some. tx holds
// all locks.
func (s *Server) disconnectBlocked(tx *aso.Tx) (disconnected bool) {
	for _, ses := range s.clients.all() {
		disconnected = s.unblock(tx, ses, errRoleChanged) || disconnected
	}
	return disconnected
}

// failover reads its arguments as Redis does; there is no replica to hand over to.
func failover(c *Call) error {
	if len(c.Args) == 2 && c.Is(1, "ABORT") {
		return errNoFailover
	}
	timeout, to, force := false, false, false
	for i := 1; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "TIMEOUT") && i+1 < len(c.Args) && !timeout:
			n, err := c.Int(i + 1)
			if err != nil {
				return err
			}
			if n <= 0 {
				return errFailoverTimeout
			}
			timeout = true
			i++
		case c.Is(i, "TO") && i+2 < len(c.Args) && !to:
			if _, err := c.Int(i + 2); err != nil {
				return err
			}
			to = true
			i += 2
		case c.Is(i, "FORCE") && !force:
			force = true
		default:
			return errSyntax
		}
	}
	if c.Server.ks.Follows() {
		return errReplicaFailover
	}
	return errNoReplicas
}

// role replies that this is a master without replicas, or whose replica it is.
func role(c *Call) error {
	m, _ := c.Server.ks.Master()
	if m.Phase == aso.Alone {
		c.Reply.Array(3)
		c.Reply.BulkString("master")
		c.Reply.Int(c.Server.masterOffset())
		c.Reply.Array(0)
		return nil
	}
	link := c.Server.link()
	c.Reply.Array(5)
	c.Reply.BulkString("slave")
	c.Reply.BulkString(m.Host)
	c.Reply.Int(int64(m.Port))
	c.Reply.BulkString(string(link.State))
	c.Reply.Int(link.shownOffset())
	return nil
}

// shownOffset returns the offset that ROLE and INFO tell: -1 while there is no link.
func (l *Link) shownOffset() int64 {
	if l.State != LinkUp {
		return -1
	}
	return l.Offset
}

// waitReplicas replies with the number of replicas that have all writes of the client, which is 0, when the timeout is over or as many
// were asked for.
func waitReplicas(c *Call) error {
	if c.Server.ks.Follows() {
		return errReplicaWait
	}
	n, err := c.Int(1)
	if err != nil {
		return err
	}
	timeout, err := c.milliseconds(2)
	if err != nil {
		return err
	}
	none := func() { c.Reply.Int(0) }
	if n <= 0 {
		none()
		return nil
	}
	c.Park(nil, timeout, none)
	return nil
}
