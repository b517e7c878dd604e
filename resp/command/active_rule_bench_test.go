package command_test

import (
	"fmt"
	"testing"
)

// BenchmarkRules measures commands on a key that no rule is for, without rules and beside many, and on one that a rule is for.
func BenchmarkRules(b *testing.B) {
	for _, c := range []struct {
		rules int
		key   string
	}{{0, "plain"}, {1, "plain"}, {10_000, "plain"}, {10_000, "tenant:5000:key"}} {
		ses, s := benchSession(b)
		runBatch(b, s, ses, [][][]byte{bytesOf("ASO.LOAD", "#!lua name=h\nfunction onGet(self, ev) end")})
		for n := range c.rules {
			runBatch(b, s, ses, [][][]byte{bytesOf("ASO.RULE", "SET", fmt.Sprint(n), fmt.Sprintf("tenant:%d:*", n), "h")})
		}
		for _, words := range [][]string{{"GET", c.key}, {"SET", c.key, "value"}} {
			b.Run(fmt.Sprintf("%s %s rules=%d", words[0], c.key, c.rules), func(b *testing.B) {
				cmds := [][][]byte{bytesOf(words...)}
				runBatch(b, s, ses, [][][]byte{bytesOf("SET", c.key, "value")})
				b.ReportAllocs()
				for b.Loop() {
					runBatch(b, s, ses, cmds)
				}
			})
		}
	}
}
