package aso

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// commonClock is the time of keyspaces whose contents are compared: nothing in them expires meanwhile.
const commonClock = 1_000_000

func newCommon(log Committer) *Keyspace {
	ks := New(Options{Databases: 2, Limits: tinyLimits(), Now: func() int64 { return commonClock }, Committer: log})
	if err := ks.SetSecretKey(bytes.Repeat([]byte{7}, 32)); err != nil {
		panic(err)
	}
	return ks
}

// loadCommon returns a keyspace made of the chunks of a snapshot and of units.
func loadCommon(t rapid.TB, chunks []chunk, units [][]byte) *Keyspace {
	t.Helper()
	ks := newCommon(nil)
	l := ks.NewLoader()
	for _, c := range chunks {
		must(t, l.Chunk(c.seq, slices.Clone(c.data)))
	}
	for i, unit := range units {
		must(t, l.Unit(uint64(i+1), slices.Clone(unit)))
	}
	l.Close()
	return ks
}

// contents returns all that a keyspace has besides values: what belongs to no key, and what waits in slots.
func contents(ks *Keyspace) (lines []string) {
	_, code := ks.captureCode()
	lines = append(lines, fmt.Sprintf("%q", code))
	tx := ks.Begin(allLocks())
	defer tx.Commit()
	tx.Start(0)
	lines = append(lines, contentsOf(tx))
	lines = append(lines, mailText(tx)...)
	for part := range ks.parts {
		for db, d := range ks.parts[part].dbs {
			if d != nil {
				d.tail.from(0, func(e *feedEntry) bool {
					lines = append(lines, fmt.Sprintf("%d %d %s %q", db, e.id, e.feed, e.pairs))
					return true
				})
			}
		}
		for _, l := range ks.parts[part].dead.list {
			lines = append(lines, l.Kind.String(), fmt.Sprintf("%+v", *l))
		}
	}
	for db := range ks.Databases() {
		tx.Select(db)
		tx.Keys(func(key []byte, _ Kind) {
			e := tx.find(key)
			lines = append(lines, fmt.Sprintf("%d %q %x", db, key, tx.record(&e).active()))
		})
	}
	slices.Sort(lines[1:])
	return lines
}

// comesBack fails unless a snapshot of ks makes the same keyspace.
func comesBack(t rapid.TB, ks *Keyspace) {
	t.Helper()
	chunks, err := takeSnapshot(ks, func(bool) {})
	must(t, err)
	sameContents(t, loadCommon(t, chunks, nil), ks)
}

func sameContents(t rapid.TB, got, want *Keyspace) {
	t.Helper()
	a, b := contents(got), contents(want)
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			t.Fatalf("there is\n%q\nwhere there was\n%q", a[min(i, len(a)):], b[min(i, len(b)):])
		}
	}
}

// commonChange makes a random change of what belongs to no key, and of what waits. Most are accepted.
func commonChange(t *rapid.T, tx *Tx) {
	text := rapid.SampledFrom([]string{"a", "h", "*", "k*", "a b", "\x00", "\xff\r\n", "longer than others"})
	texts := rapid.SliceOfN(text, 0, 3)
	number := rapid.SampledFrom([]int64{0, 1, 7, 1000, MaxLimitWindow})
	switch rapid.IntRange(0, 15).Draw(t, "change") {
	case 0:
		_, _ = tx.LoadCode([]byte("#!lua name="+rapid.SampledFrom([]string{"h", "g"}).Draw(t, "name")+"\nlocal x = "+fmt.Sprint(number.Draw(t, "x"))+"\nfunction onGet(self, ev) end"), text.Draw(t, "user"))
	case 1:
		if c, err := tx.ks.Code("h"); err == nil {
			_ = tx.SetAlias(text.Draw(t, "alias"), c, Share(number.Draw(t, "share")%100), Share(number.Draw(t, "stop on")%100))
		}
	case 2:
		_, _ = tx.DeleteAlias("h", text.Draw(t, "alias"))
	case 3, 4:
		if target, err := tx.ks.Target("h"); err == nil {
			_ = tx.SetRule(Rule{
				ID: text.Draw(t, "id"), Glob: text.Draw(t, "glob"), Target: target, Order: number.Draw(t, "order"), Observe: rapid.Bool().Draw(t, "observe"),
				Kind: rapid.SampledFrom([]Kind{KindNone, KindString, KindStream}).Draw(t, "kind"), Events: Handlers(number.Draw(t, "events") & 15),
			}, map[string]string{})
		}
	case 5:
		tx.DeleteRule(text.Draw(t, "id"))
	case 6:
		_ = tx.SetGrant(Grant{Handler: text.Draw(t, "handler"), Send: texts.Draw(t, "send"), Channels: texts.Draw(t, "channels"), Secrets: texts.Draw(t, "secrets"), Keys: texts.Draw(t, "keys")})
	case 7:
		tx.DeleteGrant(text.Draw(t, "handler"))
	case 8:
		until := number.Draw(t, "until")
		if until > 0 {
			until += commonClock
		}
		_ = tx.SetSecret(text.Draw(t, "secret"), []byte(text.Draw(t, "value")), text.Draw(t, "by"), until)
	case 9:
		tx.DeleteSecret(text.Draw(t, "secret"))
	case 10:
		_ = tx.SetLimit(Limit{Scope: Scope(rapid.IntRange(0, int(scopeCount)-1).Draw(t, "scope")), Name: text.Draw(t, "of"), Fuel: number.Draw(t, "fuel"), Runs: number.Draw(t, "runs"), Window: 1 + number.Draw(t, "window")/2})
	case 11:
		tx.KeepScript([]byte(text.Draw(t, "script")))
	case 12:
		_ = tx.CreateFeed(Feed{Name: text.Draw(t, "feed"), Glob: text.Draw(t, "glob"), Events: FeedEvents(number.Draw(t, "events") & 127), MaxLen: number.Draw(t, "max"), Old: true, New: rapid.Bool().Draw(t, "new")})
	case 13:
		_, _, _ = tx.Send(Message{To: text.Draw(t, "to"), Name: text.Draw(t, "message"), Payload: []byte{0}, There: true, Dedup: text.Draw(t, "dedup"), Due: commonClock + number.Draw(t, "due"), Delayed: true, Hops: 1})
	case 14:
		tx.deadLetter(&DeadLetter{Kind: DeadKind(rapid.IntRange(1, len(deadKinds)-1).Draw(t, "kind")), Key: text.Draw(t, "key"), Name: text.Draw(t, "name"), Error: text.Draw(t, "error"), Data: []byte(text.Draw(t, "data"))})
	case 15:
		_ = tx.SetString([]byte(text.Draw(t, "key")), []byte(text.Draw(t, "value")), 0)
	}
}

