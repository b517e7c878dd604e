package scripts_test

import (
	"path/filepath"
	"strings"
	"testing"

	"comet/aso/sandbox"
	"comet/scripts"
	"comet/scripts/handlertest"
)

// TestCatalogue runs the tests that stand beside the handlers; comet test does the same.
func TestCatalogue(t *testing.T) {
	files, err := filepath.Glob("*_test.lua")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var out strings.Builder
	ran, err := handlertest.Run(files, handlertest.Options{}, &out)
	if err != nil || ran.Failed > 0 || ran.Tests == 0 {
		t.Errorf("%+v %v\n%s", ran, err, &out)
	}
}

func TestEveryHandlerHasTests(t *testing.T) {
	handlers, err := filepath.Glob("*.lua")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]bool{}
	sources := 0
	for _, file := range handlers {
		if name, ok := strings.CutSuffix(file, "_test.lua"); ok {
			tests[name] = true
		}
	}
	for _, file := range handlers {
		name := strings.TrimSuffix(file, ".lua")
		if strings.HasSuffix(name, "_test") {
			continue
		}
		sources++
		if !tests[name] {
			t.Errorf("%s has no %s_test.lua", file, name)
		}
	}
	if all, err := scripts.All(); err != nil || len(all) != sources {
		t.Errorf("%d handlers in the catalogue, %d files, %v", len(all), sources, err)
	}
}

func TestCatalogueHasNoFindings(t *testing.T) {
	sources, err := scripts.All()
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range sources {
		for _, f := range sandbox.Check(source, sandbox.Limits{}) {
			if f.Severity != sandbox.SeverityNote {
				t.Errorf("%.30q:%d: %s: %s", source, f.Line, f.Severity, f.Text)
			}
		}
	}
}
