package sandbox

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// handlersPage returns the rows of the tables in the reference of handlers, as their cells.
func handlersPage(t *testing.T) (rows [][]string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/handlers.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(page)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "|") {
			cells := strings.Split(strings.Trim(strings.ReplaceAll(line, `\|`, ""), "|"), "|")
			for i := range cells {
				cells[i] = strings.TrimSpace(cells[i])
			}
			rows = append(rows, cells)
		}
	}
	return rows
}

var quoted = regexp.MustCompile("`([a-zA-Z_]+)`")

func TestVerdictsAreThoseOfTheReference(t *testing.T) {
	seen := 0
	for _, cells := range handlersPage(t) {
		h, ok := HandlerByName(strings.Trim(cells[0], "`"))
		if !ok || len(cells) != 8 {
			continue
		}
		seen++
		var want []Verdict
		for i, v := range []Verdict{Replace, Deny, Keep, Missing, Wait} {
			if cells[3+i] != "" {
				want = append(want, v)
			}
		}
		if !slices.Equal(verdicts[h], want) {
			t.Errorf("%s: the table here has %v, docs/handlers.md %v", h, verdicts[h], want)
		}
	}
	if seen != int(handlerCount) {
		t.Errorf("%d events in docs/handlers.md", seen)
	}
}

func TestEventFieldsAreThoseOfTheReference(t *testing.T) {
	documented := map[string]events{}
	for _, cells := range handlersPage(t) {
		if len(cells) != 3 || !strings.HasPrefix(cells[0], "`") {
			continue
		}
		var in events
		switch {
		case cells[1] == "all":
			in = everyEvent
		case cells[1] == "of a command":
			in = byCommand
		default:
			for _, m := range quoted.FindAllStringSubmatch(cells[1], -1) {
				if h, ok := HandlerByName(m[1]); ok {
					in |= eventsOf(h)
				}
			}
		}
		for _, m := range quoted.FindAllStringSubmatch(cells[0], -1) {
			if in != 0 {
				documented[m[1]] |= in
			}
		}
	}
	if !maps.Equal(documented, eventFields) {
		t.Errorf("docs/handlers.md has %v,\nvocabulary.go has %v", documented, eventFields)
	}
}

// TestHostOffersTheVocabulary reads the source of the host, which this package must not import, for the words that it knows.
func TestHostOffersTheVocabulary(t *testing.T) {
	words := map[string][]string{} // by the method of the host
	for _, pattern := range []string{"../*.go", "../../resp/command/*.go"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatal(pattern, err)
		}
		for _, path := range paths {
			if !strings.HasSuffix(path, "_test.go") {
				wordsIn(t, path, words)
			}
		}
	}
	compareWords(t, "eventFields", slices.Concat(words["Event"], words["Field"], words["Words"]), slices.Collect(maps.Keys(eventFields)))
	compareWords(t, "selfFields", append(words["Self"], "params", "state"), selfFields)
	compareWords(t, "timerOptions", slices.Concat(words["setField"], words["setText"], words["setNumber"]), timerOptions)
	compareWords(t, "effects (view.go)", words["Call"], append(slices.Clone(effects), "log"))
}

func compareWords(t *testing.T, table string, host, here []string) {
	t.Helper()
	for _, word := range host {
		if !slices.Contains(here, word) {
			t.Errorf("the host knows %q: put it into %s here, into docs/handlers.md and docs/comet.lua", word, table)
		}
	}
	for _, word := range here {
		if !slices.Contains(host, word) {
			t.Errorf("%s has %q, which no host knows", table, word)
		}
	}
}

// hostMethods are the methods of the host that compare words of handlers with those that they know.
var hostMethods = []string{"Event", "Field", "Words", "Self", "Call", "setField", "setText", "setNumber"}

// wordsIn adds the strings with which these methods, as far as a file has them, compare.
func wordsIn(t *testing.T, path string, words map[string][]string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	for _, decl := range file.Decls {
		f, ok := decl.(*ast.FuncDecl)
		if !ok || f.Recv == nil || !slices.Contains(hostMethods, f.Name.Name) {
			continue
		}
		note := func(e ast.Expr) {
			if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				word, _ := strconv.Unquote(lit.Value)
				if word == "" {
					return // a value that is empty, no word
				}
				words[f.Name.Name] = append(words[f.Name.Name], word)
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CaseClause:
				for _, e := range n.List {
					note(e)
				}
			case *ast.BinaryExpr:
				if n.Op == token.EQL || n.Op == token.NEQ {
					note(n.Y)
				}
			}
			return true
		})
	}
}