// Rules, aliases, grants, secrets, limits, feeds, scripts, messages, tickets, dead letters and entries of feeds are changed at random; what is taken back leaves
// nothing. The journal makes the same of them, and so does a snapshot, of whichever keyspace.
func TestCommonEffectsComeBackAsTheyWere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := &recorder{}
		ks := newCommon(log)
		for range rapid.IntRange(1, 20).Draw(t, "units") {
			tx := ks.Begin(allLocks())
			tx.Start(rapid.IntRange(0, 1).Draw(t, "db"))
			before := contentsOf(tx)
			m := tx.Mark()
			commonChange(t, tx)
			if rapid.IntRange(0, 3).Draw(t, "take back") == 0 {
				must(t, tx.Rollback(m))
				if after := contentsOf(tx); after != before {
					tx.Commit()
					t.Fatalf("taken back: %s\nwas %s", after, before)
				}
			} else {
				tx.Release(m)
			}
			must(t, tx.End())
			tx.Commit()
		}
		loaded := loadCommon(t, nil, log.units)
		sameContents(t, loaded, ks)
		comesBack(t, ks)
		comesBack(t, loaded)
	})
}

// contentsOf tells what a running Tx sees of what belongs to no key.
func contentsOf(tx *Tx) string {
	ks := tx.ks
	var b strings.Builder
	for _, c := range ks.Codes() {
		fmt.Fprint(&b, c.Name(), c.LoadedAt, c.LoadedBy, c.Shipped(), "; ")
	}
	for _, a := range ks.Aliases() {
		fmt.Fprint(&b, a.FullName(), a.Version, a.id, "; ")
	}
	ks.Rules(func(r *Rule) bool {
		fmt.Fprintf(&b, "%+v; ", *r)
		return true
	})
	for _, s := range ks.Secrets() {
		fmt.Fprintf(&b, "%+v; ", *s)
	}
	for _, g := range ks.Grants() {
		fmt.Fprintf(&b, "%q; ", *g)
	}
	for _, f := range ks.Feeds() {
		fmt.Fprint(&b, f.Name, f.Glob, f.DB, f.Events, f.MaxLen, f.All, f.Old, f.New, "; ")
	}
	fmt.Fprint(&b, ks.BudgetLimits(), *ks.scripts.Load(), mailText(tx), ks.DeadCount())
	return b.String()
}

