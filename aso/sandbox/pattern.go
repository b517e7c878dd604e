package sandbox

import (
	"strings"

	"comet/aso/lua"
)

// Bounds of pattern matching. A step is one comparison of a character; it costs
// a quarter of an instruction.
const (
	maxCaptures     = 32
	maxPatternDepth = 200
	stepsPerCharge  = 64
)

const (
	captureOpen     = -1
	capturePosition = -2
)

type capture struct {
	start, size int // size may be captureOpen or capturePosition
}

// matcher matches one pattern of Lua 5.1 against a subject.
type matcher struct {
	L        *lua.State
	w        *worker
	src, pat string
	caps     [maxCaptures]capture
	level    int
	depth    int
	steps    int
}

func (m *matcher) step(n int) {
	m.steps += n
	if m.steps >= stepsPerCharge {
		m.w.work(m.steps / 4)
		m.steps = 0
	}
}

// settle charges the steps left over.
func (m *matcher) settle() {
	m.w.work(m.steps / 4)
	m.steps = 0
}

func (m *matcher) fail(msg string) { m.L.RaiseError("%s", msg) }

// match returns the end of the match of pat[p:] at src[s:], or -1.
func (m *matcher) match(s, p int) int {
	m.depth++
	if m.depth > maxPatternDepth {
		m.fail("pattern too complex")
	}
	end := m.matchHere(s, p)
	m.depth--
	return end
}

func (m *matcher) matchHere(s, p int) int {
	for p < len(m.pat) {
		m.step(1)
		switch c := m.pat[p]; {
		case c == '(':
			return m.openCapture(s, p)
		case c == ')':
			return m.closeCapture(s, p)
		case c == '$' && p+1 == len(m.pat):
			if s == len(m.src) {
				return s
			}
			return -1
		case c == '%' && p+1 < len(m.pat) && m.special(m.pat[p+1]):
			if s, p = m.matchSpecial(s, p); s < 0 {
				return -1
			}
			continue
		}
		end := m.classEnd(p)
		var suffix byte
		if end < len(m.pat) {
			suffix = m.pat[end]
		}
		switch suffix {
		case '?':
			if s < len(m.src) && m.single(s, p, end) {
				if e := m.match(s+1, end+1); e >= 0 {
					return e
				}
			}
			p = end + 1
		case '*':
			return m.longest(s, p, end, 0)
		case '+':
			return m.longest(s, p, end, 1)
		case '-':
			return m.shortest(s, p, end)
		default:
			if s >= len(m.src) || !m.single(s, p, end) {
				return -1
			}
			s++
			p = end
		}
	}
	return s
}

func (m *matcher) special(c byte) bool { return c == 'b' || c == 'f' || isDigit(c) }

// matchSpecial handles %b, %f and back references; s is -1 if they do not match.
func (m *matcher) matchSpecial(s, p int) (int, int) {
	switch m.pat[p+1] {
	case 'b':
		return m.balance(s, p+2), p + 4
	case 'f':
		p += 2
		if p >= len(m.pat) || m.pat[p] != '[' {
			m.fail("missing '[' after '%f' in pattern")
		}
		end := m.classEnd(p)
		if m.set(m.at(s-1), p, end-1) || !m.set(m.at(s), p, end-1) {
			return -1, p
		}
		return s, end
	default:
		return m.backReference(s, m.pat[p+1]), p + 2
	}
}

// at returns a character of the subject, NUL outside of it.
func (m *matcher) at(i int) byte {
	if i < 0 || i >= len(m.src) {
		return 0
	}
	return m.src[i]
}

func (m *matcher) openCapture(s, p int) int {
	size := captureOpen
	p++
	if p < len(m.pat) && m.pat[p] == ')' {
		size = capturePosition
		p++
	}
	if m.level >= maxCaptures {
		m.fail("too many captures")
	}
	m.caps[m.level] = capture{s, size}
	m.level++
	e := m.match(s, p)
	if e < 0 {
		m.level--
	}
	return e
}

func (m *matcher) closeCapture(s, p int) int {
	for i := m.level - 1; i >= 0; i-- {
		if m.caps[i].size != captureOpen {
			continue
		}
		m.caps[i].size = s - m.caps[i].start
		e := m.match(s, p+1)
		if e < 0 {
			m.caps[i].size = captureOpen
		}
		return e
	}
	m.fail("invalid pattern capture")
	return -1
}

func (m *matcher) balance(s, p int) int {
	if p+1 >= len(m.pat) {
		m.fail("unbalanced pattern")
	}
	if s >= len(m.src) || m.src[s] != m.pat[p] {
		return -1
	}
	open, shut, depth := m.pat[p], m.pat[p+1], 1
	for i := s + 1; i < len(m.src); i++ {
		m.step(1)
		switch m.src[i] {
		case shut:
			depth--
			if depth == 0 {
				return i + 1
			}
		case open:
			depth++
		}
	}
	return -1
}

func (m *matcher) backReference(s int, digit byte) int {
	i := int(digit) - '1'
	if i < 0 || i >= m.level || m.caps[i].size == captureOpen {
		m.fail("invalid capture index")
	}
	c := m.caps[i]
	m.step(max(c.size, 0)/8 + 1)
	if c.size < 0 || len(m.src)-s < c.size || m.src[c.start:c.start+c.size] != m.src[s:s+c.size] {
		return -1
	}
	return s + c.size
}

