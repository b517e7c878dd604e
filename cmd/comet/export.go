package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"comet/aso"
	"comet/aso/rdb"
)

const exportUsage = `usage: comet export file.rdb --dir folder [--databases n] | --from host:port [--user name] [--password text]

Writes the keys in the data folder of a server that does not run, with as many databases as it has, else 16, or those of a running server, Comet or Redis, as they are at one moment, to a file that
Redis 7.0 reads. Handlers, state and timers are not in it.
`

// exportFile is "comet export".
func exportFile(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := newFlags("export", exportUsage, stderr)
	var dir, from, user, password string
	flags.StringVar(&dir, "dir", "", "")
	flags.StringVar(&from, "from", "", "")
	flags.StringVar(&user, "user", "", "")
	flags.StringVar(&password, "password", "", "")
	databases := flags.Int("databases", defaultDatabases, "")
	names, err := parseMixed(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 || (dir == "") == (from == "") {
		flags.Usage()
		return errors.New("export: one file, and one of --dir and --from")
	}
	if dir != "" {
		err = exportFolder(ctx, names[0], dir, *databases, stdout, stderr)
	} else {
		err = exportServer(ctx, names[0], from, user, password, stdout)
	}
	if err != nil {
		return fmt.Errorf("export %s: %w", names[0], err)
	}
	return nil
}

// exportFolder writes what is in a data folder to the file name.
func exportFolder(ctx context.Context, name, dir string, databases int, stdout, stderr io.Writer) error {
	if _, err := os.Stat(dir); err != nil {
		return err
	}
	from, err := openFolder(dir, databases, stderr)
	if err != nil {
		return err
	}
	defer func() { _ = from.server.stop() }() // nothing was changed
	keys, active := 0, 0
	err = writeWhole(name, func(w *os.File) (err error) {
		keys, active, err = writeDump(ctx, from.server.ks, w)
		return err
	})
	if err == nil {
		fmt.Fprintf(stdout, "%d keys exported; of %d of them handlers, state and timers are left out\n", keys, active)
	}
	return err
}

// exportServer writes the dump that a running server sends to the file name, if it is whole.
func exportServer(ctx context.Context, name, addr, user, password string, stdout io.Writer) error {
	from, err := connectTo(ctx, addr, user, password)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { _ = from.conn.Close() })()
	keys := 0
	err = writeWhole(name, func(w *os.File) error {
		if err := from.conn.Dump(w); err != nil {
			return errors.Join(ctx.Err(), fmt.Errorf("%s: %w", addr, err))
		}
		if _, err := w.Seek(0, io.SeekStart); err != nil {
			return err
		}
		var err error
		keys, err = countKeys(ctx, w)
		return err
	})
	if err = errors.Join(err, from.close()); err == nil {
		fmt.Fprintf(stdout, "%d keys exported; handlers, state and timers are left out\n", keys)
	}
	return err
}

// countKeys reads a dump to its end.
func countKeys(ctx context.Context, src io.Reader) (keys int, err error) {
	file, err := rdb.NewFile(src)
	if err != nil {
		return 0, err
	}
	for ctx.Err() == nil {
		_, err := file.Next()
		if errors.Is(err, io.EOF) {
			return keys, nil
		}
		if err != nil {
			return keys, err
		}
		keys++
	}
	return keys, ctx.Err()
}

// writeWhole makes the file name of what write writes, as a whole: one that is not complete has another name, and is removed.
func writeWhole(name string, write func(w *os.File) error) error {
	part := name + ".part"
	file, err := os.OpenFile(part, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	err = errors.Join(write(file), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	return nil
}

// writeDump writes all keys, and returns how many these are, and how many have what is left out.
func writeDump(ctx context.Context, ks *aso.Keyspace, dst io.Writer) (keys, active int, err error) {
	w := rdb.NewDump(dst, time.Now().Unix())
	for lib := range ks.Libraries().All() {
		w.Function(lib.Source)
	}
	err = ks.EachDump(func(d *aso.Dumped) error {
		keys++
		if d.Active {
			active++
		}
		return errors.Join(ctx.Err(), w.Key(d.DB, d.Key, d.Deadline, d.Payload))
	})
	return keys, active, errors.Join(err, w.Close())
}
