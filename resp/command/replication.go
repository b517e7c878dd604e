package command

import (
	"math"

	"comet/aso"
)

// replicationCommands are what a server that has no replicas, and is none, has to say.
var replicationCommands = family{
	"failover":  {run: failover, access: accessNone},
	"replicaof": {run: replicaof, access: accessNone},
	"role":      {run: role, access: accessNone},
	"slaveof":   {run: replicaof, access: accessNone},
	"wait":      {run: waitReplicas, access: accessNone},
}

const (
	errMasterPort      = aso.Error("ERR Invalid master port")
	errNoReplication   = aso.Error("ERR REPLICAOF with a host is not supported: this server cannot be a replica")
	errNoReplicas      = aso.Error("ERR FAILOVER requires connected replicas.")
	errNoFailover      = aso.Error("ERR No failover in progress.")
	errFailoverTimeout = aso.Error("ERR FAILOVER timeout must be greater than 0")
	errFailoverForce   = aso.Error("ERR FAILOVER with force option requires both a timeout and target HOST and IP.")
)

// replicaof answers OK to NO ONE, which is so already, and refuses anything else.
func replicaof(c *Call) error {
	if c.Is(1, "NO") && c.Is(2, "ONE") {
		c.OK()
		return nil
	}
	if _, err := c.IntIn(2, 0, math.MaxUint16, errMasterPort); err != nil {
		return errMasterPort
	}
	return errNoReplication
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
	return errNoReplicas
}

// role replies that this is a master without replicas.
func role(c *Call) error {
	c.Reply.Array(3)
	c.Reply.BulkString("master")
	c.Reply.Int(0)
	c.Reply.Array(0)
	return nil
}

// waitReplicas replies with the number of replicas that have all writes of the client, which is 0, when the timeout is over or as many
// were asked for.
func waitReplicas(c *Call) error {
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
