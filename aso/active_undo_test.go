package aso

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// randomChange changes one of a few objects of all kinds, packed or large.
func randomChange(t *rapid.T, tx *Tx) {
	n := rapid.IntRange(0, 30).Draw(t, "n")
	item := fmt.Appendf(nil, "item-%d", n)
	key := []byte(rapid.SampledFrom([]string{"s", "h", "l", "m", "z"}).Draw(t, "key"))
	var err error
	switch rapid.IntRange(0, 12).Draw(t, "change") {
	case 0:
		tx.Delete(key)
	case 1:
		err = tx.SetDeadline(key, tx.now+int64(1000+n))
	case 2:
		err = tx.SetString(key, []byte(strings.Repeat("x", n*3)), KeepDeadline)
	case 3:
		_, err = tx.SetTimer(key, Timer{Name: string(item), At: tx.now + 5000}, TimerAlways)
	case 4:
		_, err = tx.Attach(key, Attachment{Target: someTarget(t, tx)}, nil)
	case 5:
		_, err = tx.Detach(key, "", n%2 == 0)
	case 6:
		err = changeCode(t, tx, n)
	default:
		err = changeItem(tx, key, item, n)
	}
	if err != nil && err != ErrWrongType {
		t.Fatal(err)
	}
	must(t, tx.EndCommand())
}

// someTarget returns a version or an alias of the handler h.
func someTarget(t *rapid.T, tx *Tx) Target {
	refs := []string{"h@latest"}
	for _, c := range tx.ks.Codes() {
		refs = append(refs, c.Name())
	}
	if tx.ks.Alias("h", "live") != nil {
		refs = append(refs, "h@live")
	}
	target, err := tx.ks.Target(rapid.SampledFrom(refs).Draw(t, "target"))
	must(t, err)
	return target
}

// changeCode changes aliases, rules or what is loaded.
func changeCode(t *rapid.T, tx *Tx, n int) (err error) {
	codes := tx.ks.Codes()
	c := codes[n%len(codes)]
	switch rapid.IntRange(0, 5).Draw(t, "code") {
	case 0:
		_, err = tx.LoadCode(fmt.Appendf(nil, "#!lua name=h\n-- %d\nfunction onGet(self, ev) end", n%4), "someone")
	case 1:
		err = tx.SetAlias("live", c, 0, 0)
	case 2:
		_, err = tx.RollbackAlias("h", Latest)
	case 3:
		err = tx.SetRule(Rule{ID: "r", Glob: "a*", Target: someTarget(t, tx)}, nil)
	case 4:
		tx.DeleteRule("r")
	case 5:
		if len(codes) > 1 {
			_, err = tx.DropCode(c.Name())
		}
	}
	if _, refused := err.(Error); refused {
		return nil // it is in use, or there is no version before
	}
	return err
}

// codeOf tells what is loaded, which aliases and which rules there are.
func codeOf(ks *Keyspace) string {
	var log effectLog
	for _, c := range ks.Codes() {
		log.code(c)
	}
	for _, a := range ks.Aliases() {
		log.alias(a, false)
	}
	ks.Rules(func(r *Rule) bool { log.rule(r.ID, r); return true })
	return string(log.buf)
}

// changeItem adds item n to the collection that key names, or takes it away.
func changeItem(tx *Tx, key, item []byte, n int) error {
	switch key[0] {
	case 'h':
		h, err := tx.Hash(key)
		if err == nil && n%3 > 0 {
			h.Set(item, item)
		} else if err == nil {
			h.Delete(item)
		}
		return err
	case 'm':
		m, err := tx.Set(key)
		if err == nil && n%3 > 0 {
			m.Add(item)
		} else if err == nil {
			m.Remove(item)
		}
		return err
	case 'z':
		z, err := tx.ZSet(key)
		if err == nil && n%3 > 0 {
			z.Set(item, float64(n))
		} else if err == nil {
			z.Delete(item)
		}
		return err
	case 'l':
		l, err := tx.List(key)
		if err == nil && (n%3 > 0 || l.Len() == 0) {
			l.PushBack(item)
		} else if err == nil {
			l.RemoveAt(n%l.Len(), 1)
		}
		return err
	}
	_, err := tx.Splice(key, n*4, item)
	return err
}

// TestObjectsAreRevertedAlone reverts one object, or the values of all, and compares with what was before; the journal makes the same.
func TestObjectsAreRevertedAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := &recorder{}
		w := newWorld(log)
		tx := w.begin()
		_, err := tx.LoadCode([]byte("#!lua name=h\nfunction onPut(self, ev) end"), "")
		must(t, err)
		change := func(label string) {
			for range rapid.IntRange(0, 12).Draw(t, label) {
				randomChange(t, tx)
			}
		}
		change("before")
		before, sections, code := stateOf(tx), sectionsOf(tx), codeOf(w.ks)
		begin := tx.Mark()
		change("since")
		after, left := stateOf(tx), sectionsOf(tx)
		k := dbKey{tx.db, rapid.SampledFrom([]string{"s", "h", "l", "m", "z"}).Draw(t, "reverted")}
		switch rapid.IntRange(0, 3).Draw(t, "how") {
		case 0:
			must(t, tx.Revert(begin, []byte(k.key)))
			after.copyFrom(before, k)
			left[k.key] = sections[k.key]
		case 1:
			must(t, tx.RevertValue(begin, []byte(k.key)))
			after.copyFrom(before, k)
			if left[k.key] == "" {
				left[k.key] = sections[k.key]
			}
		case 2:
			_, err := tx.TakeBack(begin)
			must(t, err)
			after, left = before, sections
		case 3:
			must(t, tx.Rollback(begin))
			begin = tx.Mark()
			after, left = before, sections
			if codeOf(w.ks) != code {
				t.Fatalf("code %q, want %q", codeOf(w.ks), code)
			}
		}
		if d := stateOf(tx).diff(after); d != "" {
			t.Fatal(d)
		}
		if err := countedUsers(w.ks); err != nil {
			t.Fatal(err)
		}
		if got := sectionsOf(tx); fmt.Sprint(got) != fmt.Sprint(left) {
			t.Fatalf("sections %q, want %q", got, left)
		}
		change("then")
		if rapid.Bool().Draw(t, "all back") {
			must(t, tx.Rollback(begin))
			if d := stateOf(tx).diff(before); d != "" {
				t.Fatal("all back: " + d)
			}
			if codeOf(w.ks) != code {
				t.Fatalf("all back: code %q, want %q", codeOf(w.ks), code)
			}
		}
		must(t, tx.End())
		tx.Commit()
		w.checkReplay(t, log.units)
		again := w.load(t, nil, log.units, 0)
		if got, want := codeOf(again), codeOf(w.ks); got != want {
			t.Fatalf("replayed code %q, want %q", got, want)
		}
		if err := consistent(w.ks); err != nil {
			t.Fatal(err)
		}
	})
}

// sectionsOf returns the active sections of the objects that randomChange uses.
func sectionsOf(tx *Tx) map[string]string {
	found := map[string]string{}
	for _, key := range []string{"s", "h", "l", "m", "z"} {
		active, _ := tx.sectionOf([]byte(key))
		found[key] = string(active)
	}
	return found
}

// copyFrom makes the object k what it is in other.
func (s state) copyFrom(other state, k dbKey) {
	delete(s, k)
	if o, ok := other[k]; ok {
		s[k] = o
	}
}
