package command

import (
	"math"

	"comet/aso"
)

var aliasCommands = family{
	"aso.alias":      {run: func(c *Call) error { return c.setAlias(1) }, access: accessAll, plain: true},
	"aso.alias|set":  {run: func(c *Call) error { return c.setAlias(2) }, access: accessAll},
	"aso.alias|del":  {run: asoAliasDel, access: accessAll},
	"aso.alias|list": {run: asoAliasList, access: accessNone},
	"aso.rollback":   {run: asoRollback, access: accessAll},
	"aso.drop":       {run: asoDrop, access: accessAll},
}

const errPercent = aso.Error("ERR a percentage is from 0.01 to 100")

// setAlias lets an alias stand for a version. The name, the alias and the version are the arguments from first on.
func (c *Call) setAlias(first int) error {
	name, alias := string(c.Arg(first)), string(c.Arg(first+1))
	code, err := c.Server.ks.Code(name + "@" + string(c.Arg(first+2)))
	if err != nil {
		return err
	}
	var share, stopOn aso.Share
	for i := first + 3; i < len(c.Args); i += 2 {
		switch {
		case i+1 == len(c.Args):
			return errSyntax
		case c.Is(i, "CANARY") && share == 0:
			share, err = c.percent(i + 1)
		case c.Is(i, "STOPON") && stopOn == 0:
			stopOn, err = c.percent(i + 1)
		default:
			return errSyntax
		}
		if err != nil {
			return err
		}
	}
	if err := c.guarded(func() error { return c.Tx.SetAlias(alias, code, share, stopOn) }); err != nil {
		return err
	}
	c.OK()
	return nil
}

// percent returns argument i, a percentage with up to two decimals.
func (c *Call) percent(i int) (aso.Share, error) {
	f, err := c.Float(i)
	if err != nil {
		return 0, err
	}
	return shareOf(f)
}

func shareOf(f float64) (aso.Share, error) {
	share := math.Round(f / 100 * float64(aso.Whole))
	if !(share >= 1 && share <= float64(aso.Whole)) {
		return 0, errPercent
	}
	return aso.Share(share), nil
}

// asoAliasDel removes an alias: 1, or 0 if there is none.
func asoAliasDel(c *Call) error {
	gone, err := c.Tx.DeleteAlias(string(c.Arg(2)), string(c.Arg(3)))
	if err != nil {
		return err
	}
	c.intBool(gone)
	return nil
}

// asoAliasList replies with the aliases.
func asoAliasList(c *Call) error {
	all := c.Server.ks.Aliases()
	c.Reply.Array(len(all))
	for _, a := range all {
		c.replyAlias(a)
	}
	return nil
}

func (c *Call) replyAlias(a *aso.Alias) {
	r := c.Reply
	r.Map(8)
	replyText(r, "name", a.Name)
	replyText(r, "alias", a.Alias)
	replyText(r, "version", a.Version.String())
	r.BulkString("before")
	r.Array(len(a.Before))
	for _, id := range a.Before {
		r.BulkString(id.String())
	}
	r.BulkString("candidate")
	if a.Share > 0 {
		r.BulkString(a.Candidate.String())
	} else {
		r.Null()
	}
	r.BulkString("canary")
	r.Double(percentOf(a.Share))
	r.BulkString("stopon")
	r.Double(percentOf(a.StopOn))
	r.BulkString("stopped")
	if a.Stopped.At == 0 {
		r.Null()
		return
	}
	r.Map(4)
	replyText(r, "version", a.Stopped.Version.String())
	replyInt(r, "time", a.Stopped.At)
	replyInt(r, "runs", a.Stopped.Runs)
	replyInt(r, "errors", a.Stopped.Errors)
}

func percentOf(s aso.Share) float64 { return float64(s) * 100 / float64(aso.Whole) }

// asoRollback lets an alias, latest if none is named, stand for the version before, and replies with that.
func asoRollback(c *Call) error {
	alias := aso.Latest
	switch len(c.Args) {
	case 2:
	case 3:
		alias = string(c.Arg(2))
	default:
		return errSyntax
	}
	var code *aso.Code
	err := c.guarded(func() (err error) {
		code, err = c.Tx.RollbackAlias(string(c.Arg(1)), alias)
		return err
	})
	if err != nil {
		return err
	}
	c.Reply.BulkString(code.Name())
	return nil
}

// asoDrop unloads a version, or all of a name, and replies with how many.
func asoDrop(c *Call) error {
	n, err := c.Tx.DropCode(string(c.Arg(1)))
	if err != nil {
		return err
	}
	c.Reply.Int(int64(n))
	return nil
}
