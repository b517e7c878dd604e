package command

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"comet/resp/wire"
)

const (
	maxIncludes = 16 // bounds the depth of files that include files
	maxMistakes = 64 // of a file that are told
)

// redisSavePoints hold where a file has no journal and says nothing of save, as a redis.conf that was not changed: there they are the default.
var redisSavePoints = []SavePoint{{Seconds: 3600, Changes: 1}, {Seconds: 300, Changes: 100}, {Seconds: 60, Changes: 10000}}

// Load reads a command line as redis-server does: first, if it does not begin with "--", the path of a configuration file; then
// "--parameter value ...", which overrules the file. It is called before anyone reads c. An error says in a line where the mistake is; of
// a file it says all of them.
func (c *Config) Load(args []string) error {
	l := configLoader{c: c, repeated: map[*parameter]bool{}}
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		path, err := filepath.Abs(args[0])
		if err != nil {
			return fmt.Errorf("configuration file: %w", err)
		}
		if err := l.readFile(path, args[0]); errors.Is(err, fs.ErrNotExist) && !strings.ContainsAny(args[0], "./") {
			return fmt.Errorf("there is neither a command nor a file %q: see comet --help", args[0])
		} else if err != nil {
			return err
		}
		c.file = path
		args = args[1:]
	}
	filesOnly := !c.AppendOnly.Load() && !l.saves
	clear(l.repeated)
	for len(args) > 0 {
		if !strings.HasPrefix(args[0], "--") {
			return fmt.Errorf("argument %q: a parameter begins with --, see comet --help", args[0])
		}
		end := 1
		for end < len(args) && (end == 1 || !strings.HasPrefix(args[end], "--")) {
			end++
		}
		if err := l.option(args[0], args[1:end]); err != nil {
			return err
		}
		args = args[end:]
	}
	if filesOnly && !c.AppendOnly.Load() && !l.saves {
		c.Save.set(redisSavePoints)
	}
	return c.check()
}

// check returns what is wrong with parameters that belong together.
func (c *Config) check() error {
	switch {
	case c.TLSPort.Load() != 0 && (c.TLSCertFile.Load() == "" || c.TLSKeyFile.Load() == ""):
		return errors.New("tls-port needs tls-cert-file and tls-key-file")
	case c.TLSPort.Load() != 0 && c.TLSAuthClients.Load() != "no" && c.TLSCACertFile.Load() == "" && c.TLSCACertDir.Load() == "":
		return errors.New("tls-port needs tls-ca-cert-file or tls-ca-cert-dir, or tls-auth-clients no")
	}
	return nil
}

// configLoader applies directives before the server starts.
type configLoader struct {
	c        *Config
	repeated map[*parameter]bool // parameters seen, for those that add up
	saves    bool                // save was given
	open     []string            // files being read, the outermost first
	at       string              // the line of them that is being read, or the option
}

func (l *configLoader) option(flag string, words []string) error {
	l.at = flag
	if err := l.directive(strings.TrimPrefix(flag, "--"), words); err != nil {
		return fmt.Errorf("%s: %w", strings.Join(append([]string{flag}, words...), " "), err)
	}
	return nil
}

// readFile applies the file at path, which errors call shown.
func (l *configLoader) readFile(path, shown string) error {
	if slices.Contains(l.open, path) || len(l.open) == maxIncludes {
		return fmt.Errorf("configuration file %q includes itself", shown)
	}
	l.open = append(l.open, path)
	defer func() { l.open = l.open[:len(l.open)-1] }()
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("configuration file: %w", err)
	}
	defer f.Close()
	return l.read(f, shown)
}

// read applies the directives in r, one a line. The error has a line for each that is wrong.
func (l *configLoader) read(r io.Reader, shown string) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	var mistakes []error
	for n := 1; lines.Scan() && len(mistakes) < maxMistakes; n++ {
		l.at = fmt.Sprintf("%s:%d", shown, n)
		words, err := splitConfigLine(lines.Text())
		if err == nil && len(words) > 0 {
			err = l.directive(words[0], words[1:])
		}
		if err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s:%d: %w", shown, n, err))
		}
	}
	if err := lines.Err(); err != nil {
		mistakes = append(mistakes, fmt.Errorf("%s: %w", shown, err))
	}
	return errors.Join(mistakes...)
}

