package aso

import (
	"cmp"
	"maps"
	"slices"

	"comet/aso/value"
)

// Grant says what all versions of a handler may reach beyond their own object. Of what a grant does not name, the default holds: any key and
// any channel, or none with strict grants; and no secret. It is immutable.
type Grant struct {
	Handler  string
	Send     []string // patterns of the keys that it may send messages to; nil is the default
	Channels []string // patterns of the channels that it may publish on; nil is the default
	Secrets  []string // names
}

type grantSet map[string]*Grant

const (
	maxGrants     = 4096
	maxGrantWords = 256
)

// Grants returns all grants by handler.
func (ks *Keyspace) Grants() []*Grant {
	return slices.SortedFunc(maps.Values(ks.grantSet()), func(a, b *Grant) int { return cmp.Compare(a.Handler, b.Handler) })
}

// SetStrictGrants says whether a handler without a grant may send to no key and publish on no channel.
func (ks *Keyspace) SetStrictGrants(on bool) { ks.strictGrants.Store(on) }

func (ks *Keyspace) grantSet() grantSet {
	if set := ks.grants.Load(); set != nil {
		return *set
	}
	return nil
}

// grantOf returns the grant of a handler, nil if it has none.
func (ks *Keyspace) grantOf(c *Code) *Grant { return ks.grantSet()[c.Program.Name()] }

// uses reports whether the grant has a secret.
func (g *Grant) uses(secret string) bool { return g != nil && slices.Contains(g.Secrets, secret) }

// maySend reports whether the running handler may send a message to a key.
func (h *host) maySend(key []byte) bool {
	g := h.tx.ks.grantOf(h.code)
	if g == nil || g.Send == nil {
		return !h.tx.ks.strictGrants.Load()
	}
	return matchesAny(g.Send, key)
}

// mayPublish reports whether the running handler may publish on a channel.
func (h *host) mayPublish(channel []byte) bool {
	g := h.tx.ks.grantOf(h.code)
	if g == nil || g.Channels == nil {
		return !h.tx.ks.strictGrants.Load()
	}
	return matchesAny(g.Channels, channel)
}

func matchesAny(globs []string, text []byte) bool {
	return slices.ContainsFunc(globs, func(glob string) bool { return value.Match([]byte(glob), text, false) })
}

// SetGrant makes g the grant of its handler, which need not be loaded yet. The Tx holds all locks.
func (tx *Tx) SetGrant(g Grant) error {
	set := tx.ks.grantSet()
	switch {
	case g.Handler == "" || len(g.Handler) > 64:
		return Error("ERR the name of a handler has 1 to 64 bytes")
	case len(g.Send)+len(g.Channels)+len(g.Secrets) > maxGrantWords:
		return Error("ASOQUOTA 256 words a grant")
	case set[g.Handler] == nil && len(set) >= maxGrants:
		return Error("ASOQUOTA 4096 grants")
	}
	replace(tx, &tx.ks.grants, withEntry(set, g.Handler, &g))
	tx.effectGrant(&g, false)
	return nil
}

// DeleteGrant removes the grant of a handler and reports whether it was there. The Tx holds all locks.
func (tx *Tx) DeleteGrant(handler string) bool {
	if tx.ks.grantSet()[handler] == nil {
		return false
	}
	replace(tx, &tx.ks.grants, withEntry(tx.ks.grantSet(), handler, nil))
	tx.effectGrant(&Grant{Handler: handler}, true)
	return true
}

// effectGrant records a grant, or that it is gone.
func (tx *Tx) effectGrant(g *Grant, gone bool) {
	tx.effectCommon(func(l *effectLog) { l.grant(g, gone) })
}

func (l *effectLog) grant(g *Grant, gone bool) {
	l.op(opGrant)
	l.text(g.Handler)
	if gone {
		l.op(0)
		return
	}
	l.op(1)
	for _, words := range [...][]string{g.Send, g.Channels, g.Secrets} {
		l.uint(uint64(len(words)))
		for _, word := range words {
			l.text(word)
		}
	}
}

// applyGrant makes the grant that an effect tells of.
func (tx *Tx) applyGrant(d *decoder, skip bool) error {
	g := &Grant{Handler: string(d.bytes())}
	there := d.byte() != 0
	if there {
		for _, words := range [...]*[]string{&g.Send, &g.Channels, &g.Secrets} {
			for n := d.uint(); n > 0 && d.err == nil; n-- {
				*words = append(*words, string(d.bytes()))
			}
		}
	}
	if d.err != nil || skip {
		return d.err
	}
	handler := g.Handler
	if !there {
		g = nil
	}
	replace(tx, &tx.ks.grants, withEntry(tx.ks.grantSet(), handler, g))
	return nil
}
