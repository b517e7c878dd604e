package aso

import (
	"crypto/sha1" //nolint:gosec // the name of a script, as Redis has it
	"encoding/hex"
	"maps"
	"slices"
)

// scriptTable is what was kept of scripts: texts, which nothing here compiles or runs. It is replaced as a whole, by a Tx that holds all
// locks.
type scriptTable struct {
	scripts   map[string][]byte // by the SHA-1 of the source in hex
	libraries map[string][]byte // of functions, by name
}

func (t *scriptTable) clone() *scriptTable {
	return &scriptTable{scripts: maps.Clone(t.scripts), libraries: maps.Clone(t.libraries)}
}

func newScriptTable() *scriptTable {
	return &scriptTable{scripts: map[string][]byte{}, libraries: map[string][]byte{}}
}

// ScriptName returns what the script is called: the SHA-1 of its source in hex.
func ScriptName(source []byte) string {
	sum := sha1.Sum(source) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

// Script returns the source of a script that was kept, nil if there is none of that name.
func (ks *Keyspace) Script(name string) []byte { return ks.scripts.Load().scripts[name] }

// KeepScript keeps a script until DropScripts; one without source is not worth it. The Tx holds all locks, as for all changes of scripts and libraries.
func (tx *Tx) KeepScript(source []byte) {
	name := ScriptName(source)
	t := tx.ks.scripts.Load()
	if t.scripts[name] != nil || len(source) == 0 {
		return
	}
	next := t.clone()
	next.scripts[name] = append(make([]byte, 0, len(source)), source...)
	tx.replaceScripts(next)
	tx.effectScript(opScript, source)
}

// DropScripts forgets all scripts.
func (tx *Tx) DropScripts() {
	t := tx.ks.scripts.Load()
	if len(t.scripts) == 0 {
		return
	}
	tx.replaceScripts(&scriptTable{scripts: map[string][]byte{}, libraries: t.libraries})
	tx.effectScript(opScript, nil)
}

// PutLibrary makes source the library called name; an empty one removes it.
func (tx *Tx) PutLibrary(name string, source []byte) {
	next := tx.ks.scripts.Load().clone()
	next.putLibrary(name, source)
	tx.replaceScripts(next)
	tx.effectScript(opLibrary, []byte(name), source)
}

func (t *scriptTable) putLibrary(name string, source []byte) {
	if len(source) == 0 {
		delete(t.libraries, name)
		return
	}
	t.libraries[name] = append(make([]byte, 0, len(source)), source...)
}

func (tx *Tx) replaceScripts(next *scriptTable) {
	before := tx.ks.scripts.Load()
	tx.ks.scripts.Store(next)
	tx.undo.add(noDB, nil, func() { tx.ks.scripts.Store(before) })
}

func (tx *Tx) effectScript(op byte, args ...[]byte) {
	l := &tx.effects
	if !l.on || tx.replay {
		return
	}
	l.script(op, args...)
	tx.changes++
}

// script appends an effect on scripts or libraries.
func (l *effectLog) script(op byte, args ...[]byte) {
	l.op(op)
	for _, arg := range args {
		l.bytes(arg)
	}
	l.forget()
}

// captureScripts appends the effects that make the scripts and libraries.
func (ks *Keyspace) captureScripts(l *effectLog) {
	t := ks.scripts.Load()
	for _, name := range slices.Sorted(maps.Keys(t.scripts)) {
		l.script(opScript, t.scripts[name])
	}
	for _, name := range slices.Sorted(maps.Keys(t.libraries)) {
		l.script(opLibrary, []byte(name), t.libraries[name])
	}
}

// applyScript keeps the script that an effect tells of, or forgets all if its source is empty.
func (tx *Tx) applyScript(d *decoder, skip bool) error {
	source := d.bytes()
	switch {
	case d.err != nil || skip:
	case len(source) == 0:
		tx.DropScripts()
	default:
		tx.KeepScript(source)
	}
	return d.err
}

func (tx *Tx) applyLibrary(d *decoder, skip bool) error {
	name, source := string(d.bytes()), d.bytes()
	if d.err == nil && !skip {
		tx.PutLibrary(name, source)
	}
	return d.err
}
