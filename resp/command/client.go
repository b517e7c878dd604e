package command

import (
	"comet/aso"
)

var clientCommands = family{
	"client|id":       {run: clientID, access: accessNone},
	"client|getname":  {run: clientGetname, access: accessNone},
	"client|setname":  {run: clientSetname, access: accessNone},
	"client|setinfo":  {run: clientSetinfo, access: accessNone},
	"client|no-evict": {run: clientNoEvict, access: accessNone},
	"client|no-touch": {run: clientNoTouch, access: accessNone},
	"client|reply":    {run: clientReply, access: accessNone},
	"client|help":     {run: clientHelp, access: accessNone},
	"client|info":     {run: clientInfo, access: accessAlone},
	"client|list":     {run: clientList, access: accessAlone},
	"client|kill":     {run: clientKill, access: accessAlone},
	"client|unblock":  {run: clientUnblock, access: accessAlone},
	"client|pause":    {run: clientPause, access: accessAlone},
	"client|unpause":  {run: clientUnpause, access: accessAlone},
}

const (
	errUnblock = aso.Error("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR")
	errUnwoken = aso.Error("UNBLOCKED client unblocked via CLIENT UNBLOCK")
)

// clientID replies with the number of the connection.
func clientID(c *Call) error {
	c.Reply.Int(int64(c.Session.Conn.ID()))
	return nil
}

// clientGetname replies with the name of the connection.
func clientGetname(c *Call) error {
	name := c.Session.name()
	c.bulkOrNull([]byte(name), name != "")
	return nil
}

// clientSetname names the connection.
func clientSetname(c *Call) error {
	if !isClientName(c.Arg(2)) {
		return errClientName
	}
	c.Session.setName(c.Arg(2))
	c.OK()
	return nil
}

// clientSetinfo notes the library the client uses, as Redis 7.2 does.
func clientSetinfo(c *Call) error {
	p := &c.Session.profile
	p.mu.Lock()
	defer p.mu.Unlock()
	var field *string
	switch {
	case c.Is(2, "LIB-NAME"):
		field = &p.libName
	case c.Is(2, "LIB-VER"):
		field = &p.libVersion
	default:
		return aso.Error("ERR Unrecognized option '" + quotable(c.Arg(2)) + "'")
	}
	if !isClientName(c.Arg(3)) {
		return aso.Error("ERR " + string(lower(make([]byte, 0, 8), c.Arg(2))) + " cannot contain spaces, newlines or special characters.")
	}
	*field = string(c.Arg(3))
	c.OK()
	return nil
}

// onOff returns whether argument i is ON; it must be ON or OFF.
func (c *Call) onOff(i int) (bool, error) {
	on := c.Is(i, "ON")
	if !on && !c.Is(i, "OFF") {
		return false, errSyntax
	}
	return on, nil
}

// clientNoEvict keeps the client from being closed for maxmemory-clients.
func clientNoEvict(c *Call) error {
	on, err := c.onOff(2)
	if err != nil {
		return err
	}
	p := &c.Session.profile
	p.mu.Lock()
	defer p.mu.Unlock()
	p.noEvict = on
	c.OK()
	return nil
}

// clientNoTouch lets the commands of the client, but for TOUCH, leave no trace in the access times that OBJECT IDLETIME shows.
func clientNoTouch(c *Call) error {
	on, err := c.onOff(2)
	if err != nil {
		return err
	}
	c.Session.noTouch = on
	c.OK()
	return nil
}

// clientReply switches replies on or off, or skips the next one.
func clientReply(c *Call) error {
	ses := c.Session
	switch {
	case c.Is(2, "ON"):
		ses.silent = repliesOn
		c.OK()
	case c.Is(2, "OFF"):
		ses.silent = repliesOff
	case c.Is(2, "SKIP"):
		if ses.silent != repliesOff {
			ses.silent = skipNext
		}
	default:
		return errSyntax
	}
	return nil
}

// clientUnblock ends the wait of another client, as if its time were over or with an error.
func clientUnblock(c *Call) error {
	var failure error
	switch len(c.Args) {
	case 3:
	case 4:
		switch {
		case c.Is(3, "ERROR"):
			failure = errUnwoken
		case !c.Is(3, "TIMEOUT"):
			return errUnblock
		}
	default:
		return errSubcommandSyntax(c)
	}
	id, err := c.Int(2)
	if err != nil {
		return err
	}
	ses := c.Server.clients.find(id)
	found := ses != nil && c.Server.unblock(c.Tx, ses, failure)
	c.failed = found && failure != nil // as in Redis: its error, though another client gets it
	c.intBool(found)
	return nil
}

func clientHelp(c *Call) error {
	return c.help("CLIENT",
		"CACHING (YES|NO)",
		"    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
		"GETREDIR",
		"    Return the client ID we are redirecting to when tracking is enabled.",
		"GETNAME",
		"    Return the name of the current connection.",
		"ID",
		"    Return the ID of the current connection.",
		"INFO",
		"    Return information about the current client connection.",
		"KILL <ip:port>",
		"    Kill connection made from <ip:port>.",
		"KILL <option> <value> [<option> <value> [...]]",
		"    Kill connections. Options are:",
		"    * ADDR (<ip:port>|<unixsocket>:0)",
		"      Kill connections made from the specified address",
		"    * LADDR (<ip:port>|<unixsocket>:0)",
		"      Kill connections made to specified local address",
		"    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
		"      Kill connections by type.",
		"    * USER <username>",
		"      Kill connections authenticated by <username>.",
		"    * SKIPME (YES|NO)",
		"      Skip killing current connection (default: yes).",
		"LIST [options ...]",
		"    Return information about client connections. Options:",
		"    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
		"      Return clients of specified type.",
		"UNPAUSE",
		"    Stop the current client pause, resuming traffic.",
		"PAUSE <timeout> [WRITE|ALL]",
		"    Suspend all, or just write, clients for <timeout> milliseconds.",
		"REPLY (ON|OFF|SKIP)",
		"    Control the replies sent to the current connection.",
		"SETNAME <name>",
		"    Assign the name <name> to the current connection.",
		"UNBLOCK <clientid> [TIMEOUT|ERROR]",
		"    Unblock the specified blocked client.",
		"TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
		"         [OPTIN] [OPTOUT] [NOLOOP]",
		"    Control server assisted client side caching.",
		"TRACKINGINFO",
		"    Report tracking status for the current connection.",
		"NO-EVICT (ON|OFF)",
		"    Protect current client connection from eviction.")
}
