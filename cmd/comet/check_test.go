package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tool runs a subcommand and returns what it printed.
func tool(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), args, &stdout, &stderr)
	return stdout.String() + stderr.String(), err
}

// write makes a file in folder and returns its path.
func write(t *testing.T, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestCheckPrintsFindings(t *testing.T) {
	folder := t.TempDir()
	bad := write(t, folder, "bad.lua", "#!lua name=bad\nfunction onGet(self, ev)\n  total = 1\n  return self.vaule\nend\n")
	out, err := tool(t, "check", bad)
	want := bad + ":3: error: assignment to global \"total\": declare it local, or keep it in self.state\n" +
		bad + ":4: warning: self has no vaule: did you mean value?\n"
	if out != want || err == nil || err.Error() != "check: errors: 1" {
		t.Errorf("got %s%v\nwant %s", out, err, want)
	}
	write(t, folder, "bad_test.lua", "no handler")
	out, _ = tool(t, "check", "-json", folder)
	var found []finding
	if err := json.Unmarshal([]byte(out), &found); err != nil || len(found) != 2 || found[1].File != bad || found[1].Line != 4 || found[1].Column != 15 {
		t.Errorf("%v in %s", err, out)
	}
	good := write(t, t.TempDir(), "good.lua", "#!lua name=good\nfunction onGet(self, ev) return deny('no') end\n")
	if out, err := tool(t, "check", good); err != nil || !strings.HasPrefix(out, good+":2: note: onGet: ") {
		t.Errorf("%s%v", out, err)
	}
	if out, err := tool(t, "check", t.TempDir()); err == nil {
		t.Errorf("an empty folder: %s", out)
	}
}

func TestCatalogueHasNoFindings(t *testing.T) {
	out, err := tool(t, "check", "../../scripts")
	if err != nil || strings.Contains(out, "warning") {
		t.Errorf("%s%v", out, err)
	}
}
