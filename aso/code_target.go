package aso

import "strings"

// Target is what an object or a rule runs: a version of a handler, or what an alias stands for at the time.
type Target struct {
	name  string
	code  CodeID  // the version; of no meaning with an alias
	alias AliasID // zero for a version
}

// Target returns what name, name@version or name@alias stands for. A name alone is the version that latest is now.
func (ks *Keyspace) Target(ref string) (Target, error) {
	t := ks.code.Load()
	name, version, exact := strings.Cut(ref, "@")
	if id, ok := parseVersion(version); ok {
		if c := t.byID[id]; c != nil && c.Program.Name() == name {
			return Target{name: name, code: id}, nil
		}
		return Target{}, errNoHandler(ref)
	}
	if !exact {
		version = Latest
	}
	a := t.aliases[idOf(name, version)]
	switch {
	case a == nil || a.Name != name || a.Alias != version:
		return Target{}, errNoHandler(ref)
	case exact:
		return Target{name: name, alias: a.id}, nil
	}
	return Target{name: name, code: a.Version}, nil
}

// Code returns the version that name, name@version or name@alias stands for now; ErrNoHandler if there is none. Of a trial it is the
// version before.
func (ks *Keyspace) Code(ref string) (*Code, error) {
	target, err := ks.Target(ref)
	if err != nil {
		return nil, err
	}
	if c := target.versions(ks.code.Load()); len(c) > 0 {
		return c[0], nil
	}
	return nil, errNoHandler(ref)
}

// Name returns the name of the handler.
func (t Target) Name() string { return t.name }

// TargetName returns name@version or name@alias.
func (ks *Keyspace) TargetName(t Target) string {
	if a := ks.code.Load().aliases[t.alias]; a != nil {
		return a.FullName()
	}
	return t.name + "@" + t.code.String()
}

// versions returns the versions that t may run, the usual one first.
func (t Target) versions(codes *codeTable) (all []*Code) {
	ids := []CodeID{t.code}
	if a := codes.aliases[t.alias]; a != nil {
		ids = []CodeID{a.Version}
		if a.Share > 0 {
			ids = append(ids, a.Candidate)
		}
	}
	for _, id := range ids {
		if c := codes.byID[id]; c != nil {
			all = append(all, c)
		}
	}
	return all
}

// resolve returns the version that key runs, nil if it is not loaded, and the alias if that tries it.
func (t *codeTable) resolve(code CodeID, alias AliasID, key []byte) (c *Code, tries *Alias) {
	if alias == (AliasID{}) {
		return t.byID[code], nil
	}
	a := t.aliases[alias]
	if a == nil {
		return nil, nil
	}
	id := a.versionFor(key)
	if a.Share > 0 && id == a.Candidate {
		tries = a
	}
	return t.byID[id], tries
}

func (l *effectLog) target(t *Target) {
	l.bytes([]byte(t.name))
	l.buf = append(l.buf, t.code[:]...)
	l.buf = append(l.buf, t.alias[:]...)
}

func (d *decoder) target() Target {
	return Target{name: string(d.bytes()), code: d.codeID(), alias: AliasID(d.codeID())}
}
