package aso

import (
	"encoding/hex"
	"maps"
	"math"
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
	ID       CodeID
	Program  *sandbox.Program
	LoadedAt int64  // Unix milliseconds; 0 if it came with the program
	LoadedBy string // user

	Observed ObservedCounts // runs in mode observe, which are not among Runs
	Migrated atomic.Int64   // objects that came to this version, or were refused by its onAttach
	Stayed   atomic.Int64   // of these, refused: they stayed on the version before

	stats   [sandbox.OnError + 1]atomic.Pointer[EventStats]
	handles Handlers
	shipped bool                                      // it comes with the program
	builtin atomic.Bool                               // not in the journal: it comes with the program, and nothing has used it yet
	params  atomic.Pointer[map[string]sandbox.Params] // by their encoding
}

// Name returns name@version.
func (c *Code) Name() string { return c.Program.Name() + "@" + c.ID.String() }

// Shipped reports whether the version comes with this program.
func (c *Code) Shipped() bool { return c.shipped }

// codeTable is all loaded code and all aliases. It is replaced as a whole, by a Tx that holds all locks, but for the end of a trial.
type codeTable struct {
	loaded  []*Code // in the order of loading
	byID    map[CodeID]*Code
	aliases map[AliasID]*Alias // of each name at least latest
}

func (t *codeTable) clone() *codeTable {
	return &codeTable{loaded: slices.Clone(t.loaded), byID: maps.Clone(t.byID), aliases: maps.Clone(t.aliases)}
}

// with returns the table with c, which is the latest of its name then, unless that was set to another one.
func (t *codeTable) with(c *Code) *codeTable {
	next := t.clone()
	next.loaded = append(next.loaded, c)
	next.byID[c.ID] = c
	if latest := t.latest(c.Program.Name()); latest == nil || latest.implicit {
		next.setLatest(c.Program.Name())
	}
	return next
}

// without returns the table without c.
func (t *codeTable) without(c *Code) *codeTable {
	next := t.clone()
	next.loaded = slices.DeleteFunc(next.loaded, func(o *Code) bool { return o == c })
	delete(next.byID, c.ID)
	if latest := t.latest(c.Program.Name()); latest == nil || latest.implicit {
		next.setLatest(c.Program.Name())
	}
	return next
}

// latest returns the alias latest of name, nil if there is no such handler.
func (t *codeTable) latest(name string) *Alias { return t.aliases[idOf(name, Latest)] }

// setLatest makes latest of name the version loaded last. One that an older program came with and that is still in use does not count.
func (t *codeTable) setLatest(name string) {
	var last *Code
	for _, c := range t.loaded {
		if c.Program.Name() == name && (last == nil || c.shipped || c.LoadedAt != 0) {
			last = c
		}
	}
	id := idOf(name, Latest)
	if last == nil {
		delete(t.aliases, id)
		return
	}
	t.aliases[id] = &Alias{Name: name, Alias: Latest, Version: last.ID, id: id, implicit: true, trial: &trial{}}
}

// Codes returns the loaded handlers in the order of loading.
func (ks *Keyspace) Codes() []*Code { return ks.code.Load().loaded }

func errNoHandler(name string) error { return Failure("ASONOHANDLER", "no handler "+name) }

// LoadBuiltin adds a handler that comes with the program.
func (ks *Keyspace) LoadBuiltin(source []byte) error {
	c, err := compile(source, ks.runLimits())
	if err == nil {
		c.shipped = true
		c.builtin.Store(true)
		ks.addCode(c)
	}
	return err
}

// compile returns a version that is not loaded yet.
func compile(source []byte, limits sandbox.Limits) (*Code, error) {
	program, err := sandbox.Compile(source, limits)
	if err != nil {
		return nil, Failure("ASOCOMPILE", err.Error())
	}
	c := &Code{Program: program, handles: handlersOf(program)}
	if _, err := hex.Decode(c.ID[:], []byte(program.Version())); err != nil {
		return nil, err
	}
	c.params.Store(&map[string]sandbox.Params{})
	return c, nil
}

// addCode adds c, and returns it or the same version if that is loaded already.
func (ks *Keyspace) addCode(c *Code) *Code {
	for {
		t := ks.code.Load()
		if old := t.byID[c.ID]; old != nil {
			return old
		}
		if ks.code.CompareAndSwap(t, t.with(c)) {
			return c
		}
	}
}

// LoadCode compiles a handler and keeps it, as loaded by that user; the same source again changes nothing. The Tx holds all locks, so that
// no unit that uses the code precedes it in the journal.
func (tx *Tx) LoadCode(source []byte, by string) (*Code, error) {
	c, err := compile(source, tx.ks.runLimits())
	if err != nil {
		return nil, err
	}
	before := tx.ks.code.Load()
	if old := before.byID[c.ID]; old != nil {
		tx.keepCode(old)
		return old, nil
	}
	c.LoadedAt, c.LoadedBy = tx.now, by
	c.builtin.Store(true)
	tx.replaceCode(before.with(c))
	tx.keepCode(c)
	tx.freeLatest(c.Program.Name())
	return c, nil
}

// freeLatest lets latest of name follow what is loaded again.
func (tx *Tx) freeLatest(name string) {
	t := tx.ks.code.Load()
	if latest := t.latest(name); latest != nil && !latest.implicit {
		next := t.clone()
		next.setLatest(name)
		tx.replaceCode(next)
		tx.effectAlias(latest, true)
	}
}

// replaceCode makes next the table of code. The Tx holds all locks.
func (tx *Tx) replaceCode(next *codeTable) {
	replace(tx, &tx.ks.code, next)
	tx.handlersChanged()
}

// keepCode records the source of c, unless the journal has it.
func (tx *Tx) keepCode(c *Code) {
	if c.builtin.Load() {
		tx.effectCode(c)
		tx.codes = append(tx.codes, c) // it counts as kept when the journal has it: until then another Tx keeps it, too
	}
}

func handlersOf(p *sandbox.Program) (set Handlers) {
	for h := sandbox.OnPut; h <= sandbox.OnError; h++ {
		if p.Has(h) {
			set |= 1 << h
		}
	}
	return set
}

// effectCode records the source of c.
func (tx *Tx) effectCode(c *Code) {
	tx.effectCommon(func(l *effectLog) { l.code(c) })
}

// code appends the effect that loads c.
func (l *effectLog) code(c *Code) {
	l.op(opCode)
	l.bytes(c.Program.Source())
	l.int(c.LoadedAt)
	l.bytes([]byte(c.LoadedBy))
}

func (tx *Tx) applyCode(d *decoder, skip bool) error {
	source, at, by := slices.Clone(d.bytes()), d.int(), string(d.bytes())
	if d.err != nil || skip {
		return d.err
	}
	limits := sandbox.DefaultLimits()
	limits.Source = math.MaxInt // it was loaded once: a limit that is lower now must not keep the server from starting
	c, err := compile(source, limits)
	if err != nil {
		return err
	}
	c.LoadedAt, c.LoadedBy = at, by
	tx.ks.addCode(c).builtin.Store(false)
	return nil
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

// MaxFailure is the length of the longest error of a handler, in bytes.
const MaxFailure = 512

// oneLine returns text that fits one line of the protocol: at most MaxFailure bytes, without line ends.
func oneLine(text string) string {
	text = strings.NewReplacer("\r", " ", "\n", " ").Replace(text)
	return text[:min(len(text), MaxFailure)]
}
