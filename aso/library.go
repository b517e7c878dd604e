package aso

import (
	"iter"
	"maps"
	"slices"
)

// Library is a library of functions as it was loaded: a text, which nothing here compiles or runs. It is immutable, and another one when the
// same source is loaded again.
type Library struct {
	Name   string
	Source []byte
}

// LibraryTable is the loaded libraries by name. It is replaced as a whole, by a Tx that holds all locks.
type LibraryTable map[string]*Library

// Libraries returns the loaded libraries, which the caller must not change.
func (ks *Keyspace) Libraries() *LibraryTable { return ks.libraries.Load() }

// All passes the libraries by name.
func (t LibraryTable) All() iter.Seq[*Library] {
	return func(yield func(*Library) bool) {
		for _, name := range slices.Sorted(maps.Keys(t)) {
			if !yield(t[name]) {
				return
			}
		}
	}
}

// KeepLibrary makes source the library name. The Tx holds all locks.
func (tx *Tx) KeepLibrary(name string, source []byte) *Library {
	lib := &Library{Name: name, Source: slices.Clone(source)}
	replace(tx, &tx.ks.libraries, withEntry(*tx.ks.libraries.Load(), name, lib))
	tx.effectLibrary(name, source)
	return lib
}

// DropLibrary forgets the library name. The Tx holds all locks.
func (tx *Tx) DropLibrary(name string) {
	replace(tx, &tx.ks.libraries, withEntry(*tx.ks.libraries.Load(), name, nil))
	tx.effectLibrary(name, nil)
}

// DropLibraries forgets all libraries. The Tx holds all locks.
func (tx *Tx) DropLibraries() {
	replace(tx, &tx.ks.libraries, &LibraryTable{})
	tx.effectLibrary("", nil)
}

func (tx *Tx) effectLibrary(name string, source []byte) {
	tx.effectCommon(func(l *effectLog) { l.library(name, source) })
}

func (l *effectLog) library(name string, source []byte) {
	l.op(opFunctions)
	l.text(name)
	l.bytes(source)
}

// captureLibraries appends the effects that make the libraries.
func (ks *Keyspace) captureLibraries(l *effectLog) {
	for lib := range ks.libraries.Load().All() {
		l.library(lib.Name, lib.Source)
	}
}

// applyLibrary keeps the library that an effect tells of, or forgets it if its source is empty, or all if its name is.
func (tx *Tx) applyLibrary(d *decoder, skip bool) error {
	name, source := string(d.bytes()), d.bytes()
	switch {
	case d.err != nil || skip:
	case name == "":
		tx.DropLibraries()
	case len(source) == 0:
		tx.DropLibrary(name)
	default:
		tx.KeepLibrary(name, source)
	}
	return d.err
}
