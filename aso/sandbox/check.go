package sandbox

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/yuin/gopher-lua/ast"
)

// Severity says how bad a Finding is.
type Severity string

// The severities. A source with an error does not compile; a warning is code that fails or does nothing when it runs.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
	SeverityNote    Severity = "note"
)

// Finding is what Check says about a place in a source.
type Finding struct {
	Line     int      `json:"line"`             // from 1
	Column   int      `json:"column,omitempty"` // from 1, in bytes; 0 when unknown
	Severity Severity `json:"severity"`
	Text     string   `json:"text"`
}

// maxFindings bounds what Check says about one source.
const maxFindings = 200

// Check reads a source as Compile does, and reports all errors it can find and not only the first, what is probably wrong, and what each
// handler costs. The findings are in the order of their lines. There is an error among them if and only if Compile refuses the source.
func Check(source []byte, lim Limits) []Finding {
	lim = lim.withDefaults()
	c := &checker{limits: lim}
	p, err := Compile(source, lim)
	if err == nil {
		p.lower(&c.limits)
	}
	refused := c.source(source)
	switch {
	case err == nil:
		c.costs(p)
	case !refused:
		c.fail(err)
	}
	slices.SortStableFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return slices.Compact(c.findings)
}

// checker looks at one source. It walks the tree several times: what it learns of the arguments of local functions in one walk, it knows
// in the next; it reports in the last.
type checker struct {
	limits   Limits
	findings []Finding
	quiet    bool // learning, not reporting

	names  nameCursor
	known  map[*ast.FunctionExpr]*callee
	tested map[string]bool // names that handlers do not have, and that the source looks for
	learnt bool            // something new in this walk

	fn     *scope
	loops  []*loop
	params map[string]*parameter
	whole  bool // self.params is used as a whole somewhere: any parameter may be read
}

// source finds what is wrong, as far as the tree tells, and reports whether Compile refuses it therefore.
func (c *checker) source(source []byte) (refused bool) {
	if len(source) > c.limits.Source {
		return false
	}
	name, err := parseHeader(string(source))
	text := string(source)
	if err == nil {
		text = hideHeader(text)
	} else {
		c.fail(err)
		name = "source"
		refused = true
	}
	stmts, err := parseHandlers(name, text)
	if err != nil {
		c.fail(err)
		return true
	}
	c.lint(stmts, text)
	r := newResolver(stdlib)
	r.chunk(stmts)
	for _, err := range r.errs {
		c.fail(err)
	}
	return refused || len(r.errs) > 0
}

// fail reports an error of Compile.
func (c *checker) fail(err error) {
	var ce *CompileError
	f := Finding{Line: 1, Severity: SeverityError, Text: err.Error()}
	if errors.As(err, &ce) {
		f.Line, f.Text = max(ce.Line, 1), ce.Msg
	}
	c.findings = append(c.findings, f)
}

// at is a place in the source.
type place struct{ line, column int }

func (c *checker) report(at place, severity Severity, format string, args ...any) {
	if c.quiet || len(c.findings) >= maxFindings {
		return
	}
	c.findings = append(c.findings, Finding{at.line, at.column, severity, fmt.Sprintf(format, args...)})
}

func (c *checker) warn(at place, format string, args ...any) {
	c.report(at, SeverityWarning, format, args...)
}
