package aso

import (
	"testing"

	"pgregory.net/rapid"
)

func TestRollbackRestoresEverything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		log := &recorder{}
		w := newWorld(log)
		for range rapid.IntRange(1, 4).Draw(t, "transactions") {
			w.now += int64(rapid.IntRange(0, 20).Draw(t, "pass"))
			tx := w.begin()
			w.commands(t, tx)
			before, model, effects := stateOf(tx), w.model.clone(), len(tx.effects.buf)
			mark := tx.Mark()
			w.commands(t, tx)
			if rapid.Bool().Draw(t, "nested") {
				w.rollbackNested(t, tx)
			}
			if rapid.Bool().Draw(t, "rollback") {
				must(t, tx.Rollback(mark))
				w.model = model
				if d := stateOf(tx).diff(before); d != "" {
					t.Fatal(d)
				}
				if len(tx.effects.buf) != effects {
					t.Fatalf("%d bytes of effects, %d before", len(tx.effects.buf), effects)
				}
			} else {
				tx.Release(mark)
			}
			w.check(t, tx)
			w.commands(t, tx)
			w.check(t, tx)
			must(t, tx.End())
			tx.Commit()
		}
		w.checkReplay(t, log.units)
	})
}

func (w *world) commands(t *rapid.T, tx *Tx) {
	for range rapid.IntRange(0, 5).Draw(t, "commands") {
		w.command(t, tx)
	}
}

func (w *world) rollbackNested(t *rapid.T, tx *Tx) {
	before, model := stateOf(tx), w.model.clone()
	inner := tx.Mark()
	w.commands(t, tx)
	must(t, tx.Rollback(inner))
	w.model = model
	if d := stateOf(tx).diff(before); d != "" {
		t.Fatal("nested: " + d)
	}
	w.commands(t, tx)
}
