package command

import (
	"comet/aso"
)

// manifestFeed is a feed as ASO.FEED CREATE makes it. Its stream is data and no part of it.
type manifestFeed struct {
	Name   string   `json:"name"`
	Glob   string   `json:"glob"`
	DB     int      `json:"db,omitempty"`
	All    bool     `json:"all,omitempty"` // the keys of all databases
	Events []string `json:"events,omitempty"`
	MaxLen int64    `json:"maxlen,omitempty"`
	Old    bool     `json:"old,omitempty"`
	New    bool     `json:"new,omitempty"`
	Base64 bool     `json:"base64,omitempty"` // Name and Glob are: not both are UTF-8
}

func manifestFeedOf(f *aso.Feed) manifestFeed {
	m := manifestFeed{Name: f.Name, Glob: f.Glob, DB: f.DB, All: f.All, Events: f.Events.Names(), MaxLen: f.MaxLen, Old: f.Old, New: f.New}
	m.Base64 = encodeTexts(&m.Name, &m.Glob)
	return m
}

func (m *manifestFeed) feed() (*aso.Feed, error) {
	f := &aso.Feed{Name: m.Name, Glob: m.Glob, DB: m.DB, All: m.All, MaxLen: m.MaxLen, Old: m.Old, New: m.New}
	for _, name := range m.Events {
		event := aso.FeedEventNamed(name)
		if event == 0 {
			return nil, aso.Failure("ERR", "unknown event "+name)
		}
		f.Events |= event
	}
	if m.MaxLen < 0 || m.MaxLen > maxFeedLen {
		return nil, errNotInteger
	}
	return f, decodeTexts(m.Base64, &f.Name, &f.Glob)
}

// feeds makes the feeds what the manifest says. One that changes keeps its stream; one that is pruned takes it along.
func (a *applying) feeds() error {
	want, err := converted(a.m.Feeds, (*manifestFeed).feed)
	if err != nil {
		return err
	}
	list := manifestList[aso.Feed]{
		what: "feed", given: a.m.Feeds != nil, want: want, have: a.c.Server.ks.Feeds(),
		name: func(f *aso.Feed) string { return f.Name },
		line: func(f *aso.Feed) []byte { return asJSON(manifestFeedOf(f), "") },
		set: func(f *aso.Feed, there bool) error {
			return a.inDB(f.DB, func() error {
				if there {
					return a.c.Tx.ChangeFeed(*f)
				}
				return a.c.Tx.CreateFeed(*f)
			})
		},
		del: func(f *aso.Feed) error {
			return a.inDB(f.DB, func() error { _, err := a.c.Tx.DeleteFeed(f.Name); return err })
		},
	}
	return list.apply(a)
}

// inDB runs fn with a database selected.
func (a *applying) inDB(db int, fn func() error) error {
	if db < 0 || db >= a.c.Server.ks.Databases() {
		return errDBIndex
	}
	selected := a.c.Tx.DB()
	defer a.c.Tx.Select(selected)
	a.c.Tx.Select(db)
	return fn()
}
