package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"comet/aso/rdb"
)

const importUsage = `usage: comet import dump.rdb --dir folder | --to host:port [--user name] [--password text] [--replace] [--skip n]

Takes over the keys of a file that Redis 3.2 to 7.2 wrote. --dir is the data folder of a server that does not run; --to is a running server, Comet or
Redis. Keys that are there already stay, unless --replace is given; so an import that was ended can be run again. --skip leaves out the first n
keys of the file. A file that is damaged ends the import with exit code 2, and what was read before is imported.
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

// importing is an import that is under way.
type importing struct {
	file    *rdb.File
	to      importTarget
	skip    int
	replace bool
	read    int // keys
	expired int
	empty   int
	size    int64 // of the file
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
	src, err := os.Open(names[0])
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	info, err := src.Stat()
	if err != nil {
		return err
	}
	file, err := rdb.NewFile(src)
	if err != nil {
		return fmt.Errorf("%s: %w", names[0], err)
	}
	i := &importing{file: file, skip: *skip, replace: *replace, size: info.Size(), stderr: stderr, began: time.Now(), told: time.Now()}
	if dir != "" {
		i.to, err = openFolder(dir, stderr)
	} else {
		i.to, err = connectTo(ctx, to, user, password)
	}
	if err != nil {
		return err
	}
	return i.finish(names[0], i.run(ctx), stdout)
}

// run takes over key after key until the end of the file.
func (i *importing) run(ctx context.Context) error {
	const syncEvery = 1024 // keys
	for ctx.Err() == nil {
		k, err := i.file.Next()
		if errors.Is(err, io.EOF) {
			return i.functions()
		}
		if err != nil {
			return err
		}
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
	}
	return ctx.Err()
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
	for _, source := range i.file.Functions {
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
	share := float64(i.file.Offset()) / float64(max(i.size, 1)) * 100
	rate := float64(i.file.Offset()) / took.Seconds() / (1 << 20)
	fmt.Fprintf(i.stderr, "%5.1f %%  %d keys  %.1f MiB/s\n", share, i.read, rate)
}

// finish makes what was imported durable, ends the target, and says what was done. err is why the import ended, if not at the end of the file.
func (i *importing) finish(name string, err error, stdout io.Writer) error {
	syncErr := i.to.sync()
	n := i.to.counts()
	err = errors.Join(err, syncErr, i.to.close())
	fmt.Fprintf(stdout, "%d keys read: %d imported, %d there already, %d expired, %d empty, %d skipped, %d failed; %d libraries of functions, %d records of modules left out\n",
		i.read, n.restored, n.there, i.expired, i.empty, min(i.skip, i.read), n.failed, len(i.file.Functions), i.file.Modules)
	if err != nil {
		return fmt.Errorf("%s: %w (ended after %d keys)", name, err, i.read)
	}
	if n.failed > 0 {
		return fmt.Errorf("%s: %d keys were refused", name, n.failed)
	}
	return nil
}
