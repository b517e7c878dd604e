package main

import (
	"context"
	"errors"
	"io"
	"os"

	"comet/aso/rdb"
)

// dumpSource is a dump.rdb. It is streamed.
type dumpSource struct {
	src  *os.File
	file *rdb.File
	size int64
}

// openDump opens a file that begins as a dump does, unless it says that commands follow: it returns nil then, and for other files.
func openDump(name string) (*dumpSource, error) {
	src, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	d := &dumpSource{src: src}
	dump, err := d.begin()
	if err != nil || !dump {
		return nil, errors.Join(err, src.Close())
	}
	return d, nil
}

// begin reports whether the file is a dump without commands, and begins to read it.
func (d *dumpSource) begin() (dump bool, err error) {
	info, err := d.src.Stat()
	if err != nil {
		return false, err
	}
	head := make([]byte, 1)
	if n, err := d.src.ReadAt(head, 0); n == 0 && errors.Is(err, io.EOF) || n > 0 && (head[0] == '*' || head[0] == '#') {
		return false, nil
	}
	d.file, err = rdb.NewFile(d.src)
	d.size = info.Size()
	return err == nil && !d.file.Preamble, err
}

func (d *dumpSource) close() error { return d.src.Close() }

func (d *dumpSource) each(_ context.Context, fn func(k *rdb.Key) error) error {
	for {
		k, err := d.file.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := fn(k); err != nil {
			return err
		}
	}
}

func (d *dumpSource) functions() [][]byte { return d.file.Functions }

func (d *dumpSource) modules() int { return d.file.Modules }

func (d *dumpSource) share() float64 { return float64(d.file.Offset()) / float64(max(d.size, 1)) }

func (d *dumpSource) refused() (int, error) { return 0, nil }
