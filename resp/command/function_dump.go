package command

import (
	"bytes"
	"errors"

	"comet/aso"
	"comet/aso/rdb"
)

const (
	errRestorePolicy = aso.Error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
	errDumpSum       = aso.Error("ERR DUMP payload version or checksum are wrong")
	errDumpType      = aso.Error("ERR given type is not a function")
	errDumpText      = aso.Error("ERR Failed loading library payload")
	errDumpOld       = aso.Error("ERR Pre-GA function format not supported")
)

// functionDump replies with all libraries as FUNCTION RESTORE takes them, here and in Redis.
func functionDump(c *Call) error {
	var sources [][]byte
	for lib := range c.Server.ks.Libraries().All() {
		sources = append(sources, lib.Source)
	}
	c.Reply.Bulk(rdb.Functions(sources))
	return nil
}

// functionRestore adds the libraries of a payload, all or none.
func functionRestore(c *Call) error {
	if len(c.Args) > 4 {
		return errSubcommandSyntax(c)
	}
	flush, replace := false, false
	if len(c.Args) == 4 {
		flush, replace = c.Is(3, "FLUSH"), c.Is(3, "REPLACE")
		if !flush && !replace && !c.Is(3, "APPEND") {
			return errRestorePolicy
		}
	}
	given, err := readLibraries(rdb.Payload(c.Arg(2)))
	if err != nil {
		return err
	}
	if !flush {
		if err := c.Server.functionSet().admitAll(given.set, replace); err != nil {
			return err
		}
	} else {
		c.Tx.DropLibraries()
	}
	for _, lib := range given.order {
		c.keepLibrary(lib, given.sources[lib.name])
	}
	c.OK()
	return nil
}

// dumpedLibraries are those of a payload.
type dumpedLibraries struct {
	set     *functionSet
	order   []*library
	sources map[string][]byte
}

// readLibraries compiles the libraries of a payload.
func readLibraries(payload rdb.Payload) (*dumpedLibraries, error) {
	if payload.Check() != nil {
		return nil, errDumpSum
	}
	d := &dumpedLibraries{set: newFunctionSet(nil), sources: map[string][]byte{}}
	err := payload.Functions(func(source []byte) error { return d.add(bytes.Clone(source)) })
	var format *rdb.FormatError
	switch {
	case errors.Is(err, rdb.ErrOldFunction):
		return nil, errDumpOld
	case errors.Is(err, rdb.ErrNoFunction):
		return nil, errDumpType
	case errors.As(err, &format):
		return nil, errDumpText
	}
	return d, err
}

func (d *dumpedLibraries) add(source []byte) error {
	name, code, err := libraryHead(source)
	if err != nil {
		return err
	}
	if d.set.libraries[name] != nil {
		return aso.Error("ERR Library '" + name + "' already exists")
	}
	lib, err := newLibrary(name, code)
	if err != nil {
		return err
	}
	if err := d.set.admits(lib, false); err != nil {
		return err
	}
	d.set.add(lib)
	d.order = append(d.order, lib)
	d.sources[name] = source
	return nil
}

// admitAll returns why the libraries of other cannot be added to set, where they may take the place of those with their names.
func (set *functionSet) admitAll(other *functionSet, replace bool) error {
	left := newFunctionSet(nil)
	for name, lib := range set.libraries {
		if other.libraries[name] == nil {
			left.add(lib)
		} else if !replace {
			return aso.Error("ERR Library " + name + " already exists")
		}
	}
	for _, lib := range other.libraries {
		if err := left.admits(lib, false); err != nil {
			return err
		}
	}
	return nil
}
