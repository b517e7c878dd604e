package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"comet/aso"
	"comet/aso/aof"
	"comet/aso/rdb"
	"comet/resp/command"
)

// logSource is an append-only log. Its commands run in memory, and the keys are what comes of them. No key expires meanwhile: the log says when one did.
type logSource struct {
	files  []string
	ks     *aso.Keyspace
	replay *command.Replay
	stderr io.Writer

	read, total int64 // bytes
	commands    int
	failed      int // of the commands
	first       error
	left        int // data of modules
	keys        int
	passed      int // of the keys
	told        time.Time
}

// logDatabases is how many databases a log may have.
const logDatabases = 1024

func newLogSource(files []string, stderr io.Writer) (*logSource, error) {
	l := &logSource{files: files, stderr: stderr, told: time.Now(), ks: aso.New(aso.Options{Databases: logDatabases})}
	for _, name := range files {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		l.total += info.Size()
	}
	config, err := command.NewConfig()
	if err != nil {
		return nil, err
	}
	if err := config.Load([]string{"--databases", strconv.Itoa(logDatabases)}); err != nil {
		return nil, err
	}
	server, err := command.NewServer(l.ks, command.Options{Config: config})
	if err != nil {
		return nil, err
	}
	l.ks.SetAgeless(true)
	l.replay = server.NewReplay()
	return l, nil
}

func (l *logSource) each(ctx context.Context, fn func(k *rdb.Key) error) error {
	defer l.replay.Close()
	for i, name := range l.files {
		err := l.file(ctx, name)
		var cut *aof.TruncatedError
		if errors.As(err, &cut) && i == len(l.files)-1 {
			fmt.Fprintf(l.stderr, "%s: %s, and left out\n", name, cut)
			err = nil
		} else if cut != nil {
			err = &rdb.FormatError{Offset: cut.Offset, Reason: "unexpected end, and this is not the last file"}
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	fmt.Fprintf(l.stderr, "%d commands in %d files\n", l.commands, len(l.files))
	for _, st := range l.ks.Stats() {
		l.keys += st.Keys
	}
	return l.ks.EachDump(func(d *aso.Dumped) error {
		l.passed++
		return fn(&rdb.Key{DB: uint64(d.DB), Name: d.Key, Deadline: d.Deadline, Payload: d.Payload, Idle: -1, Freq: -1})
	})
}

// file runs what a file has.
func (l *logSource) file(ctx context.Context, name string) error {
	src, err := os.Open(name)
	if err != nil {
		return err
	}
	defer src.Close()
	r, err := aof.NewReader(src)
	if err != nil {
		return err
	}
	if r.Base != nil {
		if err := l.base(ctx, r.Base); err != nil {
			return err
		}
	}
	if err := l.replay.Run([][]byte{[]byte("SELECT"), []byte("0")}); err != nil {
		return err
	}
	for ctx.Err() == nil {
		c, err := r.Next()
		if errors.Is(err, io.EOF) {
			l.read += r.Offset()
			return nil
		}
		if err != nil {
			return err
		}
		if err := l.run(c); err != nil {
			return err
		}
		l.progress(r.Offset())
	}
	return ctx.Err()
}

// run runs a command. One that no log has ends the import; one that fails is counted, for Redis goes on, too.
func (l *logSource) run(c aof.Command) error {
	l.commands++
	err := l.replay.Run(c.Args)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, command.ErrNotLogged):
		return &rdb.FormatError{Offset: c.Offset, Reason: err.Error()}
	}
	if l.failed++; l.first == nil {
		l.first = fmt.Errorf("byte %d: %s: %w", c.Offset, c.Args[0], err)
	}
	return nil
}

// base takes over the RDB part that a file begins with.
func (l *logSource) base(ctx context.Context, file *rdb.File) error {
	for ctx.Err() == nil {
		k, err := file.Next()
		if errors.Is(err, io.EOF) {
			l.left += file.Modules
			return l.libraries(file)
		}
		if err != nil {
			return err
		}
		if k.Empty {
			continue
		}
		if k.DB >= logDatabases {
			return &rdb.FormatError{Offset: k.Offset, Reason: fmt.Sprintf("database %d; there may be %d", k.DB, logDatabases)}
		}
		if _, _, err := restoreTo(l.ks, k, true); err != nil {
			return err
		}
		l.progress(file.Offset())
	}
	return ctx.Err()
}

func (l *logSource) libraries(file *rdb.File) error {
	for _, source := range file.Functions {
		if err := l.replay.Run([][]byte{[]byte("FUNCTION"), []byte("LOAD"), []byte("REPLACE"), source}); err != nil {
			return fmt.Errorf("library of functions: %w", err)
		}
	}
	return nil
}

// progress says now and then how much of the log was read.
func (l *logSource) progress(offset int64) {
	if l.commands%1024 != 0 || time.Since(l.told) < progressEvery {
		return
	}
	l.told = time.Now()
	fmt.Fprintf(l.stderr, "%5.1f %% of the log read, %d commands\n", float64(l.read+offset)/float64(max(l.total, 1))*100, l.commands)
}

func (l *logSource) functions() (sources [][]byte) {
	for lib := range l.ks.Libraries().All() {
		sources = append(sources, lib.Source)
	}
	return sources
}

func (l *logSource) modules() int { return l.left }

func (l *logSource) share() float64 { return float64(l.passed) / float64(max(l.keys, 1)) }

func (l *logSource) refused() (int, error) { return l.failed, l.first }
