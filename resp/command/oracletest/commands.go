package oracletest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Command is what COMMAND INFO and COMMAND DOCS tell about a command, or about a
// subcommand, whose name has the form "config|get". All orders are those of the
// replies, except for commands and subcommands, which are ordered by name.
type Command struct {
	Name            string      `json:"name"`
	Arity           int         `json:"arity"`
	Flags           []string    `json:"flags,omitempty"`
	First           int         `json:"first,omitempty"` // first key, last key and step; 0 without keys
	Last            int         `json:"last,omitempty"`
	Step            int         `json:"step,omitempty"`
	ACL             []string    `json:"acl,omitempty"` // categories with their @
	Tips            []string    `json:"tips,omitempty"`
	KeySpecs        []KeySpec   `json:"key_specs,omitempty"`
	Summary         string      `json:"summary,omitempty"`
	Since           string      `json:"since,omitempty"`
	Group           string      `json:"group,omitempty"`
	Complexity      string      `json:"complexity,omitempty"`
	DocFlags        []string    `json:"doc_flags,omitempty"`
	DeprecatedSince string      `json:"deprecated_since,omitempty"`
	ReplacedBy      string      `json:"replaced_by,omitempty"`
	History         [][2]string `json:"history,omitempty"` // version, change
	Arguments       []Argument  `json:"arguments,omitempty"`
	Subcommands     []Command   `json:"subcommands,omitempty"`
}

// KeySpec says where a command has keys. A search's Spec has the names of the
// COMMAND reply; its values are int, or string for "keyword".
type KeySpec struct {
	Notes       string   `json:"notes,omitempty"`
	Flags       []string `json:"flags"`
	BeginSearch Search   `json:"begin_search"`
	FindKeys    Search   `json:"find_keys"`
}

// Search is one half of a KeySpec.
type Search struct {
	Type string         `json:"type"`
	Spec map[string]any `json:"spec"`
}

// Argument is a node of the tree of arguments.
type Argument struct {
	Name            string     `json:"name"`
	Type            string     `json:"type"`
	KeySpec         *int       `json:"key_spec_index,omitempty"`
	Token           string     `json:"token,omitempty"`
	Summary         string     `json:"summary,omitempty"`
	Since           string     `json:"since,omitempty"`
	DeprecatedSince string     `json:"deprecated_since,omitempty"`
	Flags           []string   `json:"flags,omitempty"`
	Arguments       []Argument `json:"arguments,omitempty"`
}

// Commands asks a server for all its commands.
func Commands(addr string) ([]Command, error) {
	c, err := dial(addr, 3)
	if err != nil {
		return nil, err
	}
	defer c.net.Close()
	info, err := c.call("COMMAND")
	if err != nil {
		return nil, err
	}
	docs, err := c.call("COMMAND", "DOCS")
	if err != nil {
		return nil, err
	}
	return commands(info.Items, docs)
}

// MarshalCommands writes commands as a JSON array with one of them per line.
func MarshalCommands(commands []Command) ([]byte, error) {
	lines := make([][]byte, len(commands))
	for i, c := range commands {
		var err error
		if lines[i], err = marshalPlain(c); err != nil {
			return nil, fmt.Errorf("command %s: %w", c.Name, err)
		}
	}
	return slices.Concat([]byte("[\n"), bytes.Join(lines, []byte(",\n")), []byte("\n]\n")), nil
}

// marshalPlain leaves < and > readable.
func marshalPlain(c Command) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(c)
	return bytes.TrimSpace(b.Bytes()), err
}

// commands joins the replies of COMMAND and COMMAND DOCS.
func commands(infos []Frame, docs Frame) ([]Command, error) {
	var out []Command
	for _, info := range infos {
		if len(info.Items) != 10 {
			return nil, fmt.Errorf("COMMAND: %d fields instead of 10: %.80s", len(info.Items), info)
		}
		doc, ok := docs.get(info.Items[0].Text)
		if !ok {
			return nil, fmt.Errorf("COMMAND DOCS does not know %s", info.Items[0].Text)
		}
		c, err := command(info.Items, doc)
		if err != nil {
			return nil, fmt.Errorf("command %s: %w", info.Items[0].Text, err)
		}
		out = append(out, c)
	}
	slices.SortFunc(out, func(a, b Command) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func command(info []Frame, doc Frame) (c Command, err error) {
	c = Command{
		Name: info[0].Text, Arity: info[1].number(), Flags: info[2].texts(),
		First: info[3].number(), Last: info[4].number(), Step: info[5].number(),
		ACL: info[6].texts(), Tips: info[7].texts(),
		Summary: doc.text("summary"), Since: doc.text("since"), Group: doc.text("group"),
		Complexity: doc.text("complexity"), DocFlags: doc.list("doc_flags").texts(),
		DeprecatedSince: doc.text("deprecated_since"), ReplacedBy: doc.text("replaced_by"),
		Arguments: arguments(doc.list("arguments")),
	}
	for _, f := range info[8].Items {
		c.KeySpecs = append(c.KeySpecs, keySpec(f))
	}
	for _, f := range doc.list("history").Items {
		c.History = append(c.History, [2]string{f.Items[0].Text, f.Items[1].Text})
	}
	c.Subcommands, err = commands(info[9].Items, doc.list("subcommands"))
	return c, err
}

func keySpec(f Frame) KeySpec {
	return KeySpec{
		Notes: f.text("notes"), Flags: f.list("flags").texts(),
		BeginSearch: search(f.list("begin_search")), FindKeys: search(f.list("find_keys")),
	}
}

func search(f Frame) Search {
	s := Search{Type: f.text("type"), Spec: map[string]any{}}
	spec := f.list("spec").Items
	for i := 0; i+1 < len(spec); i += 2 {
		if spec[i+1].Kind == Integer {
			s.Spec[spec[i].Text] = spec[i+1].number()
		} else {
			s.Spec[spec[i].Text] = spec[i+1].Text
		}
	}
	return s
}

func arguments(f Frame) []Argument {
	var out []Argument
	for _, item := range f.Items {
		a := Argument{
			Name: item.text("name"), Type: item.text("type"), Token: item.text("token"),
			Summary: item.text("summary"), Since: item.text("since"), DeprecatedSince: item.text("deprecated_since"),
			Flags: item.list("flags").texts(), Arguments: arguments(item.list("arguments")),
		}
		if n, ok := item.get("key_spec_index"); ok {
			index := n.number()
			a.KeySpec = &index
		}
		out = append(out, a)
	}
	return out
}

// get looks up a key of a map.
func (f Frame) get(key string) (Frame, bool) {
	for i := 0; i+1 < len(f.Items); i += 2 {
		if f.Items[i].Text == key {
			return f.Items[i+1], true
		}
	}
	return Frame{}, false
}

func (f Frame) list(key string) Frame {
	v, _ := f.get(key)
	return v
}

func (f Frame) text(key string) string { return f.list(key).Text }

func (f Frame) number() int {
	n, _ := strconv.Atoi(f.Text)
	return n
}

func (f Frame) texts() []string {
	var out []string
	for _, item := range f.Items {
		out = append(out, item.Text)
	}
	return out
}
