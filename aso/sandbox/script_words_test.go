package sandbox

import "testing"

// TestWordTables runs scripts one after the other on one worker: KEYS and ARGV are those of the run, whatever the one before did to them.
func TestWordTables(t *testing.T) {
	pool := NewScriptPool(1)
	spoil, err := CompileScript("KEYS.x = 1 KEYS[9] = 2 ARGV[#ARGV + 1] = 3 setmetatable(KEYS, {__index = function() return 7 end}) error('end')")
	if err != nil {
		t.Fatal(err)
	}
	look, err := CompileScript("return (#KEYS == 1 and KEYS[1] == 'a' and KEYS[2] == nil and KEYS.x == nil and KEYS[9] == nil and next(KEYS, 1) == nil and #ARGV == 0 and next(ARGV) == nil and getmetatable(KEYS) == nil) and 'clean' or 'spoiled'")
	if err != nil {
		t.Fatal(err)
	}
	words := [][]byte{[]byte("a"), []byte("b"), []byte("c")}
	for range 3 {
		_ = pool.RunScript(&ScriptRun{Script: spoil, Host: &cannedHost{}, Keys: words, Args: words, Reply: &shapeReplier{}})
		var reply textReplier
		if err := pool.RunScript(&ScriptRun{Script: look, Host: &cannedHost{}, Keys: words[:1], Reply: &reply}); err != nil || reply.text != "clean" {
			t.Fatalf("after another run: %s, %v", reply.text, err)
		}
	}
}

// TestKeptWords keeps KEYS in a variable of a library: the next run gets others.
func TestKeptWords(t *testing.T) {
	pool := NewFunctionPool(1)
	l := compileLibrary(t, "local kept = {} redis.register_function('f', function(keys) local last = kept[1] kept[1] = keys return last and last[1] or 'none' end)")
	l.RunAlone()
	for i, want := range []string{"none", "a", "b"} {
		var reply textReplier
		run := ScriptRun{Script: l.Functions[0].Script, Host: &cannedHost{}, Keys: [][]byte{{byte('a' + i)}}, Reply: &reply}
		if err := pool.RunScript(&run); err != nil || reply.text != want {
			t.Fatalf("run %d: %s, not %s: %v", i, reply.text, want, err)
		}
	}
}
