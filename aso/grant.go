package aso

import (
	"cmp"
	"maps"
	"slices"

	"comet/aso/value"
)

// Grant says what all versions of a handler may reach beyond their own object. Of what a grant does not name, the default holds: messages to any
// key and on any channel, or none with strict grants; no secret, and commands on no other key. It is immutable.
type Grant struct {
	Handler  string
	Send     []string // patterns of the keys that it may send messages to; nil is the default
	Channels []string // patterns of the channels that it may publish on; nil is the default
	Secrets  []string // names
	Keys     []string // patterns of the keys in the slot of the object that it may run commands on
}

// lists returns the words of the grant, in the order in which effects have them.
func (g *Grant) lists() [4]*[]string {
	return [...]*[]string{&g.Send, &g.Channels, &g.Secrets, &g.Keys}
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

// keys returns the patterns of the keys that the grant has.
func (g *Grant) keys() []string {
	if g == nil {
		return nil
	}
	return g.Keys
}

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
	case g.size() > maxGrantWords:
		return Error("ASOQUOTA 256 words a grant")
	case set[g.Handler] == nil && len(set) >= maxGrants:
		return Error("ASOQUOTA 4096 grants")
	}
	replace(tx, &tx.ks.grants, withEntry(set, g.Handler, &g))
	tx.effectGrant(&g, false)
	return nil
}

// size returns the number of words.
func (g *Grant) size() (n int) {
	for _, words := range g.lists() {
		n += len(*words)
	}
	return n
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
	l.op(byte(len(g.lists())))
	for _, words := range g.lists() {
		l.uint(uint64(len(*words)))
		for _, word := range *words {
			l.text(word)
		}
	}
}

// applyGrant makes the grant that an effect tells of.
func (tx *Tx) applyGrant(d *decoder, skip bool) error {
	g := &Grant{Handler: string(d.bytes())}
	lists := int(d.byte())
	there := lists > 0
	if lists == 1 { // as it was written before there were keys
		lists = 3
	}
	all := g.lists()
	if lists > len(all) {
		return errCorrupt
	}
	for _, words := range all[:lists] {
		for n := d.uint(); n > 0 && d.err == nil; n-- {
			*words = append(*words, string(d.bytes()))
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
