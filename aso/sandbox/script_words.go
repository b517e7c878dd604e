package sandbox

import (
	"math/bits"
	"strings"

	"comet/aso/lua"
)

// spareWords saves what KEYS, ARGV and ev.args would allocate again in each run: the tables of the run before, empty. No run can tell, as it is
// charged the same.
type spareWords struct {
	keys, argv, event *lua.Table // nil if there is none
}

// maxSpareWords is how many words and fields a table that is kept has room for.
const maxSpareWords = 64

// giveWords makes KEYS and ARGV.
func (w *worker) giveWords(r *ScriptRun) {
	s, spare := &w.env.script, w.spareWords
	w.spareWords = spareWords{}
	s.keys = w.growingTable(spare.keys, r.Keys)
	s.argv = w.growingTable(spare.argv, r.Args)
}

// takeWords takes KEYS and ARGV back after a run, unless a variable of a library may hold them now.
func (w *worker) takeWords() {
	s := &w.env.script
	if s.Script.mayKeep() {
		return
	}
	w.spareWords = spareWords{keys: spareTable(s.keys), argv: spareTable(s.argv)}
}

// eventWords makes a field of ev.
func (w *worker) eventWords(words [][]byte) lua.Value {
	w.work(len(words))
	t := w.wordTable(w.spareWords.event, words, len(words))
	t.Access = lua.ReadOnly
	w.spareWords.event, w.env.words = nil, t
	return t.Value()
}

// takeEventWords takes the last of them back after a run. Handlers have no place that outlives it.
func (w *worker) takeEventWords() {
	if w.env.words != nil {
		w.spareWords.event = spareTable(w.env.words)
	}
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

// growingTable makes an array of strings that is as large as that of Redis, which grows; # tells.
func (w *worker) growingTable(spare *lua.Table, words [][]byte) *lua.Table {
	size := 0
	if len(words) > 0 {
		size = 1 << bits.Len(uint(len(words)-1))
	}
	return w.wordTable(spare, words, size)
}

// wordTable makes an array of strings with room for size, in the memory of spare if that is enough. The strings are one piece of memory.
func (w *worker) wordTable(spare *lua.Table, words [][]byte, size int) *lua.Table {
	t := w.main.RenewTable(spare, size, 0)
	total := 0
	for _, word := range words {
		w.Charge(len(word) + 16)
		total += len(word)
	}
	var text strings.Builder
	text.Grow(total)
	for i, word := range words {
		text.Write(word)
		t.SetInt(i+1, lua.String(text.String()[text.Len()-len(word):]))
	}
	return t
}
