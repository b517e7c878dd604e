package acl

import (
	"cmp"
	"fmt"
	"slices"
)

// maxCategories is how many categories a table can have.
const maxCategories = 64

// Category is a name that stands for many commands. Own ones are those that Redis does not have.
type Category struct {
	Name string
	Own  bool
}

// Definition describes a command to a table.
type Definition struct {
	Name        string // lower case; of a subcommand container|subcommand
	Categories  []string
	Own         bool // Redis does not have the command
	Subcommands []Definition
}

// Table is the commands and categories that rules can name.
type Table struct {
	categories []Category
	commands   []*Command // by id
	top        []*Command // those that are no subcommands, by name
	byName     map[string]*Command
}

// Command is a command or subcommand of a table.
type Command struct {
	name        string
	id          int
	own         bool
	categories  uint64 // a bit each, in the order of the table
	parent      *Command
	subcommands []*Command // by name
}

// NewTable returns the table of the commands that defs describe.
func NewTable(categories []Category, defs []Definition) (*Table, error) {
	if len(categories) > maxCategories {
		return nil, fmt.Errorf("%d ACL categories, more than %d", len(categories), maxCategories)
	}
	t := &Table{categories: categories, byName: map[string]*Command{}}
	for i := range defs {
		cmd, err := t.add(&defs[i], nil)
		if err != nil {
			return nil, err
		}
		t.top = append(t.top, cmd)
	}
	sortByName(t.top)
	return t, nil
}

func (t *Table) add(d *Definition, parent *Command) (*Command, error) {
	cmd := &Command{name: d.Name, id: len(t.commands), own: d.Own, parent: parent}
	if t.byName[cmd.name] != nil {
		return nil, fmt.Errorf("command %s is defined twice", cmd.name)
	}
	t.commands = append(t.commands, cmd)
	t.byName[cmd.name] = cmd
	for _, name := range d.Categories {
		i := t.category(name)
		if i < 0 {
			return nil, fmt.Errorf("command %s: unknown ACL category %q", cmd.name, name)
		}
		cmd.categories |= 1 << i
	}
	for i := range d.Subcommands {
		sub, err := t.add(&d.Subcommands[i], cmd)
		if err != nil {
			return nil, err
		}
		cmd.subcommands = append(cmd.subcommands, sub)
	}
	sortByName(cmd.subcommands)
	return cmd, nil
}

func sortByName(commands []*Command) {
	slices.SortFunc(commands, func(a, b *Command) int { return cmp.Compare(a.name, b.name) })
}

// Command returns the command with a name in any case, or nil.
func (t *Table) Command(name string) *Command { return t.byName[lower(name)] }

// Categories returns all categories, in the order in which they are listed.
func (t *Table) Categories() []Category { return t.categories }

// HasCategory reports whether name, in any case, is that of a category.
func (t *Table) HasCategory(name string) bool { return t.category(name) >= 0 }

// category returns the number of a category, negative if there is none of that name.
func (t *Table) category(name string) int {
	name = lower(name)
	return slices.IndexFunc(t.categories, func(c Category) bool { return c.Name == name })
}

// bits is a set of commands, by id.
type bits []uint64

func (t *Table) noBits() bits { return make(bits, (len(t.commands)+63)/64) }

func (b bits) has(cmd *Command) bool { return b[cmd.id/64]&(1<<(cmd.id%64)) != 0 }

func (b bits) set(cmd *Command, on bool) {
	if on {
		b[cmd.id/64] |= 1 << (cmd.id % 64)
	} else {
		b[cmd.id/64] &^= 1 << (cmd.id % 64)
	}
}

func (b bits) setAll(on bool) {
	for i := range b {
		b[i] = 0
		if on {
			b[i] = ^uint64(0)
		}
	}
}

// setTree sets a command and its subcommands.
func (b bits) setTree(cmd *Command, on bool) {
	b.set(cmd, on)
	for _, sub := range cmd.subcommands {
		b.set(sub, on)
	}
}

// setCategory sets the commands of category i, containers with all their subcommands.
func (b bits) setCategory(t *Table, i int, on bool) {
	for _, cmd := range t.commands {
		if cmd.categories&(1<<i) != 0 {
			b.setTree(cmd, on)
		}
	}
}
