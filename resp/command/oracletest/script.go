package oracletest

import (
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Script is one file of sections, together with its text so that the replies in
// it can be written anew.
type Script struct {
	Path     string
	Sections []*Section
	lines    []string
}

// Section is a series of steps that starts from an empty server.
type Section struct {
	Name      string
	Line      int
	Protocols []int // 2, 3 or both
	Steps     []*Step
}

// Op is what a step does.
type Op int

// What a step does.
const (
	Call     Op = iota // send a command and read its reply
	SendWait           // send a command and wait until the client is blocked or answered
	Send               // send a command
	Read               // read one reply
	ReadAll            // read all replies that have arrived
	Raw                // send bytes and read one reply
	Close              // close the connection
	Wait               // let time pass
)

// Replies tells whether the step reads a reply.
func (op Op) Replies() bool { return op == Call || op == Read || op == ReadAll || op == Raw }

// Step is one line of a section with the modifiers above and the replies below it.
type Step struct {
	Line  int // 1-based
	Text  string
	Op    Op
	Conn  string
	Words []string // of a command, placeholders not yet replaced
	Bytes string   // of Raw
	Wait  time.Duration
	Mod   Modifiers
	Want  map[int]Frame // a real Redis' reply by protocol
	Ours  map[int]Frame // our reply by protocol, where it is known to differ

	from, to int // lines[from:to] hold the replies
}

// Modifiers say how a reply is compared.
type Modifiers struct {
	Sort    int // elements in a group, 0 for a fixed order
	Approx  float64
	Ignore  bool
	Match   *regexp.Regexp
	Times   int
	Differs string
}

// Load reads a script from a file.
func Load(path string) (*Script, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, string(text))
}

// Parse reads a script from text; path is used in errors only.
func Parse(path, text string) (*Script, error) {
	p := scriptParser{script: &Script{Path: path, lines: strings.Split(strings.TrimSuffix(text, "\n"), "\n")}}
	for i := 0; i < len(p.script.lines); {
		next, err := p.line(i)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, i+1, err)
		}
		i = next
	}
	if p.mod != (Modifiers{}) {
		return nil, fmt.Errorf("%s: modifier without a step at the end", path)
	}
	return p.script, nil
}

type scriptParser struct {
	script  *Script
	section *Section
	mod     Modifiers
}

// line reads line i and its replies and gives the index of the line after them.
func (p *scriptParser) line(i int) (int, error) {
	line := p.script.lines[i]
	switch {
	case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "##"):
		return i + 1, nil
	case strings.HasPrefix(line, "# "):
		p.section = &Section{Name: line[2:], Line: i + 1, Protocols: []int{2, 3}}
		p.script.Sections = append(p.script.Sections, p.section)
		return i + 1, nil
	case p.section == nil:
		return 0, fmt.Errorf("%.40q stands before the first section", line)
	case line[0] == ' ' || line[0] == '\t':
		return 0, fmt.Errorf("reply %.40q without a step", line)
	case line[0] == '!' && !isStep(line):
		return i + 1, p.directive(line[1:])
	}
	return p.step(i)
}

// isStep tells the steps that start with ! from directives.
func isStep(line string) bool {
	return strings.HasPrefix(line, "!raw ") || line == "!close" || strings.HasPrefix(line, "!wait ")
}

func (p *scriptParser) directive(text string) (err error) {
	name, arg, _ := strings.Cut(text, " ")
	switch name {
	case "resp":
		p.section.Protocols, err = protocols(arg)
	case "sort":
		p.mod.Sort = 1
		if arg != "" {
			p.mod.Sort, err = positive(arg)
		}
	case "approx":
		p.mod.Approx, err = strconv.ParseFloat(arg, 64)
	case "ignore":
		p.mod.Ignore = true
	case "match":
		p.mod.Match, err = regexp.Compile(arg)
	case "times":
		p.mod.Times, err = positive(arg)
	case "differs":
		p.mod.Differs = arg
		if arg == "" {
			err = fmt.Errorf("!differs needs a reason")
		}
	default:
		err = fmt.Errorf("unknown directive %q", name)
	}
	return err
}

func positive(s string) (int, error) {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is no positive number", s)
	}
	return n, nil
}

