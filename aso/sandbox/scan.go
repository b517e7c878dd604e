package sandbox

import (
	"fmt"
	"strings"

	"github.com/yuin/gopher-lua/parse"
)

// Bounds on a source before any recursive code sees it. The stacks of
// the parser, the resolver and the compiler grow with nesting.
const (
	maxTokens    = 12_000 // of a handler
	scriptTokens = 10 * maxTokens
	maxNest      = 200 // brackets, blocks and the operators pending in them
	maxChain     = 150 // operators and suffixes of one expression
)

// outline follows the tokens of a source just well enough to bound its tree. The
// tokens come from the parser's own scanner, so that no two readings of a source
// can differ.
type outline struct {
	levels  []level // open brackets and blocks
	depth   int     // over all levels
	operand bool    // the token before can end an expression
	problem string
}

// level is one open bracket or block.
type level struct {
	chain   int // operators in the current expression
	elseifs int // branches before this one: each nests in the syntax tree
	pending int // the same for the branch whose condition is being read
}

// checkShape refuses a source that is too large, too deep or not text. What the
// scanner refuses is left to the parser, which stops at the same token.
func checkShape(src string, tokens int) *CompileError {
	if before, _, ok := strings.Cut(src, "\x00"); ok {
		return &CompileError{1 + strings.Count(before, "\n"), "source contains a NUL byte"}
	}
	scanner, lexer := parse.NewScanner(strings.NewReader(src), ""), &parse.Lexer{}
	s := &outline{levels: make([]level, 1, 32)}
	for range tokens {
		tok, err := scanner.Scan(lexer)
		if err != nil || tok.Type == parse.EOF {
			return nil
		}
		s.token(tok.Type)
		if s.problem != "" {
			return &CompileError{tok.Pos.Line, s.problem}
		}
	}
	return &CompileError{0, fmt.Sprintf("source has more than %d tokens", tokens)}
}

func (s *outline) token(kind int) {
	switch kind {
	case parse.TIdent, parse.TNumber, parse.TTrue, parse.TFalse, parse.TNil, parse.T3Comma:
		if s.operand {
			s.restart() // two operands in a row: a new statement
		}
		s.operand = true
	case parse.TString:
		if s.operand {
			s.grow() // the argument of a call
		}
		s.operand = true
	case '(', '[', '{':
		if s.operand {
			s.grow() // a call, an index or a call with a table
		}
		s.open()
	case ')', ']', '}':
		s.close()
		s.operand = true
	case ',', ';', '=':
		s.restart()
		s.operand = false
	default:
		if kind > 0xff && s.keyword(kind) {
			return
		}
		s.grow() // an operator
		s.operand = false
	}
}

// keyword reports whether it has dealt with a token; what is left is an operator.
func (s *outline) keyword(kind int) bool {
	switch kind {
	case parse.TFunction:
		if s.operand {
			s.restart()
		}
		s.open()
	case parse.TDo, parse.TRepeat:
		s.restart()
		s.open()
	case parse.TThen:
		s.then()
	case parse.TElseIf:
		s.elseif()
	case parse.TEnd:
		s.close()
		s.operand = true
	case parse.TUntil:
		s.close()
		s.restart()
		s.operand = false
	case parse.TElse, parse.TIf, parse.TWhile, parse.TFor, parse.TIn, parse.TLocal, parse.TReturn, parse.TBreak, parse.TGoto:
		s.restart()
		s.operand = false
	default:
		return false
	}
	return true
}

// elseif closes a branch; the then that follows opens the next, one deeper.
func (s *outline) elseif() {
	n := s.top().elseifs + 1
	s.close()
	s.restart()
	s.top().pending = n
	s.operand = false
}

func (s *outline) then() {
	s.restart()
	n := s.top().pending
	s.top().pending = 0
	s.open()
	s.top().elseifs = n
	s.deepen(n)
}

func (s *outline) top() *level { return &s.levels[len(s.levels)-1] }

func (s *outline) restart() {
	s.depth -= s.top().chain
	s.top().chain = 0
}

func (s *outline) grow() {
	s.top().chain++
	s.deepen(1)
	if s.top().chain > maxChain {
		s.problem = "expression is too long"
	}
}

func (s *outline) deepen(n int) {
	s.depth += n
	if s.depth > maxNest {
		s.problem = "source is nested too deeply"
	}
}

func (s *outline) open() {
	s.levels = append(s.levels, level{})
	s.deepen(1)
	s.operand = false
}

// close ends a level; one too many is left to the parser to report.
func (s *outline) close() {
	if len(s.levels) == 1 {
		return
	}
	s.depth -= 1 + s.top().chain + s.top().elseifs
	s.levels = s.levels[:len(s.levels)-1]
}
