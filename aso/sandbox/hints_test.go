package sandbox

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// hints is what docs/comet.lua declares: fields by class, and functions by the name before the dot or colon.
type hints struct {
	fields, parents map[string][]string
	functions       map[string][]string
}

var (
	classLine    = regexp.MustCompile(`^---@class (\S+?)(?:: (\S+))?$`)
	fieldLine    = regexp.MustCompile(`^---@field (\w+)\??`)
	functionLine = regexp.MustCompile(`^function (?:(\w+)[.:])?(\w+)\(`)
	valueLine    = regexp.MustCompile(`^(\w+)\.(\w+) = `)
)

func readHints(t *testing.T) hints {
	t.Helper()
	text, err := os.ReadFile("../../docs/comet.lua")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseHandlers("comet.lua", string(text)); err != nil {
		t.Fatal(err)
	}
	h := hints{map[string][]string{}, map[string][]string{}, map[string][]string{}}
	class := ""
	for line := range strings.SplitSeq(string(text), "\n") {
		if m := classLine.FindStringSubmatch(line); m != nil {
			class = m[1]
			h.fields[class] = nil
			h.parents[class] = m[2:]
		} else if m := fieldLine.FindStringSubmatch(line); m != nil {
			h.fields[class] = append(h.fields[class], m[1])
		} else if m := functionLine.FindStringSubmatch(line); m != nil {
			h.functions[m[1]] = append(h.functions[m[1]], m[2])
		} else if m := valueLine.FindStringSubmatch(line); m != nil {
			h.functions[m[1]] = append(h.functions[m[1]], m[2])
		}
	}
	return h
}

// of returns the fields of a class and of those it is built on.
func (h hints) of(class string) []string {
	out := slices.Clone(h.fields[class])
	for _, parent := range h.parents[class] {
		if parent != "" {
			out = append(out, h.of(parent)...)
		}
	}
	return out
}

func sameNames(t *testing.T, what string, got, want []string) {
	t.Helper()
	got, want = slices.Clone(got), slices.Clone(want)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("docs/comet.lua: %s has %v,\nthe sandbox has %v", what, got, want)
	}
}

// TestEditorHintsAreWhatThereIs compares docs/comet.lua with what handlers and tests have.
func TestEditorHintsAreWhatThereIs(t *testing.T) {
	h := readHints(t)
	sameNames(t, "comet.Self", h.fields["comet.Self"], selfFields)
	sameNames(t, "the methods of Self", h.functions["Self"], effects)
	sameNames(t, "comet.TimerOptions", h.fields["comet.TimerOptions"], timerOptions)
	sameNames(t, "the methods of Test", h.functions["Test"], testMethods)
	for i := range handlerCount {
		var want []string
		for field, in := range eventFields {
			if in&eventsOf(i) != 0 {
				want = append(want, field)
			}
		}
		class := "comet." + strings.TrimPrefix(i.String(), "on") + "Event"
		sameNames(t, class, h.of(class), want)
	}
	// The language server knows the libraries of Lua 5.1 itself.
	for _, library := range []string{"hash", "cjson", "cmsgpack", "struct", "bit"} {
		want := slices.DeleteFunc(libraryNames(library), func(name string) bool { return name[0] == '_' })
		sameNames(t, library, h.functions[library], want)
	}
	ours := []string{"deny", "keep", "missing", "wait", "log", "now", "rand", "uuid", "test"}
	sameNames(t, "the globals", h.functions[""], ours)
	for _, name := range ours[:len(ours)-1] {
		if stdlib.values[name].IsNil() {
			t.Errorf("there is no %s", name)
		}
	}
}

func TestAuthoringPageHasAllOfT(t *testing.T) {
	page, err := os.ReadFile("../../docs/authoring.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range testMethods {
		if !strings.Contains(string(page), "`t:"+name+"(") {
			t.Errorf("docs/authoring.md does not say what t:%s does", name)
		}
	}
}