func protocols(arg string) ([]int, error) {
	switch arg {
	case "2":
		return []int{2}, nil
	case "3":
		return []int{3}, nil
	case "both":
		return []int{2, 3}, nil
	}
	return nil, fmt.Errorf("!resp takes 2, 3 or both, not %q", arg)
}

func (p *scriptParser) step(i int) (next int, err error) {
	lines := p.script.lines
	s := &Step{Line: i + 1, Text: lines[i], Mod: p.mod, from: i + 1, to: i + 1}
	p.mod = Modifiers{}
	if err := s.parse(lines[i]); err != nil {
		return 0, err
	}
	for s.to < len(lines) && strings.HasPrefix(lines[s.to], "  ") {
		s.to++
	}
	if err := s.parseReplies(lines[s.from:s.to]); err != nil {
		return 0, err
	}
	p.section.Steps = append(p.section.Steps, s)
	return s.to, nil
}

func (s *Step) parse(line string) (err error) {
	rest := line
	if rest[0] == '@' {
		end := strings.IndexAny(rest, " &<>")
		if end < 2 {
			return fmt.Errorf("%.40q needs a connection name and what to do", line)
		}
		s.Conn, rest = rest[1:end], rest[end:]
	}
	switch {
	case rest == "<":
		s.Op = Read
	case rest == "<*":
		s.Op = ReadAll
	case strings.HasPrefix(rest, "& "):
		s.Op, rest = SendWait, rest[2:]
	case strings.HasPrefix(rest, "> "):
		s.Op, rest = Send, rest[2:]
	}
	if s.Op == Read || s.Op == ReadAll {
		return nil
	}
	if s.Words, err = splitWords(rest); err != nil {
		return err
	}
	switch {
	case len(s.Words) == 0:
		return fmt.Errorf("%.40q has no command", line)
	case strings.HasPrefix(s.Words[0], "!"):
		return s.parseSpecial()
	}
	return nil
}

// parseSpecial reads !raw, !close and !wait.
func (s *Step) parseSpecial() (err error) {
	words := s.Words
	s.Words = nil
	switch {
	case words[0] == "!raw" && len(words) == 2:
		s.Op, s.Bytes = Raw, words[1]
	case words[0] == "!close" && len(words) == 1:
		s.Op = Close
	case words[0] == "!wait" && len(words) == 2:
		s.Op = Wait
		s.Wait, err = time.ParseDuration(words[1])
	default:
		err = fmt.Errorf("unknown step %q", words)
	}
	return err
}

// replyHeads are the beginnings of a reply and the protocols they stand for.
var replyHeads = []struct {
	text      string
	ours      bool
	protocols []int
}{
	{"2: ", false, []int{2}},
	{"3: ", false, []int{3}},
	{"ours 2: ", true, []int{2}},
	{"ours 3: ", true, []int{3}},
	{"ours: ", true, []int{2, 3}},
	{"", false, []int{2, 3}},
}

// parseReplies reads the indented lines below a step. A line indented by two
// spaces starts a reply unless it closes a bracket; deeper ones continue it.
func (s *Step) parseReplies(lines []string) error {
	s.Want, s.Ours = map[int]Frame{}, map[int]Frame{}
	for i := 0; i < len(lines); {
		var text strings.Builder
		text.WriteString(lines[i][2:])
		for i++; i < len(lines) && (lines[i][2:] == "]" || strings.HasPrefix(lines[i], "   ")); i++ {
			text.WriteString("\n" + lines[i])
		}
		if err := s.parseReply(text.String()); err != nil {
			return err
		}
	}
	if len(s.Ours) > 0 && s.Mod.Differs == "" {
		return fmt.Errorf("a reply of ours needs !differs with a reason")
	}
	return nil
}

func (s *Step) parseReply(text string) error {
	for _, h := range replyHeads {
		if !strings.HasPrefix(text, h.text) {
			continue
		}
		f, err := ParseFrame(text[len(h.text):])
		if err != nil {
			return err
		}
		into := s.Want
		if h.ours {
			into = s.Ours
		}
		for _, proto := range h.protocols {
			into[proto] = f
		}
		return nil
	}
	return nil
}
