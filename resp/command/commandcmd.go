package command

import (
	"maps"
	"slices"
	"strings"

	"comet/aso/value"
)

var commandCommands = family{
	"command":                 {run: commandAll, access: accessNone},
	"command|count":           {run: commandCount, access: accessNone},
	"command|docs":            {run: commandDocs, access: accessNone},
	"command|getkeys":         {run: commandGetKeys, access: accessNone},
	"command|getkeysandflags": {run: commandGetKeysAndFlags, access: accessNone},
	"command|help":            {run: commandHelp, access: accessNone},
	"command|info":            {run: commandInfo, access: accessNone},
	"command|list":            {run: commandList, access: accessNone},
}

// commandCount replies with the number of commands, without subcommands.
func commandCount(c *Call) error {
	c.Reply.Int(int64(len(c.Server.names)))
	return nil
}

// commandList replies with the names of all commands and subcommands, or of those that a filter selects.
func commandList(c *Call) error {
	selects := func(*Command) bool { return true }
	if len(c.Args) > 2 {
		if len(c.Args) != 5 || !c.Is(2, "FILTERBY") {
			return errSyntax
		}
		if selects = listFilter(c); selects == nil {
			return errSyntax
		}
	}
	c.replyCommands(selects)
	return nil
}

// replyCommands replies with the names of the commands and subcommands that are selected.
func (c *Call) replyCommands(selects func(cmd *Command) bool) {
	n, at := 0, c.Reply.Defer()
	c.Server.names.walk(func(cmd *Command) {
		if selects(cmd) {
			c.Reply.BulkString(cmd.full)
			n++
		}
	})
	c.Reply.SetArray(at, n)
}

// listFilter returns the filter that arguments 3 and 4 describe, or nil.
func listFilter(c *Call) func(cmd *Command) bool {
	switch arg := c.Arg(4); {
	case c.Is(3, "MODULE"):
		return func(*Command) bool { return false } // there are no modules
	case c.Is(3, "ACLCAT"):
		return inCategory(string(arg))
	case c.Is(3, "PATTERN"):
		return func(cmd *Command) bool { return value.Match(arg, []byte(cmd.Name), true) }
	}
	return nil
}

// inCategory returns whether a command is in an ACL category.
func inCategory(name string) func(cmd *Command) bool {
	category := "@" + strings.ToLower(name)
	return func(cmd *Command) bool { return slices.Contains(cmd.ACL, category) }
}

// commandHelp replies with the forms of COMMAND.
func commandHelp(c *Call) error {
	return c.help("COMMAND",
		"(no subcommand)",
		"    Return details about all Redis commands.",
		"COUNT",
		"    Return the total number of commands in this Redis server.",
		"LIST",
		"    Return a list of all commands in this Redis server.",
		"INFO [<command-name> ...]",
		"    Return details about multiple Redis commands.",
		"    If no command names are given, documentation details for all",
		"    commands are returned.",
		"DOCS [<command-name> ...]",
		"    Return documentation details about multiple Redis commands.",
		"    If no command names are given, documentation details for all",
		"    commands are returned.",
		"GETKEYS <full-command>",
		"    Return the keys from a full Redis command.",
		"GETKEYSANDFLAGS <full-command>",
		"    Return the keys and the access flags from a full Redis command.",
	)
}

// walk calls fn for all commands by name, each before its subcommands.
func (t table) walk(fn func(cmd *Command)) {
	for _, cmd := range sortedCommands(t) {
		fn(cmd)
		table(cmd.Subcommands).walk(fn)
	}
}

// sortedCommands returns the commands of m by name.
func sortedCommands(m map[string]*Command) []*Command {
	return slices.SortedFunc(maps.Values(m), func(a, b *Command) int { return strings.Compare(a.Name, b.Name) })
}

// named returns the command called name, where a subcommand is container|subcommand, or nil.
func (t table) named(name []byte) *Command {
	container, sub, isSub := strings.Cut(strings.ToLower(string(name)), "|")
	cmd := t[container]
	if isSub && cmd != nil {
		return cmd.Subcommands[sub]
	}
	return cmd
}

// routed returns the command that a request begins with, whatever its number of arguments, or nil.
func (t table) routed(args [][]byte) *Command {
	cmd := t[strings.ToLower(string(args[0]))]
	if cmd == nil || len(cmd.Subcommands) == 0 || len(args) == 1 {
		return cmd
	}
	return cmd.Subcommands[strings.ToLower(string(args[1]))]
}
