package command

import (
	"sync/atomic"

	"comet/aso"
	"comet/aso/sandbox"
	"comet/aso/value"
	"comet/resp/wire"
)

// asoLoad compiles and keeps a handler, and replies with its name@version.
func asoLoad(c *Call) error {
	code, err := c.Tx.LoadCode(c.Arg(1), c.userName())
	if err != nil {
		return err
	}
	c.Reply.BulkString(code.Name())
	return nil
}

// userName returns the user of the client.
func (c *Call) userName() string {
	user, _ := c.Field("user")
	return user.Str
}

// asoList replies with the loaded handlers.
func asoList(c *Call) error {
	pattern, err := c.matchOption(1)
	if err != nil {
		return err
	}
	var listed []*aso.Code
	for _, code := range c.Server.ks.Codes() {
		if value.Match(pattern, []byte(code.Program.Name()), false) {
			listed = append(listed, code)
		}
	}
	users := c.Server.ks.UsersOf(listed)
	c.Reply.Array(len(listed))
	for _, code := range listed {
		c.replyCode(code, users[code.ID])
	}
	return nil
}

func (c *Call) replyCode(code *aso.Code, users aso.Users) {
	r := c.Reply
	r.Map(13)
	replyText(r, "name", code.Program.Name())
	replyText(r, "version", code.ID.String())
	r.BulkString("events")
	at, n := r.Defer(), 0
	for h := sandbox.OnPut; h <= sandbox.OnError; h++ {
		if code.Program.Has(h) {
			r.BulkString(h.String())
			n++
		}
	}
	r.SetArray(at, n)
	replyInt(r, "runs", code.Runs())
	replyInt(r, "errors", code.Errors())
	replyInt(r, "loaded", code.LoadedAt)
	replyText(r, "by", code.LoadedBy)
	r.BulkString("aliases")
	c.replyAliasesOf(code)
	for _, n := range [...]struct {
		name string
		n    int64
	}{
		{"objects", users.Objects},
		{"rules", int64(users.Rules)},
		{"migrated", code.Migrated.Load()},
		{"stayed", code.Stayed.Load()},
	} {
		r.BulkString(n.name)
		r.Int(n.n)
	}
	r.BulkString("observed")
	replyObserved(r, &code.Observed)
}

// replyAliasesOf replies with the aliases that stand for a version or try it.
func (c *Call) replyAliasesOf(code *aso.Code) {
	names := c.Server.ks.AliasesOf(code)
	c.Reply.Array(len(names))
	for _, name := range names {
		c.Reply.BulkString(name)
	}
}

func replyObserved(r *wire.Reply, o *aso.ObservedCounts) {
	r.Map(6)
	for _, n := range [...]struct {
		name  string
		count *atomic.Int64
	}{{"runs", &o.Runs}, {"denied", &o.Denied}, {"failed", &o.Failed}, {"replaced", &o.Replaced}, {"kept", &o.Kept}, {"hidden", &o.Hidden}} {
		r.BulkString(n.name)
		r.Int(n.count.Load())
	}
}

// asoCode replies with the source of a handler.
func asoCode(c *Call) error {
	code, err := c.Server.ks.Code(string(c.Arg(1)))
	if err != nil {
		return err
	}
	c.Reply.Bulk(code.Program.Source())
	return nil
}
