package main

import (
	"fmt"
	"io"
	"strings"

	"comet/scripts/handlertest"
)

const testUsage = `usage: comet test [-run glob] [-v] [file_test.lua|folder ...]

Runs tests of handlers, those in the current folder and below if none are named. -run chooses tests by their names, -v tells of every test.
`

// test is "comet test".
func test(args []string, stdout, stderr io.Writer) error {
	flags := newFlags("test", testUsage, stderr)
	var opt handlertest.Options
	flags.StringVar(&opt.Run, "run", "", "")
	flags.BoolVar(&opt.Verbose, "v", false, "")
	names, err := parseMixed(flags, args)
	if err != nil {
		return err
	}
	if len(names) == 0 {
		names = []string{"."}
	}
	files, err := luaFiles(names, isTest)
	if err != nil {
		return err
	}
	ran, err := handlertest.Run(files, opt, stdout)
	if err != nil {
		return err
	}
	if ran.Failed > 0 {
		return fmt.Errorf("test: %d of %d tests failed", ran.Failed, ran.Tests)
	}
	return nil
}

// isTest reports whether a file holds tests of a handler.
func isTest(name string) bool { return strings.HasSuffix(name, "_test.lua") }