// splitConfigLine returns the words of a line, quoted as in inline commands; none for a comment.
func splitConfigLine(line string) ([]string, error) {
	line = strings.TrimSpace(line)
	switch {
	case line == "" || line[0] == '#':
		return nil, nil
	case line[0] == '*': // the reader would take it for the start of another form of request
		return nil, errors.New("a directive begins with a letter")
	}
	r := wire.NewReader(wire.Limits{})
	defer r.Close()
	for rest := line + "\n"; rest != ""; {
		n := copy(r.Space(), rest)
		r.Filled(n)
		rest = rest[n:]
	}
	args, err := r.Next()
	if err != nil {
		return nil, errors.New("unbalanced quotes or line too long")
	}
	words := make([]string, len(args))
	for i, arg := range args {
		words[i] = string(arg)
	}
	return words, nil
}

// directive applies one directive.
func (l *configLoader) directive(name string, words []string) error {
	name = strings.ToLower(name)
	switch name {
	case "include":
		return l.include(words)
	case "user":
		return l.user(words)
	case "rename-command":
		return l.rename(words)
	}
	p := parametersByName[name]
	switch {
	case p == nil:
		return otherDirective(name, words)
	case len(words) == 0 && !p.has(multiWord):
		return fmt.Errorf("%s needs a value", name)
	case len(words) > 1 && !p.has(multiWord):
		return fmt.Errorf("%s takes one value, not %d", name, len(words))
	case len(words) == 1:
		words = p.words(words[0])
	}
	return l.assign(p, name, words)
}

func (l *configLoader) assign(p *parameter, name string, words []string) error {
	v, err := p.parse(l.c, words)
	if err != nil {
		return &ParameterError{name, err}
	}
	if p.has(cumulative) && l.repeated[p] && len(words) > 1 {
		v = append(slices.Clone(l.c.Save.Load()), v.([]SavePoint)...)
	}
	l.repeated[p] = true
	l.saves = l.saves || p.name == "save"
	if p.has(hinted) {
		l.c.ineffective = append(l.c.ineffective, name)
	}
	p.field(l.c).set(v)
	return nil
}

// otherDirective says what there is to say of a name that no row has.
func otherDirective(name string, words []string) error {
	if _, known := fixed[name]; known {
		if err := checkFixed(name, strings.Join(words, " ")); err != nil {
			return &ParameterError{name, err}
		}
		return nil
	}
	if why := absent[name]; why != "" {
		return fmt.Errorf("%s is not implemented by Comet: remove it; %s", name, why)
	}
	if deprecated[name] {
		return nil
	}
	return fmt.Errorf("unknown parameter %q: comet --help lists them", name)
}

// user keeps a user, whose rules are read when the commands are known.
func (l *configLoader) user(words []string) error {
	if len(words) == 0 {
		return errors.New("user needs a name")
	}
	l.c.users = append(l.c.users, userLine{l.at, words})
	return nil
}

// rename keeps a rename-command, which is carried out when the commands are known.
func (l *configLoader) rename(words []string) error {
	if len(words) != 2 {
		return errors.New("rename-command needs two names, of which the second may be empty")
	}
	l.c.renamings = append(l.c.renamings, renaming{l.at, words[0], words[1]})
	return nil
}

// include reads the files that pattern names; a plain path must be there.
func (l *configLoader) include(words []string) error {
	if len(words) != 1 {
		return errors.New("include takes one path")
	}
	pattern := words[0]
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return fmt.Errorf("include %q: %w", pattern, err)
	}
	if len(paths) == 0 && !strings.ContainsAny(pattern, "*?[") {
		paths = []string{pattern}
	}
	for _, path := range paths {
		full, err := filepath.Abs(path)
		if err != nil {
			return fmt.Errorf("include %q: %w", path, err)
		}
		if err := l.readFile(full, path); err != nil {
			return err
		}
	}
	return nil
}
