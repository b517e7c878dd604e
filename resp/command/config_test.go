package command

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"comet/aso"
)

func newTestConfig(t testing.TB, args ...string) *Config {
	t.Helper()
	c, err := NewConfig()
	if err == nil {
		err = c.Load(args)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// other returns a value of p that is not its default, empty if there is none.
func (p *parameter) other(c *Config) string {
	for _, try := range []string{
		"yes", "no", "7", "200", "2048", "3mb", "660", "always", "optional", "debug", "3600 1", "pubsub 1mb 2mb 3", "Kx", "/a path/x", "a b", "allchannels", "allkeys-lru", "hostname", "local1", "swapdb", "clients", "auto", "1 2 3", "now force", "0-1",
	} {
		v, err := p.parse(c, p.words(try))
		if err == nil && p.kind.format(v) != p.text(c) {
			return try
		}
	}
	return ""
}

func TestEveryParameterCanBeShownSetAndLoaded(t *testing.T) {
	for i := range parameters {
		p := &parameters[i]
		t.Run(p.name, func(t *testing.T) {
			c := newTestConfig(t)
			initial := p.text(c)
			if got := c.Get([]string{p.name}); !slices.Equal(got, []Assignment{{p.name, initial}}) {
				t.Errorf("Get: %v", got)
			}
			other := p.other(c)
			if other == "" {
				t.Fatal("no value but the default")
			}
			if err := c.Set([]Assignment{{p.name, other}}); (err != nil) != (p.has(immutable) || p.has(protected)) {
				t.Errorf("Set %q: %v", other, err)
			} else if err == nil && p.text(c) == initial {
				t.Error("Set changed nothing")
			}
			// What is shown can be given again, in all three ways.
			text := loadOption(t, p, p.words(other)...)
			if got := loadOption(t, p, text); got != text {
				t.Errorf("from one argument %q: %q", text, got)
			}
			loaded := newTestConfig(t)
			v, err := p.parse(loaded, p.words(other))
			if err != nil {
				t.Fatal(err)
			}
			p.field(loaded).set(v)
			again := configLoader{c: newTestConfig(t), repeated: map[*parameter]bool{}}
			if err := again.read(strings.NewReader(p.line(loaded)), "file"); err != nil || p.text(again.c) != text {
				t.Errorf("from a file with %q: %q, %v, want %q", p.line(loaded), p.text(again.c), err, text)
			}
		})
	}
}

// loadOption returns how p looks after words were given on the command line.
func loadOption(t *testing.T, p *parameter, words ...string) string {
	t.Helper()
	l := configLoader{c: newTestConfig(t), repeated: map[*parameter]bool{}}
	if err := l.option("--"+p.name, words); err != nil {
		t.Fatal(err)
	}
	return p.text(l.c)
}

func TestTableHasNoNameTwice(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range parameterNames {
		if seen[name] || absent[name] != "" || deprecated[name] || name != strings.ToLower(name) {
			t.Errorf("%s is there twice, or not in lower case", name)
		}
		seen[name] = true
	}
	if _, err := NewConfig(); err != nil {
		t.Error(err)
	}
}

func TestSetIsAllOrNothing(t *testing.T) {
	c := newTestConfig(t)
	heard := 0
	refuse := false
	c.OnChange(ConcernNetwork, func() error {
		heard++
		if refuse && c.Timeout.Load() != 0 {
			return aso.Error("no")
		}
		return nil
	})
	err := c.Set([]Assignment{{"timeout", "5"}, {"maxmemory", "10"}, {"port", "abc"}})
	if err == nil || c.Timeout.Load() != 0 || c.MaxMemory.Load() != 0 || heard != 0 {
		t.Errorf("error %v, timeout %d, heard %d", err, c.Timeout.Load(), heard)
	}
	refuse = true
	err = c.Set([]Assignment{{"maxmemory", "10"}, {"timeout", "5"}})
	var bad *ParameterError
	if !errors.As(err, &bad) || bad.Name != "timeout" || bad.Reason != aso.Error("no") {
		t.Errorf("error %v", err)
	}
	if c.Timeout.Load() != 0 || c.MaxMemory.Load() != 0 || heard != 2 {
		t.Errorf("timeout %d, maxmemory %d, heard %d", c.Timeout.Load(), c.MaxMemory.Load(), heard)
	}
	refuse = false
	if err := c.Set([]Assignment{{"timeout", "5"}, {"maxclients", "7"}}); err != nil || heard != 3 {
		t.Errorf("error %v, heard %d", err, heard)
	}
}

func TestFixedParametersAcceptTheirValueOnly(t *testing.T) {
	for name, p := range fixed {
		value := p.value
		c := newTestConfig(t)
		if err := newTestConfig(t).Load([]string{"--" + name, value}); err != nil {
			t.Errorf("%s %s: %v", name, value, err)
		}
		if err := c.Load([]string{"--" + name, "else"}); err == nil {
			t.Errorf("%s accepts anything", name)
		}
		if err := c.Set([]Assignment{{name, value}}); (err != nil) != p.immutable {
			t.Errorf("Set %s %s: %v", name, value, err)
		}
		if err := c.Set([]Assignment{{name, "else"}}); err == nil {
			t.Errorf("Set %s accepts anything", name)
		}
	}
}

func TestFileSyntax(t *testing.T) {
	for _, tt := range []struct {
		file string
		want string // save, requirepass, bind; or the error behind the file's name
	}{
		{"", " /  / * -::*"},
		{"# comment\n\n  \t\r\nrequirepass x\r\n", " / x / * -::*"},
		{`requirepass "a \"b\" \x41\n"`, " / a \"b\" A\n / * -::*"},
		{`requirepass 'a \'b\' \x41'`, ` / a 'b' \x41 / * -::*`},
		{"save 10 1\nsave 20 2\n", "10 1 20 2 /  / * -::*"},
		{"save 10 1\nsave \"\"\nsave 30 3", "30 3 /  / * -::*"},
		{"save 10 1 20 2\nbind 127.0.0.1 -::1\nBIND 10.0.0.1", "10 1 20 2 /  / 10.0.0.1"},
		{"requirepass a\nrequirepass b", " / b / * -::*"},
		{`requirepass "a`, `:1: unbalanced quotes or line too long`},
		{"\nrequirepass \"a\"b", `:2: unbalanced quotes or line too long`},
		{"save 1 1\n*3 x", `:2: a directive begins with a letter`},
		{"requirepass a b", `:1: requirepass takes one value, not 2`},
		{"requirepass", `:1: requirepass needs a value`},
		{"nonsense on", `:1: unknown parameter "nonsense": comet --help lists them`},
		{"rename-command FLUSHALL", `:1: rename-command needs two names, of which the second may be empty`},
		{"io-threads 4\nslave-lazy-flush yes\nrdbcompression no\nlua-replicate-commands yes", " /  / * -::*"},
		{"aof-timestamp-enabled yes", `:1: aof-timestamp-enabled: not implemented by Comet: only 'no' is accepted; the journal can only be loaded to its end`},
		{"include", `:1: include takes one path`},
		{"include /nowhere/x.conf", `:1: configuration file: open /nowhere/x.conf: no such file or directory`},
		{"include /nowhere/*.conf", " /  / * -::*"},
		{"appendonly no", "3600 1 300 100 60 10000 /  / * -::*"}, // Redis' default
		{"appendonly no\nsave \"\"", " /  / * -::*"},
		{"port x\ntimeout 1\nnonsense on", ":1: port: argument couldn't be parsed into an integer\nPATH:3: unknown parameter \"nonsense\": comet --help lists them"},
		{"client-output-buffer-limit pubsub 1 2", ":1: client-output-buffer-limit: Wrong number of arguments in buffer limit configuration."},
	} {
		path := filepath.Join(t.TempDir(), "conf")
		if err := os.WriteFile(path, []byte(tt.file), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := NewConfig()
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if err := c.Load([]string{path}); err != nil {
			got = strings.ReplaceAll(strings.TrimPrefix(err.Error(), path), path, "PATH")
		} else {
			got = strings.Join([]string{saveKind{}.format(c.Save.Load()), c.RequirePass.Load(), strings.Join(c.Bind.Load(), " ")}, " / ")
		}
		if got != tt.want {
			t.Errorf("file %q: got %q, want %q", tt.file, got, tt.want)
		}
	}
}

func TestIncludedFiles(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"main": "timeout 1\ninclude " + dir + "/part-*\ntcp-keepalive 9\n", "part-a": "timeout 2\n", "part-b": "timeout 3\nmaxmemory 1k\n",
		"loop": "include " + dir + "/loop\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c := newTestConfig(t, filepath.Join(dir, "main"))
	if c.Timeout.Load() != 3 || c.MaxMemory.Load() != 1000 || c.TCPKeepAlive.Load() != 9 {
		t.Errorf("timeout %d, maxmemory %d", c.Timeout.Load(), c.MaxMemory.Load())
	}
	if err := c.Load([]string{filepath.Join(dir, "loop")}); err == nil || !strings.Contains(err.Error(), "includes itself") {
		t.Errorf("a loop: %v", err)
	}
}

func TestRewriteKeepsTheFileAsItWas(t *testing.T) {
	path := filepath.Join(t.TempDir(), "conf")
	const before = "# about the time\ntimeout 5\n\nSAVE 1 1\n# more\nsave 2 2\nlazyfree-lazy-expire yes\nhz 10\ncluster-enabled no\n"
	if err := os.WriteFile(path, []byte(before), 0o640); err != nil {
		t.Fatal(err)
	}
	c := newTestConfig(t, path)
	err := c.Set([]Assignment{{"timeout", "6"}, {"requirepass", "a \"b\" # c\n"}, {"maxmemory", "1mb"}})
	if err != nil {
		t.Fatal(err)
	}
	const after = "# about the time\ntimeout 6\n\nsave 1 1 2 2\n# more\nlazyfree-lazy-expire yes\nhz 10\ncluster-enabled no\n" +
		"# Generated by CONFIG REWRITE\nrequirepass \"a \\\"b\\\" # c\\x0a\"\nmaxmemory 1048576\n"
	for range 2 { // the second time nothing changes
		if err := c.Rewrite(); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil || string(got) != after {
			t.Fatalf("%v, file is\n%s\nwant\n%s", err, got, after)
		}
	}
	again := newTestConfig(t, path)
	for i := range parameters {
		if p := &parameters[i]; p.text(again) != p.text(c) {
			t.Errorf("%s is %q after loading again, want %q", p.name, p.text(again), p.text(c))
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestRewriteKeepsThatNothingIsKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "conf")
	if err := os.WriteFile(path, []byte("appendonly no\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := newTestConfig(t, path)
	if err := c.Set([]Assignment{{"save", ""}}); err != nil {
		t.Fatal(err)
	}
	if err := c.Rewrite(); err != nil {
		t.Fatal(err)
	}
	if points := newTestConfig(t, path).Save.Load(); len(points) != 0 {
		t.Errorf("save points %v after loading again", points)
	}
	if points := newTestConfig(t, "--appendonly", "no").Save.Load(); len(points) != 0 {
		t.Errorf("save points %v of a command line", points)
	}
}

// FuzzConfigFile looks for panics, and for values that do not survive being written and read again.
func FuzzConfigFile(f *testing.F) {
	for _, seed := range []string{
		"timeout 5\nsave 1 1\nsave 2 2\n", "requirepass \"a \\x00 b\"\n", "client-output-buffer-limit pubsub 1mb 2k 3\n", "bind a -b ::1\n",
		"notify-keyspace-events KEA\n", "unixsocketperm 777\n", "# x\n'a' b\n", "save \"\"\nhz 9999\nmaxmemory 99999999999gb",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, file string) {
		if strings.Contains(strings.ToLower(file), "include") {
			return // no files of the host
		}
		c, err := NewConfig()
		if err != nil {
			t.Fatal(err)
		}
		l := configLoader{c: c, repeated: map[*parameter]bool{}}
		if l.read(strings.NewReader(file), "fuzz") != nil {
			return
		}
		again, _ := NewConfig()
		l = configLoader{c: again, repeated: map[*parameter]bool{}}
		if err := l.read(strings.NewReader(c.rewritten("")), "again"); err != nil {
			t.Fatalf("%v in\n%s", err, c.rewritten(""))
		}
		for i := range parameters {
			if p := &parameters[i]; !slices.Equal(strings.Fields(p.text(again)), strings.Fields(p.text(c))) { // white space of any kind parts the words of bind
				t.Errorf("%s is %q, and %q when read again", p.name, p.text(c), p.text(again))
			}
		}
	})
}

func BenchmarkReadParameter(b *testing.B) {
	c := newTestConfig(b)
	b.ReportAllocs()
	for b.Loop() {
		if c.MaxMemory.Load() != 0 || c.RequirePass.Load() != "" {
			b.Fatal("not the default")
		}
	}
}
