package command

import (
	"crypto/rand"
	"encoding/hex"
	"errors"

	"comet/aso"
	"comet/resp/command/acl"
)

var aclCommands = family{
	"acl|cat":     {run: aclCat, access: accessNone},
	"acl|deluser": {run: aclDeluser, access: accessAlone},
	"acl|dryrun":  {run: aclDryrun, access: accessNone},
	"acl|genpass": {run: aclGenpass, access: accessNone},
	"acl|getuser": {run: aclGetuser, access: accessNone},
	"acl|help":    {run: aclHelp, access: accessNone},
	"acl|list":    {run: aclList, access: accessNone},
	"acl|load":    {run: aclLoad, access: accessAlone},
	"acl|log":     {run: aclLogCommand, access: accessNone},
	"acl|save":    {run: aclSave, access: accessAlone},
	"acl|setuser": {run: aclSetuser, access: accessAlone},
	"acl|users":   {run: aclUsers, access: accessNone},
	"acl|whoami":  {run: aclWhoami, access: accessNone},
}

const (
	errUserName    = aso.Error("ERR Usernames can't contain spaces or null characters")
	errDefaultUser = aso.Error("ERR The 'default' user cannot be removed")
	errGenpass     = aso.Error("ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096")
)

// aclWhoami replies with the user that the client is.
func aclWhoami(c *Call) error {
	c.Reply.BulkString(c.Session.user())
	return nil
}

// aclUsers replies with the names of all users.
func aclUsers(c *Call) error {
	all := c.Server.accounts.all()
	c.Reply.Array(len(all))
	for _, acct := range all {
		c.Reply.BulkString(acct.name)
	}
	return nil
}

// aclList replies with all users as lines of an ACL file.
func aclList(c *Call) error {
	lines := c.Server.accounts.lines()
	c.Reply.Array(len(lines))
	for _, line := range lines {
		c.Reply.BulkString(line)
	}
	return nil
}

// lines returns all users as lines of an ACL file.
func (a *accounts) lines() []string {
	all := a.all()
	lines := make([]string, len(all))
	for i, acct := range all {
		lines[i] = a.table.Line(acct.rights.Load())
	}
	return lines
}

// aclGetuser replies with what a user is and may do.
func aclGetuser(c *Call) error {
	acct := c.Server.accounts.find(c.Arg(2))
	if acct == nil {
		c.Reply.Null()
		return nil
	}
	u := acct.rights.Load()
	c.Reply.Map(6)
	c.Reply.BulkString("flags")
	flags := u.Flags()
	c.Reply.Set(len(flags))
	for _, flag := range flags {
		c.Reply.BulkString(flag)
	}
	c.Reply.BulkString("passwords")
	c.Reply.Array(len(u.Passwords()))
	for _, hash := range u.Passwords() {
		c.Reply.BulkString(hash)
	}
	selectors := c.Server.accounts.table.Selectors(u)
	c.replySelector(selectors[0])
	c.Reply.BulkString("selectors")
	c.Reply.Array(len(selectors) - 1)
	for _, s := range selectors[1:] {
		c.Reply.Map(3)
		c.replySelector(s)
	}
	return nil
}

// replySelector appends three pairs of a map.
func (c *Call) replySelector(s acl.SelectorText) {
	c.replyField("commands", s.Commands)
	c.replyField("keys", s.Keys)
	c.replyField("channels", s.Channels)
}

// aclSetuser makes or changes a user. Its clients that listen to channels which it may no longer listen to are closed.
func aclSetuser(c *Call) error {
	if hasSpace(string(c.Arg(2))) {
		return errUserName
	}
	acct, before, err := c.Server.accounts.change(string(c.Arg(2)), stringArgs(c.Args[3:]))
	if err != nil {
		return setuserError(err)
	}
	if acct == c.Server.accounts.main {
		c.Server.accounts.mainChanged()
	}
	if now := acct.rights.Load(); before != nil && !now.KeepsChannels(before) {
		c.disconnect(func(ses *Session) bool { return ses.account.Load() == acct && !c.Server.hub.allows(&ses.subs, now) })
	}
	c.OK()
	return nil
}

// setuserError returns err in the words of Redis.
func setuserError(err error) error {
	var rule *acl.RuleError
	if errors.As(err, &rule) {
		return aso.Error("ERR Error in ACL SETUSER modifier '" + rule.Rule + "': " + rule.Reason.Error())
	}
	return aso.Error("ERR " + err.Error())
}

// aclDeluser deletes users and closes their clients.
func aclDeluser(c *Call) error {
	for _, name := range c.Args[2:] {
		if string(name) == c.Server.accounts.main.name {
			return errDefaultUser
		}
	}
	deleted := map[*account]bool{}
	for _, name := range c.Args[2:] {
		if acct := c.Server.accounts.remove(string(name)); acct != nil {
			deleted[acct] = true
		}
	}
	c.disconnectUsers(deleted)
	c.Reply.Int(int64(len(deleted)))
	return nil
}

