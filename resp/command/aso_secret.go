package command

var secretCommands = family{
	"aso.secret|set":  {run: asoSecretSet, access: accessAll},
	"aso.secret|del":  {run: asoSecretDel, access: accessAll},
	"aso.secret|list": {run: asoSecretList, access: accessNone},
}

// asoSecretSet keeps a secret, or replaces the one of that name.
func asoSecretSet(c *Call) error {
	if err := c.guarded(func() error { return c.Tx.SetSecret(string(c.Arg(2)), c.Arg(3), c.userName()) }); err != nil {
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

// asoSecretList replies with the names of the secrets, when and by whom they were set, and whether the server can use them.
func asoSecretList(c *Call) error {
	secrets := c.Server.ks.Secrets()
	r := c.Reply
	r.Array(len(secrets))
	for _, s := range secrets {
		r.Map(4)
		replyText(r, "name", s.Name)
		replyInt(r, "set", s.SetAt)
		replyText(r, "by", s.SetBy)
		r.BulkString("usable")
		c.intBool(s.Usable())
	}
	return nil
}
