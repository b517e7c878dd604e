package oracletest

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// Writer writes random commands after the argument specifications of real ones: mostly well-formed, with values from small pools so
// that commands meet each other's keys, and some of them spoilt.
type Writer struct {
	*rand.Rand
	now      int64 // Unix time in seconds, for deadlines
	commands []Command
	groups   []string

	cmd  *Command // the command that is being written
	many int      // how many times the last repeated argument stands there
}

// connections are those that the commands of a sequence are sent on: two may wait for what the third does.
const connections = 3

// Sent is a command and the connection it is sent on.
type Sent struct {
	Conn  int
	Words []string
}

// NewWriter returns a writer of those of the commands, subcommands included, that one can compare at all.
func NewWriter(seed uint64, now int64, commands []Command) *Writer {
	w := &Writer{Rand: rand.New(rand.NewPCG(seed, 0)), now: now}
	for _, c := range commands {
		if len(c.Subcommands) == 0 {
			c.Subcommands = []Command{c}
		}
		for _, sub := range c.Subcommands {
			if _, out := leftOut(sub.Name, c.Group); !out {
				sub.Group = c.Group
				w.commands = append(w.commands, sub)
				if !slices.Contains(w.groups, c.Group) {
					w.groups = append(w.groups, c.Group)
				}
			}
		}
	}
	return w
}

// Sequence writes n commands on few keys, mostly of two groups.
func (w *Writer) Sequence(n int) []Sent {
	focus := []string{w.pick(w.groups), w.pick(w.groups)}
	var steps []Sent
	if w.IntN(2) == 0 {
		steps = append(steps, Sent{Words: smallLimits})
	}
	steps = append(steps, w.fill()...)
	for len(steps) < n {
		c := &w.commands[w.IntN(len(w.commands))]
		if w.IntN(5) > 0 && !slices.Contains(focus, c.Group) {
			continue
		}
		step := Sent{Words: w.command(c)}
		if w.IntN(12) == 0 {
			step.Words = w.special()
		}
		if knownToDiffer(step.Words) {
			continue
		}
		if w.IntN(6) == 0 {
			step.Conn = 1 + w.IntN(connections-1)
		}
		if w.IntN(10) == 0 && step.Words[0] != "SCAN" { // which removes the expired from scripts in Redis
			step.Words = append([]string{w.pick(evals), w.pick(scripts), "0"}, step.Words...)
		}
		steps = append(steps, step)
	}
	return steps
}

// fill writes commands that make objects of all types, some of them large enough for another encoding.
func (w *Writer) fill() []Sent {
	var steps []Sent
	for _, begin := range []struct {
		words []string
		key   string
		pair  bool
	}{
		{[]string{"RPUSH"}, "l", false},
		{[]string{"HSET"}, "h", true},
		{[]string{"SADD"}, "e", false},
		{[]string{"SADD"}, "i", false},
		{[]string{"PFADD"}, "p", false},
		{[]string{"ZADD"}, "z", true},
		{[]string{"ZADD"}, "y", true},
		{[]string{"MSET"}, "", true},
	} {
		if w.IntN(3) == 0 {
			continue
		}
		size := w.IntN(8) + 1
		if w.IntN(10) == 0 {
			size = 140 + w.IntN(500)
		}
		words := begin.words
		if begin.key != "" {
			words = append(words, strings.Replace(begin.key, "i", "e", 1)+strconv.Itoa(w.IntN(2)+1))
		}
		for i := range size {
			switch {
			case begin.key == "":
				words = append(words, "s"+strconv.Itoa(w.IntN(3)+1), w.pick(elements))
			case begin.key == "i":
				words = append(words, w.pick(integers))
			case begin.key == "y":
				words = append(words, "0", w.element(i))
			case begin.key == "z":
				words = append(words, strconv.Itoa(i/2), w.element(i))
			case begin.pair:
				words = append(words, w.element(i), w.pick(elements))
			default:
				words = append(words, w.element(i))
			}
		}
		steps = append(steps, Sent{Words: words})
	}
	if w.IntN(3) > 0 {
		key := "x" + strconv.Itoa(w.IntN(3)+1)
		for i := range 1 + w.IntN(6) {
			steps = append(steps, Sent{Words: []string{"XADD", key, strconv.Itoa(i+1) + "-" + strconv.Itoa(w.IntN(3)), w.pick(elements), w.pick(elements)}})
		}
		steps = append(steps, Sent{Words: []string{"XGROUP", "CREATE", key, "g1", w.pick(ids)}})
	}
	return steps
}

