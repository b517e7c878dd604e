package aso

import (
	"cmp"
	"maps"
	"slices"
)

// Secret is a value that nobody can read back: handlers that were granted its name can compute with it. It is immutable.
type Secret struct {
	Name  string
	SetAt int64  // Unix milliseconds
	SetBy string // user
	Until int64  // when it expires, Unix milliseconds; 0 is never

	sealed []byte
	plain  []byte // nil if the key of the server does not open it
}

// Usable reports whether the server's key opens the secret.
func (s *Secret) Usable() bool { return s.plain != nil }

// secretSet is all secrets. It is replaced as a whole, by a Tx that holds all locks.
type secretSet struct {
	byName map[string]*Secret
	first  int64 // when the first one expires, Unix milliseconds; 0 is never
}

var noSecrets secretSet

// with returns a copy of the set in which s is the secret called name; nil is none.
func (set *secretSet) with(name string, s *Secret) *secretSet {
	next := &secretSet{byName: *withEntry(set.byName, name, s)}
	for _, s := range next.byName {
		next.first = sooner(next.first, s.Until)
	}
	return next
}

// Bounds of secrets.
const (
	MaxSecretName  = 128
	MaxSecretValue = 4096
	maxSecrets     = 4096
)

// expired reports whether the secret is not there any more at a time.
func (s *Secret) expired(now int64) bool { return s.Until != 0 && s.Until <= now }

// Secrets returns all secrets by name, without those that have expired.
func (ks *Keyspace) Secrets() []*Secret {
	now := ks.now()
	all := slices.SortedFunc(maps.Values(ks.secretSet().byName), func(a, b *Secret) int { return cmp.Compare(a.Name, b.Name) })
	return slices.DeleteFunc(all, func(s *Secret) bool { return s.expired(now) })
}

// SetSecret keeps a value, as set by that user, under a name until a time, Unix milliseconds; 0 is for ever. The Tx holds all locks.
func (tx *Tx) SetSecret(name string, value []byte, by string, until int64) error {
	tx.dropExpiredSecrets()
	set := tx.ks.secretSet().byName
	switch {
	case tx.ks.sealer == nil:
		return Error("ERR the server has no key for secrets")
	case name == "" || len(name) > MaxSecretName:
		return Error("ERR the name of a secret has 1 to 128 bytes")
	case len(value) == 0 || len(value) > MaxSecretValue:
		return Error("ERR a secret has 1 to 4096 bytes")
	case set[name] == nil && len(set) >= maxSecrets:
		return Error("ASOQUOTA 4096 secrets")
	}
	s := &Secret{Name: name, SetAt: tx.now, SetBy: by, Until: until, sealed: seal(tx.ks.sealer, name, value), plain: slices.Clone(value)}
	tx.replaceSecret(name, s)
	tx.effectSecret(s)
	return nil
}

// DeleteSecret forgets a secret and reports whether it was there. The Tx holds all locks.
func (tx *Tx) DeleteSecret(name string) bool {
	tx.dropExpiredSecrets()
	if tx.ks.secretSet().byName[name] == nil {
		return false
	}
	tx.replaceSecret(name, nil)
	tx.effectSecret(&Secret{Name: name})
	return true
}

func (ks *Keyspace) secretSet() *secretSet {
	if set := ks.secrets.Load(); set != nil {
		return set
	}
	return &noSecrets
}

// replaceSecret makes s, nil for none, the secret called name.
func (tx *Tx) replaceSecret(name string, s *Secret) {
	set := tx.ks.secretSet()
	if old := set.byName[name]; old != nil {
		tx.secrets = append(tx.secrets, old)
	}
	replace(tx, &tx.ks.secrets, set.with(name, s))
}

// effectSecret records a secret, sealed; one that has no sealed value is gone.
func (tx *Tx) effectSecret(s *Secret) {
	tx.effectCommon(func(l *effectLog) { l.secret(s) })
}

func (l *effectLog) secret(s *Secret) {
	l.op(opSecret)
	l.text(s.Name)
	l.bytes(s.sealed)
	l.int(s.SetAt)
	l.text(s.SetBy)
	if s.Until != 0 {
		l.op(opSecretEnd)
		l.text(s.Name)
		l.int(s.Until)
	}
}

// applySecret makes the secret that an effect tells of. One that another key sealed is kept, and cannot be used.
func (tx *Tx) applySecret(d *decoder, skip bool) error {
	s := &Secret{Name: string(d.bytes()), sealed: slices.Clone(d.bytes()), SetAt: d.int(), SetBy: string(d.bytes())}
	if d.err != nil || skip {
		return d.err
	}
	if len(s.sealed) == 0 {
		tx.replaceSecret(s.Name, nil)
		return nil
	}
	s.plain, _ = unseal(tx.ks.sealer, s.Name, s.sealed)
	tx.replaceSecret(s.Name, s)
	return nil
}

// applySecretEnd makes the end of a secret that an effect tells of.
func (tx *Tx) applySecretEnd(d *decoder, skip bool) error {
	name, until := string(d.bytes()), d.int()
	s := tx.ks.secretSet().byName[name]
	if d.err != nil || skip || s == nil {
		return d.err
	}
	ending := *s
	ending.Until = until
	tx.replaceSecret(name, &ending)
	return nil
}

// secret returns the secret called name for hash.hmac, if the running handler may use it.
func (h *host) secret(name string) ([]byte, bool) {
	if !h.tx.ks.grantOf(h.code).uses(name) {
		return nil, false
	}
	s := h.tx.ks.secretSet().byName[name]
	if s == nil || s.expired(h.tx.timeOfSecrets()) {
		return nil, false
	}
	return s.plain, s.Usable()
}

// timeOfSecrets returns the time that secrets expire by. A dry run in the past, or of a failure of then, has none that has expired since.
func (tx *Tx) timeOfSecrets() int64 {
	if tx.dry != nil {
		return max(tx.now, tx.ks.now())
	}
	return tx.now
}
