package aso

import (
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"comet/aso/sandbox"
)

// CodeID names a version of a handler: the first bytes of the SHA-256 of its source.
type CodeID [6]byte

// String returns the version as clients write it after the @.
func (id CodeID) String() string { return hex.EncodeToString(id[:]) }

// Code is a loaded version of a handler. It is immutable but for its counters.
type Code struct {
	ID      CodeID
	Program *sandbox.Program
	Runs    atomic.Int64
	Errors  atomic.Int64

	handles Handlers
	builtin atomic.Bool                               // not in the journal: it comes with the program, and nothing has used it yet
	params  atomic.Pointer[map[string]sandbox.Params] // by their encoding
}

// codeTable is all loaded code. It is replaced as a whole.
type codeTable struct {
	loaded []*Code // in the order of loading
	byID   map[CodeID]*Code
	byName map[string]*Code // the version loaded last
}

func (t *codeTable) with(c *Code) *codeTable {
	next := &codeTable{loaded: append(slices.Clip(t.loaded), c), byID: map[CodeID]*Code{c.ID: c}, byName: map[string]*Code{}}
	for _, old := range t.loaded {
		next.byID[old.ID] = old
		next.byName[old.Program.Name()] = old
	}
	next.byName[c.Program.Name()] = c
	return next
}

// Codes returns the loaded handlers in the order of loading.
func (ks *Keyspace) Codes() []*Code { return ks.code.Load().loaded }

// Code returns the handler called name, or name@version, the version loaded last where none is given; ErrNoHandler if there is none.
func (ks *Keyspace) Code(name string) (*Code, error) {
	t := ks.code.Load()
	name, version, exact := strings.Cut(name, "@")
	if !exact {
		if c := t.byName[name]; c != nil {
			return c, nil
		}
		return nil, errNoHandler(name)
	}
	var id CodeID
	if n, err := hex.Decode(id[:], []byte(version)); len(version) != 2*len(id) || err != nil || n != len(id) {
		return nil, errNoHandler(name + "@" + version)
	}
	if c := t.byID[id]; c != nil && c.Program.Name() == name {
		return c, nil
	}
	return nil, errNoHandler(name + "@" + version)
}

func errNoHandler(name string) error { return Failure("ASONOHANDLER", "no handler "+name) }

// LoadBuiltin adds a handler that comes with the program.
func (ks *Keyspace) LoadBuiltin(source []byte) error {
	_, err := ks.addCode(source)
	return err
}

// addCode compiles source and adds it as if it came with the program, unless it is there.
func (ks *Keyspace) addCode(source []byte) (*Code, error) {
	program, err := sandbox.Compile(source, ks.runLimits())
	if err != nil {
		return nil, Failure("ASOCOMPILE", err.Error())
	}
	c := &Code{Program: program, handles: handlersOf(program)}
	c.builtin.Store(true)
	if _, err := hex.Decode(c.ID[:], []byte(program.Version())); err != nil {
		return nil, err
	}
	c.params.Store(&map[string]sandbox.Params{})
	for {
		t := ks.code.Load()
		if old := t.byID[c.ID]; old != nil {
			return old, nil
		}
		if ks.code.CompareAndSwap(t, t.with(c)) {
			return c, nil
		}
	}
}

// LoadCode compiles a handler and keeps it; the same source again changes nothing. The Tx holds all locks, so that no unit that uses the
// code precedes it in the journal.
func (tx *Tx) LoadCode(source []byte) (*Code, error) {
	before := tx.ks.code.Load()
	c, err := tx.ks.addCode(source)
	if err != nil {
		return nil, err
	}
	if after := tx.ks.code.Load(); after != before {
		tx.undo.add(noDB, nil, func() { tx.ks.code.CompareAndSwap(after, before) })
	}
	tx.keepCode(c)
	return c, nil
}

// keepCode records the source of c, unless the journal has it.
func (tx *Tx) keepCode(c *Code) {
	if c.builtin.Load() {
		tx.effectCode(c)
		tx.codes = append(tx.codes, c) // it counts as kept when the journal has it: until then another Tx keeps it, too
	}
}

func handlersOf(p *sandbox.Program) (set Handlers) {
	for h := sandbox.OnPut; h <= sandbox.OnAttach; h++ {
		if p.Has(h) {
			set |= 1 << h
		}
	}
	return set
}

// effectCode records the source of c.
func (tx *Tx) effectCode(c *Code) {
	l := &tx.effects
	if !l.on || tx.replay {
		return
	}
	l.op(opCode)
	l.bytes(c.Program.Source())
	l.forget()
	tx.changes++
}

func (tx *Tx) applyCode(source []byte) error {
	c, err := tx.ks.addCode(slices.Clone(source))
	if err == nil {
		c.builtin.Store(false)
	}
	return err
}

// paramsOf returns the checked parameters for encoded ones.
func (c *Code) paramsOf(encoded []byte) (sandbox.Params, error) {
	known := c.params.Load()
	if p, ok := (*known)[string(encoded)]; ok {
		return p, nil
	}
	p, err := c.Program.CheckParams(decodeParams(encoded))
	if err != nil {
		return p, Failure("ASOPARAM", err.Error())
	}
	const remembered = 1024 // sets of parameters; beyond it they are checked each time
	if len(*known) < remembered {
		next := maps.Clone(*known)
		next[string(encoded)] = p
		c.params.CompareAndSwap(known, &next)
	}
	return p, nil
}

// encodeParams returns parameters as an attachment holds them, in the order of their names.
func encodeParams(params map[string]string) []byte {
	names := make([]string, 0, len(params))
	for name := range params {
		names = append(names, name)
	}
	slices.Sort(names)
	var log effectLog
	for _, name := range names {
		log.bytes([]byte(name))
		log.bytes([]byte(params[name]))
	}
	return log.buf
}

func decodeParams(encoded []byte) map[string]string {
	params := map[string]string{}
	for d := (decoder{buf: encoded}); len(d.buf) > 0; {
		name, text := d.bytes(), d.bytes()
		params[string(name)] = string(text)
	}
	return params
}

// oneLine returns text that fits one line of the protocol: at most 512 bytes, without line ends.
func oneLine(text string) string {
	const longest = 512
	text = strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
	return text[:min(len(text), longest)]
}
