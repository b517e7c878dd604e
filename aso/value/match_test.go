package value

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"comet/aso/randtest"
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		nocase     bool
		want       bool
	}{
		{"", "", false, true},
		{"", "a", false, false},
		{"*", "a", false, true},
		{"*", "", false, false},
		{"a*", "a", false, true},
		{"h?llo", "hello", false, true},
		{"h[ae]llo", "hillo", false, false},
		{"h[^e]llo", "hallo", false, true},
		{"h[a-b]llo", "hbllo", false, true},
		{"HELLO*", "hello world", true, true},
		{"HELLO*", "hello", false, false},
		{`a\*b`, "a*b", false, true},
		{`a\*b`, "axb", false, false},
		{`[\]]`, "]", false, true},
		{"[", "a", false, false},
		{"[^", "a", false, true},
		{"[a", "a", false, true},
		{"[a-", "-", false, true},
		{"[z-a]", "m", false, true},
		{"[A-Z]", "q", true, true},
		{`[\A]`, "a", true, false},
		{"a**b", "axxb", false, true},
		{`a\`, `a\`, false, true},
	} {
		if got := Match([]byte(c.pattern), []byte(c.s), c.nocase); got != c.want {
			t.Errorf("Match(%q, %q, %v) = %v", c.pattern, c.s, c.nocase, got)
		}
	}
}

func TestMatchAgreesWithRedis(t *testing.T) {
	r := startRedis(t)
	seed := randtest.Seed(t)
	rng := rand.New(rand.NewPCG(seed, 1))
	draw := func(alphabet string, n int) string {
		b := make([]byte, rng.IntN(n))
		for i := range b {
			b[i] = alphabet[rng.IntN(len(alphabet))]
		}
		return string(b)
	}
	keys := []string{""}
	for range 300 {
		k := draw("abcd]-^\\*\x00\xff\x80", 6)
		keys = append(keys, k)
		r.do("set", k, 1)
	}
	r.do("set", "", 1)
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for range 3000 {
		pattern := draw("abcd**??[[]]^^--\\\\\xff\x80", 9)
		if strings.Trim(pattern, "*") == "" {
			continue // KEYS * does not ask the matcher
		}
		got := []string{}
		for _, k := range keys {
			if Match([]byte(pattern), []byte(k), false) {
				got = append(got, k)
			}
		}
		want := r.do("keys", pattern)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q matches %q, for Redis %q", pattern, got, want)
		}
	}
}

// recursiveMatch tries every way that a star can go; the rest is as in Match.
func recursiveMatch(pattern, s []byte, nocase bool) bool {
	for len(pattern) > 0 && len(s) > 0 {
		if pattern[0] == '*' {
			for len(pattern) > 1 && pattern[1] == '*' {
				pattern = pattern[1:]
			}
			if len(pattern) == 1 {
				return true
			}
			for ; len(s) > 0; s = s[1:] {
				if recursiveMatch(pattern[1:], s, nocase) {
					return true
				}
			}
			return false
		}
		next, ok := matchOne(pattern, 0, s[0], nocase)
		if !ok {
			return false
		}
		pattern, s = pattern[next:], s[1:]
		for len(s) == 0 && len(pattern) > 0 && pattern[0] == '*' {
			pattern = pattern[1:]
		}
	}
	return len(pattern) == 0 && len(s) == 0
}

func FuzzMatch(f *testing.F) {
	f.Add([]byte("a*[b-c]?"), []byte("axxbz"), true)
	f.Fuzz(func(t *testing.T, pattern, s []byte, nocase bool) {
		if len(pattern) > 30 || len(s) > 20 {
			Match(pattern, s, nocase)
			return
		}
		if got, want := Match(pattern, s, nocase), recursiveMatch(pattern, s, nocase); got != want {
			t.Errorf("Match(%q, %q, %v) = %v", pattern, s, nocase, got)
		}
	})
}

// BenchmarkMatchHostile would not end if every star were tried in every way.
func BenchmarkMatchHostile(b *testing.B) {
	pattern := []byte(strings.Repeat("a*", 200) + "b")
	s := []byte(strings.Repeat("a", 10000))
	b.ReportAllocs()
	for b.Loop() {
		Match(pattern, s, false)
	}
}

func TestMatchGoesAsDeepAsRedis(t *testing.T) {
	for _, tt := range []struct {
		stars int
		rest  string
		want  bool
	}{{1000, "", true}, {1001, "", false}, {1000, "*", true}, {1001, "*", false}, {1000, "**", true}} {
		pattern := strings.Repeat("*?", tt.stars) + tt.rest
		if got := Match([]byte(pattern), bytes.Repeat([]byte("a"), 5000), false); got != tt.want {
			t.Errorf("%d stars, then %q: %v", tt.stars, tt.rest, got)
		}
	}
}
