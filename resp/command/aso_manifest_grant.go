package command

import (
	"slices"

	"comet/aso"
)

// manifestGrant is a grant as ASO.GRANT makes it. A list that is not there leaves that to the default.
type manifestGrant struct {
	Handler  string   `json:"handler"`
	Send     []string `json:"send,omitempty"`
	Channels []string `json:"channels,omitempty"`
	Secrets  []string `json:"secrets,omitempty"`
	Keys     []string `json:"keys,omitempty"`
	Base64   bool     `json:"base64,omitempty"` // all of it is: not all of it is UTF-8
}

const errEmptyGrant = aso.Error("ERR an empty list of a grant: leave it out for the default")

func manifestGrantOf(g *aso.Grant) manifestGrant {
	m := manifestGrant{
		Handler: g.Handler, Send: slices.Clone(g.Send), Channels: slices.Clone(g.Channels), Secrets: slices.Clone(g.Secrets), Keys: slices.Clone(g.Keys),
	}
	m.Base64 = encodeTexts(m.texts()...)
	return m
}

// lists returns the lists of what is granted.
func (m *manifestGrant) lists() [][]string { return [][]string{m.Send, m.Channels, m.Secrets, m.Keys} }

// texts returns all that is text in the grant.
func (m *manifestGrant) texts() []*string {
	texts := []*string{&m.Handler}
	for _, list := range m.lists() {
		for i := range list {
			texts = append(texts, &list[i])
		}
	}
	return texts
}

func (m *manifestGrant) grant() (*aso.Grant, error) {
	if slices.ContainsFunc(m.lists(), func(list []string) bool { return list != nil && len(list) == 0 }) {
		return nil, errEmptyGrant
	}
	if err := decodeTexts(m.Base64, m.texts()...); err != nil {
		return nil, err
	}
	return &aso.Grant{Handler: m.Handler, Send: m.Send, Channels: m.Channels, Secrets: m.Secrets, Keys: m.Keys}, nil
}

// grants makes the grants what the manifest says.
func (a *applying) grants() error {
	want, err := converted(a.m.Grants, (*manifestGrant).grant)
	if err != nil {
		return err
	}
	list := manifestList[aso.Grant]{
		what: "grant", given: a.m.Grants != nil, want: want, have: a.c.Server.ks.Grants(),
		name: func(g *aso.Grant) string { return g.Handler },
		line: func(g *aso.Grant) []byte { return asJSON(manifestGrantOf(g), "") },
		set:  func(g *aso.Grant, _ bool) error { return a.c.Tx.SetGrant(*g) },
		del:  func(g *aso.Grant) error { a.c.Tx.DeleteGrant(g.Handler); return nil },
	}
	return list.apply(a)
}
