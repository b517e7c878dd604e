package command

import (
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"comet/aso/value"
)

// Spec describes a command, in the terms of COMMAND INFO and COMMAND DOCS of Redis 7.0.
type Spec struct {
	Name            string      `json:"name"` // of a subcommand: container|subcommand
	Arity           int         `json:"arity"`
	Flags           []string    `json:"flags"`
	First           int         `json:"first"`
	Last            int         `json:"last"`
	Step            int         `json:"step"`
	ACL             []string    `json:"acl"`
	Tips            []string    `json:"tips"`
	Keys            []KeySpec   `json:"key_specs"`
	Summary         string      `json:"summary"`
	Since           string      `json:"since"`
	Group           string      `json:"group"`
	Complexity      string      `json:"complexity"`
	DocFlags        []string    `json:"doc_flags"`
	DeprecatedSince string      `json:"deprecated_since"`
	ReplacedBy      string      `json:"replaced_by"`
	History         [][2]string `json:"history"`
	Arguments       []Argument  `json:"arguments"`
	Subcommands     []Spec      `json:"subcommands"`

	recorded bool // from Redis
}

// Argument describes an argument of a command.
type Argument struct {
	Name            string     `json:"name"`
	Type            string     `json:"type"`
	KeySpecIndex    *int       `json:"key_spec_index"`
	Token           *string    `json:"token"`
	Summary         string     `json:"summary"`
	Since           string     `json:"since"`
	DeprecatedSince string     `json:"deprecated_since"`
	Flags           []string   `json:"flags"`
	Arguments       []Argument `json:"arguments"`
}

// KeySpec says where keys are among the arguments: where to begin, and how to find them from there.
type KeySpec struct {
	Notes string   `json:"notes"`
	Flags []string `json:"flags"`
	Begin struct {
		Type      string `json:"type"` // index, keyword or unknown
		BeginSpec `json:"spec"`
	} `json:"begin_search"`
	Find struct {
		Type     string `json:"type"` // range, keynum or unknown
		FindSpec `json:"spec"`
	} `json:"find_keys"`

	locate  func(args [][]byte) int // where to begin, for what Redis calls unknown or incomplete; may be nil, and returns 0 for no key
	streams bool                    // the keys are those of XREADGROUP
}

// BeginSpec is an index, or a keyword and where its search starts, from the end if negative.
type BeginSpec struct {
	Index     int    `json:"index"`
	Keyword   string `json:"keyword"`
	StartFrom int    `json:"startfrom"`
}

// FindSpec is a range of keys, or where their number and the first of them are.
type FindSpec struct {
	LastKey   int `json:"lastkey"`
	KeyStep   int `json:"keystep"`
	Limit     int `json:"limit"`
	KeyNumIdx int `json:"keynumidx"`
	FirstKey  int `json:"firstkey"`
}

//go:embed docs/commands.json
var redisCommands []byte

//go:embed docs/aso*.json
var asoCommands embed.FS

// loadSpecs returns the embedded specifications: those of Redis, recorded from redis-server 7.0.15, and those of active objects. All servers of the process
// share them, and change nothing.
var loadSpecs = sync.OnceValues(readSpecs)

func readSpecs() ([]Spec, error) {
	var all []Spec
	if err := json.Unmarshal(redisCommands, &all); err != nil {
		return nil, fmt.Errorf("specifications of Redis' commands: %w", err)
	}
	for i := range all {
		all[i].markRecorded()
	}
	files, err := asoCommands.ReadDir("docs")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := asoCommands.ReadFile("docs/" + file.Name())
		if err != nil {
			return nil, err
		}
		var specs []Spec
		if err := json.Unmarshal(text, &specs); err != nil {
			return nil, fmt.Errorf("command specifications in %s: %w", file.Name(), err)
		}
		all = append(all, specs...)
	}
	for i := range all {
		all[i].setLocate()
	}
	return all, nil
}

// setLocate lets the specification of keys that stand after an option find them.
func (s *Spec) setLocate() {
	switch s.Name {
	case "sort":
		s.Keys[len(s.Keys)-1].locate = sortDestination
	case "xreadgroup":
		s.Keys[0].streams = true
	case "migrate":
		s.Keys[0].locate, s.Keys[1].locate = migrateOneKey, migrateManyKeys
	}
}

// markRecorded notes that Redis has the command and its subcommands.
func (s *Spec) markRecorded() {
	s.recorded = true
	for i := range s.Subcommands {
		s.Subcommands[i].markRecorded()
	}
}

// subname returns the name of a subcommand without its container's.
func (s *Spec) subname() string {
	_, sub, _ := strings.Cut(s.Name, "|")
	return sub
}

var flagsByName = map[string]flags{
	"write": flagWrite, "readonly": flagReadOnly, "denyoom": flagDenyOOM, "no_multi": flagNoMulti, "no_auth": flagNoAuth,
	"pubsub": flagPubSub, "fast": flagFast, "skip_slowlog": flagSkipSlowlog, "noscript": flagNoScript,
	"skip_monitor": flagSkipMonitor, "admin": flagAdmin, "loading": flagLoading, "stale": flagStale,
}

func parseFlags(names []string) (f flags) {
	for _, name := range names {
		f |= flagsByName[name]
	}
	return f
}

// has reports whether the specification has a flag, such as RO or access.
func (k *KeySpec) has(flag string) bool {
	return slices.Contains(k.Flags, flag)
}

// find returns the positions of the first and the last key and the step between keys; first 0 is no keys.
func (k *KeySpec) find(args [][]byte) (first, last, step int) {
	if k.streams {
		return k.findStreams(args)
	}
	return k.search(args)
}

// search is find after the specification alone.
func (k *KeySpec) search(args [][]byte) (first, last, step int) {
	begin := k.begin(args)
	if begin <= 0 || begin >= len(args) {
		return 0, 0, 1
	}
	if k.Find.Type == "keynum" {
		n := begin + k.Find.KeyNumIdx
		if n >= len(args) {
			return 0, 0, 1
		}
		count, ok := value.ParseInt(args[n])
		if !ok || count <= 0 || count > int64(len(args)) {
			return 0, 0, 1
		}
		first = begin + k.Find.FirstKey
		return first, first + (int(count)-1)*k.Find.KeyStep, k.Find.KeyStep
	}
	last = begin + k.Find.LastKey
	if k.Find.LastKey < 0 {
		last = len(args) + k.Find.LastKey
		if k.Find.Limit > 1 && k.Find.LastKey == -1 {
			last = begin + (len(args)-begin)/k.Find.Limit - 1
		}
	}
	return begin, last, max(k.Find.KeyStep, 1)
}

// begin returns the position where the search for keys starts, 0 if there is none.
func (k *KeySpec) begin(args [][]byte) int {
	switch {
	case k.locate != nil:
		return k.locate(args)
	case k.Begin.Type == "index":
		return k.Begin.Index
	case k.Begin.Type == "keyword":
		return k.keyword(args)
	}
	return 0
}

// keyword returns the position after the keyword of k, searched from a position counted from the end if negative.
func (k *KeySpec) keyword(args [][]byte) int {
	from, step := k.Begin.StartFrom, 1
	if from < 0 {
		from, step = len(args)+from, -1
	}
	for i := from; i > 0 && i < len(args); i += step {
		if strings.EqualFold(string(args[i]), k.Begin.Keyword) {
			return i + 1
		}
	}
	return 0
}
