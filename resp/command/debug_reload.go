package command

import (
	"context"
	"errors"
	"log/slog"

	"comet/aso"
)

const (
	errReloadOption = aso.Error("ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.")
	errReloadNoSave = aso.Error("ERR DEBUG RELOAD NOSAVE loads files into an empty keyspace only: leave out NOFLUSH")
	errReloadTwice  = aso.Error("ERR Error trying to load the RDB dump")
	errReloadInExec = aso.Error("ERR DEBUG RELOAD and LOADAOF are not possible in a transaction")
	errNoFiles      = aso.Error("ERR persistence is off: there is nothing to load")
)

// reloads reports whether a request is one of those that take all locks themselves, after what came before is in the journal.
func reloads(args [][]byte) bool {
	return len(args) > 1 && (equalFold(args[1], "RELOAD") || equalFold(args[1], "LOADAOF"))
}

// debugReload saves everything, empties the keyspace, and loads what it had; with NOSAVE what is on the disk.
func debugReload(c *Call) error {
	merge, flush, save := false, true, true
	for i := 2; i < len(c.Args); i++ {
		switch {
		case c.Is(i, "MERGE"):
			merge = true
		case c.Is(i, "NOFLUSH"):
			flush = false
		case c.Is(i, "NOSAVE"):
			save = false
		default:
			return errReloadOption
		}
	}
	switch {
	case c.Tx != nil:
		return errReloadInExec
	case !flush && !merge && !c.Server.isEmpty():
		return errReloadTwice // all that was saved is there already
	case !save && !flush:
		return errReloadNoSave
	case !save:
		return c.loadFiles()
	}
	if c.Server.persistenceStatus().Kept {
		if err := c.Server.persistence.Save(); err != nil {
			return saveError(err)
		}
	}
	return c.reloaded(c.Server.ks.Reload(context.Background())) // what was just saved is what is there: with NOFLUSH MERGE, too
}

// debugLoadAOF empties the keyspace and loads what is on the disk.
func debugLoadAOF(c *Call) error {
	if c.Tx != nil {
		return errReloadInExec
	}
	return c.loadFiles()
}

// loadFiles empties the keyspace and loads what is on the disk: the snapshot and the journal. With
// appendonly no that may be older.
func (c *Call) loadFiles() error {
	if !c.Server.persistenceStatus().Kept {
		return errNoFiles
	}
	return c.reloaded(c.Server.persistence.Reload())
}

// reloaded replies to a reload that ended with err, and lets clients forget what they have cached.
func (c *Call) reloaded(err error) error {
	var partial *aso.PartialError
	switch {
	case errors.As(err, &partial):
		c.Server.StopWrites(err) // the files are right: a start loads them
		return errReloadTwice
	case err != nil:
		return saveError(err)
	}
	tx := c.Server.ks.BeginAll()
	tx.Start(c.Session.db)
	tx.RereadAll()
	err = tx.End()
	tx.Commit()
	slog.Info("everything was loaded anew", "by", "DEBUG "+string(c.Arg(1)))
	c.OK()
	return err
}

// isEmpty reports whether there is no key and no library of functions.
func (s *Server) isEmpty() bool {
	for _, db := range s.ks.Stats() {
		if db.Keys > 0 {
			return false
		}
	}
	return len(*s.ks.Libraries()) == 0
}
