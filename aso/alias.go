package aso

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// AliasID names an alias: the first bytes of the SHA-256 of name@alias.
type AliasID [6]byte

// Latest is the alias that every handler has: the version loaded last, or what ASO.ALIAS and ASO.ROLLBACK made of it. A name without a version
// means the version that latest stands for at that moment.
const Latest = "latest"

// Share is a part of a whole, in ten thousandths.
type Share int

// Whole is all of it.
const Whole Share = 10_000

// Alias is a name for a version of a handler. Objects and rules that use it run the version that it stands for at that time. It is immutable
// but for its trial.
type Alias struct {
	Name, Alias string   // of the handler, and its own
	Version     CodeID   // what it stands for
	Before      []CodeID // what it stood for before, the last one last
	Candidate   CodeID   // the version on trial; if Share is 0 there is none
	Share       Share    // of the keys, that run the candidate
	StopOn      Share    // of runs in a window that may fail before the trial ends; 0 is no end
	Stopped     Stop     // how the last trial was stopped

	id       AliasID
	implicit bool // latest, as loading made it
	trial    *trial
}

// Stop tells of a trial that ended because the candidate failed too often.
type Stop struct {
	Version      CodeID
	At           int64 // Unix milliseconds; 0 if there was none
	Runs, Errors int64 // of the window
}

// keptBefore is how many former versions an alias remembers.
const keptBefore = 8

// MaxAliases is how many aliases there may be, latest of each name among them.
const MaxAliases = 10_000

func idOf(name, alias string) (id AliasID) {
	sum := sha256.Sum256([]byte(name + "@" + alias))
	copy(id[:], sum[:])
	return id
}

// validAlias reports whether an alias may be called so. A version is no alias.
func validAlias(name string) bool {
	_, isVersion := parseVersion(name)
	const others = "_.-"
	return name != "" && len(name) <= 64 && !isVersion && !strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune(others, r)
	})
}

func parseVersion(text string) (id CodeID, ok bool) {
	if len(text) != 2*len(id) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(text))
	return id, err == nil
}

// FullName returns name@alias.
func (a *Alias) FullName() string { return a.Name + "@" + a.Alias }

// versionFor returns the version that key runs.
func (a *Alias) versionFor(key []byte) CodeID {
	if a.Share > 0 && a.picks(key) && !a.trial.stopped.Load() {
		return a.Candidate
	}
	return a.Version
}

// picks reports whether key is among the share that runs the candidate. It depends on nothing but the names and the key, so that it stays
// the same over restarts, and a larger share has all keys of a smaller one.
func (a *Alias) picks(key []byte) bool {
	const offset, prime = 14695981039346656037, 1099511628211 // FNV-1a
	h := uint64(offset)
	for _, c := range a.id {
		h = (h ^ uint64(c)) * prime
	}
	for _, c := range key {
		h = (h ^ uint64(c)) * prime
	}
	h ^= h >> 32 // the low bits of FNV-1a depend on the low bits of the input only
	h *= 0x9e3779b97f4a7c15
	return Share(h>>32*uint64(Whole)>>32) < a.Share
}

// Aliases returns the aliases in the order of their names; latest is among them only where it does not stand for the version loaded last.
func (ks *Keyspace) Aliases() []*Alias { return ks.code.Load().explicit() }

// Alias returns an alias, latest of any handler among them, or nil.
func (ks *Keyspace) Alias(name, alias string) *Alias {
	if a := ks.code.Load().aliases[idOf(name, alias)]; a != nil && a.Name == name && a.Alias == alias {
		return a
	}
	return nil
}

func (t *codeTable) explicit() (all []*Alias) {
	for _, a := range t.aliases {
		if !a.implicit {
			all = append(all, a)
		}
	}
	slices.SortFunc(all, func(a, b *Alias) int { return strings.Compare(a.FullName(), b.FullName()) })
	return all
}

// SetAlias lets an alias stand for a version. With share, or stopOn, the version is only tried: that share of the keys runs it, the others what
// the alias stood for before, until it is set without them. The Tx holds all locks.
func (tx *Tx) SetAlias(alias string, c *Code, share, stopOn Share) error {
	t, name := tx.ks.code.Load(), c.Program.Name()
	if !validAlias(alias) {
		return Error("ERR an alias has 1 to 64 of A-Z a-z 0-9 _ . -, and is no version")
	}
	next := Alias{Name: name, Alias: alias, Version: c.ID, id: idOf(name, alias), trial: &trial{}}
	old := t.aliases[next.id]
	switch {
	case old == nil && len(t.aliases) >= MaxAliases:
		return Error("ASOQUOTA 10000 aliases")
	case old != nil && old.FullName() != next.FullName():
		return Error("ERR the alias has the hash of " + old.FullName() + ": choose another name")
	case old == nil && (share > 0 || stopOn > 0):
		return Error("ERR there is no version before: CANARY and STOPON need one")
	case old != nil && (share > 0 || stopOn > 0) && c.ID != old.Version:
		next.Version, next.Before, next.Candidate, next.StopOn = old.Version, old.Before, c.ID, stopOn
		if next.Share = share; share == 0 {
			next.Share = Whole
		}
	case old != nil && c.ID == old.Version:
		next.Before = old.Before
	case old != nil:
		next.Before = old.push()
	}
	if err := tx.fitsRules(&next, c); err != nil {
		return err
	}
	tx.keepCode(c)
	tx.putAlias(&next)
	return nil
}

