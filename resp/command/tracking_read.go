package command

import (
	"bytes"
	"slices"
	"strings"

	"comet/aso/sandbox"
)

// invokeTracked is invoke for a command by which a client that tracks reads keys: it is remembered as their reader. What handlers make when
// it is read is not to be cached: the client is told at once that it is not valid any more.
func (s *Server) invokeTracked(c *Call, m *trackMode) {
	made := c.madeKeys(nil)
	s.run(c)
	made = c.madeKeys(made)
	c.Cmd.eachKey(c.Args, func(i int, _ *KeySpec) {
		key := c.Args[i]
		switch uncached := contains(made, key); {
		case uncached && m.concerns(string(key)):
			s.tracking.tell(c.Tx, []*Session{c.Session}, &invalidation{keys: []string{string(key)}})
		case !uncached && !m.bcast:
			c.Tx.Remember(key)
		}
	})
}

// concerns reports whether the client gets messages about key.
func (m *trackMode) concerns(key string) bool {
	return !m.bcast || slices.ContainsFunc(m.prefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

func contains(keys [][]byte, key []byte) bool {
	return slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) })
}

// madeKeys appends the keys of the command that onGet answers for. Commands of active objects show more than a value: all of theirs are.
func (c *Call) madeKeys(made [][]byte) [][]byte {
	if c.Cmd.recorded && !c.Server.ks.MayAct() {
		return made
	}
	c.Cmd.eachKey(c.Args, func(i int, _ *KeySpec) {
		if key := c.Args[i]; !c.Cmd.recorded || c.Tx.Alive(key) && c.Tx.Handlers(key).Has(sandbox.OnGet) {
			made = append(made, key)
		}
	})
	return made
}

// tracksRead reports whether the command of c reads keys for the cache of its client, and how it tracks.
func (c *Call) tracksRead() (*trackMode, bool) {
	m := c.Session.tracking.Load()
	return m, m != nil && c.Tx != nil && c.Cmd.has(flagReadOnly) && m.caches(c.Session.caching)
}
