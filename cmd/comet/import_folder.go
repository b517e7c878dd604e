package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"comet/aso"
	"comet/aso/rdb"
	"comet/resp/command"
)

// folder is the data of a server that does not run. No handlers run.
type folder struct {
	server *server
	gate   uint64 // the journal position of what was taken over last
	done   importCounts
}

// defaultDatabases is how many databases a server has that is not told otherwise.
const defaultDatabases = 16

// openFolder opens the data in dir, and makes it if it is not there. It has so many databases.
func openFolder(dir string, databases int, stderr io.Writer) (*folder, error) {
	config, err := command.NewConfig()
	if err != nil {
		return nil, err
	}
	if err := config.Load([]string{"--dir", dir, "--databases", strconv.Itoa(databases), "--appendonly", "yes", "--loglevel", "warning"}); err != nil {
		return nil, err
	}
	log, err := openLog(config, stderr)
	if err != nil {
		return nil, err
	}
	s := newServer(config, log)
	if err := s.open(); err != nil {
		if errors.Is(err, aso.ErrFewDatabases) {
			err = fmt.Errorf("%w (--databases allows more)", err)
		}
		return nil, errors.Join(err, s.stop())
	}
	if m, _ := s.ks.Master(); m.Phase != aso.Alone {
		return nil, errors.Join(fmt.Errorf("%s: the data are those of the master %s:%d: start the server, and promote it with REPLICAOF NO ONE", dir, m.Host, m.Port), s.stop())
	}
	return &folder{server: s}, nil
}

func (f *folder) restore(k *rdb.Key, replace bool) error {
	if n := uint64(f.server.config.Databases.Load()); k.DB >= n {
		return fmt.Errorf("key %q is of database %d, and there are %d (--databases allows more)", k.Name, k.DB, n)
	}
	there, gate, err := restoreTo(f.server.ks, k, replace)
	f.gate = max(f.gate, gate)
	switch {
	case err != nil:
		return err
	case there:
		f.done.there++
	default:
		f.done.restored++
	}
	return nil
}

// restoreTo makes a key, unless it is there and not to be replaced. It returns the journal position of that.
func restoreTo(ks *aso.Keyspace, k *rdb.Key, replace bool) (there bool, gate uint64, err error) {
	var locks aso.Locks
	locks.Add(k.Name)
	tx := ks.Begin(&locks)
	tx.Start(int(k.DB))
	if there = !replace && tx.Exists(k.Name); !there {
		err = tx.Restore(k.Name, aso.RestoredOf(k))
	}
	if errors.Is(err, aso.ErrDumpFormat) {
		err = &rdb.FormatError{Offset: k.Offset, Reason: err.Error()}
	}
	err = errors.Join(err, tx.End())
	return there, tx.Commit(), err
}

func (f *folder) function(source []byte) error {
	r := f.server.cmds.NewReplay()
	defer r.Close()
	if err := r.Run([][]byte{[]byte("FUNCTION"), []byte("LOAD"), []byte("REPLACE"), source}); err != nil {
		return fmt.Errorf("library of functions: %w", err)
	}
	return nil
}

func (f *folder) sync() error { return f.server.ks.Wait(f.gate) }

func (f *folder) counts() importCounts { return f.done }

// close makes a snapshot, so that the next start need not read the journal, and closes the data.
func (f *folder) close() error {
	return errors.Join(f.server.saver.snapshot(context.Background()), f.server.stop())
}