// FuzzCommonEffects loads units that nobody wrote. They are refused, or what they make comes back from a snapshot of it.
func FuzzCommonEffects(f *testing.F) {
	log := &recorder{}
	ks := newCommon(log)
	change := func(fn func(tx *Tx)) {
		tx := ks.Begin(allLocks())
		tx.Start(0)
		fn(tx)
		_ = tx.End()
		tx.Commit()
	}
	change(func(tx *Tx) {
		c, err := tx.LoadCode([]byte("#!lua name=h\nfunction onGet(self, ev) end"), "user")
		if err != nil {
			f.Fatal(err)
		}
		_ = tx.SetAlias("live", c, 0, 0)
		target, _ := ks.Target("h@live")
		_ = tx.SetRule(Rule{ID: "r", Glob: "a*", Target: target, Kind: KindHash, Events: 3, Order: -1}, map[string]string{})
	})
	change(func(tx *Tx) { _ = tx.SetGrant(Grant{Handler: "h", Send: []string{"a*"}, Keys: []string{"b", "c"}}) })
	change(func(tx *Tx) {
		_ = tx.SetSecret("s", []byte("v"), "u", 0)
		_ = tx.SetSecret("t", []byte("v"), "u", 2*commonClock)
	})
	change(func(tx *Tx) {
		_ = tx.SetLimit(Limit{Scope: ScopePrefix, Name: "a*", Fuel: 1, Runs: 2, Time: 3, Window: 1000})
	})
	change(func(tx *Tx) {
		_ = tx.CreateFeed(Feed{Name: "f", Glob: "*", Old: true, New: true, MaxLen: 9, Events: FeedPut})
	})
	change(func(tx *Tx) { _ = tx.SetString([]byte("k"), []byte("v"), 0) })
	change(func(tx *Tx) {
		tx.KeepScript([]byte("return 1"))
		_, _, _ = tx.Send(Message{To: "k", Name: "m", Payload: []byte{0}, There: true, Dedup: "d", Due: 5, Hops: 1})
		_, _, _ = tx.Send(Message{From: "k", To: "l", Name: "m", Payload: []byte{0}, ReplyAs: "r", Due: 5, Hops: 1})
		tx.deadLetter(&DeadLetter{Kind: DeadMessage, Key: "k", Name: "m", Error: "e", Data: []byte("d")})
	})
	for _, unit := range log.units {
		f.Add(unit)
	}
	f.Add(bytes.Join(log.units, nil))
	f.Fuzz(func(t *testing.T, unit []byte) {
		ks := newCommon(nil)
		l := ks.NewLoader()
		err := l.Unit(1, unit)
		l.Close()
		if err == nil {
			comesBack(t, ks)
		}
	})
}

// What an effect says must be what the API accepts: else a feed or a limit would do what nobody can ask for.
func TestEffectsThatNobodyWroteAreRefused(t *testing.T) {
	for what, write := range map[string]func(l *effectLog){
		"a limit of more time than there is":  func(l *effectLog) { l.limit(&Limit{Name: "a", Time: 1 << 61, Window: 1}) },
		"a limit of less than nothing":        func(l *effectLog) { l.limit(&Limit{Name: "a", Runs: -1, Window: 1}) },
		"a limit of another scope":            func(l *effectLog) { l.limit(&Limit{Name: "a", Scope: scopeCount, Runs: 1, Window: 1}) },
		"a feed of unknown events":            func(l *effectLog) { l.feed("f", &Feed{Glob: "*", Events: 1 << 15}) },
		"a feed that is trimmed to below 0":   func(l *effectLog) { l.feed("f", &Feed{Glob: "*", MaxLen: -1}) },
		"a feed of feeds":                     func(l *effectLog) { l.feed("f", &Feed{Glob: feedPrefix + "*"}) },
		"a feed of a database that is not":    func(l *effectLog) { l.feed("f", &Feed{Glob: "*", DB: 99}) },
		"a feed without a name":               func(l *effectLog) { l.feed("", &Feed{Glob: "*"}) },
		"a rule of events that no rule names": func(l *effectLog) { l.rule("r", &Rule{Glob: "*", Events: 1 << 14}) },
		"a grant with more lists":             func(l *effectLog) { l.op(opGrant); l.text("h"); l.op(9) },
	} {
		var log effectLog
		write(&log)
		l := newCommon(nil).NewLoader()
		if err := l.Unit(1, log.buf); err == nil {
			t.Errorf("%s is accepted", what)
		}
		l.Close()
	}
}

// TestCommonEffectsHoldReplies changes what belongs to no object: whoever replies later waits for that, and a snapshot that shows it says so.
func TestCommonEffectsHoldReplies(t *testing.T) {
	log := &recorder{}
	ks := newCommon(log)
	for i, change := range []func(tx *Tx) error{
		func(tx *Tx) error { return tx.SetString([]byte("k"), []byte("v"), 0) },
		func(tx *Tx) error { return tx.SetGrant(Grant{Handler: "h"}) },
		func(tx *Tx) error { return tx.SetSecret("s", []byte("text"), "u", 0) },
		func(tx *Tx) error {
			_, err := tx.LoadCode([]byte("#!lua name=h\nfunction onGet() end"), "u")
			return err
		},
	} {
		tx := ks.Begin(allLocks())
		must(t, change(tx))
		must(t, tx.End())
		tx.Commit()
		if i == 0 {
			continue
		}
		var locks Locks
		locks.Add([]byte("other"))
		if gate := ks.Begin(&locks).Commit(); gate != uint64(len(log.units)) {
			t.Errorf("change %d: a reply on another key waits for unit %d of %d", i, gate, len(log.units))
		}
		var last uint64
		must(t, ks.Snapshot(t.Context(), func(seq uint64, _ []byte) error { last = seq; return nil }))
		if last != uint64(len(log.units)) {
			t.Errorf("change %d: the chunk says unit %d of %d", i, last, len(log.units))
		}
	}
}
