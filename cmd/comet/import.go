package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"comet/aso/aof"
	"comet/aso/rdb"
)

const importUsage = `usage: comet import file --dir folder [--databases n] | --to host:port [--user name] [--password text] [--replace] [--skip n]

Takes over the keys of what Redis 3.2 to 7.2 wrote: a dump.rdb, an appendonly.aof, or an appendonlydir. --dir is the data folder of a server that does not run, with as many
databases as it has, else 16; --to is a running server, Comet or Redis. Keys that are there already stay, unless --replace is given; so an import that was ended can be run again. --skip
leaves out the first n keys of a dump. A damaged dump ends the import with exit code 2, and what was read before is imported; of a damaged log
nothing is.
`

// importTarget is where keys go.
type importTarget interface {
	// restore takes over a key. Whether that worked may be known only when sync returns.
	restore(k *rdb.Key, replace bool) error
	// function takes over the source of a library of functions.
	function(source []byte) error
	// sync makes what was taken over durable.
	sync() error
	counts() importCounts
	close() error
}

// importCounts says what became of keys.
type importCounts struct {
	restored int
	there    int // the key is there already
	failed   int
}

// importSource is what keys come from.
type importSource interface {
	// each passes all keys to fn, and ends with the error of fn. A key is borrowed.
	each(ctx context.Context, fn func(k *rdb.Key) error) error
	// functions returns the sources of the libraries of functions, when each has ended.
	functions() [][]byte
	// modules returns how often data of modules beside keys was left out.
	modules() int
	// share returns how much of it was passed.
	share() float64
	// refused returns how many commands of a log failed.
	refused() (n int, first error)
}

// importing is an import that is under way.
type importing struct {
	from    importSource
	to      importTarget
	skip    int
	replace bool
	read    int // keys
	expired int
	empty   int
	stderr  io.Writer
	began   time.Time
	told    time.Time
}

// importFile is "comet import".
func importFile(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	flags := newFlags("import", importUsage, stderr)
	var dir, to, user, password string
	flags.StringVar(&dir, "dir", "", "")
	flags.StringVar(&to, "to", "", "")
	flags.StringVar(&user, "user", "", "")
	flags.StringVar(&password, "password", "", "")
	databases := flags.Int("databases", defaultDatabases, "")
	replace := flags.Bool("replace", false, "")
	skip := flags.Int("skip", 0, "")
	names, err := parseMixed(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 || (dir == "") == (to == "") {
		flags.Usage()
		return errors.New("import: one file, and one of --dir and --to")
	}
	from, closeSource, err := openSource(names[0], *skip, stderr)
	if err != nil {
		return fmt.Errorf("%s: %w", names[0], err)
	}
	defer func() { err = errors.Join(err, closeSource()) }()
	i := &importing{from: from, skip: *skip, replace: *replace, stderr: stderr, began: time.Now(), told: time.Now()}
	if dir != "" {
		i.to, err = openFolder(dir, *databases, stderr)
	} else {
		i.to, err = connectTo(ctx, to, user, password)
	}
	if err != nil {
		return err
	}
	return i.finish(names[0], i.run(ctx), stdout)
}

// openSource finds out what name is, and opens it.
func openSource(name string, skip int, stderr io.Writer) (from importSource, done func() error, err error) {
	files, err := aof.Files(name)
	if err != nil {
		return nil, nil, err
	}
	if len(files) == 1 {
		if dump, err := openDump(files[0]); err != nil || dump != nil {
			return dump, dump.close, err
		}
	}
	if skip > 0 {
		return nil, nil, errors.New("--skip is for dumps: a log has commands")
	}
	log, err := newLogSource(files, stderr)
	return log, func() error { return nil }, err
}

// run takes over key after key.
func (i *importing) run(ctx context.Context) error {
	const syncEvery = 1024 // keys
	err := i.from.each(ctx, func(k *rdb.Key) error {
		i.read++
		if err := i.take(k); err != nil {
			return err
		}
		if i.read%syncEvery == 0 {
			if err := i.to.sync(); err != nil {
				return err
			}
			i.progress()
		}
		return ctx.Err()
	})
	if err != nil {
		return err
	}
	return i.functions()
}

// take takes over a key, unless there is a reason not to.
func (i *importing) take(k *rdb.Key) error {
	switch {
	case i.read <= i.skip:
	case k.Deadline != 0 && k.Deadline <= time.Now().UnixMilli():
		i.expired++
	case k.Empty:
		i.empty++
	default:
		return i.to.restore(k, i.replace)
	}
	return nil
}

func (i *importing) functions() error {
	for _, source := range i.from.functions() {
		if err := i.to.function(source); err != nil {
			return err
		}
	}
	return nil
}

func (i *importing) progress() {
	if time.Since(i.told) < progressEvery {
		return
	}
	i.told = time.Now()
	took := i.told.Sub(i.began)
	fmt.Fprintf(i.stderr, "%5.1f %%  %d keys  %.0f keys/s\n", i.from.share()*100, i.read, float64(i.read)/took.Seconds())
}

// finish makes what was imported durable, ends the target, and says what was done. err is why the import ended, if not at the end of the file.
func (i *importing) finish(name string, err error, stdout io.Writer) error {
	syncErr := i.to.sync()
	n := i.to.counts()
	err = errors.Join(err, syncErr, i.to.close())
	fmt.Fprintf(stdout, "%d keys read: %d imported, %d there already, %d expired, %d empty, %d skipped, %d failed; %d libraries of functions, %d records of modules left out\n",
		i.read, n.restored, n.there, i.expired, i.empty, min(i.skip, i.read), n.failed, len(i.from.functions()), i.from.modules())
	if err != nil {
		return fmt.Errorf("%s: %w (ended after %d keys)", name, err, i.read)
	}
	if n.failed > 0 {
		return fmt.Errorf("%s: %d keys were refused", name, n.failed)
	}
	if n, first := i.from.refused(); n > 0 {
		return fmt.Errorf("%s: %d commands failed, the first one at %w", name, n, first)
	}
	return nil
}