// disconnectUsers closes the clients of users.
func (c *Call) disconnectUsers(gone map[*account]bool) {
	if len(gone) > 0 {
		c.disconnect(func(ses *Session) bool { return gone[ses.account.Load()] })
	}
}

// disconnect closes the clients that match; the one of c after its reply.
func (c *Call) disconnect(match func(ses *Session) bool) (n int) {
	for _, ses := range c.Server.clientsWhere(match) {
		if ses == c.Session {
			ses.close()
		} else {
			c.Server.kill(ses)
		}
		n++
	}
	return n
}

// aclCat replies with the categories, or with the commands of one.
func aclCat(c *Call) error {
	switch len(c.Args) {
	case 2:
		c.Reply.Array(len(aclCategories))
		for _, category := range aclCategories {
			c.Reply.BulkString(category.Name)
		}
		return nil
	case 3:
		return c.replyCategory(string(c.Arg(2)))
	}
	return errSubcommandSyntax(c)
}

func (c *Call) replyCategory(name string) error {
	if !c.Server.accounts.table.HasCategory(name) {
		return aso.Error("ERR Unknown category '" + string(clip([]byte(name), maxQuoted)) + "'")
	}
	c.replyCommands(inCategory(name))
	return nil
}

// aclGenpass replies with a random password.
func aclGenpass(c *Call) error {
	const usual, most = 256, 4096
	bits := int64(usual)
	switch len(c.Args) {
	case 2:
	case 3:
		var err error
		if bits, err = c.Int(2); err != nil {
			return err
		}
	default:
		return errSubcommandSyntax(c)
	}
	if bits <= 0 || bits > most {
		return errGenpass
	}
	digits := (bits + 3) / 4
	random := make([]byte, (digits+1)/2)
	_, _ = rand.Read(random) // never fails
	c.Reply.BulkString(hex.EncodeToString(random)[:digits])
	return nil
}

// aclLogCommand replies with the latest denials, or forgets all.
func aclLogCommand(c *Call) error {
	const usual = 10
	count := int64(usual)
	switch {
	case len(c.Args) == 3 && c.Is(2, "RESET"):
		c.Server.accounts.denied.reset()
		c.OK()
		return nil
	case len(c.Args) == 3:
		var err error
		if count, err = c.Int(2); err != nil {
			return err
		}
	case len(c.Args) > 3:
		return errSubcommandSyntax(c)
	}
	entries := c.Server.accounts.denied.latest(max(count, 0))
	c.Reply.Array(len(entries))
	for i := range entries {
		entries[i].reply(c)
	}
	return nil
}

// aclDryrun replies whether a user may run a command.
func aclDryrun(c *Call) error {
	acct := c.Server.accounts.find(c.Arg(2))
	if acct == nil {
		return aso.Error("ERR User '" + quotable(c.Arg(2)) + "' not found")
	}
	args := c.Args[3:]
	cmd := c.Server.names.routed(args)
	switch {
	case cmd == nil:
		return aso.Error("ERR Command '" + quotable(args[0]) + "' not found")
	case !cmd.acceptsArity(len(args)):
		return errArity(cmd.full)
	}
	if d := denied(acct.rights.Load(), cmd, args); d != nil {
		c.Reply.BulkString(d.explained())
		return nil
	}
	c.OK()
	return nil
}

// explained returns what ACL DRYRUN says of a denial.
func (d *denial) explained() string {
	switch d.reason {
	case acl.DeniedKey:
		return "This user has no permissions to access the '" + d.object + "' key"
	case acl.DeniedChannel:
		return "This user has no permissions to access the '" + d.object + "' channel"
	default:
		return "This user has no permissions to run the '" + d.object + "' command"
	}
}

func aclHelp(c *Call) error {
	return c.help("ACL",
		"CAT [<category>]",
		"    List all commands that belong to <category>, or all command categories",
		"    when no category is specified.",
		"DELUSER <username> [<username> ...]",
		"    Delete a list of users.",
		"DRYRUN <username> <command> [<arg> ...]",
		"    Returns whether the user can execute the given command without executing the command.",
		"GETUSER <username>",
		"    Get the user's details.",
		"GENPASS [<bits>]",
		"    Generate a secure 256-bit user password. The optional `bits` argument can",
		"    be used to specify a different size.",
		"LIST",
		"    Show users details in config file format.",
		"LOAD",
		"    Reload users from the ACL file.",
		"LOG [<count> | RESET]",
		"    Show the ACL log entries.",
		"SAVE",
		"    Save the current config to the ACL file.",
		"SETUSER <username> <attribute> [<attribute> ...]",
		"    Create or modify a user with the specified attributes.",
		"USERS",
		"    List all the registered usernames.",
		"WHOAMI",
		"    Return the current connection username.")
}
