package command

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

var writeDocs = flag.Bool("write-docs", false, "write the pages of docs anew that are made of tables")

const (
	commandsPage      = "../../docs/commands.md"
	configurationPage = "../../docs/configuration.md"
)

// TestCommandsPageIsUpToDate compares docs/commands.md with the command table, from which it is made.
func TestCommandsPageIsUpToDate(t *testing.T) {
	specs, err := loadSpecs()
	if err != nil {
		t.Fatal(err)
	}
	rows, err := newTable(specs)
	if err != nil {
		t.Fatal(err)
	}
	checkPage(t, commandsPage, commandsMarkdown(rows))
}

// checkPage compares the page in a file with what it is made of, or writes it.
func checkPage(t *testing.T, file string, page []byte) {
	t.Helper()
	if *writeDocs {
		if err := os.WriteFile(file, page, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, page) {
		t.Errorf("%s is out of date: go test ./resp/command -run TestCommandsPage -write-docs", file)
	}
}

// TestConfigurationPageNamesEveryParameter also checks the defaults in docs/configuration.md. Those without an effect stand in docs/compat.md.
func TestConfigurationPageNamesEveryParameter(t *testing.T) {
	page, err := os.ReadFile(configurationPage)
	if err != nil {
		t.Fatal(err)
	}
	for i := range effective {
		p := &effective[i]
		initial := "`" + p.initial + "`"
		if p.initial == "" {
			initial = "empty"
		}
		row := fmt.Sprintf("\n| `%s` | %s | ", p.name, initial)
		if !bytes.Contains(page, []byte(row)) {
			t.Errorf("%s has no row beginning %q", configurationPage, row[1:])
		}
	}
}

// commandGroups are the groups of the page, in its order, with their titles.
var commandGroups = [][2]string{
	{"aso", "Active objects"},
	{"generic", "Keys"},
	{"string", "Strings"},
	{"hash", "Hashes"},
	{"list", "Lists"},
	{"set", "Sets"},
	{"sorted-set", "Sorted sets"},
	{"transactions", "Transactions"},
	{"pubsub", "Publish and subscribe"},
	{"connection", "Connections"},
	{"server", "Server"},
	{"cluster", "Cluster"},
}

const pageHead = `# Commands

Every command that the server has. This page is made from the command table; its rows and texts for commands of Redis are those of Redis
7.0.15, which COMMAND DOCS also shows; the version is the one of Redis with which a command came. Replies are those of Redis; where one
differs, ` + "`resp/command/testdata`" + ` says so and why. ` + "`ASO.*`" + ` commands are described in [handlers.md](handlers.md).
`

// commandsMarkdown returns the page.
func commandsMarkdown(rows table) []byte {
	byGroup := map[string][]*Command{}
	count := 0
	for _, cmd := range rows {
		byGroup[cmd.Group] = append(byGroup[cmd.Group], leaves(cmd)...)
	}
	for _, cmds := range byGroup {
		slices.SortFunc(cmds, func(a, b *Command) int { return strings.Compare(a.Name, b.Name) })
		count += len(cmds)
	}
	var page bytes.Buffer
	page.WriteString(pageHead)
	fmt.Fprintf(&page, "\n%d commands, subcommands counted one by one.\n", count)
	groups := slices.Clone(commandGroups)
	for group := range byGroup {
		if !slices.ContainsFunc(groups, func(g [2]string) bool { return g[0] == group }) {
			groups = append(groups, [2]string{group, group})
		}
	}
	slices.SortFunc(groups[len(commandGroups):], func(a, b [2]string) int { return strings.Compare(a[0], b[0]) })
	for _, group := range groups {
		writeGroup(&page, group[1], byGroup[group[0]])
	}
	return page.Bytes()
}

// leaves returns the commands that clients can send of cmd: its subcommands, or itself.
func leaves(cmd *Command) []*Command {
	if len(cmd.Subcommands) == 0 {
		return []*Command{cmd}
	}
	var subs []*Command
	for _, sub := range cmd.Subcommands {
		subs = append(subs, sub)
	}
	return subs
}

func writeGroup(page *bytes.Buffer, title string, cmds []*Command) {
	if len(cmds) == 0 {
		return
	}
	fmt.Fprintf(page, "\n## %s\n\n| command | since | what it does | complexity |\n|---|---|---|---|\n", title)
	for _, cmd := range cmds {
		name := strings.ToUpper(strings.ReplaceAll(cmd.Name, "|", " "))
		syntax := strings.TrimSpace(name + " " + joinSyntax(cmd.Arguments, " "))
		fmt.Fprintf(page, "| `%s` | %s | %s | %s |\n", cell(syntax), cmd.Since, cell(cmd.Summary), cell(cmd.Complexity))
	}
}

// cell returns text fit for a cell of a Markdown table.
func cell(text string) string {
	return strings.ReplaceAll(strings.Join(strings.Fields(text), " "), "|", `\|`)
}

func joinSyntax(args []Argument, separator string) string {
	parts := make([]string, len(args))
	for i := range args {
		parts[i] = args[i].syntax()
	}
	return strings.Join(parts, separator)
}

// syntax returns the argument as a person writes it down: options in brackets, choices with bars, repetition with dots.
func (a *Argument) syntax() string {
	text := a.word()
	repeated := text
	token := ""
	if a.Token != nil && *a.Token != "" && a.Type != "pure-token" {
		token = *a.Token + " "
	}
	if slices.Contains(a.Flags, "multiple_token") {
		repeated = token + text
	}
	text = token + text
	if slices.Contains(a.Flags, "multiple") {
		text += " [" + repeated + " ...]"
	}
	if slices.Contains(a.Flags, "optional") {
		return "[" + text + "]"
	}
	return text
}

// word returns the argument without its token and flags.
func (a *Argument) word() string {
	switch a.Type {
	case "pure-token":
		if a.Token == nil {
			return `""`
		}
		return *a.Token
	case "oneof":
		choices := joinSyntax(a.Arguments, " | ")
		if slices.Contains(a.Flags, "optional") {
			return choices
		}
		return "<" + choices + ">"
	case "block":
		return joinSyntax(a.Arguments, " ")
	}
	return a.Name
}
