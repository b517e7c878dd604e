package value

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// smallLimits draws limits that values of a few entries cross.
func smallLimits(t *rapid.T) *Limits {
	return &Limits{
		HashMaxListpackEntries: rapid.IntRange(0, 12).Draw(t, "entries"),
		HashMaxListpackValue:   rapid.IntRange(1, 20).Draw(t, "value"),
		SetMaxIntsetEntries:    rapid.IntRange(0, 12).Draw(t, "intset"),
		ZSetMaxListpackEntries: rapid.IntRange(0, 12).Draw(t, "zentries"),
		ZSetMaxListpackValue:   rapid.IntRange(1, 20).Draw(t, "zvalue"),
		ListMaxListpackSize:    rapid.SampledFrom([]int{-1, -2, 1, 5, 20}).Draw(t, "list"),
		PackedMax:              rapid.SampledFrom([]int{30, 200, 16384}).Draw(t, "max"),
	}
}

// text draws short strings of few kinds, so that they repeat, and some long ones.
func text() *rapid.Generator[[]byte] {
	return rapid.Custom(func(t *rapid.T) []byte {
		switch rapid.IntRange(0, 9).Draw(t, "kind") {
		case 0:
			return bytes.Repeat([]byte{byte(rapid.IntRange(0, 255).Draw(t, "byte"))}, rapid.SampledFrom([]int{0, 1, 20, 127, 128, 300, 2100, 9000, 17000}).Draw(t, "len"))
		case 1, 2:
			return fmt.Append(nil, rapid.Int64().Draw(t, "int"))
		}
		return fmt.Append(nil, rapid.IntRange(-20, 20).Draw(t, "small"))
	})
}

func newRand(t *rapid.T) *rand.Rand {
	return rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
}

// reload checks that the packed form was not written while it was borrowed,
// and makes the cursor borrow a copy of it, as the keyspace does.
type loader struct{ bytes, copy []byte }

func (l *loader) next(t *rapid.T, packed []byte) []byte {
	if !bytes.Equal(l.bytes, l.copy) {
		t.Fatalf("borrowed bytes were changed from %q to %q", l.copy, l.bytes)
	}
	l.bytes, l.copy = slices.Clone(packed), slices.Clone(packed)
	return l.bytes
}

func TestHashBehavesLikeAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lim, rng := smallLimits(t), newRand(t)
		var h Hash
		var loaded loader
		var order []string
		model := map[string]string{}
		table := false
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				f, v := text().Draw(t, "f"), text().Draw(t, "v")
				_, had := model[string(f)]
				if created := h.Set(lim, f, v); created == had {
					t.Fatalf("Set(%q) = %v", f, created)
				}
				if !had {
					order = append(order, string(f))
				}
				model[string(f)] = string(v)
				long := len(f) > lim.HashMaxListpackValue || len(v) > lim.HashMaxListpackValue
				table = table || long || len(model) > lim.HashMaxListpackEntries
			},
			"delete": func(t *rapid.T) {
				f := text().Draw(t, "f")
				_, had := model[string(f)]
				if h.Delete(f) != had {
					t.Fatalf("Delete(%q) = %v", f, !had)
				}
				delete(model, string(f))
				order = slices.DeleteFunc(order, func(s string) bool { return s == string(f) })
			},
			"get": func(t *rapid.T) {
				f := text().Draw(t, "f")
				want, had := model[string(f)]
				if v, ok := h.Get(f); ok != had || string(v) != want {
					t.Fatalf("Get(%q) = %q, %v", f, v, ok)
				}
			},
			"random": func(t *rapid.T) {
				f, v := h.Random(rng)
				if want, had := model[string(f)]; len(model) > 0 && (!had || want != string(v)) {
					t.Fatalf("Random = %q, %q", f, v)
				}
			},
			"reload": func(t *rapid.T) {
				if large := h.Large(); large != nil {
					c := large.Clone()
					h.Reset()
					h.LoadLarge(c)
				} else {
					h.Load(loaded.next(t, h.Packed()))
				}
			},
			"encode": func(t *rapid.T) {
				b := h.Encode(nil)
				if err := h.Decode(b, lim); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				loaded.next(t, loaded.bytes)
				if h.Len() != len(model) {
					t.Fatalf("Len = %d, want %d", h.Len(), len(model))
				}
				if want := map[bool]string{false: "listpack", true: "hashtable"}[table]; len(model) > 0 && h.Encoding() != want {
					t.Fatalf("Encoding = %s, want %s", h.Encoding(), want)
				}
				var got []string
				h.Each(func(f, v []byte) bool {
					got = append(got, string(f))
					if model[string(f)] != string(v) {
						t.Fatalf("%q = %q", f, v)
					}
					return true
				})
				want := slices.Clone(order)
				if table {
					slices.Sort(got)
					slices.Sort(want)
				}
				if !slices.Equal(got, want) {
					t.Fatalf("fields %q, want %q", got, want)
				}
			},
		})
	})
}

func TestSetBehavesLikeAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lim, rng := smallLimits(t), newRand(t)
		var s Set
		var loaded loader
		model := map[string]bool{}
		table := false
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				m := text().Draw(t, "m")
				if s.Add(lim, m) == model[string(m)] {
					t.Fatalf("Add(%q) = %v", m, model[string(m)])
				}
				if !model[string(m)] {
					model[string(m)] = true
					_, isInt := ParseInt(m)
					table = table || !isInt || len(model) > lim.SetMaxIntsetEntries
				}
			},
			"remove": func(t *rapid.T) {
				m := text().Draw(t, "m")
				if s.Remove(m) != model[string(m)] {
					t.Fatalf("Remove(%q) = %v", m, !model[string(m)])
				}
				delete(model, string(m))
				if len(model) == 0 { // as the keyspace deletes it
					s.Reset()
					table = false
				}
			},
			"contains": func(t *rapid.T) {
				if m := text().Draw(t, "m"); s.Contains(m) != model[string(m)] {
					t.Fatalf("Contains(%q) = %v", m, !model[string(m)])
				}
			},
			"random": func(t *rapid.T) {
				if m := s.Random(rng); len(model) > 0 && !model[string(m)] {
					t.Fatalf("Random = %q", m)
				}
			},
			"reload": func(t *rapid.T) {
				if large := s.Large(); large != nil {
					c := large.Clone()
					s.Reset()
					s.LoadLarge(c)
				} else {
					s.Load(loaded.next(t, s.Packed()))
				}
			},
			"encode": func(t *rapid.T) {
				if err := s.Decode(s.Encode(nil), lim); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				loaded.next(t, loaded.bytes)
				if s.Len() != len(model) {
					t.Fatalf("Len = %d, want %d", s.Len(), len(model))
				}
				if want := map[bool]string{false: "intset", true: "hashtable"}[table]; s.Encoding() != want {
					t.Fatalf("Encoding = %s, want %s", s.Encoding(), want)
				}
				n, last := 0, int64(0)
				s.Each(func(m []byte) bool {
					if !model[string(m)] {
						t.Fatalf("%q is a member", m)
					}
					if v, _ := ParseInt(m); s.ints() && n > 0 && v <= last {
						t.Fatalf("%d behind %d", v, last)
					} else {
						last = v
					}
					n++
					return true
				})
				if n != len(model) {
					t.Fatalf("%d members, want %d", n, len(model))
				}
			},
		})
	})
}
