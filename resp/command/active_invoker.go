package command

import (
	"fmt"

	"comet/aso"
	"comet/resp/command/acl"
)

// invoker is a user whose command has set off handlers. It is an aso.Invoker, and may outlive the session.
type invoker struct {
	s    *Server
	acct *account
}

// Invoker returns the user of the client.
func (c *Call) Invoker() aso.Invoker { return invoker{c.Server, c.Session.account.Load()} }

// Invoker returns the user of the client.
func (o *observed) Invoker() aso.Invoker { return o.run.c.Invoker() }

// Invoker returns the user of the client.
func (p *payload) Invoker() aso.Invoker { return p.c.Invoker() }

// MayRun returns why the user may not run a command, by the rights that it has now.
func (by invoker) MayRun(args [][]byte) error {
	u := by.acct.rights.Load()
	if u.Free() {
		return nil
	}
	cmd, err := by.s.table.lookup(args)
	if err != nil {
		return err
	}
	d := denied(u, cmd, args)
	if d == nil {
		return nil
	}
	what := "run the '" + cmd.full + "' command"
	switch d.reason {
	case acl.DeniedKey:
		what = "use the key '" + d.object + "' with " + cmd.full
	case acl.DeniedChannel:
		what = "use the channel '" + d.object + "'"
	}
	return fmt.Errorf("the user %s has no permissions to %s", by.acct.name, what)
}
