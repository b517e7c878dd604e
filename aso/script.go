package aso

import (
	"crypto/sha1" //nolint:gosec // the name of a script, as Redis has it
	"encoding/hex"
	"maps"
	"slices"
)

// scriptTable is the scripts that are kept: texts, which nothing here compiles or runs. It is replaced as a whole, by a Tx that holds all
// locks.
type scriptTable map[string][]byte // by the SHA-1 of the source in hex

// ScriptName returns what the script is called: the SHA-1 of its source in hex.
func ScriptName(source []byte) string {
	sum := sha1.Sum(source) //nolint:gosec // as above
	return hex.EncodeToString(sum[:])
}

// Script returns the source of a script that was kept, nil if there is none of that name.
func (ks *Keyspace) Script(name string) []byte { return (*ks.scripts.Load())[name] }

// KeepScript keeps a script until DropScripts; one without source is not worth it. The Tx holds all locks.
func (tx *Tx) KeepScript(source []byte) {
	name := ScriptName(source)
	t := *tx.ks.scripts.Load()
	if t[name] != nil || len(source) == 0 {
		return
	}
	next := maps.Clone(t)
	next[name] = append(make([]byte, 0, len(source)), source...)
	replace(tx, &tx.ks.scripts, &next)
	tx.effectScript(source)
}

// DropScripts forgets all scripts.
func (tx *Tx) DropScripts() {
	if len(*tx.ks.scripts.Load()) == 0 {
		return
	}
	replace(tx, &tx.ks.scripts, &scriptTable{})
	tx.effectScript(nil)
}

func (tx *Tx) effectScript(source []byte) {
	tx.effectCommon(func(l *effectLog) { l.script(source) })
}

func (l *effectLog) script(source []byte) {
	l.op(opScript)
	l.bytes(source)
}

// captureScripts appends the effects that make the scripts.
func (ks *Keyspace) captureScripts(l *effectLog) {
	t := *ks.scripts.Load()
	for _, name := range slices.Sorted(maps.Keys(t)) {
		l.script(t[name])
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