// push returns what the alias stood for before, when it stands for something else.
func (a *Alias) push() []CodeID {
	before := append(slices.Clone(a.Before), a.Version)
	return before[max(0, len(before)-keptBefore):]
}

// fitsRules returns an error if the parameters of a rule that uses the alias do not fit the version c.
func (tx *Tx) fitsRules(a *Alias, c *Code) (err error) {
	tx.ks.Rules(func(r *Rule) bool {
		if r.Target.alias == a.id {
			if _, err = c.paramsOf(r.params); err != nil {
				err = Failure("ASOPARAM", "rule "+r.ID+": "+strings.TrimPrefix(err.Error(), "ASOPARAM "))
			}
		}
		return err == nil
	})
	return err
}

func (tx *Tx) putAlias(a *Alias) {
	next := tx.ks.code.Load().clone()
	next.aliases[a.id] = a
	tx.replaceCode(next)
	tx.effectAlias(a, false)
}

// DeleteAlias removes an alias that nothing uses, and reports whether it was there; latest stands for the version loaded last then. The Tx
// holds all locks.
func (tx *Tx) DeleteAlias(name, alias string) (bool, error) {
	tx.finishFlush()
	t := tx.ks.code.Load()
	a := t.aliases[idOf(name, alias)]
	if a == nil || a.implicit || a.Alias != alias {
		return false, nil
	}
	next := t.clone()
	if alias == Latest {
		next.setLatest(name)
	} else if u := tx.usersOfAlias(a); u.any() {
		return false, u.refusal(a.FullName())
	} else {
		delete(next.aliases, a.id)
	}
	tx.replaceCode(next)
	tx.effectAlias(a, true)
	return true, nil
}

// RollbackAlias lets an alias stand for the version before again, or ends its trial, and returns the version that it stands for then. The Tx
// holds all locks.
func (tx *Tx) RollbackAlias(name, alias string) (*Code, error) {
	t := tx.ks.code.Load()
	a := t.aliases[idOf(name, alias)]
	if a == nil {
		return nil, errNoHandler(name + "@" + alias)
	}
	next := Alias{Name: a.Name, Alias: a.Alias, Version: a.Version, Before: a.Before, id: a.id, trial: &trial{}}
	if a.Share == 0 {
		var ok bool
		if next.Version, next.Before, ok = t.before(a); !ok {
			return nil, Error("ERR there is no version before " + t.nameOf(a.Version))
		}
	}
	c := t.byID[next.Version]
	if err := tx.fitsRules(&next, c); err != nil {
		return nil, err
	}
	tx.keepCode(c)
	tx.putAlias(&next)
	return c, nil
}

// before returns the last version that a stood for before and that is still loaded, and the ones before that. For latest it is the one
// loaded before, where a remembers none.
func (t *codeTable) before(a *Alias) (version CodeID, rest []CodeID, ok bool) {
	for i, id := range slices.Backward(a.Before) {
		if t.byID[id] != nil {
			return id, a.Before[:i:i], true
		}
	}
	if a.Alias != Latest {
		return version, nil, false
	}
	for _, c := range t.loaded {
		if c.ID == a.Version {
			break
		}
		if c.Program.Name() == a.Name {
			version, ok = c.ID, true
		}
	}
	return version, nil, ok
}

// nameOf returns name@version of a version.
func (t *codeTable) nameOf(id CodeID) string {
	if c := t.byID[id]; c != nil {
		return c.Name()
	}
	return id.String()
}

// AliasesOf returns the aliases that stand for a version or try it, in their order.
func (ks *Keyspace) AliasesOf(c *Code) (names []string) {
	for _, a := range ks.code.Load().aliases {
		if a.Name == c.Program.Name() && (a.Version == c.ID || a.Share > 0 && a.Candidate == c.ID) {
			names = append(names, a.Alias)
		}
	}
	slices.Sort(names)
	return names
}
