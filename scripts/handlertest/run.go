// Package handlertest runs tests of handlers, written in Lua, against a server in process whose clock is virtual: a year of timers passes in
// a moment. Each test has a store of its own.
package handlertest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"comet/aso/sandbox"
	"comet/aso/value"
)

// Options say which tests run, and what is printed.
type Options struct {
	Run     string // glob of the names of tests; empty runs all
	Verbose bool   // tells of every test, and prints what tests log
}

// Summary counts what ran.
type Summary struct{ Tests, Failed int }

// Run runs the tests of the files and prints results as go test does. The error is one of writing: failures are counted.
func Run(files []string, opt Options, w io.Writer) (Summary, error) {
	var total Summary
	for _, file := range files {
		began := time.Now()
		p := &printer{w: w}
		ran := p.file(file, opt)
		total.Tests += ran.Tests
		total.Failed += ran.Failed
		took := time.Since(began).Seconds()
		switch {
		case ran.Failed > 0:
			p.printf("FAIL\t%s\t%.3fs\n", file, took)
		case ran.Tests == 0:
			p.printf("ok  \t%s\t%.3fs [no tests to run]\n", file, took)
		default:
			p.printf("ok  \t%s\t%.3fs\n", file, took)
		}
		if p.err != nil {
			return total, p.err
		}
	}
	return total, nil
}

// printer keeps the first error of writing.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) printf(format string, args ...any) {
	if p.err == nil {
		_, p.err = fmt.Fprintf(p.w, format, args...)
	}
}

// file runs the tests of a file. A file that cannot be read counts as a test that failed.
func (p *printer) file(path string, opt Options) (ran Summary) {
	source, err := os.ReadFile(path)
	if err != nil {
		p.printf("%v\n", err)
		return Summary{1, 1}
	}
	tests, err := sandbox.LoadTests(filepath.Base(path), source)
	if err != nil {
		p.printf("%s\n", failure(path, err))
		return Summary{1, 1}
	}
	for i, c := range tests.Cases() {
		if opt.Run != "" && !value.Match([]byte(opt.Run), []byte(c.Name), false) {
			continue
		}
		ran.Tests++
		if !p.test(path, tests, i, opt.Verbose) {
			ran.Failed++
		}
	}
	return ran
}

// test runs one test and reports whether it passed.
func (p *printer) test(path string, tests *sandbox.TestFile, index int, verbose bool) bool {
	c := tests.Cases()[index]
	began := time.Now()
	if verbose {
		p.printf("=== RUN   %s\n", c.Name)
	}
	t := &testCase{folder: filepath.Dir(path), file: path}
	if err := t.run(tests, index); err != nil {
		t.failures = append(t.failures, failure(path, err))
	}
	word := "PASS"
	if len(t.failures) > 0 {
		word = "FAIL"
	}
	if word == "FAIL" || verbose {
		p.printf("--- %s: %s (%s:%d) (%.2fs)\n", word, c.Name, path, c.Line, time.Since(began).Seconds())
		for _, note := range append(t.notes, t.failures...) {
			p.printf("    %s\n", note)
		}
	}
	return word == "PASS"
}

// run makes a store, loads the handler beside the file, if there is one, and runs the test.
func (t *testCase) run(tests *sandbox.TestFile, index int) (err error) {
	if t.engine, err = newEngine(); err != nil {
		return err
	}
	handler := strings.TrimSuffix(t.file, "_test.lua") + ".lua"
	if _, err := os.Stat(handler); err == nil && handler != t.file {
		if _, err := t.loadFile(handler); err != nil {
			return err
		}
	}
	return tests.Run(index, t)
}

// failure says where in a file an error is.
func failure(path string, err error) string {
	var script *sandbox.ScriptError
	var compile *sandbox.CompileError
	switch {
	case errors.As(err, &script):
		return fmt.Sprintf("%s:%d: %s", path, script.Line, script.Msg)
	case errors.As(err, &compile):
		return fmt.Sprintf("%s:%d: %s", path, compile.Line, compile.Msg)
	}
	return fmt.Sprintf("%s: %v", path, err)
}
