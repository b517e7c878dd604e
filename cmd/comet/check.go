package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"comet/aso/sandbox"
)

const checkUsage = `usage: comet check [-json] file.lua|folder ...

Reads handlers without running them, and prints what is wrong and what each costs, as "file:line: severity: text". It fails if a handler
would not load.
`

// finding is what check prints about a file.
type finding struct {
	File string `json:"file"`
	sandbox.Finding
}

// check is "comet check".
func check(args []string, stdout, stderr io.Writer) error {
	flags := newFlags("check", checkUsage, stderr)
	asJSON := flags.Bool("json", false, "")
	names, err := parseMixed(flags, args)
	if err != nil {
		return err
	}
	files, err := luaFiles(names, func(name string) bool { return !isTest(name) })
	if err != nil {
		return err
	}
	found := []finding{}
	failed := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, f := range sandbox.Check(source, sandbox.Limits{}) {
			found = append(found, finding{file, f})
			if f.Severity == sandbox.SeverityError {
				failed++
			}
		}
	}
	if err := writeFindings(stdout, found, *asJSON); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("check: errors: %d", failed)
	}
	return nil
}

func writeFindings(w io.Writer, found []finding, asJSON bool) error {
	if asJSON {
		out := json.NewEncoder(w)
		out.SetIndent("", "  ")
		return out.Encode(found)
	}
	for _, f := range found {
		if _, err := fmt.Fprintf(w, "%s:%d: %s: %s\n", f.File, f.Line, f.Severity, f.Text); err != nil {
			return err
		}
	}
	return nil
}

// newFlags returns the options of a subcommand, which prints usage for -h and for options that are not there.
func newFlags(name, usage string, stderr io.Writer) *flag.FlagSet {
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { fmt.Fprint(stderr, usage) }
	return flags
}

// parseMixed reads options, which may stand among other arguments, and returns these.
func parseMixed(flags *flag.FlagSet, args []string) (rest []string, err error) {
	for {
		if err := flags.Parse(args); err != nil {
			return nil, err
		}
		if flags.NArg() == 0 {
			return rest, nil
		}
		rest, args = append(rest, flags.Arg(0)), flags.Args()[1:]
	}
}

var errNoFiles = errors.New("no .lua files")

// luaFiles returns the files named, and those in the folders named whose names are wanted.
func luaFiles(names []string, wanted func(string) bool) (files []string, err error) {
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			files = append(files, name)
			continue
		}
		err = filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.HasSuffix(path, ".lua") && wanted(path) {
				files = append(files, path)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(files) == 0 {
		return nil, errNoFiles
	}
	return files, nil
}
