package aso

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"comet/aso/sandbox"
	"comet/aso/value"

	"pgregory.net/rapid"
)

// ruleModel is rules as a list, matched one by one.
type ruleModel map[string]Rule

func (m ruleModel) matching(key string) (ids []string) {
	var found []Rule
	for _, r := range m {
		if value.Match([]byte(r.Glob), []byte(key), false) {
			found = append(found, r)
		}
	}
	slices.SortFunc(found, func(a, b Rule) int { return cmp.Or(cmp.Compare(a.Order, b.Order), strings.Compare(a.ID, b.ID)) })
	for i := range found {
		ids = append(ids, found[i].ID)
	}
	return ids
}

// TestRulesMatchAsGlobsDo compares look-ups through the index with matching every rule, while rules come, change and go, some of them in
// parts of units that are taken back; the journal makes the same rules.
func TestRulesMatchAsGlobsDo(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := &recorder{}
		w := newWorld(log)
		must(t, w.ks.LoadBuiltin([]byte("#!lua name=h\nfunction onGet(self, ev) end\n")))
		target, err := w.ks.Target("h")
		must(t, err)
		model := ruleModel{}
		for range rapid.IntRange(1, 40).Draw(t, "changes") {
			tx := w.begin()
			tx.Start(0)
			m := tx.Mark()
			before := ruleModel{}
			maps.Copy(before, model)
			for range rapid.IntRange(1, 3).Draw(t, "together") {
				changeRules(t, tx, model, target)
			}
			if rapid.IntRange(0, 3).Draw(t, "take back") == 0 {
				must(t, tx.Rollback(m))
				model = before
			} else {
				tx.Release(m)
			}
			must(t, tx.End())
			tx.Commit()
			checkRules(t, w.ks, model)
		}
		checkRules(t, w.load(t, nil, log.units, 0), model)
	})
}

func changeRules(t *rapid.T, tx *Tx, model ruleModel, target Target) {
	id := fmt.Sprint("r", rapid.IntRange(0, 6).Draw(t, "id"))
	if rapid.IntRange(0, 2).Draw(t, "delete") == 0 {
		_, was := model[id]
		if tx.DeleteRule(id) != was {
			t.Fatalf("%s: was there: %v", id, was)
		}
		delete(model, id)
		return
	}
	r := Rule{ID: id, Target: target, Glob: rapid.StringMatching(`[ab]{0,3}(\*|\?|\[ab\]|\[^a|\\a|\\|\\\*|[ab]){1,3}`).Draw(t, "glob"), Order: rapid.Int64Range(-1, 1).Draw(t, "order")}
	must(t, tx.SetRule(r, nil))
	model[id] = r
}

func checkRules(t *rapid.T, ks *Keyspace, model ruleModel) {
	t.Helper()
	if ks.RuleCount() != len(model) {
		t.Fatalf("%d rules, want %d", ks.RuleCount(), len(model))
	}
	tx := ks.Begin(allLocks())
	defer tx.Commit()
	for range 8 {
		key := rapid.StringMatching(`[ab*\\]{0,5}`).Draw(t, "key")
		var got []string
		for _, r := range tx.rulesOf([]byte(key)) {
			got = append(got, r.ID)
		}
		if want := model.matching(key); !slices.Equal(got, want) {
			t.Fatalf("%q: %v, want %v of %v", key, got, want, model)
		}
	}
}

// withRules returns a Tx on a keyspace with n rules besides the one of the handler h.
func withRules(t testing.TB, n int) *Tx {
	ks := New(Options{Limits: value.DefaultLimits()})
	if err := ks.LoadBuiltin([]byte("#!lua name=h\nfunction onGet(self, ev) end\n")); err != nil {
		t.Fatal(err)
	}
	target, _ := ks.Target("h")
	tx := ks.Begin(allLocks())
	for i := range n {
		if err := tx.SetRule(Rule{ID: fmt.Sprint(i), Glob: fmt.Sprintf("tenant:%d:*", i), Target: target}, nil); err != nil {
			t.Fatal(err)
		}
	}
	return tx
}

// TestLookingUpRulesAllocatesNothing looks keys up among no and among many rules.
func TestLookingUpRulesAllocatesNothing(t *testing.T) {
	for _, n := range []int{0, 1, 10_000} {
		tx := withRules(t, n)
		keys := [][]byte{[]byte("plain"), []byte("tenant:7:x"), []byte("tenant:9999:x"), []byte("tenant:0:y")}
		allocs := testing.AllocsPerRun(100, func() {
			for _, key := range keys {
				tx.IsActive(key)
				tx.Handlers(key)
			}
		})
		if allocs != 0 {
			t.Errorf("%d rules: %v allocations", n, allocs)
		}
		if got := tx.Handlers([]byte("tenant:0:y")).Has(sandbox.OnGet); got != (n > 0) {
			t.Errorf("%d rules: handled %v", n, got)
		}
		tx.Commit()
	}
}

// BenchmarkRules looks a key up that no rule is for, and one that a rule is for.
func BenchmarkRules(b *testing.B) {
	for _, n := range []int{0, 10_000} {
		tx := withRules(b, n)
		for _, key := range []string{"plain:key", "tenant:5000:key"} {
			other, key := []byte("other"), []byte(key)
			b.Run(fmt.Sprint(n, "/", string(key)), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					tx.IsActive(key)
					tx.IsActive(other) // so that the next one is a look-up again
				}
			})
		}
		tx.Commit()
	}
}
