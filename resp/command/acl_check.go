package command

import (
	"errors"

	"comet/aso"
	"comet/resp/command/acl"
)

// denial says why a user may not run a command.
type denial struct {
	reason  acl.Reason
	object  string // the command, the key or the channel
	command *Command
}

// Error returns the text for the client.
func (d *denial) Error() string { return d.Unwrap().Error() }

// Unwrap returns the text for the client as an error that replies know.
func (d *denial) Unwrap() error {
	switch d.reason {
	case acl.DeniedKey:
		return aso.Error("NOPERM this user has no permissions to access one of the keys used as arguments")
	case acl.DeniedChannel:
		return aso.Error("NOPERM this user has no permissions to access one of the channels used as arguments")
	default:
		return aso.Error("NOPERM this user has no permissions to run the '" + d.command.full + "' command")
	}
}

// inExec returns the error for a command that was allowed when it was queued.
func (d *denial) inExec() error {
	reason := "no permission to execute the command or subcommand"
	switch d.reason {
	case acl.DeniedKey:
		reason = "no permission to touch the specified keys"
	case acl.DeniedChannel:
		reason = "no permission to access one of the channels used as arguments"
	}
	return aso.Error("NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. " +
		"This command is no longer allowed for the following reason: " + reason)
}

// MayRun returns why the client may not run a command with these arguments, whose number is right; nil if it may. It looks at rights only,
// touches no key, and may be called by any goroutine. A session without a user, which is that of a handler, may run everything.
func (ses *Session) MayRun(cmd *Command, args [][]byte) error {
	acct := ses.account.Load()
	if acct == nil {
		return nil
	}
	u := acct.rights.Load()
	if u.Free() {
		return nil
	}
	if d := denied(u, cmd, args); d != nil {
		return d
	}
	return nil
}

// denied returns why u may not run a command, nil if it may.
func denied(u *acl.User, cmd *Command, args [][]byte) *denial {
	var keys [16]acl.Key
	r := cmd.aclRequest(keys[:0], args)
	reason, arg := u.Check(&r)
	switch reason {
	case acl.Allowed:
		return nil
	case acl.DeniedCommand:
		return &denial{reason, cmd.full, cmd}
	}
	return &denial{reason, string(args[arg]), cmd}
}

// aclRequest returns what rights to a request depend on. It appends the keys to keys.
func (cmd *Command) aclRequest(keys []acl.Key, args [][]byte) acl.Request {
	return acl.Request{
		Command: cmd.acl, Everyone: cmd.has(flagNoAuth), Args: args,
		Keys: cmd.aclKeys(keys, args), Channels: cmd.aclChannels(args),
	}
}

// aclKeys appends the keys of a request, and what the command does to them, to keys. A request whose keys cannot be told fails before it
// touches any; as in Redis there are none to look at then.
func (cmd *Command) aclKeys(keys []acl.Key, args [][]byte) []acl.Key {
	for i := range cmd.Keys {
		spec := &cmd.Keys[i]
		first, last, step, ok := spec.keysIn(args)
		if !ok {
			return nil
		}
		access := cmd.keyAccess[i]
		if spec.has("variable_flags") {
			access = accessOf(spec.flagsIn(args))
		}
		for at := first; at <= last; at += step {
			keys = append(keys, acl.Key{Arg: at, Access: access})
		}
	}
	return keys
}

// aclChannels returns the arguments that are channels of which the user must be allowed to use.
func (cmd *Command) aclChannels(args [][]byte) acl.Channels {
	switch cmd.Name {
	case "publish", "spublish":
		return acl.Channels{First: 1, Last: 1}
	case "subscribe", "ssubscribe":
		return acl.Channels{First: 1, Last: len(args) - 1}
	case "psubscribe":
		return acl.Channels{First: 1, Last: len(args) - 1, Patterns: true}
	}
	return acl.Channels{}
}

// permit returns the error for a command that the client of ses may not run, which is also logged. It belongs to the session's goroutine.
func (s *Server) permit(ses *Session, cmd *Command, args [][]byte) error {
	err := ses.MayRun(cmd, args)
	if err != nil {
		ses.show(false) // for the log
		s.noteDenial(ses, err, ses.multi != nil || ses.inExec)
	}
	return err
}

// noteDenial logs err, if it is a denial.
func (s *Server) noteDenial(ses *Session, err error, inMulti bool) {
	var d *denial
	if errors.As(err, &d) {
		s.logDenial(ses, aclEntry{reason: d.reason, inMulti: inMulti, object: d.object, user: ses.user()})
	}
}

// noteWrongPassword logs that the client of c could not become a user.
func (s *Server) noteWrongPassword(c *Call, user string) {
	ses := c.Session
	ses.show(false)
	s.logDenial(ses, aclEntry{reason: acl.DeniedAuth, inMulti: ses.multi != nil || ses.inExec, object: string(c.Arg(0)), user: user})
}

// logDenial adds e to ACL LOG.
func (s *Server) logDenial(ses *Session, e aclEntry) {
	e.client = ses.info(s.hub)
	s.accounts.denied.add(e, int(s.config.ACLLogMaxLen.Load()))
}
