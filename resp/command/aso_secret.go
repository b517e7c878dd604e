package command

var secretCommands = family{
	"aso.secret|set":  {run: asoSecretSet, access: accessAll},
	"aso.secret|del":  {run: asoSecretDel, access: accessAll},
	"aso.secret|list": {run: asoSecretList, access: accessNone},
}

// asoSecretSet keeps a secret, or replaces the one of that name, whose end does not hold any more.
func asoSecretSet(c *Call) error {
	var end expiry
	for i := 4; i < len(c.Args); i += 2 {
		if !end.take(c, i) {
			return errSyntax
		}
	}
	until, err := end.deadline(c)
	switch {
	case err != nil:
		return err
	case end.amount != nil && until <= c.Tx.Now():
		return errExpire(c.Cmd.full)
	}
	if err := c.guarded(func() error { return c.Tx.SetSecret(string(c.Arg(2)), c.Arg(3), c.userName(), until) }); err != nil {
		return err
	}
	c.OK()
	return nil
}

// asoSecretDel forgets a secret: 1, or 0 if there is none.
func asoSecretDel(c *Call) error {
	c.intBool(c.Tx.DeleteSecret(string(c.Arg(2))))
	return nil
}

// asoSecretList replies with the names of the secrets, when and by whom they were set, how long they are there, -1 for ever, and whether the server
// can use them.
func asoSecretList(c *Call) error {
	secrets := c.Server.ks.Secrets()
	r := c.Reply
	r.Array(len(secrets))
	for _, s := range secrets {
		r.Map(5)
		replyText(r, "name", s.Name)
		replyInt(r, "set", s.SetAt)
		replyText(r, "by", s.SetBy)
		left := int64(-1)
		if s.Until != 0 {
			left = max(s.Until-c.Tx.Now(), 0)
		}
		replyInt(r, "ttl_ms", left)
		r.BulkString("usable")
		c.intBool(s.Usable())
	}
	return nil
}
