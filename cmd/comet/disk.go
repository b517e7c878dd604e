package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"sync/atomic"

	"comet/aso"
	"comet/persist"
	"comet/resp/command"
)

// errOthersData refuses to replace what the server has not loaded.
const errOthersData = aso.Error("there are data in dir that this server did not load: start with appendonly yes or with save points to load them, or with another dir")

// disk is the data directory.
type disk struct {
	config *command.Config
	log    *slog.Logger
	key    string                        // text of the key that seals secrets, while that is in memory only; else empty
	store  atomic.Pointer[persist.Store] // nil: nothing is kept
}

// open takes the directory.
func (d *disk) open() error {
	store, err := d.take()
	if err == nil {
		d.store.Store(store)
	}
	return err
}

func (d *disk) take() (*persist.Store, error) {
	policy, err := persist.ParsePolicy(d.config.AppendFsync.Load())
	if err != nil {
		return nil, err
	}
	store, err := persist.Open(d.config.Dir.Load(), persist.Options{
		Policy: policy, RefuseTorn: !d.config.LoadTruncated.Load(), Repair: d.config.Repair.Load(), Logger: d.log,
	})
	if err != nil {
		return nil, fmt.Errorf("%w (--dir chooses another one)", err)
	}
	return store, nil
}

// begun returns the store. A server that has kept nothing takes the directory now, which must be without data. One goroutine at a time calls it.
func (d *disk) begun() (*persist.Store, error) {
	if store := d.store.Load(); store != nil {
		return store, nil
	}
	store, err := d.take()
	if err != nil {
		return nil, err
	}
	if err := errors.Join(loadNothing(store), d.keepKey()); err != nil {
		if errors.Is(err, errOthersData) {
			err = errOthersData
		}
		return nil, errors.Join(err, store.Close())
	}
	d.store.Store(store)
	return store, nil
}

// loadNothing lets a store take units, if there is none in it.
func loadNothing(store *persist.Store) error {
	refuse := func(uint64, []byte) error { return errOthersData }
	return store.Load(refuse, refuse)
}

// keepKey writes the key that seals secrets beside what it has sealed.
func (d *disk) keepKey() error {
	if d.key == "" {
		return nil
	}
	path := filepath.Join(d.config.Dir.Load(), secretKeyName)
	switch there, err := readSecretKey(path); {
	case errors.Is(err, fs.ErrNotExist):
		return writeSecretKey(path, d.key)
	case err != nil:
		return err
	case secretKeyText(there) != d.key:
		return errOthersData
	}
	return nil
}

// stats are those of the store, zero without one.
func (d *disk) stats() persist.Stats {
	if store := d.store.Load(); store != nil {
		return store.Stats()
	}
	return persist.Stats{}
}

// close gives the directory back.
func (d *disk) close() error {
	if store := d.store.Load(); store != nil {
		return store.Close()
	}
	return nil
}
