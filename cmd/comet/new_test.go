package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestNewHandlersPassTheirTests(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"first", "team/second"} {
		if out, err := tool(t, "new", name, "-dir", folder); err != nil || strings.Count(out, "\n") != 2 {
			t.Errorf("%s%v", out, err)
		}
	}
	if out, err := tool(t, "test", folder); err != nil || strings.Count(out, "ok  \t") != 2 {
		t.Errorf("%s%v", out, err)
	}
	if out, err := tool(t, "check", folder); err != nil || strings.Contains(out, "warning") {
		t.Errorf("%s%v", out, err)
	}
	source, err := os.ReadFile(filepath.Join(folder, "second.lua"))
	if err != nil || !strings.HasPrefix(string(source), "#!lua name=team/second\n") {
		t.Errorf("%.40q %v", source, err)
	}
	for _, args := range [][]string{{"first", "-dir", folder}, {"no name", "-dir", folder}, {"-dir", folder}, {"a", "b"}} {
		if out, err := tool(t, append([]string{"new"}, args...)...); err == nil {
			t.Errorf("new %q: %s", args, out)
		}
	}
}

func TestTestFailsWhenATestFails(t *testing.T) {
	folder := t.TempDir()
	file := write(t, folder, "x_test.lua", "test('one', function(t) end)\ntest('two', function(t) t:eq(t:cmd('GET', 'k'), 1) end)\n")
	out, err := tool(t, "test", folder)
	if err == nil || err.Error() != "test: 1 of 2 tests failed" || !strings.Contains(out, file+":2: not equal\n         got nil\n        want 1\nFAIL\t") {
		t.Errorf("%s%v", out, err)
	}
	if out, err := tool(t, "test", file, "-run", "one", "-v"); err != nil || !strings.Contains(out, "--- PASS: one") {
		t.Errorf("%s%v", out, err)
	}
	if out, err := tool(t, "test", filepath.Join(folder, "none_test.lua")); err == nil {
		t.Error(out)
	}
}
