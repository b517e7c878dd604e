package command

import (
	"encoding/base64"
	"unicode/utf8"

	"comet/aso"
)

// asoExport replies with a manifest of all code, aliases and rules.
func asoExport(c *Call) error {
	ks := c.Server.ks
	m := manifest{Handlers: exportHandlers(ks), Aliases: []manifestAlias{}, Rules: []manifestRule{}}
	for _, a := range ks.Aliases() {
		if a.Alias != aso.Latest || a.Share > 0 { // else it is the last handler of its name
			m.Aliases = append(m.Aliases, exportAlias(a))
		}
	}
	ks.Rules(func(r *aso.Rule) bool {
		m.Rules = append(m.Rules, manifestOf(ks, r, r.Params()))
		return true
	})
	c.Reply.Bulk(asJSON(&m, "  "))
	return nil
}

// exportHandlers returns all versions that did not come with the server, the latest of a name as its last one.
func exportHandlers(ks *aso.Keyspace) []manifestHandler {
	var order []string // of the names
	versions := map[string][]*aso.Code{}
	for _, code := range ks.Codes() {
		name := code.Program.Name()
		if versions[name] == nil {
			order = append(order, name)
		}
		versions[name] = append(versions[name], code)
	}
	handlers := []manifestHandler{}
	for _, name := range order {
		latest, err := ks.Code(name)
		if err != nil || len(versions[name]) == 1 && latest.Shipped() {
			continue
		}
		for _, code := range append(versions[name], latest) {
			if code != latest {
				handlers = append(handlers, exportHandler(code))
			}
		}
		handlers = append(handlers, exportHandler(latest))
	}
	return handlers
}

func exportHandler(code *aso.Code) manifestHandler {
	source := code.Program.Source()
	switch {
	case code.Shipped():
		return manifestHandler{Name: code.Program.Name(), Version: code.ID.String()}
	case utf8.Valid(source):
		return manifestHandler{Source: string(source)}
	}
	return manifestHandler{Source: base64.StdEncoding.EncodeToString(source), Base64: true}
}

func exportAlias(a *aso.Alias) manifestAlias {
	m := manifestAlias{Name: a.Name, Alias: a.Alias, Version: a.Version.String()}
	if a.Share > 0 {
		m.Candidate, m.Canary, m.StopOn = a.Candidate.String(), percentOf(a.Share), percentOf(a.StopOn)
	}
	return m
}
