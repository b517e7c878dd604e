package handlertest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"comet/aso"
	"comet/aso/sandbox"
)

// testCase is a test that runs. It implements sandbox.TestHost.
type testCase struct {
	*engine
	folder   string // of the file
	file     string
	failures []string // "file:line: text"
	notes    []string
}

var errArgument = errors.New("bad argument")

// Test performs t:name(args...).
func (t *testCase) Test(name string, args []sandbox.Value, line int) (sandbox.Value, error) {
	switch name {
	case "eq":
		return t.eq(args, line)
	case "ok":
		return t.check(len(args) > 0 && args[0].True(), line, "not true", args[min(1, len(args)):])
	case "err":
		return t.err(args, line)
	case "fail":
		return t.check(false, line, "failed", args)
	case "log":
		t.notes = append(t.notes, t.at(line, joined(args)))
		return sandbox.Value{}, nil
	case "load":
		return t.load(args)
	case "cmd":
		return t.command(args)
	case "advance", "at":
		return t.pass(name, args)
	case "now":
		return sandbox.NumberValue(float64(t.now)), nil
	case "restart":
		return sandbox.Value{}, t.restart()
	case "messages":
		return t.published(), nil
	case "effects":
		return t.effects()
	}
	if len(args) != 1 || args[0].Kind != sandbox.String {
		return sandbox.Value{}, fmt.Errorf("%w: want a key", errArgument)
	}
	return t.ofKey(name, args[0].Str)
}

func (t *testCase) at(line int, text string) string {
	return fmt.Sprintf("%s:%d: %s", t.file, line, text)
}

// joined is what a test says in words.
func joined(args []sandbox.Value) string {
	var words []string
	for _, a := range args {
		if a.Kind == sandbox.String {
			words = append(words, a.Str)
		} else {
			words = append(words, text(a))
		}
	}
	return strings.Join(words, " ")
}

// check notes a failure unless ok, and tells the test.
func (t *testCase) check(ok bool, line int, problem string, message []sandbox.Value) (sandbox.Value, error) {
	if !ok {
		if len(message) > 0 {
			problem = joined(message) + ": " + problem
		}
		t.failures = append(t.failures, t.at(line, problem))
	}
	return sandbox.BoolValue(ok), nil
}

// eq is t:eq(got, want, message).
func (t *testCase) eq(args []sandbox.Value, line int) (sandbox.Value, error) {
	if len(args) < 2 {
		return sandbox.Value{}, fmt.Errorf("%w: eq takes what came and what should have come", errArgument)
	}
	got, want := text(args[0]), text(args[1])
	return t.check(got == want, line, fmt.Sprintf("not equal\n         got %s\n        want %s", got, want), args[2:])
}

// err is t:err(reply, beginning, message).
func (t *testCase) err(args []sandbox.Value, line int) (sandbox.Value, error) {
	if len(args) < 2 || args[1].Kind != sandbox.String {
		return sandbox.Value{}, fmt.Errorf("%w: err takes a reply and how its error begins", errArgument)
	}
	ok := args[0].Kind == sandbox.Err && strings.HasPrefix(args[0].Str, args[1].Str)
	return t.check(ok, line, fmt.Sprintf("not the error\n         got %s\n        want {err = \"%s...\"}", text(args[0]), args[1].Str), args[2:])
}

// load is t:load(file), which returns the version that the file makes.
func (t *testCase) load(args []sandbox.Value) (sandbox.Value, error) {
	if len(args) != 1 || args[0].Kind != sandbox.String {
		return sandbox.Value{}, fmt.Errorf("%w: want a file", errArgument)
	}
	return t.loadFile(filepath.Join(t.folder, args[0].Str))
}

func (t *testCase) loadFile(path string) (sandbox.Value, error) {
	source, err := os.ReadFile(path)
	if err != nil {
		return sandbox.Value{}, err
	}
	v, err := t.engine.run([]byte("ASO.LOAD"), source)
	if err == nil && v.Kind == sandbox.Err {
		err = fmt.Errorf("%s: %s", path, v.Str)
	}
	return v, err
}

// command is t:cmd(name, ...).
func (t *testCase) command(args []sandbox.Value) (sandbox.Value, error) {
	words := make([][]byte, len(args))
	for i, a := range args {
		word, ok := a.AppendText(nil)
		if !ok {
			return sandbox.Value{}, fmt.Errorf("%w %d of cmd: a %s", errArgument, i+1, text(a))
		}
		words[i] = word
	}
	if len(words) == 0 {
		return sandbox.Value{}, fmt.Errorf("%w: cmd takes a command", errArgument)
	}
	return t.engine.run(words...)
}

