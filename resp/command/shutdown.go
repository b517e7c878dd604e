package command

import (
	"log/slog"
	"slices"

	"comet/aso"
)

// Shutdown says how the server is to end.
type Shutdown struct {
	Save   bool // make a snapshot first
	NoSave bool // make none, even if save points are configured
	Force  bool // end even if that snapshot fails
}

const (
	errNoShutdown = aso.Error("ERR No shutdown in progress.")
	errShutdown   = aso.Error("ERR Errors trying to SHUTDOWN. Check logs.")
	errNoProcess  = aso.Error("ERR this server cannot be ended by a client")
)

// ShutdownOptions returns what words of shutdown-on-sigint or shutdown-on-sigterm stand for.
func ShutdownOptions(words []string) Shutdown {
	return Shutdown{
		Save: slices.Contains(words, "save"), NoSave: slices.Contains(words, "nosave"), Force: slices.Contains(words, "force"),
	}
}

// shutdown ends the server. There is no reply; the connection ends with it.
func shutdown(c *Call) error {
	how, abort, err := c.shutdownOptions()
	switch {
	case err != nil:
		return err
	case abort:
		return errNoShutdown // it takes no time in which it could be aborted
	case c.Server.shutdown == nil:
		return errNoProcess
	}
	if err := c.Server.shutdown(how); err != nil {
		slog.Error("shutdown failed", "error", err)
		return errShutdown
	}
	c.Session.closing = true
	c.Session.Conn.CloseAfterReply()
	return nil
}

// shutdownOptions reads [NOSAVE|SAVE] [NOW] [FORCE] or ABORT.
func (c *Call) shutdownOptions() (how Shutdown, abort bool, err error) {
	others := false
	for i := 1; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "ABORT"):
			abort = true
			continue
		case c.Is(i, "NOSAVE"):
			how.NoSave = true
		case c.Is(i, "SAVE"):
			how.Save = true
		case c.Is(i, "FORCE"):
			how.Force = true
		case c.Is(i, "NOW"): // there are no replicas to wait for
		default:
			return how, false, errSyntax
		}
		others = true
	}
	if how.Save && how.NoSave || abort && others {
		return how, false, errSyntax
	}
	return how, abort, nil
}
