package sandbox

import "testing"

// TestEventWordsAreCopiedAndReadOnly has runs of one interpreter, which keeps the table for the next run.
func TestEventWordsAreCopiedAndReadOnly(t *testing.T) {
	pool := NewPool(1)
	run := func(body string, words ...string) *Outcome {
		t.Helper()
		args := make([][]byte, len(words))
		for i, word := range words {
			args[i] = []byte(word)
		}
		out, err := pool.Run(&Run{Program: mustCompile(t, body), Handler: OnMessage, Host: &testHost{words: map[string][][]byte{"args": args}}})
		if err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		for _, arg := range args {
			clear(arg)
		}
		return out
	}
	const shown = `return table.concat(ev.args, ",") .. #ev.args`
	first := run(shown, "one", "", "th\x00ree")
	if first.Value.Str != "one,,th\x00ree3" {
		t.Errorf("words are %q", first.Value.Str)
	}
	if out := run(shown, "x"); out.Value.Str != "x1" {
		t.Errorf("words of another run are %q", out.Value.Str)
	}
	if out := run(`local a = ev.args return a == ev.args and a[2] .. tostring(a[3])`, "x", "y"); out.Value.Str != "ynil" {
		t.Errorf("read again they are %+v", out.Value)
	}
	if out := run(`return ev.args`, "x", "y"); len(out.Value.Tab.Array) != 2 || out.Value.Tab.Array[1].Str != "y" {
		t.Errorf("returned they are %+v", out.Value)
	}
	if out := run(`self.state.args = ev.args return tostring(pcall(function() ev.args[1] = "z" end)) .. tostring(pcall(table.insert, ev.args, "z")) .. ev.args[1]`, "x"); out.Value.Str != "falsefalsex" {
		t.Errorf("a write says %q", out.Value.Str)
	}
	if out := run(shown); out.Value.Str != "0" {
		t.Errorf("no words are %q", out.Value.Str)
	}
}
