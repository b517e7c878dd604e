package oracletest

import (
	"os"
	"slices"
	"strings"
)

// Record is a real server's replies to the steps of a script.
type Record map[*Step]map[int]Frame

// Add notes the reply of one step in one protocol.
func (r Record) Add(s *Step, proto int, got Frame) {
	if r[s] == nil {
		r[s] = map[int]Frame{}
	}
	r[s][proto] = got
}

// Text gives the script with its replies replaced by the recorded ones. A reply
// that equals the old one under the step's modifiers stays as it was, so that
// recording twice changes nothing.
func (s *Script) Text(rec Record) string {
	var b strings.Builder
	at := 0
	emit := func(lines []string) {
		for _, l := range lines {
			b.WriteString(l + "\n")
		}
	}
	for _, section := range s.Sections {
		for _, step := range section.Steps {
			emit(s.lines[at:step.from])
			if step.Op.Replies() {
				emit(step.golden(section.Protocols, rec[step]))
			}
			at = step.to
		}
	}
	emit(s.lines[at:])
	return b.String()
}

// Write writes the script with new replies to its file.
func (s *Script) Write(rec Record) error {
	return os.WriteFile(s.Path, []byte(s.Text(rec)), 0o644)
}

// golden gives the reply lines of a step.
func (s *Step) golden(protocols []int, got map[int]Frame) []string {
	want := map[int]Frame{}
	for _, proto := range protocols {
		f, ok := got[proto]
		if !ok {
			return nil
		}
		want[proto] = s.stable(proto, f)
	}
	return append(s.forms("", protocols, want), s.forms("ours", protocols, s.Ours)...)
}

// stable gives what the script keeps of a reply.
func (s *Step) stable(proto int, got Frame) Frame {
	if s.Mod.loose() {
		return Frame{Kind: got.Kind, Any: true}
	}
	if old, ok := s.Want[proto]; ok && !old.Any && s.Mod.Equal(old, got) {
		return old
	}
	if s.Mod.Sort > 0 {
		return got.sorted(s.Mod.Sort)
	}
	return got
}

// forms writes a reply once if it is the same in all protocols.
func (s *Step) forms(head string, protocols []int, f map[int]Frame) []string {
	if len(f) == 0 {
		return nil
	}
	first := f[protocols[0]]
	if !slices.ContainsFunc(protocols, func(p int) bool { return !s.Mod.Equal(first, f[p]) }) {
		return s.form(head, first)
	}
	var lines []string
	for _, p := range protocols {
		lines = append(lines, s.form(strings.TrimLeft(head+" ", " ")+string(rune('0'+p)), f[p])...)
	}
	return lines
}

func (s *Step) form(head string, f Frame) []string {
	if head != "" {
		head += ": "
	}
	return strings.Split("  "+head+f.lines("  ", true), "\n")
}
