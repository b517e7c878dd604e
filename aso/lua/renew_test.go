package lua

import "testing"

type freeOwner struct{ charged int }

func (o *freeOwner) Refill()                     {}
func (o *freeOwner) Charge(n int)                { o.charged += n }
func (o *freeOwner) Refuse(*State, *Table, bool) {}

// A renewed table has the order of keys and the length of a new one, and is charged the same, whatever was in it.
func TestRenewedTableIsAsNew(t *testing.T) {
	owner := &freeOwner{}
	L := New(owner, &Budget{}, Options{Main: Sizes{Slots: 10, Frames: 1}})
	fill := func(x *Table, n int) (keys []string) {
		for i := range n {
			L.RawSet(x, String(string(rune('a'+i*7%26))), Number(float64(i)))
			L.RawSet(x, Number(float64(n-i)), True)
		}
		for k, v, _ := x.Next(Nil); !k.IsNil(); k, v, _ = x.Next(k) {
			text, _ := k.Text()
			f, _ := k.Number()
			g, _ := v.Number()
			keys = append(keys, text, NumberText(f), NumberText(g))
		}
		return append(keys, NumberText(float64(x.Len())))
	}
	var spare *Table
	for n := range 26 {
		for _, room := range [][2]int{{0, 0}, {0, n}, {n, 0}, {3, 5}} {
			owner.charged = 0
			want := fill(L.NewTable(room[0], room[1]), n)
			charged := owner.charged
			owner.charged = 0
			spare = L.RenewTable(spare, room[0], room[1])
			got := fill(spare, n)
			if len(got) != len(want) || owner.charged != charged {
				t.Fatalf("%d keys in room %v: %q, want %q; charged %d, want %d", n, room, got, want, owner.charged, charged)
			}
			for i := range got {
				if got[i] != want[i] {
					t.Fatalf("%d keys in room %v: %q, want %q", n, room, got, want)
				}
			}
			spare.Clear()
		}
	}
}