// element returns one of the pool for small i, else i itself.
func (w *Writer) element(i int) string {
	if i < 10 {
		return w.pick(elements)
	}
	return strconv.Itoa(i)
}

// command writes one command; one of eight is spoilt.
func (w *Writer) command(c *Command) []string {
	w.cmd, w.many = c, 0
	words := strings.Split(strings.ToUpper(c.Name), "|")
	head := len(words)
	words = w.arguments(words, c.Arguments)
	ofEqualScores(words)
	if w.IntN(8) == 0 {
		words = w.spoil(words, head)
	}
	return words
}

// ofEqualScores lets commands on lexicographical ranges work on the keys y1 to y3, which hold only members of score 0: with others their
// replies are unspecified, and depend on chance.
func ofEqualScores(words []string) {
	if !strings.Contains(words[0], "LEX") && !slices.Contains(words, "BYLEX") {
		return
	}
	for i, word := range words {
		if len(word) > 1 && word[0] >= 'a' && (len(word) == 2 && word[1] >= '1' && word[1] <= '3' || word[1:] == binary) {
			words[i] = "y" + word[1:]
		}
	}
}

func (w *Writer) arguments(words []string, args []Argument) []string {
	for i := range args {
		a := &args[i]
		if a.has("optional") && w.IntN(3) > 0 {
			continue
		}
		if a.Name == "numkeys" && i+1 < len(args) && args[i+1].has("multiple") {
			w.many = 1 + w.IntN(3)
			number := w.many
			if w.IntN(20) == 0 {
				number = w.IntN(5) - 1
			}
			words = append(words, strconv.Itoa(number))
			continue
		}
		words = w.argument(words, a)
	}
	return words
}

// argument writes an argument as often as it pleases.
func (w *Writer) argument(words []string, a *Argument) []string {
	times := 1
	if a.has("multiple") {
		follows := w.many > 0 && w.IntN(10) > 0 // weights and ids are as many as the keys before them
		if !follows {
			w.many = 1 + w.IntN(3)
		}
		times = w.many
	}
	for i := range times {
		if a.Token != "" && a.Type != "pure-token" && (i == 0 || a.has("multiple_token")) {
			words = append(words, a.Token)
		}
		words = w.value(words, a)
	}
	return words
}

func (w *Writer) value(words []string, a *Argument) []string {
	switch a.Type {
	case "pure-token":
		if a.Name == "auto_id" { // the ids would differ
			return append(words, w.streamID())
		}
		return append(words, a.Token)
	case "oneof":
		return w.argument(words, &a.Arguments[w.IntN(len(a.Arguments))])
	case "block":
		return w.arguments(words, a.Arguments)
	}
	return append(words, w.word(a))
}

func (a *Argument) has(flag string) bool { return slices.Contains(a.Flags, flag) }

// spoil makes a mistake somewhere after the name of the command.
func (w *Writer) spoil(words []string, head int) []string {
	if len(words) == head {
		return append(words, w.pick(nasty))
	}
	i, j, mistake := head+w.IntN(len(words)-head), head+w.IntN(len(words)-head), w.IntN(6)
	if slices.ContainsFunc(words, setsDeadline) {
		mistake = 3 + w.IntN(3) // no other number becomes a short time to live
	}
	switch mistake {
	case 0:
		return slices.Delete(words, i, i+1)
	case 1:
		return slices.Insert(words, i, words[j])
	case 2:
		words[i], words[j] = words[j], words[i]
	case 3:
		return append(words, words[i])
	case 4:
		words[i] = strings.ToLower(words[i])
	default:
		words[i] = w.pick(nasty)
	}
	return words
}
