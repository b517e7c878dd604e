package sandbox

import (
	"math/bits"

	"comet/aso/lua"
)

// spareWords saves what KEYS and ARGV would allocate again in each run: the tables of the run before, empty. No run can tell, as it is charged
// the same.
type spareWords struct {
	keys, argv *lua.Table // nil if there is none
}

// maxSpareWords is how many words and fields a table that is kept has room for.
const maxSpareWords = 64

// giveWords makes KEYS and ARGV.
func (w *worker) giveWords(r *ScriptRun) {
	s, spare := &w.env.script, w.spareWords
	w.spareWords = spareWords{}
	s.keys = w.wordTable(spare.keys, r.Keys)
	s.argv = w.wordTable(spare.argv, r.Args)
}

// takeWords takes KEYS and ARGV back after a run, unless a variable of a library may hold them now.
func (w *worker) takeWords() {
	s := &w.env.script
	if s.Script.mayKeep() {
		return
	}
	w.spareWords = spareWords{spareTable(s.keys), spareTable(s.argv)}
}

func spareTable(t *lua.Table) *lua.Table {
	if t == nil {
		return nil
	}
	if items, fields := t.Room(); items+fields > maxSpareWords {
		return nil
	}
	t.Clear()
	return t
}

// wordTable makes an array of strings, in the memory of spare if that is enough. It is as large as that of Redis, which grows; # tells.
func (w *worker) wordTable(spare *lua.Table, words [][]byte) *lua.Table {
	size := 0
	if len(words) > 0 {
		size = 1 << bits.Len(uint(len(words)-1))
	}
	t := w.main.RenewTable(spare, size, 0)
	for i, word := range words {
		w.Charge(len(word) + 16)
		t.SetInt(i+1, lua.String(string(word)))
	}
	return t
}