// pass is t:advance(duration) and t:at(time). A clock that goes back makes nothing happen.
func (t *testCase) pass(name string, args []sandbox.Value) (sandbox.Value, error) {
	if len(args) != 1 {
		return sandbox.Value{}, errArgument
	}
	ms, ok := args[0].Int()
	if name == "advance" && args[0].Kind == sandbox.String {
		ms, ok = sandbox.ParseDuration(args[0].Str)
	}
	if !ok || ms < 0 {
		return sandbox.Value{}, fmt.Errorf("%w: %s is no time", errArgument, text(args[0]))
	}
	to := ms
	if name == "advance" {
		to += t.now
	}
	if to < t.now {
		t.now = to
	} else if err := t.advance(to); err != nil {
		return sandbox.Value{}, err
	}
	return sandbox.NumberValue(float64(t.now)), nil
}

// published is t:messages(): what was published since it was asked last.
func (t *testCase) published() sandbox.Value {
	var items []sandbox.Value
	for _, m := range t.engine.messages {
		items = append(items, fields("channel", sandbox.StringValue(m.channel), "message", sandbox.StringValue(m.text)))
	}
	t.engine.messages = nil
	return sandbox.ArrayValue(items...)
}

// effects is t:effects(): what the last command, or the time that has passed since, has done to the journal.
func (t *testCase) effects() (sandbox.Value, error) {
	var items []sandbox.Value
	for _, unit := range t.units[t.last:] {
		effects, err := aso.ReadEffects(unit)
		if err != nil {
			return sandbox.Value{}, err
		}
		for _, e := range effects {
			item := fields("op", sandbox.StringValue(e.Op))
			if e.Key != "" {
				item.Tab.Fields = append(item.Tab.Fields, sandbox.Field{Key: sandbox.StringValue("key"), Value: sandbox.StringValue(e.Key)})
			}
			for _, f := range e.Fields {
				item.Tab.Fields = append(item.Tab.Fields, sandbox.Field{Key: sandbox.StringValue(f.Name), Value: sandbox.StringValue(f.Text)})
			}
			items = append(items, item)
		}
	}
	return sandbox.ArrayValue(items...), nil
}

// fields makes a table of names and values in turn.
func fields(pairs ...any) sandbox.Value {
	t := &sandbox.Tab{}
	for i := 0; i+1 < len(pairs); i += 2 {
		name, _ := pairs[i].(string)
		v, _ := pairs[i+1].(sandbox.Value)
		t.Fields = append(t.Fields, sandbox.Field{Key: sandbox.StringValue(name), Value: v})
	}
	return sandbox.Value{Kind: sandbox.Table, Tab: t}
}

// ofKey is t:state(key), t:logs(key) and t:timers(key).
func (t *testCase) ofKey(name, key string) (sandbox.Value, error) {
	switch name {
	case "state":
		return t.state(key)
	case "logs":
		return t.logs(key), nil
	default:
		return t.timers(key)
	}
}

// show looks at an object as it is, without firing anything.
func (t *testCase) show(key string) (aso.Shown, error) {
	var locks aso.Locks
	locks.Add([]byte(key))
	tx := t.ks.Begin(&locks)
	tx.Start(0)
	shown, err := tx.Show([]byte(key))
	return shown, errors.Join(err, tx.End(), t.ks.Wait(tx.Commit()))
}

func (t *testCase) state(key string) (sandbox.Value, error) {
	shown, err := t.show(key)
	if err != nil {
		return sandbox.Value{}, err
	}
	v, err := sandbox.DecodeState(shown.State)
	if v.Kind == sandbox.Nil {
		v = sandbox.ArrayValue()
	}
	return v, err
}

// logs returns the lines that the handlers of an object have logged, the oldest first.
func (t *testCase) logs(key string) sandbox.Value {
	entries := t.ks.Log(0, []byte(key), 1<<20)
	items := make([]sandbox.Value, len(entries))
	for i, e := range entries {
		items[len(items)-1-i] = sandbox.StringValue(e.Text)
	}
	return sandbox.ArrayValue(items...)
}

// timers returns the timers of an object, the next one first, as self:timers() does.
func (t *testCase) timers(key string) (sandbox.Value, error) {
	shown, err := t.show(key)
	if err != nil {
		return sandbox.Value{}, err
	}
	items := make([]sandbox.Value, len(shown.Timers))
	for i := range shown.Timers {
		items[i] = shown.Timers[i].Value([]byte(key))
	}
	return sandbox.ArrayValue(items...), nil
}
