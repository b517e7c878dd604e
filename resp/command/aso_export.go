package command

import "comet/aso"

// asoExport replies with a manifest of all that there is.
func asoExport(c *Call) error {
	ks := c.Server.ks
	m := manifest{
		Handlers: exportHandlers(ks), Aliases: []manifestAlias{}, Rules: []manifestRule{}, Limits: []manifestLimit{}, Grants: []manifestGrant{}, Feeds: []manifestFeed{},
		Secrets: exportSecrets(ks),
	}
	for _, a := range ks.Aliases() {
		if a.Alias != aso.Latest || a.Share > 0 { // else it is the last handler of its name
			m.Aliases = append(m.Aliases, exportAlias(a))
		}
	}
	ks.Rules(func(r *aso.Rule) bool {
		m.Rules = append(m.Rules, manifestOf(ks, r, r.Params()))
		return true
	})
	for _, l := range exportLimits(ks) {
		m.Limits = append(m.Limits, manifestLimitOf(l))
	}
	for _, g := range ks.Grants() {
		m.Grants = append(m.Grants, manifestGrantOf(g))
	}
	for _, f := range ks.Feeds() {
		m.Feeds = append(m.Feeds, manifestFeedOf(f))
	}
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
	if code.Shipped() {
		return manifestHandler{Name: code.Program.Name(), Version: code.ID.String()}
	}
	m := manifestHandler{Source: string(code.Program.Source())}
	m.Base64 = encodeTexts(&m.Source)
	return m
}

func exportAlias(a *aso.Alias) manifestAlias {
	m := manifestAlias{Name: a.Name, Alias: a.Alias, Version: a.Version.String()}
	if a.Share > 0 {
		m.Candidate, m.Canary, m.StopOn = a.Candidate.String(), percentOf(a.Share), percentOf(a.StopOn)
	}
	return m
}
