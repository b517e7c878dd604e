package lua

import (
	"math/rand/v2"
	"strconv"
	"testing"

	"comet/aso/randtest"
)

// A table agrees with a map: every key has its value, next lists each pair once, and # is a border.
func TestTableAgainstMap(t *testing.T) {
	rng := rand.New(rand.NewPCG(randtest.Seed(t), 1))
	for range 400 {
		tab, model := NewTable(rng.IntN(6), rng.IntN(6)), map[string]Value{}
		span := 1 + rng.IntN(60)
		for range 300 {
			key := randomKey(rng, span)
			val := Number(float64(rng.IntN(1000)))
			if rng.IntN(3) == 0 {
				val = Nil
			}
			tab.Set(key, val)
			if name := keyName(key); val.IsNil() {
				delete(model, name)
			} else {
				model[name] = val
			}
		}
		checkTable(t, tab, model)
	}
}

func randomKey(rng *rand.Rand, span int) Value {
	switch n := rng.IntN(span); rng.IntN(4) {
	case 0:
		return String("key" + strconv.Itoa(n))
	case 1:
		return Number(float64(n) + 0.5)
	case 2:
		return Bool(n%2 == 0)
	default:
		return Number(float64(n - 2))
	}
}

func keyName(key Value) string {
	if f, ok := key.Number(); ok {
		return "n" + strconv.FormatFloat(f, 'g', -1, 64)
	}
	if s, ok := key.Text(); ok {
		return "s" + s
	}
	return strconv.FormatBool(key.True())
}

func checkTable(t *testing.T, tab *Table, model map[string]Value) {
	t.Helper()
	seen := 0
	for k, v, _ := tab.Next(Nil); !k.IsNil(); {
		seen++
		if want, ok := model[keyName(k)]; !ok || !Equal(want, v) || !Equal(tab.Get(k), v) {
			t.Fatalf("next returns %s = %v, the model has %v, Get %v", keyName(k), v, want, tab.Get(k))
		}
		next, val, ok := tab.Next(k)
		if !ok {
			t.Fatalf("next does not know %s", keyName(k))
		}
		k, v = next, val
	}
	if seen != len(model) {
		t.Fatalf("next lists %d pairs of %d", seen, len(model))
	}
	n := tab.Len()
	if n > 0 && tab.GetInt(n).IsNil() || !tab.GetInt(n+1).IsNil() {
		t.Fatalf("# is %d, which is no border", n)
	}
}

// Zero has one place, whatever its sign; NaN has none.
func TestTableOddKeys(t *testing.T) {
	tab := NewTable(0, 0)
	zero := 0.0
	tab.Set(Number(zero), True)
	if !tab.Get(Number(-zero)).True() || !tab.Get(Number(zero*-1)).True() {
		t.Error("0 and -0 are different keys")
	}
	if got := tab.Get(Number(zero / zero)); !got.IsNil() {
		t.Error("NaN has a value")
	}
	tab.Set(String(""), True)
	if tab.at(Nil) != nil {
		t.Error("a free node is the place of nil")
	}
	if !tab.GetString("").True() || !tab.Get(Nil).IsNil() {
		t.Error("the empty string is no key of its own")
	}
}
