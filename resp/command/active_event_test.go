package command_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"comet/resp/command"
)

// payload is a string as DUMP writes it, without bytes that end a word.
const payload = "\x00\x05\x68\x65\x6c\x6c\x6f\x08\x00\xda\x5f\x33\xc9\xcc\x2d\xaa\x32"

// tellerOf returns a handler that tells of every event on the channel e.
func tellerOf() string {
	var b strings.Builder
	for _, event := range []string{"Put", "Update", "Get", "Delete", "Expire", "Message"} {
		b.WriteString("function on" + event + `(self, ev) self:publish("e", self.key .. " ` + strings.ToLower(event) + "\") end\n")
	}
	return b.String()
}

// TestEventsOfCommands has handlers on the keys a, b and c, and makes one command after another.
func TestEventsOfCommands(t *testing.T) {
	t.Parallel()
	covered := map[string]bool{}
	for i := range eventCases {
		for _, c := range eventCases[i].rows {
			for line := range strings.SplitSeq(c.lines, "; ") {
				covered[strings.ToLower(strings.Fields(line)[0])] = true
			}
			c.check(t)
		}
	}
	checkCoverage(t, covered)
}

// loadFunctions loads the functions that the case calls.
func (c eventCase) loadFunctions(e *engine) {
	e.t.Helper()
	if strings.HasPrefix(c.lines, "FCALL") {
		e.loadLibrary("lib", "redis.register_function{function_name='read', callback=function(keys) return redis.call('GET', keys[1]) end, flags={'no-writes'}}\n"+
			"redis.register_function('write', function(keys) return redis.call('SET', keys[1], 'w') end)")
	}
}

func (c eventCase) check(t *testing.T) {
	e := newEngine(t)
	e.all(c.setup)
	c.loadFunctions(e)
	e.attach(tellerOf(), "a", "b", "c")
	before := e.image()
	for line := range strings.SplitSeq(c.lines, "; ") {
		e.do(strings.NewReplacer(`""`, "x", "payload", payload).Replace(line))
	}
	var got []string
	for _, h := range e.heard {
		got = append(got, strings.TrimPrefix(h, "e "))
	}
	if got := strings.Join(got, ","); got != c.want {
		t.Errorf("%s; %s\n got %q\nwant %q", c.setup, c.lines, got, c.want)
	}
	if c.want == "" && !changesUnseen(c.lines) {
		if d := before.diff(e.image()); d != "" {
			t.Errorf("%s; %s: %s", c.setup, c.lines, d)
		}
	}
	if d := e.image().diff(imageOf(t, e.replayed())); d != "" {
		t.Errorf("%s; %s: replayed: %s", c.setup, c.lines, d)
	}
}

// changesUnseen reports whether the command changes objects and fires nothing.
func changesUnseen(line string) bool {
	for _, name := range []string{"FLUSH", "SWAPDB", "ASO."} {
		if strings.HasPrefix(line, name) {
			return true
		}
	}
	return false
}

// checkCoverage fails for commands on keys that the server has and the test does not use.
func checkCoverage(t *testing.T, covered map[string]bool) {
	files, err := filepath.Glob("docs/*.json")
	if err != nil {
		t.Fatal(err)
	}
	e := newEngine(t)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var specs []command.Spec
		if err := json.Unmarshal(text, &specs); err != nil {
			t.Fatal(err)
		}
		for i := range specs {
			if name := specs[i].Name; onKeys(&specs[i]) && !covered[name] && !strings.HasPrefix(e.run(name), "-ERR unknown") {
				t.Errorf("%s: no row of eventCases says which events it has", name)
			}
		}
	}
}

// onKeys reports whether the command, or one of its subcommands, reads or writes keys.
func onKeys(spec *command.Spec) bool {
	onData := slices.Contains(spec.Flags, "write") || slices.Contains(spec.Flags, "readonly")
	return onData && len(spec.Keys) > 0 || slices.ContainsFunc(spec.Subcommands, func(sub command.Spec) bool { return onKeys(&sub) })
}
