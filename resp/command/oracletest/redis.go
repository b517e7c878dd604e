package oracletest

import (
	"errors"
	"strings"

	"comet/aso/redistest"
)

// Defaults are what a redis-server says of itself that was started in an empty folder without a configuration: all of CONFIG GET, and the names of the fields of INFO by
// section.
type Defaults struct {
	Parameters map[string]string
	Info       []string // "# Section" and names of fields, in order
}

// AskDefaults starts the given redis-server binary for a moment.
func AskDefaults(binary, dir string) (d Defaults, err error) {
	const usual = "6379"
	r, err := redistest.Run(binary, dir)
	if err != nil {
		return d, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	c, err := dial(r.Addr, 2)
	if err != nil {
		return d, err
	}
	defer c.net.Close()
	pairs, err := c.call("CONFIG", "GET", "*")
	if err != nil {
		return d, err
	}
	d.Parameters = map[string]string{}
	for words := pairs.texts(); len(words) > 1; words = words[2:] {
		d.Parameters[words[0]] = words[1]
	}
	d.Parameters["port"], d.Parameters["dir"] = usual, "the working directory"
	if _, err := c.call("CONFIG", "SET", "appendonly", "yes"); err != nil { // it has fields of its own
		return d, err
	}
	info, err := c.call("INFO", "server", "clients", "memory", "persistence", "stats", "replication", "cpu", "cluster")
	for line := range strings.SplitSeq(info.Text, "\r\n") {
		if name, _, _ := strings.Cut(line, ":"); name != "" {
			d.Info = append(d.Info, name)
		}
	}
	return d, err
}
