package command

import (
	"fmt"

	"comet/aso"
	"comet/aso/value"
)

const (
	errGroupKey    = aso.Error("ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.")
	errEntriesRead = aso.Error("ERR value for ENTRIESREAD must be positive or -1")
	errBusyGroup   = aso.Error("BUSYGROUP Consumer Group name already exists")
)

// groupOptions are the options of XGROUP CREATE and SETID.
type groupOptions struct {
	makes bool
	read  int64
}

// groupOptions reads the options from argument 5 on.
func (c *Call) groupOptions(creates bool) (o groupOptions, err error) {
	o.read = value.EntriesUnknown
	for i := 5; i < len(c.Args); i++ {
		switch {
		case creates && c.Is(i, "MKSTREAM"):
			o.makes = true
		case c.Is(i, "ENTRIESREAD") && i+1 < len(c.Args):
			i++
			if o.read, err = c.Int(i); err != nil {
				return o, err
			}
			if o.read < 0 && o.read != value.EntriesUnknown {
				return o, errEntriesRead
			}
		default:
			return o, errSubcommandSyntax(c)
		}
	}
	return o, nil
}

// xgroupCreate makes a group that reads from an ID on.
func xgroupCreate(c *Call) error {
	o, err := c.groupOptions(true)
	if err != nil {
		return err
	}
	s, err := c.Tx.Stream(c.Arg(2))
	switch {
	case err != nil:
		return err
	case !s.Exists() && !o.makes:
		return errGroupKey
	case len(c.Args) > 8:
		return errSubcommandSyntax(c)
	}
	last := s.LastID()
	if string(value.CString(c.Arg(4))) != "$" {
		if last, err = c.streamID(4, 0); err != nil {
			return err
		}
	}
	if s.Group(c.Arg(3)) != nil {
		return errBusyGroup
	}
	existed := s.Exists()
	s.SetGroup(c.Arg(3), last, o.read)
	if err := c.stored(existed, aso.NotifyStream, "xgroup-create", 2); err != nil {
		return err
	}
	c.OK()
	return nil
}

// group opens the stream at argument 2 and its group, argument 3; g is nil if it is not there.
func (c *Call) group() (s *aso.Stream, g *value.StreamGroup, err error) {
	s, err = c.Tx.Stream(c.Arg(2))
	switch {
	case err != nil:
		return nil, nil, err
	case !s.Exists():
		return nil, nil, errGroupKey
	}
	return s, s.Group(c.Arg(3)), nil
}

// existingGroup is group for a group that must be there.
func (c *Call) existingGroup() (*aso.Stream, *value.StreamGroup, error) {
	s, g, err := c.group()
	if err == nil && g == nil {
		err = errNoGroupOfKey(c.Arg(2), c.Arg(3))
	}
	return s, g, err
}

func errNoGroupOfKey(key, group []byte) error {
	return aso.Error(fmt.Sprintf("NOGROUP No such consumer group '%s' for key name '%s'", clip(group, len(group)), clip(key, len(key))))
}

// xgroupSetid lets a group read from an ID on.
func xgroupSetid(c *Call) error {
	o, err := c.groupOptions(false)
	if err != nil {
		return err
	}
	s, _, err := c.existingGroup()
	if err != nil {
		return err
	}
	if len(c.Args) != 5 && len(c.Args) != 7 {
		return errSubcommandSyntax(c)
	}
	last := s.LastID()
	if string(value.CString(c.Arg(4))) != "$" {
		if last, err = c.looseID(4, 0); err != nil {
			return err
		}
	}
	s.SetGroup(c.Arg(3), last, o.read)
	c.Tx.Notify(aso.NotifyStream, "xgroup-setid", c.Arg(2))
	c.OK()
	return nil
}

// xgroupDestroy removes a group and replies with 1 if it was there.
func xgroupDestroy(c *Call) error {
	s, g, err := c.group()
	if err != nil {
		return err
	}
	if g != nil {
		s.DestroyGroup(c.Arg(3))
		c.Tx.Notify(aso.NotifyStream, "xgroup-destroy", c.Arg(2))
	}
	c.intBool(g != nil)
	return nil
}

// xgroupCreateconsumer adds a consumer to a group and replies with 1 if it is new.
func xgroupCreateconsumer(c *Call) error {
	s, g, err := c.existingGroup()
	if err != nil {
		return err
	}
	created := g.Consumer(c.Arg(4)) == nil
	if created {
		c.seeConsumer(s, c.Arg(2), c.Arg(3), c.Arg(4))
	}
	c.intBool(created)
	return nil
}

// xgroupDelconsumer removes a consumer from a group and replies with the number of its pending entries.
func xgroupDelconsumer(c *Call) error {
	s, _, err := c.existingGroup()
	if err != nil {
		return err
	}
	pending, ok := s.DeleteConsumer(c.Arg(3), c.Arg(4))
	if ok {
		c.Tx.Notify(aso.NotifyStream, "xgroup-delconsumer", c.Arg(2))
	}
	c.Reply.Int(int64(pending))
	return nil
}

// xgroupHelp replies with the forms of XGROUP.
func xgroupHelp(c *Call) error {
	return c.help("XGROUP",
		"CREATE <key> <groupname> <id|$> [option]",
		"    Create a new consumer group. Options are:",
		"    * MKSTREAM",
		"      Create the empty stream if it does not exist.",
		"    * ENTRIESREAD entries_read",
		"      Set the group's entries_read counter (internal use).",
		"CREATECONSUMER <key> <groupname> <consumer>",
		"    Create a new consumer in the specified group.",
		"DELCONSUMER <key> <groupname> <consumer>",
		"    Remove the specified consumer.",
		"DESTROY <key> <groupname>",
		"    Remove the specified group.",
		"SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
		"    Set the current group ID and entries_read counter.",
	)
}
