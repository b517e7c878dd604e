package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"comet/resp/command"
)

const usage = `comet is a server for Redis clients, whose keys can have handlers written in Lua.

usage:
  comet [file] [--parameter value ...]   the server
  comet new name                         write a handler and its test
  comet check file.lua ...               look for mistakes in handlers
  comet test [file_test.lua ...]         run tests of handlers, without a server
  comet import file ...                  take over the keys of a dump or log of Redis
  comet export file.rdb ...              write a file that Redis reads
  comet --version | --help

A file holds one "parameter value ..." a line, as redis.conf; what follows on the command line overrules it. Data is kept in
./comet-data unless dir says otherwise. To try it:
  comet &
  redis-cli set greeting hello

parameters and their defaults:
`

func writeHelp(w io.Writer) error {
	config, err := command.NewConfig()
	if err != nil {
		return err
	}
	fmt.Fprint(w, usage)
	columns := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, p := range config.Parameters() {
		fmt.Fprintf(columns, "  --%s\t%s\n", p.Name, p.Value)
	}
	return columns.Flush()
}
