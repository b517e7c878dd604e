package value

import (
	"math"
	"testing"
)

func TestParseLooseFloatTakesWhatStrtodTakes(t *testing.T) {
	inf := math.Inf(1)
	for _, tt := range []struct {
		text string
		want float64
	}{
		{"1.5", 1.5},
		{"", 0},
		{" 1", 1},
		{"\t\v-2", -2},
		{"1e400", inf},
		{"-1e400", -inf},
		{"1e-400", 0},
		{"0x10", 16},
		{"1\x00junk", 1},
		{"\x00", 0},
		{"infinity", inf},
	} {
		if v, ok := ParseLooseFloat([]byte(tt.text)); !ok || v != tt.want {
			t.Errorf("ParseLooseFloat(%q) = %v, %v, want %v", tt.text, v, ok, tt.want)
		}
	}
	for _, text := range []string{" ", "1 ", "nan", " nan", "x", "1x", "-", "1_0", "0x"} {
		if v, ok := ParseLooseFloat([]byte(text)); ok {
			t.Errorf("ParseLooseFloat(%q) = %v", text, v)
		}
	}
}

func FuzzParseLooseFloat(f *testing.F) {
	f.Add(" 0x1p4\x00")
	f.Fuzz(func(t *testing.T, text string) {
		loose, ok := ParseLooseFloat([]byte(text))
		if ok && math.IsNaN(loose) {
			t.Errorf("ParseLooseFloat(%q) is NaN", text)
		}
		if v, strict := ParseFloat([]byte(text)); strict && (!ok || v != loose) {
			t.Errorf("ParseLooseFloat(%q) = %v, %v, want %v", text, loose, ok, v)
		}
	})
}
