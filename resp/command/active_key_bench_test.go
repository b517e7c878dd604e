package command_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"comet/aso"
	"comet/aso/value"
)

// forgetful is a journal that keeps nothing, so that effects are made as with one.
type forgetful struct{}

func (forgetful) Append([]byte) uint64 { return 1 }
func (forgetful) Commit(uint64) error  { return nil }

func (forgetful) Kept(uint64) bool { return false }

// BenchmarkActiveKeys measures a command in a pipeline of 16 on 10 000 keys that a rule gives a handler, beside keys without one: ns/op is the
// time of one command. What a handler costs besides Lua is the difference of "empty" and "plain", and of "counter", whose handler does not
// run, and "plain incr".
func BenchmarkActiveKeys(b *testing.B) {
	const keys, depth = 10_000, 16
	value64 := fmt.Sprintf("%064d", 0)
	fields := []string{"f1", "1", "f2", "22", "f3", "333", "f4", "4444", "f5", "55555"}
	hset := func(k string) []string { return append([]string{"HSET", k}, fields...) }
	set := func(k string) []string { return []string{"SET", k, value64} }
	get := func(k string) []string { return []string{"GET", k} }
	incr := func(k string) []string { return []string{"INCR", k} }
	for _, w := range []struct {
		name, body string
		fill, line func(k string) []string
	}{
		{"plain get", "", set, get},
		{"empty", `function onGet(self, ev) end`, set, get},
		{"get", `function onGet(self, ev) if #self.value > 100 then return deny("too long") end end`, set, get},
		{"plain incr", "", incr, incr},
		{"counter", `function onPut(self, ev) self:expire(60000) end`, incr, incr},
		{"incr", `function onUpdate(self, ev) end`, incr, incr},
		{"plain hset", "", hset, hset},
		{"hset", `function onUpdate(self, ev) end`, hset, hset},
		{"hash", `function onUpdate(self, ev)
  for i = 3, #ev.args, 2 do
    if not tonumber(ev.args[i]) then return deny("not a number") end
  end
  self:call("HSET", "updated", ev.now)
end`, hset, hset},
		{"state", `function onGet(self, ev) self.state.n = (self.state.n or 0) + 1 end`, set, get},
	} {
		b.Run(w.name, func(b *testing.B) {
			ses, s := benchSessionWith(b, aso.Options{Limits: value.DefaultLimits(), Committer: forgetful{}})
			if w.body != "" {
				runBatch(b, s, ses, [][][]byte{bytesOf("ASO.LOAD", "#!lua name=h\n"+w.body), bytesOf("ASO.RULE", "SET", "r", "key:*", "h")})
			}
			for n := range keys {
				runBatch(b, s, ses, [][][]byte{bytesOf(w.fill(key(n))...)})
			}
			random := rand.New(rand.NewPCG(1, 2))
			var batches [1024][][][]byte
			for i := range batches {
				for range depth {
					batches[i] = append(batches[i], bytesOf(w.line(key(random.IntN(keys)))...))
				}
			}
			b.ReportAllocs()
			b.ResetTimer()
			for n := 0; n < b.N; n += depth {
				runBatch(b, s, ses, batches[n/depth%len(batches)])
			}
		})
	}
}
