package randtest

import "testing"

func TestSeed(t *testing.T) {
	first, err := choose("", "A")
	if again, _ := choose("", "A"); err != nil || again != first {
		t.Errorf("%d and %d, %v: not the same in each run", first, again, err)
	}
	if other, _ := choose("", "B"); other == first {
		t.Error("two tests have the same seed")
	}
	if seed, err := choose("18446744073709551615", "A"); err != nil || seed != 1<<64-1 {
		t.Errorf("%d, %v for a number", seed, err)
	}
	one, _ := choose("random", "A")
	if two, _ := choose("random", "A"); one == two {
		t.Error("random seeds are the same")
	}
	if _, err := choose("yes", "A"); err == nil {
		t.Error("a setting that is neither a number nor random is taken")
	}
}
