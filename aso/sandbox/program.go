package sandbox

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"comet/aso/lua"
	"github.com/yuin/gopher-lua/ast"
)

const headerPrefix = "#!lua "

// The bounds of sources. Those who go down a tree do so by recursion.
var (
	handlerBounds = lua.ParseBounds{Tokens: 12_000, Depth: maxTree}
	scriptBounds  = lua.ParseBounds{Tokens: 120_000, Depth: maxTree}
)

const maxTree = 1000

// Program is a compiled handler source. It is immutable; any number of
// goroutines may run it at once.
type Program struct {
	name     string
	version  string
	source   []byte
	handlers [handlerCount]*lua.Function
	params   []ParamSpec
	defaults Params
	limits   lowered
	rights   Rights
}

// Compile checks and compiles a source. The error is a *CompileError or, when
// the top level itself breaks a limit, a *LimitError. It keeps no reference to source.
func Compile(source []byte, lim Limits) (*Program, error) {
	lim = lim.withDefaults()
	if len(source) > lim.Source {
		return nil, &CompileError{0, fmt.Sprintf("source is larger than %d bytes", lim.Source)}
	}
	text := string(source)
	name, err := parseHeader(text)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(source)
	p := &Program{name: name, version: hex.EncodeToString(sum[:6]), source: bytes.Clone(source)}
	c, err := compileChunk(name, hideHeader(text))
	if err != nil {
		return nil, err
	}
	if err := p.instantiate(c, lim); err != nil {
		return nil, err
	}
	return p, nil
}

// Name returns the name in the header.
func (p *Program) Name() string { return p.name }

// Version returns the first 12 hex digits of the SHA-256 of the source.
func (p *Program) Version() string { return p.version }

// Source returns the source; the caller must not change it.
func (p *Program) Source() []byte { return p.source }

// Has reports whether the program handles h.
func (p *Program) Has(h Handler) bool { return h < handlerCount && p.handlers[h] != nil }

// Params returns what the program declares in its params table, ordered by name;
// the caller must not change it.
func (p *Program) Params() []ParamSpec { return p.params }

// parseHeader reads the name from the first line, "#!lua name=secret".
func parseHeader(text string) (string, error) {
	line, _, _ := strings.Cut(text, "\n")
	rest, ok := strings.CutPrefix(strings.TrimRight(line, "\r"), headerPrefix)
	if !ok {
		return "", &CompileError{1, "source must start with #!lua name=<name>"}
	}
	name := ""
	for word := range strings.FieldsSeq(rest) {
		key, value, _ := strings.Cut(word, "=")
		if key != "name" {
			return "", &CompileError{1, fmt.Sprintf("unknown word %q in the header", clip(word, 64))}
		}
		name = value
	}
	if !validName(name) {
		return "", &CompileError{1, "name must be 1 to 64 of A-Z a-z 0-9 _ . / -"}
	}
	return name, nil
}

func validName(name string) bool {
	if name == "" || len(name) > 64 {
		return false
	}
	for i := range len(name) {
		c := name[i]
		if !isNameByte(c) && c != '.' && c != '/' && c != '-' {
			return false
		}
	}
	return true
}

// hideHeader makes the first line a comment without moving the others.
func hideHeader(text string) string { return "--" + text[2:] }

func isNameByte(c byte) bool {
	return c == '_' || isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z'
}

// chunk is a source ready to run: its function returns the params table, the limits table and the handlers.
type chunk struct {
	proto      *lua.Proto
	handlers   []Handler
	paramLines map[string]int
	limitsLine int
	rights     Rights
}

func compileChunk(name, text string) (*chunk, error) {
	stmts, err := parseHandlers(name, text)
	if err != nil {
		return nil, err
	}
	return compileHandlers(name, stmts)
}

// parseHandlers is parseChunk for sources of handlers. Its errors are one line.
func parseHandlers(name, text string) ([]ast.Stmt, error) {
	stmts, err := parseChunk(name, text, handlerBounds)
	var ce *CompileError
	if errors.As(err, &ce) {
		ce.Msg = oneLine(ce.Msg)
	}
	return stmts, err
}

func compileHandlers(name string, stmts []ast.Stmt) (*chunk, error) {
	r := newResolver(stdlib)
	proto, err := r.compile(r.chunk(stmts), name)
	if err != nil {
		return nil, err
	}
	return &chunk{proto: proto, handlers: r.handlers, paramLines: r.paramLines, limitsLine: r.limitsLine, rights: r.rights}, nil
}

// parseChunk returns the tree of a source.
func parseChunk(name, text string, bounds lua.ParseBounds) (stmts []ast.Stmt, err error) {
	defer refused(&err)
	stmts, err = lua.Parse(text, name, bounds)
	if ce, ok := errors.AsType[*lua.CompileError](err); ok {
		return nil, &CompileError{ce.Line, ce.Msg}
	}
	return stmts, err
}

// compileTree compiles a tree that has been resolved.
func compileTree(stmts []ast.Stmt, name string) (proto *lua.Proto, err error) {
	defer refused(&err)
	proto, err = lua.Compile(stmts, name)
	if err != nil {
		return nil, compilerError(err)
	}
	return proto, nil
}

// refused turns a panic of the parser or the compiler into an error.
func refused(err *error) {
	if r := recover(); r != nil {
		*err = &CompileError{0, "source cannot be compiled"}
	}
}

func compilerError(err error) error {
	var ce *lua.CompileError
	if errors.As(err, &ce) {
		return &CompileError{ce.Line, oneLine(ce.Msg)}
	}
	return &CompileError{0, oneLine(err.Error())}
}

// instantiate runs the chunk once. What it returns is shared from then on:
// functions whose variables nobody assigns, and read-only tables.
func (p *Program) instantiate(c *chunk, lim Limits) error {
	w := newWorker(handlerClass)
	out, err := w.define(p, c, lim)
	if err != nil {
		var se *ScriptError
		if errors.As(err, &se) {
			return &CompileError{se.Line, se.Msg}
		}
		return err
	}
	params, limits, handlers := out[0], out[1], out[2:]
	freeze(handlers...)
	for i, h := range c.handlers {
		p.handlers[h] = handlers[i].Function()
	}
	p.rights = c.rights
	if p.limits, err = readLimits(limits, c.limitsLine); err != nil {
		return err
	}
	if p.params, err = readParamSpecs(params, c.paramLines); err != nil {
		return err
	}
	p.defaults = defaultParams(p.params)
	return nil
}
