package main

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"comet/aso/sandbox"
)

const newUsage = `usage: comet new [-dir folder] name

Writes name.lua, a handler that works, and name_test.lua, a test that passes. Files that are there stay as they are.
`

//go:embed skeleton/*.lua
var skeleton embed.FS

// newHandler is "comet new".
func newHandler(args []string, stdout, stderr io.Writer) error {
	flags := newFlags("new", newUsage, stderr)
	folder := flags.String("dir", ".", "")
	names, err := parseMixed(flags, args)
	if err != nil {
		return err
	}
	if len(names) != 1 {
		flags.Usage()
		return fmt.Errorf("new: want one name")
	}
	return writeHandler(stdout, *folder, names[0])
}

// writeHandler writes the skeleton of a handler and its test to a folder.
func writeHandler(stdout io.Writer, folder, name string) error {
	for _, suffix := range []string{".lua", "_test.lua"} {
		text, err := skeleton.ReadFile("skeleton/handler" + suffix)
		if err != nil {
			return err
		}
		source := []byte(strings.ReplaceAll(string(text), "skeleton", name))
		if suffix == ".lua" {
			_, err := sandbox.Compile(source, sandbox.Limits{})
			var refused *sandbox.CompileError
			switch {
			case errors.As(err, &refused) && refused.Line == 1:
				return fmt.Errorf("new: %q is no name: want 1 to 64 of A-Z a-z 0-9 _ . / -", name)
			case err != nil:
				return fmt.Errorf("new %q: %w", name, err)
			}
		}
		file := filepath.Join(folder, path.Base(name)+suffix)
		if err := create(file, source); err != nil {
			return err
		}
		fmt.Fprintln(stdout, file)
	}
	return nil
}

// create writes a file that must not be there.
func create(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	if _, err := f.Write(text); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
