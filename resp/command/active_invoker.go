package command

import (
	"fmt"

	"comet/aso"
	"comet/resp/command/acl"
)

// invoker is a user whose command has set off handlers. It is an aso.Invoker, and may outlive the session.
type invoker struct {
	s      *Server
	acct   *account
	client uint64
	waited bool // the command runs in the goroutine of another client, who has made a key ready
}

// Invoker returns the user of the client.
func (c *Call) Invoker() aso.Invoker {
	return invoker{c.Server, c.Session.account.Load(), c.Session.Conn.ID(), c.ready != nil}
}

// Invoker returns the user of the client.
func (o *observed) Invoker() aso.Invoker { return o.run.c.Invoker() }

// Invoker returns the user of the client.
func (p *payload) Invoker() aso.Invoker { return p.c.Invoker() }

// MayRun returns why the user may not run a command, by the rights that it has now. With note, a denial stands in ACL LOG.
func (by invoker) MayRun(args [][]byte, note bool) error {
	u := by.acct.rights.Load()
	if u.Free() {
		return nil
	}
	args = by.s.table.arranged(args)
	cmd, err := by.s.table.lookup(args)
	if err != nil {
		return err
	}
	d := denied(u, cmd, args)
	if d == nil {
		return nil
	}
	if note {
		by.log(d)
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

// log notes a denial in ACL LOG, as one of Lua code: MONITOR shows commands of handlers like those of scripts, too.
func (by invoker) log(d *denial) {
	e := aclEntry{reason: d.reason, inScript: true, object: d.object, user: by.acct.name}
	if ses := by.s.clients.find(int64(by.client)); ses != nil { // else it was killed, and its last command is at work
		if !by.waited {
			ses.show(false)
		}
		e.client = ses.info(by.s.hub)
	}
	by.s.accounts.denied.add(e, int(by.s.config.ACLLogMaxLen.Load()))
}
