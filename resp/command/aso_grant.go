package command

import (
	"comet/aso"
	"comet/resp/wire"
)

var grantCommands = family{
	"aso.grant|set": {run: asoGrantSet, access: accessAll},
	"aso.grant|del": {run: asoGrantDel, access: accessAll},
	"aso.grant|get": {run: asoGrantGet, access: accessNone},
}

// asoGrantSet makes the grant of a handler, or changes it as a whole.
func asoGrantSet(c *Call) error {
	g := aso.Grant{Handler: string(c.Arg(2))}
	var words *[]string
	for i := 3; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "SEND"):
			words = &g.Send
		case c.Is(i, "CHANNEL"):
			words = &g.Channels
		case c.Is(i, "SECRET"):
			words = &g.Secrets
		case c.Is(i, "KEYS"):
			words = &g.Keys
		case words == nil:
			return errSyntax
		default:
			*words = append(*words, string(c.Arg(i)))
			continue
		}
		if *words != nil || i+1 == len(c.Args) {
			return errSyntax
		}
		*words = []string{string(c.Arg(i + 1))} // whatever word it is
		i++
	}
	if err := c.guarded(func() error { return c.Tx.SetGrant(g) }); err != nil {
		return err
	}
	c.OK()
	return nil
}

// asoGrantDel removes the grant of a handler: 1, or 0 if there is none.
func asoGrantDel(c *Call) error {
	c.intBool(c.Tx.DeleteGrant(string(c.Arg(2))))
	return nil
}

// asoGrantGet replies with the grants, all or that of a handler. What a grant leaves to the default is null.
func asoGrantGet(c *Call) error {
	if len(c.Args) > 3 {
		return errSyntax
	}
	at, n := c.Reply.Defer(), 0
	for _, g := range c.Server.ks.Grants() {
		if len(c.Args) == 3 && g.Handler != string(c.Arg(2)) {
			continue
		}
		replyGrant(c.Reply, g)
		n++
	}
	c.Reply.SetArray(at, n)
	return nil
}

func replyGrant(r *wire.Reply, g *aso.Grant) {
	r.Map(5)
	replyText(r, "handler", g.Handler)
	for _, part := range [...]struct {
		name  string
		words []string
	}{{"send", g.Send}, {"channels", g.Channels}, {"secrets", g.Secrets}, {"keys", g.Keys}} {
		r.BulkString(part.name)
		if part.words == nil {
			r.Null()
			continue
		}
		r.Array(len(part.words))
		for _, word := range part.words {
			r.BulkString(word)
		}
	}
}
