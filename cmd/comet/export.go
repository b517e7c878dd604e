package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"time"

	"comet/aso"
	"comet/aso/rdb"
)

const exportUsage = `usage: comet export file.rdb --dir folder

Writes the keys in the data folder of a server that does not run to a file that Redis 7.0 reads. Handlers, state and timers are not in it.
`

// exportFile is "comet export".
func exportFile(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := newFlags("export", exportUsage, stderr)
	dir := flags.String("dir", "", "")
	names, err := parseMixed(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 || *dir == "" {
		flags.Usage()
		return errors.New("export: one file, and --dir")
	}
	if _, err := os.Stat(*dir); err != nil {
		return err
	}
	from, err := openFolder(*dir, stderr)
	if err != nil {
		return err
	}
	defer func() { _ = from.server.stop() }() // nothing was changed
	keys, active, err := writeWhole(names[0], func(w io.Writer) (keys, active int, err error) { return writeDump(ctx, from.server.ks, w) })
	if err != nil {
		return fmt.Errorf("export %s: %w", names[0], err)
	}
	fmt.Fprintf(stdout, "%d keys exported; of %d of them handlers, state and timers are left out\n", keys, active)
	return nil
}

// writeWhole makes the file name of what write writes, as a whole: one that is not complete has another name, and is removed.
func writeWhole(name string, write func(w io.Writer) (keys, active int, err error)) (keys, active int, err error) {
	part := name + ".part"
	file, err := os.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return 0, 0, err
	}
	keys, active, err = write(file)
	err = errors.Join(err, file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(part, name)
	}
	if err != nil {
		return 0, 0, errors.Join(err, os.Remove(part))
	}
	return keys, active, nil
}

// writeDump writes all keys, and returns how many these are, and how many have what is left out.
func writeDump(ctx context.Context, ks *aso.Keyspace, dst io.Writer) (keys, active int, err error) {
	w := rdb.NewWriter(dst, [2]string{"redis-ver", "7.0.15"}, [2]string{"redis-bits", "64"}, [2]string{"ctime", strconv.FormatInt(time.Now().Unix(), 10)})
	libraries := *ks.Libraries()
	for _, name := range slices.Sorted(maps.Keys(libraries)) {
		w.Function(libraries[name].Source)
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
