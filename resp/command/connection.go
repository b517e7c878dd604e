package command

import "comet/aso"

var connectionCommands = family{
	"ping":   {run: ping, access: accessBare},
	"echo":   {run: echo, access: accessBare},
	"auth":   {run: auth, access: accessNone},
	"hello":  {run: hello, access: accessNone},
	"select": {run: selectDB, access: accessNone},
	"quit":   {run: quit, access: accessNone},
	"reset":  {special: reset},
}

const (
	errWrongPass = aso.Error("WRONGPASS invalid username-password pair or user is disabled.")
	errNoPass    = aso.Error("ERR AUTH <password> called without any password configured for the default user. " +
		"Are you sure your configuration is correct?")
	errNoProto  = aso.Error("NOPROTO unsupported protocol version")
	errProtocol = aso.Error("ERR Protocol version is not an integer or out of range")
	errHello    = aso.Error("NOAUTH HELLO must be called with the client already authenticated, " +
		"otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time")
	errClientName = aso.Error("ERR Client names cannot contain spaces, newlines or special characters.")
)

// ping replies with its argument, or PONG. To a subscriber that speaks RESP2 every reply is an array.
func ping(c *Call) error {
	if len(c.Args) > 2 {
		return errArity("ping")
	}
	if c.Session.subs.active() && c.Reply.Protocol() == 2 {
		c.Reply.Array(2)
		c.Reply.BulkString("pong")
		if len(c.Args) == 1 {
			c.Reply.BulkString("")
			return nil
		}
	}
	if len(c.Args) == 2 {
		c.Reply.Bulk(c.Arg(1))
		return nil
	}
	c.Reply.Status("PONG")
	return nil
}

// echo replies with its argument.
func echo(c *Call) error {
	c.Reply.Bulk(c.Arg(1))
	return nil
}

// auth lets the client in as a user; without a name as the default one.
func auth(c *Call) error {
	user, password := []byte("default"), c.Arg(1)
	switch {
	case len(c.Args) > 3:
		return errSyntax
	case len(c.Args) == 3:
		user, password = c.Arg(1), c.Arg(2)
	case c.Server.accounts.main.rights.Load().NoPass():
		return errNoPass
	}
	if err := c.authenticate(user, password); err != nil {
		return err
	}
	c.OK()
	return nil
}

// authenticate lets the client in if the password is right, or if none is required.
func (c *Call) authenticate(user, password []byte) error {
	acct := c.Server.accounts.authenticate(user, password)
	if acct == nil {
		c.Server.noteWrongPassword(c, string(user))
		return errWrongPass
	}
	c.Session.becomes(acct)
	return nil
}

// helloOptions obeys the options of HELLO one after the other, as Redis does, and returns the protocol, 0 for that which it is.
func (c *Call) helloOptions() (protocol int, err error) {
	if len(c.Args) > 1 {
		version, err := c.IntIn(1, -1<<63, 1<<63-1, errProtocol)
		if err != nil {
			return 0, err
		}
		if version != 2 && version != 3 {
			return 0, errNoProto
		}
		protocol = int(version)
	}
	for i := 2; i < len(c.Args); i++ {
		left := len(c.Args) - 1 - i
		switch {
		case c.Is(i, "AUTH") && left >= 2:
			if err := c.authenticate(c.Arg(i+1), c.Arg(i+2)); err != nil {
				return 0, err
			}
			i += 2
		case c.Is(i, "SETNAME") && left >= 1:
			i++
			if !isClientName(c.Arg(i)) {
				return 0, errClientName
			}
			c.Session.setName(c.Arg(i))
		default:
			return 0, aso.Error("ERR Syntax error in HELLO option '" + quotable(c.Arg(i)) + "'")
		}
	}
	return protocol, nil
}

// isClientName reports whether b has only printable characters, and no space.
func isClientName(b []byte) bool {
	for _, ch := range b {
		if ch < '!' || ch > '~' {
			return false
		}
	}
	return true
}

// hello chooses the protocol, lets the client in, names it, and tells it about the server.
func hello(c *Call) error {
	protocol, err := c.helloOptions()
	if err != nil {
		return err
	}
	if !c.Session.authenticated {
		return errHello
	}
	if protocol != 0 {
		c.Session.setProtocol(protocol)
	}
	c.Reply.Map(7)
	c.replyField("server", "redis")
	c.replyField("version", RedisVersion)
	replyInt(c.Reply, "proto", int64(c.Reply.Protocol()))
	replyInt(c.Reply, "id", int64(c.Session.Conn.ID()))
	c.replyField("mode", "standalone")
	role := "master"
	if c.Server.ks.Follows() {
		role = "replica"
	}
	c.replyField("role", role)
	c.Reply.BulkString("modules")
	c.Reply.Array(0)
	return nil
}

func (c *Call) replyField(name, value string) {
	c.Reply.BulkString(name)
	c.Reply.BulkString(value)
}

// setProtocol lets the client be spoken to in RESP2 or RESP3.
func (ses *Session) setProtocol(version int) {
	ses.Reply.SetProtocol(version)
	ses.subs.protocol.Store(int32(version))
}

// selectDB chooses the database of the commands that follow.
func selectDB(c *Call) error {
	n, err := c.IntIn(1, -1<<63, 1<<63-1, "")
	switch {
	case err != nil:
		return err
	case n != int64(int32(n)):
		return errBetween(-1<<31, 1<<31-1)
	case n < 0 || n >= int64(c.Server.ks.Databases()):
		return errDBIndex
	}
	c.Session.db = int(n)
	c.OK()
	return nil
}

// quit closes the connection after the reply.
func quit(c *Call) error {
	c.Session.close()
	c.OK()
	return nil
}

// close ends the connection when the replies so far are out.
func (ses *Session) close() {
	ses.closing = true
	ses.Conn.CloseAfterReply()
}

// reset makes the client what it was when it connected, except for NO-EVICT.
func reset(b *batch, c *Call) {
	ses := b.ses
	b.endMulti()
	b.s.hub.clear(&ses.subs)
	b.s.tracking.disable(ses)
	b.s.monitors.remove(ses)
	ses.subs.moveHeld(c.Reply)
	ses.Conn.SetSubscriber(false)
	ses.setName(nil)
	ses.setProtocol(2)
	ses.db, ses.noTouch, ses.raw = 0, false, false
	if ses.silent != skipThis { // which holds for RESET itself
		ses.silent = repliesOn
	}
	ses.startAs(b.s.accounts)
	c.Reply.Status("RESET")
}
