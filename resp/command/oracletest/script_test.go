package oracletest

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestSplitWordsAsRedisCLI(t *testing.T) {
	for _, tt := range []struct {
		line string
		want []string
	}{
		{`SET k v`, []string{"SET", "k", "v"}},
		{`  SET  "a b"   'c d' `, []string{"SET", "a b", "c d"}},
		{`"" ''`, []string{"", ""}},
		{`"\x00\xff\n\r\t\a\b\\\"\q"`, []string{"\x00\xff\n\r\t\a\b\\\"q"}},
		{`'it\'s \n'`, []string{`it's \n`}},
		{`a\n"b`, []string{`a\n"b`}},
		{`"\xzz"`, []string{"xzz"}},
	} {
		got, err := splitWords(tt.line)
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %q, %v, want %q", tt.line, got, err, tt.want)
		}
	}
	for _, line := range []string{`"a`, `'a`, `"a"b`, `'a'b`, `"a\`} {
		if words, err := splitWords(line); err == nil {
			t.Errorf("%s: accepted as %q", line, words)
		}
	}
}

func TestPlaceholders(t *testing.T) {
	names := map[string]string{"i": "7", "now": "1000", "nowms": "1000000", "id:a": "12", "addr:a": "127.0.0.1:5"}
	lookup := func(name string) (string, error) {
		if v, ok := names[name]; ok {
			return v, nil
		}
		return "", errors.New("unknown")
	}
	for _, tt := range []struct{ word, want string }{
		{"plain", "plain"},
		{"<x*3>", "xxx"},
		{"<ab*2>-<i>", "abab-7"},
		{"<now>", "1000"},
		{"<now+5>", "1005"},
		{"<nowms-5>", "999995"},
		{"<id:a>", "12"},
		{"<addr:a>", "127.0.0.1:5"},
		{"<unknown>", "<unknown>"},
		{"a<b>c", "a<b>c"},
	} {
		if got, err := expand(tt.word, lookup); err != nil || got != tt.want {
			t.Errorf("%s: got %q, %v, want %q", tt.word, got, err, tt.want)
		}
	}
	if _, err := expand("<id:b>", lookup); err == nil {
		t.Error("<id:b>: no error for an unknown connection")
	}
	if _, err := expand("<x*999999999999>", lookup); err == nil {
		t.Error("<x*999999999999>: no limit")
	}
}

const sample = `# First
!resp 3
## why
@a& BLPOP k 0
@a<
  *["k" "v"]
!sort 2
!approx 1.5
HGETALL h
  %["a" "1"]

# Second
!differs because
@b GET "a b"
  2: $-1
  3: _
  ours: +OK
!wait 5ms
@b !raw "*1\r\n"
  -ERR x
`

func TestParseScript(t *testing.T) {
	s, err := Parse("sample", sample)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Sections) != 2 || len(s.Sections[0].Steps) != 3 || len(s.Sections[1].Steps) != 3 {
		t.Fatalf("wrong shape: %+v", s.Sections)
	}
	block, read, hgetall := s.Sections[0].Steps[0], s.Sections[0].Steps[1], s.Sections[0].Steps[2]
	if block.Op != SendWait || block.Conn != "a" || read.Op != Read || hgetall.Mod.Sort != 2 || hgetall.Mod.Approx != 1.5 {
		t.Errorf("wrong steps: %+v %+v %+v", block, read, hgetall)
	}
	get, raw := s.Sections[1].Steps[0], s.Sections[1].Steps[2]
	if get.Want[2].Kind != NullBulk || get.Want[3].Kind != Null || get.Ours[2].Text != "OK" || raw.Bytes != "*1\r\n" {
		t.Errorf("wrong steps: %+v %+v", get, raw)
	}
}

func TestParseScriptRefuses(t *testing.T) {
	for _, text := range []string{
		"GET k\n", "# a\n  +OK\n", "# a\n!bogus\n", "# a\n!sort\n", "# a\n!resp 4\n", "# a\n!times 0\nPING\n",
		"# a\nPING\n  ours: +OK\n", "# a\n!differs\nPING\n", "# a\n@ PING\n", "# a\n!raw x y\n", "# a\n!match (\nPING\n",
		"# a\nPING\n  junk\n", "# a\nGET \"k\n", "# a\n!wait x\n",
	} {
		if _, err := Parse("bad", text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestRecordingKeepsWhatIsWrittenByHand(t *testing.T) {
	s, err := Parse("sample", sample)
	if err != nil {
		t.Fatal(err)
	}
	rec := Record{}
	for _, section := range s.Sections {
		for _, step := range section.Steps {
			for _, proto := range section.Protocols {
				if f, ok := step.Want[proto]; ok {
					rec.Add(step, proto, f)
				}
			}
		}
	}
	if got := s.Text(rec); got != sample {
		t.Errorf("recording the same replies changed the script:\n%s", got)
	}
	rec[s.Sections[0].Steps[2]][3] = Frame{Kind: Map, Items: []Frame{{Kind: Bulk, Text: "a"}, {Kind: Bulk, Text: "2.5"}}}
	if got := s.Text(rec); got != sample {
		t.Errorf("a reply within the tolerance changed the script:\n%s", got)
	}
	rec[s.Sections[1].Steps[0]] = map[int]Frame{2: {Kind: Status, Text: "new"}, 3: {Kind: Status, Text: "new"}}
	if got := s.Text(rec); got != strings.Replace(sample, "  2: $-1\n  3: _\n", "  +new\n", 1) {
		t.Errorf("a new reply is not recorded:\n%s", got)
	}
}

func TestModifiers(t *testing.T) {
	parse := func(text string) Frame {
		f, err := ParseFrame(text)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	for _, tt := range []struct {
		mod       Modifiers
		want, got string
		equal     bool
	}{
		{Modifiers{}, `*["a"]`, `*["a"]`, true},
		{Modifiers{}, `*["a"]`, `~["a"]`, false},
		{Modifiers{}, `"1"`, `:1`, false},
		{Modifiers{}, `*["a" "b"]`, `*["b" "a"]`, false},
		{Modifiers{}, `$-1`, `_`, false},
		{Modifiers{Sort: 1}, `*["a" "b"]`, `*["b" "a"]`, true},
		{Modifiers{Sort: 1}, `*["a" "b"]`, `*["b" "b"]`, false},
		{Modifiers{Sort: 1}, `*["0" *["a" "b"]]`, `*["0" *["b" "a"]]`, true},
		{Modifiers{Sort: 2}, `*["a" "1" "b" "2"]`, `*["b" "2" "a" "1"]`, true},
		{Modifiers{Sort: 2}, `*["a" "1" "b" "2"]`, `*["b" "1" "a" "2"]`, false},
		{Modifiers{Sort: 2}, `*[*["a" "1"] *["b" "2"] *["c" "3"]]`, `*[*["c" "3"] *["b" "2"] *["a" "1"]]`, true},
		{Modifiers{Sort: 1}, `%["a" "1" "b" "2"]`, `%["b" "2" "a" "1"]`, true},
		{Modifiers{Sort: 1}, `%["a" "1" "b" "2"]`, `%["b" "1" "a" "2"]`, false},
		{Modifiers{Approx: 2}, `:100`, `:98`, true},
		{Modifiers{Approx: 2}, `:100`, `:97`, false},
		{Modifiers{Approx: 2}, `:100`, `"100"`, false},
		{Modifiers{Approx: 2}, `"abc"`, `"abd"`, false},
		{Modifiers{Ignore: true}, `:100`, `:5`, true},
		{Modifiers{Ignore: true}, `*?`, `*["a"]`, true},
		{Modifiers{Ignore: true}, `*?`, `-ERR`, false},
	} {
		if equal := tt.mod.Equal(parse(tt.want), parse(tt.got)); equal != tt.equal {
			t.Errorf("%+v: %s and %s: got %v", tt.mod, tt.want, tt.got, equal)
		}
	}
}

func TestOurReplyCountsOnlyOnOurServer(t *testing.T) {
	s, err := Parse("sample", sample)
	if err != nil {
		t.Fatal(err)
	}
	step := s.Sections[1].Steps[0]
	for _, tt := range []struct {
		text string
		real bool
		ok   bool
	}{{"+OK", false, true}, {"_", false, false}, {"_", true, true}, {"+OK", true, false}} {
		got, err := ParseFrame(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		if err := step.Check(3, got, tt.real); (err == nil) != tt.ok {
			t.Errorf("%s, real %v: %v", tt.text, tt.real, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(sample)
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse("fuzz", text)
		if err != nil {
			return
		}
		if _, err := Parse("again", s.Text(Record{})); err != nil {
			t.Errorf("the script without replies is refused: %v", err)
		}
	})
}
