package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// step is a command of a session in a document, and what it prints; "..." stands for any text.
type step struct{ command, want string }

// sessionOf returns the steps in the console blocks of a page.
func sessionOf(page string) (steps []step) {
	inside, here := false, false // a block, a here-document
	for line := range strings.Lines(page) {
		last := len(steps) - 1
		switch {
		case strings.HasPrefix(line, "```"):
			inside = line == "```console\n"
		case !inside:
		case here:
			steps[last].command += line
			here = line != "END\n"
		case strings.HasPrefix(line, "$ "):
			steps = append(steps, step{command: line[2:]})
			here = strings.Contains(line, "<<'END'")
		default:
			steps[last].want += line
		}
	}
	return steps
}

// TestAuthoringPageIsTrue runs the sessions of docs/authoring.md in one folder, with this test binary as comet.
func TestAuthoringPageIsTrue(t *testing.T) {
	page, err := os.ReadFile("../../docs/authoring.md")
	if err != nil {
		t.Fatal(err)
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	catalogue, err := filepath.Abs("../../scripts")
	if err != nil {
		t.Fatal(err)
	}
	comet := cometCommand(t)
	folder := t.TempDir()
	for _, s := range sessionOf(string(page)) {
		cmd := exec.CommandContext(t.Context(), shell, "-c", `comet() { "$COMET" "$@"; }`+"\n"+s.command)
		cmd.Dir = folder
		cmd.Env = append(comet.Env, "COMET="+comet.Path, "CATALOGUE="+catalogue)
		out, _ := cmd.CombinedOutput() // some fail on purpose, and print why
		pattern := strings.ReplaceAll(regexp.QuoteMeta(s.want), `\.\.\.`, ".*")
		if !regexp.MustCompile("^" + pattern + "$").Match(out) {
			t.Errorf("$ %s got:\n%s want:\n%s", s.command, out, s.want)
		}
	}
}
