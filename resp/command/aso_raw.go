package command

// asoRaw lets the commands of this connection go past handlers, or not. Timers, messages, expiry and the commands of others are as always.
func asoRaw(c *Call) error {
	switch {
	case c.Is(1, "ON"):
		c.Session.raw = true
	case c.Is(1, "OFF"):
		c.Session.raw = false
	default:
		return errSyntax
	}
	c.OK()
	return nil
}
