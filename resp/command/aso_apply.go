package command

import (
	"bytes"

	"comet/aso"
)

var manifestCommands = family{
	"aso.apply":  {run: asoApply, access: accessAll},
	"aso.export": {run: asoExport, access: accessAll},
}

// applying makes a server what a manifest says, all or nothing, and notes what it changes.
type applying struct {
	c    *Call
	m    *manifest
	diff []string
}

// asoApply replies with what it changed, or with DRYRUN would change, a line each.
func asoApply(c *Call) error {
	dry := len(c.Args) == 3 && c.Is(2, "DRYRUN")
	if len(c.Args) > 2 && !dry {
		return errSyntax
	}
	m, err := parseManifest(c.Arg(1))
	if err != nil {
		return err
	}
	a := applying{c: c, m: &m}
	mark := c.Tx.Mark()
	err = a.run()
	if err == nil && !dry {
		c.Tx.Release(mark)
	} else if rollbackErr := c.Tx.Rollback(mark); rollbackErr != nil {
		return rollbackErr
	}
	if err != nil {
		return err
	}
	c.Reply.Array(len(a.diff))
	for _, line := range a.diff {
		c.Reply.BulkString(line)
	}
	return nil
}

func (a *applying) run() error {
	for _, step := range []func() error{
		a.secrets, a.once, a.handlers, a.aliases, a.rules, a.pruneRules, a.pruneAliases, a.limits, a.grants, a.feeds,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

func (a *applying) note(line string) { a.diff = append(a.diff, line) }

// once returns an error if the manifest has an alias or a rule twice: which of the two holds would depend on what was there.
func (a *applying) once() error {
	seen := map[string]bool{}
	for i := range a.m.Aliases {
		name := a.m.Aliases[i].Name + "@" + a.m.Aliases[i].Alias
		if seen[name] {
			return errTwice("alias", name)
		}
		seen[name] = true
	}
	clear(seen)
	for i := range a.m.Rules {
		id := a.m.Rules[i].ID
		if err := decodeTexts(a.m.Rules[i].Base64, &id); err != nil {
			return err
		}
		if seen[id] {
			return errTwice("rule", id)
		}
		seen[id] = true
	}
	return nil
}

// handlers loads the versions, and makes the last one of each name its latest.
func (a *applying) handlers() error {
	latest := map[string]*aso.Code{}
	var names []string
	for i := range a.m.Handlers {
		code, err := a.handler(&a.m.Handlers[i])
		if err != nil {
			return err
		}
		name := code.Program.Name()
		if latest[name] == nil {
			names = append(names, name)
		}
		latest[name] = code
	}
	for _, name := range names {
		if a.listsLatest(name) {
			continue
		}
		if err := a.alias(&manifestAlias{Name: name, Alias: aso.Latest, Version: latest[name].ID.String()}); err != nil {
			return err
		}
	}
	return nil
}

// listsLatest reports whether the manifest has the alias latest of a handler.
func (a *applying) listsLatest(name string) bool {
	for i := range a.m.Aliases {
		if m := &a.m.Aliases[i]; m.Name == name && m.Alias == aso.Latest {
			return true
		}
	}
	return false
}

func (a *applying) handler(m *manifestHandler) (*aso.Code, error) {
	if m.Source == "" {
		return a.c.Server.ks.Code(m.Name + "@" + m.Version)
	}
	source, err := m.source()
	if err != nil {
		return nil, err
	}
	before := len(a.c.Server.ks.Codes())
	code, err := a.c.Tx.LoadCode(source, a.c.userName())
	if err != nil {
		return nil, err
	}
	if len(a.c.Server.ks.Codes()) > before {
		a.note("+ handler " + code.Name())
	}
	return code, nil
}

func (a *applying) aliases() error {
	for i := range a.m.Aliases {
		if err := a.alias(&a.m.Aliases[i]); err != nil {
			return err
		}
	}
	return nil
}

// alias makes one alias what the manifest says. A candidate that was stopped is not tried again: the manifest is older than its failure.
func (a *applying) alias(m *manifestAlias) error {
	ks, tx := a.c.Server.ks, a.c.Tx
	ref := m.Name
	if m.Version != "" {
		ref += "@" + m.Version
	}
	code, err := ks.Code(ref)
	if err != nil {
		return err
	}
	share, stopOn, err := m.shares()
	if err != nil {
		return err
	}
	old := ks.Alias(m.Name, m.Alias)
	if old == nil || old.Version != code.ID || old.Share > 0 && m.Candidate == "" {
		if err := tx.SetAlias(m.Alias, code, 0, 0); err != nil {
			return err
		}
		a.noteAlias(old, m)
	}
	if m.Candidate == "" || old != nil && old.Stopped.At != 0 && old.Stopped.Version.String() == m.Candidate {
		return nil
	}
	candidate, err := ks.Code(m.Name + "@" + m.Candidate)
	if err != nil {
		return err
	}
	if now := ks.Alias(m.Name, m.Alias); candidate.ID != now.Version && (now.Candidate != candidate.ID || now.Share != share || now.StopOn != stopOn) {
		if err := tx.SetAlias(m.Alias, candidate, share, stopOn); err != nil {
			return err
		}
		a.note("~ alias " + now.FullName() + " tries " + m.Candidate)
	}
	return nil
}

// shares returns the percentages of a candidate.
func (m *manifestAlias) shares() (share, stopOn aso.Share, err error) {
	share = aso.Whole
	if m.Canary != 0 {
		share, err = shareOf(m.Canary)
	}
	if m.StopOn != 0 && err == nil {
		stopOn, err = shareOf(m.StopOn)
	}
	return share, stopOn, err
}

// noteAlias notes that an alias, old before, has changed, unless loading has done that.
func (a *applying) noteAlias(old *aso.Alias, m *manifestAlias) {
	now := a.c.Server.ks.Alias(m.Name, m.Alias)
	if old == nil {
		a.note("+ alias " + now.FullName() + " " + now.Version.String())
		return
	}
	a.note("~ alias " + now.FullName() + " " + old.Version.String() + " -> " + now.Version.String())
}

func (a *applying) rules() error {
	ks, tx := a.c.Server.ks, a.c.Tx
	for i := range a.m.Rules {
		rule, params, err := a.m.Rules[i].rule(ks)
		if err != nil {
			return err
		}
		next := manifestOf(ks, &rule, params)
		text := asJSON(&next, "")
		old := ks.Rule(rule.ID)
		line := "+ rule " + string(text)
		if old != nil {
			was := manifestOf(ks, old, old.Params())
			before := asJSON(&was, "")
			if bytes.Equal(before, text) {
				continue
			}
			line = "~ rule " + string(before) + " -> " + string(text)
		}
		if err := tx.SetRule(rule, params); err != nil {
			return err
		}
		a.note(line)
	}
	return nil
}

// pruneRules removes the rules that the manifest does not list, if it asks for that.
func (a *applying) pruneRules() error {
	if !a.m.Prune || a.m.Rules == nil {
		return nil
	}
	ks, tx := a.c.Server.ks, a.c.Tx
	listed := map[string]bool{}
	for i := range a.m.Rules {
		rule, _, err := a.m.Rules[i].rule(ks)
		if err != nil {
			return err
		}
		listed[rule.ID] = true
	}
	ks.Rules(func(r *aso.Rule) bool {
		if !listed[r.ID] && tx.DeleteRule(r.ID) {
			m := manifestOf(ks, r, r.Params())
			a.note("- rule " + string(asJSON(&m, "")))
		}
		return true
	})
	return nil
}

// pruneAliases removes the aliases that the manifest does not list, if it asks for that.
func (a *applying) pruneAliases() error {
	if !a.m.Prune || a.m.Aliases == nil {
		return nil
	}
	ks, tx := a.c.Server.ks, a.c.Tx
	listed := map[string]bool{}
	for i := range a.m.Aliases {
		listed[a.m.Aliases[i].Name+"@"+a.m.Aliases[i].Alias] = true
	}
	for _, alias := range ks.Aliases() {
		if listed[alias.FullName()] || alias.Alias == aso.Latest {
			continue
		}
		if _, err := tx.DeleteAlias(alias.Name, alias.Alias); err != nil {
			return err
		}
		a.note("- alias " + alias.FullName() + " " + alias.Version.String())
	}
	return nil
}