// classEnd returns the end of the single-character class at pat[p].
func (m *matcher) classEnd(p int) int {
	c := m.pat[p]
	p++
	switch c {
	case '%':
		if p >= len(m.pat) {
			m.fail("malformed pattern (ends with '%')")
		}
		return p + 1
	case '[':
		return m.setEnd(p)
	}
	return p
}

func (m *matcher) setEnd(p int) int {
	if p < len(m.pat) && m.pat[p] == '^' {
		p++
	}
	for first := true; first || p >= len(m.pat) || m.pat[p] != ']'; first = false {
		if p >= len(m.pat) {
			m.fail("malformed pattern (missing ']')")
		}
		m.step(1)
		c := m.pat[p]
		p++
		if c == '%' && p < len(m.pat) {
			p++
		}
	}
	return p + 1
}

// single reports whether src[s] is in the class pat[p:end].
func (m *matcher) single(s, p, end int) bool {
	m.step(1)
	c := m.src[s]
	switch m.pat[p] {
	case '.':
		return true
	case '%':
		return inClass(c, m.pat[p+1])
	case '[':
		return m.set(c, p, end-1)
	}
	return m.pat[p] == c
}

// set reports whether c is in the set whose brackets are at pat[p] and pat[shut].
func (m *matcher) set(c byte, p, shut int) bool {
	in := true
	p++
	if m.pat[p] == '^' {
		in = false
		p++
	}
	for ; p < shut; p++ {
		m.step(1)
		switch {
		case m.pat[p] == '%' && p+1 < shut:
			p++
			if inClass(c, m.pat[p]) {
				return in
			}
		case p+2 < shut && m.pat[p+1] == '-':
			if m.pat[p] <= c && c <= m.pat[p+2] {
				return in
			}
			p += 2
		case m.pat[p] == c:
			return in
		}
	}
	return !in
}

func inClass(c, class byte) bool {
	var in bool
	switch class | 0x20 {
	case 'a':
		in = isLetter(c)
	case 'c':
		in = c < 32 || c == 127
	case 'd':
		in = isDigit(c)
	case 'l':
		in = c >= 'a' && c <= 'z'
	case 'p':
		in = c > 32 && c < 127 && !isLetter(c) && !isDigit(c)
	case 's':
		in = c == ' ' || c >= '\t' && c <= '\r'
	case 'u':
		in = c >= 'A' && c <= 'Z'
	case 'w':
		in = isLetter(c) || isDigit(c)
	case 'x':
		in = isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'f'
	case 'z':
		in = c == 0
	default:
		return class == c
	}
	if !isLetter(class) {
		return class == c
	}
	return in == (class >= 'a')
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func (m *matcher) longest(s, p, end, least int) int {
	n := 0
	for s+n < len(m.src) && m.single(s+n, p, end) {
		n++
	}
	for ; n >= least; n-- {
		if e := m.match(s+n, end+1); e >= 0 {
			return e
		}
	}
	return -1
}

func (m *matcher) shortest(s, p, end int) int {
	for {
		if e := m.match(s, end+1); e >= 0 {
			return e
		}
		if s >= len(m.src) || !m.single(s, p, end) {
			return -1
		}
		s++
	}
}

// captureValue returns capture i, or the whole match if the pattern has none.
func (m *matcher) captureValue(i, start, end int) lua.Value {
	if i >= m.level {
		if i != 0 {
			m.fail("invalid capture index")
		}
		return m.text(start, end)
	}
	switch c := m.caps[i]; c.size {
	case captureOpen:
		m.fail("unfinished capture")
		return lua.Nil
	case capturePosition:
		return lua.Number(float64(c.start + 1))
	default:
		return m.text(c.start, c.start+c.size)
	}
}

// text copies a part of the subject: a substring would keep all of it alive.
func (m *matcher) text(start, end int) lua.Value {
	m.w.Charge(end - start + 32)
	return lua.String(strings.Clone(m.src[start:end]))
}

// pushCaptures pushes all captures, or the whole match if there are none.
func (m *matcher) pushCaptures(start, end int, whole bool) int {
	n := m.level
	if n == 0 && whole {
		n = 1
	}
	for i := range n {
		m.L.Push(m.captureValue(i, start, end))
	}
	return n
}

// next finds the first match at or after init.
func (m *matcher) next(init int, p int) (start, end int) {
	for s := init; s <= len(m.src); s++ {
		m.level, m.depth = 0, 0
		if e := m.match(s, p); e >= 0 {
			m.settle()
			return s, e
		}
		if p > 0 {
			break // anchored
		}
	}
	m.settle()
	return -1, -1
}

const matcherBytes = 640

// beforeNUL returns what a string is to C, as patterns of Lua 5.1 and errors of scripts are.
func beforeNUL(s string) string {
	s, _, _ = strings.Cut(s, "\x00")
	return s
}

// newMatcher returns a matcher and the pattern's start, behind its anchor. The
// worker's own is used unless a callback of gsub searches while gsub does.
func newMatcher(L *lua.State, src, pat string) (*matcher, int) {
	w := of(L)
	pat = beforeNUL(pat)
	m := &w.matcher
	if m.w != nil {
		w.Charge(matcherBytes)
		m = &matcher{}
	}
	m.L, m.w, m.src, m.pat = L, w, src, pat
	w.work(2 + len(pat)>>6)
	if pat != "" && pat[0] == '^' {
		return m, 1
	}
	return m, 0
}

// done gives the worker's matcher back.
func (m *matcher) done() { m.L, m.w, m.src, m.pat, m.steps = nil, nil, "", "", 0 }
