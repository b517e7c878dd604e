package acl

import (
	"bytes"
	"maps"
	"slices"
	"strings"
)

// Access is what a command does to a key, or what a pattern allows to do.
type Access uint8

// The kinds of access.
const (
	Read Access = 1 << iota
	Write
)

// keyPattern is keys that may be used.
type keyPattern struct {
	pattern []byte
	access  Access
}

// selector is a set of commands, keys and channels that go together. The first one of a user is its root, which rules outside parentheses
// change.
type selector struct {
	allKeys, allChannels bool
	allCommands          bool // also those that there will be
	anyCommand           bool // allCommands, and none was taken away
	commands             bits
	firstArgs            map[int][]string // by id: the first arguments with which a command is allowed that is not
	keys                 []keyPattern
	channels             [][]byte
}

func (g Grammar) newSelector() *selector {
	return &selector{commands: g.Table.noBits(), allChannels: g.AllChannels}
}

func (s *selector) clone() *selector {
	c := *s
	c.commands = slices.Clone(s.commands)
	c.firstArgs = maps.Clone(s.firstArgs) // the slices are appended to with clipped capacity only
	c.keys = slices.Clone(s.keys)
	c.channels = slices.Clone(s.channels)
	return &c
}

// free reports whether the selector allows everything.
func (s *selector) free() bool { return s.anyCommand && s.allKeys && s.allChannels }

// apply changes the selector by one rule.
func (s *selector) apply(t *Table, rule string) error {
	switch lower(rule) {
	case "allkeys", "~*":
		s.allKeys, s.keys = true, nil
	case "resetkeys":
		s.allKeys, s.keys = false, nil
	case "allchannels", "&*":
		s.allChannels, s.channels = true, nil
	case "resetchannels":
		s.allChannels, s.channels = false, nil
	case "allcommands", "+@all":
		s.setAllCommands(true)
	case "nocommands", "-@all":
		s.setAllCommands(false)
	default:
		return s.applyPattern(t, rule)
	}
	return nil
}

// applyPattern changes the selector by a rule that names keys, channels or commands.
func (s *selector) applyPattern(t *Table, rule string) error {
	switch rule[0] {
	case '~':
		return s.addKeys(rule[1:], Read|Write)
	case '%':
		return s.addKeysFor(rule[1:])
	case '&':
		return s.addChannels(rule[1:])
	case '+', '-':
		if strings.HasPrefix(rule[1:], "@") {
			return s.setCategory(t, rule[2:], rule[0] == '+')
		}
		return s.setCommand(t, rule[1:], rule[0] == '+')
	}
	return errRuleSyntax
}

func (s *selector) setAllCommands(on bool) {
	s.commands.setAll(on)
	s.allCommands, s.anyCommand, s.firstArgs = on, on, nil
}

// addKeysFor allows some access to keys: text is R, W or both, a tilde and a pattern. As in Redis, only the tilde and an empty pattern can
// be left out together.
func (s *selector) addKeysFor(text string) error {
	if s.allKeys {
		return errAllKeys
	}
	var access Access
	for i := range len(text) {
		kind := Access(0)
		switch text[i] {
		case 'r', 'R':
			kind = Read
		case 'w', 'W':
			kind = Write
		case '~':
			if access == 0 {
				return errRuleSyntax
			}
			return s.addKeys(text[i+1:], access)
		}
		if kind == 0 || access&kind != 0 {
			return errRuleSyntax
		}
		access |= kind
	}
	if access == 0 {
		return errRuleSyntax
	}
	return s.addKeys("", access)
}

func (s *selector) addKeys(pattern string, access Access) error {
	switch {
	case s.allKeys:
		return errAllKeys
	case hasSpace(pattern):
		return errRuleSyntax
	}
	for i := range s.keys {
		if string(s.keys[i].pattern) == pattern {
			s.keys[i].access |= access
			return nil
		}
	}
	s.keys = append(s.keys, keyPattern{[]byte(pattern), access})
	return nil
}

func (s *selector) addChannels(pattern string) error {
	switch {
	case s.allChannels:
		return errAllChannels
	case hasSpace(pattern):
		return errRuleSyntax
	}
	if !s.hasChannels([]byte(pattern)) {
		s.channels = append(s.channels, []byte(pattern))
	}
	return nil
}

// hasChannels reports whether pattern is one of those of the selector.
func (s *selector) hasChannels(pattern []byte) bool {
	return slices.ContainsFunc(s.channels, func(c []byte) bool { return bytes.Equal(c, pattern) })
}

// setCommand allows or forbids a command, with its subcommands, or one subcommand. A command without subcommands can be allowed with a
// first argument only.
func (s *selector) setCommand(t *Table, name string, on bool) error {
	if cmd := t.Command(name); cmd != nil {
		s.set(cmd, on)
		return nil
	}
	i := strings.LastIndexByte(name, '|')
	if !on || i < 0 {
		return errNoSuchName
	}
	cmd, arg := t.Command(name[:i]), name[i+1:]
	switch {
	case cmd == nil:
		return errNoSuchName
	case cmd.parent != nil:
		return errSubcommandArg
	case arg == "" || hasSpace(arg):
		return errRuleSyntax
	case cmd.subcommands != nil:
		return errNoSuchName
	}
	s.addFirstArg(cmd, arg)
	return nil
}

func (s *selector) set(cmd *Command, on bool) {
	s.commands.setTree(cmd, on)
	delete(s.firstArgs, cmd.id)
	s.anyCommand = s.anyCommand && on
}

func (s *selector) addFirstArg(cmd *Command, arg string) {
	args := s.firstArgs[cmd.id]
	if slices.ContainsFunc(args, func(a string) bool { return equalFold(a, arg) }) {
		return
	}
	if s.firstArgs == nil {
		s.firstArgs = map[int][]string{}
	}
	s.firstArgs[cmd.id] = append(slices.Clip(args), arg)
}

func (s *selector) setCategory(t *Table, name string, on bool) error {
	i := t.category(name)
	if i < 0 {
		return errNoSuchName
	}
	for _, cmd := range t.commands {
		if cmd.categories&(1<<i) != 0 {
			s.set(cmd, on)
		}
	}
	return nil
}
