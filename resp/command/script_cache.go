package command

import (
	"sync"
	"sync/atomic"
	"time"

	"comet/aso"
	"comet/aso/sandbox"
)

// scriptNameSize is the length of a SHA-1 in hex.
const scriptNameSize = 40

// script is a compiled script of EVAL, or a function of a library.
type script struct {
	name  string // SHA-1 of the source in hex, or the name of the function
	flags scriptFlags
	code  *sandbox.Script
	wide  atomic.Bool // it has used keys that it did not declare

	library *library // of a function; nil for a script of EVAL
}

// scripts are what is compiled, and what runs. What SCRIPT LOAD keeps is in the keyspace.
type scripts struct {
	scriptRuns

	mu       sync.RWMutex // guards all below; a leaf lock
	byName   map[string]*script
	bySource map[string]*script
	bytes    int // of all sources

	recent [16]atomic.Pointer[script] // some that were asked for by name, for who looks without the lock
}

// scriptRuns are the runs of scripts, or those of functions.
type scriptRuns struct {
	pool    *sandbox.Pool
	running atomic.Int64
	kills   atomic.Int64 // so far
	wide    atomic.Bool  // one of the scripts has used keys that it did not declare
}

// kill ends what runs, and reports whether there was anything.
func (r *scriptRuns) kill() bool {
	if r.running.Load() == 0 {
		return false
	}
	r.kills.Add(1)
	return true
}

// Of what EVAL has compiled, this much is remembered; then it starts anew.
const (
	maxScripts     = 10_000
	maxScriptBytes = 64 << 20
	idleScripts    = 64 // interpreters that are kept for reuse
)

func newScripts() *scripts {
	s := &scripts{scriptRuns: scriptRuns{pool: sandbox.NewScriptPool(idleScripts)}}
	s.forget()
	return s
}

// forget drops all that is compiled.
func (s *scripts) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byName, s.bySource, s.bytes = map[string]*script{}, map[string]*script{}, 0
	for i := range s.recent {
		s.recent[i].Store(nil)
	}
	s.wide.Store(false)
}

// size returns how many scripts are compiled, and the bytes of their sources.
func (s *scripts) size() (n, bytes int) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.byName), s.bytes
}

// named returns the compiled script of a name of 40 bytes, or nil.
func (s *scripts) named(name []byte) *script {
	recent := &s.recent[name[0]%16]
	if sc := recent.Load(); sc != nil && sc.name == string(name) {
		return sc
	}
	var buf [scriptNameSize]byte
	s.mu.RLock() // forget waits
	defer s.mu.RUnlock()
	sc := s.byName[string(lower(buf[:0], name))]
	if sc != nil {
		recent.Store(sc)
	}
	return sc
}

// known returns the compiled script of a source, or nil.
func (s *scripts) known(source []byte) *script {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.bySource[string(source)]
}

// usesAny reports whether what r runs may use keys that it does not declare.
func (s *Server) usesAny(r *request) bool {
	if r.cmd.function {
		return s.functions.needAll(s.functionNamed(r.args[1]))
	}
	return s.scripts.usesAny(r.args[1])
}

// usesAny reports whether a script, by its name or source, may use keys that it does not declare.
func (s *scripts) usesAny(script []byte) bool {
	if !s.wide.Load() {
		return false
	}
	sc := s.known(script)
	if sc == nil && len(script) == scriptNameSize {
		sc = s.named(script)
	}
	return sc != nil && sc.wide.Load()
}

// compile returns the script of a source, and remembers it.
func (s *scripts) compile(source []byte) (*script, error) {
	if sc := s.known(source); sc != nil {
		return sc, nil
	}
	sc, err := newScript(source)
	if err == nil {
		s.add(string(source), sc)
	}
	return sc, err
}

func newScript(source []byte) (*script, error) {
	sc := &script{name: aso.ScriptName(source)}
	text, err := sc.flags.read(string(source))
	if err != nil {
		return nil, err
	}
	if sc.code, err = sandbox.CompileScript(text); err != nil {
		return nil, compileError("ERR Error compiling script (new function): user_script:", err)
	}
	return sc, nil
}

func (s *scripts) add(source string, sc *script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.byName) >= maxScripts || s.bytes+len(source) > maxScriptBytes {
		clear(s.byName)
		clear(s.bySource)
		s.bytes = 0
	}
	if s.byName[sc.name] == nil {
		s.byName[sc.name], s.bySource[source] = sc, sc
		s.bytes += len(source)
	}
}

// findScript returns the script of a name of 40 bytes, nil if there is none: one that SCRIPT LOAD kept is compiled when it is first used.
func (s *Server) findScript(name []byte) *script {
	if sc := s.scripts.named(name); sc != nil {
		return sc
	}
	var buf [scriptNameSize]byte
	source := s.ks.Script(string(lower(buf[:0], name)))
	if source == nil {
		return nil
	}
	sc, err := s.scripts.compile(source)
	if err != nil {
		return nil // the limits are lower than when it was loaded
	}
	return sc
}

// setScriptLimits sets what bounds a run of a script. Scripts have no state.
func (s *Server) setScriptLimits(l *sandbox.Limits) {
	c := s.config
	l.Instructions, l.Memory, l.Time, l.State, l.Source = c.ScriptInstructions.Load(), c.ScriptMemory.Load(), c.scriptTime(), 1, maxScriptBytes
}

func (c *Config) scriptTime() time.Duration {
	ms := c.ScriptTime.Load()
	if ms == 0 || ms > maxTimeout {
		ms = maxTimeout
	}
	return time.Duration(ms) * time.Millisecond
}
