package command

import (
	"bytes"
	"slices"
	"strings"

	"comet/aso/sandbox"
)

// invokeTracked is invoke for a command by which a client that tracks reads keys.
func (s *Server) invokeTracked(c *Call, m *trackMode) {
	c.tellMade(m, c.readTracked(m, nil, func() { s.run(c) }))
}

// readTracked calls run, which reads keys of the command of c, and remembers the client as their reader. The keys that handlers answer for when they
// are read are not to be cached: it appends them to made.
func (c *Call) readTracked(m *trackMode, made [][]byte, run func()) [][]byte {
	made = c.madeKeys(made)
	run()
	made = c.madeKeys(made)
	if m.bcast {
		return made
	}
	c.Cmd.eachKey(c.Args, func(i int, _ *KeySpec) {
		if key := c.Args[i]; !contains(made, key) {
			c.Tx.Remember(key)
		}
	})
	return made
}

// tellMade tells the client at once that the keys which handlers made are not valid any more.
func (c *Call) tellMade(m *trackMode, made [][]byte) {
	for _, key := range made {
		if m.concerns(string(key)) {
			c.Server.tracking.tell(c.Tx, []*Session{c.Session}, &invalidation{keys: []string{string(key)}})
		}
	}
}

// concerns reports whether the client gets messages about key.
func (m *trackMode) concerns(key string) bool {
	return !m.bcast || slices.ContainsFunc(m.prefixes, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

func contains(keys [][]byte, key []byte) bool {
	return slices.ContainsFunc(keys, func(k []byte) bool { return bytes.Equal(k, key) })
}

// madeKeys appends the keys of the command that onGet answers for, if they are not there. Commands of active objects show more than a value: all of theirs are.
func (c *Call) madeKeys(made [][]byte) [][]byte {
	if c.Cmd.recorded && !c.Server.ks.MayAct() {
		return made
	}
	c.Cmd.eachKey(c.Args, func(i int, _ *KeySpec) {
		key := c.Args[i]
		answers := !c.Cmd.recorded || c.Tx.Alive(key) && c.Tx.Handlers(key).Has(sandbox.OnGet)
		if answers && !contains(made, key) {
			made = append(made, key)
		}
	})
	return made
}

// tracksRead reports whether the command of c reads keys for the cache of its client, and how it tracks. A script reads when one of its commands does.
func (c *Call) tracksRead() (*trackMode, bool) {
	m := c.Session.tracking.Load()
	return m, m != nil && c.Tx != nil && c.Cmd.has(flagReadOnly) && !c.Cmd.script && m.caches(c.Session.caching)
}

// scriptReads reports whether cmd reads for the cache of the client whose script r is, and how that tracks. As in Redis all keys that the script
// declares count as read then, and no others.
func (r *scriptRun) scriptReads(cmd *Command) (*trackMode, bool) {
	ses := r.c.Session
	m := ses.tracking.Load()
	return m, m != nil && cmd.has(flagReadOnly) && m.caches(ses.caching)
}
